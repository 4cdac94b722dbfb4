import { sql } from 'kysely'
import type { AssetKey } from '../../domain/assets.js'
import { dayOf, type PriceTable } from '../../domain/portfolio/price-table.js'
import { formatDecimal } from '../../domain/units/decimal.js'
import { USD_DECIMALS } from '../../domain/units/usd.js'
import type { ImportCounts, ImportedPrice, ObservedPrice } from '../../ports/history.js'
import type { Database, Transaction } from './database.js'
import { fromDay, toDay } from './day.js'

/** Rows of one statement, so that none runs into the connection's time-outs. */
const BATCH = 5_000

/** In the order of the keys, so that two that write the same rows wait for each other and never both. */
export async function upsertPrices(db: Database, prices: readonly ObservedPrice[], at: number): Promise<void> {
  if (prices.length === 0) return
  const latest = new Map(prices.map(({ asset, price }) => [asset, price]))
  await db
    .insertInto('price_days')
    .values(
      [...latest]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([asset, price]) => ({
          asset,
          day: toDay(dayOf(at)),
          price: formatDecimal(price, USD_DECIMALS),
          observed_at: new Date(at),
          origin: 'observed' as const,
        })),
    )
    .onConflict((conflict) =>
      conflict
        .columns(['asset', 'day'])
        .doUpdateSet((row) => ({
          price: row.ref('excluded.price'),
          observed_at: row.ref('excluded.observed_at'),
          origin: row.ref('excluded.origin'),
        }))
        .where((row) =>
          row.or([
            row('price_days.origin', '=', 'imported'),
            row('price_days.observed_at', '<=', row.ref('excluded.observed_at')),
          ]),
        ),
    )
    .execute()
}

export async function importPriceRows(
  tx: Transaction,
  given: readonly ImportedPrice[],
  at: number,
): Promise<ImportCounts> {
  const latest = new Map(given.map((row) => [`${row.day} ${row.asset}`, row]))
  const rows = [...latest.values()].toSorted((a, b) =>
    a.asset === b.asset ? a.day - b.day : a.asset < b.asset ? -1 : 1,
  )
  let [added, changed, observed] = [0, 0, 0]
  for (let start = 0; start < rows.length; start += BATCH) {
    const counts = await importBatch(tx, rows.slice(start, start + BATCH), new Date(at))
    added += counts.added
    changed += counts.changed
    observed += counts.observed
  }
  return { added, changed, observed, unchanged: rows.length - added - changed - observed }
}

async function importBatch(
  tx: Transaction,
  rows: readonly ImportedPrice[],
  at: Date,
): Promise<Omit<ImportCounts, 'unchanged'>> {
  const batch = sql`
    (select asset, date '1970-01-01' + number as day, price
    from unnest(
      ${rows.map(({ asset }) => asset)}::text[],
      ${rows.map(({ day }) => day)}::int[],
      ${rows.map(({ price }) => formatDecimal(price, USD_DECIMALS))}::numeric[]
    ) as row (asset, number, price))`
  // Rows that are observed while this runs are counted by neither and end up as unchanged.
  const { rows: kept } = await sql<{ count: string }>`
    select count(*) as count from ${batch} as given join price_days using (asset, day)
    where origin = 'observed'`.execute(tx)
  // A row that was there has the number of the transaction that changes it, a new one has none.
  const { rows: written } = await sql<{ is_new: boolean }>`
    insert into price_days (asset, day, price, observed_at, origin)
    select asset, day, price, ${at}, 'imported' from ${batch} as given
    on conflict (asset, day) do update set price = excluded.price, observed_at = excluded.observed_at
    where price_days.origin = 'imported' and price_days.price <> excluded.price
    returning xmax = 0 as is_new`.execute(tx)
  const added = written.filter((row) => row.is_new).length
  return { added, changed: written.length - added, observed: Number(kept[0]!.count) }
}

export async function loadPrices(db: Database, assets: readonly AssetKey[], from: number): Promise<PriceTable> {
  if (assets.length === 0) return { assets, days: [], prices: [] }
  const rows = await db
    .selectFrom('price_days')
    .select(['asset', fromDay('day').as('since1970'), 'price'])
    .where('asset', 'in', [...assets])
    .where('day', '>=', toDay(from))
    .orderBy('day')
    .execute()
  const places = new Map(assets.map((asset, place) => [asset, place]))
  const days: number[] = []
  const prices: (number | undefined)[][] = []
  for (const { asset, since1970: day, price } of rows) {
    if (days.at(-1) !== day) {
      days.push(day)
      prices.push(assets.map(() => undefined))
    }
    prices.at(-1)![places.get(asset)!] = Number(price)
  }
  return { assets, days, prices }
}
