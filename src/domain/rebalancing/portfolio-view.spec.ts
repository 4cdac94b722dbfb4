import { describe, expect, test } from '@jest/globals'
import { aCovariance, anAssetState, aState } from '../../../test/support/rebalancing.js'
import { RATIO_ONE, ratioOfBasisPoints } from '../units/ratio.js'
import { USUAL_PARAMETERS } from './parameters.js'
import { viewOf } from './portfolio-view.js'
import { RebalancingInputError } from './rebalancing-error.js'
import type { AssetState, PortfolioState } from './rebalancing-policy.js'

const eth = anAssetState('ETH', 5_000, 100)
const usd = anAssetState('USD', 5_000, -100)
const state = aState([eth, usd], { covariance: aCovariance([0.6, 0.01]) })
const view = (changes: Partial<PortfolioState> = {}, parameters = USUAL_PARAMETERS) =>
  viewOf({ ...state, ...changes }, parameters)
const withEth = (changes: Partial<AssetState>) => ({ assets: [{ ...eth, ...changes }, usd] })

describe('viewOf', () => {
  test('adds drift, volatility against the rest and its penalty κ·q', () => {
    const [first] = view().assets
    expect(first).toMatchObject({ drift: ratioOfBasisPoints(100), configuredBand: ratioOfBasisPoints(200) })
    expect(first!.volatility).toBeCloseTo(Math.hypot(0.6, 0.01), 12)
    expect(first!.penalty).toBeCloseTo(5 * 0.3601, 12)
  })

  test('penalises the distance itself at the reference volatility when weights are the objective', () => {
    const weights = { ...USUAL_PARAMETERS, objective: 'weights' as const, referenceVolatility: 0.5 }
    expect(view({}, weights).assets.map(({ penalty }) => penalty)).toEqual([1.25, 1.25])
    expect(view({ covariance: undefined }, weights).assets[0]!.penalty).toBe(1.25)
    expect(view({ covariance: undefined }).assets[0]!.penalty).toBeUndefined()
  })

  test('an override is the asset’s own, and not found by the name of something all objects have', () => {
    const overrides = { ETH: { band: ratioOfBasisPoints(50), costAversion: 2 } }
    const [first, second] = view({}, { ...USUAL_PARAMETERS, overrides }).assets
    expect(first).toMatchObject({ configuredBand: ratioOfBasisPoints(50), costAversion: 2 })
    expect(second).toMatchObject({ configuredBand: ratioOfBasisPoints(200), ownBand: undefined, costAversion: 1 })
    expect(view(withEth({ asset: 'constructor' })).assets[0]).toMatchObject({ ownBand: undefined, costAversion: 1 })
  })

  test('a gain counts as no cost, and a leg settles until its time, to the millisecond', () => {
    expect(view(withEth({ cost: -0.001 })).assets[0]!.cost).toBe(0)
    expect(view(withEth({ settlesAt: state.now + 1 })).assets[0]!.isSettling).toBe(true)
    expect(view(withEth({ settlesAt: state.now })).assets[0]!.isSettling).toBe(false)
  })

  test('a pair costs what both do, the other being the cheapest that is wanted', () => {
    const cost = { ETH: 0.003, BTC: 0.002, USD: 0, OLD: 0 }
    const pairs = (targets: readonly [number, number, number, number]) =>
      viewOf(
        aState(Object.entries(cost).map(([asset, one], i) => anAssetState(asset, targets[i]!, 0, { cost: one }))),
        USUAL_PARAMETERS,
      ).assets.map(({ costOfPair }) => costOfPair)
    expect(pairs([4_000, 4_000, 2_000, 0])).toEqual([0.003, 0.002, 0.002, 0])
    expect(pairs([5_000, 5_000, 0, 0])).toEqual([0.005, 0.005, 0.002, 0.002])
    expect(pairs([10_000, 0, 0, 0])).toEqual([0.003, 0.005, 0.003, 0.003])
  })

  test('sums may miss one by a millionth, as rounded shares do', () => {
    expect(view(withEth({ weight: eth.weight - RATIO_ONE / 1_000_000n })).assets).toHaveLength(2)
    expect(() => view(withEth({ weight: eth.weight - RATIO_ONE / 1_000_000n - 1n }))).toThrow('sum to one')
  })

  test.each<[string, Partial<PortfolioState>]>([
    ['The weights of all assets sum to one, got 1.01', withEth({ weight: ratioOfBasisPoints(5_200) })],
    ['The targets of all assets sum to one, got 0.5', withEth({ target: 0n })],
    ['The weight of ETH is a share of zero or more, got -0.01', withEth({ weight: ratioOfBasisPoints(-100) })],
    ['The band of ETH is a share of zero or more', withEth({ band: -1n })],
    ['The cost of ETH is a number, got NaN', withEth({ cost: NaN })],
    ['The cost of ETH is a number, got 1e+300', withEth({ cost: 1e300 })],
    ['settlesAt of ETH is a time, got Infinity', withEth({ settlesAt: Infinity })],
    ['Every asset is listed once, got USD twice', withEth({ asset: 'USD' })],
    ['fixedCost is a share of zero or more, got -1', { fixedCost: -1 }],
    ['fixedCost is a share of zero or more, got Infinity', { fixedCost: Infinity }],
    ['now is a time in milliseconds, got NaN', { now: NaN }],
    ['lastTradedAt is a time, got NaN', { lastTradedAt: NaN }],
    [
      'symmetric and of sensible size at 0, 0, got 1e+300',
      {
        covariance: [
          [1e300, 0],
          [0, 1],
        ],
      },
    ],
    ['a row and a column for each of 2 assets, got rows of 1', { covariance: [[1]] }],
    ['a row and a column for each of 2 assets, got rows of 2, 1', { covariance: [[1, 0], [0]] }],
    [
      'symmetric and of sensible size at 1, 0, got 0.3',
      {
        covariance: [
          [1, 0.2],
          [0.3, 1],
        ],
      },
    ],
    [
      'symmetric and of sensible size at 1, 1, got NaN',
      {
        covariance: [
          [1, 0],
          [0, NaN],
        ],
      },
    ],
  ])('refuses a state that contradicts itself: %s', (message, changes) => {
    expect(() => view(changes)).toThrow(message)
    try {
      view(changes)
    } catch (error) {
      expect(error).toBeInstanceOf(RebalancingInputError)
      expect((error as RebalancingInputError).subject).toBe('state')
    }
  })
})
