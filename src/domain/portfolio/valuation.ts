import type { Asset, AssetKey, ChainKey } from '../assets.js'
import { isNative } from '../assets.js'
import { formatAmount, type TokenAmount } from '../units/amount.js'
import { type Usd, valueOf } from '../units/usd.js'
import type { Snapshot } from './snapshot.js'

export interface Position {
  readonly asset: AssetKey
  readonly chain: ChainKey
  readonly amount: TokenAmount
  readonly value: Usd
}

export type AssetValue =
  | {
      readonly asset: AssetKey
      readonly status: 'known'
      readonly price: bigint
      readonly value: Usd
      readonly positions: readonly Position[]
      readonly inTransitValue: Usd
    }
  | { readonly asset: AssetKey; readonly status: 'unknown'; readonly reason: string }

export interface Valuation {
  /** Sum of the known assets' values. Equals the portfolio's NAV only when `isComplete`. */
  readonly nav: Usd
  readonly isComplete: boolean
  readonly assets: readonly AssetValue[]
  /** Chains that did not answer. Absent where all did, and in records of earlier builds. */
  readonly unread?: readonly { readonly chain: ChainKey; readonly reason: string }[]
}

/**
 * Values every asset at its agreed price, rounding each position down. An asset is unknown when its price is, or when
 * any chain on which it may be held did not answer: an unknown part is never taken for zero.
 */
export function valuePortfolio(snapshot: Snapshot, assets: readonly Asset[]): Valuation {
  const unreadable = new Map<ChainKey, string>()
  for (const chain of snapshot.chains) if (chain.status === 'unknown') unreadable.set(chain.chain, chain.reason)

  const values = assets.map((asset): AssetValue => {
    const price = snapshot.prices.find((one) => one.asset === asset.key)
    if (!price || price.status === 'unknown')
      return {
        asset: asset.key,
        status: 'unknown',
        reason: price?.reason ?? `No price source answers for ${asset.key}.`,
      }
    const missing = asset.tokens.find((token) => unreadable.has(token.chain))
    if (missing)
      return {
        asset: asset.key,
        status: 'unknown',
        reason: `Holdings on ${missing.chain} are unknown: ${unreadable.get(missing.chain)}`,
      }
    const problem = snapshot.chains
      .flatMap((chain) => (chain.status === 'known' ? chain.problems : []))
      .find(({ token }) => token.asset === asset.key)
    if (problem) return { asset: asset.key, status: 'unknown', reason: problem.reason }
    const late = snapshot.inTransit.find(({ amount, isLate }) => isLate && amount.token.asset === asset.key)
    if (late)
      return {
        asset: asset.key,
        status: 'unknown',
        reason: `Transfer ${late.transferId} of ${formatAmount(late.amount)} is overdue and may have arrived unseen; find it on ${late.amount.token.chain}.`,
      }
    const positions: Position[] = []
    for (const chain of snapshot.chains)
      if (chain.status === 'known')
        for (const amount of chain.holdings)
          if (amount.token.asset === asset.key)
            positions.push({
              asset: asset.key,
              chain: chain.chain,
              amount,
              value: valueOf(amount, price.price, 'down'),
            })
    const inTransitValue = snapshot.inTransit
      .filter(({ amount }) => amount.token.asset === asset.key)
      .reduce((sum, { amount }) => sum + valueOf(amount, price.price, 'down'), 0n)
    const held = positions.reduce((sum, position) => sum + position.value, 0n)
    return {
      asset: asset.key,
      status: 'known',
      price: price.price,
      value: held + inTransitValue,
      positions,
      inTransitValue,
    }
  })
  return {
    nav: values.reduce((sum, one) => (one.status === 'known' ? sum + one.value : sum), 0n),
    isComplete: values.every((one) => one.status === 'known'),
    assets: values,
    ...(unreadable.size > 0 && { unread: [...unreadable].map(([chain, reason]) => ({ chain, reason })) }),
  }
}

/** The part of a position that may be traded: all of a token, and of a native coin what lies above the gas reserve. */
export function spendableUnits(position: Position, gasReserve: bigint): bigint {
  if (!isNative(position.amount.token)) return position.amount.units
  return position.amount.units > gasReserve ? position.amount.units - gasReserve : 0n
}
