import type { Message } from './outbox.js'

/** What came of an attempt. */
export type Delivery =
  | { readonly status: 'delivered' }
  | {
      readonly status: 'failed'
      /** Trying again cannot help. */
      readonly isFinal: boolean
      /** Without secrets. */
      readonly detail: string
      /** The receiver asked not to be tried before this time has passed. */
      readonly retryAfterMs?: number
    }

/** A way to tell people. */
export abstract class Channel {
  abstract readonly name: string
  /** Never rejects, and comes back within seconds, whatever the receiver does. `now` in milliseconds since 1970. */
  abstract deliver(message: Message, now: number, signal: AbortSignal): Promise<Delivery>
}

/** Something that is so now and that somebody should look at. */
export interface Alert {
  /** What it is, and which one: the same for as long as it lasts. */
  readonly labels: Readonly<Record<string, string>>
  readonly summary: string
  /** Milliseconds since 1970. */
  readonly startsAt: number
  /** In the future for one that lasts: it ends by itself then, unless it is told anew. */
  readonly endsAt: number
}

/** Whoever keeps alerts for people. */
export abstract class AlertReceiver {
  abstract readonly name: string
  /** As `Channel.deliver`. */
  abstract tell(alerts: readonly Alert[], signal: AbortSignal): Promise<Delivery>
}
