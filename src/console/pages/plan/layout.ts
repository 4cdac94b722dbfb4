import { chainOf, type End, type Item, type LegEnds, passId, rowsOf, type Step, stepsOf } from './rows.js'

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** A token on a chain. What comes back to a token that began the same money's way is drawn once more, further down. */
export interface HoldingBox extends Box {
  readonly type: 'holding'
  readonly id: string
  readonly end: End
}

export interface LegBox extends Box {
  readonly type: 'leg'
  /** Of the leg. */
  readonly id: string
  /** Its place in the plan, from 0. */
  readonly index: number
}

export interface Lane extends Box {
  readonly chain: string
}

export interface Point {
  readonly x: number
  readonly y: number
}

/** From a holding into a leg, or out of it. Between points 0 and 1, 2 and 3, … it bends; between 1 and 2, … it is straight. */
export interface Line {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly points: readonly Point[]
}

export interface Layout {
  readonly width: number
  readonly height: number
  readonly lanes: readonly Lane[]
  readonly boxes: readonly (HoldingBox | LegBox)[]
  readonly lines: readonly Line[]
}

/** Pixels. */
export const SIZES = {
  holding: { width: 156, height: 62 },
  leg: { width: 172, height: 122 },
  /** Where a line goes past a row. */
  pass: { width: 20, height: 0 },
  gap: { x: 14, y: 40 },
  lane: { padding: 14, head: 44, gap: 14 },
} as const

/**
 * Places a plan: a column for each chain, money flowing down, holdings and legs in rows by turns. The same plan is placed in
 * the same way each time. No two boxes overlap, each lies in the column of its chain (a leg where it sells), and no line
 * runs behind a box. `order` is how the columns stand; chains that it does not name follow.
 */
export function layoutOf(legs: readonly LegEnds[], order: readonly string[]): Layout {
  const steps = stepsOf(legs)
  const rows = rowsOf(steps)
  const chains = [...new Set([...order, ...legs.flatMap(({ sell, expectedOut }) => [sell.chain, expectedOut.chain])])]
  const lanes = lanesOf(chains, rows)
  const tops = topsOf(rows)
  const height = (tops.at(-1) ?? 0) + (rows.at(-1) ? heightOf(rows.length - 1) : 0) + SIZES.lane.padding
  const placed = place(rows, lanes, tops)
  const last = lanes.at(-1)
  return {
    width: last ? last.x + last.width : 0,
    height: last ? height : 0,
    lanes: lanes.map((lane) => ({ ...lane, y: 0, height })),
    boxes: rows.flat().flatMap((item) => (item.type === 'pass' ? [] : [boxOf(item, placed.get(item.id)!)])),
    lines: steps.flatMap((step) => linesOf(step, rows, placed)),
  }
}

const widthOf = (items: readonly Item[]) =>
  items.reduce((sum, { type }) => sum + SIZES[type].width, 0) + Math.max(0, items.length - 1) * SIZES.gap.x
const heightOf = (row: number) => SIZES[row % 2 === 0 ? 'holding' : 'leg'].height

function lanesOf(chains: readonly string[], rows: readonly Item[][]): Omit<Lane, 'y' | 'height'>[] {
  const lanes: Omit<Lane, 'y' | 'height'>[] = []
  let x = 0
  for (const chain of chains) {
    const widest = Math.max(...rows.map((row) => widthOf(row.filter((item) => chainOf(item) === chain))), 0)
    if (widest === 0) continue
    const width = widest + 2 * SIZES.lane.padding
    lanes.push({ chain, x, width })
    x += width + SIZES.lane.gap
  }
  return lanes
}

function topsOf(rows: readonly Item[][]): number[] {
  let y: number = SIZES.lane.head
  return rows.map((_, row) => {
    const top = y
    y += heightOf(row) + SIZES.gap.y
    return top
  })
}

/** Row by row, each item as near under what leads to it as the order allows, and the row in the middle of its column. */
function place(
  rows: readonly Item[][],
  lanes: readonly Omit<Lane, 'y' | 'height'>[],
  tops: readonly number[],
): ReadonlyMap<string, Box> {
  const placed = new Map<string, Box>()
  const centre = (id: string) => {
    const box = placed.get(id)!
    return box.x + box.width / 2
  }
  for (const [row, items] of rows.entries())
    for (const lane of lanes) {
      const middle = lane.x + lane.width / 2
      const pull = ({ from }: Item) => (from.length === 0 ? middle : mean(from.map(centre)))
      const here = items.filter((item) => chainOf(item) === lane.chain).toSorted((a, b) => pull(a) - pull(b))
      let x = middle - widthOf(here) / 2
      for (const { id, type } of here) {
        const { width } = SIZES[type]
        placed.set(id, { x, y: tops[row]!, width, height: heightOf(row) })
        x += width + SIZES.gap.x
      }
    }
  return placed
}

function boxOf(item: Exclude<Item, { type: 'pass' }>, box: Box): HoldingBox | LegBox {
  return item.type === 'holding'
    ? { type: 'holding', id: item.id, end: item.end, ...box }
    : { type: 'leg', id: item.id, index: item.index, ...box }
}

function linesOf({ leg, from, to }: Step, rows: readonly Item[][], placed: ReadonlyMap<string, Box>): Line[] {
  const [source, card, target] = [placed.get(from.id)!, placed.get(leg.id)!, placed.get(to.id)!]
  const passes = rows.flatMap((_, row) => placed.get(passId(leg, row)) ?? [])
  return [
    { id: `${leg.id} in`, from: from.id, to: leg.id, points: [bottom(source), top(card)] },
    {
      id: `${leg.id} out`,
      from: leg.id,
      to: to.id,
      points: [bottom(card), ...passes.flatMap((pass) => [top(pass), bottom(pass)]), top(target)],
    },
  ]
}

const top = ({ x, y, width }: Box): Point => ({ x: x + width / 2, y })
const bottom = ({ x, y, width, height }: Box): Point => ({ x: x + width / 2, y: y + height })
const mean = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length

/** The line as SVG has it: bends within the gaps between rows, and goes straight down past them. */
export function pathOf(points: readonly Point[]): string {
  const [first, ...others] = points
  if (!first) return ''
  let [before, path] = [first, `M${first.x} ${first.y}`]
  for (const [index, { x, y }] of others.entries()) {
    const half = (y - before.y) / 2
    path += index % 2 === 0 ? `C${before.x} ${before.y + half} ${x} ${y - half} ${x} ${y}` : `L${x} ${y}`
    before = { x, y }
  }
  return path
}
