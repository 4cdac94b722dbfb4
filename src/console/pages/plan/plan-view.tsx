import type { ReactNode } from 'react'
import type { Proposal } from '../../api/answers.js'
import { useProposals, useRead } from '../../api/queries.js'
import { StateBadge } from '../../parts/badges.js'
import { Share, Usd } from '../../parts/exact.js'
import { IdLink } from '../../parts/id-link.js'
import { cycleHref } from '../../parts/links.js'
import { Ago } from '../../parts/moment.js'
import { Fact, Facts, Panel } from '../../parts/page.js'
import shared from '../../parts/shared.module.css'
import { Await, Empty } from '../../parts/states.js'
import { DECISIONS, outcomeWords, WAITS } from '../../parts/words.js'
import type { Cycle, Plan } from './api.js'
import { Approval } from './approval.js'
import { CostsPanel } from './costs-panel.js'
import { DrawnPlan } from './drawn-plan.js'
import classes from './plan.module.css'
import { METHODS } from './words.js'

/** What waits for a word under this id, or the plan of the cycle with it. */
export function PlanView({ id }: { readonly id: string }) {
  const proposals = useProposals()
  return (
    <Await read={proposals}>
      {(all) => {
        const proposal = all.proposals.find((one) => one.id === id)
        return proposal && proposal.kind !== 'plan' ? (
          <Approval proposal={proposal} plan={undefined} />
        ) : (
          <CyclePlan id={id} proposal={proposal} />
        )
      }}
    </Await>
  )
}

function CyclePlan({ id, proposal }: { readonly id: string; readonly proposal: Proposal | undefined }) {
  const read = useRead<Cycle>(`/v1/cycles/${encodeURIComponent(id)}`)
  return (
    <Await read={read}>
      {(cycle) => (
        <>
          <Standing cycle={cycle} proposal={proposal} />
          {proposal?.state === 'open' && <Approval proposal={proposal} plan={cycle.plan ?? undefined} />}
          {cycle.plan ? <WholePlan cycle={cycle} plan={cycle.plan} /> : <NoPlan cycle={cycle} />}
          {proposal && proposal.state !== 'open' && <Approval proposal={proposal} plan={cycle.plan ?? undefined} />}
        </>
      )}
    </Await>
  )
}

function WholePlan({ cycle, plan }: { readonly cycle: Cycle; readonly plan: Plan }) {
  return (
    <>
      <CostsPanel plan={plan} cycle={cycle} />
      <DrawnPlan plan={plan} measured={cycle} cycle={cycle} />
      <LeftOut plan={plan} />
    </>
  )
}

function Standing({ cycle, proposal }: { readonly cycle: Cycle; readonly proposal: Proposal | undefined }) {
  const { id, outcome, plan, drift, startedAt, endedAt, legs, mode, decision, progress } = cycle
  const isDry = mode === 'dry-run'
  const isWaiting = outcome === null && proposal?.state === 'open'
  const { label, tone, meaning } = isWaiting ? WAITS : outcomeWords(outcome)
  return (
    <Panel
      title={isWaiting ? 'Proposed' : outcome === null ? 'Running' : 'Ended'}
      actions={
        <StateBadge tone={tone} title={meaning}>
          {label}
        </StateBadge>
      }
    >
      <Facts>
        <Fact name="Cycle">
          <IdLink id={id} href={cycleHref(id)} label="Cycle" />
        </Fact>
        <Fact name="Began">
          <Ago at={startedAt} />
        </Fact>
        {endedAt !== null && (
          <Fact name="Ended">
            <Ago at={endedAt} />
          </Fact>
        )}
        {isDry && <Fact name="Mode">{outcome === null ? 'dry run' : 'dry run, not carried out'}</Fact>}
        {legs.length > 0 && !isDry && <LegsDone progress={progress} />}
        {plan && <PlanFacts plan={plan} drift={drift} />}
      </Facts>
      <p className={classes.why}>
        It began because {DECISIONS[decision.code]}. {decision.reasons[0]}
      </p>
    </Panel>
  )
}

function LegsDone({ progress: { done, toDo, failed, planned } }: Pick<Cycle, 'progress'>) {
  const others = [
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(planned > toDo ? [`${planned - toDo} skipped`] : []),
  ].join(', ')
  return (
    <Fact name="Legs done">
      {done} of {toDo} {others !== '' && <span className={shared.quiet}>{others}</span>}
    </Fact>
  )
}

/** What a plan costs and comes to, for whatever stands beside it. */
export function PlanFacts({ plan, drift }: { readonly plan: Plan; readonly drift: string }): ReactNode {
  const { cost, expectedDrift, method, quotes } = plan
  return (
    <>
      <Fact name="Expected cost">
        <Usd value={cost.totalUsd} />
      </Fact>
      <Fact name="Would have to trade">
        <Share value={drift} /> → <Share value={expectedDrift} />
      </Fact>
      <Fact name="Found by">{METHODS[method]}</Fact>
      <Fact name="Quotes">
        {quotes.asked} {quotes.failed > 0 && <span className={shared.quiet}>of which {quotes.failed} failed</span>}
      </Fact>
    </>
  )
}

function NoPlan({ cycle: { outcome, planReasons, decision, id } }: { readonly cycle: Cycle }) {
  const reasons = planReasons.length > 0 ? planReasons : decision.reasons
  return (
    <Panel title="No plan">
      <Empty title={outcome === null ? 'There is no plan yet' : 'This cycle made no plan'}>
        {reasons.slice(0, 3).map((one) => (
          <p key={one}>{one}</p>
        ))}
        <p>
          <a href={cycleHref(id)}>Everything about the cycle</a>
        </p>
      </Empty>
    </Panel>
  )
}

/** What the plan leaves undone, and which pools it takes for separate. */
export function LeftOut({ plan: { unmet, separatePools } }: { readonly plan: Plan }) {
  if (unmet.length === 0 && separatePools.length === 0) return null
  return (
    <Panel title="What it leaves, and what it rests on">
      <ul className={classes.list}>
        {unmet.map(({ asset, valueUsd, reason }) => (
          <li key={asset}>
            {asset} stays <Usd value={valueUsd} isSigned /> from its level: {reason}
          </li>
        ))}
        {separatePools.map(({ group, venues, detail }) => (
          <li key={group + venues.join()}>
            {group}: {venues.join(' and ')} trade in different pools ({detail}).
          </li>
        ))}
      </ul>
    </Panel>
  )
}
