/** The input of a price or quote, the same for both transports. `slippageBps` is in hundredths of a percent. */
export interface ZeroexInput {
  readonly chainId: number
  readonly sellToken: string
  readonly buyToken: string
  readonly sellAmount: string
  readonly taker: string
  readonly slippageBps: number
  /** Names joined by commas. */
  readonly excludedSources?: string
}

export interface ZeroexAccess {
  readonly url: string
  readonly apiKey: string
}

/** Asks 0x for an allowance-holder price or quote and gives back the body as it came. */
export interface ZeroexTransport {
  price(input: ZeroexInput): Promise<unknown>
  quote(input: ZeroexInput): Promise<unknown>
}
