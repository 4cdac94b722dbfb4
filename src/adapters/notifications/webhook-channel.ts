import { createHmac } from 'node:crypto'
import { Channel, type Delivery } from '../../ports/channels.js'
import { eventAsTold } from '../../ports/event-feed.js'
import type { Message } from '../../ports/outbox.js'
import { post } from './post.js'

/**
 * Posts the event as JSON, with its id. The signature is the HMAC-SHA256 of `<timestamp>.<body>`, in hexadecimal: whoever
 * compares it, and refuses old timestamps, knows that we sent exactly this, not long ago.
 */
export class WebhookChannel extends Channel {
  override readonly name: string

  constructor(
    private readonly options: {
      readonly name: string
      readonly url: string
      readonly secret: string
      readonly timeoutMs?: number
    },
  ) {
    super()
    this.name = options.name
  }

  override deliver({ event, attempt }: Message, now: number, signal: AbortSignal): Promise<Delivery> {
    const { url, secret, timeoutMs } = this.options
    const body = JSON.stringify({ id: event.sequence, ...eventAsTold(event) })
    const timestamp = String(Math.floor(now / 1000))
    const headers = {
      'Evenkeel-Event-Id': event.sequence,
      'Evenkeel-Attempt': String(attempt),
      'Evenkeel-Timestamp': timestamp,
      'Evenkeel-Signature': `v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`,
    }
    return post({ url, body, headers, ...(timeoutMs !== undefined && { timeoutMs }) }, signal)
  }
}
