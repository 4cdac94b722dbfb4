import { StateBadge } from '../../parts/badges.js'
import { CardTable, type Column } from '../../parts/card-table.js'
import { Share, Unknown, Usd } from '../../parts/exact.js'
import { shareFigure } from '../../parts/figures.js'
import { Panel } from '../../parts/page.js'
import type { Cycle } from '../../api/cycles.js'
import shared from '../../parts/shared.module.css'

type Measured = Cycle['assets'][number]
type Judged = Cycle['decision']['assets'][number]

interface Row {
  readonly measured: Measured
  readonly judged: Judged | undefined
  readonly level: Cycle['decision']['levels'][number] | undefined
  readonly isReason: boolean
}

/** What was measured of each asset, and what the policy made of it. */
export function AssetsPanel({ cycle: { assets, decision } }: { readonly cycle: Cycle }) {
  const rows = assets.map((measured): Row => ({
    measured,
    judged: decision.assets.find(({ asset }) => asset === measured.asset),
    level: decision.levels.find(({ asset }) => asset === measured.asset),
    isReason: decision.breached.includes(measured.asset),
  }))
  return (
    <Panel title="Each asset">
      <CardTable label="Weights and bands" columns={MEASURED} rows={rows} keyOf={({ measured }) => measured.asset} />
      {rows.some(({ judged }) => judged) && (
        <details className={shared.details}>
          <summary>What trading each would have cost and ended</summary>
          <p className={shared.quiet}>Shares of NAV; benefit and waiting are penalties for the distance from target.</p>
          <CardTable
            label="Cost and benefit"
            columns={JUDGED}
            rows={rows.filter(({ judged }) => judged)}
            keyOf={({ measured }) => measured.asset}
          />
        </details>
      )}
    </Panel>
  )
}

/** Whether a level's ends cannot be told apart as they are read. */
const isOneFigure = ({ lower, upper }: NonNullable<Row['level']>) =>
  shareFigure(lower).readable === shareFigure(upper).readable

const MEASURED: readonly Column<Row>[] = [
  {
    name: 'Asset',
    of: ({ measured, isReason }) => (
      <>
        <strong>{measured.asset}</strong> {isReason && <span className={shared.quiet}>the reason</span>}
      </>
    ),
  },
  { name: 'Value', isFigure: true, of: ({ measured }) => <Usd value={measured.valueUsd} /> },
  { name: 'Weight', isFigure: true, of: ({ measured }) => <Share value={measured.weight} /> },
  { name: 'Target', isFigure: true, of: ({ measured }) => <Share value={measured.target} /> },
  { name: 'Drift', isFigure: true, of: ({ measured }) => <Share value={measured.drift} isSigned /> },
  {
    name: 'Band',
    of: ({ measured }) => (
      <>
        ±<Share value={measured.band} />{' '}
        <StateBadge tone={measured.isInBand ? 'good' : 'warn'}>{measured.isInBand ? 'inside' : 'outside'}</StateBadge>
      </>
    ),
  },
  {
    name: 'Brought to',
    of: ({ level }) =>
      level ? (
        <>
          <Share value={level.lower} />
          {!isOneFigure(level) && (
            <>
              {' '}
              to <Share value={level.upper} />
            </>
          )}
        </>
      ) : (
        <Unknown>left as it is</Unknown>
      ),
  },
]

/** Figures that the decision was reckoned with are floating-point numbers. */
const ofNumber = (value: number | null | undefined, places = 3) =>
  value == null ? <Unknown /> : <Share value={plainText(value)} places={places} />

function plainText(value: number): string {
  return value.toFixed(12)
}

const JUDGED: readonly Column<Row>[] = [
  { name: 'Asset', of: ({ measured }) => measured.asset },
  { name: 'Cost now', isFigure: true, of: ({ judged }) => ofNumber(judged?.costNow) },
  { name: 'Benefit a year', isFigure: true, of: ({ judged }) => ofNumber(judged?.benefitPerYear) },
  { name: 'Waiting a day', isFigure: true, of: ({ judged }) => ofNumber(judged?.costOfWaitingPerDay) },
  { name: 'One way', isFigure: true, of: ({ judged }) => ofNumber(judged?.cost) },
  { name: 'One more leg', isFigure: true, of: ({ judged }) => ofNumber(judged?.fixedCost) },
  { name: 'Volatility', isFigure: true, of: ({ judged }) => ofNumber(judged?.volatility, 1) },
]
