import { erc20Abi } from 'viem'
import { bridgeFee, bridgeTerms, type BridgeTerms } from '../bridges/terms.js'
import type { Relayer } from '../bridges/relayer.js'
import type { ChainKey } from '../chains.js'
import {
  findToken,
  gasPriceIn,
  lessSlippage,
  nativeOf,
  usdValue,
  type ListedToken,
  type ReferencePrices,
} from './listed-token.js'
import type { FailedPath, UnavailableRoutes } from './lifi-error.js'
import type { LifiWish } from './lifi-request.js'
import type { Pool } from './pool.js'
import { permits, prefers } from './tool-filter.js'
import type { Trade, Trader } from './trade.js'

/** LI.FI's names for what it swaps on. */
export const exchangeTools: Record<Pool['kind'], { key: string; name: string }> = {
  'uniswap-v2': { key: 'uniswapV2', name: 'Uniswap V2' },
  'uniswap-v3': { key: 'uniswapV3', name: 'Uniswap V3' },
}

export interface Crossing {
  terms: BridgeTerms
  tokenIn: ListedToken
  amountIn: bigint
  fee: bigint
  tokenOut: ListedToken
  amountOut: bigint
  /** `amountOut` as a share of `amountIn`, 1e18 being all of it. */
  outputShare: bigint
}

/** One way to fulfil a wish: a swap, a crossing, or a swap and then a crossing. */
export interface Offer {
  trade?: Trade
  crossing?: Crossing
  toAmount: bigint
  toAmountMin: bigint
  durationSeconds: number
  gas: bigint
  weiPerGas: bigint
  fromUsd: number
  toUsd: number
  gasUsd: number
}

export interface Offers {
  /** Best first, in the order the wish asks for. */
  offers: Offer[]
  unavailable: UnavailableRoutes
}

export interface OfferDeps {
  traders: Record<string, Trader>
  relayer: Pick<Relayer, 'promised'>
  prices: ReferencePrices
}

/** Measured: 115,000 without a swap. */
export const gasOfCrossing = 125_000n
const shareUnit = 10n ** 18n

export async function collectOffers(deps: OfferDeps, wish: LifiWish): Promise<Offers> {
  const unavailable: UnavailableRoutes = { filteredOut: [], failed: [] }
  const found: Offer[] = []
  if (wish.fromToken.chain === wish.toToken.chain) {
    const trade = await workTrade(deps, wish, wish.toToken)
    if (trade) found.push(await describe(deps, wish, { trade, toAmount: trade.amountOut }))
    else unavailable.failed.push(failedPath(wish, 'lifi', 'NO_POSSIBLE_ROUTE', 'No route over the known pools'))
  } else {
    for (const terms of bridgeTerms) {
      if (!permits(wish.bridges, terms.key)) {
        unavailable.filteredOut.push({
          overallPath: pathName(wish, terms.key),
          reason: `Tool ${terms.key} is not allowed by the request.`,
        })
        continue
      }
      const crossed = await workCrossing(deps, wish, terms)
      if ('overallPath' in crossed) unavailable.failed.push(crossed)
      else found.push(crossed)
    }
  }

  const offers = found.filter((offer) => {
    const impact = 1 - offer.toUsd / offer.fromUsd
    if (impact < wish.maxPriceImpact) return true
    unavailable.filteredOut.push({
      overallPath: pathName(wish, offer.crossing?.terms.key ?? 'lifi'),
      reason: `Price impact of ${(impact * 100).toFixed(2)}% is not below the maximum of ${wish.maxPriceImpact * 100}%`,
    })
    return false
  })
  const preferred = (offer: Offer) => (offer.crossing && prefers(wish.bridges, offer.crossing.terms.key) ? 1 : 0)
  const merit = (offer: Offer) => (wish.order === 'FASTEST' ? -offer.durationSeconds : offer.toUsd - offer.gasUsd)
  return { offers: offers.toSorted((a, b) => preferred(b) - preferred(a) || merit(b) - merit(a)), unavailable }
}

function workTrade(deps: OfferDeps, wish: LifiWish, tokenOut: ListedToken): Promise<Trade | undefined> {
  const kinds = new Set(
    (['uniswap-v2', 'uniswap-v3'] as const).filter((kind) => permits(wish.exchanges, exchangeTools[kind].key)),
  )
  return traderOn(deps, wish.fromToken.chain.key).work({
    tokenIn: wish.fromToken.address,
    tokenOut: tokenOut.address,
    amountIn: wish.fromAmount,
    kinds,
    gasPriceInOutput: (weiPerGas) => gasPriceIn(deps.prices, tokenOut, weiPerGas),
  })
}

async function workCrossing(deps: OfferDeps, wish: LifiWish, terms: BridgeTerms): Promise<Offer | FailedPath> {
  const { fromToken, toToken } = wish
  const origin = fromToken.chain
  const destination = toToken.chain
  const fail = (code: string, message: string) => failedPath(wish, terms.key, code, message)
  const tokenIn = findToken(origin, toToken.symbol)
  if (!destination.tokens[toToken.symbol] || !tokenIn || !origin.tokens[toToken.symbol]) {
    return fail(
      'NO_POSSIBLE_ROUTE',
      `${terms.name} does not carry ${toToken.symbol} from ${origin.key} to ${destination.key}`,
    )
  }
  const trade = tokenIn.address === fromToken.address ? undefined : await workTrade(deps, wish, tokenIn)
  if (!trade && tokenIn.address !== fromToken.address) {
    return fail('NO_POSSIBLE_ROUTE', `No swap from ${fromToken.symbol} to ${tokenIn.symbol} on ${origin.key}`)
  }

  const amountIn = trade?.amountOut ?? wish.fromAmount
  const fee = bridgeFee(terms, amountIn, { decimals: tokenIn.decimals, usd: deps.prices.usd(tokenIn.asset) })
  if (fee >= amountIn) return fail('FEES_HIGHER_THAN_AMOUNT', `Fees of ${terms.name} exceed the amount`)
  const outputShare = ((amountIn - fee) * shareUnit) / amountIn
  // After a source swap the diamond computes the output from the share, which rounds.
  const amountOut = trade ? (amountIn * outputShare) / shareUnit : amountIn - fee
  if (amountOut > (await liquidityOf(deps, terms, toToken))) {
    return fail('INSUFFICIENT_LIQUIDITY', `${terms.name} does not hold enough ${toToken.symbol} on ${destination.key}`)
  }
  const crossing = { terms, tokenIn, amountIn, fee, tokenOut: toToken, amountOut, outputShare }
  return describe(deps, wish, { ...(trade && { trade }), crossing, toAmount: amountOut })
}

async function liquidityOf(deps: OfferDeps, terms: BridgeTerms, token: ListedToken): Promise<bigint> {
  const held = await token.chain.publicClient.readContract({
    address: token.address,
    abi: erc20Abi,
    functionName: 'balanceOf',
    args: [token.chain.contract(`bridge-${terms.key}`)],
  })
  return held - deps.relayer.promised(terms.key, token.chain.key, token.address)
}

async function describe(
  deps: OfferDeps,
  wish: LifiWish,
  found: Pick<Offer, 'trade' | 'crossing' | 'toAmount'>,
): Promise<Offer> {
  const origin = wish.fromToken.chain
  const { baseFeePerGas } = await traderOn(deps, origin.key).snapshot()
  const weiPerGas = (baseFeePerGas * 11n) / 10n
  const gas = (found.trade?.gas ?? 0n) + (found.crossing ? gasOfCrossing : 0n)
  const settling = found.crossing
    ? 2 * origin.blockTimeSeconds + found.crossing.terms.delaySeconds + wish.toToken.chain.blockTimeSeconds
    : origin.blockTimeSeconds
  return {
    ...found,
    toAmountMin: lessSlippage(found.toAmount, wish.slippagePpm),
    durationSeconds: settling,
    gas,
    weiPerGas,
    fromUsd: usdValue(deps.prices, wish.fromToken, wish.fromAmount),
    toUsd: usdValue(deps.prices, wish.toToken, found.toAmount),
    gasUsd: usdValue(deps.prices, nativeOf(origin), gas * weiPerGas),
  }
}

function traderOn(deps: OfferDeps, chain: ChainKey): Trader {
  const trader = deps.traders[chain]
  if (!trader) throw new Error(`No trader for chain ${chain}; there are ${Object.keys(deps.traders).join(', ')}.`)
  return trader
}

function failedPath(wish: LifiWish, tool: string, code: string, message: string): FailedPath {
  const overallPath = pathName(wish, tool)
  const action = {
    fromChainId: wish.fromToken.chain.chainId,
    toChainId: wish.toToken.chain.chainId,
    fromAmount: String(wish.fromAmount),
    fromToken: { chainId: wish.fromToken.chain.chainId, address: wish.fromToken.address },
    toToken: { chainId: wish.toToken.chain.chainId, address: wish.toToken.address },
  }
  return { overallPath, subpaths: { [overallPath]: [{ errorType: 'NO_QUOTE', code, tool, message, action }] } }
}

function pathName({ fromToken, toToken }: LifiWish, tool: string): string {
  return `${fromToken.chain.chainId}:${fromToken.symbol}-${tool}-${toToken.chain.chainId}:${toToken.symbol}`
}
