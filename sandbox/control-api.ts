import { z } from 'zod'
import { chainKeys } from './chains.js'
import type { Control, Controlled } from './control.js'
import { apiNames, bridgeOutcomes, wrongKinds } from './faults.js'
import { problem, startHttpServer, type HttpAnswer, type HttpRequest, type RunningServer } from './http-server.js'
import { assets } from './prices.js'
import { rpcFault } from './rpc-faults.js'

const usd = z
  .string()
  .regex(/^\d+(\.\d+)?$/, 'a decimal number in a string, such as "3500.25"')
  .transform(Number)
  .pipe(z.number().positive())
const unixSeconds = z.int().positive()
const pricesBody = z
  .partialRecord(z.enum(assets), usd)
  .refine((prices) => Object.keys(prices).length > 0, `at least one price of ${assets.join(', ')}`)
const runningBody = z.strictObject({ running: z.boolean() })
const mineBody = z.strictObject({ blocks: z.int().min(1).max(1000) })
const emptyBody = z.strictObject({})
const feedBody = z.union([
  z.strictObject({ frozen: z.boolean() }),
  z.strictObject({ answer: usd, updatedAt: unixSeconds.optional() }),
])
const sequencerBody = z.strictObject({ up: z.boolean(), startedAt: unixSeconds.optional() })
const faultBody = z.strictObject({
  fault: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('slow'), ms: z.int().min(0).max(600_000) }),
      z.strictObject({ kind: z.literal('dead') }),
      z.strictObject({ kind: z.literal('error'), status: z.int().min(400).max(599) }),
      z.strictObject({ kind: z.literal('rate-limited'), retryAfterSeconds: z.int().min(0) }),
      z.strictObject({ kind: z.literal('garbage') }),
      z.strictObject({
        kind: z.literal('wrong'),
        what: z.enum(wrongKinds),
        on: z.enum(['swap', 'bridge']).optional(),
        bridge: z.enum(wrongKinds).optional(),
      }),
    ])
    .nullable(),
})
const rpcBody = z.strictObject({ faults: z.array(rpcFault).max(10) })
const bridgeBody = z.strictObject({ outcome: z.enum(bridgeOutcomes), delaySeconds: z.number().min(0).optional() })

/** A request the control API refuses; answered as a problem document. */
class Refusal extends Error {
  constructor(
    readonly status: number,
    detail: string,
  ) {
    super(detail)
  }
}

const routes = [
  'POST /prices {"ETH":"3500"}',
  'POST /path {"running":bool}',
  'POST /scenario/start',
  'POST /chains/:chain/mining {"running":bool}',
  'POST /chains/:chain/mine {"blocks":n}',
  'POST /feeds/:chain/:asset {"frozen":bool} or {"answer":"3000.5","updatedAt":seconds?}',
  'POST /sequencer/:chain {"up":bool,"startedAt":seconds?}',
  'POST /apis/:api {"fault":fault or null}',
  'POST /bridges/:bridge {"outcome":…,"delaySeconds":n?}',
  'POST /rpc/:chain/:provider {"faults":[fault,…]}',
  'GET /requests/:api',
  'GET /state',
]

/** Serves `Control` as JSON on loopback. A request it does not understand is answered with what it expects. */
export function startControlApi(
  control: Control,
  { feeds, bridges, chains, providers }: Pick<Controlled, 'feeds' | 'bridges' | 'chains' | 'providers'>,
  port: number,
): Promise<RunningServer> {
  const layer2s = chains.filter((chain) => chain.isLayer2).map((chain) => chain.key)

  const act = async ({ method, url, body }: HttpRequest): Promise<HttpAnswer> => {
    const [subject = '', first = '', second = '', ...rest] = url.pathname.split('/').slice(1)
    const shape = `${method} /${[subject, ...(first ? [':'] : []), ...(second ? [':'] : [])].join('/')}`
    if (rest.length > 0) throw new Refusal(404, unknownRoute(method, url))
    switch (shape) {
      case 'POST /prices':
        await control.setPrices(read(pricesBody, body))
        return done
      case 'POST /path':
        control.setPathRunning(read(runningBody, body).running)
        return done
      case 'POST /scenario/:':
        if (first !== 'start') break
        read(emptyBody, body)
        control.startScenario()
        return done
      case 'POST /chains/:/:': {
        const chain = oneOf(chainKeys, first, 'chain')
        if (second === 'mining') await control.setMining(chain, read(runningBody, body).running)
        else if (second === 'mine') await control.mine(chain, read(mineBody, body).blocks)
        else break
        return done
      }
      case 'POST /feeds/:/:': {
        const chain = oneOf(chainKeys, first, 'chain')
        const asset = oneOf(
          assets.filter((candidate) => feeds.has(chain, candidate)),
          second,
          `asset with a feed on ${chain}`,
        )
        await control.setFeed(chain, asset, read(feedBody, body))
        return done
      }
      case 'POST /sequencer/:': {
        const { up, startedAt } = read(sequencerBody, body)
        await control.setSequencer(oneOf(layer2s, first, 'chain with a sequencer'), up, startedAt)
        return done
      }
      case 'POST /apis/:': {
        const api = oneOf(apiNames, first, 'API')
        const { fault } = read(faultBody, body)
        if (api === 'prices' && fault?.kind === 'wrong' && fault.what !== 'amount') {
          throw new Refusal(400, `The price service can only be wrong about "amount", came "${fault.what}".`)
        }
        control.setFault(api, fault)
        return done
      }
      case 'POST /bridges/:': {
        const { outcome, delaySeconds } = read(bridgeBody, body)
        control.setBridge(oneOf(bridges.keys(), first, 'bridge'), {
          outcome,
          ...(delaySeconds !== undefined && { delaySeconds }),
        })
        return done
      }
      case 'POST /rpc/:/:': {
        const { faults } = read(rpcBody, body)
        control.setRpc(oneOf(chainKeys, first, 'chain'), oneOf(providers.names, second, 'provider'), faults)
        return done
      }
      case 'GET /requests/:':
        return { status: 200, body: control.requests(oneOf(apiNames, first, 'API')) }
      case 'GET /state':
        return { status: 200, body: await control.state() }
    }
    throw new Refusal(404, unknownRoute(method, url))
  }

  const handle = async (request: HttpRequest): Promise<HttpAnswer> => {
    try {
      return await act(request)
    } catch (error) {
      if (error instanceof Refusal) return problem(error.status, error.message)
      throw error
    }
  }
  return startHttpServer({ name: 'the control API', port, handle })
}

const done: HttpAnswer = { status: 200, body: { ok: true } }

function unknownRoute(method: string, url: URL): string {
  return `Expected one of: ${routes.join('; ')}. Came ${method} ${url.pathname}.`
}

function oneOf<T extends string>(known: readonly T[], came: string, what: string): T {
  const found = known.find((candidate) => candidate === came)
  if (found === undefined) throw new Refusal(404, `Expected a ${what} out of ${known.join(', ')}, came "${came}".`)
  return found
}

function read<T>(schema: z.ZodType<T>, body: string): T {
  let parsed: unknown
  try {
    parsed = JSON.parse(body === '' ? '{}' : body)
  } catch {
    throw new Refusal(400, `Expected a JSON body, came ${body.slice(0, 80)}`)
  }
  const result = schema.safeParse(parsed)
  if (!result.success) throw new Refusal(400, z.prettifyError(result.error).replaceAll('\n', ' '))
  return result.data
}
