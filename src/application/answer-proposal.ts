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
import { heldOf, reasonResumeIsVoid } from '../domain/access/resume-proposal.js'
import { canonicalText } from '../domain/canonical-text.js'
import type { BreakerCode } from '../domain/policy/breakers.js'
import type { Scope } from '../domain/policy/operating.js'
import type { Clock } from '../ports/clock.js'
import type { Observer } from '../ports/observer.js'
import type { Proposals } from '../ports/proposals.js'
import { ConflictError, type Store } from '../ports/store.js'
import type { CancelAnswer, CancelIntent } from './cancel-intent.js'
import type { Operations, ResumeAnswer, ResumeOrder } from './operations.js'
import type { EndProposals } from './end-proposals.js'

/** Somebody's word on a proposal, and what it is about. */
export interface Answer {
  readonly kind: Proposal['kind']
  readonly id: string
  readonly subject: string
  /** The kind of credential that it came with: a person's when absent. */
  readonly credential?: Principal['kind']
  readonly digest: string
}

/** What became of a word: what is proposed as it is then, and what came of a resume or cancel that was approved. */
export type Answered =
  | {
      readonly status: 'taken'
      readonly proposal: Proposal
      readonly resumed?: ResumeAnswer
      readonly cancelled?: CancelAnswer
    }
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
    const refusal = await this.deps.cancelIntent.refusalOf(intentId)
    if (refusal) return refusal
    return { status: 'proposed', proposal: await this.open('cancel', { intent: intentId, reason }, by, needs) }
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
    observer.notify({ type: 'approval-wanted', portfolio: undefined, proposal })
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
    const { proposal } = answered
    return proposal.kind === 'resume'
      ? { ...answered, resumed: await this.resume(proposal, answer) }
      : { ...answered, cancelled: await this.cancel(proposal) }
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
    const reason = await this.reasonVoid(proposal)
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

  private async reasonVoid({ kind, id, content, proposedAt }: Proposal): Promise<string | undefined> {
    const { store } = this.deps
    if (kind === 'plan') {
      const cycle = await store.cycle(id)
      return cycle?.endedAt === undefined ? undefined : 'Its cycle has ended.'
    }
    if (kind === 'cancel') {
      const refusal = await this.deps.cancelIntent.refusalOf(content['intent'] as string)
      return refusal && (refusal.status === 'refused' ? refusal.reason : 'There is no such intent.')
    }
    return reasonResumeIsVoid({ content, proposedAt }, await this.deps.endProposals.stops())
  }

  private resume(
    { content, proposedBy, proposedAt, approvedBy }: Proposal,
    { subject, credential = 'person' }: Answer,
  ): Promise<ResumeAnswer> {
    return this.deps.operations.resume({
      scope: content['scope'] as Scope,
      askedAt: proposedAt,
      clear: content['clear'] as BreakerCode[],
      acceptLoss: content['acceptLoss'] === true,
      reason: `${content['reason'] as string} (${[proposedBy, ...approvedBy].join(', ')})`,
      author: { kind: credential, subject },
    })
  }

  private cancel({ content, proposedBy, approvedBy }: Proposal): Promise<CancelAnswer> {
    const by = [proposedBy, ...approvedBy].join(', ')
    return this.deps.cancelIntent.run({
      id: content['intent'] as string,
      by,
      reason: content['reason'] as string,
    })
  }
}
