import { CronTime } from 'cron'
import { type Asset, type ChainKey, NATIVE, type Token } from '../domain/assets.js'
import { InvariantError } from '../domain/errors.js'
import { plannedShareOf, TIER_CAPS, UNKNOWN_BRIDGE } from '../domain/policy/bridges.js'
import type { SharedParameters } from '../domain/rebalancing/parameters.js'
import { type ConfiguredPolicy, readPolicy } from '../domain/rebalancing/registry.js'
import type { TargetSetting } from '../domain/targets/target-setting.js'
import { bandOf } from '../domain/policy/policy.js'
import type { Limits } from '../domain/policy/budgets.js'
import { type Scope, scopesOf } from '../domain/policy/operating.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import type { PriceGuard } from '../domain/policy/price-guard.js'
import { parseDecimal } from '../domain/units/decimal.js'
import { ratioOfBasisPoints } from '../domain/units/ratio.js'
import { USD_DECIMALS } from '../domain/units/usd.js'
import { endpointsOf, finalitySecondsOf, headAgeSecondsOf, quorumOf, type RpcUrls } from './endpoints.js'
import type { ConfigFile } from './schema.js'

/** Every asset with all its tokens, the native coins that count as it included. */
export function assetsOf(config: ConfigFile): Asset[] {
  return Object.entries(config.assets).map(([key, { class: assetClass, tokens }]) => ({
    key,
    class: assetClass,
    tokens: [
      ...tokens.map((token): Token => ({ ...token, asset: key })),
      ...nativesOf(config).filter(({ asset }) => asset === key),
    ],
  }))
}

function nativesOf(config: ConfigFile): Token[] {
  return Object.entries(config.chains).map(([chain, { native }]) => ({
    chain,
    asset: native.asset,
    symbol: native.symbol,
    address: NATIVE,
    decimals: native.decimals,
  }))
}

/** The portfolios as the domain knows them. Expects a configuration that passed its checks. */
export function portfoliosOf(config: ConfigFile): Portfolio[] {
  const assets = assetsOf(config)
  const hub = (chain: ChainKey): Token => {
    const token = assets
      .flatMap(({ tokens }) => tokens)
      .find((one) => one.chain === chain && one.symbol === config.chains[chain]!.hub && one.address !== NATIVE)
    if (!token) throw new InvariantError(`Chain ${chain} has no hub token although its configuration was checked.`)
    return token
  }
  return Object.entries(config.portfolios).map(([id, portfolio]) => ({
    id,
    mode: portfolio.mode,
    account: portfolio.account.address,
    accountAlias: portfolio.account.alias,
    chains: nativesOf(config).map((native) => ({
      key: native.chain,
      native,
      priorityFee: scaled(config.chains[native.chain]!.priorityFeeGwei, 9),
      gasLimitCap: BigInt(config.chains[native.chain]!.gasLimitCap),
    })),
    assets,
    priceRules: assets.map((asset) => ({
      asset: asset.key,
      quorum: config.prices.quorum,
      maxDivergence: ratioOfBasisPoints(config.prices.maxDivergenceBps[asset.class]),
      minimum: scaled(config.prices.bounds[asset.key]!.minimum, 18),
      maximum: scaled(config.prices.bounds[asset.key]!.maximum, 18),
    })),
    maxSlippage: ratioOfBasisPoints(portfolio.slippageBps),
    maxQuoteAgeMs: portfolio.maxQuoteAgeSeconds * 1000,
    limits: limitsOf(portfolio),
    planApproval: {
      people: config.server.approvals.plan,
      above: scaled(config.server.approvals.planAboveUsd, USD_DECIMALS),
      ...(config.server.approvals.bigPlanUsd !== undefined && {
        bigAbove: scaled(config.server.approvals.bigPlanUsd, USD_DECIMALS),
      }),
    },
    bridges: bridgesOf(config),
    rebalancing: configuredPolicyOf(portfolio.rebalancing),
    shadow: portfolio.shadow && configuredPolicyOf(portfolio.shadow),
    targetSetting: targetSettingOf(config, portfolio),
    assumedCost: ratioOfBasisPoints(portfolio.assumedCostBps),
    caution: { leg: scaled(portfolio.stress.legShare, 18), slippage: scaled(portfolio.stress.slippageShare, 18) },
    policy: {
      targets: Object.entries(portfolio.targets).map(([asset, { weight, band }]) => ({
        asset,
        weight: scaled(weight, 18),
        ...(band.absolute !== undefined && { absoluteBand: scaled(band.absolute, 18) }),
        ...(band.relative !== undefined && { relativeBand: scaled(band.relative, 18) }),
      })),
      minimumTrade: scaled(portfolio.minimumTradeUsd, 18),
      maxLoss: {
        stable: ratioOfBasisPoints(portfolio.maxLossBps.stable),
        major: ratioOfBasisPoints(portfolio.maxLossBps.major),
        other: ratioOfBasisPoints(portfolio.maxLossBps.other),
      },
      maxBridgeLoss: ratioOfBasisPoints(portfolio.maxBridgeLossBps),
      maxLeg: scaled(portfolio.maxLegUsd, 18),
      maxGas: scaled(portfolio.maxGasUsd, 18),
      gasReserve: Object.fromEntries(
        Object.entries(config.chains).map(([chain, { gasReserve, native }]) => [
          chain,
          scaled(gasReserve, native.decimals),
        ]),
      ),
      hubs: Object.fromEntries(Object.keys(config.chains).map((chain) => [chain, hub(chain)])),
      assetHubs: Object.fromEntries(
        Object.entries(config.assets).flatMap(([asset, { hub: own }]) => (own === undefined ? [] : [[asset, own]])),
      ),
      maxLegs: portfolio.maxLegs,
      chainShares: Object.fromEntries(
        Object.entries(portfolio.chainShares ?? {}).map(([chain, { minimum, maximum }]) => [
          chain,
          { minimum: scaled(minimum, 18), maximum: scaled(maximum, 18) },
        ]),
      ),
      maxBridgeShare: scaled(portfolio.maxBridgeShare, 18),
      bridgeShares: Object.fromEntries(
        Object.entries(bridgesOf(config)).map(([key, terms]) => [key, plannedShareOf(terms)]),
      ),
      otherBridgeShare: plannedShareOf(UNKNOWN_BRIDGE),
      slicing: {
        maxImpact: ratioOfBasisPoints(portfolio.slicing.maxImpactBps),
        maxSlices: portfolio.slicing.maxSlices,
        recoveryHalfLifeSeconds: portfolio.slicing.recoveryHalfLifeSeconds,
        riskAversion: Number(portfolio.slicing.riskAversion),
      },
      replanMove: ratioOfBasisPoints(portfolio.replanMoveBps),
      planning: {
        maxQuotes: portfolio.planning.maxQuotes,
        deadlineMs: portfolio.planning.deadlineSeconds * 1000,
        solverSeconds: portfolio.planning.solverSeconds,
      },
    },
  }))
}

/** Throws RebalancingInputError for parameters that the policy does not have. */
export function configuredPolicyOf(given: ConfigFile['portfolios'][string]['rebalancing']): ConfiguredPolicy {
  const { policy, reset, cooldownSeconds, aversion, objective, referenceVolatility, calendar, parameters } = given
  const shared: Partial<SharedParameters> = {
    ...(reset && { reset }),
    innerShare: scaled(given.innerShare, 18),
    cooldownMs: cooldownSeconds * 1000,
    hysteresis: scaled(given.hysteresis, 18),
    aversion,
    objective,
    referenceVolatility,
    overrides: Object.fromEntries(
      Object.entries(given.overrides).map(([asset, { band, costAversion }]) => [
        asset,
        { ...(band !== undefined && { band: scaled(band, 18) }), ...(costAversion !== undefined && { costAversion }) },
      ]),
    ),
  }
  return { choice: readPolicy(policy, shared, parameters), calendar }
}

export function targetSettingOf(
  { assets }: ConfigFile,
  { targets, targetSetting }: ConfigFile['portfolios'][string],
): TargetSetting {
  const { setter, limits, maxChangePerDay, source } = targetSetting
  const weights = Object.fromEntries(Object.entries(targets).map(([asset, { weight }]) => [asset, Number(weight)]))
  const optional = (text: string | undefined) => (text === undefined ? undefined : scaled(text, 18))
  return {
    setter,
    parameters: setter === 'fixed' ? { weights } : targetSetting.parameters,
    limits: {
      assets: mapValues(limits.assets, ({ minimum, maximum }) => ({
        ...(minimum !== undefined && { minimum: scaled(minimum, 18) }),
        ...(maximum !== undefined && { maximum: scaled(maximum, 18) }),
      })),
      issuers: mapValues(limits.issuers, (most) => scaled(most, 18)),
      chains: mapValues(limits.chains, (most) => scaled(most, 18)),
      ...definedOnly({
        perAsset: optional(limits.perAsset),
        perIssuer: optional(limits.perIssuer),
        perChain: optional(limits.perChain),
      }),
    },
    maxChangePerDay: optional(maxChangePerDay),
    source: source && {
      kind: source.kind,
      location: source.location,
      maxAgeMs: source.maxAgeSeconds * 1000,
      publicKey: source.publicKey,
    },
    issuers: definedOnly(mapValues(assets, ({ issuer }) => issuer)),
  }
}

function mapValues<T, R>(record: Readonly<Record<string, T>>, map: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))
}

function definedOnly<T>(record: Readonly<Record<string, T | undefined>>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(record).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  )
}

function bridgesOf({ bridges }: ConfigFile): Portfolio['bridges'] {
  return Object.fromEntries(
    Object.entries(bridges).map(([key, bridge]) => {
      const { tier, events, expectedSeconds, lostAfterSeconds, quietSeconds, routes } = bridge
      const inFlight = bridge.maxInFlightShare ? scaled(bridge.maxInFlightShare, 18) : TIER_CAPS[tier].inFlight
      const day = bridge.maxDayShare ? scaled(bridge.maxDayShare, 18) : TIER_CAPS[tier].day
      const hasIds = events !== undefined
      return [key, { tier, expectedSeconds, lostAfterSeconds, quietSeconds, hasIds, inFlight, day, routes }]
    }),
  )
}

/** Bridges whose contracts tell what becomes of a transfer. */
export function bridgeEventsOf({ bridges }: ConfigFile) {
  return Object.entries(bridges).flatMap(([key, { events }]) =>
    events ? [{ ...events, key, refund: events.refund, origin: events.origin }] : [],
  )
}

function limitsOf({ limits }: ConfigFile['portfolios'][string]): Limits {
  return {
    cycleTurnover: scaled(limits.turnoverPerCycle, 18),
    hourTurnover: scaled(limits.turnoverPerHour, 18),
    dayTurnover: scaled(limits.turnoverPerDay, 18),
    assetDayTurnover: scaled(limits.assetTurnoverPerDay, 18),
    venueDayTurnover: scaled(limits.venueTurnoverPerDay, 18),
    legShare: scaled(limits.legShare, 18),
    dayLoss: scaled(limits.lossPerDay, 18),
    legGas: scaled(limits.gasPerLeg, 18),
    dayGas: scaled(limits.gasPerDay, 18),
    hourTransactions: limits.transactionsPerHour,
    dayCycles: limits.cyclesPerDay,
    bridgeInFlight: scaled(limits.inFlightPerBridge, 18),
    allBridgesInFlight: scaled(limits.inFlightOverall, 18),
    bridgeDay: scaled(limits.bridgePerDay, 18),
    failedInRow: limits.failuresInRow,
    hourFailures: limits.failuresPerHour,
    mayReverse: limits.mayReverse,
    driftFall: scaled(limits.driftFall, 18),
    balanceMove: scaled(limits.balanceMove, 18),
  }
}

/** When the price of each asset stops it. */
export function priceGuardsOf({ assets, prices }: ConfigFile): PriceGuard[] {
  const { guard } = prices
  return Object.entries(assets).map(([asset, { class: assetClass }]) => ({
    asset,
    maxDivergence: ratioOfBasisPoints(prices.maxDivergenceBps[assetClass]),
    maxMove: ratioOfBasisPoints(guard.maxMoveBps[assetClass]),
    windowMs: guard.windowSeconds * 1000,
    pauseMs: guard.pauseSeconds * 1000,
    maxOffPeg: assetClass === 'stable' ? ratioOfBasisPoints(guard.maxOffPegBps) : undefined,
    warnOffPeg: assetClass === 'stable' ? ratioOfBasisPoints(guard.warnOffPegBps) : undefined,
  }))
}

/** Every scope that an operating state may have. */
export function scopesOfConfig(config: ConfigFile): Scope[] {
  const bridges = Object.values(config.venues).flatMap((venue) => (venue.kind === 'lifi' ? (venue.bridges ?? []) : []))
  return [
    ...scopesOf({
      chains: Object.keys(config.chains),
      venues: Object.keys(config.venues),
      assets: Object.keys(config.assets),
      bridges: [...new Set([...bridges, ...Object.keys(config.bridges)])],
    }),
    ...Object.keys(config.portfolios).map((portfolio): Scope => `portfolio:${portfolio}`),
  ]
}

/** Each chain as its client needs it. Of endpoints whose variable is not set nothing is known: a start refuses them before. */
export function chainOptionsOf(config: ConfigFile, urls: RpcUrls) {
  return Object.entries(config.chains).map(([key, chain]) => ({
    key,
    chainId: chain.chainId,
    endpoints: endpointsOf(chain.rpc, urls).map(({ name, url = '' }) => ({ name, url })),
    quorum: quorumOf(chain),
    nativeSymbol: chain.native.symbol,
    nativeDecimals: chain.native.decimals,
    multicall: chain.multicall,
    blockTimeSeconds: chain.blockTimeSeconds,
    finality: chain.finality === 'finalized' ? chain.finality : chain.finality.depth,
    priorityFee: scaled(chain.priorityFeeGwei, 9),
  }))
}

/** Each chain with what is usual on it. */
export function chainsToWatchOf(config: ConfigFile) {
  return Object.entries(config.chains).map(([key, chain]) => ({
    key,
    headAgeMs: headAgeSecondsOf(chain) * 1000,
    finalitySeconds: finalitySecondsOf(chain),
  }))
}

/** The closed sets that metric labels come from. */
export function metricLabelsOf(config: ConfigFile, revision: string) {
  return {
    revision,
    chains: Object.entries(config.chains).map(([key, chain]) => ({
      key,
      nativeDecimals: chain.native.decimals,
      endpoints: endpointsOf(chain.rpc, {}).map(({ name }) => name),
      blockTimeSeconds: chain.blockTimeSeconds,
      finalitySeconds: finalitySecondsOf(chain),
    })),
    venues: Object.keys(config.venues),
    assets: Object.keys(config.assets),
    channels: config.notifications.map(({ name }) => name),
    priceLimits: Object.fromEntries(priceGuardsOf(config).map(({ asset, maxDivergence }) => [asset, maxDivergence])),
    bridges: [
      ...new Set([
        ...Object.keys(config.bridges),
        ...Object.values(config.venues).flatMap((venue) => (venue.kind === 'lifi' ? (venue.bridges ?? []) : [])),
      ]),
    ],
    portfolios: portfoliosOf(config).map(({ id, mode, account, accountAlias, policy, shadow, maxSlippage }) => ({
      id,
      account: accountAlias,
      address: account,
      intervalSeconds: intervalOf(config.portfolios[id]!.schedule),
      slippageLimit: maxSlippage,
      hasShadow: shadow !== undefined,
      isLive: mode === 'live',
      targets: policy.targets.map((target) => ({ asset: target.asset, weight: target.weight, band: bandOf(target) })),
      gasReserve: policy.gasReserve,
    })),
  }
}

const HOUR_MS = 3_600_000
const WEEK_MS = 7 * 24 * HOUR_MS
/** A Monday. */
const SOME_WEEK = Date.UTC(2024, 0, 1)

/**
 * The longest time in seconds between two ticks of a cron expression in a week, nights and weekends included; between the
 * first two where it ticks more rarely. The same on every day that it is asked. A pause after ticks that come more often
 * than hourly may be told up to an hour too long.
 */
export function intervalOf(schedule: string): number {
  const cron = new CronTime(schedule, 'UTC')
  const next = (at: number) => cron.getNextDateFrom(new Date(at), 'UTC').toMillis()
  const first = next(SOME_WEEK)
  let longest = next(first) - first
  for (let seen = first; seen < SOME_WEEK + WEEK_MS;) {
    const tick = next(seen + HOUR_MS - 1_000)
    if (tick - seen > HOUR_MS + 1_000) longest = Math.max(longest, tick - seen)
    seen = tick
  }
  return longest / 1000
}

function scaled(text: string, decimals: number): bigint {
  const value = parseDecimal(text, decimals)
  if (value === undefined)
    throw new InvariantError(`${text} is no decimal number with ${decimals} places although it was checked.`)
  return value
}
