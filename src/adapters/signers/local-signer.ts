import { keccak256, parseTransaction, recoverTransactionAddress } from 'viem'
import { type HDAccount, mnemonicToAccount } from 'viem/accounts'
import { type Address, type Hex, sameAddress } from '../../domain/assets.js'
import { InvariantError } from '../../domain/errors.js'
import { Signer } from '../../ports/signer.js'
import type { UnsignedTransaction } from '../../ports/chain.js'

/** The phrase every local test chain funds. Its keys are public: good for local chains, and for nothing else. */
const DEVELOPMENT_PHRASE = 'test test test test test test test test test test test junk'

/** Signs with a well-known development key, and only for the chains it is told are local. */
export class LocalSigner extends Signer {
  private readonly account: HDAccount

  constructor(
    index: number,
    private readonly isLocalChain: (chainId: number) => boolean,
  ) {
    super()
    this.account = mnemonicToAccount(DEVELOPMENT_PHRASE, { addressIndex: index })
  }

  override accounts(): readonly Address[] {
    return [this.account.address]
  }

  override async sign(account: Address, transaction: UnsignedTransaction): Promise<{ raw: Hex; hash: Hex }> {
    if (!sameAddress(account, this.account.address))
      throw new InvariantError(`The signer holds the key of ${this.account.address}, asked for ${account}.`)
    if (!this.isLocalChain(transaction.chainId))
      throw new InvariantError(`The development signer does not sign for chain id ${transaction.chainId}.`)
    const { gasLimit: gas, ...fields } = transaction
    const raw = await this.account.signTransaction({ ...fields, gas, type: 'eip1559' })
    await assertSigned(raw, account, transaction)
    return { raw, hash: keccak256(raw) }
  }
}

/** Recovers the signer from the bytes and parses them back: what is broadcast is what was asked for. */
async function assertSigned(raw: Hex, account: Address, asked: UnsignedTransaction): Promise<void> {
  const parsed = parseTransaction(raw)
  const signer = await recoverTransactionAddress({ serializedTransaction: raw as `0x02${string}` })
  const isSame =
    sameAddress(signer, account) &&
    parsed.chainId === asked.chainId &&
    (parsed.nonce ?? 0) === asked.nonce &&
    parsed.to != null &&
    sameAddress(parsed.to, asked.to) &&
    (parsed.data ?? '0x') === asked.data &&
    (parsed.value ?? 0n) === asked.value &&
    parsed.gas === asked.gasLimit &&
    parsed.maxFeePerGas === asked.maxFeePerGas &&
    (parsed.maxPriorityFeePerGas ?? 0n) === asked.maxPriorityFeePerGas
  if (!isSame) throw new InvariantError(`The signed bytes for nonce ${asked.nonce} differ from what was asked for.`)
}
