import type { Intent } from '../../domain/execution/intent.js'
import type { Transfer } from '../../domain/execution/transfer.js'
import type { Drift } from '../../domain/portfolio/drift.js'
import { type DriftRecord, Records, type TransferRecord } from '../../ports/records.js'
import { loadCosts } from './cost-rows.js'
import { isBefore } from './cycle-rows.js'
import type { Database } from './database.js'
import { intentsOf } from './intent-rows.js'
import { fromJson } from './json.js'

/** Reads columns and rows that are asked for and no others, by indexes; what is read together may be of two moments. */
export class PostgresRecords extends Records {
  constructor(private readonly database: Database) {
    super()
  }

  override async drifts({ portfolio, before, limit }: Parameters<Records['drifts']>[0]): Promise<DriftRecord[]> {
    let query = this.database
      .selectFrom('cycles')
      .select(['id', 'started_at', 'drift'])
      .where('portfolio', '=', portfolio)
    if (before !== undefined) query = query.where(isBefore(before, portfolio))
    const rows = await query.orderBy('started_at', 'desc').orderBy('id', 'desc').limit(limit).execute()
    return rows.map((row) => ({
      cycleId: row.id,
      measuredAt: row.started_at.getTime(),
      drift: fromJson(row.drift) as Drift,
    }))
  }

  override costs(query: Parameters<Records['costs']>[0]) {
    return loadCosts(this.database, query)
  }

  override async transfer(id: string): Promise<TransferRecord | undefined> {
    const row = await this.crossings().where('transfers.id', '=', id).executeTakeFirst()
    return row && transferOf(row)
  }

  override async transfers({
    portfolio,
    state,
    before,
    limit,
  }: Parameters<Records['transfers']>[0]): Promise<TransferRecord[]> {
    let query = this.crossings().orderBy('transfers.sequence', 'desc').limit(limit)
    if (portfolio !== undefined) query = query.where('cycles.portfolio', '=', portfolio)
    if (state !== undefined) query = query.where('transfers.state', '=', state)
    if (before !== undefined)
      query = query.where('transfers.sequence', '<', (of) =>
        of.selectFrom('transfers as earlier').select('earlier.sequence').where('earlier.id', '=', before),
      )
    return (await query.execute()).map(transferOf)
  }

  override async intents({
    portfolio,
    state,
    leg,
    before,
    limit,
  }: Parameters<Records['intents']>[0]): Promise<Intent[]> {
    let query = this.database
      .selectFrom('intents')
      .selectAll('intents')
      .orderBy('intents.sequence', 'desc')
      .limit(limit)
    if (portfolio !== undefined)
      query = query.where((of) =>
        of.exists(
          of
            .selectFrom('cycles')
            .select('cycles.id')
            .whereRef('cycles.id', '=', 'intents.cycle_id')
            .where('cycles.portfolio', '=', portfolio),
        ),
      )
    if (state !== undefined) query = query.where('intents.state', '=', state)
    if (leg !== undefined) query = query.where('intents.leg_id', '=', leg)
    if (before !== undefined)
      query = query.where('intents.sequence', '<', (of) =>
        of.selectFrom('intents as earlier').select('earlier.sequence').where('earlier.id', '=', before),
      )
    return intentsOf(this.database, await query.execute())
  }

  private crossings() {
    return this.database
      .selectFrom('transfers')
      .innerJoin('cycles', 'cycles.id', 'transfers.cycle_id')
      .select(['transfers.transfer', 'cycles.portfolio'])
  }
}

function transferOf({ transfer, portfolio }: { transfer: unknown; portfolio: string }): TransferRecord {
  return { portfolio, transfer: fromJson(transfer) as Transfer }
}
