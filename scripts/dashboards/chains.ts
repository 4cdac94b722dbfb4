import { bars, figure, graph, history, limited, stacked, thresholds, UNITS, withLimits } from './panels.js'
import type { Frame } from './frame.js'
import { inRange, max, of, perSecond, quantile, query, shown } from './queries.js'

const requests = of('evenkeel_rpc_requests_total')
const errors = of('evenkeel_rpc_requests_total', 'outcome!="ok"')

export const chains: Frame = {
  name: 'chains',
  title: 'Chains and RPC',
  question: 'Can we trust what we read?',
  hasPortfolios: false,
  rows: [
    [
      'Chains',
      [
        figure(
          {
            title: 'Quorum',
            text: '1 while enough endpoints agree. Without it nothing is concluded about the chain and nothing begins there.',
            unit: UNITS.count,
          },
          query(`min by (chain) (${of('evenkeel_rpc_quorum')})`, '{{chain}}'),
        )
          .span(8)
          .thresholds(thresholds(['red', [1, 'green']])),
        figure(
          {
            title: 'Endpoints in quarantine',
            text: 'Endpoints that are not believed at the moment. They are asked again after a while.',
            unit: UNITS.count,
          },
          query(
            `count by (chain) (min by (chain, endpoint) (${of('evenkeel_rpc_endpoint_healthy')}) == 0) or on (chain) 0 * max by (chain) (${of('evenkeel_chain_block_interval_seconds')})`,
            '{{chain}}',
          ),
        )
          .span(8)
          .thresholds(thresholds(['green', [1, 'orange']])),
        figure(
          {
            title: 'Reorganisations',
            text: 'In the time shown, those that removed a block we had acted on.',
            unit: UNITS.count,
          },
          query(inRange('chain', of('evenkeel_chain_reorgs_total')), '{{chain}}'),
        )
          .span(8)
          .decimals(0)
          .thresholds(thresholds(['green', [1, 'orange']])),
        withLimits(
          graph(
            {
              title: 'Age of the newest block',
              text: 'Of the freshest endpoint. The dashed line is ten configured block times and a minute: from there on it is an alert.',
              unit: UNITS.seconds,
            },
            query(`time() - ${max('chain', of('evenkeel_chain_head_timestamp_seconds'))}`, '{{chain}}'),
            query(`10 * ${max('chain', of('evenkeel_chain_block_interval_seconds'))} + 60`, 'limit of {{chain}}'),
          ).min(0),
          '/^limit/',
        ),
        withLimits(
          graph(
            {
              title: 'Age of the last final block',
              text: 'By quorum. The dashed line is what is configured as usual; three times as much is an alert.',
              unit: UNITS.seconds,
            },
            query(`time() - ${max('chain', of('evenkeel_chain_finalized_timestamp_seconds'))}`, '{{chain}}'),
            query(max('chain', of('evenkeel_chain_finality_expected_seconds')), 'usual on {{chain}}'),
          ).min(0),
          '/^usual/',
        ),
      ],
    ],
    [
      'Endpoints',
      [
        history(
          {
            title: 'Endpoints that are believed',
            text: 'Green: may be used. Red: in quarantine, because it lied, lagged or failed.',
            unit: UNITS.count,
          },
          ['red', [1, 'green']],
          query(`min by (chain, endpoint) (${of('evenkeel_rpc_endpoint_healthy')})`, '{{endpoint}} of {{chain}}'),
        ),
        graph(
          {
            title: 'Blocks behind the freshest endpoint',
            text: 'An endpoint that stays behind is lagging; one that is ahead of all others may be lying.',
            unit: UNITS.count,
          },
          query(
            `max by (chain) (${of('evenkeel_chain_head_block')}) - on (chain) group_right () max by (chain, endpoint) (${of('evenkeel_chain_head_block')})`,
            '{{endpoint}} of {{chain}}',
          ),
        ).min(0),
        limited(
          graph(
            {
              title: 'Share of requests that fail',
              text: 'Errors and time-outs of all requests. A tenth for ten minutes is an alert.',
              unit: UNITS.ratio,
            },
            query(
              `${perSecond('chain, endpoint', errors)} / (${perSecond('chain, endpoint', requests)} > 0)`,
              '{{endpoint}} of {{chain}}',
            ),
          ).min(0),
          ['transparent', [0.1, 'red']],
        ),
        graph(
          {
            title: 'Time to an answer',
            text: '95 % of the answers, failures included, came sooner.',
            unit: UNITS.seconds,
          },
          query(
            quantile(0.95, 'chain, endpoint', of('evenkeel_rpc_request_duration_seconds')),
            '{{endpoint}} of {{chain}}',
          ),
        ),
        stacked(
          { title: 'Requests by method', text: 'To all endpoints together.', unit: UNITS.perSecond },
          query(shown(perSecond('method', requests), 'method'), '{{method}}'),
        ),
        stacked(
          {
            title: 'Requests by endpoint',
            text: 'What each provider is asked, failures included: the number to compare with its plan.',
            unit: UNITS.perSecond,
          },
          query(perSecond('chain, endpoint', requests), '{{endpoint}} of {{chain}}'),
        ),
      ],
    ],
    [
      'Prices',
      [
        withLimits(
          graph(
            {
              title: 'Distance of each source from the agreed price',
              text: 'The dashed line is the configured distance between two sources beyond which an asset has no price.',
              unit: UNITS.ratio,
            },
            query(max('asset, source', of('evenkeel_price_deviation_ratio')), '{{asset}} {{source}}'),
            query(max('asset', of('evenkeel_price_divergence_limit_ratio')), 'limit of {{asset}}'),
          ),
          '/^limit/',
        ),
        graph(
          {
            title: 'Age of prices',
            text: 'By the time that the price itself carries, not when it was asked for.',
            unit: UNITS.seconds,
          },
          query(`time() - ${max('asset, source', of('evenkeel_price_timestamp_seconds'))}`, '{{asset}} {{source}}'),
        ).min(0),
        bars(
          {
            title: 'Trips of breakers',
            text: 'In the time shown, by rule. Those of chains, prices and endpoints mean that something read was not believed.',
            unit: UNITS.count,
          },
          query(shown(inRange('breaker', of('evenkeel_breaker_trips_total')), 'breaker'), '{{breaker}}'),
        )
          .span(24)
          .decimals(0),
      ],
    ],
  ],
}
