import { getAddress, isAddress, zeroAddress, type Address } from 'viem'
import type { SandboxChain } from '../chains.js'
import { findChain } from './find-chain.js'
import { findToken, type ListedToken } from './listed-token.js'
import { ZeroexError } from './zeroex-error.js'

/** How 0x writes the native coin. */
export const zeroexNative: Address = '0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE'

/** What a client of 0x asks for. A token that is not listed has no liquidity, which is not an error. */
export interface ZeroexWish {
  chain: SandboxChain
  sellAddress: Address
  buyAddress: Address
  sellToken: ListedToken | undefined
  buyToken: ListedToken | undefined
  sellAmount: bigint
  taker?: Address
  recipient?: Address
  /** Parts per million. */
  slippagePpm: bigint
  excludedSources: string[]
}

const defaultSlippageBps = 100

/** `input` is the query of a REST call or the input of a tRPC call. A firm quote needs a taker. */
export function wishOf(chains: SandboxChain[], input: Record<string, unknown>, kind: 'price' | 'quote'): ZeroexWish {
  const faults: { field: string; reason: string }[] = []
  const refuse = (field: string, reason: string): undefined => {
    faults.push({ field, reason })
  }
  const text = (field: string): string | undefined => {
    const value = input[field]
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
  }
  const address = (field: string, isRequired: boolean): Address | undefined => {
    const value = text(field)
    if (value === undefined) return isRequired ? refuse(field, 'Required') : undefined
    if (!isAddress(value, { strict: false })) return refuse(field, 'Invalid ethereum address')
    return getAddress(value)
  }

  const chain = findChain(chains, text('chainId') ?? '') ?? refuse('chainId', 'Invalid chainId')
  const sellAddress = address('sellToken', true)
  const buyAddress = address('buyToken', true)
  const taker = address('taker', kind === 'quote')
  const recipient = address('recipient', false)
  if (taker && BigInt(taker) <= 0xffffn) refuse('taker', 'Invalid taker address')
  if (sellAddress && sellAddress === buyAddress) refuse('buyToken', 'sellToken and buyToken must differ')
  if (text('buyAmount') !== undefined && text('sellAmount') !== undefined) {
    refuse('buyAmount', 'buyAmount and sellAmount are mutually exclusive')
  }
  const sellAmount = text('sellAmount')
  if (text('buyAmount') === undefined && !/^[1-9]\d*$/.test(sellAmount ?? '')) {
    refuse('sellAmount', sellAmount === undefined ? 'Required' : 'Invalid amount')
  }
  const slippagePpm = Number(text('slippagePpm') ?? Number(text('slippageBps') ?? defaultSlippageBps) * 100)
  if (!Number.isInteger(slippagePpm) || slippagePpm < 0 || slippagePpm > 1_000_000) {
    refuse('slippageBps', 'Must be an integer between 0 and 10000')
  }
  if (faults.length > 0 || !chain || !sellAddress || !buyAddress) throw ZeroexError.inputInvalid(faults)
  if (sellAmount === undefined) {
    throw new ZeroexError(400, 'SWAP_VALIDATION_FAILED', 'Exact-buy quotes are not available on this chain')
  }
  const listed = (token: Address) => findToken(chain, token === zeroexNative ? zeroAddress : token)
  return {
    chain,
    sellAddress,
    buyAddress,
    sellToken: listed(sellAddress),
    buyToken: listed(buyAddress),
    sellAmount: BigInt(sellAmount),
    ...(taker && { taker }),
    ...(recipient && { recipient }),
    slippagePpm: BigInt(slippagePpm),
    excludedSources: (text('excludedSources') ?? '').split(',').filter((source) => source !== ''),
  }
}
