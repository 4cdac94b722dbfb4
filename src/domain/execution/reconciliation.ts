import { type Address, type ChainKey, NATIVE, sameAddress, type Token } from '../assets.js'
import type { TokenAmount } from '../units/amount.js'
import type { Cycle } from './cycle.js'
import { hasEnded } from './funding.js'
import { type Intent, isLive } from './intent.js'
import { entry, type Posting } from './ledger.js'
import { isTransferOpen, type Transfer } from './transfer.js'

/** Most that a token may be missing without a reason, in base units: some tokens round each transfer. */
export const DUST_UNITS = 10n

/** How the books of a portfolio stood when they were compared with a chain. */
export interface BooksLook {
  readonly portfolio: string
  readonly chain: ChainKey
  /** When the comparison began, in milliseconds since 1970. */
  readonly at: number
  /** Whether more is booked than is there, and nobody has given it up. */
  readonly isShort: boolean
}

/** Everything written down that tells which transactions of an account are booked. */
export interface Written {
  readonly owner: Address
  readonly chain: ChainKey
  /** Units in the wallet by the final book. */
  readonly booked: readonly { readonly token: Address; readonly units: bigint }[]
  readonly openCycles: readonly Cycle[]
  /** Live ones that no cycle asked for. */
  readonly looseIntents: readonly Intent[]
  readonly openTransfers: readonly Transfer[]
  /** The next nonce to be given out. */
  readonly nextNonce: number
}

/**
 * Whether the final book holds every transaction of ours up to the finalised block: nothing from the lowest live nonce on
 * may be final on the chain (`finalizedNonce`, read after the balances). Otherwise a booking is about to follow, and what
 * the balances differ by is no difference.
 */
export function isBookedUpTo(written: Written, finalizedNonce: number): boolean {
  const { owner, chain, openCycles, looseIntents, nextNonce } = written
  const live = [...openCycles.flatMap(({ intents }) => intents), ...looseIntents].filter(
    (one) => one.chain === chain && sameAddress(one.account, owner) && isLive(one),
  )
  return finalizedNonce <= Math.min(nextNonce, ...live.map(({ nonce }) => nonce))
}

export interface Difference {
  readonly token: Token
  readonly ledger: bigint
  readonly onChain: bigint
}

/**
 * Where balances at the finalised block are not what the final book says. What came in while money crosses to or from the
 * chain is left to the crossing: it may be its payout. Tokens that the ledger has not met are nobody's.
 */
export function differencesOf(written: Written, holdings: readonly TokenAmount[]): readonly Difference[] {
  const { booked } = written
  const isAwaited = isCrossing(written)
  return booked.flatMap(({ token: address, units: ledger }): Difference[] => {
    const held = holdings.find((amount) => sameAddress(amount.token.address, address))
    if (!held || held.units === ledger || (held.units > ledger && isAwaited)) return []
    return [{ token: held.token, ledger, onChain: held.units }]
  })
}

/** A payout may come before the transfer is written down, which waits for the origin to be final. */
function isCrossing({ chain, openCycles, openTransfers }: Written): boolean {
  const touches = (origin: ChainKey, destination: ChainKey) => origin === chain || destination === chain
  return (
    openTransfers.some((one) => isTransferOpen(one) && touches(one.origin, one.destination)) ||
    openCycles
      .flatMap(({ legs }) => legs)
      .some((run) => {
        const { kind, sell, expectedOut } = run.leg
        const isUnderWay = kind === 'bridge' && run.state !== 'waiting' && !hasEnded(run)
        return isUnderWay && touches(sell.token.chain, expectedOut.token.chain)
      })
  )
}

/** A balance below the ledger by more than dust: somebody else moved it (B-03). */
export function isMissing({ ledger, onChain }: Difference): boolean {
  return ledger - onChain > DUST_UNITS
}

/** What brings the ledger to the balance: an inflow of which the cause is unknown, or dust that is gone. */
export function unattributedPostings(owner: Address, { token, ledger, onChain }: Difference, block: bigint): Posting[] {
  const cause = `found.${token.chain}.${block}`
  const of = { cause, owner, chain: token.chain, token: token.address, book: 'final' } as const
  return onChain > ledger
    ? entry(of, 'unattributed', 'wallet', onChain - ledger)
    : entry(of, 'wallet', 'unattributed', ledger - onChain)
}

/** Takes a difference that a person gave up into the books. `breaker` is the id of the B-03 that he cleared: one loss each. */
export function lossPostings(owner: Address, { token, ledger, onChain }: Difference, breaker: number): Posting[] {
  const on = { cause: `loss.${breaker}`, owner, chain: token.chain, token: token.address, book: 'final' } as const
  return entry(on, 'wallet', 'loss', ledger - onChain)
}

/** As people call it. */
export function nameOf({ address, symbol }: Token): string {
  return address === NATIVE ? 'native' : symbol
}
