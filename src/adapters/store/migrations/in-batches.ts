import { type QueryExecutorProvider, type RawBuilder, sql } from 'kysely'

/** Rows that one statement changes, so that none runs into the connection's time-outs, however long the records are. */
const BATCH = 1_000

/** Applies one change to every row of a table, along its primary key. */
export async function inBatches(db: QueryExecutorProvider, table: string, change: RawBuilder<unknown>): Promise<void> {
  for (let last = ''; ;) {
    const { rows } = await sql<{ last: string | null }>`
      with batch as (
        select id from ${sql.table(table)} where id > ${last} order by id limit ${sql.lit(BATCH)}
      ), changed as (
        update ${sql.table(table)} as changing set ${change} from batch where changing.id = batch.id returning batch.id
      )
      select max(id) as last from changed`.execute(db)
    const next = rows[0]?.last ?? undefined
    if (next === undefined) return
    last = next
  }
}
