import { createClientV2 } from '@0x/swap-ts-sdk'
import type { ZeroexAccess, ZeroexTransport } from './zeroex-transport.js'

/** Through 0x's own SDK, which speaks tRPC; `url` ends in `/trpc/swap`. */
export function createZeroexSdk({ url, apiKey }: ZeroexAccess): ZeroexTransport {
  const { allowanceHolder } = createClientV2({ url, apiKey }).swap
  return {
    price: (input) => allowanceHolder.getPrice.query(input),
    quote: (input) => allowanceHolder.getQuote.query(input),
  }
}
