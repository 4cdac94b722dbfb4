import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { aPriceTable } from '../../../test/support/price-history.js'
import { everyDay, type PriceTable } from '../portfolio/price-table.js'
import { correlation, volatilities } from '../statistics/covariance.js'
import { isPositiveSemidefinite } from '../statistics/definiteness.js'
import { ewmaCovariances } from '../statistics/ewma.js'
import { logReturnRows } from '../statistics/returns.js'
import { bandCovariance, regimeAt, shortagesOf } from './risk.js'
import { stableFloors } from './stable-floors.js'

const walks = [
  { asset: 'BTC', daily: 0.03, shared: 0.6 },
  { asset: 'ETH', daily: 0.04, shared: 0.6 },
]
const table = aPriceTable(walks, 1, 200)
const rows = logReturnRows(table)

describe('covariance for bands', () => {
  test('has the correlations of the recent past and the volatilities that are forecast', () => {
    const { covariance, days } = bandCovariance(rows, [0.5, 0.9], [undefined, undefined])
    const expected = ewmaCovariances(rows, { decay: 0.97 }).at(-1)!
    expect(volatilities(covariance!)).toEqual([expect.closeTo(0.5, 12), expect.closeTo(0.9, 12)])
    expect(correlation(covariance!)[0]![1]).toBeCloseTo(correlation(expected)[0]![1]!, 12)
    expect(days).toBe(199)
  })

  test('has a floor where one is given', () => {
    const { covariance } = bandCovariance(rows, [0.001, 0.9], [0.01, undefined])
    expect(volatilities(covariance!)[0]).toBeCloseTo(0.01, 12)
  })

  test('is unknown while there are too few days on which all have a return', () => {
    expect(bandCovariance(rows.slice(0, 20), [0.5, 0.5], [undefined, undefined])).toEqual({
      covariance: undefined,
      days: 19,
    })
    expect(bandCovariance(rows.slice(0, 21), [0.5, 0.5], [undefined, undefined]).covariance).toBeDefined()
    expect(bandCovariance([], [], [])).toEqual({ covariance: undefined, days: 0 })
  })

  test('is possible whatever the prices do, constant and equal ones included', () => {
    const price = fc.constantFrom(1e-6, 1, 1, 1, 1.01, 100, 1e6)
    const volatility = fc.constantFrom(0.01, 0.5, 20)
    fc.assert(
      fc.property(fc.array(fc.tuple(price, price), { minLength: 25, maxLength: 60 }), volatility, (pairs, one) => {
        const prices = pairs.map(([a, b]) => [a, b, b, 1])
        const returns = logReturnRows({ days: prices.map((_, index) => index), prices })
        const { covariance } = bandCovariance(returns, [one, 0.3, 0.3, 0.01], [undefined, 0.5, undefined, 0.01])
        expect(covariance!.flat().every(Number.isFinite)).toBe(true)
        expect(isPositiveSemidefinite(covariance!)).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  test('is unknown again a month after the last price', () => {
    const silence = Array.from({ length: 30 }, () => [undefined, undefined])
    const after = (days: number) => bandCovariance([...rows, ...silence.slice(0, days)], [0.5, 0.5], [0, 0]).days
    expect([after(29), after(30)]).toEqual([199, 0])
  })
})

describe('the regime of a portfolio', () => {
  const moves = (daily: number, days: number) => Array.from({ length: days }, (_, day) => (day % 2 === 0 ? daily : -daily)) // prettier-ignore
  const calmThenWild = [...moves(0.01, 150), ...moves(0.05, 10)]
  const pairs = calmThenWild.map((one) => [one, undefined])

  test('is told by the returns at its weights', () => {
    expect(regimeAt(pairs, [1, 0])).toMatchObject({ name: 'stressed' })
    expect(regimeAt(pairs.slice(0, 150), [1, 0])).toMatchObject({ name: 'calm' })
    // Two that move against each other are calm together.
    const hedged = calmThenWild.map((one) => [one, -one])
    expect(regimeAt(hedged, [0.5, 0.5])).toMatchObject({ name: 'calm', volatility: 0.01 })
  })

  test('is unknown while too little is known of an asset that has a weight', () => {
    expect(regimeAt(pairs, [0.5, 0.5])).toBeUndefined()
    expect(regimeAt(pairs.slice(0, 100), [1, 0])).toBeUndefined()
    expect(regimeAt([], [1])).toBeUndefined()
  })
})

test('what is short of an asset is said with dates and what to do', () => {
  const given: PriceTable = { assets: ['ETH', 'BTC'], days: [20_000], prices: [[3_000, undefined]] }
  const every = everyDay(given, 19_999, 20_100)
  expect(shortagesOf(every, [0, 1])).toEqual([
    {
      asset: 'ETH',
      reason:
        'ETH has 1 daily price, the last of 2024-10-04, which is too few or too old on 2025-01-12. Record or import at least 21 days without a gap.',
    },
    {
      asset: 'BTC',
      reason: 'There is no daily price of BTC from 2024-10-03 on. Record or import at least 21 days without a gap.',
    },
  ])
})

test('assets that are short of the same share one sentence', () => {
  const assets = ['ETH', 'BTC', 'LINK', 'USD', 'EUR']
  const given: PriceTable = { assets, days: [20_000], prices: [[3_000, undefined, undefined, 1, undefined]] }
  const found = shortagesOf(everyDay(given, 19_999, 20_100), [0, 1, 2, 3])
  expect(found.map(({ asset }) => asset)).toEqual(['ETH', 'BTC', 'LINK', 'USD'])
  expect([...new Set(found.map(({ reason }) => reason))]).toEqual([
    'ETH, USD each have 1 daily price, the last of 2024-10-04, which is too few or too old on 2025-01-12. Record or import at least 21 days without a gap.',
    'There is no daily price of BTC, LINK from 2024-10-03 on. Record or import at least 21 days without a gap.',
  ])
})

test('a row for every day makes a gap one in which nothing is known', () => {
  const given: PriceTable = { assets: ['A'], days: [3, 5, 9], prices: [[1], [2], [3]] }
  expect(everyDay(given, 4, 6)).toEqual({ assets: ['A'], days: [4, 5, 6], prices: [[undefined], [2], [undefined]] })
  expect(everyDay(given, 6, 4)).toEqual({ assets: ['A'], days: [], prices: [] })
})

test('stable assets have a floor, and no others', () => {
  const classes = new Map([['USD', 'stable'], ['ETH', 'major']] as const) // prettier-ignore
  expect(stableFloors(['ETH', 'USD', 'X'], classes)).toEqual([undefined, 0.01, undefined])
})
