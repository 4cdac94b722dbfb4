import { isExpired, newProposal, type Proposal, usedUp } from '../domain/access/proposal.js'
import type { Cycle } from '../domain/execution/cycle.js'
import { hasBegun, needsApproval, planContent, plannedSales } from '../domain/execution/plan-approval.js'
import { canonicalText } from '../domain/canonical-text.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import { usdToNumber } from '../domain/units/usd.js'
import type { Clock } from '../ports/clock.js'
import type { Observer } from '../ports/observer.js'
import type { Proposals } from '../ports/proposals.js'

/** Whether the legs of a cycle may begin. */
export type Permission =
  | { readonly status: 'granted' }
  /** People have been asked; nothing new is begun until they answer. */
  | { readonly status: 'awaited' }
  | { readonly status: 'denied'; readonly reason: string }

const GRANTED: Permission = { status: 'granted' }

/**
 * Asks people for the plan of a cycle where its portfolio wants that.
 *
 * Guarantees: nothing of such a plan begins before as many people as are wanted have approved exactly what is written down,
 * and within the time their word holds; a word is for one cycle, and no other cycle has its id. What is asked is written
 * down, so that a restart asks nobody twice.
 */
export class SeekApproval {
  constructor(
    private readonly deps: {
      proposals: Proposals
      /** SHA-256 in hexadecimal. */
      hash: (text: string) => string
      clock: Clock
      observer: Observer
    },
  ) {}

  async run(portfolio: Portfolio, cycle: Cycle): Promise<Permission> {
    if (hasBegun(cycle) || !needsApproval(portfolio, cycle)) return GRANTED
    const { proposals, clock } = this.deps
    const proposal = (await proposals.byId(cycle.id)) ?? (await this.ask(portfolio, cycle))
    // Another content under the same id is no content that anybody saw.
    if (proposal.digest !== this.digestOf(portfolio, cycle))
      return { status: 'denied', reason: 'What was proposed is not what is written down. The next cycle asks anew.' }
    if (isExpired(proposal, clock.now()))
      return { status: 'denied', reason: `Nobody's approval came in time, until ${timeText(proposal.expiresAt)}.` }
    switch (proposal.state) {
      case 'open':
        return { status: 'awaited' }
      case 'approved':
        await proposals.save(proposal, usedUp(proposal))
        return GRANTED
      case 'used':
        return GRANTED
      case 'rejected':
      case 'void':
        return { status: 'denied', reason: `The plan was turned down: ${proposal.reason}` }
    }
  }

  private async ask(portfolio: Portfolio, cycle: Cycle): Promise<Proposal> {
    const { proposals, clock, observer } = this.deps
    const proposedAt = clock.now()
    const sales = usdToNumber(plannedSales(cycle)).toFixed(0)
    const proposal = newProposal({
      id: cycle.id,
      kind: 'plan',
      digest: this.digestOf(portfolio, cycle),
      content: planContent(portfolio, cycle),
      proposedBy: cycle.decision.askedBy ?? 'daemon',
      proposedAt,
      needs: portfolio.planApproval.people,
      reason: `${cycle.legs.length} legs that sell ${sales} USD. ${cycle.decision.reasons[0] ?? ''}`.trim(),
    })
    if (!(await proposals.open(proposal))) return (await proposals.byId(cycle.id)) ?? proposal
    observer.notify({ type: 'approval-wanted', portfolio: portfolio.id, proposal })
    return proposal
  }

  private digestOf(portfolio: Portfolio, cycle: Cycle): string {
    return this.deps.hash(canonicalText(planContent(portfolio, cycle)))
  }
}

function timeText(at: number): string {
  return new Date(at).toISOString()
}
