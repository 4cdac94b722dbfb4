import { sql } from 'kysely'
import {
  DAEMON,
  isStricter,
  type OperatingLevel,
  type Scope,
  type ScopeState,
  stricter,
} from '../../domain/policy/operating.js'
import { statesOf } from '../../domain/policy/timed-pauses.js'
import { authorColumns, authorMember, NO_AUTHOR } from './author-columns.js'
import type { Database, Transaction } from './database.js'
import { endTimedPauses, insertTimedPause } from './timed-pause-rows.js'

/**
 * One statement, whose start is the moment that counts: a pause that ends is seen by every reader before it and by none
 * after it, whichever process asks.
 */
export async function loadStates(db: Database): Promise<ScopeState[]> {
  const rows = await db
    .selectFrom('scope_states')
    .select(['scope', 'level', 'reason', 'since', 'set_by', 'author', 'author_kind'])
    .select(sql<Date | null>`null::timestamptz`.as('expires_at'))
    .where('level', '<>', 'running')
    .unionAll(
      db
        .selectFrom('timed_pauses')
        .select([
          'scope',
          'level',
          'reason',
          'since',
          sql<'operator'>`'operator'`.as('set_by'),
          'author',
          'author_kind',
        ])
        .select('expires_at')
        .where('expires_at', '>', sql<Date>`statement_timestamp()`),
    )
    .execute()
  const holds = rows.map(({ scope, level, reason, since, set_by, expires_at, ...author }) => ({
    scope,
    level,
    reason,
    since: since.getTime(),
    by: set_by,
    ...authorMember(author),
    ...(expires_at && { expiresAt: expires_at.getTime() }),
  }))
  return statesOf(holds, -Infinity)
}

/**
 * Writes a person's word on a scope. Running is the absence of a row, and comes only when no open breaker holds the scope;
 * any other level is kept if what is written is stricter, so that a pause never loosens a halt of the same moment. A harder
 * word of a person's stays as it is, with its reason, held since the last word; what a breaker set becomes a person's to let go. A word with an end is
 * kept apart and changes nothing of that; running takes those back as well. What was said after `since` running leaves
 * as it is: of a pause and a resume at once the pause wins.
 */
export async function writeState(tx: Transaction, state: ScopeState): Promise<void> {
  const { expiresAt } = state
  if (expiresAt !== undefined && state.level !== 'running') return insertTimedPause(tx, { ...state, expiresAt })
  const before = await lockState(tx, state.scope)
  if (state.level === 'running') {
    const since = new Date(state.since)
    await endTimedPauses(tx, state.scope, since)
    await tx
      .updateTable('scope_states')
      .set({ set_by: 'breaker', ...authorColumns(DAEMON) })
      .where('scope', '=', state.scope)
      .where('since', '<=', since)
      .execute()
    return lowerState(tx, state.scope)
  }
  const isHeldHarder = before !== undefined && isStricter(before.level, state.level)
  if (isHeldHarder && before.by === 'operator') {
    await tx
      .updateTable('scope_states')
      .set({ since: sql<Date>`greatest(since, ${new Date(state.since)})` })
      .where('scope', '=', state.scope)
      .execute()
    return
  }
  await replaceState(tx, { ...state, level: isHeldHarder ? before.level : state.level })
}

/** Makes a scope at least as strict. What a person has set stays a person's to let go. */
export async function raiseState(tx: Transaction, state: ScopeState): Promise<void> {
  const before = await lockState(tx, state.scope)
  if (before && !isStricter(state.level, before.level)) return
  await replaceState(tx, { ...state, by: before?.by ?? state.by })
}

/** Lowers what a breaker has set to what open breakers still hold; deletes it when none does. */
export async function lowerState(tx: Transaction, scope: Scope): Promise<void> {
  const left = await tx
    .selectFrom('breakers')
    .select('level')
    .where('scope', '=', scope)
    .where('cleared_at', 'is', null)
    .execute()
  const level = left.reduce<OperatingLevel>((most, one) => stricter(most, one.level), 'running')
  const isSetByBreaker = { scope, set_by: 'breaker' } as const
  if (level === 'running')
    await tx
      .deleteFrom('scope_states')
      .where((row) => row.and(isSetByBreaker))
      .execute()
  else
    await tx
      .updateTable('scope_states')
      .set({ level })
      .where((row) => row.and(isSetByBreaker))
      .execute()
}

/** Holds the scope's row, or its absence, until the transaction ends. */
async function lockState(
  tx: Transaction,
  scope: Scope,
): Promise<{ level: OperatingLevel; by: ScopeState['by'] } | undefined> {
  const inserted = await tx
    .insertInto('scope_states')
    .values({ scope, level: 'running', reason: '', since: new Date(0), set_by: 'breaker', ...NO_AUTHOR })
    .onConflict((conflict) => conflict.column('scope').doNothing())
    .executeTakeFirst()
  if (inserted.numInsertedOrUpdatedRows === 1n) return undefined
  const row = await tx
    .selectFrom('scope_states')
    .select(['level', 'set_by'])
    .where('scope', '=', scope)
    .forUpdate()
    .executeTakeFirst()
  // Deleted between the two statements: there is nothing left that could be loosened.
  return row && { level: row.level, by: row.set_by }
}

async function replaceState(tx: Transaction, { scope, level, reason, since, by, author }: ScopeState): Promise<void> {
  const row = { level, reason, since: new Date(since), set_by: by, ...authorColumns(author) }
  await tx
    .insertInto('scope_states')
    .values({ scope, ...row })
    .onConflict((conflict) => conflict.column('scope').doUpdateSet(row))
    .execute()
}
