import { sql } from 'kysely'
import pg from 'pg'
import type { Address, ChainKey, Hex } from '../../domain/assets.js'
import { InvariantError } from '../../domain/errors.js'
import type { CancelOrder } from '../../domain/execution/cancel-order.js'
import type { Cycle, CycleOutcome, LegRun } from '../../domain/execution/cycle.js'
import type { Attempt, Intent, NewIntent } from '../../domain/execution/intent.js'
import type { Investigation } from '../../domain/execution/investigation.js'
import type { Posting } from '../../domain/execution/ledger.js'
import type { BooksLook } from '../../domain/execution/reconciliation.js'
import type { Transfer } from '../../domain/execution/transfer.js'
import type { Cost } from '../../domain/planning/cost.js'
import type { CurveRecord } from '../../domain/planning/curve-record.js'
import { type Lease, StaleLeaseError } from '../../ports/lease.js'
import type { Breaker, BreakerCode, Trip } from '../../domain/policy/breakers.js'
import type { BudgetClaim, BudgetUse, Spend } from '../../domain/policy/budgets.js'
import type { PastLook } from '../../domain/rebalancing/due-times.js'
import type { Scope, ScopeState } from '../../domain/policy/operating.js'
import type { TimedPause } from '../../domain/policy/timed-pauses.js'
import type { BookedUnits } from '../../domain/portfolio/tradable.js'
import type { BroadcastAnswer } from '../../ports/chain.js'
import type { Failpoints } from '../../ports/failpoints.js'
import {
  type BroadcastRecord,
  ConflictError,
  type CycleSummary,
  type DecisionRecord,
  type IntentEvent,
  type LedgerEntry,
  Store,
} from '../../ports/store.js'
import { insertCancelOrder, insertInvestigation, loadCancelOrders, loadInvestigations } from './act-rows.js'
import { endBreakers, insertBreaker, loadBreakers } from './breaker-rows.js'
import {
  endCycle,
  insertCycle,
  listCycles,
  listDecisions,
  loadCosts,
  loadCycles,
  loadLastLooks,
  loadLastTradedAt,
  updateLeg,
} from './cycle-rows.js'
import { loadCurves, writeCurves } from './curve-rows.js'
import type { Database, Transaction } from './database.js'
import { loadFinalBlocks } from './final-block-rows.js'
import { insertBroadcast, loadBroadcasts, loadEvents, pinFingerprint } from './intent-log-rows.js'
import {
  insertAttempt,
  insertIntent,
  insertNote,
  loadApprovals,
  loadIntents,
  loadNonces,
  raiseNonce,
  releaseNonce,
  updateIntent,
} from './intent-rows.js'
import {
  bookDeposit,
  insertOpening,
  insertPostings,
  loadLedger,
  loadUnattributed,
  loadWalletBalances,
} from './posting-rows.js'
import { loadLooks, writeLook } from './reconciliation-rows.js'
import { loadStates, writeState } from './scope-rows.js'
import { insertSpend, loadUse } from './spend-rows.js'
import { deletePause, loadExpired } from './timed-pause-rows.js'
import { insertTransfer, loadClaimedArrivals, loadOpenTransfers, updateTransfer } from './transfer-rows.js'

/**
 * Guarantees, for every method that changes something; for curves, operating states, answers to broadcasts, pins of code,
 * classified inflows, orders to cancel and marks of transfers only the first:
 * - It is one transaction, committed to disk when the promise fulfils. A rejection with DatabaseError may come after
 *   the commit: read again before anything else (K-09).
 * - Its first statement proves the lease's epoch by the database's clock and keeps the lease from being taken before
 *   the commit.
 * - A row changes only if it still is what the caller read: the whole of a leg or transfer, the state and version of an
 *   intent. The version and, for intents, the epoch and a line of its history go with the change (R-04).
 *
 * It does not judge whether a change is wise; it refuses those that no sequence of events explains.
 */
export class PostgresStore extends Store {
  constructor(private readonly deps: { database: Database; lease: Lease; failpoints?: Failpoints }) {
    super()
  }

  openCycle(cycle: Cycle): Promise<boolean> {
    return this.change((tx) => insertCycle(tx, cycle))
  }

  closeCycle(id: string, outcome: CycleOutcome, at: number, isUnfinished = false): Promise<void> {
    return this.change((tx) => endCycle(tx, id, { outcome, at, isUnfinished }))
  }

  async cycle(id: string): Promise<Cycle | undefined> {
    const [cycle] = await loadCycles(this.deps.database, { id })
    return cycle
  }

  openCycles(): Promise<readonly Cycle[]> {
    return loadCycles(this.deps.database, 'open')
  }

  cycles(query: Parameters<Store['cycles']>[0]): Promise<readonly CycleSummary[]> {
    return listCycles(this.deps.database, query)
  }

  decisions(query: { portfolio: string; before?: string; limit: number }): Promise<readonly DecisionRecord[]> {
    return listDecisions(this.deps.database, query)
  }

  lastTradedAt(portfolio: string): Promise<number | undefined> {
    return loadLastTradedAt(this.deps.database, portfolio)
  }

  lastLooks(of: Parameters<Store['lastLooks']>[0]): Promise<readonly PastLook[]> {
    return loadLastLooks(this.deps.database, of)
  }

  saveLeg(cycleId: string, before: LegRun, after: LegRun, realised?: Cost): Promise<void> {
    return this.change((tx) => updateLeg(tx, cycleId, before, after, realised))
  }

  realisedCosts(cycleId: string): Promise<ReadonlyMap<string, Cost>> {
    return loadCosts(this.deps.database, cycleId)
  }

  reserveIntent(
    intent: NewIntent,
    chainNonce: number,
    leg?: { before: LegRun; after: LegRun },
    budget?: BudgetClaim,
  ): Promise<Intent> {
    return this.change(async (tx, epoch) => {
      const reserved = await insertIntent(tx, epoch, intent, chainNonce)
      if (leg) await updateLeg(tx, intent.cycleId ?? '', leg.before, leg.after)
      if (budget) await insertSpend(tx, intent.id, budget)
      await this.deps.failpoints?.reach('K-04')
      return reserved
    })
  }

  adoptNonce(chain: ChainKey, account: Address, next: number): Promise<boolean> {
    return this.change((tx) => raiseNonce(tx, chain, account, next))
  }

  async recordAttempt(intent: Intent, attempt: Attempt): Promise<Intent> {
    const signed = await this.change(async (tx, epoch) => {
      const written = await insertAttempt(tx, epoch, intent, attempt)
      await this.deps.failpoints?.reach('K-09')
      return written
    })
    await this.deps.failpoints?.reach('K-09')
    return signed
  }

  releaseIntent(intent: Intent, reason: string): Promise<Intent> {
    return this.change((tx, epoch) => releaseNonce(tx, epoch, intent, reason))
  }

  moveIntent(before: Intent, after: Intent, postings: readonly Posting[], evidence: string): Promise<void> {
    return this.change(async (tx, epoch) => {
      await updateIntent(tx, epoch, before, after, evidence)
      await insertPostings(tx, postings)
    })
  }

  noteIntent(intent: Intent, evidence: string): Promise<void> {
    return this.change((tx, epoch) => insertNote(tx, epoch, intent, evidence))
  }

  recordBroadcast(intentId: string, hash: Hex, answers: readonly BroadcastAnswer[], at: number): Promise<void> {
    return insertBroadcast(this.deps.database, intentId, hash, answers, at)
  }

  async intent(id: string): Promise<Intent | undefined> {
    const [intent] = await loadIntents(this.deps.database, { id })
    return intent
  }

  intentEvents(id: string): Promise<readonly IntentEvent[]> {
    return loadEvents(this.deps.database, id)
  }

  broadcasts(id: string): Promise<readonly BroadcastRecord[]> {
    return loadBroadcasts(this.deps.database, id)
  }

  orderCancel(order: CancelOrder): Promise<CancelOrder | undefined> {
    return insertCancelOrder(this.deps.database, order)
  }

  cancelOrders(intentIds: readonly string[]): Promise<readonly CancelOrder[]> {
    return loadCancelOrders(this.deps.database, intentIds)
  }

  looseIntents(): Promise<readonly Intent[]> {
    return loadIntents(this.deps.database, 'loose')
  }

  nonces(): Promise<readonly { chain: ChainKey; account: Address; next: number }[]> {
    return loadNonces(this.deps.database)
  }

  approvals(account: Address): Promise<readonly { chain: ChainKey; token: Address; spender: Address }[]> {
    return loadApprovals(this.deps.database, account)
  }

  openTransfer(transfer: Transfer): Promise<boolean> {
    return this.change((tx) => insertTransfer(tx, transfer))
  }

  moveTransfer(before: Transfer, after: Transfer, postings: readonly Posting[]): Promise<void> {
    return this.change(async (tx) => {
      await updateTransfer(tx, before, after)
      await insertPostings(tx, postings)
    })
  }

  openTransfers(portfolio?: string): Promise<readonly Transfer[]> {
    return loadOpenTransfers(this.deps.database, portfolio)
  }

  markInvestigated(mark: Investigation): Promise<boolean> {
    return insertInvestigation(this.deps.database, mark)
  }

  investigations(transferIds: readonly string[]): Promise<readonly Investigation[]> {
    return loadInvestigations(this.deps.database, transferIds)
  }

  claimedArrivals(chain: ChainKey): Promise<readonly Hex[]> {
    return loadClaimedArrivals(this.deps.database, chain)
  }

  openLedger(account: Address, postings: readonly Posting[]): Promise<void> {
    return this.change((tx) => insertOpening(tx, account, postings))
  }

  walletBalances(account: Address): Promise<readonly { chain: ChainKey; token: Address; units: bigint }[]> {
    return loadWalletBalances(this.deps.database, account)
  }

  unattributed(account: Address): Promise<readonly BookedUnits[]> {
    return loadUnattributed(this.deps.database, account)
  }

  classifyInflow(inflow: Parameters<Store['classifyInflow']>[0]): Promise<bigint> {
    return this.anybody((tx) => bookDeposit(tx, inflow))
  }

  post(postings: readonly Posting[]): Promise<void> {
    return this.change((tx) => insertPostings(tx, postings))
  }

  ledger(query: {
    account: Address
    before?: string
    limit: number
  }): Promise<readonly (LedgerEntry & { readonly place: string })[]> {
    return loadLedger(this.deps.database, query)
  }

  pinCode(chain: ChainKey, contract: Address, selector: Hex, fingerprint: Hex): Promise<Hex> {
    return pinFingerprint(this.deps.database, chain, contract, selector, fingerprint)
  }

  curves(): Promise<readonly CurveRecord[]> {
    return loadCurves(this.deps.database)
  }

  saveCurves(records: readonly CurveRecord[], at: number): Promise<void> {
    return this.deps.database
      .transaction()
      .setIsolationLevel('read committed')
      .execute((tx) => writeCurves(tx, records, at))
  }

  budgetUse(spend: Spend): Promise<BudgetUse> {
    return loadUse(this.deps.database, spend)
  }

  finalBlocks() {
    return loadFinalBlocks(this.deps.database)
  }

  async operatingStates(): Promise<readonly ScopeState[]> {
    return this.holds.beside(await loadStates(this.deps.database))
  }

  setOperatingState(state: ScopeState): Promise<void> {
    return this.anybody((tx) => writeState(tx, state))
  }

  expiredPauses(): Promise<readonly TimedPause[]> {
    return loadExpired(this.deps.database)
  }

  forgetPause(id: number): Promise<void> {
    return deletePause(this.deps.database, id)
  }

  tripBreaker(trip: Trip, at: number): Promise<boolean> {
    return this.anybody((tx) => insertBreaker(tx, trip, at))
  }

  breakers(query: Parameters<Store['breakers']>[0]): Promise<readonly Breaker[]> {
    return loadBreakers(this.deps.database, query)
  }

  clearBreakers(scope: Scope, code: BreakerCode | undefined, by: string, at: number): Promise<readonly Breaker[]> {
    return this.anybody((tx) => endBreakers(tx, scope, code, by, at))
  }

  noteReconciled(look: BooksLook): Promise<void> {
    return writeLook(this.deps.database, look)
  }

  lastReconciled(): Promise<readonly BooksLook[]> {
    return loadLooks(this.deps.database)
  }

  /** A change that proves no lease. */
  private anybody<T>(act: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.deps.database.transaction().setIsolationLevel('read committed').execute(act)
  }

  private async change<T>(act: (tx: Transaction, epoch: number) => Promise<T>): Promise<T> {
    const { database, lease } = this.deps
    if (!lease.isHeld())
      throw new StaleLeaseError('This process does not hold the lease, or has not renewed it in time. It must end.')
    const epoch = lease.epoch()
    try {
      return await database
        .transaction()
        .setIsolationLevel('read committed')
        .execute(async (tx) => {
          await proveEpoch(tx, epoch)
          return act(tx, epoch)
        })
    } catch (error) {
      throw classify(error)
    }
  }
}

/** An epoch belongs to one holder for ever, so it alone names the lease. */
async function proveEpoch(tx: Transaction, epoch: number): Promise<void> {
  const row = await tx
    .selectFrom('lease')
    .select('epoch')
    .where('epoch', '=', String(epoch))
    .where('expires_at', '>', sql<Date>`clock_timestamp()`)
    .forKeyShare()
    .executeTakeFirst()
  if (!row) throw new StaleLeaseError(`The lease of epoch ${epoch} has ended or was taken. This process must end.`)
}

/** Another change came first. Any other broken constraint means that the caller's picture is wrong. */
const CONFLICTS = new Set(['intents_pkey', 'arrivals_once'])

function classify(error: unknown): unknown {
  if (!(error instanceof pg.DatabaseError) || !error.code?.startsWith('23')) return error
  const told = `${error.message}${error.detail ? ` ${error.detail}` : ''}`
  if (CONFLICTS.has(error.constraint ?? ''))
    return new ConflictError(`${told} Reload and decide again.`, { cause: error })
  return new InvariantError(`The records contradict this change: ${told}`, { cause: error })
}
