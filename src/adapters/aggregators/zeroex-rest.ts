import type { ZeroexAccess, ZeroexInput, ZeroexTransport } from './zeroex-transport.js'

/** Straight through the REST API; `url` is the root of the API. */
export function createZeroexRest({ url, apiKey }: ZeroexAccess): ZeroexTransport {
  const get = async (operation: 'price' | 'quote', input: ZeroexInput): Promise<unknown> => {
    const query = new URLSearchParams(Object.entries(input).map(([key, value]) => [key, String(value)]))
    const response = await fetch(`${url.replace(/\/$/, '')}/swap/allowance-holder/${operation}?${query}`, {
      headers: { '0x-api-key': apiKey, '0x-version': 'v2' },
    })
    if (!response.ok) throw new Error(`0x answered ${response.status}.`)
    return response.json()
  }
  return { price: (input) => get('price', input), quote: (input) => get('quote', input) }
}
