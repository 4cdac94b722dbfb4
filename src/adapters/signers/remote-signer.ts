import { getAddress, isAddress, isHex, numberToHex } from 'viem'
import { type Address, type Hex, sameAddress } from '../../domain/assets.js'
import type { UnsignedTransaction } from '../../ports/chain.js'
import { SignerError } from '../../ports/signer.js'
import { askIfKnown, askSigner } from './json-rpc.js'
import { KeyHolder } from './key-holder.js'

export interface RemoteSignerOptions {
  /** Where to ask for signatures on each chain. */
  readonly urls: ReadonlyMap<number, string>
  /** The account it is expected to hold; every account it tells of when absent. */
  readonly address: Address | undefined
  readonly timeoutMs: number
}

/** The remote signer cannot be used as it is configured. One message for a person. */
export class RemoteSignerError extends Error {
  override readonly name = 'RemoteSignerError'
}

/**
 * Asks another process for signatures, with `eth_signTransaction` of the JSON-RPC interface as Web3Signer and nodes
 * serve it. Asks once: whether to ask again is for whoever asked, after the journal allowed it again.
 */
export class RemoteSigner extends KeyHolder {
  private constructor(
    private readonly options: RemoteSignerOptions,
    private readonly held: readonly Address[],
  ) {
    super()
  }

  /**
   * Compares accounts and chain ids, where the signer tells them, with what is configured. Rejects with
   * RemoteSignerError when they differ, with SignerError when it does not answer.
   */
  static async connect(options: RemoteSignerOptions): Promise<RemoteSigner> {
    let held: readonly Address[] | undefined
    for (const [chainId, url] of options.urls) {
      const signer = { url, timeoutMs: options.timeoutMs }
      const isShared = [...options.urls.values()].filter((one) => one === url).length > 1
      const served = await askIfKnown(signer, 'eth_chainId')
      // One that serves several chains has no chain id of its own to tell.
      if (!isShared && served !== undefined && Number(served) !== chainId)
        throw new RemoteSignerError(
          `Expected a remote signer of chain id ${chainId}, got one of ${JSON.stringify(served)}.`,
        )
      const told = accountsIn(await askIfKnown(signer, 'eth_accounts'))
      const here = toldOrConfigured(told, options.address, chainId)
      held = held === undefined ? here : held.filter((one) => here.some((other) => sameAddress(one, other)))
    }
    return new RemoteSigner(options, held ?? [])
  }

  override accounts(): readonly Address[] {
    return this.held
  }

  override async signTransaction(account: Address, transaction: UnsignedTransaction): Promise<Hex> {
    const { urls, timeoutMs } = this.options
    const url = urls.get(transaction.chainId)
    if (url === undefined)
      throw new SignerError('refused', `No remote signer is configured for chain id ${transaction.chainId}.`)
    const answer = await askSigner({ url, timeoutMs }, 'eth_signTransaction', [wire(account, transaction)])
    // Nodes wrap the bytes, signers answer with the bytes themselves.
    const raw = typeof answer === 'object' && answer !== null && 'raw' in answer ? answer.raw : answer
    if (!isHex(raw)) throw new SignerError('unavailable', 'The remote signer answered with something else than bytes.')
    return raw
  }
}

function wire(from: Address, transaction: UnsignedTransaction): Record<string, string> {
  const { to, data, value, nonce, chainId, gasLimit, maxFeePerGas, maxPriorityFeePerGas } = transaction
  return {
    from,
    to,
    data,
    value: numberToHex(value),
    nonce: numberToHex(nonce),
    chainId: numberToHex(chainId),
    gas: numberToHex(gasLimit),
    maxFeePerGas: numberToHex(maxFeePerGas),
    maxPriorityFeePerGas: numberToHex(maxPriorityFeePerGas),
    type: '0x2',
  }
}

function accountsIn(answer: unknown): readonly Address[] | undefined {
  if (answer === undefined) return undefined
  if (!Array.isArray(answer) || !answer.every((one): one is Address => isAddress(one as string, { strict: false })))
    throw new RemoteSignerError(
      'Expected a list of addresses from eth_accounts of the remote signer, got another answer.',
    )
  return answer.map((one) => getAddress(one))
}

function toldOrConfigured(
  told: readonly Address[] | undefined,
  address: Address | undefined,
  chainId: number,
): readonly Address[] {
  if (address === undefined) {
    if (told === undefined)
      throw new RemoteSignerError('The remote signer does not tell its accounts. Expected one under signer.address.')
    return told
  }
  if (told !== undefined && !told.some((one) => sameAddress(one, address)))
    throw new RemoteSignerError(
      `Expected a remote signer that holds ${address} for chain id ${chainId}, got one that holds ${told.join(', ') || 'nothing'}.`,
    )
  return [address]
}
