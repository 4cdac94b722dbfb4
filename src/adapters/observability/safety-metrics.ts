import type { Registry } from 'prom-client'
import { REFUSAL_CODES } from '../../domain/errors.js'
import type { Event } from '../../domain/events.js'
import { BREAKER_CODES, type Trip } from '../../domain/policy/breakers.js'
import { OPERATING_LEVELS, type Scope } from '../../domain/policy/operating.js'
import { ANSWER_BUCKETS, combine, metricMakers } from './metric-makers.js'
import type { MetricLabels } from './metrics.js'

type EventOf<T extends Event['type']> = Extract<Event, { type: T }>

const SIGNER_OUTCOMES = ['signed', 'refused', 'fenced', 'error'] as const
const REPLACEMENTS = ['fee_bump', 'cancel'] as const
const RPC_OUTCOMES = ['ok', 'error', 'timeout'] as const
/** Methods told apart; any other is `other`. */
const RPC_METHODS = [
  'eth_blockNumber',
  'eth_call',
  'eth_chainId',
  'eth_estimateGas',
  'eth_feeHistory',
  'eth_getBalance',
  'eth_getBlockByHash',
  'eth_getBlockByNumber',
  'eth_getCode',
  'eth_getLogs',
  'eth_getStorageAt',
  'eth_getTransactionCount',
  'eth_getTransactionReceipt',
  'eth_sendRawTransaction',
  'eth_simulateV1',
  'other',
] as const

/** What may trade and what stops it, what the signer did, and what is known of the chains and their endpoints. */
export class SafetyMetrics {
  private readonly metrics: ReturnType<typeof createSafetyMetrics>
  private readonly levels = new Map<Scope, (typeof OPERATING_LEVELS)[number]>()
  private readonly tripped = new Map<string, Pick<Trip, 'code' | 'scope'>>()

  constructor(
    registry: Registry,
    private readonly labels: MetricLabels,
  ) {
    this.metrics = createSafetyMetrics(registry, labels)
  }

  /** Everything runs until somebody says otherwise. `now` in milliseconds since 1970. */
  started(now: number): void {
    for (const scope of knownScopes(this.labels)) this.showScope(scope, 'running', now)
  }

  scopeChanged({ state: { scope, level, since } }: EventOf<'scope-changed'>): void {
    this.showScope(scope, level, since)
  }

  breakerTripped({ trip: { code, scope }, isEarlier }: EventOf<'breaker-tripped'>): void {
    if (!isEarlier) this.metrics.breakerTrips.inc({ breaker: code })
    this.showTrip({ code, scope }, true)
  }

  breakerCleared({ code, scope }: EventOf<'breaker-cleared'>): void {
    this.showTrip({ code, scope }, false)
  }

  /** All at once: what another process has changed shows here, too. */
  stopsSeen({ states, trips, at }: EventOf<'stops-seen'>): void {
    const stopped = new Map(states.map((state) => [state.scope, state]))
    for (const scope of knownScopes(this.labels)) {
      const state = stopped.get(scope)
      if (state) this.showScope(scope, state.level, state.since)
      else if (this.levels.get(scope) !== 'running') this.showScope(scope, 'running', at)
    }
    const held = new Set(trips.map(keyOf))
    for (const [key, trip] of this.tripped) if (!held.has(key)) this.showTrip(trip, false)
    for (const trip of trips) this.showTrip(trip, true)
  }

  quoteRefused({ venue, code }: EventOf<'quote-refused'>): void {
    this.metrics.quoteRefusals.inc({ venue, code })
  }

  signerAnswered({ outcome, seconds }: EventOf<'signer-answered'>): void {
    this.metrics.signerRequests.inc({ outcome })
    this.metrics.signerDuration.observe(seconds)
  }

  leadersFenced({ count }: EventOf<'leaders-fenced'>): void {
    this.metrics.fencedLeaders.inc(count)
  }

  replaced({ chain, reason }: EventOf<'replaced'>): void {
    this.metrics.replacements.inc({ chain, reason })
  }

  reorged({ chain }: EventOf<'reorged'>): void {
    this.metrics.reorgs.inc({ chain })
  }

  rpcAnswered({ chain, endpoint, method, outcome, seconds }: EventOf<'rpc-answered'>): void {
    const known = RPC_METHODS.find((one) => one === method) ?? 'other'
    this.metrics.rpcRequests.inc({ chain, endpoint, method: known, outcome })
    this.metrics.rpcDuration.observe({ chain, endpoint }, seconds)
  }

  endpointJudged({ chain, endpoint, isHealthy }: EventOf<'endpoint-judged'>): void {
    this.metrics.endpointHealthy.set({ chain, endpoint }, isHealthy ? 1 : 0)
  }

  chainViewed({ chain, isQuorum, heads, finalizedTimestamp }: EventOf<'chain-viewed'>): void {
    const { metrics } = this
    metrics.quorum.set({ chain }, isQuorum ? 1 : 0)
    for (const { endpoint, number, timestamp } of heads) {
      metrics.headBlock.set({ chain, endpoint }, Number(number))
      metrics.headTimestamp.set({ chain, endpoint }, timestamp)
    }
    if (finalizedTimestamp !== undefined) metrics.finalizedTimestamp.set({ chain }, finalizedTimestamp)
  }

  allowancesSwept({ portfolio, chain, standing }: EventOf<'allowances-swept'>): void {
    this.metrics.unexpectedAllowances.set({ portfolio, chain }, standing)
  }

  private showScope(scope: Scope, level: (typeof OPERATING_LEVELS)[number], since: number): void {
    const place = placeOf(scope)
    this.levels.set(scope, level)
    for (const state of OPERATING_LEVELS) this.metrics.operatingState.set({ ...place, state }, state === level ? 1 : 0)
    this.metrics.operatingStateSince.set(place, since / 1000)
  }

  private showTrip({ code, scope }: Pick<Trip, 'code' | 'scope'>, holds: boolean): void {
    this.metrics.breakerTripped.set({ breaker: code, ...placeOf(scope) }, holds ? 1 : 0)
    if (holds) this.tripped.set(keyOf({ code, scope }), { code, scope })
    else this.tripped.delete(keyOf({ code, scope }))
  }
}

const keyOf = ({ code, scope }: Pick<Trip, 'code' | 'scope'>): string => `${code} ${scope}`

/** A scope as label values; everything is `global` without an id. */
function placeOf(scope: Scope): { scope: string; id: string } {
  const [kind = '', id = ''] = scope.split(/:(.*)/s)
  return kind === 'all' ? { scope: 'global', id: '' } : { scope: kind, id }
}

function knownScopes({ portfolios, chains, venues, bridges, assets }: MetricLabels): Scope[] {
  return [
    'all',
    ...portfolios.map(({ id }) => `portfolio:${id}` as const),
    ...chains.map(({ key }) => `chain:${key}` as const),
    ...venues.map((one) => `venue:${one}` as const),
    ...assets.map((one) => `asset:${one}` as const),
    ...bridges.map((one) => `bridge:${one}` as const),
  ]
}

function createSafetyMetrics(registry: Registry, labels: MetricLabels) {
  const { gauge, counter, histogram } = metricMakers(registry)
  const chain = labels.chains.map(({ key }) => key)
  const endpoints = labels.chains.flatMap(({ key, endpoints: names }) =>
    names.map((endpoint) => ({ chain: key, endpoint })),
  )
  const metrics = {
    operatingState: gauge('operating_state', '1 for the state in force, 0 for the others.', ['scope', 'id', 'state']),
    operatingStateSince: gauge(
      'operating_state_since_timestamp_seconds',
      'When the state in force began, as far as this process knows.',
      ['scope', 'id'],
    ),
    breakerTripped: gauge('breaker_tripped', '1 while an automatic breaker holds its scope.', [
      'breaker',
      'scope',
      'id',
    ]),
    breakerTrips: counter(
      'breaker_trips_total',
      'Times a breaker tripped.',
      ['breaker'],
      combine({ breaker: BREAKER_CODES }),
    ),
    quoteRefusals: counter(
      'quote_refusals_total',
      'Firm quotes that were not fit to be signed, by the rule they broke.',
      ['venue', 'code'],
      combine({ venue: labels.venues, code: REFUSAL_CODES }),
    ),
    signerRequests: counter(
      'signer_requests_total',
      'Signatures by what came of them, and other questions to the signer and its journal that failed.',
      ['outcome'],
      combine({ outcome: SIGNER_OUTCOMES }),
    ),
    signerDuration: histogram(
      'signer_request_duration_seconds',
      'Time to a signature, a refusal or a failure.',
      [],
      ANSWER_BUCKETS,
      [{}],
    ),
    fencedLeaders: counter(
      'signer_fenced_leaders_total',
      'Processes that asked for a signature after another one had begun to lead, as their last entries in the audit log tell every replica.',
      [],
      [{}],
    ),
    replacements: counter(
      'transaction_replacements_total',
      'Further transactions signed for a nonce.',
      ['chain', 'reason'],
      combine({ chain, reason: REPLACEMENTS }),
    ),
    reorgs: counter(
      'chain_reorgs_total',
      'Reorganisations that removed a block we had acted on.',
      ['chain'],
      combine({ chain }),
    ),
    rpcRequests: counter(
      'rpc_requests_total',
      'Requests to endpoints, by method and outcome.',
      ['chain', 'endpoint', 'method', 'outcome'],
      endpoints.flatMap((one) =>
        combine({ method: RPC_METHODS, outcome: RPC_OUTCOMES }).map((rest) => ({ ...one, ...rest })),
      ),
    ),
    rpcDuration: histogram(
      'rpc_request_duration_seconds',
      'Time to an answer of an endpoint or to its failure.',
      ['chain', 'endpoint'],
      ANSWER_BUCKETS,
      endpoints,
    ),
    endpointHealthy: gauge('rpc_endpoint_healthy', '1 when the endpoint may be used, 0 in quarantine.', [
      'chain',
      'endpoint',
    ]),
    quorum: gauge('rpc_quorum', '1 while enough endpoints agree.', ['chain']),
    headBlock: gauge('chain_head_block', 'Latest block seen.', ['chain', 'endpoint']),
    headTimestamp: gauge('chain_head_timestamp_seconds', 'Time of the latest block seen.', ['chain', 'endpoint']),
    finalizedTimestamp: gauge('chain_finalized_timestamp_seconds', 'Time of the last final block, by quorum.', [
      'chain',
    ]),
    blockInterval: gauge('chain_block_interval_seconds', 'Usual time between two blocks, as configured.', ['chain']),
    finalityExpected: gauge('chain_finality_expected_seconds', 'Usual age of the last final block, as configured.', [
      'chain',
    ]),
    unexpectedAllowances: gauge('unexpected_allowances', 'Allowances that stand and no live transaction explains.', [
      'portfolio',
      'chain',
    ]),
  }
  for (const { key, blockTimeSeconds, finalitySeconds } of labels.chains) {
    metrics.blockInterval.set({ chain: key }, blockTimeSeconds)
    metrics.finalityExpected.set({ chain: key }, finalitySeconds)
    for (const { id } of labels.portfolios) metrics.unexpectedAllowances.set({ portfolio: id, chain: key }, 0)
  }
  for (const one of endpoints) metrics.endpointHealthy.set(one, 1)
  return metrics
}
