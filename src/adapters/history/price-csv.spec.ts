import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { realPrices } from '../../../test/support/backtest.js'
import { readExactPriceFile, readExactPrices, readPriceFile, readPrices } from './price-csv.js'
import { PriceFileError } from './price-file-error.js'

const DAY = Date.UTC(2024, 0, 1) / 86_400_000

describe('prices from CSV', () => {
  test('a row for each day, empty for unknown', () => {
    expect(readPrices('date,BTC,ETH\n2024-01-01,42000.5,2300\n2024-01-03,,2400\n')).toEqual({
      table: {
        assets: ['BTC', 'ETH'],
        days: [DAY, DAY + 2],
        prices: [
          [42000.5, 2300],
          [undefined, 2400],
        ],
      },
      columns: ['BTC', 'ETH'],
    })
  })

  test('only the columns that are asked for are read, whatever the others hold', () => {
    const { table, columns } = readPrices('date,BTC,NOTE,ETH\n2024-01-01,1,n/a,2\n', ['ETH', 'SOL'])
    expect(table).toEqual({ assets: ['ETH'], days: [DAY], prices: [[2]] })
    expect(columns).toEqual(['BTC', 'NOTE', 'ETH'])
  })

  test.each([
    ['semicolons', 'date;BTC\n2024-01-01;42\n'],
    ['tabs', 'date\tBTC\n2024-01-01\t42\n'],
    ['a byte order mark', '\uFEFFdate,BTC\n2024-01-01,42\n'],
    ['lines that end as on Windows', 'date,BTC\r\n2024-01-01,42\r\n'],
    ['lines that end as long ago', 'date,BTC\r2024-01-01,42\r'],
    ['no line end at the end', 'date,BTC\n2024-01-01,42'],
    ['quoted fields', '"date","BTC"\n"2024-01-01","42"\n'],
    ['spaces around fields and empty lines', '\ndate , BTC\n\n2024-01-01 , 42.0\n\n'],
    ['other letters in the header', 'Date,BTC\n2024-01-01,4.2e1\n'],
    ['a time of the day', 'date,BTC\n2024-01-01T23:59:59.999Z,42\n'],
    ['a time in a zone to the east', 'date,BTC\n2024-01-02 01:30+02:00,42\n'],
    ['a time in a zone to the west', 'date,BTC\n2023-12-31T20:00:00-0500,42\n'],
  ])('%s', (_, text) => {
    expect(readPrices(text).table).toEqual({ assets: ['BTC'], days: [DAY], prices: [[42]] })
  })

  test('rows come in any order', () => {
    const { days, prices } = readPrices('date,BTC\n2024-01-03,3\n2024-01-01,1\n2024-01-02,2\n').table
    expect(days).toEqual([DAY, DAY + 1, DAY + 2])
    expect(prices).toEqual([[1], [2], [3]])
  })

  test('a column of nothing is one of unknown prices', () => {
    expect(readPrices('date,BTC\n2024-01-01,\n').table.prices).toEqual([[undefined]])
  })

  test('the real ones', () => {
    const { table } = readPrices(realPrices())
    expect(table.assets).toEqual(['BTC', 'ETH'])
    expect(table.days).toHaveLength(2_913)
    expect(table.prices.at(-1)).toEqual([117472.01, 3910.31])
  })

  const header = 'date,BTC,ETH\n2024-01-01,1,2\n'
  test.each<[string, string, { row?: number; column?: string }, RegExp]>([
    ['nothing', '', { row: 1, column: 'date' }, /^The header should begin with date and a comma/],
    ['no header', '2024-01-01,42\n', { row: 1, column: 'date' }, /got "2024-01-01,42"/],
    ['another separator', 'date|BTC\n2024-01-01|42\n', { row: 1, column: 'date' }, /got "date\|BTC"/],
    ['a table of another kind', '<html><body>', { row: 1, column: 'date' }, /Export the prices as CSV/],
    ['no columns', 'date\n2024-01-01\n', { row: 1, column: 'date' }, /got "date"/],
    ['no rows', 'date,BTC\n', {}, /needs rows below its header/],
    ['a column without a name', 'date,BTC,\n2024-01-01,1,2\n', { row: 1 }, /^Column 3 has no name/],
    ['a column twice', 'date,BTC,BTC\n2024-01-01,1,2\n', { row: 1, column: 'BTC' }, /^There are two columns BTC/],
    [
      'a price of zero',
      `${header}2024-01-02,1,0\n`,
      { row: 3, column: 'ETH' },
      /^The price of ETH in row 3 should be a plain positive number .* got "0"/,
    ],
    ['a negative price', `${header}2024-01-02,-1,2\n`, { row: 3, column: 'BTC' }, /got "-1"/],
    ['a price that is none', `${header}2024-01-02,1,NaN\n`, { row: 3, column: 'ETH' }, /leave empty what is unknown/],
    ['an endless price', `${header}2024-01-02,1,1e999\n`, { row: 3, column: 'ETH' }, /got "1e999"/],
    ['a price too small to be one', `${header}2024-01-02,1,1e-999\n`, { row: 3, column: 'ETH' }, /got "1e-999"/],
    ['a hexadecimal price', `${header}2024-01-02,0x10,2\n`, { row: 3, column: 'BTC' }, /got "0x10"/],
    ['decimal commas', 'date;BTC\n2024-01-01;42,5\n', { row: 2, column: 'BTC' }, /got "42,5"\. Write decimal points/],
    [
      'thousands separators in quotes',
      'date,BTC\n2024-01-01,"42,000.5"\n',
      { row: 2, column: 'BTC' },
      /no thousands separators/,
    ],
    [
      'thousands separators without quotes',
      'date,BTC\n2024-01-01,42,000.5\n',
      { row: 2 },
      /^Row 2 should have 2 fields like the header, got 3/,
    ],
    ['a row that is too short', `${header}2024-01-02,1\n`, { row: 3 }, /should have 3 fields like the header, got 2/],
    [
      'two rows of one day',
      `${header}2024-01-02,1,2\n2024-01-01,1,2\n`,
      { row: 4, column: 'date' },
      /^Rows 2 and 4 are both of 2024-01-01/,
    ],
    [
      'two times of one day by UTC',
      `date,BTC\n2024-01-01T00:30:00Z,1\n2024-01-02T00:30:00+01:00,2\n`,
      { row: 3, column: 'date' },
      /^Rows 2 and 3 are both of 2024-01-01/,
    ],
    [
      'a day that is none',
      `${header}2024-02-30,1,2\n`,
      { row: 3, column: 'date' },
      /^The date in row 3 should be such as 2024-12-31/,
    ],
    ['a date of another kind', `${header}02/01/2024,1,2\n`, { row: 3, column: 'date' }, /Write dates as yyyy-mm-dd/],
    [
      'a time without a zone',
      `${header}2024-01-02T10:00:00,1,2\n`,
      { row: 3, column: 'date' },
      /which zone the time is of/,
    ],
    ['a time that is none', `${header}2024-01-02T25:00:00Z,1,2\n`, { row: 3, column: 'date' }, /There is no such time/],
    ['a quote that stays open', `${header}"2024-01-02,1,2\n`, { row: 3 }, /^The file is no CSV/],
  ])('%s: refused, with the place', (_, text, place, message) => {
    let error: unknown
    try {
      readPrices(text)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(PriceFileError)
    expect((error as PriceFileError).message).toMatch(message)
    expect((error as PriceFileError).place).toEqual(place)
  })
})

describe('exact prices from CSV', () => {
  const priceOf = (text: string) => readExactPrices(`date,BTC\n2024-01-01,${text}\n`).prices[0]?.price

  test('come by day and column, with the names of all columns', () => {
    expect(readExactPrices('date,BTC,NOTE,ETH\n2024-01-02,2,n/a,0.1\n2024-01-01,1,n/a,\n', ['ETH', 'BTC'])).toEqual({
      prices: [
        { asset: 'BTC', day: DAY, price: 10n ** 18n },
        { asset: 'BTC', day: DAY + 1, price: 2n * 10n ** 18n },
        { asset: 'ETH', day: DAY + 1, price: 10n ** 17n },
      ],
      assets: ['BTC', 'ETH'],
      columns: ['BTC', 'NOTE', 'ETH'],
    })
  })

  test.each([
    ['4285.08', 4_285_080_000_000_000_000_000n],
    ['0.1', 100_000_000_000_000_000n],
    ['.5', 500_000_000_000_000_000n],
    ['7.', 7_000_000_000_000_000_000n],
    ['007.25', 7_250_000_000_000_000_000n],
    ['123456789012.123456789012345678', 123_456_789_012_123_456_789_012_345_678n],
    ['1.5E-10', 150_000_000n],
    ['4.2e+1', 42_000_000_000_000_000_000n],
    ['12345678901234567890e-18', 12_345_678_901_234_567_890n],
    ['1.0000000000000000004', 10n ** 18n],
    ['1.0000000000000000005', 10n ** 18n + 1n],
    ['1e-12', 1_000_000n],
    ['1e12', 10n ** 30n],
    ['', undefined],
  ])('%s is read as it is written, to the eighteenth decimal', (text, price) => {
    expect(priceOf(text)).toBe(price)
  })

  test.each(['1e21', '5e22', '4e-19', '1e-18', '1.0000000001e12', '9.99e-13'])(
    '%s is refused, with the place',
    (text) => {
      const rows = `date,USD,BTC\n2024-01-01,1,42\n2024-01-02,1,${text}\n`
      const detail = `The price of BTC on 2024-01-02, in row 3, should be between 1e-12 and 1000000000000 USD, got "${text}". Correct it, or leave it empty if it is unknown.`
      expect(() => readExactPrices(rows)).toThrow(new PriceFileError(detail))
      expect(() => readExactPrices(rows)).toThrow(expect.objectContaining({ place: { row: 3, column: 'BTC' } }))
      expect(readExactPrices(rows, ['USD']).prices).toHaveLength(2)
    },
  )

  test('what is no price is refused as ever', () => {
    expect(() => priceOf('-1')).toThrow(/^The price of BTC in row 2 should be a plain positive number .* got "-1"/)
  })
})

describe('a file of prices', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evenkeel-prices-'))
  })
  afterAll(() => rm(folder, { recursive: true }))
  const written = async (name: string, content: string | Uint8Array) => {
    const path = join(folder, name)
    await writeFile(path, content)
    return path
  }

  test('is read from its path', async () => {
    const path = await written('prices.csv', 'date,BTC\n2024-01-01,42\n')
    expect((await readPriceFile(path, ['BTC'])).table.prices).toEqual([[42]])
    expect((await readExactPriceFile(path, ['BTC'])).prices).toEqual([
      { asset: 'BTC', day: DAY, price: 42n * 10n ** 18n },
    ])
  })

  test('that is not there, is too large, or is not text: refused', async () => {
    const large = await written('large.csv', '')
    await truncate(large, 33 * 1024 * 1024)
    const paths = [
      join(folder, 'none.csv'),
      folder,
      await written('wide.csv', Buffer.from('date,BTC\n2024-01-01,42\n', 'utf16le').fill(0xff, 0, 1)),
      large,
    ]
    const expected = [
      /cannot be read: .*ENOENT/,
      /cannot be read: .*EISDIR/,
      /should be text in UTF-8/,
      /at most 33554432 bytes, got 34603008/,
    ]
    for (const [place, path] of paths.entries()) {
      const error: unknown = await readPriceFile(path).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(PriceFileError)
      expect((error as PriceFileError).message).toMatch(expected[place]!)
    }
  })
})
