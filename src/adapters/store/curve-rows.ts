import { sql } from 'kysely'
import type { CurveRecord, CurveSample } from '../../domain/planning/curve-record.js'
import { CURVE_LIFETIME_MS } from '../../ports/store.js'
import type { Database, Transaction } from './database.js'
import { fromJson, toJson } from './json.js'

/** One writer at a time: two that meet in the same rows would wait for each other for ever. Readers do not wait. */
export async function writeCurves(tx: Transaction, records: readonly CurveRecord[], at: number): Promise<void> {
  await sql`lock table curves in share row exclusive mode`.execute(tx)
  const latest = new Map(records.map((record) => [record.key, record]))
  const rows = [...latest].map(([key, record]) => ({ key, record: toJson(record), updated_at: new Date(at) }))
  if (rows.length > 0)
    await tx
      .insertInto('curves')
      .values(rows)
      .onConflict((conflict) =>
        conflict.column('key').doUpdateSet((row) => ({
          record: row.ref('excluded.record'),
          updated_at: row.ref('excluded.updated_at'),
        })),
      )
      .execute()
  await tx
    .deleteFrom('curves')
    .where('updated_at', '<=', new Date(at - CURVE_LIFETIME_MS))
    .execute()
}

/** Rows of another form than this build's are of no use to it and stand in nobody's way: the next writer replaces them. */
export async function loadCurves(db: Database): Promise<CurveRecord[]> {
  const rows = await db.selectFrom('curves').select(['key', 'record']).orderBy('key').execute()
  return rows.flatMap(({ key, record: json }) => {
    const record = readRecord(json)
    return record?.key === key ? [record] : []
  })
}

function readRecord(json: unknown): CurveRecord | undefined {
  let value: unknown
  try {
    value = fromJson(json)
  } catch {
    return undefined
  }
  if (!isObject(value)) return undefined
  const { key, chain, samples } = value as Partial<Record<keyof CurveRecord, unknown>>
  const isReadable =
    typeof key === 'string' && typeof chain === 'string' && Array.isArray(samples) && samples.every(isSample)
  return isReadable ? { key, chain, samples } : undefined
}

function isSample(value: unknown): value is CurveSample {
  if (!isObject(value)) return false
  const sample = value as Partial<Record<keyof CurveSample, unknown>>
  const { sent, received, fees, onTop, gasUnits, durationSeconds, obtainedAt, sources, block, prices } = sample
  return (
    [sample.venue, sample.tool].every((text) => typeof text === 'string') &&
    [sent, received].every((amount) => typeof amount === 'number' && amount > 0) &&
    [fees, onTop, gasUnits, durationSeconds, obtainedAt].every((number) => typeof number === 'number') &&
    (sources === undefined || (Array.isArray(sources) && sources.every((source) => typeof source === 'string'))) &&
    (block === undefined || typeof block === 'bigint') &&
    Array.isArray(prices) &&
    prices.length === 2 &&
    prices.every((price) => typeof price === 'bigint' && price > 0n)
  )
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
