import type { Address, Hex } from '../../domain/assets.js'
import type { UnsignedTransaction } from '../../ports/chain.js'

/** Where keys lie. Only JournaledSigner asks it, after the journal allowed the signature. */
export abstract class KeyHolder {
  abstract accounts(): readonly Address[]
  /**
   * Bytes of an EIP-1559 transaction, not to be believed before they were read back. Rejects with SignerError of kind
   * `refused` or `unavailable`.
   */
  abstract signTransaction(account: Address, transaction: UnsignedTransaction): Promise<Hex>
}

/** Stands where no signer is configured, and in commands that only look. */
export class NoKeys extends KeyHolder {
  override accounts(): readonly Address[] {
    return []
  }

  override signTransaction(account: Address): Promise<Hex> {
    return Promise.reject(new RangeError(`No signer is configured, yet a signature of ${account} was asked for.`))
  }
}
