import type { Proposal } from '../domain/access/proposal.js'

export type { Proposal } from '../domain/access/proposal.js'

/** What waits for the word of others. */
export abstract class Proposals {
  /** False where there is one of this id. */
  abstract open(proposal: Proposal): Promise<boolean>
  abstract byId(id: string): Promise<Proposal | undefined>
  /** Newest first, from before one by its id; none where there is no such. */
  abstract list(query: {
    readonly state?: Proposal['state']
    readonly kind?: Proposal['kind']
    readonly before?: string
    readonly limit: number
  }): Promise<readonly Proposal[]>
  /** Rejects with ConflictError where the proposal is no longer exactly as it was read. */
  abstract save(before: Proposal, after: Proposal): Promise<void>
}
