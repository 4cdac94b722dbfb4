import { getAddress, isAddress, type Address } from 'viem'
import { z } from 'zod'
import type { SandboxChain } from '../chains.js'
import { findChain } from './find-chain.js'
import { findToken, type ListedToken } from './listed-token.js'
import { invalid } from './lifi-error.js'
import type { ToolFilter } from './tool-filter.js'

/** What a client of LI.FI asks for, whichever endpoint it used. */
export interface LifiWish {
  fromToken: ListedToken
  toToken: ListedToken
  fromAmount: bigint
  /** Absent in a request for routes that names no account. */
  fromAddress?: Address
  toAddress?: Address
  /** Parts per million. */
  slippagePpm: bigint
  order: 'CHEAPEST' | 'FASTEST'
  bridges: ToolFilter
  exchanges: ToolFilter
  /** Routes that lose this share of their value or more are not offered. */
  maxPriceImpact: number
  integrator: string
  referrer: string
}

const defaultSlippage = 0.005
const defaultMaxPriceImpact = 0.1

const amount = z.string().regex(/^[1-9]\d*$/, 'must be a positive integer in base units')
const address = z.string().refine((value) => isAddress(value, { strict: false }), 'must be an address')
const chainName = z.union([z.string().min(1), z.number()])
const tools = z.object({
  allow: z.array(z.string()).optional(),
  deny: z.array(z.string()).optional(),
  prefer: z.array(z.string()).optional(),
})
const slippage = z.coerce.number().gt(0).lt(1)
const order = z.enum(['CHEAPEST', 'FASTEST', 'RECOMMENDED', 'SAFEST'])
const commaList = z.string().transform((text) => text.split(',').filter((entry) => entry !== ''))

const quoteQuery = z.object({
  fromChain: chainName,
  toChain: chainName,
  fromToken: z.string().min(1),
  toToken: z.string().min(1),
  fromAddress: address,
  toAddress: address.optional(),
  fromAmount: amount,
  slippage: slippage.optional(),
  order: order.optional(),
  allowBridges: commaList.optional(),
  denyBridges: commaList.optional(),
  preferBridges: commaList.optional(),
  allowExchanges: commaList.optional(),
  denyExchanges: commaList.optional(),
  preferExchanges: commaList.optional(),
  maxPriceImpact: z.coerce.number().optional(),
  integrator: z.string().optional(),
  referrer: z.string().optional(),
})

const routesBody = z.object({
  fromChainId: z.number(),
  toChainId: z.number(),
  fromTokenAddress: z.string().min(1),
  toTokenAddress: z.string().min(1),
  fromAmount: amount,
  fromAddress: address.optional(),
  toAddress: address.optional(),
  options: z
    .object({
      slippage: slippage.optional(),
      order: order.optional(),
      bridges: tools.optional(),
      exchanges: tools.optional(),
      maxPriceImpact: z.number().optional(),
      integrator: z.string().optional(),
      referrer: z.string().optional(),
    })
    .optional(),
})

const stepToken = z.object({ address: z.string() })
const stepBody = z.looseObject({
  id: z.string().min(1),
  tool: z.string().min(1),
  integrator: z.string().optional(),
  referrer: z.string().optional(),
  action: z.looseObject({
    fromChainId: z.number(),
    toChainId: z.number(),
    fromToken: stepToken,
    toToken: stepToken,
    fromAmount: amount,
    fromAddress: address,
    toAddress: address.optional(),
    slippage: slippage.optional(),
  }),
  includedSteps: z.array(z.looseObject({ type: z.string(), tool: z.string() })),
})
export type StepBody = z.infer<typeof stepBody>

export function wishOfQuote(chains: SandboxChain[], query: URLSearchParams): LifiWish {
  const asked = parsed(quoteQuery, Object.fromEntries(query))
  return {
    ...pairOf(chains, asked.fromChain, asked.fromToken, asked.toChain, asked.toToken),
    ...accountsOf(asked.fromAddress, asked.toAddress),
    fromAmount: BigInt(asked.fromAmount),
    slippagePpm: ppm(asked.slippage),
    order: asked.order === 'FASTEST' ? 'FASTEST' : 'CHEAPEST',
    bridges: { allow: asked.allowBridges, deny: asked.denyBridges, prefer: asked.preferBridges },
    exchanges: { allow: asked.allowExchanges, deny: asked.denyExchanges, prefer: asked.preferExchanges },
    maxPriceImpact: asked.maxPriceImpact ?? defaultMaxPriceImpact,
    integrator: asked.integrator ?? 'lifi-api',
    referrer: asked.referrer ?? '',
  }
}

export function wishOfRoutes(chains: SandboxChain[], body: string): LifiWish {
  const asked = parsed(routesBody, parsedJson(body))
  const { slippage, order, bridges, exchanges, maxPriceImpact, integrator, referrer } = asked.options ?? {}
  return {
    ...pairOf(chains, asked.fromChainId, asked.fromTokenAddress, asked.toChainId, asked.toTokenAddress),
    ...accountsOf(asked.fromAddress, asked.toAddress),
    fromAmount: BigInt(asked.fromAmount),
    slippagePpm: ppm(slippage),
    order: order === 'FASTEST' ? 'FASTEST' : 'CHEAPEST',
    bridges: bridges ?? {},
    exchanges: exchanges ?? {},
    maxPriceImpact: maxPriceImpact ?? defaultMaxPriceImpact,
    integrator: integrator ?? 'lifi-api',
    referrer: referrer ?? '',
  }
}

/** The tools of the step that comes in are the only ones the step that goes out may use. */
export function wishOfStep(chains: SandboxChain[], body: string): { step: StepBody; wish: LifiWish } {
  const step = parsed(stepBody, parsedJson(body))
  const { action } = step
  const toolsOf = (type: string) => step.includedSteps.filter((part) => part.type === type).map((part) => part.tool)
  return {
    step,
    wish: {
      ...pairOf(chains, action.fromChainId, action.fromToken.address, action.toChainId, action.toToken.address),
      ...accountsOf(action.fromAddress, action.toAddress),
      fromAmount: BigInt(action.fromAmount),
      slippagePpm: ppm(action.slippage),
      order: 'CHEAPEST',
      bridges: { allow: toolsOf('cross') },
      exchanges: { allow: toolsOf('swap') },
      maxPriceImpact: 1,
      integrator: step.integrator ?? 'lifi-api',
      referrer: step.referrer ?? '',
    },
  }
}

function pairOf(
  chains: SandboxChain[],
  fromChain: string | number,
  fromToken: string,
  toChain: string | number,
  toToken: string,
): { fromToken: ListedToken; toToken: ListedToken } {
  const listed = (chainName: string | number, tokenName: string, side: 'from' | 'to'): ListedToken => {
    const chain = findChain(chains, chainName)
    if (!chain) throw invalid(`/${side}Chain must be equal to one of the allowed values`)
    const token = findToken(chain, tokenName)
    if (!token) throw invalid(`/${side}Token ${tokenName} is not known on chain ${chain.chainId}`)
    return token
  }
  return { fromToken: listed(fromChain, fromToken, 'from'), toToken: listed(toChain, toToken, 'to') }
}

function accountsOf(from: string | undefined, to: string | undefined): Pick<LifiWish, 'fromAddress' | 'toAddress'> {
  const receiver = to ?? from
  return { ...(from && { fromAddress: getAddress(from) }), ...(receiver && { toAddress: getAddress(receiver) }) }
}

function ppm(slippage: number | undefined): bigint {
  return BigInt(Math.round((slippage ?? defaultSlippage) * 1_000_000))
}

function parsedJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    throw invalid('The request body must be JSON')
  }
}

function parsed<T>(schema: z.ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  throw invalid(result.error.issues.map(({ path, message }) => `/${path.join('/')} ${message}`).join(', '))
}
