import { portfolioOf } from '../domain/access/proposal.js'
import type { Event } from '../domain/events.js'
import { ALL_OPEN } from '../domain/policy/breakers.js'
import type { Clock } from '../ports/clock.js'
import type { EventFeed, FeedEvent } from '../ports/event-feed.js'
import type { Lease } from '../ports/lease.js'
import type { Observer } from '../ports/observer.js'
import type { Proposals } from '../ports/proposals.js'
import type { Store } from '../ports/store.js'

const LOOK_EVERY_MS = 1_000
/** Whoever lives has written by then what it tells of. */
const SETTLE_MS = 5_000
/** Events are kept for a day more: of what is older nobody knows whether it was told. */
const KNOWN_MS = 6 * 86_400_000
const MOST_OPEN = 1_000

/**
 * Tells what a process has written down and died before telling: with every lease that is taken, what holds by the records
 * (breakers, stopped scopes, proposals that wait) and has no event in the feed is told of once more. What has ended by then
 * is not.
 */
export class TellUntold {
  constructor(
    private readonly deps: {
      store: Store
      proposals: Proposals
      feed: EventFeed
      /** Who writes the feed, and nobody else: the records have it already. */
      news: Pick<Observer, 'notify'>
      lease: Lease
      clock: Clock
      observer: Observer
    },
  ) {}

  /** Ends when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { lease, clock, observer } = this.deps
    let toldIn: number | undefined
    while (!signal.aborted) {
      if (lease.isHeld() && lease.epoch() !== toldIn) {
        const [epoch, taken] = [lease.epoch(), clock.now()]
        await clock.sleep(SETTLE_MS, signal)
        try {
          if (!signal.aborted) await this.look(taken)
          toldIn = epoch
        } catch (error) {
          observer.notify({ type: 'failed', what: 'telling what nobody was told', isRetried: true, error })
        }
      }
      await clock.sleep(LOOK_EVERY_MS, signal)
    }
  }

  /** Of what was written down until `until`, in milliseconds since 1970. */
  async look(until: number): Promise<void> {
    const { feed, news } = this.deps
    const standing = (await this.standing()).filter(({ at }) => at <= until && at > until - KNOWN_MS)
    for (const type of new Set(standing.map(({ event }) => event.type))) {
      const told = await feed.told(type, until - KNOWN_MS)
      for (const { event, at, isOf } of standing)
        if (event.type === type && !told.some((one) => one.at >= at && isOf(one.data))) news.notify(event)
    }
  }

  private async standing(): Promise<{ event: Event; at: number; isOf: (data: FeedEvent['data']) => boolean }[]> {
    const { store, proposals } = this.deps
    const [breakers, states, waiting] = await Promise.all([
      store.breakers({ isOpen: true, limit: ALL_OPEN }),
      store.operatingStates(),
      proposals.list({ state: 'open', limit: MOST_OPEN }),
    ])
    return [
      ...breakers.map((trip) => ({
        event: { type: 'breaker-tripped', trip, at: trip.trippedAt, isEarlier: false } as const,
        at: trip.trippedAt,
        isOf: ({ breaker, scope }: FeedEvent['data']) => breaker === trip.code && scope === trip.scope,
      })),
      ...states.map((state) => ({
        event: { type: 'scope-changed', state, isEarlier: false } as const,
        at: state.since,
        isOf: ({ scope, state: level }: FeedEvent['data']) => scope === state.scope && level === state.level,
      })),
      ...waiting.map((proposal) => ({
        event: { type: 'approval-wanted', portfolio: portfolioOf(proposal), proposal } as const,
        at: proposal.proposedAt,
        isOf: ({ proposal: id }: FeedEvent['data']) => id === proposal.id,
      })),
    ]
  }
}
