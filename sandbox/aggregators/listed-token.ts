import { formatUnits, zeroAddress, type Address } from 'viem'
import type { SandboxChain } from '../chains.js'

/** A token as the aggregators list it. The native coin has the zero address and the symbol of the chain's coin. */
export interface ListedToken {
  chain: SandboxChain
  address: Address
  symbol: string
  decimals: number
  /** Whose price it has. */
  asset: string
}

/** Prices as the aggregators know them. */
export interface ReferencePrices {
  usd(asset: string): number
}

export function nativeOf(chain: SandboxChain): ListedToken {
  return { chain, address: zeroAddress, symbol: chain.nativeSymbol, decimals: 18, asset: chain.nativeSymbol }
}

export function listedTokens(chain: SandboxChain): ListedToken[] {
  const erc20s = Object.entries(chain.tokens).map(([symbol, token]) => ({ chain, symbol, ...token }))
  return [nativeOf(chain), ...erc20s]
}

/** By address in any case, or by symbol. */
export function findToken(chain: SandboxChain, addressOrSymbol: string): ListedToken | undefined {
  const wanted = addressOrSymbol.toLowerCase()
  return listedTokens(chain).find(
    ({ address, symbol }) => address.toLowerCase() === wanted || symbol.toLowerCase() === wanted,
  )
}

/** For display and comparison only. */
export function usdValue(prices: ReferencePrices, token: ListedToken, amount: bigint): number {
  return Number(formatUnits(amount, token.decimals)) * prices.usd(token.asset)
}

/** Base units of `token` worth one unit of gas, scaled by 1e18. */
export function gasPriceIn(prices: ReferencePrices, token: ListedToken, weiPerGas: bigint): bigint {
  const ratio = prices.usd(token.chain.nativeSymbol) / prices.usd(token.asset)
  return (weiPerGas * 10n ** BigInt(token.decimals) * BigInt(Math.round(ratio * 1e9))) / 10n ** 9n
}

/** The least that may arrive when `amount` is expected, rounded down. */
export function lessSlippage(amount: bigint, slippagePpm: bigint): bigint {
  return (amount * (1_000_000n - slippagePpm)) / 1_000_000n
}
