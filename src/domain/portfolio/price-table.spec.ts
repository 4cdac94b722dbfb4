import { describe, expect, test } from '@jest/globals'
import { completeDays, dayText, placeFrom, type PriceTable } from './price-table.js'

const table: PriceTable = {
  assets: ['BTC', 'ETH'],
  days: [10, 11, 12, 13, 14, 15],
  prices: [
    [100, undefined],
    [101, 10],
    [102, undefined],
    [103, undefined],
    [104, undefined],
    [105, 11],
  ],
}

describe('days on which every asset has a price', () => {
  test('a price is carried on for two days and not for three; what lacks one is counted', () => {
    const { table: complete, missing } = completeDays(table, ['BTC', 'ETH'])
    expect(complete.days).toEqual([11, 12, 13, 15])
    expect(complete.prices).toEqual([
      [101, 10],
      [102, 10],
      [103, 10],
      [105, 11],
    ])
    expect([...missing]).toEqual([['ETH', 2]])
  })

  test('days before the first that is asked for still give the price that is carried on', () => {
    expect(completeDays(table, ['ETH'], { from: 12, to: 13 }).table.prices).toEqual([[10], [10]])
  })

  test('an asset that is not in the table is missing on every day', () => {
    const { table: complete, missing } = completeDays(table, ['BTC', 'DOGE'])
    expect(complete.days).toEqual([])
    expect([...missing]).toEqual([['DOGE', 6]])
  })
})

test('the place of a day is that of the first one not before it', () => {
  expect([9, 10, 11, 20, 21].map((day) => placeFrom([10, 12, 20], day))).toEqual([0, 0, 1, 2, 3])
})

test('a day is told as people write it', () => {
  expect(dayText(0)).toBe('1970-01-01')
  expect(dayText(17_395)).toBe('2017-08-17')
})
