import { type Cost, totalOf } from '../../domain/planning/cost.js'
import type { TokenAmount } from '../../domain/units/amount.js'
import { formatDecimal } from '../../domain/units/decimal.js'
import type { Ratio } from '../../domain/units/ratio.js'
import { usdToText } from '../../domain/units/usd.js'

export const timeText = (ms: number): string => new Date(ms).toISOString()

/** Exact decimal text of a share: 1 is the whole. */
export const ratioText = (value: Ratio): string => formatDecimal(value, 18)

/** Exact base units beside the readable number: both are decimal text. */
export const amountWire = ({ token, units }: TokenAmount) => ({
  chain: token.chain,
  symbol: token.symbol,
  address: token.address,
  amount: formatDecimal(units, token.decimals),
  units: units.toString(),
})

export function costWire(cost: Cost) {
  return {
    slippageUsd: usdToText(cost.slippage),
    feesUsd: usdToText(cost.fees),
    gasUsd: usdToText(cost.gas),
    bridgeUsd: usdToText(cost.bridge),
    totalUsd: usdToText(totalOf(cost)),
  }
}
