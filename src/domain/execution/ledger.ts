import { type Address, type ChainKey, NATIVE } from '../assets.js'
import type { Intent } from './intent.js'
import { isTransferOpen, payoutKey, type Transfer } from './transfer.js'

/**
 * Where units are booked. `wallet` is our account on the chain; the others say where they came from or went: the
 * contracts we traded with, the network's fee, a bridge under way, the balance found at the start, an inflow of which the
 * cause is unknown, one that a person has classified as the fund's own, and money that is gone and that a person gave up.
 */
export type LedgerAccount =
  | 'wallet'
  | 'trade'
  | 'gas'
  | 'opening'
  | 'unattributed'
  | 'deposit'
  | 'loss'
  | `in_flight:${string}`
  | `bridge:${string}`

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
  /**
   * `provisional` while a reorg may still undo it, `final` afterwards. A provisional entry is never changed: an
   * opposite one takes it back, and the final one stands for itself.
   */
  readonly book: 'provisional' | 'final'
}

/** Moves units of one token from one account to another: two postings that sum to zero. */
export function entry(
  on: Pick<Posting, 'cause' | 'owner' | 'chain' | 'token' | 'book'>,
  from: LedgerAccount,
  to: LedgerAccount,
  units: bigint,
): Posting[] {
  if (units === 0n) return []
  return [
    { ...on, account: from, units: -units },
    { ...on, account: to, units },
  ]
}

/** What was found on the account before the first transaction; of a token of which nothing was found, just that. */
export function openingPostings(
  owner: Address,
  chain: ChainKey,
  holdings: readonly { token: Address; units: bigint }[],
): Posting[] {
  return holdings.flatMap(({ token, units }) => {
    const on = { cause: 'opening', owner, chain, token, book: 'final' } as const
    return [
      { ...on, account: 'opening', units: -units },
      { ...on, account: 'wallet', units },
    ] as const
  })
}

/**
 * Makes an inflow of which the cause was unknown the fund's own. `entries` is how many postings that token has on
 * `unattributed` so far, which makes the cause unique.
 */
export function depositPostings(
  on: Pick<Posting, 'owner' | 'chain' | 'token'>,
  units: bigint,
  entries: number,
): Posting[] {
  return entry({ ...on, cause: `classified.${on.chain}.${entries}`, book: 'final' }, 'deposit', 'unattributed', units)
}

/**
 * What a change of an intent's state books. At `mined` the gas and everything that moved on our account,
 * provisionally; whatever leaves that block, by a reorg or by being final, takes those entries back with opposite ones;
 * a finally consumed nonce is booked for good. The version of the intent makes the causes of provisional entries unique,
 * however often the chain forks.
 */
export function intentPostings(before: Intent, after: Intent, bridge: string | undefined): Posting[] {
  const undone =
    before.state === 'mined' ? movedPostings(before, `${before.id}@${before.version}`, 'provisional', bridge) : []
  return [
    ...undone.map((one): Posting => ({ ...one, cause: `${one.cause}:undone`, units: -one.units })),
    ...(after.state === 'mined' ? movedPostings(after, `${after.id}@${after.version}`, 'provisional', bridge) : []),
    ...(isFinal(after) ? movedPostings(after, after.id, 'final', bridge) : []),
  ]
}

type Included = Extract<Intent, { inclusion: unknown }>

function isFinal(intent: Intent): intent is Included {
  return intent.state === 'final_ok' || intent.state === 'final_reverted' || intent.state === 'final_cancelled'
}

/** A cancel and a reverted transaction move nothing, so that they book their gas alone. */
function movedPostings(
  { account: owner, chain, inclusion }: Included,
  cause: string,
  book: Posting['book'],
  bridge: string | undefined,
): Posting[] {
  const counterpart: LedgerAccount = bridge === undefined ? 'trade' : `in_flight:${bridge}`
  return [
    ...entry({ cause: `${cause}:gas`, owner, chain, token: NATIVE, book }, 'wallet', 'gas', inclusion.gasPaid),
    ...inclusion.movements.flatMap(({ token, units }) =>
      entry({ cause, owner, chain, token, book }, counterpart, 'wallet', units),
    ),
  ]
}

/**
 * What a change of a transfer's state books, for good and at finality only: every arrival that has become final comes from
 * the bridge, and once nothing more is awaited, what was in flight is settled with it. So an ended transfer leaves with
 * the bridge exactly what it kept: `sent = received + refunded + fees + in flight`, in base units of each token.
 */
export function transferPostings(after: Transfer, before?: Transfer): Posting[] {
  const { id, account: owner, bridge, origin, sent, charges } = after
  const booked = new Set(before?.arrivals.filter(({ finalAt }) => finalAt !== undefined).map(payoutKey))
  const arrived = after.arrivals.filter((one) => one.finalAt !== undefined && !booked.has(payoutKey(one)))
  const ends = !isTransferOpen(after) && (before === undefined || isTransferOpen(before))
  const left = !ends ? [] : [{ token: sent.token.address, units: -sent.units }, ...charges]
  return [
    ...left.flatMap(({ token, units }) =>
      entry(
        { cause: `${id}:settled`, owner, chain: origin, token, book: 'final' },
        `in_flight:${bridge}`,
        `bridge:${bridge}`,
        -units,
      ),
    ),
    ...arrived.flatMap(({ chain, hash, log, amount: { token, units } }) =>
      entry(
        { cause: `${id}:arrived:${hash}:${log}`, owner, chain, token: token.address, book: 'final' },
        `bridge:${bridge}`,
        'wallet',
        units,
      ),
    ),
  ]
}
