import type { Address, ChainKey, Hex, Token } from '../domain/assets.js'
import type { Cycle, CycleOutcome, LegRun } from '../domain/execution/cycle.js'
import type { CancelOrder } from '../domain/execution/cancel-order.js'
import type { Attempt, Intent, NewIntent } from '../domain/execution/intent.js'
import type { Investigation } from '../domain/execution/investigation.js'
import type { Posting } from '../domain/execution/ledger.js'
import type { BooksLook } from '../domain/execution/reconciliation.js'
import type { Transfer } from '../domain/execution/transfer.js'
import type { Cost } from '../domain/planning/cost.js'
import type { CurveRecord } from '../domain/planning/curve-record.js'
import type { Breaker, BreakerCode, Trip } from '../domain/policy/breakers.js'
import type { BudgetClaim, BudgetUse, Spend } from '../domain/policy/budgets.js'
import type { Scope, ScopeState } from '../domain/policy/operating.js'
import type { TimedPause } from '../domain/policy/timed-pauses.js'
import type { Decision } from '../domain/policy/trigger.js'
import type { PastLook } from '../domain/rebalancing/due-times.js'
import type { PolicyName } from '../domain/rebalancing/registry.js'
import { InvariantError, type Refusal } from '../domain/errors.js'
import type { Drift } from '../domain/portfolio/drift.js'
import type { BlockRef } from '../domain/portfolio/snapshot.js'
import type { BookedUnits } from '../domain/portfolio/tradable.js'
import type { BroadcastAnswer } from './chain.js'
import { Holds } from './holds.js'

/** A reservation that the budgets do not allow. Nothing was written. */
export class BudgetError extends Error {
  override readonly name = 'BudgetError'
  constructor(
    readonly refusal: Refusal,
    /** The breaker that the cap trips, if it trips one. */
    readonly trip: Trip | undefined,
  ) {
    super(refusal.detail)
  }
}

/** One step of an intent's life, as written with it. */
export interface IntentEvent {
  /** Milliseconds since 1970, by the database's clock. */
  readonly at: number
  readonly state: Intent['state']
  readonly epoch: number
  /** What moved it: a hash, a block, a reason. */
  readonly evidence: string
}

/** What endpoints said to a broadcast. Informational (TX3). */
export interface BroadcastRecord extends BroadcastAnswer {
  readonly at: number
  readonly hash: Hex
}

export interface LedgerEntry extends Posting {
  readonly book: 'provisional' | 'final'
  readonly bookedAt: number
}

export interface CycleSummary {
  readonly id: string
  readonly portfolio: string
  readonly mode: Cycle['mode']
  readonly startedAt: number
  readonly endedAt: number | undefined
  readonly outcome: CycleOutcome | undefined
  readonly reasons: readonly string[]
  readonly legs: number
}

/** One cycle's decision with what it rests on. */
export interface DecisionRecord {
  readonly cycleId: string
  /** Milliseconds since 1970. */
  readonly decidedAt: number
  readonly outcome: CycleOutcome | undefined
  readonly decision: Decision
  readonly drift: Drift
}

/** The row was not in the state the change expected; reload and decide again. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError'
}

/**
 * The chain expects an earlier nonce than our records and the transactions under way explain: its node lags behind, or
 * the database belongs to another chain of the same name. Nothing was written; it may be right a moment later.
 */
export class NonceGapError extends Error {
  override readonly name = 'NonceGapError'
  constructor(chain: ChainKey, account: Address, chainNonce: number, nonce: number, unmined: number) {
    super(
      `Account ${account} on ${chain} is at nonce ${chainNonce} by the chain and at ${nonce} by our records, with ${unmined} not mined yet. Wait for the node, or use the database that belongs to this chain.`,
    )
  }
}

/** The chain has used a nonce of ours that we never gave out: somebody else has the key. Nothing was written. */
export class ForeignNonceError extends InvariantError {
  readonly trip: Trip

  constructor(
    readonly chain: ChainKey,
    readonly account: Address,
    readonly chainNonce: number,
    nonce: number,
  ) {
    const reason = `Account ${account} on ${chain} is at nonce ${chainNonce} by the chain and at ${nonce} by our records, so somebody else uses its key. Stop trading from it and find out who.`
    super(`B-04: ${reason}`)
    this.trip = { code: 'B-04', scope: 'all', level: 'halted', reason }
  }
}

/** A curve that nobody has written for this long is forgotten. */
export const CURVE_LIFETIME_MS = 7 * 24 * 3_600_000

/**
 * What is written down. Every change is one transaction that also proves the lease epoch, so a process that lost the
 * lease changes nothing (rejects with StaleLeaseError). A change that expected another state rejects with
 * ConflictError. Reads need no lease, and neither does the operating state: a standby must be able to pause. Curves
 * need none either.
 */
export abstract class Store {
  /** What holds in this process although it is not written down. */
  readonly holds = new Holds()

  /** Writes a new cycle with its plan and legs. False when the id exists: the slot was served already. */
  abstract openCycle(cycle: Cycle): Promise<boolean>
  /** `isUnfinished`: of one that traded, whether it left something that was to be traded. */
  abstract closeCycle(id: string, outcome: CycleOutcome, at: number, isUnfinished?: boolean): Promise<void>
  abstract cycle(id: string): Promise<Cycle | undefined>
  /** Cycles without an end, oldest first. */
  abstract openCycles(): Promise<readonly Cycle[]>
  /** Newest first. `before` is a cycle id; an `outcome` of null is that of cycles without an end. */
  abstract cycles(query: {
    readonly portfolio?: string
    readonly outcome?: CycleOutcome | null
    readonly mode?: Cycle['mode']
    readonly before?: string
    readonly limit: number
  }): Promise<readonly CycleSummary[]>
  /** Newest first. `before` is a cycle id. */
  abstract decisions(query: { portfolio: string; before?: string; limit: number }): Promise<readonly DecisionRecord[]>
  /** When the last live cycle of a portfolio that traded ended, in milliseconds since 1970. */
  abstract lastTradedAt(portfolio: string): Promise<number | undefined>
  /**
   * The last cycles of a portfolio that traded, or in a dry run made a plan, and those in which this policy found everything
   * in place; newest first, as many as tell when a due time was served.
   */
  abstract lastLooks(of: {
    readonly portfolio: string
    readonly mode: Cycle['mode']
    readonly policy: PolicyName
  }): Promise<readonly PastLook[]>

  abstract saveLeg(cycleId: string, before: LegRun, after: LegRun, realised?: Cost): Promise<void>
  abstract realisedCosts(cycleId: string): Promise<ReadonlyMap<string, Cost>>

  /**
   * Allocates the account's next nonce, writes the intent as `reserved` and the leg's new state, all or nothing.
   * `chainNonce` is the next nonce by the chain: an account seen for the first time starts there, and one whose chain
   * is ahead of us was used by somebody else (rejects with ForeignNonceError). One that is behind what is under way
   * rejects with NonceGapError. With a budget claim the spend is judged and written in the same transaction; rejects with
   * BudgetError.
   */
  abstract reserveIntent(
    intent: NewIntent,
    chainNonce: number,
    leg?: { before: LegRun; after: LegRun },
    budget?: BudgetClaim,
  ): Promise<Intent>
  /**
   * Makes `next` the account's next nonce, because everything below it is used up by others. False, and nothing is
   * written, unless it is beyond the one written and no live intent is at or above it.
   */
  abstract adoptNonce(chain: ChainKey, account: Address, next: number): Promise<boolean>
  /**
   * Writes signed bytes: the first ones of a reserved intent, a replacement or the cancel of a signed one. The intent is
   * `signed` from the commit on.
   */
  abstract recordAttempt(intent: Intent, attempt: Attempt): Promise<Intent>
  /** Gives an unsigned intent's nonce back. Rejects with ConflictError unless it is the account's highest. */
  abstract releaseIntent(intent: Intent, reason: string): Promise<Intent>
  /**
   * Writes the intent's next state, one version further, with the postings it causes and what proved it. Neither first
   * signatures nor releases come this way.
   */
  abstract moveIntent(before: Intent, after: Intent, postings: readonly Posting[], evidence: string): Promise<void>
  /** Writes what was found out about an intent that it does not move. */
  abstract noteIntent(intent: Intent, evidence: string): Promise<void>
  /** What each endpoint said; needs no lease. */
  abstract recordBroadcast(intentId: string, hash: Hex, answers: readonly BroadcastAnswer[], at: number): Promise<void>
  abstract intent(id: string): Promise<Intent | undefined>
  abstract intentEvents(id: string): Promise<readonly IntentEvent[]>
  abstract broadcasts(id: string): Promise<readonly BroadcastRecord[]>
  /**
   * Writes a person's word that an intent is not to be carried out, while it is reserved or signed and takes no allowance
   * back; the first one stays. Resolves to the one on record, if any. It needs no lease: whoever signs reads it right before.
   */
  abstract orderCancel(order: CancelOrder): Promise<CancelOrder | undefined>
  /** The orders there are for some intents, oldest first. */
  abstract cancelOrders(intentIds: readonly string[]): Promise<readonly CancelOrder[]>
  /** Of each chain the last blocks in which intents ended, newest first: what was acted on as final (B-08). */
  abstract finalBlocks(): Promise<readonly { readonly chain: ChainKey; readonly block: BlockRef }[]>
  /** Live intents that no cycle asked for, oldest first. */
  abstract looseIntents(): Promise<readonly Intent[]>
  /** Highest nonce given out per account, for the comparison of witnesses at start. */
  abstract nonces(): Promise<readonly { chain: ChainKey; account: Address; next: number }[]>
  /** Every (token, spender) that the account ever gave an allowance on a chain (C-14). */
  abstract approvals(account: Address): Promise<readonly { chain: ChainKey; token: Address; spender: Address }[]>
  /** What the budgets have used, as a reservation of this spend would find it. */
  abstract budgetUse(spend: Spend): Promise<BudgetUse>

  /** False when the transfer is written already. */
  abstract openTransfer(transfer: Transfer): Promise<boolean>
  abstract moveTransfer(before: Transfer, after: Transfer, postings: readonly Posting[]): Promise<void>
  abstract openTransfers(portfolio?: string): Promise<readonly Transfer[]>
  /**
   * Writes that somebody looked at a late transfer; the last word stands. False, and nothing is written, where it is not
   * late. It needs no lease.
   */
  abstract markInvestigated(mark: Investigation): Promise<boolean>
  /** What was written of some transfers. */
  abstract investigations(transferIds: readonly string[]): Promise<readonly Investigation[]>
  /** Hashes of payouts already taken as evidence for some transfer on a chain. */
  abstract claimedArrivals(chain: ChainKey): Promise<readonly Hex[]>

  /** Books opening balances of tokens the ledger has not met on this account. */
  abstract openLedger(account: Address, postings: readonly Posting[]): Promise<void>
  /** Units in the wallet by the final book of the ledger, per chain and token. */
  abstract walletBalances(account: Address): Promise<readonly { chain: ChainKey; token: Address; units: bigint }[]>
  /** Per chain and token, what the final book found on the account and nobody has classified; positive amounts only. */
  abstract unattributed(account: Address): Promise<readonly BookedUnits[]>
  /**
   * Books what is unattributed of a token as a deposit where it is exactly `units`, more than 0n, and resolves to the base
   * units that it was. Of two at once only one books it. It is a person's word and needs no lease.
   */
  abstract classifyInflow(inflow: {
    readonly owner: Address
    readonly chain: ChainKey
    readonly token: Address
    readonly units: bigint
  }): Promise<bigint>
  /** Writes postings that no intent or transfer causes: an inflow found by reconciliation. */
  abstract post(postings: readonly Posting[]): Promise<void>
  /** Newest first. `before` is a place in the ledger, as `place` of an entry tells it; `tokens` are the only ones asked for. */
  abstract ledger(query: {
    readonly account: Address
    readonly chain?: ChainKey
    readonly tokens?: readonly Pick<Token, 'chain' | 'address'>[]
    readonly before?: string
    readonly limit: number
  }): Promise<readonly (LedgerEntry & { readonly place: string })[]>

  /** What is known about the market, by key. A record that this build cannot read is left out. */
  abstract curves(): Promise<readonly CurveRecord[]>
  /**
   * Writes these records, each in place of the one of the same key, and forgets those last written `CURVE_LIFETIME_MS`
   * before `at` or earlier; all or nothing. Of two records of one key the later one counts. It proves no lease: curves are
   * observations of the market, no money hangs on a row, and a standby or a preview may write what it saw. Whoever writes
   * a key last is believed.
   */
  abstract saveCurves(records: readonly CurveRecord[], at: number): Promise<void>

  /** Scopes that are not running, by what is written down and what this process holds beside that. A pause with an end is gone at that millisecond of the database's clock, for every reader. */
  abstract operatingStates(): Promise<readonly ScopeState[]>
  /**
   * Writes a person's word on one scope: running lets it go as far as no open breaker holds it and of what was said until
   * `since`, any other level makes it at least as strict. One with an end holds beside everything else: it gives an end to nothing, and one that ends later
   * stays.
   */
  abstract setOperatingState(state: ScopeState): Promise<void>
  /** Pauses that are over by the database's clock and were not forgotten yet, oldest first. */
  abstract expiredPauses(): Promise<readonly TimedPause[]>
  /** Drops one that is over. Needs no lease. */
  abstract forgetPause(id: number): Promise<void>
  /**
   * Writes a breaker and makes its scope at least as strict, in one transaction; false when the same code holds the same
   * scope already. What a person had set stays a person's to let go. Needs no lease: whoever sees the danger stops the work.
   */
  abstract tripBreaker(trip: Trip, at: number): Promise<boolean>
  /** Newest first, from before one by its id; with `isOpen` those that hold. */
  abstract breakers(query: {
    readonly isOpen: boolean
    readonly code?: BreakerCode
    readonly scope?: Scope
    readonly before?: number
    readonly limit: number
  }): Promise<readonly Breaker[]>
  /**
   * Ends the open breakers of a scope (of one code, where given). A scope that nothing else holds and that a breaker had
   * stopped is running again.
   */
  abstract clearBreakers(
    scope: Scope,
    code: BreakerCode | undefined,
    by: string,
    at: number,
  ): Promise<readonly Breaker[]>

  /** Writes how the books stood at a look; of two at the same place the later one stands. Needs no lease. */
  abstract noteReconciled(look: BooksLook): Promise<void>
  /** The last look at each place that was ever compared. */
  abstract lastReconciled(): Promise<readonly BooksLook[]>

  /** The fingerprint of code that was seen first at a contract's selector; what is written stays. */
  abstract pinCode(chain: ChainKey, contract: Address, selector: Hex, fingerprint: Hex): Promise<Hex>
}
