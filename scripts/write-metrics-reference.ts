// Writes docs/metrics.md from the registry of the daemon, the shipped dashboards and the shipped rules. With --check it
// writes nothing and fails when the committed file differs.
import { readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import prettier from 'prettier'
import { type MetricObjectWithValues, type MetricValue, Registry } from 'prom-client'
import { createLogger } from '../src/adapters/observability/log.js'
import { EventObserver } from '../src/adapters/observability/observer.js'
import { SystemClock } from '../src/adapters/time/system-clock.js'
import { loadConfig } from '../src/config/load.js'
import { metricLabelsOf } from '../src/config/portfolios.js'
import { actionsOf } from '../src/interface/http/access/registered-routes.js'
import { API_CONTROLLERS } from '../src/interface/http/api-controllers.js'
import { shippedQueries, UNUSED } from './metric-usage.js'
import { metricOf } from './promql.js'

const root = join(import.meta.dirname, '..')
const file = join(root, 'docs', 'metrics.md')
const name = relative(root, file)

/** Sections in their order, and the names that belong to each; the first that fits has the metric. */
const SECTIONS: readonly (readonly [title: string, names: RegExp])[] = [
  ['Control', /^evenkeel_(build|config|operating|breaker|lease|approvals|admin|audit)/],
  ['Portfolio and drift', /^evenkeel_(portfolio|position|asset|valuation|price|reconciliation|regime|forecast|target)/],
  ['Decisions and plans', /^evenkeel_(cycle|decision|shadow|plan|policy|budget|daily)/],
  ['Trades and slippage', /^evenkeel_(trade|slippage|quote)/],
  ['Transactions and signer', /^evenkeel_(transaction|account|signer|unexpected)/],
  ['Bridges', /^evenkeel_bridge/],
  ['Chains and endpoints', /^evenkeel_(rpc|chain)/],
  ['Service', /^(evenkeel_(db|notifications|events|trace_)|http)/],
  ['Process', /^(process|nodejs)_/],
]

/** Labels whose values the configuration names, or whose values are too many for a table. */
const LABELS: Readonly<Record<string, string>> = {
  account: 'alias of an account',
  action: 'what the audit log calls a request, `read` for those that change nothing, `other` where no route took it',
  agrees: '`true` or `false`',
  asset: 'key of an asset',
  benchmark: '`quote`: the accepted quote; `oracle`: our own prices at the decision',
  breaker: 'rule that trips it, `B-01` and on',
  bridge: 'name of a bridge; `other` for one that the configuration does not name',
  budget:
    'a cap: `turnover_hour`, `turnover_day`, `loss_day`, `gas_day`, `transactions_hour`, `cycles_day`, `bridge_in_flight`',
  chain: 'key of a chain',
  channel: 'name of a channel of notifications',
  code: 'closed code, as in the log line of the same event',
  config_hash: 'hash of the configuration in force',
  destination_chain: 'key of the chain where money arrives',
  endpoint: 'alias of an endpoint, never its URL',
  id: 'key of the scope: of a portfolio, chain, venue, asset or bridge; empty for `global`',
  kind: 'of a step: `approve`, `swap`, `bridge`, `revoke`; of a proposal: `plan`, `resume`, `cancel`',
  mode: '`live` where any portfolio is, else `dry_run`',
  node_version: 'of the runtime',
  plan: '`plan`: the one that was made; `greedy`, `naive`, `nothing`: what else could have been done',
  portfolio: 'key of a portfolio',
  revision: 'revision of the source; `unknown` outside an image that was told it',
  route: 'pattern of a path of the admin API; `other` where no route took it',
  scope: '`global`, `portfolio`, `chain`, `venue`, `asset`, `bridge`',
  source: 'name of a price source',
  source_chain: 'key of the chain that money leaves',
  status: 'class of the status of an answer: `2xx`, `3xx`, `4xx`, `5xx`',
  venue: 'key of a venue',
  version: 'of the build',
}

type Metric = MetricObjectWithValues<MetricValue<string>>

const registry = new Registry()
const { file: config } = loadConfig(join(root, 'config', 'sandbox.yaml'), {})
new EventObserver({
  log: createLogger({ level: 'silent', pretty: false }),
  registry,
  labels: { ...metricLabelsOf(config, ''), channels: ['pager'], actions: actionsOf(API_CONTROLLERS) },
  clock: new SystemClock(),
  connections: () => ({ work: { idle: 0, inUse: 0, waiting: 0 }, reads: { idle: 0, inUse: 0, waiting: 0 } }),
})
const metrics = await registry.getMetricsAsJSON()
const isMetric = (one: string) => metrics.some((metric) => metric.name === one)
const uses = shippedQueries().flatMap(({ place, kind, selectors }) =>
  selectors.map(({ metric }) => ({ place, kind, metric: metricOf(metric, isMetric) })),
)

function labelsOf({ name, values }: Metric): string {
  const { labelNames } = registry.getSingleMetric(name) as unknown as { readonly labelNames: readonly string[] }
  return labelNames
    .map((label) => {
      const born = [...new Set(values.flatMap(({ labels }) => labels[label] ?? []))].map(String)
      const isOurs = !name.startsWith('nodejs_')
      if (isOurs && LABELS[label] === undefined && born.length === 0 && !name.startsWith('http_'))
        throw new Error(`${label} of ${name} is not told in LABELS of scripts/write-metrics-reference.ts.`)
      const isClosed = isOurs && LABELS[label] === undefined && born.length > 0
      return isClosed ? `\`${label}\`: ${born.join(', ')}` : `\`${label}\``
    })
    .join('; ')
}

function usesOf({ name }: Metric): string {
  const places = uses.filter(({ metric }) => metric === name)
  if (places.length === 0) return UNUSED[name] ?? ''
  const told = (kind: string) => [...new Set(places.filter((one) => one.kind === kind).map(({ place }) => place))]
  return [
    ...told('dashboard'),
    ...(told('annotation').length > 0 ? ['annotations'] : []),
    ...told('recording').map((one) => `\`${one}\``),
    ...told('alert').map((one) => `**${one}**`),
  ].join(', ')
}

function section(title: string, own: readonly Metric[]): string {
  const rows = own.map((metric) =>
    [`\`${metric.name}\``, metric.type, labelsOf(metric), metric.help.replace(/\.?$/, '.'), usesOf(metric)]
      .map((cell) => String(cell).replaceAll('|', '\\|'))
      .join(' | '),
  )
  const head = '| name | type | labels | meaning | used by |\n| --- | --- | --- | --- | --- |'
  return `## ${title}\n\n${head}\n${rows.map((row) => `| ${row} |`).join('\n')}`
}

function reference(): string {
  const placed = metrics.map((metric) => {
    const found = SECTIONS.find(([, names]) => names.test(metric.name))
    if (!found) throw new Error(`${metric.name} belongs to no section of scripts/write-metrics-reference.ts.`)
    return { metric, title: found[0] }
  })
  const sections = SECTIONS.map(([title]) =>
    section(
      title,
      placed.filter((one) => one.title === title).map((one) => one.metric),
    ),
  )
  const labels = Object.entries(LABELS).map(([label, meaning]) => `| \`${label}\` | ${meaning} |`)
  return [preface, ...sections, `## Labels\n\n| label | values |\n| --- | --- |\n${labels.join('\n')}`].join('\n\n')
}

const preface = `# Metrics

Written by \`npm run docs:metrics\` from the registry of the daemon, the dashboards and the rules; do not edit it by hand.

\`GET /metrics\` on \`server.metricsPort\` answers in the text format of Prometheus. A test holds a deployment of three
portfolios, six chains, twelve assets, four venues and four bridges under 10,000 series.

- Units are base units and stand in the name: seconds, USD, the coin of a chain, ratios of 1. Amounts are floats for
  display; exact ones are in the API and in the ledger.
- Times are timestamps, so that a process that died ages visibly: \`time() - evenkeel_valuation_timestamp_seconds\`. The two
  \`oldest\` gauges are reckoned at the scrape.
- Labels come from closed sets of the code or from the configuration. Addresses, hashes, URLs and texts of errors are in
  the log, whose lines carry the same codes.
- Counters and histograms begin at 0 for every combination that is known, so that the first event is an increase. One does
  not: \`http_request_duration_seconds\` begins with the first request of a route. Measurements are absent until there is
  one.
- What a limit is compared with is beside it: a band, a tolerance, a reserve, a period, a usual finality. Rules and
  dashboards have hardly any numbers of their own.
- A standby exports what it sees of chains, endpoints and its own process. What only the holder of the lease knows is
  exported by that holder, and taken back when the lease is lost. Aggregate with \`max by (…)\`, or \`sum by (…)\` over
  counters.
- \`evenkeel_trade_slippage_ratio\` has negative observations: gains. Use its buckets only; its sum can fall, which a
  \`rate\` takes for a restart. Averages come from \`evenkeel_trade_cost_usd_total\` over
  \`evenkeel_trade_notional_usd_total\`.
- Price impact is no component of its own: it is part of \`slippage\`, because no venue tells them apart. A venue that does
  not answer in time counts as \`error\`.

## Why it is so

What a reader may look for, and why it is not there or looks otherwise.

- **No ages, but two.** An age that is exported stands still when the process does. Only of what is open now an age is
  exported, because it is 0 where nothing is open, and a timestamp has no such value.
- **No "the audit log is valid".** A gauge that says 1 says it also when nobody has looked for a week. Instead
  \`evenkeel_audit_verified_timestamp_seconds\` says when the chain of hashes was read to its end and found whole; a break
  trips \`B-16\`. When the head was kept elsewhere is known there, not here.
- **No state \`planned\` or \`approved\` of a transaction.** Before its nonce is reserved there is no transaction, but a leg
  of a plan; what waits for people is \`evenkeel_approvals_pending\`.
- **No states of a crossing before it left and after it is claimed.** A transfer begins with the final receipt of what sent
  it, until then that is a transaction; no bridge in use has to be claimed from.
- **The nonce of the chain is that of the latest block, by quorum,** not the pending one: each endpoint has a pool of its
  own, and none of them proves anything. It is compared by the leader at least every \`execution.reconcileSeconds\`. The lag
  is reckoned at the scrape, with what was given out since.
- **Reconciliation counts by chain, differences by portfolio.** One account is one portfolio, and the chain is what has to
  be looked at first; \`evenkeel_reconciliation_difference_usd\` says whose it is. Allowances that stand are counted by both.
- **Caps are shares of themselves, by portfolio:** 1 is full, whatever the cap is in. \`evenkeel_daily_loss_ratio\` is a
  share of net value, and stands beside \`loss_day\`, its share of its cap.
- **No statements by their text.** The kind of statement is the label: texts are many, and name nobody's fault.
- **No label for pod, namespace or environment.** The scrape knows them better, and adds them. Rules and dashboards keep
  installations apart by \`namespace\`; replicas of one are joined by \`max by\` or \`sum by\`.
- **\`/metrics\` and probes are in no request metric.** They would be most of it, and say nothing.

"Used by" names dashboards, the annotations that all of them have, recording rules and, in bold, alerts; or it says why
nothing uses it.`

const options = { ...(await prettier.resolveConfig(file)), filepath: file }
const text = await prettier.format(reference(), options)
if (!process.argv.includes('--check')) {
  writeFileSync(file, text)
  process.stdout.write(`Wrote ${name}.\n`)
} else if (readFileSync(file, 'utf8') === text) process.stdout.write(`${name} matches the registry.\n`)
else {
  process.stderr.write(`${name} differs from the registry, the dashboards or the rules. Run npm run docs:metrics.\n`)
  process.exitCode = 1
}
