import { figure, graph, limited, rare, stacked, thresholds, withLimits, UNITS } from './panels.js'
import type { Frame } from './frame.js'
import { max, of, perHour, perSecond, quantile, query, shown } from './queries.js'

const ended = of('evenkeel_transactions_total')
const nothing = of('evenkeel_transactions_total', 'outcome=~"final_reverted|final_cancelled"')
const finals = of('evenkeel_transactions_total', 'outcome=~"final_.+"')

export const transactions: Frame = {
  name: 'transactions',
  title: 'Transactions',
  question: 'Is anything stuck?',
  hasPortfolios: false,
  rows: [
    [
      'Under way',
      [
        stacked(
          {
            title: 'Live transactions by state',
            text: 'Reserved: a nonce is given out and nothing is signed. Signed: sent and not in a block. Mined: in a block and not final.',
            unit: UNITS.count,
          },
          query(max('chain, state', of('evenkeel_transactions')), '{{chain}} {{state}}'),
        ),
        limited(
          graph(
            {
              title: 'Oldest without a receipt',
              text: 'By chain; 0 when nothing waits. It is replaced by one that pays more long before ten minutes are over.',
              unit: UNITS.seconds,
            },
            query(max('chain', of('evenkeel_transaction_oldest_unmined_seconds')), '{{chain}}'),
          ).min(0),
          ['transparent', [600, 'red']],
        ),
        graph(
          {
            title: 'Our nonce before that of the chain',
            text: 'By chain and account: nonces given out and in no block. It comes back to 0 within a minute when everything that was sent is mined; below 0 somebody else uses the key.',
            unit: UNITS.count,
          },
          query(max('chain, account', of('evenkeel_account_nonce_lag')), '{{account}} on {{chain}}'),
        ).span(8),
        rare(
          {
            title: 'Replacements, an hour',
            text: 'Further transactions signed for a nonce: with higher fees, or to cancel.',
            unit: UNITS.count,
          },
          query(
            shown(perHour('chain, reason', of('evenkeel_transaction_replacements_total')), 'reason'),
            '{{chain}} {{reason}}',
          ),
        ).span(8),
        figure(
          {
            title: 'Allowances that nothing explains',
            text: 'By portfolio and chain. A sweep takes them back; one that stays is a reason to look.',
            unit: UNITS.count,
          },
          query(max('portfolio, chain', of('evenkeel_unexpected_allowances')), '{{portfolio}} {{chain}}'),
        )
          .span(8)
          .height(8)
          .thresholds(thresholds(['green', [1, 'red']])),
      ],
    ],
    [
      'Ended',
      [
        rare(
          {
            title: 'Transactions by outcome, an hour',
            text: 'Final ones, those given up before signing, and foreign ones: a nonce of ours used by bytes we did not sign.',
            unit: UNITS.count,
          },
          query(shown(perHour('kind, outcome', ended), 'outcome'), '{{kind}} {{outcome}}'),
        ),
        limited(
          graph(
            {
              title: 'Share that brought nothing',
              text: 'Reverted and cancelled ones of all that became final. Absent while nothing became final.',
              unit: UNITS.ratio,
            },
            query(`${perSecond('chain', nothing)} / (${perSecond('chain', finals)} > 0)`, '{{chain}}'),
          )
            .min(0)
            .interval('5m'),
          ['transparent', [0.2, 'red']],
        ),
        graph(
          {
            title: 'Time to a receipt',
            text: 'From the first signed attempt. Half and 95 % took no longer.',
            unit: UNITS.seconds,
          },
          query(quantile(0.5, 'chain', of('evenkeel_transaction_inclusion_seconds')), 'p50 {{chain}}'),
          query(quantile(0.95, 'chain', of('evenkeel_transaction_inclusion_seconds')), 'p95 {{chain}}'),
        ).interval('5m'),
        graph(
          {
            title: 'Time to finality',
            text: 'From the first signed attempt to finality as configured for the chain.',
            unit: UNITS.seconds,
          },
          query(quantile(0.5, 'chain', of('evenkeel_transaction_finality_seconds')), 'p50 {{chain}}'),
          query(quantile(0.95, 'chain', of('evenkeel_transaction_finality_seconds')), 'p95 {{chain}}'),
        ).interval('5m'),
      ],
    ],
    [
      'Gas and keys',
      [
        rare(
          {
            title: 'Network fees, an hour',
            text: 'Of all transactions, failed ones included.',
            unit: UNITS.usd,
          },
          query(shown(perHour('chain, kind', of('evenkeel_transaction_cost_usd_total')), 'kind'), '{{kind}} {{chain}}'),
        ),
        withLimits(
          graph(
            {
              title: 'Coin of the accounts',
              text: 'In the coin of each chain. The dashed line is the configured reserve: below it nothing is sold for gas any more.',
              unit: UNITS.count,
            },
            query(max('chain, account', of('evenkeel_account_balance_native')), '{{account}} on {{chain}}'),
            query(
              max('chain, account', of('evenkeel_account_balance_floor_native')),
              'reserve of {{account}} on {{chain}}',
            ),
          ).min(0),
          '/^reserve/',
        ),
        rare(
          {
            title: 'Answers of the signer, an hour',
            text: 'Refused: against its own rules. Fenced: another replica leads. Both, and errors, are alerts.',
            unit: UNITS.count,
          },
          query(shown(perHour('outcome', of('evenkeel_signer_requests_total')), 'outcome'), '{{outcome}}'),
        ),
        graph(
          {
            title: 'Time to a signature',
            text: '95 % of the answers, refusals included, came sooner.',
            unit: UNITS.seconds,
          },
          query(
            `histogram_quantile(0.95, sum by (le) (rate(${of('evenkeel_signer_request_duration_seconds_bucket')}[$__rate_interval])))`,
            'p95',
          ),
        ).interval('5m'),
      ],
    ],
  ],
}
