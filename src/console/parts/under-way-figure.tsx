import type { Positions } from '../api/answers.js'
import { Usd } from './exact.js'
import classes from './parts.module.css'
import { underWayNow } from './under-way.js'

/** What is between the chains now, and how much of it the last measurement still has where it was. */
export function UnderWayFigure({ inTransit }: Pick<Positions, 'inTransit'>) {
  const { totalUsd, inPositionsUsd, withoutPrice } = underWayNow(inTransit)
  return (
    <>
      <Usd value={totalUsd} />
      {Number(inPositionsUsd) > 0 && (
        <div className={classes.quiet}>
          {inPositionsUsd === totalUsd ? 'all of it' : <Usd value={inPositionsUsd} />} left since, and is counted where
          it was
        </div>
      )}
      {withoutPrice > 0 && <div className={classes.quiet}>and {withoutPrice} without a price</div>}
    </>
  )
}
