import {
  approve,
  isExpired,
  newProposal,
  type Proposal,
  type ProposalAnswer,
  reject,
} from '../domain/access/proposal.js'
import { canonicalText } from '../domain/canonical-text.js'
import type { BreakerCode } from '../domain/policy/breakers.js'
import type { Scope } from '../domain/policy/operating.js'
import type { Clock } from '../ports/clock.js'
import type { Observer } from '../ports/observer.js'
import type { Proposals } from '../ports/proposals.js'
import type { Store } from '../ports/store.js'
import type { Operations, ResumeAnswer, ResumeOrder } from './operations.js'

/** Somebody's word on a proposal, and what it is about. */
export interface Answer {
  readonly kind: Proposal['kind']
  readonly id: string
  readonly subject: string
  readonly digest: string
}

/** What became of a word: what is proposed as it is then, and of a resume that was approved what came of it. */
export type Answered =
  | { readonly status: 'taken'; readonly proposal: Proposal; readonly resumed?: ResumeAnswer }
  | { readonly status: 'unknown' }
  | Extract<ProposalAnswer, { status: 'refused' }>

/**
 * Proposals of people and of the daemon, and the words of others on them. What makes things riskier takes another person
 * than the one who wants it, looking at exactly what is wanted.
 */
export class AnswerProposal {
  constructor(
    private readonly deps: {
      proposals: Proposals
      operations: Operations
      store: Store
      clock: Clock
      observer: Observer
      /** SHA-256 in hexadecimal. */
      hash: (text: string) => string
      newId: () => string
    },
  ) {}

  /** Writes down that somebody wants a scope to go on, for others to approve. Refused as the resume itself would be. */
  async proposeResume(
    order: ResumeOrder,
    { by, needs }: { readonly by: string; readonly needs: number },
  ): Promise<
    { readonly status: 'proposed'; readonly proposal: Proposal } | Extract<ResumeAnswer, { status: 'refused' }>
  > {
    const { proposals, operations, clock, observer, hash, newId } = this.deps
    const holding = await operations.holding(order)
    if (holding.length > 0) return { status: 'refused', holding }
    const proposedAt = clock.now()
    const content = { scope: order.scope, clear: [...order.clear], reason: order.reason, proposedAt }
    const proposal = newProposal({
      id: `resume-${newId()}`,
      kind: 'resume',
      digest: hash(canonicalText(content)),
      content,
      proposedBy: by,
      proposedAt,
      needs,
      reason: order.reason,
    })
    await proposals.open(proposal)
    observer.notify({ type: 'approval-wanted', portfolio: undefined, proposal })
    return { status: 'proposed', proposal }
  }

  async approve(answer: Answer): Promise<Answered> {
    const proposal = await this.standing(answer)
    if (!proposal) return { status: 'unknown' }
    const { proposals, clock } = this.deps
    const taken = approve(proposal, { ...answer, now: clock.now() })
    if (taken.status === 'refused') return taken
    if (proposal.kind === 'plan' || taken.proposal.state !== 'approved') {
      await proposals.save(proposal, taken.proposal)
      return taken
    }
    // Used before it is done: whatever happens then, one approval never resumes twice.
    const used: Proposal = { ...taken.proposal, state: 'used', reason: 'It was carried out.' }
    await proposals.save(proposal, used)
    return { status: 'taken', proposal: used, resumed: await this.resume(used) }
  }

  async reject(answer: Answer & { readonly reason: string }): Promise<Answered> {
    const proposal = await this.standing(answer)
    if (!proposal) return { status: 'unknown' }
    const { proposals, clock } = this.deps
    const taken = reject(proposal, { ...answer, now: clock.now() })
    if (taken.status === 'taken') await proposals.save(proposal, taken.proposal)
    return taken
  }

  /** The proposal as it stands: one whose matter has gone another way since is void. */
  private async standing({ kind, id }: Answer): Promise<Proposal | undefined> {
    const { proposals, clock } = this.deps
    const proposal = await proposals.byId(id)
    if (!proposal || proposal.kind !== kind) return undefined
    if ((proposal.state !== 'open' && proposal.state !== 'approved') || isExpired(proposal, clock.now()))
      return proposal
    const reason = await this.reasonVoid(proposal)
    if (reason === undefined) return proposal
    const after: Proposal = { ...proposal, state: 'void', reason }
    await proposals.save(proposal, after)
    return after
  }

  private async reasonVoid({ kind, id, content, proposedAt }: Proposal): Promise<string | undefined> {
    const { store } = this.deps
    if (kind === 'plan') {
      const cycle = await store.cycle(id)
      return cycle?.endedAt === undefined ? undefined : 'Its cycle has ended.'
    }
    // Of a resume and a pause at once the pause wins.
    const scope = content['scope'] as Scope
    const later = (await store.operatingStates()).find((one) => one.scope === scope && one.since > proposedAt)
    return later && `${scope} was held anew since: ${later.reason}`
  }

  private resume({ content, proposedBy, approvedBy }: Proposal): Promise<ResumeAnswer> {
    return this.deps.operations.resume({
      scope: content['scope'] as Scope,
      clear: content['clear'] as BreakerCode[],
      reason: `${content['reason'] as string} (${[proposedBy, ...approvedBy].join(', ')})`,
    })
  }
}
