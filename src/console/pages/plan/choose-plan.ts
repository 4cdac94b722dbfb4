import type { Proposal } from '../../api/answers.js'
import type { CyclesPage } from './api.js'

type CycleLine = CyclesPage['cycles'][number]

/** The cycle whose plan is shown where nobody named one: what waits for people, else what runs, else the last there was. */
export function chosenPlan(
  portfolio: string,
  proposals: readonly Proposal[],
  cycles: readonly CycleLine[],
): string | undefined {
  const waiting = proposals.find(
    ({ kind, state, content }) => kind === 'plan' && state === 'open' && content['portfolio'] === portfolio,
  )
  return waiting?.id ?? cycles.find(isRunning)?.id ?? cycles.find(hasPlan)?.id
}

const hasPlan = ({ legs, outcome }: CycleLine) => legs > 0 || outcome === 'planned'
const isRunning = (cycle: CycleLine) => cycle.outcome === null && hasPlan(cycle)
