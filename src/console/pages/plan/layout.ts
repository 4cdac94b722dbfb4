/** Where a token lies: what of a leg the picture needs to know of either end. */
export interface End {
  readonly chain: string
  readonly address: string
  readonly symbol: string
}

export interface LegEnds {
  readonly id: string
  readonly sell: End
  readonly expectedOut: End
  /** Legs whose proceeds it sells. */
  readonly funding: readonly { readonly leg: string }[]
}

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

type Item =
  | { readonly type: 'holding'; readonly id: string; readonly end: End; readonly from: readonly string[] }
  | {
      readonly type: 'leg'
      readonly id: string
      readonly index: number
      readonly chain: string
      readonly from: readonly string[]
    }
  | { readonly type: 'pass'; readonly id: string; readonly chain: string; readonly from: readonly string[] }

/** A leg between the two holdings that it is drawn between. */
interface Step {
  readonly leg: LegEnds
  readonly index: number
  readonly from: Holding
  readonly to: Holding
}

interface Holding {
  readonly id: string
  readonly end: End
}

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

const keyOf = ({ chain, address }: End) => `${chain} ${address.toLowerCase()}`

/** A holding that would lead back to itself is begun anew, so that money only flows down. */
function stepsOf(legs: readonly LegEnds[]): Step[] {
  const steps: Step[] = []
  const copies = new Map<string, Holding[]>()
  const holdingAt = (end: End, copy: number): Holding => {
    const all = copies.get(keyOf(end)) ?? []
    copies.set(keyOf(end), all)
    all[copy] ??= { id: copy === 0 ? keyOf(end) : `${keyOf(end)} ${copy + 1}`, end }
    return all[copy]
  }
  for (const [index, leg] of legs.entries()) {
    const source = steps.findLast(
      (one) => keyOf(one.to.end) === keyOf(leg.sell) && leg.funding.some((funder) => funder.leg === one.leg.id),
    )
    const from = source?.to ?? holdingAt(leg.sell, 0)
    let copy = 0
    while (leadsTo(holdingAt(leg.expectedOut, copy).id, from.id, steps)) copy++
    steps.push({ leg, index, from, to: holdingAt(leg.expectedOut, copy) })
  }
  return steps
}

function leadsTo(from: string, to: string, steps: readonly Step[]): boolean {
  const reached = new Set([from])
  const open = [from]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (id === to) return true
    for (const step of steps) {
      if (step.from.id !== id || reached.has(step.to.id)) continue
      reached.add(step.to.id)
      open.push(step.to.id)
    }
  }
  return false
}

/** Holdings in even rows, as far down as the longest way to them; legs right under what they sell. */
function rowsOf(steps: readonly Step[]): Item[][] {
  const depths = depthsOf(steps)
  const rows: Item[][] = []
  const put = (row: number, item: Item) => {
    while (rows.length <= row) rows.push([])
    rows[row]!.push(item)
  }
  const holdings = new Map(steps.flatMap(({ from, to }) => [from, to]).map((one) => [one.id, one]))
  for (const { id, end } of holdings.values()) {
    const into = steps.filter((step) => step.to.id === id)
    put(depths.get(id)!, { type: 'holding', id, end, from: into.map((step) => lastBefore(step, depths)) })
  }
  for (const step of steps) {
    const { leg, index, from, to } = step
    const row = depths.get(from.id)! + 1
    put(row, { type: 'leg', id: leg.id, index, chain: leg.sell.chain, from: [from.id] })
    for (let at = row + 1; at < depths.get(to.id)!; at++) {
      const before = at === row + 1 ? leg.id : passId(leg, at - 1)
      put(at, { type: 'pass', id: passId(leg, at), chain: leg.expectedOut.chain, from: [before] })
    }
  }
  return rows
}

function depthsOf(steps: readonly Step[]): ReadonlyMap<string, number> {
  const depths = new Map(steps.flatMap(({ from, to }) => [from.id, to.id]).map((id) => [id, 0]))
  // Nothing leads back, so that this ends after the longest way.
  for (let isMoving = true; isMoving;) {
    isMoving = false
    for (const { from, to } of steps) {
      const least = depths.get(from.id)! + 2
      if (depths.get(to.id)! >= least) continue
      depths.set(to.id, least)
      isMoving = true
    }
  }
  return depths
}

function lastBefore({ leg, from, to }: Step, depths: ReadonlyMap<string, number>): string {
  const row = depths.get(to.id)! - 1
  return row === depths.get(from.id)! + 1 ? leg.id : passId(leg, row)
}

const passId = ({ id }: LegEnds, row: number) => `${id} past ${row}`
const chainOf = (item: Item) => (item.type === 'holding' ? item.end.chain : item.chain)
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
