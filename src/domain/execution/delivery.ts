import { isNative } from '../assets.js'
import { amountOf, formatAmount } from '../units/amount.js'
import { larger, smaller } from '../units/ratio.js'
import { type AcceptedOffer, type LegRun, owedOut } from './cycle.js'

/**
 * Why a trade that was carried out is no success, whatever its receipt says (C-13): it took more than its sale, or, as a
 * swap, brought less than its calldata guaranteed or our own minimum. Coin that is sold may take `value`, the coin sent
 * along, which was checked to be the sale and its named fees on top (C-07). `measured` is what the bought balance grew by,
 * in base units, where the chain tells; where it and the receipt differ, the lower of the two counts.
 */
export function reasonNotDelivered(
  { leg, sold, received }: LegRun,
  offer: AcceptedOffer,
  value: bigint,
  measured: bigint | undefined,
): string | undefined {
  const took = amountOf(leg.sell.token, sold?.units ?? 0n)
  const byReceipt = received?.units ?? 0n
  const brought = amountOf(leg.expectedOut.token, measured === undefined ? byReceipt : smaller(byReceipt, measured))
  if (leg.kind === 'swap' && brought.units < owedOut(offer).units)
    return `Leg ${leg.id} received ${formatAmount(brought)}, less than its minimum of ${formatAmount(owedOut(offer))}.`
  const most = isNative(leg.sell.token) ? larger(offer.sell.units, value) : offer.sell.units
  if (took.units > most) return `Leg ${leg.id} sold ${formatAmount(took)}, more than its ${formatAmount(offer.sell)}.`
  return undefined
}
