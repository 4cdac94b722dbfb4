/** Something that happened, as it is told outside. */
export interface FeedEvent {
  /** Rising, without gaps. */
  readonly sequence: string
  /** Milliseconds since 1970. */
  readonly at: number
  /** `cycle-ended`, `breaker-tripped`, … */
  readonly type: string
  readonly portfolio: string | undefined
  /** Plain JSON values: no bigints. */
  readonly data: Readonly<Record<string, unknown>>
}

/** An event as it goes out, over whatever way: type, time in ISO 8601 and portfolio beside what it tells. */
export function eventAsTold({
  type,
  at,
  portfolio,
  data,
}: Omit<FeedEvent, 'sequence'>): Readonly<Record<string, unknown>> {
  return { type, at: new Date(at).toISOString(), portfolio: portfolio ?? null, ...data }
}

/** An event before it has its place. */
export interface NewEvent extends Omit<FeedEvent, 'sequence'> {
  /** Whom it is to be sent to. */
  readonly messages: readonly {
    readonly channel: string
    /** A channel gets one message of a key; any number without one. */
    readonly key: string | undefined
  }[]
}

/** What happened, written down for whoever listens, now or later. Kept for seven days. */
export abstract class EventFeed {
  /** In this order, with the messages to be sent, all or nothing. Needs no lease. */
  abstract append(events: readonly NewEvent[]): Promise<void>
  /** Oldest first, those after this sequence. Whoever goes on from the last one misses none, whenever it was written. */
  abstract since(sequence: string, limit: number): Promise<readonly FeedEvent[]>
  /** Every event of a type from `from` on, in milliseconds since 1970. */
  abstract told(type: string, from: number): Promise<readonly FeedEvent[]>
  /** Everything after `kept` is there, up to `latest`. Both are '0' before the first event. */
  abstract bounds(): Promise<{ readonly kept: string; readonly latest: string }>
}
