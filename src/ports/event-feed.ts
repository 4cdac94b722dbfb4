/** Something that happened, as it is told outside. */
export interface FeedEvent {
  /** Rising; may have gaps. */
  readonly sequence: string
  /** Milliseconds since 1970. */
  readonly at: number
  /** `cycle-ended`, `breaker-tripped`, … */
  readonly type: string
  readonly portfolio: string | undefined
  /** Plain JSON values: no bigints. */
  readonly data: Readonly<Record<string, unknown>>
}

/** What happened, written down for whoever listens, now or later. Kept for seven days. */
export abstract class EventFeed {
  abstract append(event: Omit<FeedEvent, 'sequence'>): Promise<void>
  /** Oldest first, those after this sequence; from now on for undefined, which gives none. */
  abstract since(sequence: string | undefined, limit: number): Promise<readonly FeedEvent[]>
  /** The latest sequence; '0' before the first. */
  abstract latest(): Promise<string>
}
