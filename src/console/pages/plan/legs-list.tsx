import { StateBadge } from '../../parts/badges.js'
import { usdFigure } from '../../parts/figures.js'
import { Panel } from '../../parts/page.js'
import shared from '../../parts/shared.module.css'
import { Tool } from '../../parts/tool.js'
import { legWords } from '../../parts/words.js'
import type { Cycle, PlannedLeg } from './api.js'
import { LegDetail } from './leg-detail.js'
import classes from './plan.module.css'
import { cameOut } from './slices.js'
import { legTitle } from './words.js'

interface LegsListProps {
  readonly legs: readonly PlannedLeg[]
  /** The cycle that carries the plan out; undefined for a plan that nobody carries out. */
  readonly cycle: Cycle | undefined
  readonly open: ReadonlySet<string>
  readonly onToggle: (leg: string, isOpen: boolean) => void
}

/** Every leg in words, for whoever does not look at the picture, with all that is known of it. */
export function LegsList({ legs, cycle, open, onToggle }: LegsListProps) {
  return (
    <Panel title="Legs">
      <ol className={classes.legs}>
        {legs.map((leg, index) => (
          <li key={leg.id}>
            <details
              id={legElementId(leg.id)}
              className={classes.leg}
              open={open.has(leg.id)}
              onToggle={(event) => onToggle(leg.id, event.currentTarget.open)}
            >
              <LegSummary leg={leg} ordinal={index + 1} cycle={cycle} />
              {open.has(leg.id) && <LegDetail leg={leg} legs={legs} cycle={cycle} />}
            </details>
          </li>
        ))}
      </ol>
    </Panel>
  )
}

export const legElementId = (leg: string) => `leg ${leg}`

function LegSummary({ leg, ordinal, cycle }: { leg: PlannedLeg; ordinal: number; cycle: Cycle | undefined }) {
  const run = cycle?.legs.find(({ id }) => id === leg.id)
  const words = cycle && run && legWords(run.state, cycle)
  const came = cameOut(leg, run)
  const { venue, tool } = run ?? leg
  return (
    <summary>
      <strong>
        {ordinal}. {legTitle(came ? { ...leg, sell: came.sold, expectedOut: came.received } : leg)}
      </strong>
      <span className={classes.legLine}>
        <span className={shared.quiet}>
          <Tool name={tool} /> by {venue}
        </span>
        {run && run.state !== 'waiting' && !came && <span className={shared.quiet}>amounts as planned</span>}
        <span className={shared.quiet}>
          {run?.realisedCost
            ? `cost ${usdFigure(run.realisedCost.totalUsd).readable}`
            : `planned cost ${usdFigure(leg.cost.totalUsd).readable}`}
        </span>
        {words && (
          <StateBadge tone={words.tone} title={words.meaning}>
            {words.label}
          </StateBadge>
        )}
      </span>
    </summary>
  )
}
