import { type QueryExecutorProvider, type RawBuilder, sql } from 'kysely'
import { inBatches } from './in-batches.js'

/**
 * Adds what is known about the market, the only table whose rows are replaced and deleted. Brings the documents to the
 * form that this build writes, key for key: a leg is changed only where the stored document equals the one that was read.
 *
 * What earlier plans did not record is written as unknown: no slices, no reason, a quote of age zero without a block, no
 * alternatives and no bound. A leg that waited for another one took all it sold from there.
 */
export async function up(db: QueryExecutorProvider): Promise<void> {
  await sql`
    create table curves (
      key text collate "C" primary key,
      chain text not null generated always as (record ->> 'chain') stored,
      record jsonb not null,
      updated_at timestamptz not null
    )`.execute(db)

  await inBatches(db, 'cycles', sql`decision = decision || '{"levels": []}'`)
  await inBatches(db, 'legs', sql`run = jsonb_set(run, '{leg}', ${converted(sql`run -> 'leg'`)})`)
  await inBatches(
    db,
    'plans',
    sql`plan = plan || '{
        "method": "greedy",
        "alternatives": [],
        "lowerBound": null,
        "separatePools": [],
        "quotes": {"asked": 0, "failed": 0, "rounds": 0}
      }' || jsonb_build_object('legs', (
        select coalesce(jsonb_agg(${converted(sql`leg`)} order by place), '[]')
        from jsonb_array_elements(plan -> 'legs') with ordinality as planned (leg, place)
      ))`,
  )
}

/** The document of a leg in its new form. */
function converted(leg: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`(
    (${leg}) - 'dependsOn' || '{"slice": null, "reason": "", "quote": {"ageMs": 0, "block": null}}' ||
    jsonb_build_object('funding', case
      when (${leg}) ->> 'dependsOn' is null then '[]'
      else jsonb_build_array(jsonb_build_object('leg', (${leg}) -> 'dependsOn', 'units', (${leg}) #> '{sell,units}'))
    end)
  )`
}
