import { type Address, type AssetKey, type ChainKey, type Hex, tokenId } from '../assets.js'
import { InvariantError } from '../errors.js'
import type { BlockRef, InTransit } from '../portfolio/snapshot.js'
import { amountOf, type TokenAmount } from '../units/amount.js'
import { mulDiv } from '../units/ratio.js'
import type { Usd } from '../units/usd.js'
import type { Movement } from './intent.js'

export const TRANSFER_STATES = [
  'in_flight',
  'late',
  'lost_suspected',
  'seen',
  'full',
  'short',
  'other_token',
  'refunded',
] as const
export type TransferState = (typeof TRANSFER_STATES)[number]

/**
 * The only ways a transfer moves. Evidence wins over lateness at any age; arrivals that a reorg undid leave it in flight.
 * Nothing but arrivals ends a transfer: one that is lost stays open until a chain shows where it went.
 */
const EDGES: Readonly<Record<TransferState, readonly TransferState[]>> = {
  in_flight: ['late', 'seen'],
  late: ['lost_suspected', 'seen'],
  lost_suspected: ['seen'],
  seen: ['in_flight', 'full', 'short', 'other_token', 'refunded'],
  full: [],
  short: [],
  other_token: [],
  refunded: [],
}

/** States in which somebody still owes us money or its arrival is not final. */
export const OPEN_TRANSFER_STATES = TRANSFER_STATES.filter((state) => EDGES[state].length > 0)

/** Units of ours that a transaction on some chain paid out to our account, read from that chain: one Transfer event. */
export interface Payout {
  readonly chain: ChainKey
  readonly hash: Hex
  /** Place of the event among the events of its block, so that one transaction may pay for several transfers. */
  readonly log: number
  readonly block: BlockRef
  readonly amount: TokenAmount
  /** The bridge gave the money back instead of delivering it. */
  readonly isRefund: boolean
}

export interface Arrival extends Payout {
  /** When its block was first seen to be final, in milliseconds since 1970. It is in the ledger from then on. */
  readonly finalAt: number | undefined
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
  /** What else the sending transaction moved on our account, such as a fee in coin. */
  readonly charges: readonly Movement[]
  /** What should arrive, and the least that may. */
  readonly expected: TokenAmount
  readonly minimum: TokenAmount
  /** Worth of what was sent, in USD at decision prices. */
  readonly value: Usd
  /** Milliseconds since 1970. */
  readonly sentAt: number
  /** Within this time nearly all crossings of the bridge are over. */
  readonly expectedSeconds: number
  /** After this time a person has to look for it. */
  readonly lostAfterSeconds: number
  /** After a final arrival that is not all of it, more is awaited for this long. */
  readonly quietSeconds: number
  readonly state: TransferState
  /** By chain and place; several where a bridge pays in parts or returns the rest. */
  readonly arrivals: readonly Arrival[]
}

export function isTransferOpen(transfer: Transfer): boolean {
  return OPEN_TRANSFER_STATES.includes(transfer.state)
}

/** Open without evidence for longer than it may take: doubtful as money, and no reason for its cycle to wait. */
export function isOverdue({ state }: Pick<Transfer, 'state'>): boolean {
  return state === 'late' || state === 'lost_suspected'
}

/**
 * Until when nearly all crossings are over, and after which times one without evidence is late, by three times as much and
 * a minute of grace, and taken for lost. Milliseconds since 1970.
 */
export function dueTimesOf({
  sentAt,
  expectedSeconds,
  lostAfterSeconds,
}: Pick<Transfer, 'sentAt' | 'expectedSeconds' | 'lostAfterSeconds'>) {
  return {
    expected: sentAt + expectedSeconds * 1_000,
    late: sentAt + expectedSeconds * 3_000 + 60_000,
    lost: sentAt + lostAfterSeconds * 1_000,
  }
}

export interface TransferSight {
  /** Everything that the chains show now. `isFinal`: the payout's block cannot be undone by its chain's rule. */
  readonly payouts: readonly (Payout & { readonly isFinal: boolean })[]
  /** Milliseconds since 1970. */
  readonly now: number
}

/** What the chains showed the last time, for a look at the clock alone when a chain could not be asked. */
export function sameSight(transfer: Transfer, now: number): TransferSight {
  return { payouts: transfer.arrivals.map((one) => ({ ...one, isFinal: one.finalAt !== undefined })), now }
}

/** Where the evidence moves a transfer; the same transfer when it moves nothing. */
export function judgeTransfer(transfer: Transfer, { payouts, now }: TransferSight): Transfer {
  if (!isTransferOpen(transfer)) return transfer
  const arrivals = mergeArrivals(transfer.arrivals, payouts, now)
  const move = (state: TransferState): Transfer => {
    if (!EDGES[transfer.state].includes(state))
      throw new InvariantError(`A transfer cannot go from ${transfer.state} to ${state}.`)
    return { ...transfer, state, arrivals }
  }
  if (arrivals.length === 0) {
    const { late, lost } = dueTimesOf(transfer)
    if (transfer.state === 'seen') return move('in_flight')
    if (transfer.state === 'in_flight') return now > late ? move('late') : transfer
    return transfer.state === 'late' && now > lost ? move('lost_suspected') : transfer
  }
  if (transfer.state !== 'seen') return move('seen')
  const current: Transfer = { ...transfer, arrivals }
  if (isComplete(current, now)) return move(outcomeOf(current))
  return isSame(arrivals, transfer.arrivals) ? transfer : current
}

/** One key per payout, the same whenever it is found again. */
export function payoutKey({ chain, hash, log }: Pick<Payout, 'chain' | 'hash' | 'log'>): string {
  return `${chain} ${hash.toLowerCase()} ${log}`
}

/** What is final stays, whatever a node has forgotten; everything else is as the chains show it now. */
function mergeArrivals(known: readonly Arrival[], payouts: TransferSight['payouts'], now: number): Arrival[] {
  const merged = new Map(known.filter(({ finalAt }) => finalAt !== undefined).map((one) => [payoutKey(one), one]))
  for (const { isFinal, ...payout } of payouts) {
    const key = payoutKey(payout)
    if (!merged.has(key)) merged.set(key, { ...payout, finalAt: isFinal ? now : undefined })
  }
  return [...merged.values()].toSorted((a, b) =>
    a.chain !== b.chain
      ? Number(a.chain > b.chain) * 2 - 1
      : Number(a.block.number - b.block.number) || a.log - b.log || (a.hash < b.hash ? -1 : 1),
  )
}

function isSame(some: readonly Arrival[], others: readonly Arrival[]): boolean {
  return (
    some.length === others.length &&
    some.every((one, index) => {
      const other = others[index]!
      return payoutKey(one) === payoutKey(other) && one.block.hash === other.block.hash && one.finalAt === other.finalAt
    })
  )
}

/**
 * Whether nothing more is to be awaited: every arrival is final, and together they make up for what was sent, less what
 * was tolerated as loss, or nothing else has come for the quiet period.
 */
function isComplete(transfer: Transfer, now: number): boolean {
  const finalAt = transfer.arrivals.map((one) => one.finalAt)
  if (finalAt.includes(undefined)) return false
  const latest = Math.max(...finalAt.filter((one) => one !== undefined))
  return isAccountedFor(transfer, transfer.arrivals) || now - latest >= transfer.quietSeconds * 1_000
}

/** Shares of the whole that came as expected and that came back, added without rounding and held against the minimum. */
function isAccountedFor({ expected, minimum, sent }: Transfer, arrivals: readonly Payout[]): boolean {
  const came = unitsIn(arrivals, expected)
  const back = unitsIn(arrivals, sent)
  return came * sent.units + back * expected.units >= minimum.units * sent.units
}

function unitsIn(payouts: readonly Payout[], { token }: Pick<TokenAmount, 'token'>): bigint {
  return payouts
    .filter(({ amount }) => tokenId(amount.token) === tokenId(token))
    .reduce((sum, { amount }) => sum + amount.units, 0n)
}

function outcomeOf({ arrivals, expected, minimum }: Transfer): TransferState {
  const delivered = arrivals.filter(({ isRefund }) => !isRefund)
  if (unitsIn(delivered, expected) >= minimum.units) return 'full'
  if (delivered.length < arrivals.length) return 'refunded'
  return delivered.every(({ amount }) => tokenId(amount.token) === tokenId(expected.token)) ? 'short' : 'other_token'
}

/**
 * What came of a transfer, in one token: all units of the expected one where any arrived, else all units of the token
 * of the first arrival. Undefined while nothing has.
 */
export function receivedOf({ arrivals, expected }: Transfer): TokenAmount | undefined {
  const first = arrivals.find(({ amount }) => tokenId(amount.token) === tokenId(expected.token)) ?? arrivals[0]
  return first && amountOf(first.amount.token, unitsIn(arrivals, first.amount))
}

/**
 * What an open transfer adds to the portfolio beyond the balances, which hold the arrivals that `isHeld` says: all that
 * should arrive, or the rest of it. What is overdue is doubtful, and so is a rest after a first arrival.
 */
export function inTransitOf(transfer: Transfer, isHeld: (arrival: Arrival) => boolean): InTransit[] {
  const { id, origin, expected, sent, arrivals } = transfer
  const held = arrivals.filter(isHeld)
  if (held.length > 0 && isAccountedFor(transfer, held)) return []
  const back = mulDiv(unitsIn(held, sent), expected.units, sent.units, 'up')
  const rest = expected.units - unitsIn(held, expected) - back
  if (rest <= 0n) return []
  return [
    { transferId: id, origin, amount: amountOf(expected.token, rest), isLate: isOverdue(transfer) || held.length > 0 },
  ]
}

/** Until when something of an asset is expected to be under way, by asset, in milliseconds since 1970. */
export function settlesAtOf(transfers: readonly Transfer[]): ReadonlyMap<AssetKey, number> {
  const latest = new Map<AssetKey, number>()
  for (const { expected, sentAt, expectedSeconds } of transfers) {
    const at = sentAt + expectedSeconds * 1000
    latest.set(expected.token.asset, Math.max(at, latest.get(expected.token.asset) ?? at))
  }
  return latest
}
