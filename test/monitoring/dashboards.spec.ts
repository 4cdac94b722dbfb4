import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { metricOf, read, type Selector, substitute } from '../../scripts/promql.js'
import { shippedQueries, UNUSED } from '../../scripts/metric-usage.js'
import { fullDeployment, registryOf } from './full-deployment.js'

interface Target {
  readonly expr: string
  readonly legendFormat?: string
  readonly format?: string
  readonly datasource: unknown
}
interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly datasource?: unknown
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly Target[]
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } }
  readonly options?: { readonly legend?: { readonly showLegend?: boolean } }
}
interface Variable {
  readonly name: string
  readonly type: string
  readonly refresh?: number
  readonly query: string
  readonly datasource?: unknown
}
interface Dashboard {
  readonly uid: string
  readonly title: string
  readonly description: string
  readonly tags: readonly string[]
  readonly timezone: string
  readonly editable: boolean
  readonly graphTooltip: number
  readonly panels: readonly Panel[]
  readonly links: readonly object[]
  readonly templating: { readonly list: readonly Variable[] }
  readonly annotations: {
    readonly list: readonly { readonly name: string; readonly expr: string; readonly datasource: unknown }[]
  }
}

const folder = join(import.meta.dirname, '../../helm/evenkeel/files/dashboards')
const dashboards = readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Dashboard)
const source = { type: 'prometheus', uid: '${datasource}' }
const config = fullDeployment()
const registry = registryOf(config)
const metrics = new Map((await registry.getMetricsAsJSON()).map((metric) => [metric.name, metric]))
/** Labels of a metric as they are declared; buckets have `le` as well, and a scrape adds where it came from. */
const labelsOf = (name: string): readonly string[] => [
  ...(registry.getSingleMetric(name) as unknown as { readonly labelNames: readonly string[] }).labelNames,
  'le',
  'job',
  'instance',
  'namespace',
]
/** Labels whose values are what a configuration names. */
const CONFIGURED = [
  'portfolio',
  'chain',
  'asset',
  'venue',
  'bridge',
  'endpoint',
  'account',
  'source',
  'job',
  'instance',
  'namespace',
]

/** Values of labels of which a daemon has one at a time. */
const ONE_AT_A_TIME: Readonly<Record<string, readonly string[]>> = { mode: ['live', 'dry_run'] }

const isGraph = ({ type }: Panel) => ['timeseries', 'heatmap', 'status-history'].includes(type)
const drawn = ({ panels }: Dashboard) => panels.filter(({ type }) => type !== 'row')
const targetsOf = (dashboard: Dashboard) =>
  drawn(dashboard).flatMap((panel) => panel.targets!.map((target) => ({ ...target, panel })))
const findings = <T>(of: readonly T[], isFine: (one: T) => boolean, name: (one: T) => string) =>
  of.filter((one) => !isFine(one)).map(name)

/** What is wrong with what an expression selects. */
function faultsOf({ metric: series, matchers }: Selector): string[] {
  if (series === 'ALERTS' || series === 'up' || series.includes(':')) return []
  const name = metricOf(series, (one) => metrics.has(one))
  if (name === undefined) return [`${series} is no metric`]
  const born = metrics.get(name)!.values as unknown as { readonly labels: Record<string, string> }[]
  return matchers.flatMap(({ label, operator, value }) => {
    if (!labelsOf(name).includes(label)) return [`${series} has no label ${label}`]
    if (CONFIGURED.includes(label)) return []
    const isBorn = (one: string) =>
      (ONE_AT_A_TIME[label]?.includes(one) ?? false) || born.some(({ labels }) => labels[label] === one)
    const isWord = operator.startsWith('=') && /^[\w|-]+$/.test(value)
    const unknown = isWord ? value.split('|').filter((one) => !isBorn(one)) : []
    return unknown.map((one) => `${series} is never ${label}="${one}"`)
  })
}

test('a full deployment stays under 10,000 series', async () => {
  const shape = { portfolios: 3, chains: 6, assets: 12, venues: 4 }
  for (const [part, count] of Object.entries(shape))
    expect(Object.keys(config[part as keyof typeof shape])).toHaveLength(count)

  const lines = (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const counts = new Map<string, number>()
  for (const line of lines) {
    const name = /^\w+?(?=(_bucket|_sum|_count)?[ {])/.exec(line)![0]
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const largest = [...counts].toSorted(([, a], [, b]) => b - a).slice(0, 5)
  process.stdout.write(
    `${lines.length} series of ${counts.size} metrics; most: ${largest.map(([name, count]) => `${name} ${count}`).join(', ')}\n`,
  )
  expect(counts.size).toBeGreaterThan(100)
  expect(lines.length).toBeLessThan(10_000)
})

test('there are seven dashboards, each with a name of its own', () => {
  expect(dashboards.map(({ title }) => title).toSorted()).toEqual([
    'Evenkeel / Bridges',
    'Evenkeel / Chains and RPC',
    'Evenkeel / Execution and slippage',
    'Evenkeel / Overview',
    'Evenkeel / Portfolio and drift',
    'Evenkeel / Service',
    'Evenkeel / Transactions',
  ])
  expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(7)
})

describe.each(dashboards.map((dashboard) => [dashboard.title, dashboard] as const))('%s', (_, dashboard) => {
  test('is read-only, in UTC, with one crosshair, its tag, its question and links to the others', () => {
    const { editable, timezone, graphTooltip, tags, description, links } = dashboard
    expect({ editable, timezone, graphTooltip, tags }).toEqual({
      editable: false,
      timezone: 'utc',
      graphTooltip: 1,
      tags: ['evenkeel'],
    })
    expect(description).toMatch(/\?$/)
    expect(links).toMatchObject([{ type: 'dashboards', tags: ['evenkeel'], includeVars: true, keepTime: true }])
    expect(dashboard.annotations.list.map(({ name }) => name)).toEqual(['Pauses', 'Breakers', 'Deploys'])
  })

  test('has its variables, which are asked anew when the time shown changes', () => {
    const { list } = dashboard.templating
    expect(list[0]).toMatchObject({ name: 'datasource', type: 'datasource', query: 'prometheus' })
    expect(list.map(({ name }) => name)).toEqual(expect.arrayContaining(['namespace', 'job', 'instance']))
    for (const variable of list.slice(1))
      expect(variable).toMatchObject({ type: 'query', refresh: 2, datasource: source })
    // All of them has to hold for series without the label, too.
    expect(list.find(({ name }) => name === 'namespace')).toMatchObject({ multi: false, allValue: '.*' })
    const isUsed = (name: string) => JSON.stringify([dashboard.panels, list]).includes(`$${name}`)
    expect(findings(list.slice(1), ({ name }) => isUsed(name), ({ name }) => name)).toEqual([]) // prettier-ignore
  })

  test('has a title, a description, a unit and the data source on every panel', () => {
    const isComplete = ({ title, description, fieldConfig, datasource, targets }: Panel) =>
      title !== '' &&
      (description ?? '').length > 15 &&
      fieldConfig?.defaults.unit !== undefined &&
      [datasource, ...targets!.map((one) => one.datasource)].every(
        (one) => JSON.stringify(one) === JSON.stringify(source),
      )
    expect(findings(drawn(dashboard), isComplete, ({ title }) => title)).toEqual([])
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length)
    expect(new Set(drawn(dashboard).map(({ title }) => title)).size).toBe(drawn(dashboard).length)
  })

  test('names every line, and shows a legend where there are lines', () => {
    const isNamed = ({ format, legendFormat = '' }: Target) => format === 'table' || legendFormat !== ''
    expect(findings(targetsOf(dashboard), isNamed, ({ panel }) => panel.title)).toEqual([])
    const lines = dashboard.panels.filter(({ type }) => type === 'timeseries')
    expect(findings(lines, ({ options }) => options?.legend?.showLegend === true, ({ title }) => title)).toEqual([]) // prettier-ignore
  })

  test('fills the grid without an overlap', () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
    )
    expect(cells.filter((cell, index) => cells.indexOf(cell) !== index)).toEqual([])
    expect(Math.max(...dashboard.panels.map(({ gridPos }) => gridPos.x + gridPos.w))).toBe(24)
    const lines = Math.max(...dashboard.panels.map(({ gridPos }) => gridPos.y + gridPos.h))
    expect(cells).toHaveLength(24 * lines)
  })

  test('asks in PromQL that parses, for series that exist, of the chosen instances', () => {
    const queries = [...targetsOf(dashboard), ...dashboard.annotations.list]
    expect(queries.flatMap(({ expr }) => read(substitute(expr)).faults)).toEqual([])
    const selectors = queries.flatMap(({ expr }) => read(expr.replaceAll('$__', '')).selectors)
    expect(selectors.length).toBeGreaterThan(queries.length / 2)
    expect([...new Set(selectors.flatMap(faultsOf))]).toEqual([])
    const isChosen = ({ metric, matchers }: Selector) =>
      (metric === 'ALERTS' ? [] : ['namespace', 'job', 'instance']).every((label) =>
        matchers.some((one) => one.label === label && one.operator === '=~' && one.value === `$${label}`),
      )
    expect(findings(selectors, isChosen, ({ metric }) => metric)).toEqual([])
    const alerts = selectors.filter(({ metric }) => metric === 'ALERTS')
    for (const { matchers } of alerts)
      expect(matchers).toContainEqual({ label: 'namespace', operator: '=~', value: '$namespace|' })
  })

  test('reckons with the interval of the panel where lines are drawn, and with the time shown where they are not', () => {
    const windows = targetsOf(dashboard).flatMap(({ expr, panel }) =>
      expr.split('[').slice(1).map((rest) => `${isGraph(panel) ? 'drawn' : 'told'} ${rest.slice(0, rest.indexOf(']'))}`),
    ) // prettier-ignore
    expect([...new Set(windows)].filter((one) => !['drawn $__rate_interval', 'told $__range'].includes(one))).toEqual(
      [],
    )
    const jumping = targetsOf(dashboard).filter(
      ({ expr, panel }) => isGraph(panel) && /\b(increase|delta|idelta|irate)\(/.test(expr),
    )
    expect(jumping.map(({ panel }) => panel.title)).toEqual([])
  })
})

test('every rule selects series that exist', () => {
  const rules = shippedQueries().filter(({ kind }) => kind === 'alert' || kind === 'recording')
  expect(rules.length).toBeGreaterThan(30)
  const recorded = new Set(rules.filter(({ kind }) => kind === 'recording').map(({ place }) => place))
  const faults = rules.flatMap(({ place, selectors }) =>
    selectors.flatMap((one) =>
      one.metric.includes(':') && !recorded.has(one.metric)
        ? [`${place}: nothing records ${one.metric}`]
        : faultsOf(one).map((fault) => `${place}: ${fault}`),
    ),
  )
  expect(faults).toEqual([])
})

test('no rule takes the series of two installations for one', () => {
  const rules = shippedQueries().filter(({ kind }) => kind === 'alert' || kind === 'recording')
  const groups = rules.flatMap(({ place, expr }) =>
    [...expr.matchAll(/\b(by|on|without) \(([^)]*)\)/g)].map(([all, word, labels = '']) => ({
      fault: `${place}: ${all}`,
      isApart: word !== 'without' && labels.split(/,\s*/).includes('namespace'),
    })),
  )
  expect(groups.length).toBeGreaterThan(50)
  expect(findings(groups, ({ isApart }) => isApart, ({ fault }) => fault)).toEqual([]) // prettier-ignore
  const bare = rules.filter(({ expr }) => /\b(sum|max|min|count|avg)\s*\(/.test(expr))
  expect(bare.map(({ place }) => place)).toEqual([])
})

test('every metric is used by a dashboard or a rule, or it is said why not', () => {
  const isMetric = (name: string) => metrics.has(name)
  const used = new Set(
    shippedQueries().flatMap(({ selectors }) => selectors.map(({ metric }) => metricOf(metric, isMetric))),
  )
  const named = Object.keys(UNUSED)
  expect([...metrics.keys()].filter((name) => !used.has(name) && !named.includes(name))).toEqual([])
  expect(named.filter((name) => used.has(name) || !metrics.has(name))).toEqual([])
})
