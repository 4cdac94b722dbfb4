import { z } from 'zod'
import type { Token } from '../../domain/assets.js'
import { sameAddress } from '../../domain/assets.js'
import type { Portfolio } from '../../domain/policy/portfolio.js'
import { formatDecimal } from '../../domain/units/decimal.js'
import type { BroadcastRecord, IntentEvent, LedgerEntry } from '../../ports/store.js'
import { timeText } from './figures.js'

/** `<plan>.<index>.<kind>.<ordinal>`, or the name of a housekeeping transaction. */
export const intentId = z
  .string()
  .regex(/^[a-zA-Z0-9.:_-]{1,300}$/, 'expected the id of an intent: letters, digits, dots, colons, dashes')

export const intentParams = z.object({ id: intentId })

export const ledgerQuery = z.strictObject({
  chain: z.string().max(64).optional().describe('A chain of the portfolio.'),
  asset: z.string().max(64).optional().describe('An asset of the portfolio: all tokens of it.'),
  before: z
    .string()
    .regex(/^\d{1,18}$/, 'expected the `next` of the page before')
    .optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
})

/** The life of an intent: each state with the moment it was written, the lease it was written under, and what proved it. */
export function timelineWire(events: readonly IntentEvent[]) {
  return events.map(({ at, state, epoch, evidence }) => ({ at: timeText(at), state, epoch, evidence }))
}

export function broadcastsWire(records: readonly BroadcastRecord[]) {
  return records.map(({ at, hash, endpoint, answer }) => ({ at: timeText(at), hash, endpoint, answer }))
}

/** One posting. `amount` is readable where the token is configured; `units` is exact and signed. */
export function postingWire(portfolio: Portfolio, entry: LedgerEntry) {
  const { cause, chain, token, account, units, book, bookedAt } = entry
  const known = tokenAt(portfolio, chain, token)
  return {
    cause,
    account,
    book,
    chain,
    token,
    symbol: known?.symbol ?? null,
    amount: known ? formatDecimal(units, known.decimals) : null,
    units: units.toString(),
    bookedAt: timeText(bookedAt),
  }
}

export function balanceWire(
  portfolio: Portfolio,
  { chain, token, units }: { chain: string; token: Token['address']; units: bigint },
) {
  const known = tokenAt(portfolio, chain, token)
  return {
    chain,
    token,
    symbol: known?.symbol ?? null,
    amount: known ? formatDecimal(units, known.decimals) : null,
    units: units.toString(),
  }
}

/** Undefined for a token that is not configured. */
export function tokenAt({ assets }: Portfolio, chain: string, address: Token['address']): Token | undefined {
  return assets.flatMap(({ tokens }) => tokens).find((one) => one.chain === chain && sameAddress(one.address, address))
}
