import { describe, expect, test } from '@jest/globals'
import { FakeClock } from '../../test/support/fake-clock.js'
import { MemoryHistory } from '../../test/support/memory-history.js'
import { aPolicy, NOW } from '../../test/support/builders.js'
import { aPriceTable, rowsOf } from '../../test/support/price-history.js'
import { percentOf } from '../../test/support/targets.js'
import { sha256 } from '../adapters/access/secrets.js'
import type { AssetClass } from '../domain/assets.js'
import type { PriceTable } from '../domain/portfolio/price-table.js'
import { isPositiveSemidefinite } from '../domain/statistics/definiteness.js'
import { volatilities } from '../domain/statistics/covariance.js'
import { forecasts } from '../domain/statistics/forecast.js'
import { logReturns } from '../domain/statistics/returns.js'
import { ReadRisk } from './read-risk.js'

const DAY_MS = 86_400_000
const TODAY = Math.floor(NOW / DAY_MS)
const YESTERDAY = TODAY - 1
const walks = [
  { asset: 'BTC', daily: 0.03, shared: 0.6 },
  { asset: 'ETH', daily: 0.04, shared: 0.6 },
  { asset: 'USD', daily: 0.0001 },
]
const years = aPriceTable(walks, YESTERDAY - 900, YESTERDAY)
/** Too few days for any model but EWMA, which is quick. */
const months = aPriceTable(walks, YESTERDAY - 200, YESTERDAY)

const aPortfolio = (percents: Readonly<Record<string, number>> = { BTC: 40, ETH: 40, USD: 20 }) => ({
  assets: Object.keys(percents).map((key) => ({
    key,
    class: (key === 'USD' ? 'stable' : 'major') as AssetClass,
    tokens: [],
  })),
  policy: aPolicy({ targets: Object.entries(percents).map(([asset, one]) => ({ asset, weight: percentOf(one) })) }),
})

async function start(table: PriceTable) {
  const history = new MemoryHistory()
  const clock = new FakeClock()
  await history.importPrices(rowsOf(table), NOW)
  return { history, clock, readRisk: new ReadRisk({ history, clock, hash: sha256 }) }
}
const from = (table: PriceTable, first: number): PriceTable => {
  const place = table.days.indexOf(first)
  return { ...table, days: table.days.slice(place), prices: table.prices.slice(place) }
}

describe('risk', () => {
  test('rests on two years up to yesterday: forecasts by the best model, in a covariance that is possible', async () => {
    const { readRisk } = await start(years)
    const { asOfDay, assets, covariance, forecasts: found, regime, missing } = await readRisk.run(aPortfolio())
    expect({ asOfDay, assets, missing }).toEqual({ asOfDay: YESTERDAY, assets: ['BTC', 'ETH', 'USD'], missing: [] })
    expect(found.map(({ asset }) => asset)).toEqual(assets)
    for (const [place, { volatility }] of found.entries())
      expect(volatilities(covariance!)[place]).toBeCloseTo(volatility, 12)
    expect(isPositiveSemidefinite(covariance!)).toBe(true)
    expect(found[2]!.volatility).toBe(0.01)
    expect(found[0]!.volatility).toBeGreaterThan(0.3)
    expect(regime).toMatchObject({ name: expect.stringMatching(/^(calm|stressed)$/), periods: 365 })

    // The forecast of the domain over the same prices, which is where models are compared.
    const prices = from(years, YESTERDAY - 730).prices.map(([btc]) => Math.round(btc! * 1e6) / 1e6)
    const { volatility, model, reason, scores } = forecasts(logReturns(prices), { minimum: 20 }).at(-1)!
    expect(scores.map((one) => one.model)).toEqual(['ewma', 'garch', 'har'])
    expect(found[0]).toEqual({ asset: 'BTC', volatility, model, reason, scores })
  })

  test('names the prices it rests on by a hash that changes with any of them', async () => {
    const { history, clock, readRisk } = await start(from(months, YESTERDAY - 1))
    const { pricesHash } = await readRisk.run(aPortfolio({ BTC: 80, USD: 20 }))
    const unknown = Array.from({ length: 729 }, () => [null, null])
    const known = from(months, YESTERDAY - 1).prices.map(([btc, , usd]) => [btc!, usd!].map((one) => Math.round(one * 1e6) / 1e6)) // prettier-ignore
    const days = Array.from({ length: 731 }, (_, index) => YESTERDAY - 730 + index)
    expect(pricesHash).toBe(sha256(JSON.stringify({ assets: ['BTC', 'USD'], days, prices: [...unknown, ...known] })))
    const read = async () =>
      (await new ReadRisk({ history, clock, hash: sha256 }).run(aPortfolio({ BTC: 80, USD: 20 }))).pricesHash
    expect(await read()).toBe(pricesHash)
    await history.importPrices([{ asset: 'USD', day: YESTERDAY - 1, price: 10n ** 18n + 1n }], NOW)
    expect(await read()).not.toBe(pricesHash)
  })

  test('does not change by prices of today', async () => {
    const { history, clock, readRisk } = await start(months)
    const before = await readRisk.run(aPortfolio())
    await history.recordPrices([{ asset: 'BTC', price: 10n ** 24n }], NOW)
    expect(await new ReadRisk({ history, clock, hash: sha256 }).run(aPortfolio())).toEqual(before)
  })

  test('goes by the regime at the targets it is asked for, from one look', async () => {
    const wild = [...months.prices]
    for (let row = wild.length - 15; row < wild.length; row++) {
      const [btc, ...others] = wild[row]!
      wild[row] = [btc! * (row % 2 === 0 ? 1.4 : 1), ...others]
    }
    const { history, readRisk } = await start({ ...months, prices: wild })
    expect((await readRisk.run(aPortfolio({ BTC: 90, ETH: 5, USD: 5 }))).regime).toMatchObject({ name: 'stressed' })
    expect((await readRisk.run(aPortfolio({ BTC: 0, ETH: 0, USD: 100 }))).regime).toMatchObject({ name: 'calm' })
    expect(history.reads).toBe(1)
  })
})

describe('is worked out', () => {
  test('once a day for a set of assets, also for those who ask at once', async () => {
    const { history, clock, readRisk } = await start(months)
    const [one, other] = await Promise.all([readRisk.run(aPortfolio()), readRisk.run(aPortfolio())])
    expect(one).toEqual(other)
    expect(history.reads).toBe(1)
    await readRisk.run(aPortfolio({ ETH: 50, USD: 50 }))
    expect(history.reads).toBe(2)
    clock.pass(DAY_MS / 2 - 1)
    await readRisk.run(aPortfolio())
    expect(history.reads).toBe(2)
    clock.pass(1)
    expect((await readRisk.run(aPortfolio())).asOfDay).toBe(TODAY)
    expect(history.reads).toBe(3)
  })

  test('in parts, between which others have their turn', async () => {
    const { clock, readRisk } = await start(months)
    let turns = 0
    clock.onPass(() => (turns += 1))
    await readRisk.run(aPortfolio())
    // 731 days in parts of 90, for each of three assets.
    expect(turns).toBe(27)
  })

  test('again after a failure', async () => {
    const { history, readRisk } = await start(months)
    history.dailyPrices = () => Promise.reject(new Error('lost'))
    await expect(readRisk.run(aPortfolio())).rejects.toThrow('lost')
    Reflect.deleteProperty(history, 'dailyPrices')
    expect((await readRisk.run(aPortfolio())).missing).toEqual([])
  })
})

describe('without enough history', () => {
  test('names each asset that is short of it, and still tells the others', async () => {
    const prices = months.prices.map(([btc, , usd]) => [btc, undefined, usd])
    const { readRisk } = await start({ ...months, prices })
    const { covariance, missing, forecasts: found, regime } = await readRisk.run(aPortfolio())
    expect({ covariance, regime }).toEqual({ covariance: undefined, regime: undefined })
    expect(found.map(({ asset }) => asset)).toEqual(['BTC', 'USD'])
    expect(missing).toEqual([{ asset: 'ETH', reason: expect.stringMatching(/^There is no daily price of ETH from/) }])
  })

  test('is looked up again after ten minutes, so that an import counts', async () => {
    const { history, clock, readRisk } = await start(from(months, YESTERDAY - 5))
    expect((await readRisk.run(aPortfolio())).missing).toHaveLength(3)
    await history.importPrices(rowsOf(months), NOW)
    clock.pass(599_999)
    expect((await readRisk.run(aPortfolio())).missing).toHaveLength(3)
    clock.pass(1)
    expect((await readRisk.run(aPortfolio())).missing).toEqual([])
    expect(history.reads).toBe(2)
  })

  test('forgets what a long silence has made old', async () => {
    const place = months.days.indexOf(YESTERDAY - 40)
    const { readRisk } = await start({
      ...months,
      days: months.days.slice(0, place),
      prices: months.prices.slice(0, place),
    })
    const { missing } = await readRisk.run(aPortfolio())
    expect(missing.map(({ reason }) => reason)).toContainEqual(expect.stringContaining('too few or too old'))
  })

  test('says so where assets have it on different days only', async () => {
    const { days } = months
    const prices = months.prices.map(([btc, eth], row) => [
      days[row]! >= YESTERDAY - 32 ? btc : undefined,
      days[row]! <= YESTERDAY - 15 ? eth : undefined,
    ])
    const { readRisk } = await start({ assets: ['BTC', 'ETH'], days, prices })
    const { covariance, missing } = await readRisk.run(aPortfolio({ BTC: 50, ETH: 50 }))
    expect(covariance).toBeUndefined()
    expect(missing.map(({ asset }) => asset)).toEqual(['BTC', 'ETH'])
    expect(missing[0]!.reason).toMatch(/^BTC, ETH all have a return on 19 days, 20 are needed\. Record/)
  })

  test('is nothing at all of a portfolio without targets', async () => {
    const { readRisk } = await start(months)
    expect(await readRisk.run(aPortfolio({}))).toMatchObject({ covariance: undefined, missing: [], forecasts: [] })
  })
})
