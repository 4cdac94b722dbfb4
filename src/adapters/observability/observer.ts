import { AsyncLocalStorage } from 'node:async_hooks'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import { isNative } from '../../domain/assets.js'
import type { Event } from '../../domain/events.js'
import type { LegFailure } from '../../domain/execution/cycle.js'
import { type IntentState, STEP_KINDS } from '../../domain/execution/intent.js'
import type { TransferState } from '../../domain/execution/transfer.js'
import { boundOf, gapOf, unmetBy } from '../../domain/planning/comparison.js'
import { totalOf } from '../../domain/planning/cost.js'
import type { Purpose } from '../../domain/purpose.js'
import { formatDecimal } from '../../domain/units/decimal.js'
import { absolute, mulDiv, RATIO_ONE, ratioToNumber } from '../../domain/units/ratio.js'
import { type Usd, usdToNumber } from '../../domain/units/usd.js'
import type { Clock } from '../../ports/clock.js'
import { Observer } from '../../ports/observer.js'
import { logLineOf } from './log-line.js'
import { createMetrics, labelOf, type MetricLabels, type Metrics, OTHER, PLANS_COMPARED, stageOf } from './metrics.js'
import { NonceMetrics } from './nonce-metrics.js'
import { firstSentAt, OpenWork } from './open-work.js'
import { pricesSeen } from './prices-seen.js'
import { ReconciliationMetrics } from './reconciliation-metrics.js'
import { SafetyMetrics } from './safety-metrics.js'
import { type PoolStanding, ServiceMetrics } from './service-metrics.js'
import { TellingMetrics } from './telling-metrics.js'

type EventOf<T extends Event['type']> = Extract<Event, { type: T }>

/** Cycles that ended so looked at the world and could judge it. */
const UNSUCCESSFUL: ReadonlySet<string> = new Set(['error', 'stale_data', 'standby'])

/** What the process does behind the back of whatever brought it up. */
const OF_THE_SERVICE: ReadonlySet<Event['type']> = new Set([
  'daemon-stopping',
  'daemon-stopped',
  'lease-taken',
  'lease-lost',
  'lease-seen',
  'stops-seen',
  'investigations-seen',
  'leaders-fenced',
  'events-dropped',
  'notified',
  'notifications-waiting',
  'spans-sent',
  'audit-verified',
])

const QUOTE_OUTCOME = {
  ok: 'ok',
  'no-route': 'no_route',
  rejected: 'rejected',
  'rate-limited': 'rate_limited',
  unavailable: 'error',
  malformed: 'error',
} as const satisfies Record<EventOf<'quoted'>['outcome'], string>

/**
 * Turns every event into one log line and the metrics it moves. A line has the ids of its event, and those of the purpose
 * during which it is told.
 *
 * An intent or transfer counts as ended once, and only if it was heard of while it was open: hearing of all open ones
 * after a start, in any order and more than once, counts nothing twice.
 */
export class EventObserver extends Observer {
  private readonly purposes = new AsyncLocalStorage<Purpose>()
  private readonly openWork = new OpenWork()
  private readonly metrics: Metrics
  private readonly safety: SafetyMetrics
  private readonly reconciliation: ReconciliationMetrics
  private readonly nonces: NonceMetrics
  private readonly service: ServiceMetrics
  private readonly telling: TellingMetrics

  constructor(
    private readonly options: {
      readonly log: Logger
      readonly registry: Registry
      readonly labels: MetricLabels
      readonly clock: Clock
      /** Asked at each scrape; undefined where there is no database. */
      readonly connections?: () => Readonly<Record<string, PoolStanding>>
      /** The trace that a cycle is, where traces are on. */
      readonly traceOf?: (cycleId: string) => string
    },
  ) {
    super()
    this.metrics = createMetrics(options.registry, options.labels, this.openWork, options.clock)
    this.safety = new SafetyMetrics(options.registry, options.labels)
    this.safety.started(options.clock.now())
    this.reconciliation = new ReconciliationMetrics(options.registry, options.labels)
    this.nonces = new NonceMetrics(options.registry, options.labels, this.openWork)
    this.service = new ServiceMetrics(options.registry, options.labels, options.connections)
    this.telling = new TellingMetrics(options.registry, options.labels)
  }

  notify(event: Event): void {
    const { log } = this.options
    try {
      const before = this.noteOpenWork(event)
      const { level, message, fields } = logLineOf(event, before)
      if (log.isLevelEnabled(level)) log[level]({ event: event.type, ...this.withPurpose(event, fields) }, message)
      this.measure(event, before)
    } catch (error) {
      try {
        log.error({ event: event.type, err: error }, `Event ${event.type} could not be told completely.`)
      } catch {
        // A log that cannot be written is nowhere to be reported, and work goes on.
      }
    }
  }

  override during<T>(purpose: Purpose, act: () => Promise<T>): Promise<T> {
    return this.purposes.run({ ...this.purposes.getStore(), ...purpose }, act)
  }

  private withPurpose({ type }: Event, fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const { traceOf } = this.options
    const purpose = OF_THE_SERVICE.has(type) ? undefined : this.purposes.getStore()
    const all: Record<string, unknown> = { ...purpose, ...fields }
    const { cycleId } = all
    return { ...all, ...(traceOf && typeof cycleId === 'string' && { traceId: traceOf(cycleId) }) }
  }

  private noteOpenWork(event: Event): IntentState | TransferState | undefined {
    if (event.type === 'intent-changed') return this.openWork.noteIntent(event.intent)
    if (event.type === 'transfer-changed') return this.openWork.noteTransfer(event.transfer, event.usd)
    return undefined
  }

  private measure(event: Event, before: IntentState | TransferState | undefined): void {
    const { metrics } = this
    switch (event.type) {
      case 'daemon-started':
        return this.started(event)
      case 'lease-taken':
        metrics.leaseHeld.set(1)
        this.reconciliation.began(this.options.clock.now())
        return metrics.leaseEpoch.set(event.epoch)
      case 'lease-lost':
        return this.stoodDown()
      case 'lease-seen':
        return metrics.leaseHeld.set(event.isHeld ? 1 : 0)
      case 'stops-seen':
        return this.safety.stopsSeen(event)
      case 'leaders-fenced':
        return this.safety.leadersFenced(event)
      case 'investigations-seen':
        return this.investigationsSeen(event)
      case 'scope-changed':
        return this.safety.scopeChanged(event)
      case 'breaker-tripped':
        return this.safety.breakerTripped(event)
      case 'breaker-cleared':
        return this.safety.breakerCleared(event)
      case 'signer-answered':
        return this.safety.signerAnswered(event)
      case 'replaced':
        return this.safety.replaced(event)
      case 'reorged':
        return this.safety.reorged(event)
      case 'rpc-answered':
        return this.safety.rpcAnswered(event)
      case 'endpoint-judged':
        return this.safety.endpointJudged(event)
      case 'chain-viewed':
        return this.safety.chainViewed(event)
      case 'allowances-swept':
        return this.safety.allowancesSwept(event)
      case 'nonces-compared':
        return this.nonces.compared(event)
      case 'portfolio-measured':
        return this.measured(event)
      case 'quoted': {
        const { venue, chain, outcome, seconds } = event
        metrics.quotes.inc({ venue, chain, outcome: QUOTE_OUTCOME[outcome] })
        return metrics.quoteDuration.observe({ venue, chain }, seconds)
      }
      case 'quote-refused':
        return this.safety.quoteRefused(event)
      case 'offer-refused':
        return metrics.policyRejections.inc({ stage: stageOf(event.code), code: event.code })
      case 'intent-changed':
        return this.intentChanged(event, before)
      case 'gas-spent': {
        const kind = STEP_KINDS.find((one) => one === event.kind) ?? OTHER
        return metrics.transactionCost.inc({ chain: event.chain, kind }, usdToNumber(event.usd))
      }
      case 'transfer-changed':
        return this.transferChanged(event, before)
      case 'leg-ended':
        return this.legEnded(event)
      case 'cycle-ended': {
        const { portfolio, cycle, outcome, seconds } = event
        metrics.cycleDuration.observe({ portfolio }, seconds)
        return this.cycleEnded(portfolio, outcome, cycle.endedAt)
      }
      case 'cycle-skipped':
        return this.cycleEnded(event.portfolio, event.outcome, undefined)
      case 'books-found':
        return this.reconciliation.found(event)
      case 'reconciled':
        return this.reconciliation.reconciled(event)
      case 'proposals-counted':
        return this.service.proposalsCounted(event)
      case 'caps-read':
        return this.service.capsRead(event)
      case 'request-answered':
        return this.service.requestAnswered(event)
      case 'queried':
        return this.service.queried(event)
      case 'events-dropped':
        return this.telling.eventsDropped(event)
      case 'notified':
        return this.telling.notified(event)
      case 'notifications-waiting':
        return this.telling.waiting(event)
      case 'audit-verified':
        return this.telling.auditVerified(event)
      case 'spans-sent':
        return this.telling.spansSent(event)
      case 'decided':
        return this.decided(event)
      case 'risk-read':
        return this.riskRead(event)
      case 'targets-set':
        return metrics.targetSets.inc({ portfolio: event.portfolio, outcome: 'set' })
      case 'targets-refused':
        return metrics.targetSets.inc({ portfolio: event.portfolio, outcome: 'refused' })
      case 'plan-proposed':
        return this.planned(event)
      case 'no-plan':
        return metrics.plans.inc({ portfolio: event.portfolio, method: 'none' })
      case 'daemon-stopping':
      case 'daemon-stopped':
      case 'chain-unknown':
      case 'price-unknown':
      case 'off-peg':
      case 'approval-wanted':
      case 'approval-answered':
      case 'broadcast':
      case 'loss-booked':
      case 'nonce-adopted':
      case 'inflow-classified':
      case 'failed':
        return
    }
  }

  private started({ version, configHash, mode }: EventOf<'daemon-started'>): void {
    const { metrics } = this
    metrics.buildInfo.set({ version, revision: this.options.labels.revision, node_version: process.version }, 1)
    metrics.configInfo.reset()
    metrics.configInfo.set({ config_hash: configHash, mode: mode === 'dry-run' ? 'dry_run' : 'live' }, 1)
  }

  /** What only the holder of the lease knows is not shown any more: its values would grow old beside the new holder's. */
  private stoodDown(): void {
    const { metrics } = this
    metrics.leaseHeld.set(0)
    this.openWork.forget()
    this.reconciliation.stoodDown()
    this.nonces.stoodDown()
    this.service.stoodDown()
    for (const gauge of [
      metrics.portfolioValue,
      metrics.positionValue,
      metrics.assetWeight,
      metrics.assetDrift,
      metrics.portfolioDrift,
      metrics.valuationTimestamp,
      metrics.priceTimestamp,
      metrics.priceDeviation,
      metrics.accountBalance,
      metrics.cycleLastSuccess,
      metrics.planCost,
      metrics.planUnmet,
      metrics.planBound,
      metrics.planGap,
      metrics.regimeStressed,
      metrics.forecastVolatility,
      metrics.decisionBenefit,
      metrics.decisionCost,
      metrics.decisionWaiting,
      metrics.transferExpected,
    ])
      gauge.reset()
  }

  private measured({ portfolio, snapshot, valuation, drift }: EventOf<'portfolio-measured'>): void {
    const { metrics } = this
    const { chains, portfolios } = this.options.labels
    if (valuation.isComplete) {
      metrics.portfolioValue.set({ portfolio }, usdToNumber(valuation.nav))
      metrics.portfolioDrift.set({ portfolio }, ratioToNumber(drift.portfolio))
      metrics.valuationTimestamp.set({ portfolio }, snapshot.takenAt / 1000)
    }
    for (const value of valuation.assets) {
      const { asset } = value
      const distance = drift.assets.find((one) => one.asset === asset)
      if (distance) {
        metrics.assetWeight.set({ portfolio, asset }, ratioToNumber(distance.weight))
        metrics.assetTarget.set({ portfolio, asset }, ratioToNumber(distance.target))
        metrics.assetDrift.set({ portfolio, asset }, ratioToNumber(distance.drift))
      } else {
        metrics.assetWeight.remove({ portfolio, asset })
        metrics.assetDrift.remove({ portfolio, asset })
      }
      for (const { key: chain } of chains) {
        metrics.positionValue.remove({ portfolio, chain, asset })
        if (value.status === 'unknown') continue
        const held = value.positions.filter((position) => position.chain === chain)
        if (held.length === 0) continue
        const sum = held.reduce((total, position) => total + position.value, 0n)
        metrics.positionValue.set({ portfolio, chain, asset }, usdToNumber(sum))
      }
    }
    this.reconciliation.priced(snapshot.prices)
    for (const price of snapshot.prices) {
      for (const { asset, source, timestamp, deviation } of pricesSeen(price)) {
        if (timestamp !== undefined) metrics.priceTimestamp.set({ asset, source }, timestamp)
        if (deviation === undefined) metrics.priceDeviation.remove({ asset, source })
        else metrics.priceDeviation.set({ asset, source }, deviation)
      }
    }
    const account = portfolios.find(({ id }) => id === portfolio)?.account
    if (account === undefined) return
    for (const reading of snapshot.chains) {
      if (reading.status === 'unknown') continue
      const native = reading.holdings.find(({ token }) => isNative(token))
      const found = reading.unattributed?.find(({ token }) => isNative(token))?.units ?? 0n
      if (native)
        metrics.accountBalance.set(
          { chain: reading.chain, account },
          Number(formatDecimal(native.units + found, native.token.decimals)),
        )
    }
  }

  private investigationsSeen({ transfers }: EventOf<'investigations-seen'>): void {
    const { metrics } = this
    this.openWork.noteInvestigations(transfers.map(({ id }) => id))
    metrics.beginInvestigations()
    for (const { bridge, state } of transfers)
      metrics.transfersInvestigated.inc({ bridge: metrics.bridgeOf(bridge), state })
  }

  private riskRead({ portfolio, risk }: EventOf<'risk-read'>): void {
    const { metrics } = this
    if (risk.regime) metrics.regimeStressed.set({ portfolio }, risk.regime.name === 'stressed' ? 1 : 0)
    else metrics.regimeStressed.remove({ portfolio })
    for (const asset of risk.assets) {
      const forecast = risk.forecasts.find((one) => one.asset === asset)
      if (forecast) metrics.forecastVolatility.set({ asset }, forecast.volatility)
      else metrics.forecastVolatility.remove({ asset })
    }
  }

  private decided({ portfolio, decision }: EventOf<'decided'>): void {
    const { metrics } = this
    metrics.decisions.inc({ portfolio, code: labelOf(decision.code) })
    for (const { asset, band, benefitPerYear, costNow, costOfWaiting } of decision.figures) {
      const series = { portfolio, asset }
      metrics.assetBand.set(series, ratioToNumber(band))
      metrics.decisionCost.set(series, costNow)
      if (benefitPerYear === undefined) metrics.decisionBenefit.remove(series)
      else metrics.decisionBenefit.set(series, benefitPerYear)
      if (costOfWaiting === undefined) metrics.decisionWaiting.remove(series)
      else metrics.decisionWaiting.set(series, costOfWaiting)
    }
    const { shadow } = decision
    if (shadow)
      metrics.shadowDecisions.inc({
        portfolio,
        code: labelOf(shadow.code),
        agrees: String(shadow.act === decision.act),
      })
  }

  private planned({ portfolio, plan }: EventOf<'plan-proposed'>): void {
    const { metrics } = this
    const { asked, failed } = plan.quotes
    metrics.plans.inc({ portfolio, method: labelOf(plan.method) })
    metrics.planQuotes.inc({ portfolio, outcome: 'failed' }, failed)
    metrics.planQuotes.inc({ portfolio, outcome: 'ok' }, asked - failed)
    const own = { name: 'plan' as const, cost: totalOf(plan.cost), unmet: unmetBy(plan) }
    for (const name of PLANS_COMPARED) {
      const series = { portfolio, plan: name }
      const one = [own, ...plan.alternatives].find((other) => other.name === name)
      if (one?.cost === undefined) metrics.planCost.remove(series)
      else metrics.planCost.set(series, usdToNumber(one.cost))
      if (one === undefined) metrics.planUnmet.remove(series)
      else metrics.planUnmet.set(series, usdToNumber(one.unmet))
    }
    const gap = gapOf(plan)
    const { claimed } = boundOf(plan)
    if (claimed === undefined) metrics.planBound.remove({ portfolio })
    else metrics.planBound.set({ portfolio }, usdToNumber(claimed))
    if (gap === undefined) metrics.planGap.remove({ portfolio })
    else metrics.planGap.set({ portfolio }, ratioToNumber(gap - RATIO_ONE))
  }

  private intentChanged(
    { intent, at }: EventOf<'intent-changed'>,
    before: IntentState | TransferState | undefined,
  ): void {
    const { metrics } = this
    const { chain, kind, state } = intent
    const sentAt = firstSentAt(intent)
    const seconds = sentAt === undefined ? 0 : Math.max(0, (at - sentAt) / 1000)
    switch (state) {
      case 'reserved':
      case 'signed':
        return
      case 'mined':
        if (before === 'signed') metrics.transactionInclusion.observe({ chain }, seconds)
        return
      case 'final_ok':
      case 'final_reverted':
      case 'final_cancelled':
        if (before === undefined) return
        metrics.transactionFinality.observe({ chain }, seconds)
        return metrics.transactions.inc({ chain, kind, outcome: state })
      case 'released':
      case 'foreign':
        if (before !== undefined) metrics.transactions.inc({ chain, kind, outcome: state })
        return
    }
  }

  private transferChanged(
    { transfer, at }: EventOf<'transfer-changed'>,
    before: IntentState | TransferState | undefined,
  ): void {
    const { metrics } = this
    const bridge = metrics.bridgeOf(transfer.bridge)
    switch (transfer.state) {
      case 'in_flight':
      case 'late':
      case 'lost_suspected':
      case 'seen':
        return metrics.transferExpected.set({ bridge }, transfer.expectedSeconds)
      case 'full':
      case 'short':
      case 'other_token':
      case 'refunded':
        if (before === undefined) return
        metrics.transfers.inc({ bridge, outcome: transfer.state })
        return metrics.transferDuration.observe(metrics.arrivalOf(transfer), Math.max(0, (at - transfer.sentAt) / 1000))
    }
  }

  private legEnded({ portfolio, run, realised, notional }: EventOf<'leg-ended'>): void {
    const { metrics } = this
    const { leg, offer, sold, received, state, failure } = run
    const chain = leg.sell.token.chain
    if (realised) {
      const spend = (component: string, value: Usd) => {
        if (value >= 0n) metrics.tradeCost.inc({ portfolio, chain, component }, usdToNumber(value))
        else metrics.tradeImprovement.inc({ portfolio, chain }, usdToNumber(absolute(value)))
      }
      spend('slippage', realised.slippage)
      spend('venue_fee', realised.fees)
      spend('gas', realised.gas)
      spend('bridge_fee', realised.bridge)
    }
    if (leg.kind === 'bridge') return
    const venue = offer?.venue ?? leg.venue
    const trade = { portfolio, chain, venue }
    if (state !== 'done') return metrics.trades.inc({ ...trade, outcome: outcomeOf(failure) })
    const isPartial = sold !== undefined && offer !== undefined && sold.units < offer.sell.units
    metrics.trades.inc({ ...trade, outcome: isPartial ? 'partially_filled' : 'filled' })
    metrics.tradeNotional.inc(trade, usdToNumber(notional))
    if (sold && received && offer && offer.sell.units > 0n) {
      const promised = mulDiv(offer.expectedOut.units, sold.units, offer.sell.units, 'down')
      if (promised > 0n) {
        const loss = mulDiv(promised - received.units, RATIO_ONE, promised, 'up')
        metrics.tradeSlippage.observe({ ...trade, benchmark: 'quote' }, ratioToNumber(loss))
      }
    }
    if (realised && notional > 0n) {
      const loss = mulDiv(realised.slippage + realised.fees, RATIO_ONE, notional, 'up')
      metrics.tradeSlippage.observe({ ...trade, benchmark: 'oracle' }, ratioToNumber(loss))
    }
  }

  private cycleEnded(portfolio: string, outcome: string, endedAt: number | undefined): void {
    this.metrics.cycles.inc({ portfolio, outcome })
    if (!UNSUCCESSFUL.has(outcome))
      this.metrics.cycleLastSuccess.set({ portfolio }, (endedAt ?? this.options.clock.now()) / 1000)
  }
}

/** Legs that somebody, or a new plan, took back. */
const CANCELLED_CODES: readonly LegFailure['code'][] = ['REPLANNED', 'CANCELLED', 'CANCELLED_BY_PERSON']

/** A trade that brought nothing: its transaction reverted, a new plan took its place, or it was given up. */
function outcomeOf(failure: LegFailure | undefined): 'reverted' | 'cancelled' | 'aborted' {
  if (failure?.code === 'REVERTED') return 'reverted'
  return failure && CANCELLED_CODES.includes(failure.code) ? 'cancelled' : 'aborted'
}
