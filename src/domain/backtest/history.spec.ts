import { describe, expect, test } from '@jest/globals'
import { forecasts } from '../statistics/forecast.js'
import { logReturns } from '../statistics/returns.js'
import { BacktestError } from './backtest-error.js'
import { type HistoryAsset, readHistory } from './history.js'
import type { PriceTable } from '../portfolio/price-table.js'

const BTC: HistoryAsset = { key: 'BTC', class: 'major' }
const USD: HistoryAsset = { key: 'USD', class: 'stable' }
const days = Array.from({ length: 60 }, (_, day) => 18_000 + day)
const wave = (day: number) => 100 + 5 * Math.sin(day) + 3 * Math.cos(2.3 * day)
const table: PriceTable = { assets: ['ETH', 'BTC'], days, prices: days.map((day) => [undefined, wave(day)]) }

describe('a history', () => {
  test('takes a stable asset without a column for a dollar, and says so', () => {
    const history = readHistory(table, [USD, BTC])
    expect(history.table.assets).toEqual(['USD', 'BTC'])
    expect(history.table.prices[7]).toEqual([1, wave(18_007)])
    expect(history.notes).toEqual(['USD has no column of prices: one dollar throughout.'])
    expect(history.missing).toEqual([])
  })

  test('knows covariances from the days before it begins, with a floor for stable assets', () => {
    const history = readHistory(table, [USD, BTC], { from: days[40]!, to: days[50]! })
    const whole = readHistory(table, [USD, BTC])
    expect(history.table.days).toEqual(days.slice(40, 51))
    expect(history.covariances).toEqual(whole.covariances.slice(40, 51))
    expect(whole.covariances[19]).toBeUndefined()
    expect(history.covariances[0]![0]![0]).toBeCloseTo(0.0001, 12)
    expect(history.covariances[0]![1]![1]).toBeGreaterThan(0.1)
  })

  test('has the volatilities that were forecast where they are asked for', () => {
    const [ewma, forecast] = (['ewma', 'forecast'] as const).map((source) => readHistory(table, [USD, BTC], {}, source))
    expect(forecast!.covariances[18]).toBeUndefined()
    // EWMA forecasts with a shorter memory than that of bands.
    const expected = forecasts(logReturns(table.prices.map((row) => row[1]))).at(-1)!
    expect(forecast!.covariances.at(-1)![1]![1]).toBeCloseTo(expected.volatility ** 2, 9)
    expect(forecast!.covariances.at(-1)![1]![1]).not.toBeCloseTo(ewma!.covariances.at(-1)![1]![1]!, 4)
    expect(forecast!.covariances.at(-1)![0]![0]).toBeCloseTo(0.0001, 12)
  })

  test.each(['ewma', 'forecast'] as const)('what a later price is changes no covariance before it: %s', (source) => {
    const changed: PriceTable = {
      ...table,
      prices: table.prices.map((row, index) => (index >= 45 ? [undefined, 7 + index] : row)),
    }
    const [one, other] = [table, changed].map((prices) => readHistory(prices, [USD, BTC], {}, source))
    expect(other!.covariances.slice(0, 45)).toEqual(one!.covariances.slice(0, 45))
    expect(other!.covariances[45]).not.toEqual(one!.covariances[45])
  })

  test('counts the days it leaves out by asset, and names the longest gap', () => {
    const prices = table.prices.map((row, index) => (index >= 10 && index < 30 ? [undefined, undefined] : row))
    const history = readHistory({ ...table, prices }, [BTC])
    // Two days are carried forward.
    expect(history.missing).toEqual([{ asset: 'BTC', days: 18 }])
    expect(history.table.days).toHaveLength(42)
    expect(history.notes[0]).toMatch(
      /^Prices are missing for more than 2 days in a row once, the longest from 2019-04-25 to 2019-05-14\./,
    )
  })

  test.each<[string, PriceTable, HistoryAsset[], RegExp]>([
    ['no assets', table, [], /at least one asset, got none/],
    [
      'an asset without a column',
      table,
      [{ key: 'SOL', class: 'other' }],
      /Prices of SOL are missing; there are some of ETH, BTC/,
    ],
    [
      'an asset without a price',
      table,
      [{ key: 'ETH', class: 'major' }],
      /two days .* ETH; 0 came \(without a price: ETH on 60 days\)/,
    ],
    ['a table without rows', { ...table, days: [], prices: [] }, [BTC], /0 came \(without a price: none\)/],
    [
      'a price out of bounds',
      { ...table, prices: table.prices.map((row, index) => (index === 3 ? [undefined, -1] : row)) },
      [BTC],
      /^The price of BTC on 2019-04-17 should be between 1e-12 and 1000000000000 USD, got -1\./,
    ],
    [
      'prices that are worlds apart',
      { ...table, prices: table.prices.map((_, index) => [undefined, index < 20 ? 1e-7 : 1e7]) },
      [BTC],
      /^Prices of BTC should lie within a factor/,
    ],
  ])('is refused with %s', (_, prices, assets, message) => {
    expect(() => readHistory(prices, assets)).toThrow(message)
    expect(() => readHistory(prices, assets)).toThrow(BacktestError)
  })
})
