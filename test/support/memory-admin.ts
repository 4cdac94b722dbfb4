import { isDeepStrictEqual } from 'node:util'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { CountedLimits, countersOf } from '../../src/adapters/limits/counted-limits.js'
import { EventFeed, type FeedEvent } from '../../src/ports/event-feed.js'
import { Idempotency, type StoredAnswer } from '../../src/ports/idempotency.js'
import { type Proposal, Proposals } from '../../src/ports/proposals.js'
import { ConflictError } from '../../src/ports/store.js'

/** Idempotency keys in memory. */
export class MemoryIdempotency extends Idempotency {
  private readonly calls = new Map<string, { fingerprint: string; at: number; answer: StoredAnswer | undefined }>()

  override begin({ subject, key, fingerprint, at }: Parameters<Idempotency['begin']>[0]) {
    const known = this.calls.get(placeOf(subject, key))
    const isOld = !known || known.at <= at - 7 * 86_400_000
    const isLeft = known?.answer === undefined && known?.fingerprint === fingerprint && known.at <= at - 60_000
    if (isOld || isLeft) {
      this.calls.set(placeOf(subject, key), { fingerprint, at, answer: undefined })
      return Promise.resolve({ status: 'begun' } as const)
    }
    if (known.fingerprint !== fingerprint) return Promise.resolve({ status: 'mismatch' } as const)
    if (!known.answer) return Promise.resolve({ status: 'running' } as const)
    return Promise.resolve({ status: 'finished', answer: known.answer } as const)
  }

  override finish(subject: string, key: string, answer: StoredAnswer): Promise<void> {
    const known = this.calls.get(placeOf(subject, key))
    if (known) known.answer ??= answer
    return Promise.resolve()
  }

  override abandon(subject: string, key: string): Promise<void> {
    if (!this.calls.get(placeOf(subject, key))?.answer) this.calls.delete(placeOf(subject, key))
    return Promise.resolve()
  }
}

function placeOf(subject: string, key: string): string {
  return JSON.stringify([subject, key])
}

/** A feed of events in memory, of which none is ever deleted. */
export class MemoryEventFeed extends EventFeed {
  readonly events: FeedEvent[] = []

  override append(event: Omit<FeedEvent, 'sequence'>): Promise<void> {
    const data = JSON.parse(JSON.stringify(event.data)) as FeedEvent['data']
    this.events.push({ ...event, data, sequence: String(this.events.length + 1) })
    return Promise.resolve()
  }

  override since(sequence: string | undefined, limit: number): Promise<readonly FeedEvent[]> {
    const from = sequence === undefined ? this.events.length : Number(sequence)
    return Promise.resolve(this.events.slice(from, from + limit))
  }

  override latest(): Promise<string> {
    return Promise.resolve(String(this.events.length))
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

  override list({ state, limit }: Parameters<Proposals['list']>[0]): Promise<readonly Proposal[]> {
    const newestFirst = [...this.proposals.values()].toReversed()
    return Promise.resolve(newestFirst.filter((one) => state === undefined || one.state === state).slice(0, limit))
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
