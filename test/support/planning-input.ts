import fc from 'fast-check'
import { type Asset, type AssetClass, NATIVE, type Token } from '../../src/domain/assets.js'
import type { CurveRecord } from '../../src/domain/planning/curve-record.js'
import type { PlanInput } from '../../src/domain/planning/dialogue.js'
import type { VenueKey } from '../../src/domain/planning/quote.js'
import { resetLevels } from './reset-levels.js'
import type { Policy } from '../../src/domain/policy/policy.js'
import { measureDrift } from '../../src/domain/portfolio/drift.js'
import { valuePortfolio } from '../../src/domain/portfolio/valuation.js'
import { type Ratio, RATIO_ONE, ratioOfBasisPoints } from '../../src/domain/units/ratio.js'
import { amountWorth, type Price, type Usd } from '../../src/domain/units/usd.js'
import { addressOf, aPolicy, hashOf, NOW, OWNER } from './builders.js'

export const bps = ratioOfBasisPoints
export const usd = (dollars: number): Usd => BigInt(Math.round(dollars * 1e6)) * 10n ** 12n

export interface AssetSpec {
  readonly key: string
  readonly class: AssetClass
  /** Dollars, not scaled. */
  readonly price: number
  /** Basis points of NAV. */
  readonly target: number
  /** Decimals of its token by chain; none where it does not live. */
  readonly on: Readonly<Record<string, number>>
  /** Dollars held by chain. */
  readonly held: Readonly<Record<string, number>>
}

export interface Setting {
  readonly assets: readonly AssetSpec[]
  /** Native coin by chain, in dollars; every chain has gas for many legs unless told otherwise. */
  readonly native?: Readonly<Record<string, number>>
  readonly policy?: Partial<Policy>
  /** Share of the band that an asset outside returns to: to its target where nothing is said. */
  readonly reset?: Ratio
  /** Wei, on every chain. */
  readonly gasPrice?: bigint
  /** In the order in which they can be asked. */
  readonly venues?: readonly VenueKey[]
  /** Chains whose gas price is not known. */
  readonly deaf?: readonly string[]
  readonly curves?: readonly CurveRecord[]
}

const ETHER = 10n ** 18n

/** Everything a plan is made from, with the portfolio valued and its drift measured by the real functions. */
export function inputOf(setting: Setting): PlanInput {
  const { assets: specs, policy: changes = {}, gasPrice = 10n ** 9n, venues = ['one', 'two'], deaf = [] } = setting
  const chains = [...new Set(specs.flatMap(({ on }) => Object.keys(on)))].toSorted()
  const names = specs.map(({ key }) => key).toSorted()
  const tokenOf = ({ key, on }: AssetSpec, chain: string): Token => {
    const number = 1 + names.indexOf(key) + 100 * chains.indexOf(chain)
    return { chain, asset: key, symbol: key, address: addressOf(number), decimals: on[chain]! }
  }
  const coin = (chain: string): Token => ({ chain, asset: 'ETH', symbol: 'ether', address: NATIVE, decimals: 18 })
  const assets = specs.map((spec): Asset => ({
    key: spec.key,
    class: spec.class,
    tokens: [
      ...Object.keys(spec.on).map((chain) => tokenOf(spec, chain)),
      ...(spec.key === 'ETH' ? chains.map(coin) : []),
    ],
  }))
  const prices = new Map<string, Price>(specs.map(({ key, price }) => [key, BigInt(usd(price))]))
  const ether: Price = prices.get('ETH') ?? 3_000n * 10n ** 18n
  prices.set('ETH', ether)
  const holdings = (chain: string) => [
    ...specs.flatMap((spec) =>
      chain in spec.on
        ? [amountWorth(usd(spec.held[chain] ?? 0), tokenOf(spec, chain), prices.get(spec.key)!, 'down')]
        : [],
    ),
    ...(specs.some(({ key }) => key === 'ETH')
      ? [amountWorth(usd(setting.native?.[chain] ?? 3_000), coin(chain), ether, 'down')]
      : []),
  ]
  const valuation = valuePortfolio(
    {
      portfolio: 'p',
      takenAt: 0,
      inTransit: [],
      chains: chains.map((chain) => ({
        chain,
        status: 'known',
        block: { number: 1n, hash: hashOf(1), timestamp: 0 },
        baseFee: 1n,
        holdings: holdings(chain),
        problems: [],
      })),
      prices: [...prices].map(([asset, price]) => ({ asset, status: 'known', price, sources: [] })),
    },
    assets,
  )
  const dollar = specs.find(({ key }) => key === 'USD')
  const policy = aPolicy({
    targets: specs.map(({ key, target }) => ({ asset: key, weight: bps(target), absoluteBand: bps(100) })),
    minimumTrade: usd(1_000),
    maxLoss: { stable: bps(30), major: bps(100), other: bps(250) },
    maxBridgeLoss: bps(40),
    maxLeg: usd(5_000_000),
    maxGas: usd(200),
    gasReserve: Object.fromEntries(chains.map((chain) => [chain, ETHER])),
    hubs: Object.fromEntries(
      chains.flatMap((chain) => (dollar && chain in dollar.on ? [[chain, tokenOf(dollar, chain)]] : [])),
    ) as Record<string, Token>,
    maxBridgeShare: RATIO_ONE,
    bridgeShares: {},
    otherBridgeShare: RATIO_ONE,
    ...changes,
  })
  const drift = measureDrift(valuation, policy)
  return {
    planId: 'plan',
    account: OWNER,
    assets,
    valuation,
    drift,
    levels: resetLevels(drift, setting.reset ?? 0n),
    policy,
    market: {
      prices,
      gas: new Map(
        chains
          .filter((chain) => !deaf.includes(chain))
          .map((chain) => [chain, { gasPrice, nativeAsset: 'ETH', nativeDecimals: 18 }]),
      ),
    },
    maxSlippage: bps(30),
    venuesFor: ({ kind, sell, buy }) => (kind === 'swap' || sell.token.asset === buy.asset ? venues : []),
    curves: setting.curves ?? [],
    now: NOW,
  }
}

/** Ether, bitcoin and dollars on two chains, far from their targets; something to sell and to buy on both. */
export function aSetting(changes: Partial<Setting> = {}): Setting {
  return {
    assets: [
      {
        key: 'USD',
        class: 'stable',
        price: 1,
        target: 3_000,
        on: { alpha: 6, beta: 6 },
        held: { alpha: 150_000, beta: 150_000 },
      },
      {
        key: 'ETH',
        class: 'major',
        price: 3_000,
        target: 4_000,
        on: { alpha: 18, beta: 18 },
        held: { alpha: 400_000, beta: 200_000 },
      },
      { key: 'BTC', class: 'major', price: 60_000, target: 3_000, on: { alpha: 8, beta: 8 }, held: { alpha: 100_000 } },
    ],
    ...changes,
  }
}

const ANY_CHAINS = ['alpha', 'beta', 'gamma']
const ANY_ASSETS = [
  { key: 'USD', class: 'stable', price: 1, decimals: [6, 18] },
  { key: 'ETH', class: 'major', price: 3_000.5, decimals: [18] },
  { key: 'BTC', class: 'major', price: 61_234.25, decimals: [8, 18] },
  { key: 'LINK', class: 'other', price: 14.789, decimals: [18, 24] },
] as const

const anySpec = ({ decimals, ...asset }: (typeof ANY_ASSETS)[number]) =>
  fc
    .record({
      on: asset.key === 'USD' ? fc.constant(ANY_CHAINS) : fc.subarray(ANY_CHAINS, { minLength: 1 }),
      decimals: fc.constantFrom(...decimals),
      part: fc.integer({ min: 1, max: 10 }),
      held: fc.array(fc.integer({ min: 0, max: 900_000 }), { minLength: 3, maxLength: 3 }),
    })
    .map(({ part, on, decimals: places, held }) => ({
      part,
      spec: {
        ...asset,
        on: Object.fromEntries(on.map((chain) => [chain, places])),
        held: Object.fromEntries(on.map((chain, index) => [chain, held[index]!])),
      },
    }))

/** Four assets on three chains, held and wanted anyhow, under policies tight and wide. */
export const anySetting: fc.Arbitrary<Setting> = fc
  .record({
    assets: fc.tuple(...ANY_ASSETS.map(anySpec)),
    native: fc.dictionary(fc.constantFrom(...ANY_CHAINS), fc.integer({ min: 0, max: 300_000 })),
    minimumTrade: fc.integer({ min: 100, max: 20_000 }).map(usd),
    maxLeg: fc.integer({ min: 50_000, max: 3_000_000 }).map(usd),
    maxLegs: fc.constantFrom(2, 4, 40),
    reset: fc.constantFrom(0n, RATIO_ONE / 2n, RATIO_ONE),
  })
  .map(({ assets, native, reset, ...policy }) => {
    const whole = assets.reduce((sum, { part }) => sum + part, 0)
    const shares = assets.map(({ part }) => Math.floor((part * 10_000) / whole))
    shares[0]! += 10_000 - shares.reduce((sum, one) => sum + one, 0)
    return { assets: assets.map(({ spec }, index) => ({ ...spec, target: shares[index]! })), native, reset, policy }
  })
