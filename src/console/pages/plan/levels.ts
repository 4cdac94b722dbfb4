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

/** What stands in a level. `from` are the ids of what leads to it, all in the level before. */
export type Item =
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
export interface Step {
  readonly leg: LegEnds
  readonly index: number
  readonly from: Holding
  readonly to: Holding
}

interface Holding {
  readonly id: string
  readonly end: End
}

const keyOf = ({ chain, address }: End) => `${chain} ${address.toLowerCase()}`

/** A holding that would lead back to itself is begun anew, so that money only flows onwards. */
export function stepsOf(legs: readonly LegEnds[]): Step[] {
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

/** Holdings in even levels, as far on as the longest way to them; legs right after what they sell. */
export function levelsOf(steps: readonly Step[]): Item[][] {
  const depths = depthsOf(steps)
  const levels: Item[][] = []
  const put = (level: number, item: Item) => {
    while (levels.length <= level) levels.push([])
    levels[level]!.push(item)
  }
  const holdings = new Map(steps.flatMap(({ from, to }) => [from, to]).map((one) => [one.id, one]))
  for (const { id, end } of holdings.values()) {
    const into = steps.filter((step) => step.to.id === id)
    put(depths.get(id)!, { type: 'holding', id, end, from: into.map((step) => lastBefore(step, depths)) })
  }
  for (const step of steps) {
    const { leg, index, from, to } = step
    const level = depths.get(from.id)! + 1
    put(level, { type: 'leg', id: leg.id, index, chain: leg.sell.chain, from: [from.id] })
    for (let at = level + 1; at < depths.get(to.id)!; at++) {
      const before = at === level + 1 ? leg.id : passId(leg, at - 1)
      put(at, { type: 'pass', id: passId(leg, at), chain: leg.expectedOut.chain, from: [before] })
    }
  }
  return levels
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
  const level = depths.get(to.id)! - 1
  return level === depths.get(from.id)! + 1 ? leg.id : passId(leg, level)
}

/** Of where the line out of a leg goes past a level. */
export const passId = ({ id }: LegEnds, level: number) => `${id} past ${level}`
export const chainOf = (item: Item) => (item.type === 'holding' ? item.end.chain : item.chain)
