import type { Channel, Delivery } from '../ports/channels.js'
import type { Clock } from '../ports/clock.js'
import type { Observer } from '../ports/observer.js'
import type { Message, Outbox } from '../ports/outbox.js'

const POLL_MS = 1_000
const TAKEN_AT_ONCE = 10
/** Longer than sending as many takes: what is left after it, nobody is sending any more. */
const TAKEN_FOR_MS = 90_000
const FIRST_PAUSE_MS = 2_000
const LONGEST_PAUSE_MS = 15 * 60_000
const GIVEN_UP_AFTER_MS = 24 * 3_600_000
const COUNT_EVERY_MS = 15_000

/**
 * Sends what waits in the outbox, each channel for itself: one that hangs holds up no other. A message is tried until it is
 * taken, ever more seldom, for a day; one that is refused for good is given up at once. At least once, and mostly in the
 * order in which things happened: behind one that fails others go on. Every process sends, whether it leads or not.
 */
export class SendNotifications {
  constructor(
    private readonly deps: {
      outbox: Outbox
      channels: readonly Channel[]
      clock: Clock
      observer: Observer
      /** From 0 to 1, so that what failed together is not tried together. */
      random: () => number
      pollMs?: number
    },
  ) {}

  /** Ends when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { channels } = this.deps
    if (channels.length === 0) return
    await Promise.all([...channels.map((channel) => this.serve(channel, signal)), this.count(signal)])
  }

  private async serve(channel: Channel, signal: AbortSignal): Promise<void> {
    const { clock, observer, pollMs = POLL_MS } = this.deps
    while (!signal.aborted) {
      const sent = await this.sendDue(channel, signal).catch((error: unknown) => {
        observer.notify({ type: 'failed', what: `sending notifications to ${channel.name}`, isRetried: true, error })
        return 0
      })
      if (sent === 0) await clock.sleep(pollMs, signal)
    }
  }

  /** How many were tried. */
  async sendDue(channel: Channel, signal: AbortSignal): Promise<number> {
    const { outbox, clock } = this.deps
    const now = clock.now()
    const due = await outbox.take(channel.name, { now, until: now + TAKEN_FOR_MS }, TAKEN_AT_ONCE)
    for (const message of due)
      if (signal.aborted) await outbox.postpone(message.id, clock.now())
      else await this.send(channel, message, signal)
    return due.length
  }

  private async send(channel: Channel, message: Message, signal: AbortSignal): Promise<void> {
    const { outbox, clock, observer } = this.deps
    const delivery = await channel.deliver(message, clock.now(), signal)
    const now = clock.now()
    if (delivery.status === 'failed' && signal.aborted) return outbox.postpone(message.id, now)
    const outcome = outcomeOf(message, delivery, now)
    if (outcome === 'retried') await outbox.postpone(message.id, now + this.pauseOf(message, delivery))
    else await outbox.end(message.id, outcome, now)
    const detail = delivery.status === 'failed' ? delivery.detail : ''
    observer.notify({ type: 'notified', channel: channel.name, outcome, detail })
  }

  private pauseOf({ attempt }: Message, delivery: Delivery): number {
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS)
    const asked = delivery.status === 'failed' ? (delivery.retryAfterMs ?? 0) : 0
    return Math.min(Math.max(pause * (0.5 + this.deps.random() / 2), asked), LONGEST_PAUSE_MS)
  }

  private async count(signal: AbortSignal): Promise<void> {
    const { outbox, channels, clock, observer } = this.deps
    while (!signal.aborted) {
      // Where it cannot be counted nothing can be sent either, which is told.
      const waiting = await outbox.waiting().catch(() => undefined)
      if (waiting)
        for (const { name } of channels)
          observer.notify({ type: 'notifications-waiting', channel: name, count: waiting.get(name) ?? 0 })
      await clock.sleep(COUNT_EVERY_MS, signal)
    }
  }
}

function outcomeOf({ createdAt }: Message, delivery: Delivery, now: number): 'delivered' | 'retried' | 'given_up' {
  if (delivery.status === 'delivered') return 'delivered'
  return delivery.isFinal || now - createdAt >= GIVEN_UP_AFTER_MS ? 'given_up' : 'retried'
}
