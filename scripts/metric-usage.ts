import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { read, type Selector, substitute } from './promql.js'

const files = join(import.meta.dirname, '..', 'helm', 'evenkeel', 'files')

/** A query that is shipped, and where. */
export interface ShippedQuery {
  /** Title of a dashboard, or the name of an alert or recording rule. */
  readonly place: string
  readonly kind: 'dashboard' | 'annotation' | 'alert' | 'recording'
  readonly expr: string
  readonly selectors: readonly Selector[]
  /** Title of the panel that asks it. */
  readonly panel?: string
  /** Asked for one moment, not over time. */
  readonly isInstant?: boolean
}

/** Metrics that neither a dashboard nor a rule uses, with the reason. */
export const UNUSED: Readonly<Record<string, string>> = {
  evenkeel_audit_records: 'Tells how much a verification took; of interest beside an audit of the log only.',
  evenkeel_trace_spans_total: 'Traces are off unless they are wanted, and one line of the log says that they are lost.',
  nodejs_active_handles: 'Kinds of open handles, for whoever looks for a leak.',
  nodejs_active_handles_total: 'Open handles, for whoever looks for a leak.',
  nodejs_active_requests: 'Kinds of requests under way in the runtime, for whoever looks for a leak.',
  nodejs_active_requests_total: 'Requests under way in the runtime, for whoever looks for a leak.',
  nodejs_active_resources: 'Kinds of resources that keep the process alive, for whoever looks for a leak.',
  nodejs_active_resources_total: 'Resources that keep the process alive, for whoever looks for a leak.',
  nodejs_eventloop_lag_max_seconds: 'The p99 is watched; one long turn alone is none.',
  nodejs_eventloop_lag_mean_seconds: 'The p99 is watched.',
  nodejs_eventloop_lag_min_seconds: 'The p99 is watched.',
  nodejs_eventloop_lag_p50_seconds: 'The p99 is watched.',
  nodejs_eventloop_lag_p90_seconds: 'The p99 is watched.',
  nodejs_eventloop_lag_seconds: 'One sample at the scrape; the p99 is watched.',
  nodejs_eventloop_lag_stddev_seconds: 'The p99 is watched.',
  nodejs_external_memory_bytes: 'Part of the resident memory, for whoever looks for a leak.',
  nodejs_heap_size_total_bytes: 'What is used of the heap is shown.',
  nodejs_heap_space_size_available_bytes: 'Spaces of the heap, for whoever looks for a leak.',
  nodejs_heap_space_size_total_bytes: 'Spaces of the heap, for whoever looks for a leak.',
  nodejs_heap_space_size_used_bytes: 'Spaces of the heap, for whoever looks for a leak.',
  nodejs_version_info: 'The same is a label of evenkeel_build_info.',
  process_cpu_system_seconds_total: 'The sum of user and system time is shown.',
  process_cpu_user_seconds_total: 'The sum of user and system time is shown.',
  process_heap_bytes: 'What is used of the heap is shown.',
  process_max_fds: 'Connections are few and bounded.',
  process_open_fds: 'Connections are few and bounded.',
  process_virtual_memory_bytes: 'The resident memory is what a limit is about.',
}

interface Rule {
  readonly alert?: string
  readonly record?: string
  readonly expr: string
}

/** Everything that the chart ships for Prometheus and Grafana, as committed. */
export function shippedQueries(): ShippedQuery[] {
  return [...ofDashboards(), ...ofRules()]
}

function ofDashboards(): ShippedQuery[] {
  const folder = join(files, 'dashboards')
  return readdirSync(folder).flatMap((file) => {
    const { title, panels, annotations } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
      title: string
      panels: { title: string; targets?: { expr: string; instant?: boolean }[] }[]
      annotations: { list: { expr: string }[] }
    }
    const shipped = (kind: ShippedQuery['kind'], { expr }: { expr: string }): ShippedQuery => ({
      place: title.replace('Evenkeel / ', ''),
      kind,
      expr,
      selectors: read(substitute(expr)).selectors,
    })
    return [
      ...panels.flatMap(({ title: panel, targets = [] }) =>
        targets.map((one) => ({ ...shipped('dashboard', one), panel, isInstant: one.instant ?? false })),
      ),
      ...annotations.list.map((one) => shipped('annotation', one)),
    ]
  })
}

function ofRules(): ShippedQuery[] {
  const { groups } = parse(readFileSync(join(files, 'rules', 'evenkeel.yaml'), 'utf8')) as {
    groups: { rules: Rule[] }[]
  }
  return groups.flatMap(({ rules }) =>
    rules.map(({ alert, record, expr }): ShippedQuery => ({
      place: alert ?? record ?? '',
      kind: alert === undefined ? 'recording' : 'alert',
      expr,
      selectors: read(expr).selectors,
    })),
  )
}
