import { parseUnits } from 'viem'

export interface BridgeTerms {
  key: string
  name: string
  /** Of the amount sent, in basis points. */
  feeBps: number
  fixedFeeUsd: number
  /** From the origin's finality to the delivery. */
  delaySeconds: number
  /** What its escrow on each chain holds of each token at the start, at start prices. */
  liquidityUsd: number
}

/** A bridge carries every token to every chain that has a token of the same symbol. */
export const bridgeTerms: readonly BridgeTerms[] = [
  { key: 'swift', name: 'Swift', feeBps: 12, fixedFeeUsd: 3, delaySeconds: 3, liquidityUsd: 1_500_000 },
  { key: 'ferry', name: 'Ferry', feeBps: 3, fixedFeeUsd: 1, delaySeconds: 12, liquidityUsd: 4_000_000 },
]

/** Kept from a refund, in basis points of the deposit. */
export const refundFeeBps = 5n

/** What a `partial` delivery delivers of the promised amount, in basis points; the rest of the deposit is refunded. */
export const partialDeliveryBps = 6_000n

/** How much longer than its own delay a `delayed` delivery takes. */
export const delayFactor = 10

/** What a `short` delivery delivers of the promised amount, in basis points. */
export const shortDeliveryBps = 9_700n

/** How long after its quote a transfer that finds no liquidity waits before it is refunded. */
export const fillWindowSeconds = 3_600

export function termsOf(key: string): BridgeTerms {
  const terms = bridgeTerms.find((bridge) => bridge.key === key)
  if (!terms) throw new Error(`No bridge ${key}; there are ${bridgeTerms.map((bridge) => bridge.key).join(', ')}.`)
  return terms
}

/** What the bridge keeps of `amount`, in base units of the token, rounded up. */
export function bridgeFee(terms: BridgeTerms, amount: bigint, token: { decimals: number; usd: number }): bigint {
  const proportional = (amount * BigInt(terms.feeBps) + 9_999n) / 10_000n
  return proportional + parseUnits((terms.fixedFeeUsd / token.usd).toFixed(token.decimals), token.decimals)
}
