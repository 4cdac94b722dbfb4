import type { Hex } from '../domain/assets.js'
import type { Payout, Transfer } from '../domain/execution/transfer.js'

/** Finds where a bridge crossing came out. */
export abstract class Transfers {
  /**
   * Every payout of a transfer to our account, deliveries and refunds, proven by a receipt in a canonical block of the
   * chain it came out on. None as long as no chain shows one, whatever a status service says. `claimed` are
   * transactions taken as evidence for other transfers. Rejects when a chain could not be asked, or a service without
   * which nothing would be known.
   */
  abstract find(transfer: Transfer, claimed: readonly Hex[]): Promise<readonly Payout[]>
}

/**
 * Stands where no venue can be asked about crossings. Finds nothing, so that what it alone would find stays open, late
 * and then lost, until a venue is configured again: nothing is ended or repeated for want of one.
 */
export class NoTransfers extends Transfers {
  override find(): Promise<readonly Payout[]> {
    return Promise.resolve([])
  }
}
