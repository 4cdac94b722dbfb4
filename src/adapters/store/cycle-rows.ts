import { sql } from 'kysely'
import type { Cycle, CycleOutcome, LegRun } from '../../domain/execution/cycle.js'
import type { Transfer } from '../../domain/execution/transfer.js'
import { InvariantError } from '../../domain/errors.js'
import type { Cost, Market } from '../../domain/planning/cost.js'
import type { Plan } from '../../domain/planning/plan.js'
import type { Decision } from '../../domain/policy/trigger.js'
import { MOST_FOLLOW_UPS, type PastLook } from '../../domain/rebalancing/due-times.js'
import type { Drift } from '../../domain/portfolio/drift.js'
import type { Valuation } from '../../domain/portfolio/valuation.js'
import { ConflictError, type CycleSummary, type DecisionRecord, type Store } from '../../ports/store.js'
import type { Database, Transaction } from './database.js'
import { loadIntents } from './intent-rows.js'
import { fromJson, toJson } from './json.js'

export async function insertCycle(tx: Transaction, cycle: Cycle): Promise<boolean> {
  if (cycle.intents.length > 0 || cycle.transfers.length > 0)
    throw new InvariantError(`Cycle ${cycle.id} is to be opened with intents or transfers; a new cycle has none.`)
  const written = await tx
    .insertInto('cycles')
    .values({
      id: cycle.id,
      portfolio: cycle.portfolio,
      mode: cycle.mode,
      started_at: new Date(cycle.startedAt),
      ended_at: cycle.endedAt === undefined ? null : new Date(cycle.endedAt),
      outcome: cycle.outcome ?? null,
      valuation: toJson(cycle.valuation),
      drift: toJson(cycle.drift),
      decision: toJson(cycle.decision),
      market: toJson(cycle.market),
      plan_reasons: toJson(cycle.planReasons),
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst()
  if (written.numInsertedOrUpdatedRows !== 1n) return false
  const { plan } = cycle
  if (plan)
    await tx
      .insertInto('plans')
      .values({ id: plan.id, cycle_id: cycle.id, plan: toJson(plan) })
      .execute()
  if (cycle.legs.length > 0)
    await tx
      .insertInto('legs')
      .values(cycle.legs.map((run, index) => ({ id: run.leg.id, cycle_id: cycle.id, index, run: toJson(run) })))
      .execute()
  return true
}

export async function endCycle(
  tx: Transaction,
  id: string,
  { outcome, at, isUnfinished }: { outcome: CycleOutcome; at: number; isUnfinished: boolean },
): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('cycles')
    .set({ ended_at: new Date(at), outcome, is_unfinished: isUnfinished })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  if (numUpdatedRows !== 1n) throw new ConflictError(`Cycle ${id} is not open. Reload it.`)
}

/** The leg must still be exactly as it was read; that includes its state. */
export async function updateLeg(
  tx: Transaction,
  cycleId: string,
  before: LegRun,
  after: LegRun,
  realised?: Cost,
): Promise<void> {
  if (before.leg.id !== after.leg.id)
    throw new InvariantError(`Leg ${before.leg.id} cannot become leg ${after.leg.id}.`)
  const { numUpdatedRows } = await tx
    .updateTable('legs')
    .set({
      run: toJson(after),
      version: sql<number>`version + 1`,
      ...(realised && { realised: toJson(realised) }),
    })
    .where('id', '=', before.leg.id)
    .where('cycle_id', '=', cycleId)
    .where('run', '=', toJson(before))
    .executeTakeFirst()
  if (numUpdatedRows !== 1n)
    throw new ConflictError(`Leg ${before.leg.id} is no longer as it was read (${before.state}). Reload its cycle.`)
}

export async function loadCosts(db: Database, cycleId: string): Promise<ReadonlyMap<string, Cost>> {
  const rows = await db
    .selectFrom('legs')
    .select(['id', 'realised'])
    .where('cycle_id', '=', cycleId)
    .where('realised', 'is not', null)
    .orderBy('index')
    .execute()
  return new Map(rows.map(({ id, realised }) => [id, fromJson(realised) as Cost]))
}

/** Whole cycles as of one moment, oldest first. */
export async function loadCycles(db: Database, which: { id: string } | 'open'): Promise<Cycle[]> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (tx) => {
      const cycles = await tx
        .selectFrom('cycles')
        .leftJoin('plans', 'plans.cycle_id', 'cycles.id')
        .selectAll('cycles')
        .select('plans.plan')
        .where((is) => (which === 'open' ? is('ended_at', 'is', null) : is('cycles.id', '=', which.id)))
        .orderBy('started_at')
        .orderBy('cycles.id')
        .execute()
      if (cycles.length === 0) return []
      const ids = cycles.map(({ id }) => id)
      const legs = await tx
        .selectFrom('legs')
        .select(['cycle_id', 'run'])
        .where('cycle_id', 'in', ids)
        .orderBy('index')
        .execute()
      const intents = await loadIntents(tx, { cycleIds: ids })
      const transfers = await tx
        .selectFrom('transfers')
        .select(['cycle_id', 'transfer'])
        .where('cycle_id', 'in', ids)
        .orderBy('sequence')
        .execute()
      return cycles.map((row): Cycle => ({
        id: row.id,
        portfolio: row.portfolio,
        mode: row.mode,
        startedAt: row.started_at.getTime(),
        endedAt: row.ended_at?.getTime(),
        outcome: row.outcome ?? undefined,
        valuation: fromJson(row.valuation) as Valuation,
        drift: fromJson(row.drift) as Drift,
        decision: decisionOf(row.decision),
        market: fromJson(row.market) as Market,
        plan: fromJson(row.plan) as Plan | undefined,
        planReasons: fromJson(row.plan_reasons) as string[],
        legs: legs.filter((leg) => leg.cycle_id === row.id).map(({ run }) => fromJson(run) as LegRun),
        intents: intents.filter((intent) => intent.cycleId === row.id),
        transfers: transfers
          .filter((transfer) => transfer.cycle_id === row.id)
          .map(({ transfer }) => fromJson(transfer) as Transfer),
      }))
    })
}

/**
 * Whether a cycle began before another one, of any portfolio or of this one; of two that began at once the one with the
 * smaller id did. None is before one that is not there.
 */
export function isBefore(id: string, portfolio?: string) {
  const own = portfolio === undefined ? sql`` : sql`and earlier.portfolio = ${portfolio}`
  return sql<boolean>`(started_at, id) < (select earlier.started_at, earlier.id from cycles earlier where earlier.id = ${id} ${own})`
}

export async function listDecisions(
  db: Database,
  { portfolio, before, limit }: { portfolio: string; before?: string; limit: number },
): Promise<DecisionRecord[]> {
  let query = db
    .selectFrom('cycles')
    .select(['id', 'started_at', 'outcome', 'decision', 'drift'])
    .where('portfolio', '=', portfolio)
  if (before !== undefined) query = query.where(isBefore(before))
  const rows = await query.orderBy('started_at', 'desc').orderBy('id', 'desc').limit(limit).execute()
  return rows.map((row) => ({
    cycleId: row.id,
    decidedAt: row.started_at.getTime(),
    outcome: row.outcome ?? undefined,
    decision: decisionOf(row.decision),
    drift: fromJson(row.drift) as Drift,
  }))
}

export async function listCycles(
  db: Database,
  { portfolio, outcome, mode, before, limit }: Parameters<Store['cycles']>[0],
): Promise<CycleSummary[]> {
  let query = db
    .selectFrom('cycles')
    .select(['id', 'portfolio', 'mode', 'started_at', 'ended_at', 'outcome', 'decision', 'plan_reasons'])
    .select((from) =>
      from
        .selectFrom('legs')
        .select((leg) => leg.fn.countAll<string>().as('count'))
        .whereRef('legs.cycle_id', '=', 'cycles.id')
        .as('legs'),
    )
  if (portfolio !== undefined) query = query.where('portfolio', '=', portfolio)
  if (outcome === null) query = query.where('ended_at', 'is', null)
  else if (outcome !== undefined) query = query.where('outcome', '=', outcome)
  if (mode !== undefined) query = query.where('mode', '=', mode)
  if (before !== undefined) query = query.where(isBefore(before))
  const rows = await query.orderBy('started_at', 'desc').orderBy('id', 'desc').limit(limit).execute()
  return rows.map((row) => ({
    id: row.id,
    portfolio: row.portfolio,
    mode: row.mode,
    startedAt: row.started_at.getTime(),
    endedAt: row.ended_at?.getTime(),
    outcome: row.outcome ?? undefined,
    reasons: [...decisionOf(row.decision).reasons, ...(fromJson(row.plan_reasons) as string[])],
    legs: Number(row.legs),
  }))
}

export async function loadLastTradedAt(db: Database, portfolio: string): Promise<number | undefined> {
  const row = await db
    .selectFrom('cycles')
    .select((of) => of.fn.max('ended_at').as('at'))
    .where('portfolio', '=', portfolio)
    .where('mode', '=', 'live')
    .where('outcome', '=', 'traded')
    .executeTakeFirst()
  return row?.at?.getTime()
}

export async function loadLastLooks(
  db: Database,
  { portfolio, mode, policy }: Parameters<Store['lastLooks']>[0],
): Promise<PastLook[]> {
  const rows = await db
    .selectFrom('cycles')
    .select(['ended_at', 'is_unfinished'])
    .where('portfolio', '=', portfolio)
    .where('mode', '=', mode)
    .where((is) =>
      is.or([
        is('outcome', '=', mode === 'live' ? 'traded' : 'planned'),
        is.and([is('outcome', '=', 'within_band'), is(sql<string>`decision ->> 'policy'`, '=', policy)]),
      ]),
    )
    .where('ended_at', 'is not', null)
    .orderBy('ended_at', 'desc')
    .limit(MOST_FOLLOW_UPS + 1)
    .execute()
  return rows.map((row) => ({ endedAt: row.ended_at!.getTime(), isUnfinished: row.is_unfinished }))
}

/** Rows of earlier builds hold no figures, or fewer, and nothing of the risk. */
function decisionOf(document: unknown): Decision {
  const {
    figures = [],
    policy,
    shadow,
    ...decision
  } = fromJson(document) as Omit<Decision, 'figures'> & Partial<Decision>
  return { ...decision, figures, policy, shadow }
}
