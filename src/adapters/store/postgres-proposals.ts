import { type Proposal, Proposals } from '../../ports/proposals.js'
import { ConflictError } from '../../ports/store.js'
import type { Database } from './database.js'
import { fromJson, toJson } from './json.js'

/** The proposals as rows. Every change is one statement, committed when the promise fulfils. Null is no value of a proposal. */
export class PostgresProposals extends Proposals {
  constructor(private readonly database: Database) {
    super()
  }

  override async open(proposal: Proposal): Promise<boolean> {
    const { numInsertedOrUpdatedRows } = await this.database
      .insertInto('proposals')
      .values({ id: proposal.id, proposal: toJson(proposal) })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirst()
    return numInsertedOrUpdatedRows === 1n
  }

  override async byId(id: string): Promise<Proposal | undefined> {
    const row = await this.database.selectFrom('proposals').select('proposal').where('id', '=', id).executeTakeFirst()
    return row && proposalOf(row)
  }

  override async list({ state, kind, before, limit }: Parameters<Proposals['list']>[0]): Promise<readonly Proposal[]> {
    let query = this.database.selectFrom('proposals').select('proposal')
    if (state !== undefined) query = query.where('state', '=', state)
    if (kind !== undefined) query = query.where('kind', '=', kind)
    if (before !== undefined)
      query = query.where('sequence', '<', (sub) =>
        sub.selectFrom('proposals').select('sequence').where('id', '=', before),
      )
    const rows = await query.orderBy('sequence', 'desc').limit(limit).execute()
    return rows.map(proposalOf)
  }

  override async save(before: Proposal, after: Proposal): Promise<void> {
    const { numUpdatedRows } = await this.database
      .updateTable('proposals')
      .set({ proposal: toJson(after) })
      .where('id', '=', before.id)
      .where('proposal', '=', toJson(before))
      .executeTakeFirst()
    if (numUpdatedRows !== 1n)
      throw new ConflictError(`Proposal ${before.id} is no longer as it was read. Read it again, then decide anew.`)
  }
}

function proposalOf({ proposal }: { readonly proposal: unknown }): Proposal {
  return fromJson(proposal) as Proposal
}
