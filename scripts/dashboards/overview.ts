import { bars, figure, graph, limited, list, history, stacked, thresholds, UNITS, words } from './panels.js'
import type { Frame } from './frame.js'
import { max, of, ofPortfolio, query, rows } from './queries.js'

const STATES = words({
  0: ['running', 'green'],
  1: ['paused', 'orange'],
  2: ['stopped hard', 'red'],
  3: ['halted', 'dark-red'],
})

/** 0 to 3 by scope: running, paused for new work, stopped hard, halted. */
function level(labels: string): string {
  const at = (state: string) => of('evenkeel_operating_state', `state="${state}"${labels}`)
  const levels = `1 * ${at('paused_new')} or 2 * ${at('paused_hard')} or 3 * ${at('halted')}`
  return max('scope, id', levels)
}

const bandUse = `${max('portfolio, asset', `abs(${ofPortfolio('evenkeel_asset_drift_ratio')})`)}
  / (${max('portfolio, asset', ofPortfolio('evenkeel_asset_drift_band_ratio'))} > 0)`
const cycleAge = `time() - ${max('portfolio', ofPortfolio('evenkeel_cycle_last_success_timestamp_seconds'))}`
/**
 * Alerts belong to the Prometheus that evaluates the rules, so they carry no job; that no instance answers at all carries
 * no namespace either.
 */
const alerts = (severity: string) =>
  `count(ALERTS{namespace=~"$namespace|", alertname=~"Evenkeel.+", alertstate="firing", severity="${severity}"}) or vector(0)`

export const overview: Frame = {
  name: 'overview',
  title: 'Overview',
  question: 'Is it safe, and is it on target?',
  hasPortfolios: true,
  rows: [
    [
      'Is it safe?',
      [
        figure(
          {
            title: 'State of everything',
            text: 'What holds for the whole installation. A narrower scope may be held while this is running: see the table beside.',
            unit: UNITS.count,
          },
          query(level(', scope="global"'), 'everything'),
        )
          .mappings(STATES)
          .thresholds(thresholds(['green', [1, 'orange'], [2, 'red']])),
        figure(
          {
            title: 'Holders of the lease',
            text: 'Replicas that may trade. Exactly one, but for the moments of a change.',
            unit: UNITS.count,
          },
          query(`sum(${of('evenkeel_lease_held')})`, 'holders'),
        ).thresholds(thresholds(['red', [1, 'green'], [2, 'red']])),
        figure(
          {
            title: 'Breakers that hold',
            text: 'Automatic stops that nobody has cleared. The table of scopes says what they hold.',
            unit: UNITS.count,
          },
          query(`count(${max('breaker, scope, id', of('evenkeel_breaker_tripped'))} == 1) or vector(0)`, 'breakers'),
        ).thresholds(thresholds(['green', [1, 'red']])),
        figure(
          {
            title: 'Critical alerts',
            text: 'Firing alerts that somebody can act on now. 0 also where no rules are evaluated.',
            unit: UNITS.count,
          },
          query(alerts('critical'), 'critical'),
        ).thresholds(thresholds(['green', [1, 'red']])),
        figure(
          {
            title: 'Warnings',
            text: 'Firing alerts that can wait for working hours. 0 also where no rules are evaluated.',
            unit: UNITS.count,
          },
          query(alerts('warning'), 'warnings'),
        ).thresholds(thresholds(['green', [1, 'orange']])),
        figure(
          {
            title: 'Waiting for people',
            text: 'Proposals that nobody has answered; each expires a quarter of an hour after it was made.',
            unit: UNITS.count,
          },
          query(`sum(${max('kind', of('evenkeel_approvals_pending'))})`, 'proposals'),
        ).thresholds(thresholds(['text', [1, 'orange']])),
        list(
          {
            title: 'What does not run',
            text: 'Every scope that is held, and the whole installation in any case, with how it is held.',
            unit: UNITS.count,
          },
          { State: 'A' },
          rows(`${level('')} > 0 or ${level(', scope="global"')}`),
        )
          .mappings(STATES)
          .height(7)
          .span(10),
        history(
          {
            title: 'States over time',
            text: 'The installation and each portfolio: running, paused for new work, stopped hard, halted.',
            unit: UNITS.count,
          },
          ['green', [1, 'orange'], [2, 'red'], [3, 'dark-red']],
          query(level(', scope=~"global|portfolio"'), '{{scope}} {{id}}'),
        )
          .mappings(STATES)
          .height(7)
          .span(10),
        figure(
          {
            title: 'Epoch of the lease',
            text: 'Rises by one with every new holder. One that rises often means that replicas take the lease from each other.',
            unit: UNITS.count,
          },
          query(`max(${of('evenkeel_lease_epoch')})`, 'epoch'),
        ).height(7),
      ],
    ],
    [
      'Is it on target?',
      [
        figure(
          {
            title: 'Net value',
            text: 'At the last valuation in which every balance and every price was known.',
            unit: UNITS.usd,
          },
          query(max('portfolio', ofPortfolio('evenkeel_portfolio_value_usd')), '{{portfolio}}'),
        )
          .span(8)
          .decimals(0),
        figure(
          {
            title: 'Fullest band',
            text: 'Of the assets of each portfolio, the drift that fills most of its band. Above 1 the policy wants to trade.',
            unit: UNITS.ratio,
          },
          query(`max by (portfolio) (${bandUse})`, '{{portfolio}}'),
        )
          .span(8)
          .decimals(0)
          .thresholds(thresholds(['green', [1, 'orange'], [2, 'red']])),
        figure(
          {
            title: 'Last good cycle',
            text: 'Time since a cycle could judge the portfolio, whether or not it traded. Compare with the period beside it on the dashboard of the portfolio.',
            unit: UNITS.seconds,
          },
          query(cycleAge, '{{portfolio}}'),
        ).span(8),
        graph(
          {
            title: 'Net value over time',
            text: 'Deposits, withdrawals and prices move it; a step without either is worth a look.',
            unit: UNITS.usd,
          },
          query(max('portfolio', ofPortfolio('evenkeel_portfolio_value_usd')), '{{portfolio}}'),
        ),
        limited(
          graph(
            {
              title: 'Use of the fullest band',
              text: 'It should come back below 1 within a few cycles of crossing it, unless trading is paused or costs more than it brings.',
              unit: UNITS.ratio,
            },
            query(`max by (portfolio) (${bandUse})`, '{{portfolio}}'),
          ).min(0),
          ['transparent', [1, 'orange'], [2, 'red']],
        ),
        stacked(
          {
            title: 'Value between chains',
            text: 'Money that left one chain and has not arrived on the other, by bridge. It counts in the net value.',
            unit: UNITS.usd,
          },
          query(
            `sum by (bridge) (${max('bridge, source_chain, destination_chain', of('evenkeel_bridge_in_flight_usd'))})`,
            '{{bridge}}',
          ),
        ).span(8),
        bars(
          {
            title: 'Use of caps',
            text: 'The fullest of each kind of cap over the chosen portfolios. A cap of turnover or count that is full pauses its portfolio.',
            unit: UNITS.ratio,
          },
          query(max('budget', ofPortfolio('evenkeel_budget_used_ratio')), '{{budget}}'),
        )
          .max(1)
          .thresholds(thresholds(['green', [0.8, 'orange'], [1, 'red']])),
        list(
          { title: 'What runs', text: 'Build and configuration of each replica.', unit: UNITS.count },
          { Runs: 'A' },
          rows(
            `${max('instance, version', of('evenkeel_build_info'))} * on (instance) group_left (config_hash, mode) ${max('instance, config_hash, mode', of('evenkeel_config_info'))}`,
          ),
        ).span(8),
      ],
    ],
  ],
}
