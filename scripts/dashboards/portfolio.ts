import { bars, figure, graph, history, layered, limited, list, rare, thresholds, withLimits, UNITS } from './panels.js'
import type { Frame } from './frame.js'
import { inRange, max, of, ofPortfolio, perHour, quantile, query, rows, shown } from './queries.js'

const byAsset = (metric: string) => max('portfolio, asset', ofPortfolio(metric))
const drift = byAsset('evenkeel_asset_drift_ratio')
const band = byAsset('evenkeel_asset_drift_band_ratio')
const use = `${drift} / (${band} > 0)`
const each = '{{portfolio}} {{asset}}'

export const portfolio: Frame = {
  name: 'portfolio',
  title: 'Portfolio and drift',
  question: 'Where are we off, and is it getting better?',
  hasPortfolios: true,
  rows: [
    [
      'Where are we off?',
      [
        list(
          {
            title: 'Weights, targets and bands',
            text: 'All chains and transfers together. Drift is weight minus target; the policy trades when it leaves the band to either side.',
            unit: UNITS.ratio,
          },
          { Weight: 'A', Target: 'B', Drift: 'C', Band: 'D' },
          rows(byAsset('evenkeel_asset_weight_ratio')),
          rows(byAsset('evenkeel_asset_target_ratio')),
          rows(drift),
          rows(band),
        ).decimals(2),
        limited(
          graph(
            {
              title: 'Drift in bands',
              text: 'Drift over its band: 1 is the upper edge, -1 the lower one. Lines should turn back after crossing an edge.',
              unit: UNITS.count,
            },
            query(use, each),
          ).decimals(2),
          ['orange', [-1, 'transparent'], [1, 'orange']],
        ),
        history(
          {
            title: 'Use of bands',
            text: 'Absolute drift over its band. Green inside, orange outside, red at more than twice the band.',
            unit: UNITS.ratio,
          },
          ['green', [0.5, 'light-green'], [1, 'orange'], [2, 'red']],
          query(`abs(${use})`, each),
        ),
        layered(
          { title: 'Weights', text: 'Share of net value of each asset.', unit: UNITS.ratio },
          query(byAsset('evenkeel_asset_weight_ratio'), each),
        ).max(1),
        withLimits(
          graph(
            {
              title: 'Drift per asset',
              text: 'Weight minus target; positive when overweight. Dashed lines are the bands.',
              unit: UNITS.ratio,
            },
            query(drift, each),
            query(band, 'upper edge of {{portfolio}} {{asset}}'),
            query(`-${band}`, 'lower edge of {{portfolio}} {{asset}}'),
          ),
          '/edge/',
        ),
        layered(
          {
            title: 'Positions',
            text: 'Value held by chain and asset, without what is under way between chains.',
            unit: UNITS.usd,
          },
          query(
            `sum by (chain, asset) (${max('portfolio, chain, asset', ofPortfolio('evenkeel_position_value_usd'))})`,
            '{{asset}} on {{chain}}',
          ),
        ),
      ],
    ],
    [
      'Is it getting better?',
      [
        graph(
          {
            title: 'Drift of the portfolio',
            text: 'Share of net value that must trade to reach every target. It falls by a step when a cycle has traded.',
            unit: UNITS.ratio,
          },
          query(max('portfolio', ofPortfolio('evenkeel_portfolio_drift_ratio')), '{{portfolio}}'),
        ).min(0),
        rare(
          {
            title: 'Cycles by outcome, an hour',
            text: 'Within band and cost above benefit are good ends. Stale data and error are not: no judgement was possible.',
            unit: UNITS.count,
          },
          query(shown(perHour('outcome', ofPortfolio('evenkeel_cycles_total')), 'outcome'), '{{outcome}}'),
        ),
        withLimits(
          graph(
            {
              title: 'Time since the last good cycle',
              text: 'The dashed line is the configured period. Three periods without a good cycle raise an alert.',
              unit: UNITS.seconds,
            },
            query(
              `time() - ${max('portfolio', ofPortfolio('evenkeel_cycle_last_success_timestamp_seconds'))}`,
              '{{portfolio}}',
            ),
            query(max('portfolio', ofPortfolio('evenkeel_cycle_interval_seconds')), 'period of {{portfolio}}'),
          ).min(0),
          '/^period/',
        ).span(8),
        graph(
          {
            title: 'Age of the valuation',
            text: 'Time since every balance and every price was known.',
            unit: UNITS.seconds,
          },
          query(`time() - ${max('portfolio', ofPortfolio('evenkeel_valuation_timestamp_seconds'))}`, '{{portfolio}}'),
        )
          .min(0)
          .span(8),
        graph(
          {
            title: 'Duration of cycles',
            text: 'Half and 95 % of the cycles took no longer. Bridges make long ones.',
            unit: UNITS.seconds,
          },
          query(quantile(0.5, 'portfolio', ofPortfolio('evenkeel_cycle_duration_seconds')), 'p50 {{portfolio}}'),
          query(quantile(0.95, 'portfolio', ofPortfolio('evenkeel_cycle_duration_seconds')), 'p95 {{portfolio}}'),
        )
          .interval('5m')
          .span(8),
        rare(
          {
            title: 'Turnover, an hour',
            text: 'Value sold by filled swaps at decision prices.',
            unit: UNITS.usd,
          },
          query(perHour('portfolio', ofPortfolio('evenkeel_trade_notional_usd_total')), '{{portfolio}}'),
        ).span(8),
        limited(
          graph(
            {
              title: 'Use of caps',
              text: 'Of 1. What is full holds trades back, or pauses the portfolio where only something that runs away gets there.',
              unit: UNITS.ratio,
            },
            query(max('portfolio, budget', ofPortfolio('evenkeel_budget_used_ratio')), '{{portfolio}} {{budget}}'),
          )
            .min(0)
            .span(8),
          ['transparent', [0.8, 'orange'], [1, 'red']],
        ),
        graph(
          {
            title: 'Loss of the last day',
            text: 'Losses of legs against decision prices in the last 24 hours over net value, gas aside. A gain of one leg is not set against the loss of another.',
            unit: UNITS.ratio,
          },
          query(max('portfolio', ofPortfolio('evenkeel_daily_loss_ratio')), '{{portfolio}}'),
        )
          .decimals(3)
          .min(0)
          .span(8),
      ],
    ],
    [
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
            text: 'No plan on the same quotes can cost less than the bound; the gap is what a better plan could save at most.',
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
    ],
    [
      'Do the books agree with the chains?',
      [
        figure(
          {
            title: 'Tokens that differ',
            text: 'Tokens whose final balance is not what the ledger says, at the last comparison. Compared to the base unit.',
            unit: UNITS.count,
          },
          query(max('chain', of('evenkeel_reconciliation_mismatches')), '{{chain}}'),
        )
          .span(8)
          .height(8)
          .thresholds(thresholds(['green', [1, 'red']])),
        graph(
          {
            title: 'Chain minus ledger',
            text: 'What differs, valued at the latest price. Below 0 money is missing.',
            unit: UNITS.usd,
          },
          query(
            max('portfolio, chain, asset', ofPortfolio('evenkeel_reconciliation_difference_usd')),
            '{{portfolio}} {{asset}} on {{chain}}',
          ),
        ).span(8),
        graph(
          {
            title: 'Time since ledger and chain were compared',
            text: 'Of the portfolio for which it is longest ago.',
            unit: UNITS.seconds,
          },
          query(`time() - ${max('chain', of('evenkeel_reconciliation_last_success_timestamp_seconds'))}`, '{{chain}}'),
        )
          .min(0)
          .span(8),
      ],
    ],
  ],
}
