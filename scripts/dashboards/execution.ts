import { bars, figure, graph, heat, rare, stacked, thresholds, withLimits, UNITS } from './panels.js'
import type { Frame } from './frame.js'
import {
  buckets,
  bucketsOf,
  inRange,
  max,
  of,
  ofPortfolio,
  perHour,
  perSecond,
  quantile,
  quantileInRange,
  query,
  shown,
} from './queries.js'

const slippage = (benchmark: string) => ofPortfolio('evenkeel_trade_slippage_ratio', `benchmark="${benchmark}"`)
const cost = ofPortfolio('evenkeel_trade_cost_usd_total')
const notional = ofPortfolio('evenkeel_trade_notional_usd_total')
const limit = max('portfolio', ofPortfolio('evenkeel_slippage_limit_ratio'))

const quantiles = (title: string, text: string, benchmark: string) =>
  withLimits(
    graph(
      { title, text, unit: UNITS.ratio },
      query(quantile(0.5, 'venue', slippage(benchmark)), 'p50 {{venue}}'),
      query(quantile(0.95, 'venue', slippage(benchmark)), 'p95 {{venue}}'),
      query(quantile(0.99, 'venue', slippage(benchmark)), 'p99 {{venue}}'),
      query(limit, 'limit of {{portfolio}}'),
    ).interval('15m'),
    '/^limit/',
  )

export const execution: Frame = {
  name: 'execution',
  title: 'Execution and slippage',
  question: 'What does trading cost?',
  hasPortfolios: true,
  rows: [
    [
      'In the time shown',
      [
        figure(
          { title: 'Traded', text: 'Value sold by filled swaps at decision prices.', unit: UNITS.usd },
          query(`sum(increase(${notional}[$__range]))`, 'traded'),
        ).decimals(0),
        figure(
          {
            title: 'Cost of trading',
            text: 'Slippage, fees of venues and bridges, and gas. Gains are not set against it.',
            unit: UNITS.usd,
          },
          query(`sum(increase(${cost}[$__range]))`, 'cost'),
        ),
        figure(
          {
            title: 'Cost over turnover',
            text: 'The same as a share of what was sold by swaps. Bridges and approvals cost without turnover.',
            unit: UNITS.ratio,
          },
          query(`sum(increase(${cost}[$__range])) / (sum(increase(${notional}[$__range])) > 0)`, 'cost'),
        ).decimals(3),
        figure(
          {
            title: 'Gained against our prices',
            text: 'Legs that brought more than decision prices promised.',
            unit: UNITS.usd,
          },
          query(`sum(increase(${ofPortfolio('evenkeel_trade_improvement_usd_total')}[$__range]))`, 'gained'),
        ),
        figure(
          {
            title: 'p95 of slippage',
            text: 'Loss against the accepted quote that 95 % of the fills stayed under.',
            unit: UNITS.ratio,
          },
          query(`histogram_quantile(0.95, sum by (le) (increase(${bucketsOf(slippage('quote'))}[$__range])))`, 'p95'),
        ).decimals(3),
        figure(
          {
            title: 'Swaps that brought nothing',
            text: 'Reverted, cancelled and aborted ones.',
            unit: UNITS.count,
          },
          query(
            `sum(increase(${ofPortfolio('evenkeel_trades_total', 'outcome!~"filled|partially_filled"')}[$__range]))`,
            'swaps',
          ),
        )
          .decimals(0)
          .thresholds(thresholds(['green', [1, 'orange']])),
      ],
    ],
    [
      'Slippage',
      [
        quantiles(
          'Slippage against the accepted quote',
          'Loss of fills against what the venue had promised; adverse is positive. The dashed line is the configured tolerance.',
          'quote',
        ),
        quantiles(
          'Slippage against our own prices',
          'Loss of fills against oracle prices at the decision, fees of venues included: implementation shortfall.',
          'oracle',
        ),
        heat(
          {
            title: 'Fills by slippage',
            text: 'How many fills an hour lost how much against the accepted quote. Buckets are upper edges.',
            unit: UNITS.ratio,
          },
          buckets(`3600 * sum by (le) (rate(${bucketsOf(slippage('quote'))}[$__rate_interval]))`),
        ),
        bars(
          {
            title: 'p95 of slippage by venue',
            text: 'Of all fills in the time shown, against the accepted quote and against our own prices.',
            unit: UNITS.ratio,
          },
          query(quantileInRange(0.95, 'venue', slippage('quote')), '{{venue}}, quote'),
          query(quantileInRange(0.95, 'venue', slippage('oracle')), '{{venue}}, our prices'),
        )
          .span(12)
          .decimals(3),
      ],
    ],
    [
      'Cost',
      [
        rare(
          {
            title: 'Cost by component, an hour',
            text: 'Money given up by legs: adverse slippage with price impact, fees of venues, gas, and all that bridges keep.',
            unit: UNITS.usd,
          },
          query(perHour('component', cost), '{{component}}'),
        ).span(8),
        bars(
          {
            title: 'Cost over turnover by component',
            text: 'In the time shown, as shares of what was sold by swaps.',
            unit: UNITS.ratio,
          },
          query(
            `${inRange('component', cost)} / on () group_left () (sum(increase(${notional}[$__range])) > 0)`,
            '{{component}}',
          ),
        ).decimals(3),
        bars(
          { title: 'Turnover by venue', text: 'Value sold by filled swaps in the time shown.', unit: UNITS.usd },
          query(inRange('venue', notional), '{{venue}}'),
        ),
      ],
    ],
    [
      'Quotes and fills',
      [
        stacked(
          {
            title: 'Quotes by outcome',
            text: 'Answers of the venues. Time-outs and unreachable venues are errors.',
            unit: UNITS.perSecond,
          },
          query(shown(perSecond('venue, outcome', of('evenkeel_quotes_total')), 'outcome'), '{{venue}} {{outcome}}'),
        ),
        graph(
          {
            title: 'Time to a quote',
            text: '95 % of the answers, failures included, came sooner.',
            unit: UNITS.seconds,
          },
          query(quantile(0.95, 'venue', of('evenkeel_quote_duration_seconds')), '{{venue}}'),
        ).interval('2m'),
        rare(
          {
            title: 'Fills by outcome, an hour',
            text: 'How swaps ended. A cancelled one gave way to a new plan or to a person.',
            unit: UNITS.count,
          },
          query(shown(perHour('outcome', ofPortfolio('evenkeel_trades_total')), 'outcome'), '{{outcome}}'),
        ).span(8),
        rare(
          {
            title: 'Offers refused by code, an hour',
            text: 'Legs for which no offer passed our own checks, at the stage where the last one failed.',
            unit: UNITS.count,
          },
          query(shown(perHour('stage, code', of('evenkeel_policy_rejections_total')), 'code'), '{{stage}} {{code}}'),
        ).span(8),
        rare(
          {
            title: 'Firm quotes refused by code, an hour',
            text: 'Single quotes that were not fit to be signed; another venue may have served the leg.',
            unit: UNITS.count,
          },
          query(shown(perHour('venue, code', of('evenkeel_quote_refusals_total')), 'code'), '{{venue}} {{code}}'),
        ).span(8),
      ],
    ],
  ],
}
