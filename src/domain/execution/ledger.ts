import { type Address, type ChainKey, NATIVE } from '../assets.js'
import type { Intent } from './intent.js'
import type { Transfer } from './transfer.js'

/**
 * Where units are booked. `wallet` is our account on the chain; the others say where they came from or went: the
 * contracts we traded with, the network's fee, a bridge under way, the balance found at the start.
 */
export type LedgerAccount = 'wallet' | 'trade' | 'gas' | 'opening' | `in_flight:${string}` | `bridge:${string}`

/** One side of an entry: units of one token on one chain, signed. */
export interface Posting {
  /** What caused it; together with chain, token and account it is unique, so that nothing is booked twice. */
  readonly cause: string
  /** Whose account the wallet is. */
  readonly owner: Address
  readonly chain: ChainKey
  readonly token: Address
  readonly account: LedgerAccount
  readonly units: bigint
}

/** Moves units of one token from one account to another: two postings that sum to zero. */
function entry(
  cause: string,
  owner: Address,
  chain: ChainKey,
  token: Address,
  from: LedgerAccount,
  to: LedgerAccount,
  units: bigint,
): Posting[] {
  if (units === 0n) return []
  return [
    { cause, owner, chain, token, account: from, units: -units },
    { cause, owner, chain, token, account: to, units },
  ]
}

/** What was found on the account before the first transaction; of a token of which nothing was found, just that. */
export function openingPostings(
  owner: Address,
  chain: ChainKey,
  holdings: readonly { token: Address; units: bigint }[],
): Posting[] {
  return holdings.flatMap(({ token, units }) => [
    { cause: 'opening', owner, chain, token, account: 'opening', units: -units },
    { cause: 'opening', owner, chain, token, account: 'wallet', units },
  ])
}

/** A finally consumed nonce: its gas and everything that moved on our account. Nothing for an intent that is not final. */
export function intentPostings(intent: Intent, bridge: string | undefined): Posting[] {
  if (intent.state !== 'final_ok' && intent.state !== 'final_reverted') return []
  const counterpart: LedgerAccount = bridge === undefined ? 'trade' : `in_flight:${bridge}`
  return [
    ...entry(`${intent.id}:gas`, intent.account, intent.chain, NATIVE, 'wallet', 'gas', intent.inclusion.gasPaid),
    ...intent.inclusion.movements.flatMap(({ token, units }) =>
      entry(intent.id, intent.account, intent.chain, token, counterpart, 'wallet', units),
    ),
  ]
}

/** A finally arrived transfer: what was in flight is settled with the bridge, what arrived comes from it. */
export function transferPostings(transfer: Transfer): Posting[] {
  const { arrival, sent } = transfer
  if (!arrival || transfer.state === 'in_flight' || transfer.state === 'late' || transfer.state === 'seen') return []
  return [
    ...entry(
      `${transfer.id}:settled`,
      transfer.account,
      transfer.origin,
      sent.token.address,
      `in_flight:${transfer.bridge}`,
      `bridge:${transfer.bridge}`,
      sent.units,
    ),
    ...entry(
      `${transfer.id}:arrived`,
      transfer.account,
      arrival.chain,
      arrival.amount.token.address,
      `bridge:${transfer.bridge}`,
      'wallet',
      arrival.amount.units,
    ),
  ]
}
