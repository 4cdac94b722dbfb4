import { createHash } from 'node:crypto'
import type { Address, Hex } from '../../src/domain/assets.js'
import type { UnsignedTransaction } from '../../src/ports/chain.js'

/** What the contracts of a fake chain can be told to do, in place of real calldata. */
export type FakeAction =
  | { readonly do: 'approve'; readonly spender: Address; readonly units: bigint }
  | {
      readonly do: 'trade' | 'send'
      readonly sell: Address
      readonly units: bigint
      /** Received on this chain by a trade, promised on the other chain by a send. */
      readonly buy: Address
      readonly out: bigint
      readonly spender: Address | undefined
      readonly destination: string
    }

export type SignedTransaction = UnsignedTransaction & { readonly from: Address }

export function encodeAction(action: FakeAction): Hex {
  return encode(action)
}

export function decodeAction(data: Hex): FakeAction {
  return decode(data) as FakeAction
}

export function encodeTransaction(transaction: SignedTransaction): Hex {
  return encode(transaction)
}

export function decodeTransaction(raw: Hex): SignedTransaction {
  return decode(raw) as SignedTransaction
}

export function digestOf(text: string): Hex {
  return `0x${createHash('sha256').update(text).digest('hex')}`
}

/** All that two transactions of one nonce must have in common: everything but the fees. */
export function payloadOf(raw: Hex): string {
  const { from, to, data, value, gasLimit } = decodeTransaction(raw)
  return [from, to, data, value, gasLimit].join(' ')
}

function encode(value: object): Hex {
  const text = JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one))
  return `0x${Buffer.from(text).toString('hex')}`
}

function decode(hex: Hex): unknown {
  return JSON.parse(Buffer.from(hex.slice(2), 'hex').toString(), (_key, one: unknown) =>
    typeof one === 'string' && /^\d+n$/.test(one) ? BigInt(one.slice(0, -1)) : one,
  )
}
