import { describe, expect, test } from '@jest/globals'
import { aPolicy } from '../../../test/support/builders.js'
import { ALPHA, aPortfolio, BETA } from '../../../test/support/fake-world.js'
import type { Token } from '../assets.js'
import { ratioOfBasisPoints } from '../units/ratio.js'
import { ONE_USD } from '../units/usd.js'
import type { Market } from './cost.js'
import type { CurveSample } from './curve-record.js'
import { arcKey } from './network.js'
import { tradingCosts } from './trading-costs.js'

const gas = { gasPrice: 1_000_000_000n, nativeAsset: 'ETH', nativeDecimals: 18 }
const market: Market = {
  prices: new Map([
    ['ETH', 3_000n * ONE_USD],
    ['USD', ONE_USD],
  ]),
  gas: new Map([
    ['alpha', gas],
    ['beta', gas],
  ]),
}
const portfolio = aPortfolio({ assumedCost: ratioOfBasisPoints(42) })
const sample = (venue: string, sent: number, received: number, gasUnits = 200_000): CurveSample => ({
  venue,
  tool: 'pool',
  sent,
  received,
  fees: 0,
  onTop: 0,
  gasUnits,
  sources: undefined,
  durationSeconds: 0,
  obtainedAt: 0,
  block: undefined,
  prices: [10n ** 18n, 10n ** 18n],
})
const swap = (from: Token, to: Token, ...samples: readonly CurveSample[]) => ({
  key: arcKey('swap', from, to),
  chain: from.chain,
  samples,
})
const sizes = new Map([['ETH', 10_000]])

describe('tradingCosts', () => {
  test('without any quote every asset but the hub costs what is configured, and says so', () => {
    const { rates, perLeg, assumed } = tradingCosts(portfolio, [], market, sizes)
    expect([...rates]).toEqual([
      ['ETH', 0.0042],
      ['USD', 0],
      ['BTC', 0.0042],
    ])
    expect(assumed).toEqual(['ETH', 'BTC'])
    // 300,000 gas at 1 gwei and 3,000 USD.
    expect(perLeg).toBeCloseTo(0.9, 12)
  })

  test('the mean of sale and purchase, with the best venue at the size, on the cheapest chain', () => {
    const curves = [
      swap(ALPHA.weth, ALPHA.usdc, sample('dear', 10_000, 9_900), sample('cheap', 10_000, 9_980)),
      swap(ALPHA.usdc, ALPHA.weth, sample('cheap', 10_000, 9_960)),
    ]
    const { rates, assumed } = tradingCosts(portfolio, curves, market, sizes)
    expect(rates.get('ETH')).toBeCloseTo((0.002 + 0.004) / 2, 12)
    expect(assumed).toEqual(['BTC'])
  })

  test('grows with the size, by the depth that the quotes tell', () => {
    const curves = [swap(ALPHA.weth, ALPHA.usdc, sample('one', 1_000, 999), sample('one', 100_000, 99_000))]
    const at = (size: number) => tradingCosts(portfolio, curves, market, new Map([['ETH', size]])).rates.get('ETH')!
    expect(at(1_000)).toBeCloseTo(0.001, 9)
    expect(at(100_000)).toBeCloseTo(0.01, 9)
    expect(at(1_000_000)).toBeGreaterThan(at(100_000))
    // Nothing is told about sizes below the smallest quote.
    expect(at(0)).toBe(at(1_000))
  })

  test('a quote better than our own price is no gain', () => {
    const curves = [swap(ALPHA.weth, ALPHA.usdc, sample('one', 10_000, 10_100))]
    expect(tradingCosts(portfolio, curves, market, sizes).rates.get('ETH')).toBe(0)
  })

  test('gas is the median of what was quoted on a chain, the mean over chains; unknown where no gas price is known', () => {
    const curves = [
      swap(ALPHA.weth, ALPHA.usdc, sample('a', 1, 1, 100_000), sample('b', 2, 2, 400_000), sample('c', 3, 3, 900_000)),
    ]
    expect(tradingCosts(portfolio, curves, market, sizes).perLeg).toBeCloseTo((1.2 + 0.9) / 2, 12)
    expect(tradingCosts(portfolio, curves, { ...market, gas: new Map() }, sizes).perLeg).toBeUndefined()
  })

  test('an asset with a hub of its own is reckoned against that', () => {
    const policy = aPolicy({ ...portfolio.policy, assetHubs: { BTC: 'USD' } })
    const curves = [swap(BETA.wbtc, BETA.usdc, sample('one', 10_000, 9_990))]
    const { rates } = tradingCosts({ ...portfolio, policy }, curves, market, sizes)
    expect(rates.get('BTC')).toBeCloseTo(0.001, 12)
  })
})
