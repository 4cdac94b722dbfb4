import { figure, graph, history, layered, limited, list, rare, thresholds, UNITS, withLimits } from './panels.js'
import type { Frame } from './frame.js'
import { decisions } from './portfolio-decisions.js'
import { max, of, ofPortfolio, perHour, quantile, query, rows, shown } from './queries.js'

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
    decisions,
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
