import type { Hex } from '../domain/assets.js'
import type { Arrival, Transfer } from '../domain/execution/transfer.js'

/** Finds where a bridge crossing came out. */
export abstract class Transfers {
  /**
   * The payout of a transfer to our account, proven by a receipt in a canonical block of the chain it came out on.
   * Undefined as long as no chain shows one, whatever a status service says. `claimed` are payouts already booked for
   * other transfers. Rejects when a chain or service could not be asked.
   */
  abstract find(transfer: Transfer, claimed: readonly Hex[]): Promise<Arrival | undefined>
}

/** Stands where no venue bridges: no leg ever crosses, so nothing is ever looked for. */
export class NoTransfers extends Transfers {
  override find(): Promise<undefined> {
    return Promise.resolve(undefined)
  }
}
