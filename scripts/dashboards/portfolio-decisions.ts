import { bars, figure, graph, list, rare, thresholds, UNITS } from './panels.js'
import type { Frame } from './frame.js'
import { inRange, max, of, ofPortfolio, perHour, query, rows, shown } from './queries.js'

const byAsset = (metric: string) => max('portfolio, asset', ofPortfolio(metric))
const each = '{{portfolio}} {{asset}}'

/** Why the policy trades or does not, and what its plans are worth. */
export const decisions: Frame['rows'][number] = [
  'Why is it traded, or not?',
  [
    rare(
      {
        title: 'Decisions by reason, an hour',
        text: 'What each decision rests on. The log line of the cycle has the same code.',
        unit: UNITS.count,
      },
      query(shown(perHour('code', ofPortfolio('evenkeel_decisions_total')), 'code'), '{{code}}'),
    ).span(8),
    rare(
      {
        title: 'Plans by method, an hour',
        text: 'How plans were found; none where it should have been traded and nothing acceptable was found.',
        unit: UNITS.count,
      },
      query(shown(perHour('method', ofPortfolio('evenkeel_plans_total')), 'method'), '{{method}}'),
    ).span(8),
    bars(
      {
        title: 'Quotes asked for plans',
        text: 'In the time shown. Many failures make plans worse, or impossible.',
        unit: UNITS.count,
      },
      query(inRange('outcome', ofPortfolio('evenkeel_plan_quotes_total')), '{{outcome}}'),
    ).decimals(0),
    list(
      {
        title: 'The latest plan beside what else could have been done',
        text: 'Expected cost, and distance from the wanted levels that is left. A method without a row had no way.',
        unit: UNITS.usd,
      },
      { Cost: 'A', 'Left undone': 'B' },
      rows(max('portfolio, plan', ofPortfolio('evenkeel_plan_cost_usd'))),
      rows(max('portfolio, plan', ofPortfolio('evenkeel_plan_unmet_usd'))),
    ).span(8),
    figure(
      {
        title: 'Latest plan over its lower bound',
        text: 'No plan on the same quotes can cost less than the bound; the gap is what a better plan could save at most. Empty where no bound is claimed, as for slices in time.',
        unit: UNITS.ratio,
      },
      query(max('portfolio', ofPortfolio('evenkeel_plan_bound_gap_ratio')), '{{portfolio}}'),
    )
      .span(4)
      .height(8),
    figure(
      {
        title: 'Lower bound of the latest plan',
        text: 'The least that the drift costs to take away, by the quotes of that moment.',
        unit: UNITS.usd,
      },
      query(max('portfolio', ofPortfolio('evenkeel_plan_lower_bound_usd')), '{{portfolio}}'),
    )
      .span(4)
      .height(8),
    rare(
      {
        title: 'Decisions of the shadow policy, an hour',
        text: 'Only of portfolios that have one; nothing is traded by it. It agrees where it would have acted alike.',
        unit: UNITS.count,
      },
      query(
        shown(perHour('code, agrees', ofPortfolio('evenkeel_shadow_decisions_total')), 'code'),
        '{{code}} {{agrees}}',
      ),
    ).span(8),
    graph(
      {
        title: 'Cost of bringing an asset back now',
        text: 'As a share of net value, as the policy reckoned it at its last decision.',
        unit: UNITS.ratio,
      },
      query(byAsset('evenkeel_decision_cost_ratio'), each),
    )
      .decimals(4)
      .span(8),
    graph(
      {
        title: 'Benefit of bringing an asset back',
        text: 'Penalty a year that a trade would end, and penalty of one more day at this drift, as shares of net value.',
        unit: UNITS.ratio,
      },
      query(byAsset('evenkeel_decision_benefit_per_year_ratio'), 'a year, {{portfolio}} {{asset}}'),
      query(byAsset('evenkeel_decision_waiting_cost_per_day_ratio'), 'a day, {{portfolio}} {{asset}}'),
    ).span(8),
    graph(
      {
        title: 'Forecast volatility',
        text: 'Of the next day, annual. Absent while prices are too few to tell.',
        unit: UNITS.ratio,
      },
      query(max('asset', of('evenkeel_forecast_volatility_ratio')), '{{asset}}'),
    ).span(8),
    figure(
      {
        title: 'Stressed market',
        text: '1 while volatility is far above what has been usual: legs are smaller and tolerances tighter then.',
        unit: UNITS.count,
      },
      query(max('portfolio', ofPortfolio('evenkeel_regime_stressed')), '{{portfolio}}'),
    )
      .span(12)
      .thresholds(thresholds(['green', [1, 'orange']])),
    bars(
      {
        title: 'Targets set anew',
        text: 'In the time shown. What was refused left the targets as they were; the log says why.',
        unit: UNITS.count,
      },
      query(inRange('outcome', ofPortfolio('evenkeel_target_sets_total')), '{{outcome}}'),
    )
      .span(12)
      .height(4)
      .decimals(0),
  ],
]
