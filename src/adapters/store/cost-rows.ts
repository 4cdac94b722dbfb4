import { sql } from 'kysely'
import { addSums, type CostGroup, type CostSums, NO_SUMS } from '../../domain/execution/cost-report.js'
import { bridgeOf } from '../../domain/planning/quote.js'
import type { Database } from './database.js'
import { fromJson } from './json.js'

/** What a group is called, by the columns of the query below. */
const KEYS: Readonly<Record<CostGroup, ReturnType<typeof sql<string>>>> = {
  day: sql`to_char(ended_at at time zone 'UTC', 'YYYY-MM-DD')`,
  venue: sql`coalesce(run #>> '{offer,venue}', venue)`,
  chain: sql`chain`,
  bridge: sql`coalesce(run #>> '{offer,tool}', run #>> '{leg,tool}')`,
  asset: sql`run #>> '{leg,sell,token,asset}'`,
}

const whole = (path: string) => sql`rtrim(run #>> ${path}, 'n')::numeric`
const spent = (component: string) => sql`rtrim(realised ->> ${component}, 'n')::numeric`
/** As `expectedOfSold` does it: `div` is exact and rounds toward zero. */
const part = (component: string) =>
  sql`case when sold > 0 and sell_units > 0 then div(${whole(`{leg,cost,${component}}`)} * sold, sell_units) else 0 end`

interface Sums {
  key: string
  legs: string
  notional: string
  swap_notional: string
  expected_slippage: string
  expected_fees: string
  expected_gas: string
  expected_bridge: string
  slippage: string
  fees: string
  gas: string
  bridge: string
}

/** One row per group comes out of the database, whatever the number of legs. */
export async function loadCosts(
  db: Database,
  { portfolio, from, to, by }: { portfolio: string; from: number; to: number; by: CostGroup },
): Promise<(CostSums & { key: string })[]> {
  const { rows } = await sql<Sums>`
    with made as (
      select legs.*, cycles.ended_at, cycles.market
      from cycles
      -- Legs of each cycle by their index: there are many more cycles without any.
      cross join lateral (
        select run, realised, kind, venue, chain, sell_units,
          coalesce(rtrim(run #>> '{sold,units}', 'n')::numeric, 0) as sold
        from legs
        where cycle_id = cycles.id and realised is not null
          and (run #>> '{sold,units}' is not null or realised ->> 'gas' <> '0n')
          ${by === 'bridge' ? sql`and kind = 'bridge'` : sql``}
        offset 0
      ) as legs
      where cycles.portfolio = ${portfolio} and cycles.mode = 'live'
        and cycles.ended_at >= ${new Date(from)} and cycles.ended_at < ${new Date(to)}
    ),
    reckoned as (
      select made.*, ${KEYS[by]} as key,
        case when sold = 0 then 0 else coalesce((
          select div(sold * rtrim(price ->> 1, 'n')::numeric, 10::numeric ^ (run #>> '{sold,token,decimals}')::integer)
          from jsonb_array_elements(market #> '{prices,~map}') as price
          where price ->> 0 = run #>> '{sold,token,asset}'
        ), 0) end as value
      from made
    )
    select key, count(*) as legs, sum(value) as notional,
      coalesce(sum(value) filter (where kind = 'swap'), 0) as swap_notional,
      sum(${part('slippage')}) as expected_slippage, sum(${part('fees')}) as expected_fees,
      sum(case when sold > 0 and sell_units > 0 then ${whole('{leg,cost,gas}')} else 0 end) as expected_gas,
      sum(${part('bridge')}) as expected_bridge,
      sum(${spent('slippage')}) as slippage, sum(${spent('fees')}) as fees,
      sum(${spent('gas')}) as gas, sum(${spent('bridge')}) as bridge
    from reckoned group by key`.execute(db)
  const groups = new Map<string, CostSums>()
  for (const row of rows) {
    const text = fromJson(row.key) as string
    const key = by === 'bridge' ? bridgeOf(text) : text
    groups.set(key, addSums(groups.get(key) ?? NO_SUMS, sumsOf(row)))
  }
  return [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, sums]) => ({ key, ...sums }))
}

function sumsOf(row: Sums): CostSums {
  return {
    legs: Number(row.legs),
    notional: wholeOf(row.notional),
    swapNotional: wholeOf(row.swap_notional),
    expected: {
      slippage: wholeOf(row.expected_slippage),
      fees: wholeOf(row.expected_fees),
      gas: wholeOf(row.expected_gas),
      bridge: wholeOf(row.expected_bridge),
    },
    realised: {
      slippage: wholeOf(row.slippage),
      fees: wholeOf(row.fees),
      gas: wholeOf(row.gas),
      bridge: wholeOf(row.bridge),
    },
  }
}

/** Quotients of Postgres may carry zeros after a point. */
function wholeOf(numeric: string): bigint {
  return BigInt(numeric.replace(/\.0*$/, ''))
}
