import type { Registry } from 'prom-client'
import { type Event, SPAN_OUTCOMES } from '../../domain/events.js'
import { combine, metricMakers } from './metric-makers.js'
import type { MetricLabels } from './metrics.js'

type EventOf<T extends Event['type']> = Extract<Event, { type: T }>

const PLACES = ['feed', 'audit'] as const
const OUTCOMES = ['delivered', 'retried', 'given_up'] as const

/** What becomes of what people and programs outside are told, traces too, and whether the audit log fits. */
export class TellingMetrics {
  private readonly metrics: ReturnType<typeof createTellingMetrics>

  constructor(registry: Registry, labels: MetricLabels) {
    this.metrics = createTellingMetrics(registry, labels)
  }

  eventsDropped({ place, count }: EventOf<'events-dropped'>): void {
    this.metrics.dropped.inc({ place }, count)
  }

  notified({ channel, outcome }: EventOf<'notified'>): void {
    this.metrics.notifications.inc({ channel, outcome })
  }

  waiting({ channel, count }: EventOf<'notifications-waiting'>): void {
    this.metrics.waiting.set({ channel }, count)
  }

  spansSent({ outcome, count }: EventOf<'spans-sent'>): void {
    this.metrics.spans.inc({ outcome }, count)
  }

  auditVerified({ count, at }: EventOf<'audit-verified'>): void {
    this.metrics.auditRecords.set(count)
    this.metrics.auditVerified.set(at / 1000)
  }
}

function createTellingMetrics(registry: Registry, { channels }: MetricLabels) {
  const { gauge, counter } = metricMakers(registry)
  return {
    dropped: counter(
      'events_dropped_total',
      'Events that could not be written into the feed or the audit log, because too many waited.',
      ['place'],
      combine({ place: PLACES }),
    ),
    notifications: counter(
      'notifications_total',
      'Attempts to notify, by what came of them.',
      ['channel', 'outcome'],
      combine({ channel: channels, outcome: OUTCOMES }),
    ),
    spans: counter(
      'trace_spans_total',
      'Spans of traces by what became of them; none where traces are off.',
      ['outcome'],
      combine({ outcome: SPAN_OUTCOMES }),
    ),
    waiting: gauge('notifications_waiting', 'Messages that wait to be delivered.', ['channel']),
    auditVerified: gauge('audit_verified_timestamp_seconds', 'When the audit log was last read and found to fit.'),
    auditRecords: gauge('audit_records', 'Records of the audit log, as of then.'),
  }
}
