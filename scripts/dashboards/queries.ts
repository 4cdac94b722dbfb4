import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'

/** Where every query is asked. */
export const SOURCE = { type: 'prometheus', uid: '${datasource}' }

/** Selectors of one series of ours in the chosen installation and on the chosen instances. `labels` as PromQL writes them. */
export function of(metric: string, labels = ''): string {
  return `${metric}{namespace=~"$namespace", job=~"$job", instance=~"$instance"${labels === '' ? '' : `, ${labels}`}}`
}

/** The same of the chosen portfolios. */
export function ofPortfolio(metric: string, labels = ''): string {
  return of(metric, `portfolio=~"$portfolio"${labels === '' ? '' : `, ${labels}`}`)
}

/**
 * One value for each of the labels: what only the holder of the lease exports is there once, and what every replica
 * exports agrees.
 */
export function max(by: string, of: string): string {
  return `max by (${by}) (${of})`
}

/** Events an hour; they are rare. */
export function perHour(by: string, counter: string): string {
  return `3600 * sum by (${by}) (rate(${counter}[$__rate_interval]))`
}

export function perSecond(by: string, counter: string): string {
  return `sum by (${by}) (rate(${counter}[$__rate_interval]))`
}

/** The same of a sum over the whole time shown, for figures and bars. */
export function inRange(by: string, counter: string): string {
  return `sum by (${by}) (increase(${counter}[$__range]))`
}

/** What is not 0, or one 0 called none: what exists for every combination of labels is too much to show. */
export function shown(expr: string, label: string): string {
  return `${expr} > 0 or on () label_replace(vector(0), "${label}", "none", "", "")`
}

/** A quantile of what was observed lately. `buckets` selects the metric itself, without `_bucket`. */
export function quantile(q: number, by: string, buckets: string): string {
  return `histogram_quantile(${q}, sum by (${by}, le) (rate(${bucketsOf(buckets)}[$__rate_interval])))`
}

/** The same of everything observed in the time shown. */
export function quantileInRange(q: number, by: string, buckets: string): string {
  return `histogram_quantile(${q}, sum by (${by}, le) (increase(${bucketsOf(buckets)}[$__range])))`
}

export function bucketsOf(selector: string): string {
  return selector.replace('{', '_bucket{')
}

export function query(expr: string, legend = ''): DataqueryBuilder {
  return base(expr, legend).range()
}

/** Asked once, for the end of the time shown. */
export function rows(expr: string): DataqueryBuilder {
  return base(expr, '').instant().format(PromQueryFormat.Table)
}

export function buckets(expr: string): DataqueryBuilder {
  return base(expr, '{{le}}').range().format(PromQueryFormat.Heatmap)
}

function base(expr: string, legend: string): DataqueryBuilder {
  const made = new DataqueryBuilder().datasource(SOURCE).expr(expr)
  return legend === '' ? made : made.legendFormat(legend)
}
