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

/** Approvals have the bytes of real ones, which are checked before they are signed. */
export function encodeAction(action: FakeAction): Hex {
  if (action.do !== 'approve') return encode(action)
  return `${APPROVE}${action.spender.slice(2).padStart(64, '0')}${action.units.toString(16).padStart(64, '0')}`
}

export function decodeAction(data: Hex): FakeAction {
  if (!data.startsWith(APPROVE)) return decode(data) as FakeAction
  return { do: 'approve', spender: `0x${data.slice(34, 74)}`, units: BigInt(`0x${data.slice(74)}`) }
}

const APPROVE = '0x095ea7b3'

/** Who gets an allowance by this calldata. */
export function spenderOf(data: Hex): Address | undefined {
  const action = data.startsWith(APPROVE) ? decodeAction(data) : undefined
  return action?.do === 'approve' ? action.spender : undefined
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
