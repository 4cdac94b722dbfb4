import type { Portfolio } from '../../api/answers.js'
import { useProposals } from '../../api/queries.js'
import { isOpen } from '../../parts/answering.js'
import { StateBadge } from '../../parts/badges.js'
import { capital } from '../../parts/capital.js'
import { Usd } from '../../parts/exact.js'
import { Ago, useNow } from '../../parts/moment.js'
import { Panel } from '../../parts/page.js'
import { skippedTexts } from '../../parts/progress.js'
import shared from '../../parts/shared.module.css'
import { actText, DECISIONS, outcomeWords, WAITS } from '../../parts/words.js'
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
  const proposals = useProposals()
  const now = useNow()
  if (!lastCycle) return null
  const { id, decision, outcome = null } = lastCycle
  const waits = outcome === null && proposals.data?.proposals.some((one) => one.id === id && isOpen(one, now)) === true
  const { label, tone } = waits ? WAITS : outcomeWords(outcome)
  return (
    <Panel title="Last decision" actions={<a href={hrefOf('history', id)}>The whole cycle</a>}>
      <p className={classes.decision}>
        <StateBadge tone={tone}>{label}</StateBadge> {capital(waits ? 'it is to act' : actText(decision.act, outcome))}:{' '}
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
      {cycle?.id === id && skippedTexts(cycle.progress).map((text) => <p key={text}>{text}</p>)}
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
