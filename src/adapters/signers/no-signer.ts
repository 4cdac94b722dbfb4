import type { Address, Hex } from '../../domain/assets.js'
import { InvariantError } from '../../domain/errors.js'
import { Signer } from '../../ports/signer.js'

/** Stands where no signer is configured. Every portfolio is dry-run then, so nothing ever asks it. */
export class NoSigner extends Signer {
  override accounts(): readonly Address[] {
    return []
  }

  override sign(account: Address): Promise<{ raw: Hex; hash: Hex }> {
    return Promise.reject(new InvariantError(`No signer is configured, yet a signature of ${account} was asked for.`))
  }
}
