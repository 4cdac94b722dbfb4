import type { Hex } from '../domain/assets.js'
import type { Payout, Transfer } from '../domain/execution/transfer.js'

/** Finds where a bridge crossing came out. */
export abstract class Transfers {
  /**
   * Every payout of a transfer to our account, deliveries and refunds, proven by a receipt in a canonical block of the
   * chain it came out on. None as long as no chain shows one, whatever a status service says. `claimed` are transactions
   * taken as evidence for other transfers. Rejects when a chain or service could not be asked.
   */
  abstract find(transfer: Transfer, claimed: readonly Hex[]): Promise<readonly Payout[]>
}

/** Stands where no venue bridges: no leg ever crosses, so nothing is ever looked for. */
export class NoTransfers extends Transfers {
  override find(): Promise<readonly Payout[]> {
    return Promise.resolve([])
  }
}
