import { Registry } from 'prom-client'
import { createLogger } from '../../src/adapters/observability/log.js'
import { EventObserver } from '../../src/adapters/observability/observer.js'
import { consistentSchema } from '../../src/config/load.js'
import { assetsOf, metricLabelsOf, portfoliosOf } from '../../src/config/portfolios.js'
import type { ConfigFile } from '../../src/config/schema.js'
import { NATIVE } from '../../src/domain/assets.js'
import type { Event } from '../../src/domain/events.js'
import { BREAKER_CODES } from '../../src/domain/policy/breakers.js'
import { FILLING_CAPS, type FillingCap } from '../../src/domain/policy/cap-use.js'
import { measureDrift } from '../../src/domain/portfolio/drift.js'
import type { AssetPrice, ChainReading, Snapshot, SourceReading } from '../../src/domain/portfolio/snapshot.js'
import { valuePortfolio } from '../../src/domain/portfolio/valuation.js'
import { amountOf } from '../../src/domain/units/amount.js'
import { ONE_USD, type Price } from '../../src/domain/units/usd.js'
import { actionsOf, routesOf } from '../../src/interface/http/access/registered-routes.js'
import { API_CONTROLLERS } from '../../src/interface/http/api-controllers.js'
import { aCycle, addressOf, aPlan, aRun, aTransfer, NOW } from '../support/builders.js'
import { FakeClock } from '../support/fake-clock.js'
import { minimalConfig } from '../support/minimal-config.js'

const named = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}${index}`)
const CHAINS = named('chain', 6)
const ASSETS = ['USD', 'ETH', ...named('ASSET', 10)]
const BRIDGES = named('bridge', 4)

/** A configuration of three portfolios of twelve assets on six chains, through four venues and four bridges. */
export function fullDeployment(): ConfigFile {
  const config = minimalConfig()
  const { alpha } = config.chains
  const { core } = config.portfolios
  const { zeroex } = config.venues
  const contracts = { targets: [addressOf(0xf1)], spenders: [addressOf(0xf1)] }
  const allowed = Object.fromEntries(CHAINS.map((chain) => [chain, contracts]))
  const tokensOf = (asset: string, index: number) =>
    CHAINS.map((chain) => ({
      chain,
      symbol: asset === 'USD' ? 'USDC' : `T${asset}`,
      address: addressOf(0x1000 + index),
      decimals: 6,
    }))
  const feed = { chain: CHAINS[0], decimals: 8, heartbeatSeconds: 3_600 }
  const each = <T>(make: (asset: string, index: number) => T) =>
    Object.fromEntries(ASSETS.map((asset, index) => [asset, make(asset, index)]))
  const lifi = { kind: 'lifi', url: 'http://127.0.0.1:9002', integrator: 'fund', bridges: BRIDGES, allowed }
  const target = (asset: string) => ({ weight: asset === 'USD' ? '0.45' : '0.05', band: { absolute: '0.02' } })
  return consistentSchema.parse({
    ...config,
    chains: Object.fromEntries(
      CHAINS.map((chain, index) => [
        chain,
        {
          ...alpha,
          chainId: 9_710_001 + index,
          rpc: named('rpc', 3).map((name, port) => ({ name, url: `http://127.0.0.1:${8545 + 10 * index + port}` })),
        },
      ]),
    ),
    assets: each((asset, index) => ({ class: asset === 'USD' ? 'stable' : 'major', tokens: tokensOf(asset, index) })),
    prices: {
      ...config.prices,
      feeds: each((_, index) => ({ ...feed, address: addressOf(0x2000 + index) })),
      bounds: each(() => ({ minimum: '0.1', maximum: '10000' })),
    },
    venues: { zeroex: { ...zeroex, allowed }, second: { ...zeroex, allowed }, lifi, other: lifi },
    notifications: [{ name: 'pager', kind: 'alertmanager', url: 'http://127.0.0.1:9003' }],
    portfolios: Object.fromEntries(
      ['first', 'second', 'third'].map((id, index) => [
        id,
        { ...core, account: { alias: id, address: addressOf(0xacc + index) }, targets: each(target) },
      ]),
    ),
  })
}

/** A registry in which that deployment has seen everything that gives birth to a series. */
export function registryOf(config: ConfigFile): Registry {
  const registry = new Registry()
  const labels = { ...metricLabelsOf(config, 'abc123'), actions: actionsOf(API_CONTROLLERS) }
  const observer = new EventObserver({
    log: createLogger({ level: 'silent', pretty: false }),
    registry,
    labels,
    clock: new FakeClock(NOW),
    connections: () => ({ work: { idle: 1, inUse: 1, waiting: 0 }, reads: { idle: 0, inUse: 1, waiting: 0 } }),
  })
  for (const event of [...ofTheProcess(config), ...ofPortfolios(config), ...ofTheApi()]) observer.notify(event)
  return registry
}

/** Names of all time series of such a deployment: of histograms their buckets, sum and count. */
export function exportedNames(): Set<string> {
  const metrics = registryOf(fullDeployment()).getMetricsAsArray() as unknown as { name: string; type: string }[]
  return new Set(
    metrics.flatMap(({ name, type }) =>
      type === 'histogram' || type === 'summary' ? ['_bucket', '_sum', '_count'].map((end) => `${name}${end}`) : [name],
    ),
  )
}

function ofTheProcess(config: ConfigFile): Event[] {
  const chains = Object.entries(config.chains)
  return [
    { type: 'daemon-started', version: '1.0.0', configHash: 'c0ffee', mode: 'live' },
    { type: 'lease-taken', epoch: 1 },
    ...BREAKER_CODES.flatMap((code) =>
      chains.map(([chain]): Event => {
        const trip = { code, scope: `chain:${chain}` as const, level: 'paused_new' as const, reason: '' }
        return { type: 'breaker-tripped', trip, at: NOW, isEarlier: true }
      }),
    ),
    ...chains.map(([chain, { rpc }]): Event => ({
      type: 'chain-viewed',
      chain,
      isQuorum: true,
      heads: rpc.map((_, index) => ({ endpoint: `rpc${index}`, number: 1n, timestamp: 1 })),
      finalizedTimestamp: 1,
    })),
    ...crossings(chains.map(([chain]) => chain)),
    { type: 'audit-verified', count: 1, at: NOW },
    { type: 'notifications-waiting', channel: 'pager', count: 0 },
    { type: 'proposals-counted', open: { resume: 0, plan: 0, cancel: 0, investigation: 0, inflow: 0 } },
  ]
}

/** Every bridge carries money from every chain to each other one. */
function crossings(chains: readonly string[]): Event[] {
  const pairs = chains.flatMap((origin) =>
    chains.filter((other) => other !== origin).map((destination) => [origin, destination] as const),
  )
  const transfers = BRIDGES.flatMap((bridge) =>
    pairs.map(([origin, destination], index) =>
      aTransfer(aCycle(), aRun(), { id: `${bridge}.${index}`, bridge, origin, destination }),
    ),
  )
  return transfers.map((transfer) => ({
    type: 'transfer-changed',
    portfolio: 'first',
    transfer,
    usd: ONE_USD,
    at: NOW,
  }))
}

function ofPortfolios(config: ConfigFile): Event[] {
  const assets = assetsOf(config)
  const use = Object.fromEntries(FILLING_CAPS.map((cap) => [cap, 0n])) as Record<FillingCap, bigint>
  return portfoliosOf(config).flatMap(({ id: portfolio, policy }): Event[] => {
    const snapshot = snapshotOf(config, portfolio)
    const valuation = valuePortfolio(snapshot, assets)
    const drift = measureDrift(valuation, policy)
    const figures = drift.assets.map(({ asset }) => ({
      ...aCycle().decision.figures[0]!,
      asset,
      costOfWaiting: 0,
      volatility: 0.5,
    }))
    const cycle = aCycle({ portfolio, endedAt: NOW })
    return [
      { type: 'portfolio-measured', portfolio, snapshot, valuation, drift },
      { type: 'decided', portfolio, cycleId: cycle.id, decision: { ...cycle.decision, figures } },
      { type: 'plan-proposed', portfolio, cycleId: cycle.id, plan: { ...aPlan([]), lowerBound: ONE_USD } },
      { type: 'cycle-ended', portfolio, cycle, outcome: 'traded', seconds: 1 },
      { type: 'caps-read', portfolio, use, dayLoss: 0n },
      ...snapshot.chains.map(({ chain }): Event => ({ type: 'reconciled', portfolio, chain, mismatches: [], at: NOW })),
      { type: 'leg-ended', portfolio, cycleId: cycle.id, run: aRun(), realised: undefined, notional: 0n },
    ]
  })
}

function snapshotOf(config: ConfigFile, portfolio: string): Snapshot {
  const tokens = assetsOf(config).flatMap((asset) => asset.tokens)
  const price: Price = 10n ** 18n
  const block = { number: 1n, hash: `0x${'00'.repeat(32)}` as const, timestamp: 1 }
  const chains = Object.keys(config.chains).map((chain): ChainReading => {
    const here = tokens.filter((token) => token.chain === chain)
    const native = here.flatMap((token) => (token.asset === 'ETH' ? { ...token, address: NATIVE } : []))
    const holdings = [...native, ...here].map((token) => amountOf(token, 10n ** 9n))
    return { chain, status: 'known', block, holdings, baseFee: 1n, problems: [] }
  })
  const prices = Object.keys(config.assets).map((asset): AssetPrice => {
    const sources = ['chainlink', 'reference'].map((source): SourceReading => ({
      asset,
      source,
      status: 'usable',
      price,
      timestamp: 1,
    }))
    return { asset, status: 'known', price, sources }
  })
  return { portfolio, takenAt: NOW, chains, inTransit: [], prices }
}

/** What a read and a change may be answered with, and what is asked for that no route takes. */
const READ_ANSWERS = [200, 304, 400, 401, 403, 404, 406, 429, 500, 503]
const CHANGE_ANSWERS = [200, 201, 202, 400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 429, 500, 503]
const UNROUTED_ANSWERS = [401, 404, 413, 429, 500]
const ALL_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'BREW']

/** Each route answers with everything that it may. */
function ofTheApi(): Event[] {
  const answered = (method: string, route: string | undefined, status: number): Event => ({
    type: 'request-answered',
    method,
    route,
    action: 'read',
    status,
    seconds: 0.01,
  })
  return [
    ...routesOf(API_CONTROLLERS).flatMap(({ name, isRead }) =>
      isRead
        ? READ_ANSWERS.flatMap((status) => ['GET', 'HEAD'].map((method) => answered(method, name, status)))
        : CHANGE_ANSWERS.map((status) => answered('POST', name, status)),
    ),
    ...ALL_METHODS.flatMap((method) => UNROUTED_ANSWERS.map((status) => answered(method, undefined, status))),
  ]
}
