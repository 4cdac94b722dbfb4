import type { Address, ChainKey, Hex } from '../domain/assets.js'
import type { Cycle, CycleOutcome, LegRun } from '../domain/execution/cycle.js'
import type { Attempt, Intent, NewIntent } from '../domain/execution/intent.js'
import type { Posting } from '../domain/execution/ledger.js'
import type { Transfer } from '../domain/execution/transfer.js'
import type { Cost } from '../domain/planning/cost.js'
import type { CurveRecord } from '../domain/planning/curve-record.js'

export interface OperatingState {
  readonly state: 'running' | 'paused_new'
  readonly reason: string
  /** Milliseconds since 1970. */
  readonly since: number
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

/** A curve that nobody has written for this long is forgotten. */
export const CURVE_LIFETIME_MS = 7 * 24 * 3_600_000

/**
 * What is written down. Every change is one transaction that also proves the lease epoch, so a process that lost the
 * lease changes nothing (rejects with StaleLeaseError). A change that expected another state rejects with
 * ConflictError. Reads need no lease, and neither does the operating state: a standby must be able to pause. Curves
 * need none either.
 */
export abstract class Store {
  /** Writes a new cycle with its plan and legs. False when the id exists: the slot was served already. */
  abstract openCycle(cycle: Cycle): Promise<boolean>
  abstract closeCycle(id: string, outcome: CycleOutcome, at: number): Promise<void>
  abstract cycle(id: string): Promise<Cycle | undefined>
  /** Cycles without an end, oldest first. */
  abstract openCycles(): Promise<readonly Cycle[]>
  /** Newest first. `before` is a cycle id. */
  abstract cycles(query: { portfolio?: string; before?: string; limit: number }): Promise<readonly CycleSummary[]>
  /** When the last live cycle of a portfolio that traded ended, in milliseconds since 1970. */
  abstract lastTradedAt(portfolio: string): Promise<number | undefined>

  abstract saveLeg(cycleId: string, before: LegRun, after: LegRun, realised?: Cost): Promise<void>
  abstract realisedCosts(cycleId: string): Promise<ReadonlyMap<string, Cost>>

  /**
   * Allocates the account's next nonce, writes the intent as `reserved` and the leg's new state, all or nothing.
   * `chainNonce` is the next nonce by the chain: an account seen for the first time starts there, and one whose chain
   * is ahead of us was used by somebody else (rejects with InvariantError). One that is behind what is under way rejects
   * with NonceGapError.
   */
  abstract reserveIntent(intent: NewIntent, chainNonce: number, leg: { before: LegRun; after: LegRun }): Promise<Intent>
  /** Writes the signed bytes; the intent is `signed` from the commit on. */
  abstract recordAttempt(intent: Intent, attempt: Attempt): Promise<Intent>
  /** Gives an unsigned intent's nonce back. Rejects with ConflictError unless it is the account's highest. */
  abstract releaseIntent(intent: Intent): Promise<Intent>
  /** Writes the intent's next state with the postings it causes. */
  abstract moveIntent(before: Intent, after: Intent, postings: readonly Posting[]): Promise<void>

  /** False when the transfer is written already. */
  abstract openTransfer(transfer: Transfer): Promise<boolean>
  abstract moveTransfer(before: Transfer, after: Transfer, postings: readonly Posting[]): Promise<void>
  abstract openTransfers(portfolio?: string): Promise<readonly Transfer[]>
  /** Hashes of payouts already taken as evidence for some transfer on a chain. */
  abstract claimedArrivals(chain: ChainKey): Promise<readonly Hex[]>

  /** Books opening balances of tokens the ledger has not met on this account. */
  abstract openLedger(account: Address, postings: readonly Posting[]): Promise<void>
  /** Units in the wallet by the ledger, per chain and token. */
  abstract walletBalances(account: Address): Promise<readonly { chain: ChainKey; token: Address; units: bigint }[]>

  /** What is known about the market, by key. A record that this build cannot read is left out. */
  abstract curves(): Promise<readonly CurveRecord[]>
  /**
   * Writes these records, each in place of the one of the same key, and forgets those last written `CURVE_LIFETIME_MS`
   * before `at` or earlier; all or nothing. Of two records of one key the later one counts. It proves no lease: curves are
   * observations of the market, no money hangs on a row, and a standby or a preview may write what it saw. Whoever writes
   * a key last is believed.
   */
  abstract saveCurves(records: readonly CurveRecord[], at: number): Promise<void>

  abstract operatingState(): Promise<OperatingState>
  abstract setOperatingState(state: OperatingState): Promise<void>
}
