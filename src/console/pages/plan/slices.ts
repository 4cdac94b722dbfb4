import { sum } from '../../parts/decimals.js'
import type { Leg, LegState, PlannedLeg } from './api.js'
import type { LegEnds } from './levels.js'

type Amount = PlannedLeg['sell']

/** Legs that are drawn as one: the slices of one sale, or a leg by itself. */
export interface LegGroup extends LegEnds {
  /** In the order of the plan, one at least. */
  readonly legs: readonly PlannedLeg[]
  /** Places of the first and the last one in the plan, from 1. */
  readonly first: number
  readonly last: number
  /** Of all of them; decimal text. */
  readonly sold: string
  readonly bought: string
  readonly costUsd: string
}

const saleOf = ({ kind, sell, expectedOut, venue, tool }: PlannedLeg) =>
  [kind, sell.chain, sell.address, expectedOut.chain, expectedOut.address, venue, tool].join(' ')

/** Slices that follow each other and sell the same for the same by the same way are one. */
export function groupSlices(legs: readonly PlannedLeg[]): LegGroup[] {
  const groups: PlannedLeg[][] = []
  for (const leg of legs) {
    const before = groups.at(-1)?.at(-1)
    if (leg.slice && before?.slice && saleOf(leg) === saleOf(before)) groups.at(-1)!.push(leg)
    else groups.push([leg])
  }
  const groupOf = (id: string) => groups.find((group) => group.some((leg) => leg.id === id))?.[0]!.id ?? id
  let last = 0
  return groups.map((group) => {
    const [{ id, sell, expectedOut }] = group as [PlannedLeg]
    const first = last + 1
    last += group.length
    const funders = new Set(group.flatMap(({ funding }) => funding.map(({ leg }) => groupOf(leg))))
    return {
      id,
      sell,
      expectedOut,
      funding: [...funders].map((leg) => ({ leg })),
      legs: group,
      first,
      last,
      sold: sum(group.map((leg) => leg.sell.amount)),
      bought: sum(group.map((leg) => leg.expectedOut.amount)),
      costUsd: sum(group.map(({ cost }) => cost.totalUsd)),
    }
  })
}

type RunOf = (leg: string) => Leg | undefined

/** What a leg sold and received, once it has and where it was what it was for; undefined before, or where it came out otherwise. */
export function cameOut(
  { expectedOut }: Pick<PlannedLeg, 'expectedOut'>,
  run: Leg | undefined,
): { readonly sold: Amount; readonly received: Amount } | undefined {
  if (!run?.sold || !run.received) return undefined
  const { sold, received } = run
  const isSame =
    received.chain === expectedOut.chain && received.address.toLowerCase() === expectedOut.address.toLowerCase()
  return isSame ? { sold, received } : undefined
}

/** What is shown of a group. Amounts and cost are as they came out where every leg of it has such, else as planned. */
export interface GroupFigures {
  readonly sold: string
  readonly bought: string
  readonly costUsd: string
  readonly isAmountPlanned: boolean
  readonly isCostPlanned: boolean
}

export function figuresOf({ legs, sold, bought, costUsd }: LegGroup, runOf: RunOf): GroupFigures {
  const came = legs.flatMap((leg) => cameOut(leg, runOf(leg.id)) ?? [])
  const costs = legs.flatMap(({ id }) => runOf(id)?.realisedCost?.totalUsd ?? [])
  const isAmountPlanned = came.length < legs.length
  const isCostPlanned = costs.length < legs.length
  return {
    sold: isAmountPlanned ? sold : sum(came.map((one) => one.sold.amount)),
    bought: isAmountPlanned ? bought : sum(came.map((one) => one.received.amount)),
    costUsd: isCostPlanned ? costUsd : sum(costs),
    isAmountPlanned,
    isCostPlanned,
  }
}

/** What is told of several legs in one word: that of the first one that is neither done nor waiting, else the least far. */
export function stateOfGroup(states: readonly (LegState | undefined)[]): LegState | undefined {
  const known = states.filter((state) => state !== undefined)
  return (
    known.find((state) => state !== 'done' && state !== 'waiting') ??
    known.find((state) => state === 'waiting') ??
    known[0]
  )
}
