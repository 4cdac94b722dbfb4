import { createFaultSwitch, createRequestRecorder, type FaultSwitch, type RequestRecorder } from './faults.js'
import { problem, startHttpServer, type HttpAnswer, type HttpRequest } from './http-server.js'
import type { PricePath } from './price-path.js'
import { assets, isAsset } from './prices.js'
import { seedFor, seededRandom } from './randomness.js'

export interface PriceService {
  url: string
  faults: FaultSwitch
  requests: RequestRecorder
  stop(): Promise<void>
}

/** How far this source's prices lie from the reference at most, as a share: 3 basis points. */
const ownNoise = 0.0003
/** What the fault `wrong` does to every price. */
const wrongFactor = 1.08

/**
 * A second source of prices, independent of the feeds: `GET /v1/prices?assets=ETH,BTC`. Its deviation from the reference
 * depends on seed, asset and tick alone.
 */
export async function startPriceService(prices: PricePath, seed: number, port: number): Promise<PriceService> {
  const faults = createFaultSwitch()
  const requests = createRequestRecorder()

  const handle = ({ method, url }: HttpRequest): HttpAnswer => {
    if (method !== 'GET' || url.pathname !== '/v1/prices') {
      return problem(404, `Expected GET /v1/prices?assets=ETH,BTC, came ${method} ${url.pathname}.`)
    }
    const asked = (url.searchParams.get('assets') ?? '').split(',').filter((asset) => asset !== '')
    const unknown = asked.filter((asset) => !isAsset(asset))
    if (asked.length === 0 || unknown.length > 0) {
      const came = unknown.length > 0 ? unknown.join(', ') : 'none'
      return problem(400, `Expected assets out of ${assets.join(', ')} in the query parameter "assets", came ${came}.`)
    }
    const factor = faults.current()?.kind === 'wrong' ? wrongFactor : 1
    const timestamp = Math.floor(Date.now() / 1000)
    const answer = asked.map((asset) => {
      const noise = seededRandom(seedFor(seed, `${asset} at ${prices.tick}`))() * 2 - 1
      return [asset, { usd: (prices.usd(asset) * (1 + ownNoise * noise) * factor).toFixed(8), timestamp }]
    })
    return { status: 200, body: { prices: Object.fromEntries(answer) } }
  }

  const server = await startHttpServer({ name: 'the price service', port, handle, requests, faults })
  return { url: server.url, faults, requests, stop: () => server.stop() }
}
