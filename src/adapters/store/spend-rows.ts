import { sql } from 'kysely'
import { isOverdue, OPEN_TRANSFER_STATES } from '../../domain/execution/transfer.js'
import { type BudgetClaim, type BudgetUse, HELD_CODES, type Spend } from '../../domain/policy/budgets.js'
import { isUndone } from '../../domain/policy/sanity.js'
import { BudgetError } from '../../ports/store.js'
import type { Database, Transaction } from './database.js'

/**
 * Judges a spend by what is used already and writes it. Reservations of one portfolio come one after another: each holds
 * the portfolio's lock until its transaction ends. Throws BudgetError when it does not fit.
 */
export async function insertSpend(tx: Transaction, intentId: string, claim: BudgetClaim): Promise<void> {
  const { spend } = claim
  await sql`select pg_advisory_xact_lock(hashtext('spends'), hashtext(${spend.portfolio}))`.execute(tx)
  const verdict = claim.judge(await loadUse(tx, spend))
  if (verdict) throw new BudgetError(verdict.refusal, verdict.trip)
  await tx
    .insertInto('spends')
    .values({
      intent_id: intentId,
      portfolio: spend.portfolio,
      cycle_id: spend.cycleId,
      chain: spend.chain,
      account: spend.account.toLowerCase(),
      asset: spend.asset,
      venue: spend.venue,
      bridge: spend.bridge ?? null,
      turnover: spend.turnover,
      gas: spend.gas,
      gas_wei: spend.gasWei,
      sold: spend.pair?.[0] ?? null,
      bought: spend.pair?.[1] ?? null,
      at: new Date(spend.at),
    })
    .execute()
}

/** What the budgets have used, as a reservation of this spend finds it. */
export async function loadUse(db: Database | Transaction, spend: Spend): Promise<BudgetUse> {
  const { bridgePending, allBridgesPending, ...spends } = await loadSpends(db, spend)
  const flight = await loadFlight(db, spend)
  return {
    ...spends,
    ...(await loadLegs(db, spend)),
    bridgeInFlight: flight.bridgeInFlight + bridgePending,
    allBridgesInFlight: flight.allBridgesInFlight + allBridgesPending,
    bridgeLate: flight.bridgeLate,
    soldTheOtherWay: await isReversal(db, spend),
  }
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** What traded nothing: its nonce was consumed without the effect of the step. */
const VOID = sql`('final_reverted', 'final_cancelled', 'foreign')`

async function loadSpends(db: Database | Transaction, spend: Spend) {
  const day = new Date(spend.at - DAY_MS)
  const hour = new Date(spend.at - HOUR_MS)
  const bridge = spend.bridge ?? null
  const { rows } = await sql<Record<string, string>>`
    with spent as (
      select s.cycle_id, s.chain, s.account, s.asset, s.venue, s.bridge, s.at,
        case when i.state in ${VOID} then 0 else s.turnover end as value,
        s.sold is not null as is_trade,
        case
          when s.gas_wei = 0 then s.gas
          when i.inclusion is not null then ceil(s.gas * rtrim(i.inclusion ->> 'gasPaid', 'n')::numeric / s.gas_wei)
          else ceil(s.gas * greatest(1, (
            select max(a.gas_limit * a.max_fee_per_gas) from attempts a where a.intent_id = i.id) / s.gas_wei))
        end as gas,
        not exists (select from transfers t where t.id = i.leg_id) as is_pending
      from spends s join intents i on i.id = s.intent_id
      where s.portfolio = ${spend.portfolio} and i.state <> 'released'
        and (s.at > ${day} or s.cycle_id = ${spend.cycleId} or i.state in ('reserved', 'signed', 'mined'))
    )
    select
      coalesce(sum(value) filter (where is_trade and cycle_id = ${spend.cycleId}), 0) as "cycleTurnover",
      coalesce(sum(value) filter (where is_trade and at > ${hour}), 0) as "hourTurnover",
      coalesce(sum(value) filter (where is_trade and at > ${day}), 0) as "dayTurnover",
      coalesce(sum(value) filter (where is_trade and at > ${day} and asset = ${spend.asset}), 0) as "assetDayTurnover",
      coalesce(sum(value) filter (where is_trade and at > ${day} and venue = ${spend.venue}), 0) as "venueDayTurnover",
      coalesce(sum(value) filter (where bridge = ${bridge} and cycle_id = ${spend.cycleId}), 0) as "bridgeCycleTurnover",
      coalesce(sum(value) filter (where bridge = ${bridge} and at > ${day}), 0) as "bridgeDayTurnover",
      coalesce(sum(value) filter (where bridge = ${bridge} and is_pending), 0) as "bridgePending",
      coalesce(sum(value) filter (where bridge is not null and is_pending), 0) as "allBridgesPending",
      coalesce(sum(gas) filter (where at > ${day}), 0) as "dayGas",
      count(*) filter (where at > ${hour} and chain = ${spend.chain} and account = ${spend.account.toLowerCase()})
        as "hourTransactions",
      count(distinct cycle_id) filter (where at > ${day} and cycle_id <> ${spend.cycleId}) as "dayCycles"
    from spent`.execute(db)
  const sums = rows[0]!
  const usd = (name: string) => BigInt(sums[name]!.split('.')[0]!)
  return {
    cycleTurnover: usd('cycleTurnover'),
    hourTurnover: usd('hourTurnover'),
    dayTurnover: usd('dayTurnover'),
    assetDayTurnover: usd('assetDayTurnover'),
    venueDayTurnover: usd('venueDayTurnover'),
    bridgeCycleTurnover: usd('bridgeCycleTurnover'),
    bridgeDayTurnover: usd('bridgeDayTurnover'),
    bridgePending: usd('bridgePending'),
    allBridgesPending: usd('allBridgesPending'),
    dayGas: usd('dayGas'),
    hourTransactions: Number(sums['hourTransactions']),
    dayCycles: Number(sums['dayCycles']),
  }
}

async function loadFlight(db: Database | Transaction, spend: Spend) {
  const bridge = spend.bridge ?? null
  const { rows } = await sql<{ all: string; bridge: string; late: string }>`
    select
      coalesce(sum(rtrim(t.transfer ->> 'value', 'n')::numeric), 0) as "all",
      coalesce(sum(rtrim(t.transfer ->> 'value', 'n')::numeric) filter (where t.bridge = ${bridge}), 0) as bridge,
      count(*) filter (where t.bridge = ${bridge} and t.state = any(${sql.val(OPEN_TRANSFER_STATES.filter((state) => isOverdue({ state })))})) as late
    from transfers t join cycles c on c.id = t.cycle_id
    where c.portfolio = ${spend.portfolio} and t.state = any(${sql.val(OPEN_TRANSFER_STATES)})`.execute(db)
  const sums = rows[0]!
  return {
    allBridgesInFlight: BigInt(sums.all),
    bridgeInFlight: BigInt(sums.bridge),
    bridgeLate: Number(sums.late),
  }
}

/** A leg is as old as its last refusal, the end of its cycle or, while that runs, the start of it. */
async function loadLegs(db: Database | Transaction, { portfolio, at }: Spend) {
  const since = (code: string) =>
    sql`coalesce((select max(cleared_at) from breakers
      where code = ${code} and scope = ${`portfolio:${portfolio}`}), '-infinity')`
  const { rows } = await sql<{ inRow: string; inHour: string; loss: string }>`
    with ended as (
      select l.state, coalesce(to_timestamp((l.run ->> 'refusedAt')::numeric / 1000), c.ended_at, c.started_at) as at,
        row_number() over (order by c.started_at desc, c.id desc, l.index desc) as back
      from legs l join cycles c on c.id = l.cycle_id
      where c.portfolio = ${portfolio} and c.mode = 'live' and c.started_at > ${new Date(at - 7 * DAY_MS)}
        and (l.state = 'done' or (l.state = 'failed' and l.run -> 'failure' ->> 'code' <> all(${sql.val(HELD_CODES)})))
    ), failed as (
      select at, back from ended where state = 'failed' and at > ${since('B-13')}
    )
    select
      (select count(*) from failed
        where back < coalesce((select min(back) from ended where state = 'done'), 9223372036854775807)) as "inRow",
      (select count(*) from failed where at > ${new Date(at - HOUR_MS)}) as "inHour",
      (select coalesce(sum(greatest(0, rtrim(l.realised ->> 'slippage', 'n')::numeric
          + rtrim(l.realised ->> 'fees', 'n')::numeric + rtrim(l.realised ->> 'bridge', 'n')::numeric)), 0)
        from legs l join cycles c on c.id = l.cycle_id
        where c.portfolio = ${portfolio} and l.realised is not null and c.started_at > ${since('B-01')}
          and (c.ended_at is null or c.ended_at > ${new Date(at - DAY_MS)})) as loss`.execute(db)
  const sums = rows[0]!
  return { failedInRow: Number(sums.inRow), hourFailures: Number(sums.inHour), dayLoss: BigInt(sums.loss) }
}

async function isReversal(db: Database | Transaction, { portfolio, cycleId, trades, at }: Spend): Promise<boolean> {
  if (trades.length === 0) return false
  const { rows } = await sql<{ cycle: string; sold: string; bought: string; value: string }>`
    select s.cycle_id as cycle, s.sold, s.bought, sum(s.turnover) as value
    from spends s join intents i on i.id = s.intent_id join cycles c on c.id = s.cycle_id
    where s.portfolio = ${portfolio} and s.sold is not null and i.state = 'final_ok'
      and s.at > ${new Date(at - DAY_MS)}
      and s.at > coalesce((select max(cleared_at) from breakers
        where code = 'B-12' and scope = ${`portfolio:${portfolio}`}), '-infinity')
      and c.started_at < coalesce((
        select max(root.started_at) from cycles root
        where root.portfolio = ${portfolio} and root.decision_code <> 'replanned'
          and root.started_at <= (select own.started_at from cycles own where own.id = ${cycleId})), ${new Date(at)})
    group by s.cycle_id, s.sold, s.bought`.execute(db)
  const flows = rows.map(({ cycle, sold, bought, value }) => ({ cycle, sold, bought, value: BigInt(value) }))
  return isUndone(flows, trades)
}
