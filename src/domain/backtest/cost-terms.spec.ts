import { describe, expect, test } from '@jest/globals'
import { aHistoryPortfolio } from '../../../test/support/backtest.js'
import { addressOf, aMarket, aToken } from '../../../test/support/builders.js'
import { arcKey } from '../planning/network.js'
import type { CurveRecord, CurveSample } from '../planning/curve-record.js'
import { BacktestError } from './backtest-error.js'
import { costModelOf, type CostTerms, costWords, curveCosts, hubOf, readCosts } from './cost-terms.js'

describe('flat costs', () => {
  test.each<[string, CostTerms | 'curve']>([
    ['curve', 'curve'],
    ['flat:30bp', { kind: 'flat', rate: 0.003, fixedShare: 0.00002, fixedUsd: 0 }],
    ['flat:5bp+0bp', { kind: 'flat', rate: 0.0005, fixedShare: 0, fixedUsd: 0 }],
    ['flat:12.5bp+3usd', { kind: 'flat', rate: 0.00125, fixedShare: 0, fixedUsd: 3 }],
  ])('%s', (text, terms) => {
    expect(readCosts(text)).toEqual(terms)
  })

  test.each(['', 'flat', 'flat:30', 'flat:30bps', 'flat:-3bp', 'flat:3,5bp', 'flat:NaNbp', 'Curve', 'flat:3bp+1'])(
    '%s is refused',
    (text) => {
      expect(() => readCosts(text)).toThrow(BacktestError)
      expect(() => readCosts(text)).toThrow('flat:30bp')
    },
  )

  test.each(['flat:2001bp', 'flat:1bp+101bp', 'flat:1bp+1000001usd'])('%s is too much', (text) => {
    expect(() => readCosts(text)).toThrow('at most 2000 bps')
  })

  test('in words', () => {
    expect(costWords(readCosts('flat:30bp') as CostTerms, ['BTC', 'USD'], 'USD')).toBe(
      '30 bps of what is traded, and 0.2 bps of NAV for a leg. USD, through which the others are traded, costs nothing.',
    )
  })
})

const btc = aToken({ asset: 'BTC', symbol: 'BTC', address: addressOf(1) })
const usd = aToken({ asset: 'USD', symbol: 'USD', address: addressOf(2) })

const sample = (sent: number, received: number): CurveSample => ({
  venue: 'zeroex',
  tool: '',
  sent,
  received,
  fees: 0,
  onTop: 0,
  gasUnits: 100_000,
  sources: undefined,
  durationSeconds: 0,
  obtainedAt: 0,
  block: undefined,
  prices: [1n, 1n],
})

describe('costs by curves', () => {
  const base = aHistoryPortfolio()
  const portfolio = {
    ...base,
    assets: base.assets.map((asset) => ({
      ...asset,
      tokens: [
        {
          ...(asset.key === 'USD' ? usd : btc),
          asset: asset.key,
          address: addressOf(asset.key.length + asset.key.charCodeAt(0)),
        },
      ],
    })),
  }
  const tokenOf = (key: string) => portfolio.assets.find((asset) => asset.key === key)!.tokens[0]!
  const withHub = { ...portfolio, policy: { ...portfolio.policy, hubs: { alpha: tokenOf('USD') } } }
  /** γ = 0.999 and D = 20 million. */
  const received = (sent: number) => (0.999 * sent) / (1 + (0.999 * sent) / 2e7)
  const curves: CurveRecord[] = [
    {
      key: arcKey('swap', tokenOf('BTC'), tokenOf('USD')),
      chain: 'alpha',
      samples: [4_000, 40_000].map((sent) => sample(sent, received(sent))),
    },
  ]
  const terms = curveCosts(withHub, curves, aMarket(), 1_000_000)

  test('are read off the quotes, the hub costs nothing, and what nobody quoted is assumed', () => {
    const { depths, fixedShare, fixedUsd } = terms as Extract<CostTerms, { kind: 'curve' }>
    expect(depths.get('BTC')!.gamma).toBeCloseTo(0.999, 6)
    expect(depths.get('BTC')!.depth / 2e7).toBeCloseTo(1, 3)
    expect(depths.get('BTC')!.isAssumed).toBe(false)
    expect(depths.get('ETH')).toEqual({ gamma: 0.997, depth: 5e7, isAssumed: true })
    expect(depths.get('USD')!.gamma).toBe(1)
    // 100,000 units of gas, as quoted, at 12 gwei and 3,000 USD.
    expect(fixedShare).toBe(0)
    expect(fixedUsd).toBeCloseTo(3.6, 6)
  })

  test('grow with the size of a leg and never pass a half', () => {
    const { rate } = costModelOf(terms, ['BTC', 'ETH', 'USD'])
    const sizes = [0, 1e3, 1e5, 1e7, 1e12, Infinity]
    const rates = sizes.map((size) => rate(0, size))
    expect(rates).toEqual(rates.toSorted((a, b) => a - b))
    expect(rates[1]).toBeCloseTo(0.00105, 6)
    expect(rates.at(-1)).toBe(0.5)
    expect(rate(2, 1e9)).toBe(0)
    expect(costModelOf(terms, ['SOL']).rate(0, 1e9)).toBe(0)
  })

  test('in words, which say what was assumed', () => {
    expect(costWords(terms, ['BTC', 'ETH', 'USD'], 'USD')).toBe(
      'By size in the markets of today: BTC 10 bps at a depth of 20,000,000 USD, as quoted; ETH 30 bps at a depth of 50,000,000 USD, assumed; and 3.6 USD for a leg. USD, through which the others are traded, costs nothing.',
    )
  })
})

describe('the hub', () => {
  const assets = [
    { key: 'BTC', class: 'major' },
    { key: 'DAI', class: 'stable' },
    { key: 'USDC', class: 'stable' },
  ] as const
  const flat = costModelOf(readCosts('flat:30bp') as CostTerms, ['BTC', 'DAI', 'USDC'])

  test('is the cheapest stable asset, of equals the hub of a chain, then the first', () => {
    expect(hubOf(assets, flat, 1e6)).toBe(1)
    expect(hubOf(assets, flat, 1e6, ['USDC'])).toBe(2)
    const dear = { ...flat, rate: (place: number) => (place === 2 ? 0.0001 : 0.003) }
    expect(hubOf(assets, dear, 1e6, ['DAI'])).toBe(2)
  })

  test('is none without a stable asset', () => {
    expect(hubOf(assets.slice(0, 1), flat, 1e6)).toBeUndefined()
  })
})
