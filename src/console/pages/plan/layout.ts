import { chainOf, type End, type Item, type LegEnds, passId, levelsOf, type Step, stepsOf } from './levels.js'

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** A token on a chain. What comes back to a token that began the same money's way is drawn once more, further on. */
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
  holding: { width: 124, height: 62 },
  leg: { width: 168, height: 92 },
  /** Where a line goes past a level. */
  pass: { width: 0, height: 16 },
  gap: { x: 32, y: 10 },
  lane: { padding: 12, head: 32, gap: 12 },
} as const

/**
 * Places a plan: a band for each chain, money flowing to the right, holdings and legs in levels by turns. So its width
 * comes from how many legs follow each other, which are few, and not from how many there are. The same plan is placed in
 * the same way each time. No two boxes overlap, each lies in the band of its chain (a leg where it sells), and no line
 * runs behind a box. `order` is how the bands stand; chains that it does not name follow.
 */
export function layoutOf(legs: readonly LegEnds[], order: readonly string[]): Layout {
  const steps = stepsOf(legs)
  const levels = levelsOf(steps)
  const chains = [...new Set([...order, ...legs.flatMap(({ sell, expectedOut }) => [sell.chain, expectedOut.chain])])]
  const lanes = lanesOf(chains, levels)
  const starts = startsOf(levels)
  const width = (starts.at(-1) ?? 0) + widthOf(levels.length - 1) + SIZES.lane.padding
  const placed = place(levels, lanes, starts)
  const last = lanes.at(-1)
  return {
    width: last ? width : 0,
    height: last ? last.y + last.height : 0,
    lanes: lanes.map((lane) => ({ ...lane, x: 0, width })),
    boxes: levels.flat().flatMap((item) => (item.type === 'pass' ? [] : [boxOf(item, placed.get(item.id)!)])),
    lines: steps.flatMap((step) => linesOf(step, levels, placed)),
  }
}

const heightOf = (items: readonly Item[]) =>
  items.reduce((sum, { type }) => sum + SIZES[type].height, 0) + Math.max(0, items.length - 1) * SIZES.gap.y
const widthOf = (level: number) => SIZES[level % 2 === 0 ? 'holding' : 'leg'].width

function lanesOf(chains: readonly string[], levels: readonly Item[][]): Omit<Lane, 'x' | 'width'>[] {
  const lanes: Omit<Lane, 'x' | 'width'>[] = []
  let y = 0
  for (const chain of chains) {
    const tallest = Math.max(...levels.map((level) => heightOf(level.filter((item) => chainOf(item) === chain))), 0)
    if (tallest === 0) continue
    const height = SIZES.lane.head + tallest + SIZES.lane.padding
    lanes.push({ chain, y, height })
    y += height + SIZES.lane.gap
  }
  return lanes
}

function startsOf(levels: readonly Item[][]): number[] {
  let x: number = SIZES.lane.padding
  return levels.map((_, level) => {
    const start = x
    x += widthOf(level) + SIZES.gap.x
    return start
  })
}

/** Level by level, each item as near beside what leads to it as the order allows, and the level in the middle of its band. */
function place(
  levels: readonly Item[][],
  lanes: readonly Omit<Lane, 'x' | 'width'>[],
  starts: readonly number[],
): ReadonlyMap<string, Box> {
  const placed = new Map<string, Box>()
  const centre = (id: string) => {
    const box = placed.get(id)!
    return box.y + box.height / 2
  }
  for (const [level, items] of levels.entries())
    for (const lane of lanes) {
      const middle = lane.y + (SIZES.lane.head + lane.height - SIZES.lane.padding) / 2
      const pull = ({ from }: Item) => (from.length === 0 ? middle : mean(from.map(centre)))
      const here = items.filter((item) => chainOf(item) === lane.chain).toSorted((a, b) => pull(a) - pull(b))
      let y = middle - heightOf(here) / 2
      for (const { id, type } of here) {
        const { height } = SIZES[type]
        placed.set(id, { x: starts[level]!, y, width: widthOf(level), height })
        y += height + SIZES.gap.y
      }
    }
  return placed
}

function boxOf(item: Exclude<Item, { type: 'pass' }>, box: Box): HoldingBox | LegBox {
  return item.type === 'holding'
    ? { type: 'holding', id: item.id, end: item.end, ...box }
    : { type: 'leg', id: item.id, index: item.index, ...box }
}

function linesOf({ leg, from, to }: Step, levels: readonly Item[][], placed: ReadonlyMap<string, Box>): Line[] {
  const [source, card, target] = [placed.get(from.id)!, placed.get(leg.id)!, placed.get(to.id)!]
  const passes = levels.flatMap((_, level) => placed.get(passId(leg, level)) ?? [])
  return [
    { id: `${leg.id} in`, from: from.id, to: leg.id, points: [right(source), left(card)] },
    {
      id: `${leg.id} out`,
      from: leg.id,
      to: to.id,
      points: [right(card), ...passes.flatMap((pass) => [left(pass), right(pass)]), left(target)],
    },
  ]
}

const left = ({ x, y, height }: Box): Point => ({ x, y: y + height / 2 })
const right = ({ x, y, width, height }: Box): Point => ({ x: x + width, y: y + height / 2 })
const mean = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length

/** The line as SVG has it: bends within the gaps between levels, and goes straight past them. */
export function pathOf(points: readonly Point[]): string {
  const [first, ...others] = points
  if (!first) return ''
  let [before, path] = [first, `M${first.x} ${first.y}`]
  for (const [index, { x, y }] of others.entries()) {
    const half = (x - before.x) / 2
    path += index % 2 === 0 ? `C${before.x + half} ${before.y} ${x - half} ${y} ${x} ${y}` : `L${x} ${y}`
    before = { x, y }
  }
  return path
}
