import { randomUUID } from 'node:crypto'
import type { Relayer } from '../bridges/relayer.js'
import type { SandboxChain } from '../chains.js'
import { createFaultSwitch, createRequestRecorder, type FaultSwitch, type RequestRecorder } from '../faults.js'
import { startHttpServer, type HttpAnswer, type HttpRequest } from '../http-server.js'
import type { World } from '../world.js'
import { createRouterTricks, lieOf } from './lie.js'
import { findToken, listedTokens, nativeOf, usdValue, type ReferencePrices } from './listed-token.js'
import { LifiError, lifiCodes, invalid, noQuote } from './lifi-error.js'
import { chosenChains, connections, wireChain, wireTools } from './lifi-lists.js'
import { collectOffers, type OfferDeps } from './lifi-offer.js'
import { findChain } from './find-chain.js'
import { wishOfQuote, wishOfRoutes, wishOfStep, type LifiWish } from './lifi-request.js'
import { createStatusDesk } from './lifi-status.js'
import { wireRoute, wireStep, wireToken, wireTransaction } from './lifi-step.js'
import { createTrader } from './trade.js'

export interface LifiServer {
  /** With `/v1`, as LI.FI's SDK wants it. */
  url: string
  faults: FaultSwitch
  requests: RequestRecorder
  stop(): Promise<void>
}

interface LifiServerOptions {
  world: Pick<World, 'pools'>
  chains: SandboxChain[]
  relayer: Pick<Relayer, 'promised' | 'transfers'>
  prices: ReferencePrices
  /** 0 picks a free one. */
  port: number
}

/** Speaks the LI.FI API for the sandbox's chains, pools and bridges. */
export async function startLifiServer({
  world,
  chains,
  relayer,
  prices,
  port,
}: LifiServerOptions): Promise<LifiServer> {
  const faults = createFaultSwitch()
  const requests = createRequestRecorder()
  const deps: OfferDeps = {
    traders: Object.fromEntries(chains.map((chain) => [chain.key, createTrader(chain, world, 'lifi')])),
    relayer,
    prices,
  }
  const trick = createRouterTricks('lifi-diamond')
  const desk = createStatusDesk({ chains, relayer, prices })

  /** The best offer as a step that is ready to send. */
  async function readyStep(wish: LifiWish, id: string) {
    const { fromAddress } = wish
    if (!fromAddress) throw invalid('/fromAddress is required')
    const { offers, unavailable } = await collectOffers(deps, wish)
    const [best] = offers
    if (!best) throw noQuote(unavailable)
    const lie = lieOf(faults, kindOf(wish))
    await trick(wish.fromToken.chain, lie)
    const terms = { prices, wish: { ...wish, fromAddress }, lie }
    return { ...wireStep(best, id, terms), ...wireTransaction(best, terms) }
  }

  async function routes(body: string) {
    const wish = wishOfRoutes(chains, body)
    const { offers, unavailable } = await collectOffers(deps, wish)
    const fastest = Math.min(...offers.map((offer) => offer.durationSeconds))
    const cheapest = Math.max(...offers.map((offer) => offer.toUsd - offer.gasUsd))
    return {
      routes: offers.map((offer) =>
        wireRoute(offer, { prices, wish, lie: lieOf(faults, kindOf(wish)) }, [
          ...(offer.toUsd - offer.gasUsd === cheapest ? ['RECOMMENDED', 'CHEAPEST'] : []),
          ...(offer.durationSeconds === fastest ? ['FASTEST'] : []),
        ]),
      ),
      unavailableRoutes: unavailable,
    }
  }

  async function gasSuggestion(chainName: string) {
    const chain = knownChain(chainName)
    const { baseFeePerGas } = await chain.publicClient.getBlock()
    const native = nativeOf(chain)
    const worth = (gas: bigint) => {
      const amount = gas * (baseFeePerGas ?? 0n)
      return {
        token: wireToken(prices, native),
        amount: String(amount),
        amountUsd: usdValue(prices, native, amount).toFixed(4),
      }
    }
    return { available: true, recommended: worth(1_000_000n), limit: worth(10_000_000n), serviceFee: worth(0n) }
  }

  function knownChain(name: string): SandboxChain {
    const chain = findChain(chains, name)
    if (!chain) throw new LifiError(404, lifiCodes.notFound, `Chain ${name} is not supported`)
    return chain
  }

  function knownToken(query: URLSearchParams) {
    const chain = knownChain(query.get('chain') ?? '')
    const name = query.get('token') ?? ''
    const token = findToken(chain, name)
    if (!token) throw new LifiError(404, lifiCodes.notFound, `Could not find token for ${chain.chainId}:${name}`)
    return wireToken(prices, token)
  }

  async function bodyFor({ method, url, body }: HttpRequest): Promise<unknown> {
    const query = url.searchParams
    const call = `${method} ${url.pathname}`
    switch (call) {
      case 'GET /v1/chains':
        return { chains: chains.map((chain) => wireChain(prices, chain)) }
      case 'GET /v1/tokens':
        return {
          tokens: Object.fromEntries(
            chosenChains(chains, query).map((chain) => [
              chain.chainId,
              listedTokens(chain).map((token) => wireToken(prices, token)),
            ]),
          ),
        }
      case 'GET /v1/token':
        return knownToken(query)
      case 'GET /v1/tools':
        return wireTools(chosenChains(chains, query))
      case 'GET /v1/connections':
        return { connections: connections(chains, query) }
      case 'GET /v1/quote':
        return readyStep(wishOfQuote(chains, query), `${randomUUID()}:0`)
      case 'GET /v1/quote/toAmount':
        // Nothing here works backwards from an output; the service answers so where a pair cannot.
        query.set('fromAmount', query.get('toAmount') ?? '')
        wishOfQuote(chains, query)
        throw noQuote({ filteredOut: [], failed: [] })
      case 'POST /v1/advanced/routes':
        return routes(body)
      case 'POST /v1/advanced/stepTransaction': {
        const { step, wish } = wishOfStep(chains, body)
        return { ...step, ...(await readyStep(wish, step.id)) }
      }
      case 'GET /v1/status':
        return desk.status(query)
    }
    const [, suggestionFor] = /^GET \/v1\/gas\/suggestion\/([^/]+)$/.exec(call) ?? []
    if (suggestionFor) return gasSuggestion(suggestionFor)
    throw new LifiError(404, lifiCodes.notFound, `Cannot ${call}`)
  }

  const server = await startHttpServer({
    name: 'the LI.FI server',
    port,
    requests,
    faults,
    faultAnswer: (fault) =>
      fault.kind === 'rate-limited'
        ? rateLimited(fault.retryAfterSeconds)
        : new LifiError(fault.status, faultCode(fault.status), 'The request could not be served').answer(),
    async handle(request) {
      try {
        return { status: 200, body: await bodyFor(request) }
      } catch (error) {
        if (error instanceof LifiError) return error.answer()
        const message = error instanceof Error ? error.message : String(error)
        return new LifiError(500, lifiCodes.server, message).answer()
      }
    },
  })
  return { url: `${server.url}/v1`, faults, requests, stop: () => server.stop() }
}

function kindOf({ fromToken, toToken }: LifiWish): 'swap' | 'bridge' {
  return fromToken.chain === toToken.chain ? 'swap' : 'bridge'
}

function rateLimited(retryAfterSeconds: number): HttpAnswer {
  const answer = new LifiError(429, lifiCodes.rateLimit, 'Rate limit exceeded').answer()
  return {
    ...answer,
    headers: {
      'ratelimit-limit': '75',
      'ratelimit-remaining': '0',
      'ratelimit-reset': String(retryAfterSeconds),
    },
  }
}

function faultCode(status: number): number {
  if (status >= 500) return lifiCodes.server
  return status === 429 ? lifiCodes.rateLimit : lifiCodes.default
}
