import type { FeedEvent } from './event-feed.js'

/** An event that is to be sent over a channel. */
export interface Message {
  /** Names it for ever, whoever sends it and how often. */
  readonly id: string
  readonly channel: string
  readonly event: FeedEvent
  /** When it was written, in milliseconds since 1970. */
  readonly createdAt: number
  /** From 1, the one that begins with taking it included. */
  readonly attempt: number
}

/**
 * Messages that wait to be sent. Several processes may take from it: each message is with one of them at a time, until it
 * has ended or the time of whoever took it is over. Needs no lease. Ended ones are kept for seven days.
 */
export abstract class Outbox {
  /** Those that are due, oldest first. Until `until` nobody else gets them. Times in milliseconds since 1970. */
  abstract take(
    channel: string,
    when: { readonly now: number; readonly until: number },
    limit: number,
  ): Promise<readonly Message[]>
  abstract postpone(id: string, dueAt: number): Promise<void>
  abstract end(id: string, outcome: 'delivered' | 'given_up', at: number): Promise<void>
  /** How many wait, by channel; none for a channel without any. */
  abstract waiting(): Promise<ReadonlyMap<string, number>>
}
