import type { Address, Hex } from '../domain/assets.js'
import type { JournalEntry, PayloadClass } from '../domain/execution/equivocation.js'
import type { UnsignedTransaction } from './chain.js'

export type { JournalEntry, PayloadClass }

export interface SignRequest {
  readonly intentId: string
  /** Lease under which it is asked for. */
  readonly epoch: number
  readonly account: Address
  readonly payload: PayloadClass
  readonly transaction: UnsignedTransaction
}

/** Why nothing was signed. `refused` is a decision that asking again does not change; `unavailable` says nothing. */
export class SignerError extends Error {
  override readonly name = 'SignerError'
  constructor(
    readonly kind: 'refused' | 'fenced' | 'unavailable',
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options)
  }
}

/** Signs transactions, and nothing else. */
export abstract class Signer {
  /** Accounts it can sign for. */
  abstract accounts(): readonly Address[]
  /**
   * The signed bytes and their hash. Before it resolves, the signature is allowed by the journal of nonces and written
   * there, the signer of the bytes has been recovered and every field compared with the request. Rejects
   * with SignerError.
   */
  abstract sign(request: SignRequest): Promise<{ raw: Hex; hash: Hex }>
  /** From now on no lower epoch gets a signature. Rejects with SignerError. */
  abstract fence(epoch: number): Promise<void>
  /**
   * Opens an account on a chain to signatures, once the witnesses were found to agree on it. Until then a process
   * gets none for it: `unavailable`. A signer that keeps no journal has nothing to compare and is open.
   */
  admit(_chainId: number, _account: Address): void {}
  /** Highest journaled entry of an account on a chain, if any. */
  abstract lastJournaled(chainId: number, account: Address): Promise<JournalEntry | undefined>
  /** Whether anything was ever signed for the nonce; only then may it not be given back. */
  abstract isJournaled(chainId: number, account: Address, nonce: number): Promise<boolean>
}
