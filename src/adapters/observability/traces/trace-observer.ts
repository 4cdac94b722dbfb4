import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import type { Event } from '../../../domain/events.js'
import type { Cycle } from '../../../domain/execution/cycle.js'
import { isLive } from '../../../domain/execution/intent.js'
import { isTransferOpen } from '../../../domain/execution/transfer.js'
import { totalOf } from '../../../domain/planning/cost.js'
import type { Purpose } from '../../../domain/purpose.js'
import { usdToText } from '../../../domain/units/usd.js'
import type { Clock } from '../../../ports/clock.js'
import { OpenWork } from '../open-work.js'
import { CyclesSeen } from './cycles-seen.js'
import { ofCycle, type Reach, reachInRows, RowSpans } from './row-spans.js'
import type { Attributes, SpanEvent, SpanRecord } from './span-record.js'
import type { TraceIds } from './trace-ids.js'
import { Traces } from './traces.js'

type EventOf<T extends Event['type']> = Extract<Event, { type: T }>

/** What happened during a span beyond its own states; more is left out. */
const MOST_NOTES = 50

/** A stage that is not over. */
interface OpenStage {
  readonly spanId: string
  readonly notes: SpanEvent[]
}

/** Where in a trace something happens. */
interface Place {
  readonly purpose: Purpose
  readonly stage: OpenStage | undefined
}

/** Beginning of a stage of a cycle. */
interface Beginning {
  readonly stage: OpenStage
  readonly parentId: string | undefined
  readonly startedAt: number
}

/**
 * Makes one trace of each cycle, from the look at balances to the last settled row.
 *
 * Guarantees: legs, intents, transfers and the cycle itself have the same ids whichever process tells of them, so that what
 * one begins and another ends is one trace; a row that was ended before this process heard of it is told of once, by the
 * process that saw its end; nothing here changes or delays what is observed. What a process that was killed had not sent
 * is missing.
 */
export class TraceObserver extends Traces {
  private readonly places = new AsyncLocalStorage<Place>()
  private readonly openWork = new OpenWork()
  private readonly rows: RowSpans
  private hasFailed = false
  private readonly seen = new CyclesSeen()

  constructor(
    private readonly options: {
      readonly ids: TraceIds
      readonly clock: Clock
      /** Takes a span that is over, at once. */
      readonly write: (span: SpanRecord) => void
      readonly end: () => Promise<void>
      /** Hears, once, that something could not be made a span. */
      readonly onFailure: (error: unknown) => void
    },
  ) {
    super()
    this.rows = new RowSpans(options.ids)
  }

  override end(): Promise<void> {
    return this.options.end()
  }

  override notify(event: Event): void {
    this.attempt(() => this.hear(event))
  }

  /** A stage becomes a span; of everything else the rows become one. */
  override during<T>(purpose: Purpose, act: () => Promise<T>): Promise<T> {
    const place = this.attempt(() => this.enter(purpose))
    if (!place) return act()
    const { begun } = place
    if (!begun) return this.places.run(place, act)
    return this.places.run(place, async () => {
      let failure: string | undefined
      try {
        return await act()
      } catch (error) {
        failure = error instanceof Error ? error.name : 'unknown'
        throw error
      } finally {
        this.attempt(() => this.stageEnded(place.purpose, begun, failure))
      }
    })
  }

  /** Nothing here may reach whoever is observed. */
  private attempt<T>(act: () => T): T | undefined {
    try {
      return act()
    } catch (error) {
      if (!this.hasFailed) this.options.onFailure(error)
      this.hasFailed = true
      return undefined
    }
  }

  private hear(event: Event): void {
    switch (event.type) {
      case 'quoted':
        return this.quoted(event)
      case 'decided': {
        const { act, code, reasons } = event.decision
        return this.note('decided', { act, code, reasons })
      }
      case 'plan-proposed': {
        const { id: plan, method, legs, cost } = event.plan
        return this.note('planned', { plan, method, legs: legs.length, 'cost.usd': usdToText(totalOf(cost)) })
      }
      case 'no-plan':
        return this.note('no-plan', { reasons: event.reasons })
      case 'quote-refused':
      case 'offer-refused': {
        const { type, code, detail } = event
        return this.note(type, { ...('venue' in event && { venue: event.venue }), code, detail })
      }
      case 'breaker-tripped': {
        const { code, scope, level, reason } = event.trip
        return event.isEarlier ? undefined : this.note(event.type, { code, scope, level, reason })
      }
      case 'reorged':
        return this.note(event.type, { intent: event.intentId })
      case 'failed': {
        const { what, error } = event
        return this.note(event.type, { what, detail: error instanceof Error ? error.message : String(error) })
      }
      case 'approval-answered':
        return this.answered(event)
      case 'intent-changed':
        return this.intentChanged(event)
      case 'transfer-changed':
        return this.transferChanged(event)
      case 'leg-ended': {
        const { portfolio, cycleId, run, realised, notional } = event
        return void this.seen.see(portfolio, cycleId).came.set(run.leg.id, { realised, notional })
      }
      case 'cycle-ended':
        return this.cycleEnded(event)
      case 'cycle-skipped':
        return this.cycleSkipped(event)
      case 'lease-lost':
        // Another process goes on with it.
        this.openWork.forget()
        return this.seen.forgetAll()
      // In the rows, or of no cycle.
      case 'daemon-started':
      case 'daemon-stopping':
      case 'daemon-stopped':
      case 'lease-taken':
      case 'scope-changed':
      case 'breaker-cleared':
      case 'signer-answered':
      case 'replaced':
      case 'rpc-answered':
      case 'endpoint-judged':
      case 'allowances-swept':
      case 'investigations-seen':
      case 'leaders-fenced':
      case 'nonces-compared':
      case 'books-found':
      case 'chain-viewed':
      case 'chain-unknown':
      case 'price-unknown':
      case 'approval-wanted':
      case 'off-peg':
      case 'portfolio-measured':
      case 'broadcast':
      case 'gas-spent':
      case 'reconciled':
      case 'loss-booked':
      case 'nonce-adopted':
      case 'proposals-counted':
      case 'caps-read':
      case 'request-answered':
      case 'queried':
      case 'inflow-classified':
      case 'risk-read':
      case 'targets-set':
      case 'targets-refused':
      case 'audit-verified':
      case 'events-dropped':
      case 'notified':
      case 'notifications-waiting':
      case 'spans-sent':
      case 'stops-seen':
      case 'lease-seen':
        return undefined
    }
  }

  private enter(purpose: Purpose): Place & { readonly begun?: Beginning } {
    const outer = this.places.getStore()
    const inner: Purpose = { ...outer?.purpose, ...purpose }
    const { portfolio, cycleId, legId } = inner
    const around = { purpose: inner, stage: cycleId === outer?.purpose.cycleId ? outer?.stage : undefined }
    if (purpose.stage === undefined || portfolio === undefined || cycleId === undefined) return around
    const startedAt = this.options.clock.now()
    if (legId === undefined) this.seen.see(portfolio, cycleId)
    else this.seen.reach(portfolio, cycleId, legId, { from: startedAt, to: startedAt })
    const stage: OpenStage = { spanId: randomBytes(8).toString('hex'), notes: [] }
    return { purpose: inner, stage, begun: { stage, parentId: this.spanOf(around), startedAt } }
  }

  private stageEnded(
    { portfolio, cycleId = '', legId, chain, stage = 'look' }: Purpose,
    { stage: { spanId, notes }, parentId, startedAt }: Beginning,
    failure: string | undefined,
  ): void {
    this.options.write({
      traceId: this.options.ids.trace(cycleId),
      spanId,
      parentId,
      name: chain === undefined ? stage : `${stage} on ${chain}`,
      startedAt,
      endedAt: this.options.clock.now(),
      attributes: { ...ofCycle(portfolio, cycleId), leg: legId, stage, chain },
      events: notes,
      failure,
    })
  }

  private quoted({ venue, chain, outcome, seconds, detail }: EventOf<'quoted'>): void {
    const place = this.places.getStore()
    if (place?.purpose.cycleId === undefined) return
    const { portfolio, cycleId, legId } = place.purpose
    const endedAt = this.options.clock.now()
    this.options.write({
      traceId: this.options.ids.trace(cycleId),
      spanId: randomBytes(8).toString('hex'),
      parentId: this.spanOf(place),
      name: `quote of ${venue}`,
      isCall: true,
      startedAt: endedAt - seconds * 1_000,
      endedAt,
      attributes: { ...ofCycle(portfolio, cycleId), leg: legId, venue, chain, outcome, detail },
      failure: outcome === 'unavailable' || outcome === 'malformed' ? outcome : undefined,
    })
  }

  private answered({ portfolio, proposal }: EventOf<'approval-answered'>): void {
    if (proposal.kind !== 'plan' || proposal.state === 'open' || portfolio === undefined) return
    this.options.write(this.rows.approval(portfolio, proposal, this.options.clock.now()))
  }

  private intentChanged({ portfolio, intent, at }: EventOf<'intent-changed'>): void {
    const before = this.openWork.noteIntent(intent)
    const { cycleId, legId } = intent
    if (cycleId === undefined || legId === undefined || (before === undefined && !isLive(intent))) return
    this.seen.reach(portfolio, cycleId, legId, { from: intent.reservedAt, to: at })
    if (!isLive(intent)) this.write(portfolio, cycleId, this.rows.intent(portfolio, cycleId, legId, intent, at))
  }

  private transferChanged({ portfolio, transfer, usd, at }: EventOf<'transfer-changed'>): void {
    const before = this.openWork.noteTransfer(transfer, usd)
    if (before === undefined && !isTransferOpen(transfer)) return
    const { id, cycleId, sentAt } = transfer
    // A transfer may outlive its cycle, whose leg is told of by then.
    if (this.seen.isAt(portfolio, cycleId)) this.seen.reach(portfolio, cycleId, id, { from: sentAt, to: at })
    if (!isTransferOpen(transfer)) this.write(portfolio, cycleId, this.rows.transfer(portfolio, transfer, usd, at))
  }

  private cycleEnded({ portfolio, cycle, outcome, seconds }: EventOf<'cycle-ended'>): void {
    const endedAt = cycle.startedAt + seconds * 1_000
    for (const run of cycle.legs) {
      const { id } = run.leg
      const { legs, came } = this.seen.see(portfolio, cycle.id)
      this.write(portfolio, cycle.id, this.rows.leg(cycle, run, this.reachOf(cycle, id, legs, endedAt), came.get(id)))
    }
    this.write(portfolio, cycle.id, this.rows.cycle(cycle, outcome, endedAt))
    this.seen.forget(portfolio)
  }

  private reachOf(cycle: Cycle, legId: string, legs: ReadonlyMap<string, Reach>, endedAt: number): Reach {
    const all = [legs.get(legId), reachInRows(cycle, legId)].filter((reach) => reach !== undefined)
    if (all.length === 0) return { from: endedAt, to: endedAt }
    return { from: Math.min(...all.map(({ from }) => from)), to: Math.max(...all.map(({ to }) => to)) }
  }

  private cycleSkipped({ portfolio, outcome, unwritten }: EventOf<'cycle-skipped'>): void {
    if (!unwritten) return
    const { cycleId } = unwritten
    this.write(portfolio, cycleId, this.rows.root(portfolio, unwritten, outcome, this.options.clock.now()))
    this.seen.forget(portfolio)
  }

  /** Writes the span of a row, with what was noted about it. */
  private write(portfolio: string, cycleId: string, span: SpanRecord): void {
    const notes = this.seen.notesAbout(portfolio, cycleId, span.spanId) ?? []
    const events = [...(span.events ?? []), ...notes].toSorted((a, b) => a.at - b.at)
    this.options.write({ ...span, events })
  }

  /** Keeps something with the stage that is under way, else with the row that it is about. */
  private note(name: string, attributes: Attributes): void {
    const place = this.places.getStore()
    const { portfolio, cycleId } = place?.purpose ?? {}
    const spanId = place && this.spanOf(place)
    if (portfolio === undefined || cycleId === undefined || spanId === undefined) return
    const notes = place?.stage?.notes ?? this.seen.notesAbout(portfolio, cycleId, spanId)
    if (notes && notes.length < MOST_NOTES) notes.push({ name, at: this.options.clock.now(), attributes })
  }

  /** The span that something at this place lies in. */
  private spanOf({ purpose, stage }: Place): string | undefined {
    const { ids } = this.options
    const { cycleId, legId, intentId, transferId } = purpose
    if (stage) return stage.spanId
    if (transferId !== undefined) return ids.span('transfer', transferId)
    if (intentId !== undefined) return ids.span('intent', intentId)
    if (legId !== undefined) return ids.span('leg', legId)
    return cycleId === undefined ? undefined : ids.span('cycle', cycleId)
  }
}
