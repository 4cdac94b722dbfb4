import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { addressOf, aToken, hashOf } from '../../../test/support/builders.js'
import { type Asset, NATIVE, type Token } from '../assets.js'
import { amountOf } from '../units/amount.js'
import { ONE_USD } from '../units/usd.js'
import type { AssetPrice, ChainReading, InTransit, Snapshot } from './snapshot.js'
import { spendableUnits, valuePortfolio } from './valuation.js'

const eth = aToken({ asset: 'ETH', symbol: 'ETH', address: NATIVE, decimals: 18 })
const weth = aToken({ asset: 'ETH', symbol: 'WETH', address: addressOf(0xe), decimals: 18 })
const usdc = aToken()
const farUsdc = aToken({ chain: 'beta', address: addressOf(0xcb) })
const assets: Asset[] = [
  { key: 'ETH', class: 'major', tokens: [weth, eth] },
  { key: 'USD', class: 'stable', tokens: [usdc, farUsdc] },
]
const block = { number: 7n, hash: hashOf(7), timestamp: 0 }
const reading = (chain: string, holdings: [Token, bigint][], problems: Token[] = []): ChainReading => ({
  chain,
  status: 'known',
  block,
  baseFee: 1n,
  holdings: holdings.map(([token, units]) => amountOf(token, units)),
  problems: problems.map((token) => ({ token, reason: `${token.symbol} has no code` })),
})
const silent = (chain: string): ChainReading => ({ chain, status: 'unknown', reason: 'timeout' })
const known = (asset: string, price: bigint): AssetPrice => ({ asset, status: 'known', price, sources: [] })
const prices = [known('ETH', 3_000n * ONE_USD), known('USD', ONE_USD)]
const snapshot = (changes: Partial<Snapshot> = {}): Snapshot => ({
  portfolio: 'core',
  takenAt: 0,
  chains: [
    reading('alpha', [
      [weth, 2n * 10n ** 18n],
      [eth, 10n ** 18n],
      [usdc, 500n * 10n ** 6n],
    ]),
    reading('beta', [[farUsdc, 250n * 10n ** 6n]]),
  ],
  inTransit: [],
  prices,
  ...changes,
})
const transit = (units: bigint): InTransit => ({
  transferId: 't',
  origin: 'alpha',
  amount: amountOf(farUsdc, units),
  isLate: false,
})

describe('valuePortfolio', () => {
  test('sums each asset over its tokens and chains; native and wrapped count as one', () => {
    const { nav, isComplete, assets: values } = valuePortfolio(snapshot(), assets)
    expect(values).toMatchObject([
      { asset: 'ETH', status: 'known', value: 9_000n * ONE_USD, inTransitValue: 0n },
      { asset: 'USD', status: 'known', value: 750n * ONE_USD },
    ])
    expect([nav, isComplete]).toEqual([9_750n * ONE_USD, true])
    expect(values.flatMap((one) => (one.status === 'known' ? one.positions.map(({ chain }) => chain) : []))).toEqual([
      'alpha',
      'alpha',
      'alpha',
      'beta',
    ])
  })

  test('what is in transit counts once, in the asset it is to arrive as', () => {
    const value = valuePortfolio(snapshot({ inTransit: [transit(1_000n * 10n ** 6n)] }), assets)
    expect(value.assets[1]).toMatchObject({ value: 1_750n * ONE_USD, inTransitValue: 1_000n * ONE_USD })
    expect(value.nav).toBe(10_750n * ONE_USD)
  })

  test('chains that did not answer are named, where there are any', () => {
    const [alpha] = snapshot().chains
    expect(valuePortfolio(snapshot({ chains: [alpha!, silent('beta')] }), assets).unread).toEqual([
      { chain: 'beta', reason: 'timeout' },
    ])
    expect(valuePortfolio(snapshot(), assets)).not.toHaveProperty('unread')
  })

  const unknowns: [string, Partial<Snapshot>, string, string][] = [
    [
      'a chain that did not answer',
      { chains: [snapshot().chains[0]!, silent('beta')] },
      'USD',
      'Holdings on beta are unknown: timeout',
    ],
    [
      'a token that did not answer',
      {
        chains: [
          reading(
            'alpha',
            [
              [eth, 1n],
              [usdc, 1n],
            ],
            [weth],
          ),
          snapshot().chains[1]!,
        ],
      },
      'ETH',
      'WETH has no code',
    ],
    [
      'an unknown price',
      { prices: [known('ETH', 1n), { asset: 'USD', status: 'unknown', reason: 'stale', sources: [] }] },
      'USD',
      'stale',
    ],
    ['a missing price', { prices: [known('ETH', 1n)] }, 'USD', 'No price source answers for USD.'],
  ]
  test.each(unknowns)(
    '%s makes the asset unknown, never zero, and leaves the others',
    (_name, changes, asset, reason) => {
      const valuation = valuePortfolio(snapshot(changes), assets)
      expect(valuation.isComplete).toBe(false)
      expect(valuation.assets.find((one) => one.asset === asset)).toEqual({ asset, status: 'unknown', reason })
      const other = valuation.assets.find((one) => one.asset !== asset)
      expect(other?.status).toBe('known')
      expect(other?.status === 'known' && other.value).toBe(valuation.nav)
    },
  )

  test('an unknown asset is unknown with its part in transit, too', () => {
    const valuation = valuePortfolio(
      snapshot({ chains: [snapshot().chains[0]!, silent('beta')], inTransit: [transit(10n ** 12n)] }),
      assets,
    )
    expect(valuation.nav).toBe(9_000n * ONE_USD)
  })

  test('the whole is the sum of its positions and transits, whatever is held (P-15)', () => {
    const units = fc.bigInt({ min: 0n, max: 2n ** 100n })
    fc.assert(
      fc.property(units, units, units, units, (a, b, c, moved) => {
        const chains = [
          reading('alpha', [
            [weth, a],
            [usdc, b],
          ]),
          reading('beta', [[farUsdc, c]]),
        ]
        const { nav, assets: values } = valuePortfolio(snapshot({ chains, inTransit: [transit(moved)] }), assets)
        const parts = values.flatMap((one) =>
          one.status === 'known' ? [...one.positions.map(({ value }) => value), one.inTransitValue] : [],
        )
        expect(parts.reduce((sum, value) => sum + value, 0n)).toBe(nav)
      }),
    )
  })
})

describe('spendableUnits', () => {
  const position = (token: Token, units: bigint) => ({
    asset: token.asset,
    chain: token.chain,
    amount: amountOf(token, units),
    value: 0n,
  })

  test('is all of a token, and of native coin what lies above the reserve', () => {
    expect(spendableUnits(position(weth, 5n), 3n)).toBe(5n)
    expect(spendableUnits(position(eth, 5n), 3n)).toBe(2n)
    expect(spendableUnits(position(eth, 3n), 3n)).toBe(0n)
    expect(spendableUnits(position(eth, 2n), 3n)).toBe(0n)
  })
})
