import { NativeSelect, SegmentedControl } from '@mantine/core'
import { useEffect, useState } from 'react'
import type { DriftPage, DriftPoint } from '../../api/cycles.js'
import { useReadPages } from '../../api/queries.js'
import { StateBadge } from '../../parts/badges.js'
import { CardTable, type Column } from '../../parts/card-table.js'
import { IdLink } from '../../parts/id-link.js'
import { cycleHref } from '../../parts/links.js'
import { Moment, useNow } from '../../parts/moment.js'
import { Fact, Facts, Panel } from '../../parts/page.js'
import shared from '../../parts/shared.module.css'
import { Await, Empty } from '../../parts/states.js'
import { DriftPlot } from './drift-plot.js'
import plotClasses from './drift-plot.module.css'
import {
  assetsOf,
  isOutOfBand,
  percent,
  type Period,
  PERIODS,
  type SeriesPoint,
  seriesInWords,
  seriesOf,
  startOf,
} from './drift-series.js'

const PER_PAGE = 500
/** Points that are asked for at most without being told to go on. */
const MOST_PAGES = 6
const MOST_ROWS = 200
const WHOLE = ''

export function DriftView({ portfolio }: { readonly portfolio: string }) {
  const [period, setPeriod] = useState<Period>('24h')
  const [asset, setAsset] = useState(WHOLE)
  // The period moves on by the minute: finer would draw anew for nothing.
  const now = Math.floor(useNow() / 60_000) * 60_000
  const pages = useReadPages<DriftPage>(`/v1/portfolios/${encodeURIComponent(portfolio)}/drift`, { limit: PER_PAGE })
  const from = startOf(period, now)
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = pages
  const points = data?.pages.flatMap((page) => page.points) ?? []
  const oldest = points.at(-1)
  const isMissing = oldest !== undefined && (from === undefined || Date.parse(oldest.at) > from)
  const goesOn = hasNextPage && !isFetchingNextPage && isMissing && (data?.pages.length ?? 0) < MOST_PAGES
  useEffect(() => {
    if (goesOn) void fetchNextPage()
  }, [goesOn, fetchNextPage])
  const within = points.filter(({ at }) => from === undefined || Date.parse(at) >= from)
  return (
    <Panel title="Drift over time">
      <div className={shared.filters}>
        <NativeSelect
          label="Of"
          value={asset}
          data={[
            { value: WHOLE, label: 'The whole portfolio' },
            ...assetsOf(points).map((one) => ({ value: one, label: `Weight of ${one}` })),
          ]}
          onChange={(event) => setAsset(event.currentTarget.value)}
        />
        <SegmentedControl
          aria-label="Period"
          value={period}
          data={PERIODS.map((one) => ({ value: one, label: one === 'all' ? 'All' : one }))}
          onChange={(value) => setPeriod(value as Period)}
        />
      </div>
      <Await read={pages}>
        {() =>
          within.length === 0 ? (
            <Empty title="No cycle in this period">Each cycle adds one point, whether it trades or not.</Empty>
          ) : (
            <Picture key={`${period} ${asset}`} points={within} asset={asset === WHOLE ? undefined : asset} />
          )
        }
      </Await>
      {isMissing && hasNextPage && (
        <output className={shared.quiet}>
          {isFetchingNextPage || goesOn
            ? 'Older cycles are on their way…'
            : `Only the ${points.length} newest cycles are shown; the period goes further back.`}
        </output>
      )}
    </Panel>
  )
}

function Picture({ points, asset }: { readonly points: readonly DriftPoint[]; readonly asset: string | undefined }) {
  const [chosen, setChosen] = useState<number | undefined>(undefined)
  const series = seriesOf(points, asset)
  const name = asset === undefined ? 'Portfolio drift' : `Weight of ${asset}`
  const words = seriesInWords(series, name)
  const index = Math.min(chosen ?? series.length - 1, series.length - 1)
  const read = series[index]!
  return (
    <>
      <p className={shared.quiet}>{words}</p>
      <DriftPlot series={series} words={words} chosen={index} onChoose={setChosen} />
      <Legend hasBand={asset !== undefined} />
      <Reading point={read} isIncomplete={points[points.length - 1 - index]?.isComplete === false} />
      <details className={shared.details}>
        <summary>The same as a table</summary>
        <CardTable
          label={name}
          columns={asset === undefined ? COLUMNS.filter(({ name: one }) => !OF_ASSETS.includes(one)) : COLUMNS}
          rows={series.toReversed().slice(0, MOST_ROWS)}
          keyOf={({ cycleId }) => cycleId}
        />
        {series.length > MOST_ROWS && (
          <p className={shared.quiet}>The {MOST_ROWS} newest; a shorter period shows the others.</p>
        )}
      </details>
    </>
  )
}

function Reading({ point, isIncomplete }: { readonly point: SeriesPoint; readonly isIncomplete: boolean }) {
  const { at, value, target, lower, upper, cycleId } = point
  return (
    <Facts>
      <Fact name="Cycle at">
        <Moment at={new Date(at).toISOString()} />
      </Fact>
      <Fact name={target === null ? 'Drift' : 'Weight'}>{value === null ? 'unknown' : percent(value)}</Fact>
      {target !== null && <Fact name="Target">{percent(target)}</Fact>}
      {lower !== null && upper !== null && (
        <Fact name="Band">
          {percent(lower)} to {percent(upper)}{' '}
          <StateBadge tone={isOutOfBand(point) ? 'warn' : 'good'}>
            {isOutOfBand(point) ? 'outside' : 'inside'}
          </StateBadge>
        </Fact>
      )}
      {isIncomplete && (
        <Fact name="Measured">
          <StateBadge tone="warn">not every asset had a value</StateBadge>
        </Fact>
      )}
      <Fact name="Why">
        <IdLink id={cycleId} href={cycleHref(cycleId)} label="Cycle" />
      </Fact>
    </Facts>
  )
}

function Legend({ hasBand }: { readonly hasBand: boolean }) {
  return (
    <ul className={plotClasses.legend} aria-hidden="true">
      <li>
        <svg width="20" height="10">
          <line className={plotClasses.line} x1="0" x2="20" y1="5" y2="5" />
        </svg>
        {hasBand ? 'weight' : 'share of NAV that has to trade'}
      </li>
      {hasBand && (
        <>
          <li>
            <svg width="20" height="10">
              <line className={plotClasses.target} x1="0" x2="20" y1="5" y2="5" />
            </svg>
            target
          </li>
          <li>
            <svg width="20" height="10">
              <rect className={plotClasses.band} width="20" height="10" />
            </svg>
            band
          </li>
          <li>
            <svg width="20" height="10">
              <line className={plotClasses.out} x1="2" x2="18" y1="5" y2="5" />
            </svg>
            out of band
          </li>
        </>
      )}
      <li>times in UTC</li>
    </ul>
  )
}

const OF_ASSETS = ['Target', 'Band']
const shown = (share: number | null) => (share === null ? 'unknown' : percent(share))

const COLUMNS: readonly Column<SeriesPoint>[] = [
  { name: 'At', of: ({ at }) => <Moment at={new Date(at).toISOString()} /> },
  { name: 'Share', isFigure: true, of: ({ value }) => shown(value) },
  { name: 'Target', isFigure: true, of: ({ target }) => shown(target) },
  { name: 'Band', isFigure: true, of: ({ lower, upper }) => `${shown(lower)} to ${shown(upper)}` },
  { name: 'Cycle', of: ({ cycleId }) => <IdLink id={cycleId} href={cycleHref(cycleId)} label="Cycle" /> },
]
