import { figure, graph, layered, list, rare, stacked, thresholds, UNITS } from './panels.js'
import type { Frame } from './frame.js'
import { max, of, perHour, perSecond, quantile, query, rows, shown } from './queries.js'

const http = of('http_request_duration_seconds')
const httpCount = of('http_request_duration_seconds_count')
const perInstance = (metric: string) => max('instance', of(metric))

export const service: Frame = {
  name: 'service',
  title: 'Service',
  question: 'Is the process well?',
  hasPortfolios: false,
  rows: [
    [
      'Process',
      [
        figure(
          { title: 'Running since', text: 'A recent time that nobody caused is a restart.', unit: UNITS.time },
          query(`1000 * ${perInstance('process_start_time_seconds')}`, '{{instance}}'),
        ).span(8),
        figure(
          {
            title: 'Restarts',
            text: 'In the time shown, of each instance.',
            unit: UNITS.count,
          },
          query(`sum by (instance) (changes(${of('process_start_time_seconds')}[$__range]))`, '{{instance}}'),
        )
          .span(8)
          .decimals(0)
          .thresholds(thresholds(['green', [1, 'orange']])),
        figure(
          {
            title: 'Audit log verified',
            text: 'When the whole chain was last read and found to fit. Three hours without that are an alert.',
            unit: UNITS.time,
          },
          query(`1000 * max(${of('evenkeel_audit_verified_timestamp_seconds')})`, 'verified'),
        ).span(8),
        graph(
          {
            title: 'Lag of the event loop',
            text: 'p99. Above 0.2 s for minutes the process has more to do than it can.',
            unit: UNITS.seconds,
          },
          query(perInstance('nodejs_eventloop_lag_p99_seconds'), '{{instance}}'),
        )
          .min(0)
          .span(8),
        graph(
          { title: 'Memory', text: 'Resident, and used of the heap.', unit: UNITS.bytes },
          query(perInstance('process_resident_memory_bytes'), 'resident, {{instance}}'),
          query(perInstance('nodejs_heap_size_used_bytes'), 'heap, {{instance}}'),
        )
          .min(0)
          .span(8),
        graph(
          {
            title: 'Processor and garbage collection',
            text: 'Seconds of work a second: of all threads, and of collecting garbage.',
            unit: UNITS.ratio,
          },
          query(perSecond('instance', of('process_cpu_seconds_total')), 'processor, {{instance}}'),
          query(perSecond('instance', of('nodejs_gc_duration_seconds_sum')), 'garbage, {{instance}}'),
        )
          .min(0)
          .span(8),
      ],
    ],
    [
      'Admin API',
      [
        stacked(
          {
            title: 'Requests by route',
            text: 'Of the admin port. Requests that no route took are other.',
            unit: UNITS.perSecond,
          },
          query(shown(perSecond('method, route', httpCount), 'route'), '{{method}} {{route}}'),
        ).span(8),
        rare(
          {
            title: 'Requests by outcome, an hour',
            text: 'Denied: no valid credential or not its scope. Conflict: it has changed meanwhile. Error: ours.',
            unit: UNITS.count,
          },
          query(shown(perHour('outcome', of('evenkeel_admin_requests_total')), 'outcome'), '{{outcome}}'),
        ).span(8),
        graph(
          {
            title: 'Time to an answer',
            text: '95 % of the answers came sooner. Absent while nobody asks.',
            unit: UNITS.seconds,
          },
          query(quantile(0.95, 'route', http), '{{route}}'),
        )
          .min(0)
          .span(8),
        rare(
          {
            title: 'Deeds, an hour',
            text: 'Requests that change something, by the name the audit log has for them.',
            unit: UNITS.count,
          },
          query(
            shown(perHour('action, outcome', of('evenkeel_admin_requests_total', 'action!~"read|other"')), 'action'),
            '{{action}} {{outcome}}',
          ),
        ),
        list(
          {
            title: 'Proposals that wait',
            text: 'By kind; each expires a quarter of an hour after it was made.',
            unit: UNITS.count,
          },
          { Proposals: 'A' },
          rows(max('kind', of('evenkeel_approvals_pending'))),
        ),
      ],
    ],
    [
      'Database and telling',
      [
        layered(
          {
            title: 'Connections to the database',
            text: 'Idle, in use, and statements that wait for one, for work and for reads over the admin API. Waiting for long means that the pool is too small or the database slow.',
            unit: UNITS.count,
          },
          query(`sum by (pool, state) (${of('evenkeel_db_pool_connections')})`, '{{pool}} {{state}}'),
        ),
        graph(
          {
            title: 'Time of statements',
            text: '95 % were answered sooner, by kind of statement; the wait for a connection is not in it.',
            unit: UNITS.seconds,
          },
          query(quantile(0.95, 'operation', of('evenkeel_db_query_duration_seconds')), '{{operation}}'),
        ).min(0),
        rare(
          {
            title: 'Notifications by outcome, an hour',
            text: 'Attempts by channel. One that is given up is told nobody.',
            unit: UNITS.count,
          },
          query(
            shown(perHour('channel, outcome', of('evenkeel_notifications_total')), 'outcome'),
            '{{channel}} {{outcome}}',
          ),
        ).span(8),
        graph(
          {
            title: 'Notifications that wait',
            text: 'By channel, among them those that are tried again.',
            unit: UNITS.count,
          },
          query(
            `${max('channel', of('evenkeel_notifications_waiting'))} or on () label_replace(vector(0), "channel", "no channel", "", "")`,
            '{{channel}}',
          ),
        )
          .min(0)
          .span(8),
        rare(
          {
            title: 'Events dropped, an hour',
            text: 'Events that could not be written into the feed or the audit log, because too many waited.',
            unit: UNITS.count,
          },
          query(perHour('place', of('evenkeel_events_dropped_total')), '{{place}}'),
        ).span(8),
      ],
    ],
  ],
}
