/** Name of a chain in the configuration, such as `arbitrum`. */
export type ChainKey = string
/** Name of an asset in the configuration, such as `ETH`: what a target weight is about. */
export type AssetKey = string
export type Hex = `0x${string}`
export type Address = Hex

/** Stands for a chain's native coin where a contract address would stand. */
export const NATIVE: Address = '0x0000000000000000000000000000000000000000'

/** One contract on one chain, or the chain's native coin, that represents an asset. */
export interface Token {
  readonly chain: ChainKey
  readonly asset: AssetKey
  readonly symbol: string
  readonly address: Address
  readonly decimals: number
}

/** How far prices and executions of an asset may reasonably stray; the defaults of limits depend on it. */
export type AssetClass = 'stable' | 'major' | 'other'

export interface Asset {
  readonly key: AssetKey
  readonly class: AssetClass
  readonly tokens: readonly Token[]
}

export function isNative(token: Token): boolean {
  return token.address === NATIVE
}

/** Addresses are compared as bytes: letter case is a checksum, never a difference. */
export function sameAddress(a: Address, b: Address): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

/** Identifies a token in maps and rows: chain and lower-case address. */
export function tokenId(token: { readonly chain: ChainKey; readonly address: Address }): string {
  return `${token.chain}:${token.address.toLowerCase()}`
}
