import { useProposals } from '../../api/queries.js'
import { useChosenPortfolio } from '../../frame/portfolio.js'
import { Page } from '../../parts/page.js'
import { Await, Empty, More } from '../../parts/states.js'
import { SubNav } from '../../parts/sub-nav.js'
import { hrefOf, usePlace } from '../../routes.js'
import { shortId } from '../../parts/short-id.js'
import { chosenPlan } from './choose-plan.js'
import { PlanView } from './plan-view.js'
import { useCycleLines } from './recent-plan.js'
import { RunCycle } from './run-cycle.js'
import { WhatIf } from './what-if.js'

const WHAT_IF = 'what-if'

export default function PlanPages() {
  const { rest } = usePlace()
  const [named] = rest
  const isTrying = named === WHAT_IF
  const pages = [
    { name: 'plan', label: 'The plan', href: hrefOf('plan') },
    ...(named !== undefined && !isTrying ? [{ name: named, label: shortId(named), href: hrefOf('plan', named) }] : []),
    { name: WHAT_IF, label: 'What if', href: hrefOf('plan', WHAT_IF) },
  ]
  return (
    <Page
      title={isTrying ? 'What if' : 'Plan'}
      lead={isTrying ? 'What a cycle would do with other targets or limits.' : 'What is proposed, runs, or ran last.'}
      actions={<RunCycle />}
    >
      <SubNav label="Plans" pages={pages} current={named ?? 'plan'} />
      {isTrying ? <WhatIf /> : named === undefined ? <PlanInForce /> : <PlanView key={named} id={named} />}
    </Page>
  )
}

function PlanInForce() {
  const { id } = useChosenPortfolio()
  const proposals = useProposals()
  const cycles = useCycleLines(id)
  return (
    <Await read={proposals}>
      {(waiting) => (
        <Await read={cycles}>
          {({ pages }) => {
            const listed = pages.flatMap((page) => page.cycles)
            const chosen = chosenPlan(id, waiting.proposals, listed)
            if (chosen !== undefined) return <PlanView key={chosen} id={chosen} />
            return (
              <>
                <Empty title="No plan">
                  {listed.length === 0
                    ? 'No cycle has run yet.'
                    : `None of the last ${listed.length} cycles made one: History says why each did nothing.`}
                </Empty>
                <More pages={cycles} />
              </>
            )
          }}
        </Await>
      )}
    </Await>
  )
}
