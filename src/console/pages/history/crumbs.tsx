import { cycleHref } from '../../parts/links.js'
import { shortId } from '../../parts/short-id.js'
import { hrefOf } from '../../routes.js'
import classes from './history.module.css'

/** The way back: history, and the cycle of what is looked at. */
export function Crumbs({ cycleId, here }: { readonly cycleId?: string | null; readonly here: string }) {
  return (
    <nav aria-label="The way back">
      <ol className={classes.crumbs}>
        <li>
          <a href={hrefOf('history')}>History</a>
        </li>
        {cycleId != null && (
          <li>
            <a href={cycleHref(cycleId)} title={cycleId}>
              Cycle {shortId(cycleId)}
            </a>
          </li>
        )}
        <li aria-current="page">{here}</li>
      </ol>
    </nav>
  )
}
