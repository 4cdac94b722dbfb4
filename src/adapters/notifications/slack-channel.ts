import { Channel, type Delivery } from '../../ports/channels.js'
import type { Message } from '../../ports/outbox.js'
import { post } from './post.js'
import { sentenceOf } from './sentences.js'

const LONGEST_TEXT = 2_500

/** Posts a sentence as `{"text": …}`, as the incoming webhooks of Slack and of many others take it. */
export class SlackChannel extends Channel {
  override readonly name: string

  constructor(
    private readonly options: {
      readonly name: string
      readonly url: string
      /** Name of this installation, before every sentence. */
      readonly environment: string
      readonly timeoutMs?: number
    },
  ) {
    super()
    this.name = options.name
  }

  override deliver({ event }: Message, _now: number, signal: AbortSignal): Promise<Delivery> {
    const { url, environment, timeoutMs } = this.options
    const whole = `[${environment}] ${sentenceOf(event)}`
    const text = whole.length > LONGEST_TEXT ? `${whole.slice(0, LONGEST_TEXT)}…` : whole
    const body = JSON.stringify({ text: escaped(text) })
    return post({ url, body, ...(timeoutMs !== undefined && { timeoutMs }) }, signal)
  }
}

/** Nothing in it is a link or calls anybody. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
