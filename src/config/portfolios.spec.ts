import { describe, expect, test } from '@jest/globals'
import { addressOf } from '../../test/support/builders.js'
import { minimalConfig } from '../../test/support/minimal-config.js'
import { NATIVE } from '../domain/assets.js'
import { ratioOfBasisPoints } from '../domain/units/ratio.js'
import { ONE_USD } from '../domain/units/usd.js'
import { isSandboxChain } from './check.js'
import { chainOptionsOf, metricLabelsOf, portfoliosOf } from './portfolios.js'
import { configSchema } from './schema.js'

const bps = ratioOfBasisPoints
const config = configSchema.parse(minimalConfig())

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
    })
    expect(portfolio!.policy).toMatchObject({
      targets: [
        { asset: 'ETH', weight: bps(6_000), absoluteBand: bps(200) },
        { asset: 'USD', weight: bps(4_000), absoluteBand: bps(200), relativeBand: bps(2_000) },
      ],
      minimumTrade: 100n * ONE_USD,
      maxLeg: 1_000_000n * ONE_USD,
      maxGas: 250n * ONE_USD,
      cooldownMs: 300_000,
      maxLoss: { stable: bps(10), major: bps(50), other: bps(100) },
      maxBridgeLoss: bps(30),
      gasReserve: { alpha: 5n * 10n ** 17n },
    })
    expect(portfolio!.policy.targets[0]).not.toHaveProperty('relativeBand')
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
  expect(chainOptionsOf(config)).toMatchObject([
    { key: 'alpha', chainId: 9_710_001, rpcUrl: 'http://127.0.0.1:8545', finality: 'finalized', priorityFee: 0n },
  ])
  const deep = configSchema.parse({
    ...minimalConfig(),
    chains: { alpha: { ...minimalConfig().chains['alpha'], finality: { depth: 12 }, priorityFeeGwei: '1.5' } },
  })
  expect(chainOptionsOf(deep)).toMatchObject([{ finality: 12, priorityFee: 1_500_000_000n }])
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
