import { type Address, type Asset, type ChainKey, NATIVE, type Token } from '../../src/domain/assets.js'
import type { Market } from '../../src/domain/planning/cost.js'
import type { CurveRecord } from '../../src/domain/planning/curve-record.js'
import type { PlanInput } from '../../src/domain/planning/dialogue.js'
import type { ResetLevel } from '../../src/domain/policy/levels.js'
import type { Policy } from '../../src/domain/policy/policy.js'
import { measureDrift } from '../../src/domain/portfolio/drift.js'
import type { AssetPrice, Snapshot } from '../../src/domain/portfolio/snapshot.js'
import { valuePortfolio } from '../../src/domain/portfolio/valuation.js'
import { amountOf, type TokenAmount } from '../../src/domain/units/amount.js'
import { type Ratio, RATIO_ONE, ratioOfBasisPoints } from '../../src/domain/units/ratio.js'
import { ONE_USD, type Price } from '../../src/domain/units/usd.js'
import { gasOn } from './gas.js'
import type { Instance } from './instance.js'

const ACCOUNT: Address = '0x00000000000000000000000000000000000000aa'
/** The coin of every chain, at one dollar: gas prices in wei are then dollars. No part of the portfolio. */
const COIN = 'GAS'
const COIN_DECIMALS = 18
export const MAX_SLIPPAGE: Ratio = ratioOfBasisPoints(50)

/** An instance in the words of the domain. */
export interface Portfolio {
  readonly instance: Instance
  readonly assets: readonly Asset[]
  readonly tokens: ReadonlyMap<string, Token>
  readonly holdings: readonly TokenAmount[]
  readonly market: Market
  readonly policy: Policy
  readonly levels: readonly ResetLevel[]
}

/** Under which a token is found in `Portfolio.tokens`. */
export function tokenKey(asset: string, chain: ChainKey): string {
  return `${asset} on ${chain}`
}

/** A token exists where the asset is held, traded, carried to or from, or the hub. */
export function portfolioOf(instance: Instance): Portfolio {
  const exists = new Set<string>([
    ...instance.balances.map(({ asset, chain }) => tokenKey(asset, chain)),
    ...instance.chains.map(({ key, hub }) => tokenKey(hub, key)),
    ...instance.pools.flatMap(({ assets, chain }) => assets.map((asset) => tokenKey(asset, chain))),
    ...instance.bridges.flatMap(({ asset, from, to }) => [tokenKey(asset, from), tokenKey(asset, to)]),
  ])
  const tokens = new Map<string, Token>()
  const assets = instance.assets.map(({ key, class: kind, decimals }, index): Asset => {
    const own = instance.chains
      .filter((chain) => exists.has(tokenKey(key, chain.key)))
      .map(({ key: chain }): Token => ({ chain, asset: key, symbol: key, address: addressOf(index + 1), decimals }))
    for (const token of own) tokens.set(tokenKey(key, token.chain), token)
    return { key, class: kind, tokens: own }
  })
  const coins: Asset = {
    key: COIN,
    class: 'major',
    tokens: instance.chains.map(({ key: chain }) => coinOf(chain)),
  }
  const holdings = instance.balances.map(({ asset, chain, amount }) => {
    const token = tokens.get(tokenKey(asset, chain))!
    return amountOf(token, unitsOf(amount, token.decimals))
  })
  return {
    instance,
    assets: [...assets, coins],
    tokens,
    holdings,
    market: {
      prices: pricesIn(instance),
      gas: new Map(
        instance.chains.map((chain) => [
          chain.key,
          { gasPrice: usdOf(gasOn(chain).usdPerUnit), nativeAsset: COIN, nativeDecimals: COIN_DECIMALS },
        ]),
      ),
    },
    policy: policyOf(instance, tokens),
    levels: instance.targets.map(({ asset, lower, upper }) => ({
      asset,
      lower: ratioOf(lower),
      upper: ratioOf(upper),
    })),
  }
}

/** What a planner is given. The coins for gas lie on the accounts, outside of what drift is measured on. */
export function planInputOf(portfolio: Portfolio, now: number, curves: readonly CurveRecord[]): PlanInput {
  const { instance, assets, holdings, market, policy } = portfolio
  const coins = instance.chains.map(({ key, nativeUsd }) => amountOf(coinOf(key), usdOf(nativeUsd)))
  const traded = assets.filter(({ key }) => key !== COIN)
  const prices = [...market.prices].map(([asset, price]): AssetPrice => ({
    asset,
    status: 'known',
    price,
    sources: [],
  }))
  const snapshot: Snapshot = {
    portfolio: 'bench',
    takenAt: now,
    chains: instance.chains.map(({ key: chain }) => ({
      chain,
      status: 'known',
      block: { number: 1n, hash: '0x01', timestamp: Math.floor(now / 1000) },
      baseFee: market.gas.get(chain)!.gasPrice,
      holdings: [...holdings, ...coins].filter(({ token }) => token.chain === chain),
      problems: [],
    })),
    inTransit: [],
    prices,
  }
  const scope = valuePortfolio(snapshot, traded)
  const whole = valuePortfolio(snapshot, assets)
  return {
    planId: 'plan',
    account: ACCOUNT,
    assets,
    valuation: { ...whole, nav: scope.nav },
    drift: measureDrift(scope, policy),
    levels: portfolio.levels,
    policy,
    market,
    maxSlippage: MAX_SLIPPAGE,
    venuesFor: ({ kind, sell: { token }, buy }) => {
      if (kind === 'swap') return instance.venues
      if (token.asset !== buy.asset) return []
      const carrying = instance.bridges.filter(
        ({ asset, from, to }) => asset === token.asset && from === token.chain && to === buy.chain,
      )
      return instance.venues.filter((venue) => carrying.some(({ venues }) => venues.includes(venue)))
    },
    curves,
    now,
  }
}

function policyOf(instance: Instance, tokens: ReadonlyMap<string, Token>): Policy {
  const { limits, chains, assets, targets } = instance
  return {
    targets: targets.map(({ asset, weight, band }) => ({
      asset,
      weight: ratioOf(weight),
      absoluteBand: ratioOf(band),
    })),
    minimumTrade: usdOf(limits.minimumTradeUsd),
    maxLoss: {
      stable: ratioOf(limits.maxLossBps.stable / 10_000),
      major: ratioOf(limits.maxLossBps.major / 10_000),
      other: ratioOf(limits.maxLossBps.other / 10_000),
    },
    maxBridgeLoss: ratioOf(limits.maxBridgeLossBps / 10_000),
    maxLeg: usdOf(limits.maxLegUsd),
    maxGas: 1_000_000n * ONE_USD,
    gasReserve: Object.fromEntries(chains.map(({ key, nativeUsd }) => [key, usdOf(nativeUsd)])),
    hubs: Object.fromEntries(chains.map(({ key, hub }) => [key, tokens.get(tokenKey(hub, key))!])),
    assetHubs: Object.fromEntries(assets.flatMap(({ key, hub }) => (hub === undefined ? [] : [[key, hub]]))),
    maxLegs: limits.maxLegs,
    chainShares: {},
    maxBridgeShare: RATIO_ONE,
    bridgeShares: {},
    otherBridgeShare: RATIO_ONE,
    slicing: { maxImpact: RATIO_ONE, maxSlices: 1, recoveryHalfLifeSeconds: 60, riskAversion: 0 },
    replanMove: RATIO_ONE,
    planning: { maxQuotes: limits.maxQuotes ?? 2_000, deadlineMs: 60_000, solverSeconds: undefined },
  }
}

function pricesIn(instance: Instance): Map<string, Price> {
  const prices = new Map<string, Price>()
  prices.set(COIN, usdOf(1))
  for (const { key, priceUsd } of instance.assets) prices.set(key, usdOf(priceUsd))
  return prices
}

function coinOf(chain: ChainKey): Token {
  return { chain, asset: COIN, symbol: COIN, address: NATIVE, decimals: COIN_DECIMALS }
}

function addressOf(number: number): Address {
  return `0x${number.toString(16).padStart(40, '0')}`
}

/** To the nearest base unit a float can name, rounded down. */
export function unitsOf(amount: number, decimals: number): bigint {
  const places = Math.min(decimals, 9)
  return BigInt(Math.floor(amount * 10 ** places)) * 10n ** BigInt(decimals - places)
}

export function tokensOf({ token, units }: TokenAmount): number {
  return Number(units) / 10 ** token.decimals
}

/** Exact to eighteen places, which gas prices of a billionth of a dollar per unit need. */
export function usdOf(value: number): bigint {
  const whole = Math.floor(value)
  return BigInt(whole) * ONE_USD + BigInt(Math.round((value - whole) * 1e18))
}

function ratioOf(share: number): Ratio {
  return BigInt(Math.round(share * 1e18))
}
