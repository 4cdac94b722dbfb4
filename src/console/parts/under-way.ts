import type { Positions } from '../api/answers.js'
import { sum } from './decimals.js'

type Transit = Pick<Positions['inTransit'][number], 'valueUsd' | 'isInPositions'>

/** Everything that is between the chains now; USD as decimal text. */
export interface UnderWayNow {
  readonly totalUsd: string
  /** As much of it as left after the last measurement, and so is still counted where it was. */
  readonly inPositionsUsd: string
  /** How many crossings have no price, and are in neither figure. */
  readonly withoutPrice: number
}

export function underWayNow(inTransit: readonly Transit[]): UnderWayNow {
  return {
    totalUsd: sum(inTransit.flatMap(({ valueUsd }) => valueUsd ?? [])),
    inPositionsUsd: sum(inTransit.flatMap(({ valueUsd, isInPositions }) => (isInPositions ? (valueUsd ?? []) : []))),
    withoutPrice: inTransit.filter(({ valueUsd }) => valueUsd === null).length,
  }
}
