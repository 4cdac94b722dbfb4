import { createHash } from 'node:crypto'
import { type Selectable, sql } from 'kysely'
import type { DatedWeights } from '../../domain/targets/target-document.js'
import type { ForcedTargets, TargetSet, Weights } from '../../domain/targets/target-set.js'
import type { RecordedTargets } from '../../ports/history.js'
import type { Database } from './database.js'
import { fromJson, toJson } from './json.js'
import type { TargetSetRow } from './tables.js'

export async function upsertDocument(db: Database, portfolio: string, { setAt, weights }: DatedWeights): Promise<void> {
  await db
    .insertInto('target_documents')
    .values({ portfolio, set_at: new Date(setAt), weights: toJson(weights) })
    .onConflict((conflict) =>
      conflict
        .column('portfolio')
        .doUpdateSet((row) => ({ set_at: row.ref('excluded.set_at'), weights: row.ref('excluded.weights') }))
        .whereRef('target_documents.set_at', '<', 'excluded.set_at'),
    )
    .execute()
}

export async function loadDocument(db: Database, portfolio: string): Promise<DatedWeights | undefined> {
  const row = await db
    .selectFrom('target_documents')
    .select(['set_at', 'weights'])
    .where('portfolio', '=', portfolio)
    .executeTakeFirst()
  return row && { setAt: row.set_at.getTime(), weights: fromJson(row.weights) as DatedWeights['weights'] }
}

/** False for a refusal that is written already. */
export async function insertTargets(db: Database, set: TargetSet): Promise<boolean> {
  const { portfolio, setAt, setter, setting, status, inputs, reasons } = set
  const isSet = set.status === 'set'
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('target_sets')
    .values({
      portfolio,
      set_at: new Date(setAt),
      setter,
      setting,
      status,
      code: isSet ? null : set.code,
      weights: isSet ? toJson(set.weights) : null,
      exposure: isSet ? (set.exposure ?? null) : null,
      document: isSet && set.document ? toJson(set.document) : null,
      inputs,
      inputs_hash: createHash('sha256').update(inputs, 'utf8').digest('hex'),
      reasons: toJson(reasons),
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

export async function loadLatestTargets(
  db: Database,
  portfolio: string,
): Promise<RecordedTargets<ForcedTargets> | undefined> {
  const row = await db
    .selectFrom('target_sets')
    .selectAll()
    .where('portfolio', '=', portfolio)
    .where('status', '=', 'set')
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst()
  const read = row && readTargets(row)
  return read?.status === 'set' ? read : undefined
}

export async function loadSetterSince(db: Database, portfolio: string): Promise<number | undefined> {
  const { rows } = await sql<{ since: Date | null }>`
    with forced as (
      select sequence, setter, set_at from target_sets where portfolio = ${portfolio} and status = 'set'
    ), latest as (
      select setter from forced order by sequence desc limit 1
    )
    select min(set_at) as since from forced join latest using (setter)
    where sequence > coalesce((select max(sequence) from forced where setter <> (select setter from latest)), 0)
    `.execute(db)
  return rows[0]?.since?.getTime()
}

export async function loadTargets(
  db: Database,
  { portfolio, before, limit }: { portfolio: string; before?: string; limit: number },
): Promise<RecordedTargets[]> {
  let query = db.selectFrom('target_sets').selectAll().where('portfolio', '=', portfolio)
  if (before !== undefined) query = query.where('sequence', '<', before)
  const rows = await query.orderBy('sequence', 'desc').limit(limit).execute()
  return rows.map(readTargets)
}

function readTargets(row: Selectable<TargetSetRow>): RecordedTargets {
  const { portfolio, setter, setting, inputs, code } = row
  const common = {
    place: row.sequence,
    inputsHash: row.inputs_hash,
    portfolio,
    setAt: row.set_at.getTime(),
    setter,
    setting,
    inputs,
    reasons: fromJson(row.reasons) as string[],
  }
  if (code !== null) return { ...common, status: 'refused', code }
  return {
    ...common,
    status: 'set',
    weights: fromJson(row.weights) as Weights,
    exposure: row.exposure ?? undefined,
    document: fromJson(row.document) as DatedWeights | undefined,
  }
}
