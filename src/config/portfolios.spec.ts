import { describe, expect, test } from '@jest/globals'
import { addressOf } from '../../test/support/builders.js'
import { minimalConfig } from '../../test/support/minimal-config.js'
import { NATIVE } from '../domain/assets.js'
import { RATIO_ONE, ratioOfBasisPoints } from '../domain/units/ratio.js'
import { ONE_USD } from '../domain/units/usd.js'
import { bridgeEventsOf, chainOptionsOf, intervalOf, metricLabelsOf, portfoliosOf } from './portfolios.js'
import { isSandboxChain } from './sandbox-chain.js'
import { configSchema } from './schema.js'

const bps = ratioOfBasisPoints
const config = configSchema.parse(minimalConfig())

test.each([
  ['*/30 * * * * *', 30],
  ['0 */5 * * * *', 300],
  ['0 0 9-17 * * *', 16 * 3_600],
  ['0 0 9 * * 1-5', 72 * 3_600],
  ['0 0 12 1 1 *', 366 * 24 * 3_600],
])('a portfolio that %s ticks for may go %d seconds between two ticks', (schedule, seconds) => {
  expect(intervalOf(schedule)).toBe(seconds)
})

describe('portfoliosOf', () => {
  const [portfolio] = portfoliosOf(config)

  test('reads every number exactly, in base units', () => {
    expect(portfolio).toMatchObject({
      id: 'core',
      mode: 'dry-run',
      account: addressOf(0xacc),
      accountAlias: 'treasury',
      maxSlippage: bps(30),
      maxQuoteAgeMs: 15_000,
      bridges: {},
    })
    expect(portfolio!.policy).toMatchObject({
      targets: [
        { asset: 'ETH', weight: bps(6_000), absoluteBand: bps(200) },
        { asset: 'USD', weight: bps(4_000), absoluteBand: bps(200), relativeBand: bps(2_000) },
      ],
      minimumTrade: 100n * ONE_USD,
      maxLeg: 10_000n * ONE_USD,
      maxGas: 250n * ONE_USD,
      maxLoss: { stable: bps(10), major: bps(50), other: bps(100) },
      maxBridgeLoss: bps(30),
      gasReserve: { alpha: 5n * 10n ** 17n },
    })
    expect(portfolio!.policy.targets[0]).not.toHaveProperty('relativeBand')
  })

  test('what was left out is sliced from 1 % of impact on, and free to lie on any chain', () => {
    expect(portfolio!.policy).toMatchObject({
      assetHubs: {},
      maxLegs: 40,
      chainShares: {},
      maxBridgeShare: RATIO_ONE,
      bridgeShares: {},
      otherBridgeShare: bps(90),
      slicing: { maxImpact: bps(100), maxSlices: 6, recoveryHalfLifeSeconds: 60, riskAversion: 1 },
      replanMove: bps(50),
      planning: { maxQuotes: 200, deadlineMs: 20_000, solverSeconds: 3 },
    })
  })

  test('what the file says about plans reaches the policy', () => {
    const document = minimalConfig()
    document.assets['ETH']!.hub = 'USD'
    Object.assign(document.portfolios['core']!, {
      maxLegs: 7,
      chainShares: { alpha: { minimum: '0.25' } },
      maxBridgeShare: '0.2',
      slicing: { maxImpactBps: 30, maxSlices: 3, recoveryHalfLifeSeconds: 12.5, riskAversion: '0.75' },
      replanMoveBps: 25,
      planning: { maxQuotes: 60, deadlineSeconds: 7.5, solverSeconds: 1 },
    })
    expect(portfoliosOf(configSchema.parse(document))[0]!.policy).toMatchObject({
      assetHubs: { ETH: 'USD' },
      maxLegs: 7,
      chainShares: { alpha: { minimum: bps(2_500), maximum: RATIO_ONE } },
      maxBridgeShare: bps(2_000),
      slicing: { maxImpact: bps(30), maxSlices: 3, recoveryHalfLifeSeconds: 12.5, riskAversion: 0.75 },
      replanMove: bps(25),
      planning: { maxQuotes: 60, deadlineMs: 7_500, solverSeconds: 1 },
    })
  })

  test('a bridge has the caps of its tier unless it has its own (C-60)', () => {
    const document = minimalConfig()
    const events = { contracts: {}, deposit: 'd', payout: 'p', id: 'id' }
    const file = configSchema.parse({
      ...document,
      bridges: {
        swift: { tier: 'liquidity', events, expectedSeconds: 60, maxInFlightShare: '0.02' },
        tunnel: { tier: 'other' },
      },
    })
    const [{ bridges, policy } = { bridges: {}, policy: undefined }] = portfoliosOf(file)
    expect(bridges).toEqual({
      swift: {
        tier: 'liquidity',
        expectedSeconds: 60,
        lostAfterSeconds: 86_400,
        quietSeconds: 3_600,
        hasIds: true,
        inFlight: bps(200),
        day: RATIO_ONE,
        routes: undefined,
      },
      tunnel: {
        tier: 'other',
        expectedSeconds: undefined,
        lostAfterSeconds: 86_400,
        quietSeconds: 3_600,
        hasIds: false,
        inFlight: bps(100),
        day: bps(500),
        routes: undefined,
      },
    })
    expect(policy!.bridgeShares).toEqual({ swift: bps(180), tunnel: bps(90) })
    expect(bridgeEventsOf(file)).toEqual([{ ...events, key: 'swift', refund: undefined, origin: undefined }])
    expect(metricLabelsOf(file, '').bridges).toEqual(['swift', 'tunnel'])
  })

  test('policies reach the portfolio with what the file says of them, and what it leaves out by its defaults', () => {
    const document = minimalConfig()
    const given = {
      policy: 'absolute-threshold',
      reset: 'edge',
      cooldownSeconds: 60,
      overrides: { ETH: { band: '0.04', costAversion: 2 } },
      parameters: { band: '0.05' },
    }
    Object.assign(document.portfolios['core']!, { rebalancing: given, shadow: { policy: 'tracking-error' } })
    const [one] = portfoliosOf(configSchema.parse(document))
    expect(one!.rebalancing).toEqual({
      calendar: undefined,
      choice: {
        name: 'absolute-threshold',
        parameters: {
          reset: 'edge',
          innerShare: RATIO_ONE / 2n,
          cooldownMs: 60_000,
          hysteresis: 0n,
          aversion: 5,
          objective: 'risk',
          referenceVolatility: 0.6,
          overrides: { ETH: { band: bps(400), costAversion: 2 } },
          band: bps(500),
        },
      },
    })
    expect(one!.shadow?.choice.name).toBe('tracking-error')
    // The policy's own reset stays where nothing is said.
    expect(portfolio!.rebalancing.choice.parameters).not.toHaveProperty('reset')
    expect(portfolio!.shadow).toBeUndefined()
    expect(portfolio!.targetSetting).toMatchObject({
      setter: 'fixed',
      parameters: { weights: { ETH: 0.6, USD: 0.4 } },
      source: undefined,
    })
  })

  test('every portfolio knows whose word its plans need', () => {
    expect(portfolio!.planApproval).toEqual({ people: 0, above: 50_000n * ONE_USD })
    const approvals = { plan: 2, planAboveUsd: '0.5' }
    const strict = portfoliosOf(configSchema.parse({ ...minimalConfig(), server: { approvals } }))
    expect(strict[0]!.planApproval).toEqual({ people: 2, above: ONE_USD / 2n })
    const big = { ...minimalConfig(), server: { approvals: { bigPlanUsd: '250000' } } }
    expect(portfoliosOf(configSchema.parse(big))[0]!.planApproval).toMatchObject({ bigAbove: 250_000n * ONE_USD })
  })

  test('the native coin is a token of its asset, and the hub a contract', () => {
    const [eth] = portfolio!.assets
    expect(eth!.tokens.map(({ symbol, address, asset }) => [symbol, address, asset])).toEqual([
      ['WETH', addressOf(0xe1), 'ETH'],
      ['ETH', NATIVE, 'ETH'],
    ])
    expect(portfolio!.policy.hubs['alpha']).toMatchObject({ symbol: 'USDC', address: addressOf(0xc1), decimals: 6 })
  })

  test('every asset gets the price rules of its class', () => {
    expect(portfolio!.priceRules).toEqual([
      { asset: 'ETH', quorum: 2, maxDivergence: bps(50), minimum: 300n * ONE_USD, maximum: 30_000n * ONE_USD },
      {
        asset: 'USD',
        quorum: 2,
        maxDivergence: bps(20),
        minimum: (8n * ONE_USD) / 10n,
        maximum: (12n * ONE_USD) / 10n,
      },
    ])
  })
})

test('chains get their options, metrics their closed sets', () => {
  expect(chainOptionsOf(config, {})).toMatchObject([
    {
      key: 'alpha',
      chainId: 9_710_001,
      endpoints: [{ name: '127.0.0.1:8545', url: 'http://127.0.0.1:8545' }],
      quorum: 1,
      finality: 'finalized',
      priorityFee: 0n,
    },
  ])
  const deep = configSchema.parse({
    ...minimalConfig(),
    chains: { alpha: { ...minimalConfig().chains['alpha'], finality: { depth: 12 }, priorityFeeGwei: '1.5' } },
  })
  expect(chainOptionsOf(deep, {})).toMatchObject([{ finality: 12, priorityFee: 1_500_000_000n }])
  expect(metricLabelsOf(config, 'r')).toMatchObject({
    revision: 'r',
    venues: ['zeroex'],
    bridges: [],
    portfolios: [{ id: 'core', intervalSeconds: 300 }],
  })
})

test.each([
  [1, false],
  [9_709_999, false],
  [9_710_000, true],
  [9_710_999, true],
  [9_711_000, false],
  [31_337, false],
])('chain id %i belongs to the sandbox: %s', (id, answer) => {
  expect(isSandboxChain(id)).toBe(answer)
})
