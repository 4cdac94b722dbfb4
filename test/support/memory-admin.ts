import { isDeepStrictEqual } from 'node:util'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { CountedLimits, countersOf } from '../../src/adapters/limits/counted-limits.js'
import { EventFeed, type FeedEvent, type NewEvent } from '../../src/ports/event-feed.js'
import { type Claim, CLAIM_MS, Idempotency, type StoredAnswer } from '../../src/ports/idempotency.js'
import { type Message, Outbox } from '../../src/ports/outbox.js'
import { type Proposal, Proposals } from '../../src/ports/proposals.js'
import { ConflictError } from '../../src/ports/store.js'

/** Idempotency keys in memory. */
export class MemoryIdempotency extends Idempotency {
  private readonly calls = new Map<string, { fingerprint: string; at: number; answer: StoredAnswer | undefined }>()

  override begin({ subject, key, fingerprint, at }: Parameters<Idempotency['begin']>[0]) {
    const known = this.calls.get(placeOf(subject, key))
    const isOld = !known || known.at <= at - 7 * 86_400_000
    if (isOld) {
      this.calls.set(placeOf(subject, key), { fingerprint, at, answer: undefined })
      return Promise.resolve({ status: 'begun' } as const)
    }
    if (known.fingerprint !== fingerprint) return Promise.resolve({ status: 'mismatch' } as const)
    if (known.answer) return Promise.resolve({ status: 'finished', answer: known.answer } as const)
    if (known.at <= at - CLAIM_MS) return Promise.resolve({ status: 'left', since: known.at } as const)
    return Promise.resolve({ status: 'running' } as const)
  }

  override finish({ subject, key, at }: Claim, answer: StoredAnswer): Promise<void> {
    const known = this.calls.get(placeOf(subject, key))
    if (known?.at === at) known.answer ??= answer
    return Promise.resolve()
  }

  override abandon({ subject, key, at }: Claim): Promise<void> {
    const known = this.calls.get(placeOf(subject, key))
    if (known?.at === at && !known.answer) this.calls.delete(placeOf(subject, key))
    return Promise.resolve()
  }
}

function placeOf(subject: string, key: string): string {
  return JSON.stringify([subject, key])
}

/** A feed of events in memory, with the messages to be sent of them. */
export class MemoryEventFeed extends EventFeed {
  readonly events: FeedEvent[] = []
  /** Nothing can be read. */
  isDown = false
  /** Writing rejects once for each of these. */
  readonly failures: Error[] = []
  private kept = 0

  constructor(private readonly outbox = new MemoryOutbox()) {
    super()
  }

  override async append(events: readonly NewEvent[]): Promise<void> {
    await Promise.resolve()
    const failure = this.failures.shift()
    if (failure) throw failure
    for (const { messages, ...rest } of events) {
      const data = JSON.parse(JSON.stringify(rest.data)) as FeedEvent['data']
      const event = { ...rest, data, sequence: String(this.kept + this.events.length + 1) }
      this.events.push(event)
      for (const { channel, key } of messages) this.outbox.add(channel, key, event)
    }
  }

  override since(sequence: string, limit: number): Promise<readonly FeedEvent[]> {
    if (this.isDown) return Promise.reject(new Error('The database is gone.'))
    const from = Math.max(0, Number(sequence) - this.kept)
    return Promise.resolve(this.events.slice(from, from + limit))
  }

  override told(type: string, from: number): Promise<readonly FeedEvent[]> {
    if (this.isDown) return Promise.reject(new Error('The database is gone.'))
    return Promise.resolve(this.events.filter((one) => one.type === type && one.at >= from))
  }

  override bounds(): Promise<{ readonly kept: string; readonly latest: string }> {
    return Promise.resolve({ kept: String(this.kept), latest: String(this.kept + this.events.length) })
  }

  /** Deletes the oldest events. */
  forget(count: number): void {
    this.events.splice(0, count)
    this.kept += count
  }
}

/** Messages that wait in memory. */
export class MemoryOutbox extends Outbox {
  readonly rows: { message: Message; key: string | undefined; dueAt: number; outcome?: 'delivered' | 'given_up' }[] = []

  add(channel: string, key: string | undefined, event: FeedEvent): void {
    if (key !== undefined && this.rows.some((one) => one.message.channel === channel && one.key === key)) return
    const message = { id: String(this.rows.length + 1), channel, event, createdAt: event.at, attempt: 0 }
    this.rows.push({ message, key, dueAt: event.at })
  }

  override take(channel: string, { now, until }: { readonly now: number; readonly until: number }, limit: number) {
    const due = this.rows.filter((one) => one.message.channel === channel && !one.outcome && one.dueAt <= now)
    const taken = due.slice(0, limit)
    for (const row of taken) {
      row.dueAt = until
      row.message = { ...row.message, attempt: row.message.attempt + 1 }
    }
    return Promise.resolve(taken.map(({ message }) => message))
  }

  override postpone(id: string, dueAt: number): Promise<void> {
    this.row(id).dueAt = dueAt
    return Promise.resolve()
  }

  override end(id: string, outcome: 'delivered' | 'given_up'): Promise<void> {
    this.row(id).outcome = outcome
    return Promise.resolve()
  }

  override waiting(): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>()
    for (const { message, outcome } of this.rows)
      if (!outcome) counts.set(message.channel, (counts.get(message.channel) ?? 0) + 1)
    return Promise.resolve(counts)
  }

  private row(id: string) {
    return this.rows[Number(id) - 1]!
  }
}

/** Proposals in memory. */
export class MemoryProposals extends Proposals {
  private readonly proposals = new Map<string, Proposal>()

  override open(proposal: Proposal): Promise<boolean> {
    if (this.proposals.has(proposal.id)) return Promise.resolve(false)
    this.proposals.set(proposal.id, proposal)
    return Promise.resolve(true)
  }

  override byId(id: string): Promise<Proposal | undefined> {
    return Promise.resolve(this.proposals.get(id))
  }

  override list({ state, kind, before, limit }: Parameters<Proposals['list']>[0]): Promise<readonly Proposal[]> {
    const all = [...this.proposals.values()]
    const end =
      before === undefined
        ? all.length
        : Math.max(
            0,
            all.findIndex(({ id }) => id === before),
          )
    const newestFirst = all.slice(0, end).toReversed()
    return Promise.resolve(
      newestFirst
        .filter((one) => (state === undefined || one.state === state) && (kind === undefined || one.kind === kind))
        .slice(0, limit),
    )
  }

  override save(before: Proposal, after: Proposal): Promise<void> {
    if (!isDeepStrictEqual(this.proposals.get(before.id), before))
      return Promise.reject(new ConflictError(`Proposal ${before.id} is no longer as it was read.`))
    this.proposals.set(before.id, after)
    return Promise.resolve()
  }
}

/** The limits of 5.3, counted in memory by the clock of the process. */
export class MemoryRateLimits extends CountedLimits {
  constructor(readsPerMinute = 600) {
    super(
      countersOf(
        (counted, { points, seconds }) => new RateLimiterMemory({ keyPrefix: counted, points, duration: seconds }),
        readsPerMinute,
      ),
    )
  }
}
