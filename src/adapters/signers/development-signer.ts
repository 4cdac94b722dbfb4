import { mnemonicToAccount } from 'viem/accounts'
import type { Address, Hex } from '../../domain/assets.js'
import type { UnsignedTransaction } from '../../ports/chain.js'
import { SignerError } from '../../ports/signer.js'
import { LocalKey } from './local-key.js'

/** The phrase every local test chain funds. Its keys are public: good for local chains, and for nothing else. */
const DEVELOPMENT_PHRASE = 'test test test test test test test test test test test junk'

/**
 * Signs with a well-known development key, and only for the chains it is told are local. The image is built without this
 * file, so nothing that starts with the daemon may import it.
 */
export class DevelopmentSigner extends LocalKey {
  constructor(
    index: number,
    private readonly isLocalChain: (chainId: number) => boolean,
  ) {
    super(mnemonicToAccount(DEVELOPMENT_PHRASE, { addressIndex: index }))
  }

  override async signTransaction(account: Address, transaction: UnsignedTransaction): Promise<Hex> {
    if (!this.isLocalChain(transaction.chainId))
      throw new SignerError(
        'refused',
        `The development signer signs on sandbox chains only, asked for chain id ${transaction.chainId}. Configure a keystore or a remote signer.`,
      )
    return super.signTransaction(account, transaction)
  }
}
