import { keccak256, parseTransaction, recoverTransactionAddress, serializeTransaction } from 'viem'
import { type Address, type Hex, sameAddress } from '../../domain/assets.js'
import { InvariantError } from '../../domain/errors.js'
import type { UnsignedTransaction } from '../../ports/chain.js'

/** Half of the order of secp256k1: of the two signatures of one message, the one with the lower s is the canonical one. */
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n

/**
 * The only kind of transaction there is (S-03): EIP-1559, without access list, and whatever else hangs on the request
 * left out, so that no type-4 authorisation gets to a key.
 */
export function wireTransaction({ chainId, nonce, to, data, value, gasLimit, ...fees }: UnsignedTransaction) {
  const { maxFeePerGas, maxPriorityFeePerGas } = fees
  return {
    type: 'eip1559',
    chainId,
    nonce,
    to,
    data,
    value,
    gas: gasLimit,
    maxFeePerGas,
    maxPriorityFeePerGas,
  } as const
}

/**
 * keccak256 over what a replacement keeps and a second payload changes. Throws for a request that cannot be written as a
 * transaction.
 */
export function payloadDigest(transaction: UnsignedTransaction): Hex {
  serializeTransaction(wireTransaction(transaction))
  const { chainId, nonce, to, data, value } = transaction
  return keccak256(serializeTransaction({ type: 'eip1559', chainId, nonce, to, data, value }))
}

/**
 * Proves that bytes are what was asked for, signed by whom it was asked of: they are taken apart, written anew from
 * the request with the signature found, and must be the same to the last byte; the signer is recovered, and s is low.
 * Throws InvariantError: a key holder that signs something else is broken or not ours.
 */
export async function assertSigned(raw: Hex, account: Address, asked: UnsignedTransaction): Promise<void> {
  const place = `The bytes signed for nonce ${asked.nonce} of ${account} on chain id ${asked.chainId}`
  const signature = signatureOf(raw)
  const expected = signature && serializeTransaction(wireTransaction(asked), signature)
  if (!signature || raw.toLowerCase() !== expected)
    throw new InvariantError(`${place} are not the transaction asked for. They go nowhere; check the signer.`)
  if (BigInt(signature.s) > HALF_ORDER)
    throw new InvariantError(`${place} carry a signature with a high s. They go nowhere; check the signer.`)
  const signer = await recoverTransactionAddress({ serializedTransaction: expected as `0x02${string}` }).catch(
    () => 'nobody',
  )
  if (signer === 'nobody' || !sameAddress(signer as Address, account))
    throw new InvariantError(`${place} are signed by ${signer}. They go nowhere; check which key the signer uses.`)
}

function signatureOf(raw: Hex): { r: Hex; s: Hex; yParity: number } | undefined {
  try {
    const { r, s, yParity } = parseTransaction(raw)
    return r && s && yParity !== undefined ? { r, s, yParity } : undefined
  } catch {
    return undefined
  }
}
