import { useParentSize } from '@visx/responsive'
import { scaleLinear, scaleUtc } from '@visx/scale'
import { Area, LinePath } from '@visx/shape'
import type { PointerEvent } from 'react'
import {
  isOutOfBand,
  nearestTo,
  percent,
  rangeOf,
  type SeriesPoint,
  stepped,
  thinned,
  tickLabels,
} from './drift-series.js'
import classes from './drift-plot.module.css'

const HEIGHT = 240
const MARGIN = { top: 10, right: 12, bottom: 28, left: 58 }
/** More figures than a screen has room for are thinned; every peak stays. */
const MOST_DRAWN = 800
/** So few points are shown as such, each on its own. */
const MOST_DOTS = 60
const TICK_WIDTH = 56

interface Picture {
  readonly series: readonly SeriesPoint[]
  /** What the picture shows, for who cannot see it. */
  readonly words: string
  /** Index of the point that is read. */
  readonly chosen: number
  readonly onChoose: (index: number) => void
}

/**
 * A share over time with its target and band. Pointing at it reads the nearest cycle; the slider below does the same for
 * keys, thumbs and screen readers.
 */
export function DriftPlot({ series, words, chosen, onChoose }: Picture) {
  const { parentRef, width } = useParentSize({ debounceTime: 50 })
  const range = rangeOf(series)
  const [first, last] = [series[0], series.at(-1)]
  if (!range || !first || !last) return null
  const times = scaleUtc({
    domain: first === last ? [first.at - 1_800_000, first.at + 1_800_000] : [first.at, last.at],
    range: [MARGIN.left, Math.max(MARGIN.left + 1, width - MARGIN.right)],
  })
  const shares = scaleLinear({ domain: [...range], range: [HEIGHT - MARGIN.bottom, MARGIN.top] })
  const drawn = thinned(series, MOST_DRAWN)
  const steps = stepped(drawn)
  const x = ({ at }: SeriesPoint) => times(at)
  const y = (share: number | null) => shares(share ?? 0)
  const read = series[chosen]
  const labels = (ticks: readonly Date[]) =>
    tickLabels(
      ticks.map((tick) => tick.getTime()),
      last.at - first.at,
      times,
      TICK_WIDTH,
    )
  const point = (event: PointerEvent<SVGSVGElement>) => {
    const left = event.currentTarget.getBoundingClientRect().left
    onChoose(nearestTo(series, times.invert(event.clientX - left).getTime()))
  }
  return (
    <div>
      <div className={classes.plot} ref={parentRef}>
        {width > 0 && (
          <svg
            className={classes.picture}
            height={HEIGHT}
            role="img"
            aria-label={words}
            onPointerMove={point}
            onPointerDown={point}
          >
            {shares.ticks(4).map((tick) => (
              <g key={tick}>
                <line className={classes.grid} x1={MARGIN.left} x2={width - MARGIN.right} y1={y(tick)} y2={y(tick)} />
                <text className={classes.tick} x={MARGIN.left - 8} y={y(tick)} dy="0.32em" textAnchor="end">
                  {shortPercent(tick, range)}
                </text>
              </g>
            ))}
            {labels(times.ticks(Math.max(2, Math.floor(width / 130)))).map(({ at, text }) => (
              <text
                key={at}
                className={classes.tick}
                x={times(at)}
                y={HEIGHT - 8}
                textAnchor={times(at) > width - 50 ? 'end' : 'middle'}
              >
                {text}
              </text>
            ))}
            <Area
              className={classes.band}
              data={steps}
              x={x}
              y0={({ lower }) => y(lower)}
              y1={({ upper }) => y(upper)}
              defined={({ lower }) => lower !== null}
            />
            <LinePath
              className={classes.target}
              data={steps}
              x={x}
              y={({ target }) => y(target)}
              defined={({ target }) => target !== null}
            />
            <LinePath
              className={classes.line}
              data={drawn}
              x={x}
              y={({ value }) => y(value)}
              defined={({ value }) => value !== null}
            />
            <LinePath className={classes.out} data={drawn} x={x} y={({ value }) => y(value)} defined={isOutOfBand} />
            {drawn.length <= MOST_DOTS &&
              drawn.map(
                (one) =>
                  one.value !== null && (
                    <circle key={one.cycleId} className={classes.dot} cx={x(one)} cy={y(one.value)} r={2.5} />
                  ),
              )}
            {read && (
              <line className={classes.needle} x1={x(read)} x2={x(read)} y1={MARGIN.top} y2={HEIGHT - MARGIN.bottom} />
            )}
            {read && read.value !== null && <circle className={classes.chosen} cx={x(read)} cy={y(read.value)} r={5} />}
          </svg>
        )}
      </div>
      <input
        className={classes.scrub}
        type="range"
        aria-label="Cycle that is read"
        min={0}
        max={series.length - 1}
        value={chosen}
        aria-valuetext={
          read && `${new Date(read.at).toISOString()}: ${read.value === null ? 'unknown' : percent(read.value)}`
        }
        onChange={(event) => onChoose(Number(event.currentTarget.value))}
      />
    </div>
  )
}

/** As many decimals as tell the ticks of this range apart. */
function shortPercent(share: number, [least, most]: readonly [number, number]): string {
  const span = most - least
  return `${(share * 100).toFixed(span < 0.004 ? 2 : span < 0.04 ? 1 : 0)} %`
}
