import { type Selectable, sql } from 'kysely'
import type { Address } from '../../domain/assets.js'
import { InvariantError } from '../../domain/errors.js'
import type { BookedFunds, FundPart, UnitDay, UnitValue } from '../../domain/portfolio/unit-value.js'
import { formatDecimal, parseDecimal } from '../../domain/units/decimal.js'
import { USD_DECIMALS } from '../../domain/units/usd.js'
import type { Database } from './database.js'
import { fromDay, toDay } from './day.js'
import { fromJson, toJson } from './json.js'
import type { UnitDayRow } from './tables.js'

/**
 * One statement, so that every token is told as of one moment. What is in flight is the fund's. A transfer that has come
 * out in part is booked with its bridge while the rest is still in flight: what came is taken off until it is settled.
 */
export async function loadBookedFunds(db: Database, account: Address): Promise<BookedFunds[]> {
  const owner = account.toLowerCase()
  const { rows } = await sql<{ chain: string; token: Address; owned: string; external: string }>`
    with settled as (
      select distinct cause from postings
      where owner = ${owner} and account like 'bridge:%' and cause like '%:settled' and book = 'final'
    )
    select
      one.chain,
      one.token,
      coalesce(sum(one.units) filter (
        where one.account in ('wallet', 'unattributed')
          or one.account like 'in\\_flight:%'
          or (one.account like 'bridge:%' and one.cause like '%:arrived:%' and settled.cause is null)
      ), 0) as owned,
      coalesce(-sum(one.units) filter (where one.account in ('opening', 'deposit')), 0) as external
    from postings as one
    left join settled on settled.cause = split_part(one.cause, ':arrived:', 1) || ':settled'
    where one.owner = ${owner} and one.book = 'final'
    group by one.chain, one.token
    having bool_or(one.account = 'wallet')
    order by one.chain, one.token`.execute(db)
  return rows.map(({ chain, token, owned, external }) => ({
    chain,
    token,
    owned: BigInt(owned),
    external: BigInt(external),
  }))
}

export async function upsertUnit(db: Database, portfolio: string, unit: UnitDay): Promise<void> {
  await db
    .insertInto('unit_days')
    .values({
      portfolio,
      day: toDay(unit.day),
      observed_at: new Date(unit.observedAt),
      since: toDay(unit.since),
      unit: toDecimal(unit.unit),
      nav: toDecimal(unit.nav),
      flow: toDecimal(unit.flow),
      parts: toJson(unit.parts),
    })
    .onConflict((conflict) =>
      conflict
        .columns(['portfolio', 'day'])
        .doUpdateSet((row) => ({
          observed_at: row.ref('excluded.observed_at'),
          since: row.ref('excluded.since'),
          unit: row.ref('excluded.unit'),
          nav: row.ref('excluded.nav'),
          flow: row.ref('excluded.flow'),
          parts: row.ref('excluded.parts'),
        }))
        .whereRef('unit_days.observed_at', '<=', 'excluded.observed_at'),
    )
    .execute()
}

export async function loadUnitBefore(db: Database, portfolio: string, day: number): Promise<UnitDay | undefined> {
  const row = await db
    .selectFrom('unit_days')
    .select(['observed_at', 'unit', 'nav', 'flow', 'parts', ...dayColumns()])
    .where('portfolio', '=', portfolio)
    .where('day', '<', toDay(day))
    .orderBy('day', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row && { ...readUnit(row), parts: fromJson(row.parts) as FundPart[] }
}

export async function loadUnits(db: Database, portfolio: string, from: number): Promise<UnitValue[]> {
  const rows = await db
    .selectFrom('unit_days')
    .select(['observed_at', 'unit', 'nav', 'flow', ...dayColumns()])
    .where('portfolio', '=', portfolio)
    .where('day', '>=', toDay(from))
    .orderBy('day')
    .execute()
  return rows.map(readUnit)
}

function dayColumns() {
  return [fromDay('day').as('dayNumber'), fromDay('since').as('sinceNumber')] as const
}

type UnitColumns = Pick<Selectable<UnitDayRow>, 'observed_at' | 'unit' | 'nav' | 'flow'> & {
  readonly dayNumber: number
  readonly sinceNumber: number
}

function readUnit({ dayNumber, sinceNumber, observed_at, unit, nav, flow }: UnitColumns): UnitValue {
  return {
    day: dayNumber,
    observedAt: observed_at.getTime(),
    since: sinceNumber,
    unit: ofDecimal(unit),
    nav: ofDecimal(nav),
    flow: ofDecimal(flow),
  }
}

function toDecimal(scaled: bigint): string {
  return formatDecimal(scaled, USD_DECIMALS)
}

function ofDecimal(text: string): bigint {
  const scaled = parseDecimal(text, USD_DECIMALS)
  if (scaled === undefined) throw new InvariantError(`Value ${text} of unit_days has more than 18 decimals.`)
  return scaled
}
