import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { AssetClass } from '../assets.js'
import type { AssetValue, Valuation } from '../portfolio/valuation.js'
import { mulDiv, RATIO_ONE } from '../units/ratio.js'
import { ONE_USD, type Usd } from '../units/usd.js'
import { type Bookkeeping, followed, positionsOf, pricesIn } from './positions.js'

function known(asset: string, price: bigint, value: Usd): AssetValue {
  return { asset, status: 'known', price, value, positions: [], inTransitValue: 0n }
}

function valuationOf(assets: readonly AssetValue[]): Valuation {
  const nav = assets.reduce((sum, one) => (one.status === 'known' ? sum + one.value : sum), 0n)
  return { nav, isComplete: assets.every(({ status }) => status === 'known'), assets }
}

const CLASSES: Readonly<Record<string, AssetClass>> = { ETH: 'major', stETH: 'other', USD: 'stable' }

function bookkeepingOf(valuation: Valuation, assetHubs: Record<string, string> = {}): Bookkeeping {
  const assets = valuation.assets.map(({ asset }) => ({ key: asset, class: CLASSES[asset] ?? 'other', tokens: [] }))
  return { assets, assetHubs, prices: pricesIn(valuation) }
}

const usd = (dollars: number) => BigInt(dollars) * ONE_USD

describe('positions of a valuation', () => {
  test('what is held is its own underlying, at a rate of one', () => {
    const valuation = valuationOf([known('ETH', usd(3_000), usd(6_000))])
    expect(positionsOf(valuation, bookkeepingOf(valuation))).toEqual([
      {
        kind: 'spot',
        asset: 'ETH',
        units: 2n * RATIO_ONE,
        underlying: [{ asset: 'ETH', unitsPerUnit: RATIO_ONE }],
      },
    ])
  })

  test('a staked coin is so much of the coin itself as its price says', () => {
    const valuation = valuationOf([known('ETH', usd(3_000), 0n), known('stETH', usd(3_600), usd(7_200))])
    expect(positionsOf(valuation, bookkeepingOf(valuation, { stETH: 'ETH' }))).toEqual([
      {
        kind: 'staked',
        asset: 'stETH',
        units: 2n * RATIO_ONE,
        underlying: [{ asset: 'ETH', unitsPerUnit: (12n * RATIO_ONE) / 10n }],
      },
    ])
  })

  test('one staked coin wrapped in another follows the coin at the bottom', () => {
    const valuation = valuationOf([
      known('ETH', usd(3_000), 0n),
      known('stETH', usd(3_000), 0n),
      known('wstETH', usd(3_600), usd(3_600)),
    ])
    const bookkeeping = bookkeepingOf(valuation, { wstETH: 'stETH', stETH: 'ETH' })
    expect(followed('wstETH', bookkeeping)).toEqual({ asset: 'ETH', rate: (12n * RATIO_ONE) / 10n })
  })

  test.each([
    ['its hub is a stable coin', { LINK: 'USD' }, 15],
    ['its price is far from that of its hub', { LINK: 'ETH' }, 15],
    ['its price is more than twice that of its hub', { LINK: 'ETH' }, 6_001],
    ['its hub has no known price', { LINK: 'BTC' }, 3_000],
    ['hubs make a circle of one', { LINK: 'LINK' }, 3_000],
    ['it has no hub of its own', {}, 3_000],
  ])('an asset is its own underlying where %s', (_why, hubs, price) => {
    const valuation = valuationOf([
      known('LINK', usd(price), usd(100)),
      known('ETH', usd(3_000), usd(100)),
      known('USD', usd(1), usd(100)),
      { asset: 'BTC', status: 'unknown', reason: 'No price.' },
    ])
    expect(followed('LINK', bookkeepingOf(valuation, hubs as Record<string, string>))).toEqual({
      asset: 'LINK',
      rate: RATIO_ONE,
    })
  })

  test('nothing of an asset and an asset of unknown value are no positions', () => {
    const valuation = valuationOf([
      known('ETH', usd(3_000), 0n),
      { asset: 'BTC', status: 'unknown', reason: 'No price.' },
    ])
    expect(positionsOf(valuation, bookkeepingOf(valuation))).toEqual([])
  })

  test('no position is worth more than the valuation says, nor less by a unit of its last place', () => {
    const amount = fc.bigInt({ min: 1n, max: 10n ** 30n })
    fc.assert(
      fc.property(amount, amount, (price, value) => {
        const valuation = valuationOf([known('ETH', price, value)])
        const [position] = positionsOf(valuation, bookkeepingOf(valuation))
        const units = position?.units ?? 0n
        expect(mulDiv(units, price, RATIO_ONE, 'up') <= value).toBe(true)
        expect(mulDiv(units + 1n, price, RATIO_ONE, 'up') >= value).toBe(true)
      }),
    )
  })
})
