import { type Address, type ChainKey, type Hex, tokenId } from '../assets.js'
import { InvariantError } from '../errors.js'
import type { BlockRef, InTransit } from '../portfolio/snapshot.js'
import type { TokenAmount } from '../units/amount.js'
import type { Usd } from '../units/usd.js'

export const TRANSFER_STATES = ['in_flight', 'late', 'seen', 'full', 'short', 'other_token', 'refunded'] as const
export type TransferState = (typeof TRANSFER_STATES)[number]

/** Evidence always wins over lateness; an arrival that a reorg undid is in flight again. */
const EDGES: Readonly<Record<TransferState, readonly TransferState[]>> = {
  in_flight: ['late', 'seen'],
  late: ['seen'],
  seen: ['in_flight', 'full', 'short', 'other_token', 'refunded'],
  full: [],
  short: [],
  other_token: [],
  refunded: [],
}

/** Funds of ours that a transaction on some chain paid out to our account, read from that chain. */
export interface Arrival {
  readonly chain: ChainKey
  readonly hash: Hex
  readonly block: BlockRef
  readonly amount: TokenAmount
}

/** One bridge crossing. Outcomes come only from chain evidence; a status answer is a hint where to look. */
export interface Transfer {
  /** The leg's id: one leg makes at most one transfer. */
  readonly id: string
  readonly cycleId: string
  readonly account: Address
  readonly bridge: string
  readonly venue: string
  readonly origin: ChainKey
  readonly originHash: Hex
  readonly destination: ChainKey
  readonly sent: TokenAmount
  /** What should arrive, and the least that may. */
  readonly expected: TokenAmount
  readonly minimum: TokenAmount
  /** Worth of what was sent, in USD at decision prices. */
  readonly value: Usd
  /** Milliseconds since 1970. */
  readonly sentAt: number
  readonly expectedSeconds: number
  readonly state: TransferState
  readonly arrival: Arrival | undefined
}

export function isTransferOpen(transfer: Transfer): boolean {
  return transfer.state === 'in_flight' || transfer.state === 'late' || transfer.state === 'seen'
}

export interface TransferSight {
  readonly arrival: Arrival | undefined
  /** Whether the block of the arrival is final by its chain's rule. */
  readonly isFinal: boolean
  /** Milliseconds since 1970. */
  readonly now: number
}

/** A transfer is late after three times its expected duration and a minute of grace. */
function isLate(transfer: Transfer, now: number): boolean {
  return now - transfer.sentAt > transfer.expectedSeconds * 3_000 + 60_000
}

/** Where the evidence moves a transfer; the same transfer when it moves nothing. */
export function judgeTransfer(transfer: Transfer, sight: TransferSight): Transfer {
  const move = (state: TransferState, arrival: Arrival | undefined): Transfer => {
    if (!EDGES[transfer.state].includes(state))
      throw new InvariantError(`A transfer cannot go from ${transfer.state} to ${state}.`)
    return { ...transfer, state, arrival }
  }
  switch (transfer.state) {
    case 'in_flight':
      if (sight.arrival) return move('seen', sight.arrival)
      return isLate(transfer, sight.now) ? move('late', undefined) : transfer
    case 'late':
      return sight.arrival ? move('seen', sight.arrival) : transfer
    case 'seen':
      if (!sight.arrival) return move('in_flight', undefined)
      return sight.isFinal
        ? move(outcomeOf(transfer, sight.arrival), sight.arrival)
        : { ...transfer, arrival: sight.arrival }
    case 'full':
    case 'short':
    case 'other_token':
    case 'refunded':
      return transfer
  }
}

function outcomeOf(transfer: Transfer, { amount, chain }: Arrival): TransferState {
  if (tokenId(amount.token) === tokenId(transfer.expected.token))
    return amount.units >= transfer.minimum.units ? 'full' : 'short'
  return chain === transfer.origin ? 'refunded' : 'other_token'
}

/** An open transfer as part of the portfolio, counted as what should arrive. */
export function inTransitOf(transfer: Transfer): InTransit {
  return {
    transferId: transfer.id,
    origin: transfer.origin,
    amount: transfer.expected,
    isLate: transfer.state === 'late',
  }
}
