import { type Alert, AlertReceiver, type Delivery } from '../../ports/channels.js'
import { post } from './post.js'

/** Alertmanager by its API of version 2. */
export class Alertmanager extends AlertReceiver {
  override readonly name: string
  private readonly url: string

  constructor(
    private readonly options: {
      readonly name: string
      /** Without `/api/v2/alerts`. */
      readonly url: string
      /** Beside the labels of every alert. */
      readonly labels: Readonly<Record<string, string>>
      readonly timeoutMs?: number
    },
  ) {
    super()
    this.name = options.name
    this.url = `${options.url.replace(/\/+$/, '')}/api/v2/alerts`
  }

  override tell(alerts: readonly Alert[], signal: AbortSignal): Promise<Delivery> {
    const { labels, timeoutMs } = this.options
    const body = JSON.stringify(
      alerts.map((alert) => ({
        labels: { ...labels, ...alert.labels },
        annotations: { summary: alert.summary },
        startsAt: new Date(alert.startsAt).toISOString(),
        endsAt: new Date(alert.endsAt).toISOString(),
      })),
    )
    return post({ url: this.url, body, ...(timeoutMs !== undefined && { timeoutMs }) }, signal)
  }
}
