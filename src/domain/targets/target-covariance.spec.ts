import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { aPriceTable } from '../../../test/support/price-history.js'
import type { AssetClass } from '../assets.js'
import type { PriceTable } from '../portfolio/price-table.js'
import { volatilities } from '../statistics/covariance.js'
import { isPositiveSemidefinite } from '../statistics/definiteness.js'
import { alignedReturns, winsorise } from '../statistics/returns.js'
import { shrinkToConstantCorrelation } from '../statistics/shrinkage.js'
import { targetCovariance } from './target-covariance.js'

const AS_OF = 20_000
const walks = [
  { asset: 'BTC', daily: 0.03, shared: 0.6 },
  { asset: 'ETH', daily: 0.04, shared: 0.6 },
  { asset: 'SOL', daily: 0.05, shared: 0.3 },
  { asset: 'USD', daily: 0.0001 },
]
const classes = new Map<string, AssetClass>([
  ['BTC', 'major'],
  ['ETH', 'major'],
  ['SOL', 'other'],
  ['USD', 'stable'],
])
const table = aPriceTable(walks, AS_OF - 500, AS_OF + 30)
const covarianceOf = (given: PriceTable, asOf = AS_OF) => targetCovariance(given, classes, asOf)

describe('the covariance for targets', () => {
  test('is that of the last year, shrunk, with the floor of stable assets', () => {
    const { covariance, days } = covarianceOf(table)
    expect(days).toBe(365)
    const last = table.days.indexOf(AS_OF)
    const year = { days: table.days.slice(last - 365, last + 1), prices: table.prices.slice(last - 365, last + 1) }
    const shrunk = shrinkToConstantCorrelation(alignedReturns(year).rows)!.covariance
    const expected = shrunk.map((row, i) => row.map((one, j) => (i === 3 && j === 3 ? 0.01 ** 2 : one)))
    for (const [i, row] of covariance!.entries())
      for (const [j, one] of row.entries()) expect(one).toBeCloseTo(expected[i]![j]!, 9)
    expect(volatilities(covariance!)[3]).toBeCloseTo(0.01, 12)
    expect(volatilities(covariance!)[0]).toBeCloseTo(0.03 * Math.sqrt(365), 1)
  })

  test('counts one wild day as six standard deviations', () => {
    const row = table.days.indexOf(AS_OF - 10)
    const prices = table.prices.map((one, index) => (index < row ? one : [one[0]! * 3, ...one.slice(1)]))
    const wild = covarianceOf({ ...table, prices }).covariance!
    const returns = alignedReturns({ days: table.days, prices }).rows.map(([btc]) => btc!)
    const year = returns.slice(-30 - 365, -30)
    const capped = winsorise(year)
    const mean = capped.reduce((sum, one) => sum + one, 0) / 365
    const variance = (capped.reduce((sum, one) => sum + (one - mean) ** 2, 0) / 365) * 365
    expect(wild[0]![0]).toBeCloseTo(variance, 9)
    expect(Math.max(...capped)).toBeLessThan(Math.max(...year))
  })

  test('is unknown while there are too few days on which all have a return', () => {
    const short = aPriceTable(walks, AS_OF - 59, AS_OF)
    expect(covarianceOf(short)).toEqual({ covariance: undefined, days: 59 })
    expect(covarianceOf(aPriceTable(walks, AS_OF - 60, AS_OF)).covariance).toBeDefined()
    const absent = { ...table, prices: table.prices.map(([, ...others]) => [undefined, ...others]) }
    expect(covarianceOf(absent)).toEqual({ covariance: undefined, days: 0 })
    expect(covarianceOf({ assets: [], days: [], prices: [] })).toEqual({ covariance: undefined, days: 0 })
  })

  test('takes no return over a gap that is too long to carry a price over', () => {
    const keep = table.days.map((day) => day < AS_OF - 200 || day >= AS_OF - 100)
    const gap = {
      ...table,
      days: table.days.filter((_, row) => keep[row]),
      prices: table.prices.filter((_, row) => keep[row]),
    }
    // The day after the gap has no return; two days into it prices are carried.
    expect(covarianceOf(gap).days).toBe(365 - 100 + 2 - 1)
  })

  test('does not know what comes after its day', () => {
    const factor = fc.integer({ min: 1, max: 1_000 }).map((one) => one / 100)
    fc.assert(
      fc.property(factor, fc.integer({ min: 1, max: 30 }), (by, from) => {
        const prices = table.prices.map((row, index) =>
          table.days[index]! >= AS_OF + from ? row.map((one, place) => (place === 1 ? undefined : one! * by)) : row,
        )
        expect(covarianceOf({ ...table, prices })).toEqual(covarianceOf(table))
      }),
      { numRuns: 10 },
    )
  })

  test('is possible and finite whatever the prices do, constant and equal ones included', () => {
    const price = fc.constantFrom(1e-6, 1, 1, 1, 1.01, 100, 1e6)
    fc.assert(
      fc.property(fc.array(fc.tuple(price, price), { minLength: 70, maxLength: 120 }), (pairs) => {
        const prices = pairs.map(([a, b]) => [a, b, b, 1])
        const days = prices.map((_, index) => AS_OF - prices.length + 1 + index)
        const { covariance } = covarianceOf({ ...table, days, prices })
        expect(covariance!.flat().every(Number.isFinite)).toBe(true)
        expect(isPositiveSemidefinite(covariance!)).toBe(true)
      }),
      { numRuns: 30 },
    )
  })
})
