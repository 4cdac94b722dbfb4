import { type BookPosition, followed, type PositionsReading, pricesIn } from '../../domain/book/positions.js'
import { dueTimesOf, inTransitOf, isOverdue, type Transfer } from '../../domain/execution/transfer.js'
import type { Portfolio } from '../../domain/policy/portfolio.js'
import type { Valuation } from '../../domain/portfolio/valuation.js'
import { formatDecimal } from '../../domain/units/decimal.js'
import { type Price, shareOf, type Usd, usdToText, valueOf } from '../../domain/units/usd.js'
import { amountWire, ratioText, timeText } from './figures.js'

/** Of the units of what lies in no wallet. */
const UNIT_DECIMALS = 18

/** One row for each asset, chain and token with anything of it. */
export function positionsWire(portfolio: Portfolio, valuation: Valuation) {
  const { assets, policy } = portfolio
  const bookkeeping = { assets, assetHubs: policy.assetHubs, prices: pricesIn(valuation) }
  return valuation.assets.flatMap((one) => {
    if (one.status === 'unknown') return []
    const { asset: follows } = followed(one.asset, bookkeeping)
    return one.positions.map(({ chain, amount, value }) => {
      const { address: token, ...readable } = amountWire(amount)
      return {
        asset: one.asset,
        kind: follows === one.asset ? ('spot' as const) : ('staked' as const),
        follows,
        ...readable,
        chain,
        token,
        priceUsd: usdToText(one.price),
        valueUsd: usdToText(value),
        share: ratioText(valuation.nav > 0n ? shareOf(value, valuation.nav, 'down') : 0n),
      }
    })
  })
}

export function derivativesWire(reading: PositionsReading) {
  if (reading.status === 'unknown') return []
  return reading.positions.map(({ kind, asset, units, underlying }: BookPosition) => ({
    kind,
    position: asset,
    amount: formatDecimal(units, UNIT_DECIMALS),
    underlying: underlying.map((one) => ({ asset: one.asset, unitsPerUnit: ratioText(one.unitsPerUnit) })),
  }))
}

/** `measuredAt` is when the positions were, in milliseconds since 1970. */
export function inTransitWire(transfers: readonly Transfer[], valuation: Valuation | undefined, measuredAt: number) {
  const prices: ReadonlyMap<string, Price> = valuation ? pricesIn(valuation) : new Map()
  const rows = transfers.flatMap((transfer) => {
    const isHeld = ({ block }: { block: { timestamp: number } }) => block.timestamp * 1000 <= measuredAt
    return inTransitOf(transfer, isHeld).map(({ amount, origin }) => {
      const price = prices.get(amount.token.asset)
      return { transfer, origin, amount, value: price === undefined ? undefined : valueOf(amount, price, 'down') }
    })
  })
  const isInPositions = ({ transfer }: (typeof rows)[number]) => transfer.sentAt > measuredAt
  return {
    inTransit: rows.map((row) => ({
      transfer: row.transfer.id,
      bridge: row.transfer.bridge,
      asset: row.amount.token.asset,
      from: row.origin,
      to: row.transfer.destination,
      amount: amountWire(row.amount),
      valueUsd: row.value === undefined ? null : usdToText(row.value),
      sentAt: timeText(row.transfer.sentAt),
      expectedAt: timeText(dueTimesOf(row.transfer).expected),
      state: row.transfer.state,
      isLate: isOverdue(row.transfer),
      isInPositions: isInPositions(row),
    })),
    inTransitUsd: usdToText(rows.reduce<Usd>((sum, row) => (isInPositions(row) ? sum : sum + (row.value ?? 0n)), 0n)),
  }
}
