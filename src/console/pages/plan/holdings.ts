import { difference, sum } from '../../parts/decimals.js'
import type { Cycle, PlannedLeg } from './api.js'
import type { End } from './levels.js'

/** What lies there before the plan, and once it came out as expected; decimal text. */
export interface Held {
  readonly before: string
  readonly after: string
}

type Measured = Pick<Cycle, 'assets' | 'chains'>
type Moves = Pick<PlannedLeg, 'sell' | 'expectedOut'>

/** What a plan moved: of a cycle that has ended and sold anything, what came out of it; undefined of any other. */
export function movedBy({ outcome, legs }: Pick<Cycle, 'outcome' | 'legs'>): readonly Moves[] | undefined {
  const moves = legs.flatMap(({ sold, received }) =>
    sold ? [{ sell: sold, expectedOut: received ?? { ...sold, amount: '0' } }] : [],
  )
  return outcome === null || moves.length === 0 ? undefined : moves
}

/** Of a token on a chain; undefined where it is not known what lies there. */
export function heldAround({ assets, chains }: Measured, legs: readonly Moves[]): (end: End) => Held | undefined {
  const positions = assets.flatMap((asset) => asset.positions ?? [])
  return (end) => {
    const is = ({ chain, address }: Pick<End, 'chain' | 'address'>) =>
      chain === end.chain && address.toLowerCase() === end.address.toLowerCase()
    if (!chains.some(({ chain }) => chain === end.chain)) return undefined
    const before = sum(positions.filter(is).map(({ amount }) => amount))
    const bought = legs.filter((leg) => is(leg.expectedOut)).map((leg) => leg.expectedOut.amount)
    const sold = legs.filter((leg) => is(leg.sell)).map((leg) => leg.sell.amount)
    return { before, after: difference(sum([before, ...bought]), sum(sold)) }
  }
}
