/** A line of a chart: points from small to large `x`, both positive. */
export interface Series {
  readonly name: string
  readonly colour: string
  readonly isDashed?: boolean
  readonly points: readonly { readonly x: number; readonly y: number }[]
}

const WIDTH = 760
const HEIGHT = 420
const MARGIN = { left: 64, right: 24, top: 56, bottom: 56 }
const PLOT = { width: WIDTH - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom }

/** Line chart with a logarithmic x axis in USD. Readable on light and dark ground: it brings no ground of its own. */
export function chartOf(
  title: string,
  axes: { readonly x: string; readonly y: string },
  series: readonly Series[],
): string {
  const all = series.flatMap(({ points }) => points)
  const [least, most] = [Math.min(...all.map(({ x }) => x)), Math.max(...all.map(({ x }) => x))]
  const step = niceStep(Math.max(...all.map(({ y }) => y)) / 5)
  const top = step * Math.ceil(Math.max(...all.map(({ y }) => y)) / step)
  const across = (x: number) => MARGIN.left + (Math.log(x / least) / Math.log(most / least)) * PLOT.width
  const down = (y: number) => MARGIN.top + (1 - y / top) * PLOT.height
  const bottom = MARGIN.top + PLOT.height
  const right = MARGIN.left + PLOT.width
  const rows = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step)
  const parts = [
    `<text class="title" x="${MARGIN.left}" y="22">${escaped(title)}</text>`,
    ...rows.flatMap((y) => [
      `<line class="grid" x1="${MARGIN.left}" x2="${right}" y1="${place(down(y))}" y2="${place(down(y))}"/>`,
      `<text x="${MARGIN.left - 8}" y="${place(down(y) + 4)}" text-anchor="end">${Number(y.toPrecision(6))}</text>`,
    ]),
    ...ticksBetween(least, most).flatMap((x) => [
      `<line class="grid" x1="${place(across(x))}" x2="${place(across(x))}" y1="${MARGIN.top}" y2="${bottom}"/>`,
      `<text x="${place(across(x))}" y="${bottom + 18}" text-anchor="middle">${money(x)}</text>`,
    ]),
    `<text x="${MARGIN.left + PLOT.width / 2}" y="${HEIGHT - 12}" text-anchor="middle">${escaped(axes.x)}</text>`,
    `<text transform="translate(16 ${MARGIN.top + PLOT.height / 2}) rotate(-90)" text-anchor="middle">${escaped(axes.y)}</text>`,
    ...series.flatMap(({ colour, isDashed, points }) => [
      `<polyline fill="none" stroke="${colour}" stroke-width="2"${isDashed ? ' stroke-dasharray="6 4"' : ''} points="${points
        .map(({ x, y }) => `${place(across(x))},${place(down(y))}`)
        .join(' ')}"/>`,
      ...points.map(({ x, y }) => `<circle cx="${place(across(x))}" cy="${place(down(y))}" r="2.5" fill="${colour}"/>`),
    ]),
    ...series.flatMap(({ name, colour, isDashed }, index) => {
      const x = MARGIN.left + index * 170
      return [
        `<line x1="${x}" x2="${x + 24}" y1="40" y2="40" stroke="${colour}" stroke-width="2"${isDashed ? ' stroke-dasharray="6 4"' : ''}/>`,
        `<text x="${x + 30}" y="44">${escaped(name)}</text>`,
      ]
    }),
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}">
<style>
text { font: 12px system-ui, sans-serif; fill: #57606a; }
.title { font-size: 14px; font-weight: 600; }
.grid { stroke: #8b949e; stroke-opacity: 0.3; }
@media (prefers-color-scheme: dark) { text { fill: #a9b3bd; } }
</style>
${parts.join('\n')}
</svg>
`
}

/** 1, 2 or 5 times a power of ten, at least what is given. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least))
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least * (1 - 1e-9))!
}

function ticksBetween(least: number, most: number): number[] {
  const ticks: number[] = []
  for (let power = Math.floor(Math.log10(least)); power <= Math.log10(most); power++)
    for (const factor of [1, 2, 5]) {
      const tick = factor * 10 ** power
      if (tick >= least * (1 - 1e-9) && tick <= most * (1 + 1e-9)) ticks.push(tick)
    }
  return ticks
}

function money(usd: number): string {
  return usd >= 1e6 ? `${Number((usd / 1e6).toPrecision(3))} M` : `${Number((usd / 1e3).toPrecision(3))} k`
}

function place(value: number): string {
  return value.toFixed(1)
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
