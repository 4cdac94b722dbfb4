import type { Address } from '../domain/assets.js'
import type { JournalEntry, NonceClaim, Objection } from '../domain/execution/equivocation.js'

/**
 * What was ever signed for a nonce, append-only, and the highest epoch that asked. A witness of its own: it knows
 * nothing of lease and intents. Every method may reject when its storage does not answer; whether the entry was written
 * is unknown then, and asking again for the same is safe.
 */
export abstract class NonceJournal {
  /**
   * Judges a claim by everything written before, and writes its entry unless there is an objection. Both are one step
   * that no other claim comes between, and durable when it resolves.
   */
  abstract record(claim: NonceClaim): Promise<Objection | undefined>
  /** Raises the epoch; an objection when a higher one was seen. */
  abstract fence(epoch: number): Promise<Objection | undefined>
  /** The latest entry of the account's highest nonce on a chain. */
  abstract last(chainId: number, account: Address): Promise<JournalEntry | undefined>
  abstract has(chainId: number, account: Address, nonce: number): Promise<boolean>
}
