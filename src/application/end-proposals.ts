import { APPROVAL_MS, isExpired, portfolioOf, type Proposal, timedOut } from '../domain/access/proposal.js'
import { type Stops, reasonResumeIsVoid } from '../domain/access/resume-proposal.js'
import { ALL_OPEN } from '../domain/policy/breakers.js'
import type { Clock } from '../ports/clock.js'
import type { Observer } from '../ports/observer.js'
import type { Proposals } from '../ports/proposals.js'
import { ConflictError, type Store } from '../ports/store.js'
import { refusalToCancel } from './cancel-intent.js'
import { inflowIn, refusalToBook } from './classify-inflow.js'
import { latenessOf, notLate } from './investigate-transfer.js'

/** More than ever wait at once: each is open for a quarter of an hour at most. */
const ALL_WAITING = 1_000

/**
 * Ends proposals that nobody is to be asked about any more: those whose time is over, and those whose matter has gone
 * another way. A plan's are ended with its cycle, which waits for them.
 */
export class EndProposals {
  constructor(private readonly deps: { store: Store; proposals: Proposals; clock: Clock; observer: Observer }) {}

  /** Resolves once every open one stands as the scopes are now; one that is answered meanwhile is left to its answer. */
  async look(): Promise<void> {
    const { proposals, clock } = this.deps
    const now = clock.now()
    const open = await proposals.list({ state: 'open', limit: ALL_WAITING })
    for (const proposal of open) {
      if (isExpired(proposal, now)) await this.end(proposal, timedOut(proposal), now)
      else if (proposal.kind !== 'plan') {
        const reason = await this.reasonVoid(proposal)
        if (reason !== undefined) await this.end(proposal, { ...proposal, state: 'void', reason }, now)
      }
    }
  }

  /** The same after something was done: a failure is told and keeps nobody from what was done. The next look makes up for it. */
  async lookAfter(): Promise<void> {
    await this.look().catch((error: unknown) =>
      this.deps.observer.notify({ type: 'failed', what: 'ending proposals', isRetried: true, error }),
    )
  }

  /** Why there is nothing left to say yes to; undefined where there is. */
  async reasonVoid({ kind, id, content, proposedAt }: Proposal): Promise<string | undefined> {
    const { store } = this.deps
    switch (kind) {
      case 'plan': {
        const cycle = await store.cycle(id)
        return cycle?.endedAt === undefined ? undefined : 'Its cycle has ended.'
      }
      case 'cancel': {
        const refusal = await refusalToCancel(store, content['intent'] as string)
        return refusal && (refusal.status === 'refused' ? refusal.reason : 'There is no such intent.')
      }
      case 'investigation': {
        const transfer = content['transfer'] as string
        const [before, now] = [content['state'] as string, await latenessOf(store, transfer)]
        if (!now) return notLate(transfer)
        const [mark] = await store.investigations([transfer])
        if (mark && mark.at > proposedAt) return `${mark.by} has looked into transfer ${transfer} since.`
        return now === before ? undefined : `Transfer ${transfer} is ${now} since, not ${before}.`
      }
      case 'inflow':
        return (await refusalToBook(store, ...inflowIn(content)))?.reason
      case 'resume':
        return reasonResumeIsVoid({ content, proposedAt }, await this.stops())
    }
  }

  async stops(): Promise<Stops> {
    const { store } = this.deps
    const breakers = await store.breakers({ isOpen: true, limit: ALL_OPEN })
    return { states: await store.operatingStates(), breakers }
  }

  private async end(proposal: Proposal, after: Proposal, now: number): Promise<void> {
    try {
      await this.deps.proposals.save(proposal, after)
    } catch (error) {
      if (error instanceof ConflictError) return
      throw error
    }
    // What was over long before anybody looked is no news.
    if (now - after.expiresAt < APPROVAL_MS)
      this.deps.observer.notify({ type: 'approval-answered', portfolio: portfolioOf(after), proposal: after })
  }
}
