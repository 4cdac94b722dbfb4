import { useProposals, useReadPages } from '../../api/queries.js'
import type { CyclesPage } from './api.js'
import { chosenPlan } from './choose-plan.js'

/** Looked through at once for one with a plan. */
const AT_ONCE = 100

export const useCycleLines = (portfolio: string) =>
  useReadPages<CyclesPage>('/v1/cycles', { portfolio, limit: AT_ONCE })

/** Id of the cycle whose plan is proposed, runs, or ran last; undefined while it is not known. */
export function useRecentPlan(portfolio: string): string | undefined {
  const proposals = useProposals()
  const cycles = useCycleLines(portfolio)
  const listed = cycles.data?.pages.flatMap((page) => page.cycles) ?? []
  return chosenPlan(portfolio, proposals.data?.proposals ?? [], listed)
}
