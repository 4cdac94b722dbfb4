import type { LocalAccount } from 'viem/accounts'
import type { Address, Hex } from '../../domain/assets.js'
import type { UnsignedTransaction } from '../../ports/chain.js'
import { KeyHolder } from './key-holder.js'
import { wireTransaction } from './wire-transaction.js'

/** Signs with a key in this process. */
export class LocalKey extends KeyHolder {
  constructor(private readonly account: LocalAccount) {
    super()
  }

  override accounts(): readonly Address[] {
    return [this.account.address]
  }

  override signTransaction(_account: Address, transaction: UnsignedTransaction): Promise<Hex> {
    return this.account.signTransaction(wireTransaction(transaction))
  }
}
