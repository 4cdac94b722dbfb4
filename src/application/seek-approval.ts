import {
  APPROVAL_MS,
  isExpired,
  newProposal,
  notBegun,
  type Proposal,
  timedOut,
  usedUp,
} from '../domain/access/proposal.js'
import type { Cycle, LegRun } from '../domain/execution/cycle.js'
import { hasEnded } from '../domain/execution/funding.js'
import {
  approversOf,
  hasBegun,
  needsApproval,
  planContent,
  type PlanTerms,
  plannedVolume,
} from '../domain/execution/plan-approval.js'
import { canonicalText } from '../domain/canonical-text.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import { usdToNumber } from '../domain/units/usd.js'
import type { Clock } from '../ports/clock.js'
import type { Observer } from '../ports/observer.js'
import type { Proposals } from '../ports/proposals.js'
import { ConflictError } from '../ports/store.js'

/** Whether the legs of a cycle may begin. */
export type Permission =
  | {
      readonly status: 'granted'
      /** Whether people have given it; else nobody had to be asked. */
      readonly isApproved: boolean
    }
  /** People have been asked; nothing new is begun until they answer. */
  | { readonly status: 'awaited' }
  | { readonly status: 'denied'; readonly reason: string }

const UNASKED: Permission = { status: 'granted', isApproved: false }
const GRANTED: Permission = { status: 'granted', isApproved: true }

/**
 * Asks people for the plan of a cycle where its portfolio wants that.
 *
 * Guarantees: nothing of such a plan begins before as many people as are wanted have approved exactly what is written down,
 * and within the time their word holds, and all of it: where a leg was ended before anything began, by a pause say, the rest
 * is another plan. A word is for one cycle, and no other cycle has its id. What is asked is written down, so that a restart
 * asks nobody twice.
 */
export class SeekApproval {
  constructor(
    private readonly deps: {
      proposals: Proposals
      /** What else an approval is for. */
      terms: Omit<PlanTerms, 'expiresAt'>
      /** SHA-256 in hexadecimal. */
      hash: (text: string) => string
      clock: Clock
      observer: Observer
    },
  ) {}

  /** By portfolio the last cycle that had begun, and what it began by: that changes no more. */
  private readonly begun = new Map<string, { readonly cycle: string; readonly permission: Permission }>()

  async run(portfolio: Portfolio, cycle: Cycle): Promise<Permission> {
    const { proposals, clock } = this.deps
    const known = this.begun.get(portfolio.id)
    if (known?.cycle === cycle.id) return known.permission
    const found = await proposals.byId(cycle.id)
    // What has begun goes on by what it began by, whatever the configuration asks for by now.
    if (hasBegun(cycle)) {
      const permission = found?.state === 'used' ? GRANTED : UNASKED
      this.begun.set(portfolio.id, { cycle: cycle.id, permission })
      return permission
    }
    if (!found && (!needsApproval(portfolio, cycle) || cycle.legs.every(hasEnded))) return UNASKED
    const proposal = found ?? (await this.ask(portfolio, cycle))
    // Another content under the same id is no content that anybody saw; so is the same under another configuration.
    if (proposal.digest !== this.digestOf(portfolio, cycle, proposal.expiresAt))
      return { status: 'denied', reason: 'What was proposed is not what is written down. The next cycle asks anew.' }
    if (isExpired(proposal, clock.now())) return this.expire(portfolio, proposal)
    const { state, reason } = proposal
    if (state === 'expired') return { status: 'denied', reason }
    if (state === 'rejected' || state === 'void')
      return { status: 'denied', reason: `The plan was turned down: ${reason}` }
    const ended = cycle.legs.find(hasEnded)
    if (ended) return this.endPart(portfolio, proposal, ended)
    switch (state) {
      case 'open':
        return { status: 'awaited' }
      case 'approved':
        await proposals.save(proposal, usedUp(proposal))
        return GRANTED
      case 'used':
        // Whoever takes over from a process that ended in between begins within the same time, or not at all.
        return clock.now() < proposal.expiresAt ? GRANTED : { status: 'denied', reason: notBegun(proposal) }
    }
  }

  /** Nobody is asked any more about a plan whose cycle ends without having begun. */
  async close(portfolio: Portfolio, cycle: Cycle): Promise<void> {
    // Twice: a word may come in between.
    for (let look = 0; look < 2; look++) {
      const proposal = await this.deps.proposals.byId(cycle.id)
      if (proposal?.state !== 'open' && proposal?.state !== 'approved') return
      await this.end(portfolio, proposal, { ...proposal, state: 'void', reason: 'Its cycle has ended.' })
    }
  }

  private expire(portfolio: Portfolio, proposal: Proposal): Promise<Permission> {
    return this.end(portfolio, proposal, timedOut(proposal))
  }

  /** What is left of a plan is not the plan. */
  private endPart(portfolio: Portfolio, proposal: Proposal, { leg, failure }: LegRun): Promise<Permission> {
    const why = failure ? ` (${failure.detail})` : ''
    const reason = `Leg ${leg.id} was ended before anything began${why}: what is left is not what was proposed. The next cycle asks anew.`
    return this.end(portfolio, proposal, { ...proposal, state: 'void', reason })
  }

  /** Written down once: whoever looks after proposals may have done so at the same moment. What was used stays that. */
  private async end(portfolio: Portfolio, proposal: Proposal, after: Proposal): Promise<Permission> {
    const denied: Permission = { status: 'denied', reason: after.reason }
    if (proposal.state === 'used') return denied
    try {
      await this.deps.proposals.save(proposal, after)
      this.deps.observer.notify({ type: 'approval-answered', portfolio: portfolio.id, proposal: after })
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error
    }
    return denied
  }

  private async ask(portfolio: Portfolio, cycle: Cycle): Promise<Proposal> {
    const { proposals, terms, hash, clock, observer } = this.deps
    const proposedAt = clock.now()
    const { askedBy, askedByKind } = cycle.decision
    const content = planContent(portfolio, cycle, { ...terms, expiresAt: proposedAt + APPROVAL_MS })
    const volume = Math.round(usdToNumber(plannedVolume(cycle))).toLocaleString('en-US')
    const proposal = newProposal({
      id: cycle.id,
      kind: 'plan',
      digest: hash(canonicalText(content)),
      content,
      proposedBy: askedBy ?? 'daemon',
      ...(askedByKind !== undefined && { proposedByKind: askedByKind }),
      proposedAt,
      // A key may be one of theirs who approve: it is none of them.
      needs: approversOf(portfolio, cycle) + (askedByKind === 'key' ? 1 : 0),
      reason: `${cycle.legs.length} legs that move ${volume} USD. ${cycle.decision.reasons[0] ?? ''}`.trim(),
    })
    if (!(await proposals.open(proposal))) return (await proposals.byId(cycle.id)) ?? proposal
    observer.notify({ type: 'approval-wanted', portfolio: portfolio.id, proposal })
    return proposal
  }

  private digestOf(portfolio: Portfolio, cycle: Cycle, expiresAt: number): string {
    const { hash, terms } = this.deps
    return hash(canonicalText(planContent(portfolio, cycle, { ...terms, expiresAt })))
  }
}
