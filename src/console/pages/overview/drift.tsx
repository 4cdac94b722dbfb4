import { useMemo } from 'react'
import type { Portfolio } from '../../api/answers.js'
import { useConfig } from '../../api/queries.js'
import { StateBadge } from '../../parts/badges.js'
import { Share } from '../../parts/exact.js'
import { shareFigure } from '../../parts/figures.js'
import type { Cycle } from './answers.js'
import { type Outlook, outlookOf } from './outlook.js'
import classes from './overview.module.css'
import { marksOf, type PictureRow, reachOf, tickOf } from './picture.js'
import { assetsByToken } from './tokens.js'

interface DriftProps {
  readonly portfolio: Portfolio
  readonly cycle: Cycle | undefined
}

/** Every asset's distance from its target on one scale, and the same in figures. */
export function Drift({ portfolio, cycle }: DriftProps) {
  const config = useConfig()
  const assetOf = useMemo(() => config.data && assetsByToken(config.data), [config.data])
  const isOfThis = cycle !== undefined && cycle.id === portfolio.lastCycle?.id
  const outlook = isOfThis && assetOf ? outlookOf(portfolio, cycle, assetOf) : undefined
  const assets = portfolio.assets ?? []
  const rows = assets.map(({ asset, weight, target, band, isInBand }) => ({
    asset,
    weight: Number(weight),
    target: Number(target),
    band: Number(band),
    isInBand,
    after: outlook?.weights.get(asset),
  }))
  const reach = reachOf(rows)
  const tick = tickOf(reach)
  return (
    <>
      <p className={classes.legend}>
        <Key shape="band">band</Key>
        <Key shape="now">now</Key>
        <Key shape="out">now, outside its band</Key>
        {outlook && <Key shape="after">{STAGES[outlook.stage].legend}</Key>}
      </p>
      <div className={classes.driftHolder}>
        <table className={classes.drift} aria-label="Drift of each asset">
          <thead>
            <tr>
              <th scope="col">Asset</th>
              <th scope="col" aria-label="Distance from target, drawn">
                <span className={classes.ticks}>
                  <span>{shareFigure(String(-tick), { places: tick < 0.01 ? 1 : 0 }).readable}</span>
                  <span>target</span>
                  <span>{shareFigure(String(tick), { places: tick < 0.01 ? 1 : 0, isSigned: true }).readable}</span>
                </span>
              </th>
              <th scope="col">Now</th>
              <th scope="col">Target</th>
              <th scope="col">Drift</th>
              <th scope="col">Band</th>
              {outlook && <th scope="col">{STAGES[outlook.stage].column}</th>}
            </tr>
          </thead>
          <tbody>
            {assets.map(({ asset, weight, target, drift, band, isInBand }, index) => (
              <tr key={asset}>
                <th scope="row">{asset}</th>
                <td>
                  <Track row={rows[index]} reach={reach} tick={tick} />
                </td>
                <td data-name="Now">
                  <Share value={weight} />
                </td>
                <td data-name="Target">
                  <Share value={target} />
                </td>
                <td data-name="Drift">
                  <Share value={drift} isSigned />
                </td>
                <td data-name="Band">
                  {isInBand ? (
                    <>
                      ±<Share value={band} />
                    </>
                  ) : (
                    <StateBadge tone="bad" title="Outside its band">
                      ±{shareFigure(band).readable}
                    </StateBadge>
                  )}
                </td>
                {outlook && (
                  <td data-name={STAGES[outlook.stage].column}>
                    <Share value={outlook.weights.get(asset)?.toString()} />
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}

const STAGES: Readonly<Record<Outlook['stage'], { readonly legend: string; readonly column: string }>> = {
  planned: { legend: 'once the plan that waits is carried out', column: 'Planned' },
  'under-way': { legend: 'once what is under way has ended', column: 'Will be' },
  over: { legend: 'after what was traded since', column: 'After trading' },
}

const RADIUS = 6

/** One line of the picture. What it shows stands in figures beside it. */
function Track({
  row,
  reach,
  tick,
}: {
  readonly row: PictureRow | undefined
  readonly reach: number
  readonly tick: number
}) {
  if (!row) return null
  const { band, now, after } = marksOf(row, reach)
  const across = (percent: number) => `${percent}%`
  return (
    <svg className={classes.track} aria-hidden="true">
      <line x1="0%" x2="100%" y1="50%" y2="50%" className={classes.rail} />
      <rect
        x={across(band.from)}
        width={across(band.to - band.from)}
        y="4"
        height="24"
        rx="4"
        className={classes.band}
      />
      {[-1, 0, 1].map((side) => (
        <line
          key={side}
          x1={across(50 + (50 * side * tick) / reach)}
          x2={across(50 + (50 * side * tick) / reach)}
          y1="0"
          y2="32"
          className={side === 0 ? classes.target : classes.tick}
        />
      ))}
      {after !== undefined && (
        <>
          <line x1={across(now)} x2={across(after)} y1="16" y2="16" className={classes.way} />
          <circle cx={across(after)} cy="16" r={RADIUS} className={classes.after} />
        </>
      )}
      {row.isInBand ? (
        <circle cx={across(now)} cy="16" r={RADIUS} className={classes.now} />
      ) : (
        <svg x={across(now)} y="16" overflow="visible">
          <rect
            x={-RADIUS}
            y={-RADIUS}
            width={2 * RADIUS}
            height={2 * RADIUS}
            transform="rotate(45)"
            className={classes.out}
          />
        </svg>
      )}
    </svg>
  )
}

function Key({ shape, children }: { readonly shape: 'band' | 'now' | 'out' | 'after'; readonly children: string }) {
  return (
    <span className={classes.key}>
      <svg width="18" height="18" viewBox="-9 -9 18 18" aria-hidden="true">
        {shape === 'band' && <rect x="-9" y="-7" width="18" height="14" rx="3" className={classes.band} />}
        {shape === 'now' && <circle r={RADIUS} className={classes.now} />}
        {shape === 'after' && <circle r={RADIUS} className={classes.after} />}
        {shape === 'out' && (
          <rect x="-6" y="-6" width="12" height="12" transform="rotate(45)" className={classes.out} />
        )}
      </svg>
      {children}
    </span>
  )
}
