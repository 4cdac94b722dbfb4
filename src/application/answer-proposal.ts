import {
  approve,
  isExpired,
  newProposal,
  portfolioOf,
  type Proposal,
  type ProposalAnswer,
  reject,
  usedUp,
} from '../domain/access/proposal.js'
import type { Principal } from '../domain/access/principal.js'
import { heldOf } from '../domain/access/resume-proposal.js'
import { canonicalText } from '../domain/canonical-text.js'
import type { BreakerCode } from '../domain/policy/breakers.js'
import type { Scope } from '../domain/policy/operating.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import type { Clock } from '../ports/clock.js'
import type { Observer } from '../ports/observer.js'
import type { Proposals } from '../ports/proposals.js'
import { ConflictError, type Store } from '../ports/store.js'
import { type CancelAnswer, type CancelIntent, refusalToCancel } from './cancel-intent.js'
import { type ClassifyInflow, type InflowAnswer, inflowIn, type InflowOrder, refusalToBook } from './classify-inflow.js'
import type { Operations, ResumeAnswer, ResumeOrder } from './operations.js'
import type { EndProposals } from './end-proposals.js'
import {
  type InvestigatedAnswer,
  type InvestigateTransfer,
  type InvestigationOrder,
  latenessOf,
  notLate,
} from './investigate-transfer.js'

/** Somebody's word on a proposal, and what it is about. */
export interface Answer {
  readonly kind: Proposal['kind']
  readonly id: string
  readonly subject: string
  /** The kind of credential that it came with: a person's when absent. */
  readonly credential?: Principal['kind']
  readonly digest: string
}

/** What came of what was approved and done at once: of a resume, a cancel, and so on. */
export interface Outcome {
  readonly resumed?: ResumeAnswer
  readonly cancelled?: CancelAnswer
  readonly investigated?: InvestigatedAnswer
  readonly classified?: InflowAnswer
}

/** What became of a word: what is proposed as it is then, and what came of it where that was done. */
export type Answered =
  | ({ readonly status: 'taken'; readonly proposal: Proposal } & Outcome)
  | { readonly status: 'unknown' }
  | Extract<ProposalAnswer, { status: 'refused' }>
  /** The words of others came first, each time that it was looked at. */
  | { readonly status: 'refused'; readonly code: 'busy'; readonly detail: string }

/**
 * Proposals of people and of the daemon, and the words of others on them. What makes things riskier takes another person
 * than the one who wants it, looking at exactly what is wanted.
 */
export class AnswerProposal {
  constructor(
    private readonly deps: {
      proposals: Proposals
      operations: Operations
      cancelIntent: CancelIntent
      investigateTransfer: InvestigateTransfer
      classifyInflow: ClassifyInflow
      endProposals: EndProposals
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
    const obstacle = await this.deps.operations.obstacleTo(order)
    if (obstacle) return { status: 'refused', obstacle }
    const { scope, clear, acceptLoss, reason } = order
    const held = heldOf(scope, await this.deps.endProposals.stops())
    const loss = acceptLoss && { acceptLoss }
    const matter = { scope, clear: [...clear], ...loss, reason, ...(held && { held }) }
    return { status: 'proposed', proposal: await this.open('resume', matter, by, needs) }
  }

  /** Writes down that somebody wants an intent to be cancelled, for others to approve. Refused as the cancel itself would be. */
  async proposeCancel(
    { intentId, reason }: { readonly intentId: string; readonly reason: string },
    { by, needs }: { readonly by: string; readonly needs: number },
  ): Promise<
    { readonly status: 'proposed'; readonly proposal: Proposal } | Exclude<CancelAnswer, { readonly status: 'ordered' }>
  > {
    const refusal = await refusalToCancel(this.deps.store, intentId)
    if (refusal) return refusal
    return { status: 'proposed', proposal: await this.open('cancel', { intent: intentId, reason }, by, needs) }
  }

  /** Writes down that somebody has looked into a late transfer, for others to approve. Refused as the mark itself would be. */
  async proposeInvestigation(
    { id, portfolio, reason, note }: InvestigationOrder & { readonly portfolio: string },
    { by, needs }: { readonly by: string; readonly needs: number },
  ): Promise<
    { readonly status: 'proposed'; readonly proposal: Proposal } | Exclude<InvestigatedAnswer, { status: 'marked' }>
  > {
    const state = await latenessOf(this.deps.store, id)
    if (!state) return { status: 'refused', reason: notLate(id) }
    const matter = { portfolio, transfer: id, state, reason, ...(note !== undefined && { note }) }
    return { status: 'proposed', proposal: await this.open('investigation', matter, by, needs) }
  }

  /** Writes down that somebody takes money for the fund's own, for others to approve. Refused as the booking itself would be. */
  async proposeInflow(
    { id: portfolio, account }: Pick<Portfolio, 'id' | 'account'>,
    { chain, token, units, reason }: InflowOrder,
    { by, needs }: { readonly by: string; readonly needs: number },
  ): Promise<
    { readonly status: 'proposed'; readonly proposal: Proposal } | Exclude<InflowAnswer, { status: 'booked' }>
  > {
    const refusal = await refusalToBook(this.deps.store, { account }, { chain, token, units })
    if (refusal) return refusal
    const matter = { portfolio, account, chain, token, units: units.toString(), reason }
    return { status: 'proposed', proposal: await this.open('inflow', matter, by, needs) }
  }

  private async open(
    kind: Exclude<Proposal['kind'], 'plan'>,
    matter: Readonly<Record<string, unknown>> & { readonly reason: string },
    proposedBy: string,
    needs: number,
  ): Promise<Proposal> {
    const { proposals, clock, observer, hash, newId } = this.deps
    const proposedAt = clock.now()
    const content = { ...matter, proposedAt }
    const proposal = newProposal({
      id: `${kind}-${newId()}`,
      kind,
      digest: hash(canonicalText(content)),
      content,
      proposedBy,
      proposedAt,
      needs,
      reason: matter.reason,
    })
    await proposals.open(proposal)
    observer.notify({ type: 'approval-wanted', portfolio: portfolioOf(proposal), proposal })
    return proposal
  }

  async approve(answer: Answer): Promise<Answered> {
    const answered = await this.take(answer, (proposal, now) => {
      const taken = approve(proposal, { ...answer, now })
      if (taken.status === 'refused' || proposal.kind === 'plan' || taken.proposal.state !== 'approved') return taken
      // Used before it is done: whatever happens then, one approval is never carried out twice.
      return { status: 'taken', proposal: usedUp(taken.proposal) }
    })
    if (answered.status !== 'taken' || answered.proposal.state !== 'used') return answered
    return { ...answered, ...(await this.carryOut(answered.proposal, answer)) }
  }

  reject(answer: Answer & { readonly reason: string }): Promise<Answered> {
    return this.take(answer, (proposal, now) => reject(proposal, { ...answer, now }))
  }

  /** Takes a word by the proposal as it stands. Where another word came first that is read, and this one judged anew, once. */
  private async take(answer: Answer, word: (proposal: Proposal, now: number) => ProposalAnswer): Promise<Answered> {
    const detail = `Others answer ${answer.id} at the same moment. Look at it, then send your word again.`
    return (
      (await this.tryToTake(answer, word)) ??
      (await this.tryToTake(answer, word)) ?? { status: 'refused', code: 'busy', detail }
    )
  }

  /** Undefined, and nothing changed, where the proposal changed between the look at it and the word. */
  private async tryToTake(
    answer: Answer,
    word: (proposal: Proposal, now: number) => ProposalAnswer,
  ): Promise<Answered | undefined> {
    try {
      const proposal = await this.standing(answer)
      if (!proposal) return { status: 'unknown' }
      const taken = word(proposal, this.deps.clock.now())
      if (taken.status === 'taken') await this.save(proposal, taken.proposal)
      return taken
    } catch (error) {
      if (error instanceof ConflictError) return undefined
      throw error
    }
  }

  /** The proposal as it stands: one whose matter has gone another way since is void. */
  private async standing({ kind, id }: Answer): Promise<Proposal | undefined> {
    const { proposals, clock } = this.deps
    const proposal = await proposals.byId(id)
    if (!proposal || proposal.kind !== kind) return undefined
    if ((proposal.state !== 'open' && proposal.state !== 'approved') || isExpired(proposal, clock.now()))
      return proposal
    const reason = await this.deps.endProposals.reasonVoid(proposal)
    if (reason === undefined) return proposal
    const after: Proposal = { ...proposal, state: 'void', reason }
    await this.save(proposal, after)
    return after
  }

  private async save(before: Proposal, after: Proposal): Promise<void> {
    const { proposals, observer } = this.deps
    await proposals.save(before, after)
    observer.notify({ type: 'approval-answered', portfolio: portfolioOf(after), proposal: after })
  }

  /** A plan is not done here: its cycle waits for it. */
  private async carryOut(proposal: Proposal, answer: Answer): Promise<Outcome> {
    switch (proposal.kind) {
      case 'plan':
        return {}
      case 'resume':
        return { resumed: await this.resume(proposal, answer) }
      case 'cancel':
        return { cancelled: await this.cancel(proposal) }
      case 'investigation':
        return { investigated: await this.investigate(proposal) }
      case 'inflow':
        return { classified: await this.classify(proposal) }
    }
  }

  private resume(proposal: Proposal, { subject, credential = 'person' }: Answer): Promise<ResumeAnswer> {
    const { content, proposedAt } = proposal
    return this.deps.operations.resume({
      scope: content['scope'] as Scope,
      askedAt: proposedAt,
      clear: content['clear'] as BreakerCode[],
      acceptLoss: content['acceptLoss'] === true,
      reason: `${content['reason'] as string} (${namesOf(proposal)})`,
      author: { kind: credential, subject },
    })
  }

  private cancel(proposal: Proposal): Promise<CancelAnswer> {
    const { content } = proposal
    return this.deps.cancelIntent.run({
      id: content['intent'] as string,
      by: namesOf(proposal),
      reason: content['reason'] as string,
    })
  }

  private investigate(proposal: Proposal): Promise<InvestigatedAnswer> {
    const { content } = proposal
    return this.deps.investigateTransfer.run({
      id: content['transfer'] as string,
      by: namesOf(proposal),
      reason: content['reason'] as string,
      note: content['note'] as string | undefined,
    })
  }

  private classify(proposal: Proposal): Promise<InflowAnswer> {
    const [portfolio, order] = inflowIn(proposal.content)
    return this.deps.classifyInflow.run(portfolio, { ...order, reason: `${order.reason} (${namesOf(proposal)})` })
  }
}

/** Everybody whose word it took. */
function namesOf({ proposedBy, approvedBy }: Proposal): string {
  return [proposedBy, ...approvedBy].join(', ')
}
