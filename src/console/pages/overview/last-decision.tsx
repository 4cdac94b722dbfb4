import type { Portfolio } from '../../api/answers.js'
import { StateBadge } from '../../parts/badges.js'
import { Usd } from '../../parts/exact.js'
import { Ago } from '../../parts/moment.js'
import { Panel } from '../../parts/page.js'
import shared from '../../parts/shared.module.css'
import { DECISIONS, outcomeWords } from '../../parts/words.js'
import { hrefOf } from '../../routes.js'
import type { Cycle } from './answers.js'
import classes from './overview.module.css'

/** What the last cycle made of it, in one line, with its reasons. */
export function LastDecision({
  portfolio: { lastCycle },
  cycle,
}: {
  readonly portfolio: Portfolio
  readonly cycle: Cycle | undefined
}) {
  if (!lastCycle) return null
  const { id, decision, outcome = null } = lastCycle
  const { label, tone } = outcomeWords(outcome)
  return (
    <Panel title="Last decision" actions={<a href={hrefOf('history', id)}>The whole cycle</a>}>
      <p className={classes.decision}>
        <StateBadge tone={tone}>{label}</StateBadge> {decision.act ? 'It acted: ' : 'It did nothing: '}
        {DECISIONS[decision.code]}
        {cycle?.id === id && (
          <>
            {' '}
            <span className={shared.quiet}>
              <Ago at={cycle.startedAt} />
            </span>
          </>
        )}
      </p>
      <Reasons reasons={decision.reasons} />
      {cycle?.id === id && cycle.plan && (
        <p className={shared.quiet}>
          {cycle.plan.legs.length} legs planned for <Usd value={cycle.plan.cost.totalUsd} /> in all.
        </p>
      )}
    </Panel>
  )
}

/** The first one says most; the rest is there for who wants to know. */
function Reasons({ reasons: [first, ...rest] }: { readonly reasons: readonly string[] }) {
  if (first === undefined) return null
  return (
    <div className={classes.reasons}>
      <p>{first}</p>
      {rest.length > 0 && (
        <details>
          <summary>
            {rest.length} more {rest.length === 1 ? 'reason' : 'reasons'}
          </summary>
          <ul>
            {rest.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        </details>
      )}
    </div>
  )
}
