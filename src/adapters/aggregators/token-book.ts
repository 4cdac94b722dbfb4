import { type Address, type ChainKey, isNative, sameAddress, type Token, tokenId } from '../../domain/assets.js'

export interface VenueChain {
  readonly chain: ChainKey
  readonly chainId: number
}

/** Our chains and tokens under the names a venue gives them. Tokens are found by chain id and address, nothing else. */
export class TokenBook {
  readonly #chainIds: ReadonlyMap<ChainKey, number>
  readonly #tokens: ReadonlyMap<string, Token>

  constructor(
    chains: readonly VenueChain[],
    tokens: readonly Token[],
    /** The address that stands for a chain's native coin at this venue. */
    readonly coinAddress: (chainId: number) => Address,
  ) {
    this.#chainIds = new Map(chains.map(({ chain, chainId }) => [chain, chainId]))
    this.#tokens = new Map(tokens.map((token) => [tokenId(token), token]))
  }

  knows(token: Token): boolean {
    return this.#chainIds.has(token.chain) && this.#tokens.has(tokenId(token))
  }

  chainId(chain: ChainKey): number {
    const chainId = this.#chainIds.get(chain)
    if (chainId === undefined) throw new RangeError(`No chain id is configured for ${chain}; ask \`serves\` first.`)
    return chainId
  }

  chainOf(chainId: number): ChainKey | undefined {
    return [...this.#chainIds].find(([, id]) => id === chainId)?.[0]
  }

  addressOf(token: Token): Address {
    return isNative(token) ? this.coinAddress(this.chainId(token.chain)) : token.address
  }

  find(chainId: number, address: Address): Token | undefined {
    const chain = this.chainOf(chainId)
    if (chain === undefined) return undefined
    return [...this.#tokens.values()].find(
      (token) => token.chain === chain && sameAddress(this.addressOf(token), address),
    )
  }
}
