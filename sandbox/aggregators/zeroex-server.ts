import type { SandboxChain } from '../chains.js'
import {
  createFaultSwitch,
  createRequestRecorder,
  type Fault,
  type FaultSwitch,
  type RequestRecorder,
} from '../faults.js'
import { startHttpServer, type HttpAnswer, type HttpRequest } from '../http-server.js'
import type { World } from '../world.js'
import { findChain } from './find-chain.js'
import { createRouterTricks, lieOf } from './lie.js'
import type { ReferencePrices } from './listed-token.js'
import { createTrader, type Trader } from './trade.js'
import { gatewayAnswer, newZid, ZeroexError } from './zeroex-error.js'
import { answerWish, sourceNames } from './zeroex-quote.js'
import { wishOf } from './zeroex-request.js'

export interface ZeroexServer {
  /** What 0x's SDK takes as `url`. */
  trpcUrl: string
  restUrl: string
  faults: FaultSwitch
  requests: RequestRecorder
  stop(): Promise<void>
}

const trpcPrefix = '/trpc/swap/'

/** Speaks 0x's Swap API v2 for the sandbox's chains and pools: tRPC for the SDK, and REST, with the same bodies. */
export async function startZeroexServer({
  world,
  chains,
  prices,
  port,
}: {
  world: Pick<World, 'pools'>
  chains: SandboxChain[]
  prices: ReferencePrices
  /** 0 picks a free one. */
  port: number
}): Promise<ZeroexServer> {
  const faults = createFaultSwitch()
  const requests = createRequestRecorder()
  const traders = new Map<SandboxChain, Trader>(chains.map((chain) => [chain, createTrader(chain, world, 'zeroex')]))

  const trick = createRouterTricks('settler')

  async function ask(kind: 'price' | 'quote', input: Record<string, unknown>) {
    const wish = wishOf(chains, input, kind)
    const trader = traders.get(wish.chain)
    if (!trader) throw new Error(`No trader for chain ${wish.chain.key}.`)
    const lie = lieOf(faults, 'swap')
    await trick(wish.chain, lie)
    return answerWish({ trader, prices, lie }, wish, kind)
  }

  function sources(input: Record<string, unknown>) {
    if (!findChain(chains, String(input.chainId))) {
      throw ZeroexError.inputInvalid([{ field: 'chainId', reason: 'Invalid chainId' }])
    }
    return { sources: Object.values(sourceNames).toSorted(), zid: newZid() }
  }

  async function rest({ method, url }: HttpRequest): Promise<HttpAnswer> {
    const input = Object.fromEntries(url.searchParams)
    switch (`${method} ${url.pathname}`) {
      case 'GET /swap/allowance-holder/price':
        return { status: 200, body: await ask('price', input) }
      case 'GET /swap/allowance-holder/quote':
        return { status: 200, body: await ask('quote', input) }
      case 'GET /swap/chains':
        return {
          status: 200,
          body: chains.map(({ key, chainId }) => ({ chainName: `Sandbox ${key}`, chainId: String(chainId) })),
        }
      case 'GET /sources':
        return { status: 200, body: sources(input) }
      default:
        return gatewayAnswer(404, 'No route matches these values')
    }
  }

  async function trpc(procedure: string, { url }: HttpRequest): Promise<unknown> {
    const input = inputOf(url.searchParams.get('input'))
    switch (procedure) {
      case 'swap.allowanceHolder.getPrice':
        return ask('price', input)
      case 'swap.allowanceHolder.getQuote':
        return ask('quote', input)
      case 'sources.getSources':
        return sources(input)
      default:
        throw new ZeroexError(404, 'NOT_FOUND', `No "query"-procedure on path "${procedure}"`)
    }
  }

  const server = await startHttpServer({
    name: 'the 0x server',
    port,
    requests,
    faults,
    faultAnswer,
    async handle(request) {
      const { headers, url } = request
      if (!headers['0x-api-key']) return gatewayAnswer(401, 'No API key provided')
      if (headers['0x-version'] !== 'v2') return gatewayAnswer(400, 'Header 0x-version must be v2')
      const procedure = url.pathname.startsWith(trpcPrefix) ? url.pathname.slice(trpcPrefix.length) : undefined
      try {
        if (procedure === undefined) return await rest(request)
        return { status: 200, body: { result: { data: await trpc(procedure, request) } } }
      } catch (error) {
        const failure = error instanceof ZeroexError ? error : internal(error)
        return procedure === undefined ? failure.restAnswer() : failure.trpcAnswer(procedure)
      }
    },
  })
  return {
    trpcUrl: `${server.url}/trpc/swap`,
    restUrl: server.url,
    faults,
    requests,
    stop: () => server.stop(),
  }
}

function inputOf(text: string | null): Record<string, unknown> {
  try {
    const input: unknown = JSON.parse(text ?? '{}')
    if (typeof input === 'object' && input !== null) return input as Record<string, unknown>
  } catch {
    // Answered below like any other input that is not an object.
  }
  throw ZeroexError.inputInvalid([{ field: 'input', reason: 'Expected a JSON object' }])
}

function internal(error: unknown): ZeroexError {
  return new ZeroexError(500, 'INTERNAL_SERVER_ERROR', error instanceof Error ? error.message : String(error))
}

function faultAnswer(fault: Fault & { kind: 'error' | 'rate-limited' }): HttpAnswer {
  if (fault.kind === 'rate-limited') {
    const seconds = String(fault.retryAfterSeconds)
    return gatewayAnswer(429, 'API rate limit exceeded', {
      'retry-after': seconds,
      'ratelimit-limit': '5',
      'ratelimit-remaining': '0',
      'ratelimit-reset': seconds,
    })
  }
  return fault.status === 500
    ? internal('The request could not be served').restAnswer()
    : gatewayAnswer(fault.status, 'The request could not be served')
}
