import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { anAssetState, aState } from '../../../test/support/rebalancing.js'
import type { Asset } from '../assets.js'
import type { AssetValue, Valuation } from '../portfolio/valuation.js'
import { createPolicy } from '../rebalancing/registry.js'
import { absolute, RATIO_ONE } from '../units/ratio.js'
import { ONE_USD, type Usd } from '../units/usd.js'
import { bookGreeks, greeksOf } from './greeks.js'
import type { Bookkeeping, BookPosition } from './positions.js'

const usd = (dollars: number): bigint => BigInt(dollars) * ONE_USD
const ratio = (share: number) => BigInt(Math.round(share * 1e6)) * 10n ** 12n

const ASSETS: readonly Asset[] = [
  { key: 'ETH', class: 'major', tokens: [] },
  { key: 'stETH', class: 'other', tokens: [] },
  { key: 'USD', class: 'stable', tokens: [] },
]
const PRICES = new Map([
  ['ETH', usd(3_000)],
  ['stETH', usd(3_300)],
  ['USD', usd(1)],
])
const bookkeeping: Bookkeeping = { assets: ASSETS, assetHubs: { stETH: 'ETH' }, prices: PRICES }

function valuationOf(values: Readonly<Record<string, Usd | string>>): Valuation {
  const assets = Object.entries(values).map(([asset, value]): AssetValue =>
    typeof value === 'string'
      ? { asset, status: 'unknown', reason: value }
      : { asset, status: 'known', price: PRICES.get(asset)!, value, positions: [], inTransitValue: 0n },
  )
  return {
    nav: assets.reduce((sum, one) => (one.status === 'known' ? sum + one.value : sum), 0n),
    isComplete: assets.every(({ status }) => status === 'known'),
    assets,
  }
}

const NONE = { status: 'known', positions: [] } as const

/** Liquidity of a constant product: as much value in either asset, of which half is sold of what rises. */
const POOL: BookPosition = {
  kind: 'pool',
  asset: 'ETH/USD pool',
  units: 10n * 10n ** 18n,
  underlying: [
    { asset: 'ETH', unitsPerUnit: RATIO_ONE, gamma: -RATIO_ONE / 2n },
    { asset: 'USD', unitsPerUnit: 3_000n * RATIO_ONE },
  ],
}

describe('greeks of the book', () => {
  test('spot and staked coins are one exposure, and stable ones are in no net delta', () => {
    const valuation = valuationOf({ ETH: usd(6_000), stETH: usd(3_300), USD: usd(700) })
    const greeks = greeksOf({ ...bookkeeping, valuation, derivatives: NONE, rule: undefined })
    expect(greeks).toMatchObject({ nav: usd(10_000), netDelta: usd(9_300), netDeltaShare: ratio(0.93), missing: [] })
    expect(greeks.assets).toEqual([
      {
        asset: 'ETH',
        isStable: false,
        delta: usd(9_300),
        deltaPerPercent: usd(93),
        gammaPerPercent: 0n,
        parts: [
          { kind: 'spot', position: 'ETH', delta: usd(6_000) },
          { kind: 'staked', position: 'stETH', delta: usd(3_300) },
        ],
      },
      expect.objectContaining({ asset: 'USD', isStable: true, delta: usd(700), deltaPerPercent: usd(7) }),
    ])
    expect(greeks.rule).toBeUndefined()
  })

  test('liquidity counts with its rates, and sells what rises', () => {
    const { assets, netDelta } = bookGreeks(usd(60_000), [POOL], bookkeeping)
    expect(assets.map(({ asset, delta, gammaPerPercent }) => [asset, delta, gammaPerPercent])).toEqual([
      ['ETH', usd(30_000), -usd(150)],
      ['USD', usd(30_000), 0n],
    ])
    expect(netDelta).toBe(usd(30_000))
  })

  test('delta and gamma of liquidity are the slope and the curvature of what it is worth', () => {
    const worth = (move: number) => 60_000 * Math.sqrt(1 + move)
    const [eth] = bookGreeks(usd(60_000), [POOL], bookkeeping).assets
    const [delta, gamma] = [Number(eth!.delta / ONE_USD), Number(eth!.gammaPerPercent / ONE_USD) * 100]
    for (const move of [-0.01, 0.01]) {
      const predicted = 60_000 + delta * move + (gamma * move * move) / 2
      expect(Math.abs(predicted - worth(move))).toBeLessThan(0.01)
    }
  })

  test('a short derivative takes exposure away', () => {
    const hedge: BookPosition = {
      kind: 'derivative',
      asset: 'ETH-PERP',
      units: -2n * 10n ** 18n,
      underlying: [{ asset: 'ETH', unitsPerUnit: RATIO_ONE }],
    }
    const greeks = greeksOf({
      ...bookkeeping,
      valuation: valuationOf({ ETH: usd(6_000), USD: usd(4_000) }),
      derivatives: { status: 'known', positions: [hedge] },
      rule: undefined,
    })
    expect(greeks.netDelta).toBe(0n)
    expect(greeks.netDeltaShare).toBe(0n)
    expect(greeks.assets[0]!.parts).toHaveLength(2)
  })

  test('what is unknown is named and in no figure', () => {
    const stray: BookPosition = {
      kind: 'derivative',
      asset: 'DOGE-PERP',
      units: 10n ** 18n,
      underlying: [{ asset: 'DOGE', unitsPerUnit: RATIO_ONE }],
    }
    const valuation = valuationOf({ ETH: usd(6_000), stETH: 'Holdings on beta are unknown.' })
    const greeks = greeksOf({
      ...bookkeeping,
      valuation,
      derivatives: { status: 'known', positions: [stray] },
      rule: undefined,
    })
    expect(greeks.netDelta).toBe(usd(6_000))
    expect(greeks.missing).toEqual([
      { position: 'stETH', reason: 'Holdings on beta are unknown.' },
      { position: 'DOGE-PERP', reason: 'The price of DOGE is unknown.' },
    ])
    const silent = greeksOf({
      ...bookkeeping,
      valuation,
      derivatives: { status: 'unknown', reason: 'No answer.' },
      rule: undefined,
    })
    expect(silent.missing).toContainEqual({ position: 'derivatives', reason: 'No answer.' })
  })

  test('without any NAV there is no share of it and no rule to ask', () => {
    const state = aState([anAssetState('ETH', 5_000, 0), anAssetState('USD', 5_000, 0)])
    const policy = createPolicy({ name: 'absolute-threshold', parameters: {} })
    const valuation = valuationOf({ ETH: 0n, USD: 0n })
    const greeks = greeksOf({ ...bookkeeping, valuation, derivatives: NONE, rule: { policy, state, nav: 0n } })
    expect(greeks).toMatchObject({ netDelta: 0n, netDeltaShare: undefined, assets: [], rule: undefined })
  })

  test('the rule is asked about staked coins together with the coin', () => {
    const state = aState([
      anAssetState('ETH', 3_000, 0),
      anAssetState('stETH', 3_000, 0),
      anAssetState('USD', 4_000, 0),
    ])
    const policy = createPolicy({ name: 'absolute-threshold', parameters: {} })
    const valuation = valuationOf({ ETH: usd(3_000), stETH: usd(3_000), USD: usd(4_000) })
    const greeks = greeksOf({
      ...bookkeeping,
      valuation,
      derivatives: NONE,
      rule: { policy, state, nav: valuation.nav },
    })
    expect(greeks.rule!.assets.map(({ asset }) => asset)).toEqual(['ETH', 'USD'])
    expect(greeks.rule!.assets[0]!.up.constantMix).toBe(-usd(24))
  })

  test('deltas add up: the order of positions and the cutting of one into two change nothing but roundings', () => {
    const units = fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n })
    const rate = fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n })
    const position = fc
      .record({ units, unitsPerUnit: rate, gamma: rate })
      .map(({ units: held, ...underlying }): BookPosition => ({
        kind: 'derivative',
        asset: 'X',
        units: held,
        underlying: [{ asset: 'ETH', ...underlying }],
      }))
    fc.assert(
      fc.property(fc.array(position, { minLength: 1, maxLength: 4 }), (positions) => {
        const sums = (all: readonly BookPosition[]) => {
          const [eth] = bookGreeks(ONE_USD, all, bookkeeping).assets
          return { delta: eth!.delta, gamma: eth!.gammaPerPercent }
        }
        const whole = sums(positions)
        expect(sums(positions.toReversed())).toEqual(whole)
        const halves = positions.flatMap((one) => [
          { ...one, units: one.units / 2n },
          { ...one, units: one.units - one.units / 2n },
        ])
        const cut = sums(halves)
        expect(absolute(cut.delta - whole.delta) <= BigInt(halves.length)).toBe(true)
        expect(absolute(cut.gamma - whole.gamma) <= BigInt(halves.length)).toBe(true)
      }),
    )
  })
})
