import { bars, graph, list, rare, stacked, withLimits, UNITS } from './panels.js'
import type { Frame } from './frame.js'
import { inRange, max, of, perHour, quantile, quantileInRange, query, rows, shown } from './queries.js'

const open = max('bridge, source_chain, destination_chain, state', of('evenkeel_bridge_transfers'))
const inFlight = max('bridge, source_chain, destination_chain', of('evenkeel_bridge_in_flight_usd'))
const duration = of('evenkeel_bridge_duration_seconds')

export const bridges: Frame = {
  name: 'bridges',
  title: 'Bridges',
  question: 'Where is the money now?',
  hasPortfolios: false,
  rows: [
    [
      'Under way',
      [
        stacked(
          {
            title: 'Value between chains',
            text: 'What left one chain and has not arrived finally on the other, by crossing.',
            unit: UNITS.usd,
          },
          query(shown(inFlight, 'bridge'), '{{bridge}} {{source_chain}} {{destination_chain}}'),
        ),
        withLimits(
          graph(
            {
              title: 'Oldest transfer against what was expected',
              text: 'Of those that nobody has looked into. Dashed: the duration the bridge named for its latest transfer, or the configured one. Twice as long is an alert.',
              unit: UNITS.seconds,
            },
            query(max('bridge', of('evenkeel_bridge_oldest_in_flight_seconds')), '{{bridge}}'),
            query(max('bridge', of('evenkeel_bridge_expected_seconds')), 'expected of {{bridge}}'),
          ).min(0),
          '/^expected/',
        ),
        stacked(
          {
            title: 'Open transfers by state',
            text: 'In flight, seen on the other chain and not final, late, and suspected to be lost.',
            unit: UNITS.count,
          },
          query(`sum by (bridge, state) (${open})`, '{{bridge}} {{state}}'),
        ),
        list(
          {
            title: 'Open transfers',
            text: 'By crossing and state. The value is how many; the API and the log name each.',
            unit: UNITS.count,
          },
          { Transfers: 'A' },
          rows(shown(open, 'state')),
        ),
      ],
    ],
    [
      'Ended',
      [
        rare(
          {
            title: 'Transfers by outcome, an hour',
            text: 'Full is as it should be. Short, another token and refunded are not.',
            unit: UNITS.count,
          },
          query(
            shown(perHour('bridge, outcome', of('evenkeel_bridge_transfers_total')), 'outcome'),
            '{{bridge}} {{outcome}}',
          ),
        ),
        graph(
          {
            title: 'Duration of transfers',
            text: 'From sending to final arrival. Half and 95 % took no longer.',
            unit: UNITS.seconds,
          },
          query(quantile(0.5, 'bridge', duration), 'p50 {{bridge}}'),
          query(quantile(0.95, 'bridge', duration), 'p95 {{bridge}}'),
        ).interval('15m'),
        bars(
          { title: 'Outcomes', text: 'Of the time shown.', unit: UNITS.count },
          query(inRange('bridge, outcome', of('evenkeel_bridge_transfers_total')), '{{bridge}} {{outcome}}'),
        )
          .span(12)
          .decimals(0),
        bars(
          {
            title: 'p95 of the duration by destination',
            text: 'Of all transfers that ended in the time shown.',
            unit: UNITS.seconds,
          },
          query(quantileInRange(0.95, 'bridge, destination_chain', duration), '{{bridge}} to {{destination_chain}}'),
        ).span(12),
      ],
    ],
  ],
}
