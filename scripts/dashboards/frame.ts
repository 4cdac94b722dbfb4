import { type Builder } from '@grafana/grafana-foundation-sdk/cog'
import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  type Panel,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { max, of, SOURCE } from './queries.js'

const TAG = 'evenkeel'

/** A dashboard: the question it answers, and its panels by row. */
export interface Frame {
  /** Part of its file name and of its uid. */
  readonly name: string
  readonly title: string
  readonly question: string
  /** Whether one chooses among portfolios. */
  readonly hasPortfolios: boolean
  /** The width of the panels of a row adds up to 24, or to several lines of 24. */
  readonly rows: readonly (readonly [title: string, panels: readonly Builder<Panel>[]])[]
}

/** The dashboard with what all of them have: variables, annotations, links to the others, UTC and one crosshair. */
export function frame({ name, title, question, hasPortfolios, rows }: Frame): Dashboard {
  const builder = new DashboardBuilder(`Evenkeel / ${title}`)
    .uid(`evenkeel-${name}`)
    .description(question)
    .tags([TAG])
    .readonly()
    .timezone('utc')
    .tooltip(DashboardCursorSync.Crosshair)
    .refresh('30s')
    .time({ from: 'now-6h', to: 'now' })
    .links([
      new DashboardLinkBuilder('Evenkeel')
        .type(DashboardLinkType.Dashboards)
        .tags([TAG])
        .includeVars(true)
        .keepTime(true),
    ])
    .variables([
      new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'),
      // One of them, for series of two would be taken for one. All of them is every text, so that it holds without the label.
      chosen('namespace', 'Installation', 'label_values(evenkeel_build_info, namespace)').multi(false).allValue('.*'),
      chosen('job', 'Job', 'label_values(evenkeel_build_info{namespace=~"$namespace"}, job)'),
      chosen(
        'instance',
        'Instance',
        'label_values(evenkeel_build_info{namespace=~"$namespace", job=~"$job"}, instance)',
      ),
      ...(hasPortfolios
        ? [chosen('portfolio', 'Portfolio', `label_values(${of('evenkeel_cycle_interval_seconds')}, portfolio)`)]
        : []),
    ])
    .annotations(annotations())
  let id = 0
  for (const [rowTitle, panels] of rows) {
    builder.withRow(numbered(new RowBuilder(rowTitle), (id += 1)))
    for (const panel of panels) builder.withPanel(numbered(panel, (id += 1)))
  }
  return builder.build()
}

/** What makes lines jump, drawn across all panels. */
function annotations(): AnnotationQueryBuilder[] {
  const states = max('scope, id, state', of('evenkeel_operating_state', 'state!="running"'))
  const breakers = max('breaker, scope, id', of('evenkeel_breaker_tripped'))
  const builds = max('version, revision', of('evenkeel_build_info'))
  const one = (name: string, colour: string, expr: string, titleFormat: string) =>
    new AnnotationQueryBuilder()
      .name(name)
      .datasource(SOURCE)
      .enable(true)
      .hide(false)
      .iconColor(colour)
      .expr(expr)
      .titleFormat(titleFormat)
      .step('30s')
  return [
    one('Pauses', 'orange', `${states} > 0`, '{{scope}} {{id}} is {{state}}'),
    one('Breakers', 'red', `${breakers} > 0`, '{{breaker}} holds {{scope}} {{id}}'),
    one(
      'Deploys',
      'blue',
      `${builds} unless ${builds.replace('}', '} offset 2m')}`,
      'Evenkeel {{version}} {{revision}}',
    ),
  ]
}

function chosen(name: string, label: string, query: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .query(query)
    .datasource(SOURCE)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .current({ text: 'All', value: '$__all' })
}

/** Builders number nothing, and a path to one panel, as runbooks have it, names its number. */
function numbered<T extends object>(builder: Builder<T>, id: number): Builder<T & { id: number }> {
  return { build: () => ({ ...builder.build(), id }) }
}
