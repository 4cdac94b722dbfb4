import type { Address, Hex } from '../domain/assets.js'
import type { UnsignedTransaction } from './chain.js'

/** Signs transactions, and nothing else. */
export abstract class Signer {
  /** Accounts it can sign for. */
  abstract accounts(): readonly Address[]
  /**
   * The signed bytes and their hash. The signer of the result has been recovered and every field compared with the
   * request before it is returned.
   */
  abstract sign(account: Address, transaction: UnsignedTransaction): Promise<{ raw: Hex; hash: Hex }>
}
