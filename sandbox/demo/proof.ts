import { erc20Abi, formatUnits, isAddressEqual, parseEventLogs, parseUnits } from 'viem'
import { findToken, gasPriceIn, type ReferencePrices } from '../aggregators/listed-token.js'
import { gasOfCrossing } from '../aggregators/lifi-offer.js'
import { createTrader } from '../aggregators/trade.js'
import { bridgeFee, bridgeTerms } from '../bridges/terms.js'
import type { SandboxChain } from '../chains.js'
import { nativeAsset } from '../daemon-config.js'
import type { Hex, World } from '../world.js'
import { type Holding, holdingsOf } from './audit.js'
import type { AmountView, CycleView, LegView } from './views.js'

/** The world right before the daemon was let trade: what the account had, and each chain's block. */
export interface Start {
  holdings: readonly Holding[]
  blocks: ReadonlyMap<string, bigint>
}

/** What the daemon's plans promised beside what the chains say they cost. All in USD at the prices of the first decision. */
export interface Proof {
  plannedUsd: number
  /** What the account lost from start to end, by its balances, gas included. */
  realisedUsd: number
  /** The largest trade of one asset for another, over all chains. */
  sale: {
    sold: string
    bought: string
    soldUsd: number
    /** By the receipts: lost between sale and receipt, on bridges on the way, and as gas. */
    realisedUsd: number
    /** The cheapest way to make it as one order of one aggregator on one chain, with the bridge to that chain. */
    single: { usd: number; route: string }
  }
}

interface Known {
  world: Pick<World, 'pools'>
  chains: readonly SandboxChain[]
  account: Hex
  prices: ReferencePrices
}

export async function startOf(chains: readonly SandboxChain[], account: Hex): Promise<Start> {
  const blocks = new Map<string, bigint>()
  for (const { key, publicClient } of chains) blocks.set(key, await publicClient.getBlockNumber())
  return { holdings: await holdingsOf(chains, account), blocks }
}

export async function proveCosts(
  { world, chains, account }: Omit<Known, 'prices'>,
  start: Start,
  cycles: readonly CycleView[],
): Promise<Proof | undefined> {
  const [first] = cycles
  if (!first) return undefined
  const prices = pricesOf(first)
  const known: Known = { world, chains, account, prices }
  const sale = largestSale(known, cycles)
  if (!sale) return undefined
  return {
    plannedUsd: cycles.flatMap(legsThatRan).reduce((sum, { cost }) => sum + Number(cost.totalUsd), 0),
    realisedUsd: await spent(known, start.holdings),
    sale: {
      sold: sale.sold,
      bought: sale.bought,
      soldUsd: sale.soldUsd,
      realisedUsd: await paidFor(known, sale),
      single: await bestSingleRoute(known, start, sale),
    },
  }
}

/** Prices of the decision; the daemon's own, so that planned and realised cost are in one measure. */
function pricesOf({ prices }: CycleView): ReferencePrices {
  return {
    usd(asset) {
      const price = prices[asset]
      if (price === undefined) throw new Error(`The decision had no price of ${asset}.`)
      return Number(price)
    },
  }
}

/** The legs of a cycle's plan that were carried out; what was planned anew counts in the later cycle. */
function legsThatRan({ plan, legs }: CycleView): LegView[] {
  const done = new Set(legs.filter(({ sold }) => sold !== null).map(({ id }) => id))
  return plan?.legs.filter(({ id }) => done.has(id)) ?? []
}

async function spent({ chains, account, prices }: Known, before: readonly Holding[]): Promise<number> {
  const after = await holdingsOf(chains, account)
  return before.reduce((sum, { chain, token, asset, decimals, units }) => {
    const left = after.find((one) => one.chain === chain && isAddressEqual(one.token, token))?.units ?? 0n
    return sum + Number(formatUnits(units - left, decimals)) * prices.usd(asset)
  }, 0)
}

interface Sale {
  sold: string
  bought: string
  soldUsd: number
  trades: { cycle: CycleView; leg: LegView }[]
}

function largestSale({ chains, prices }: Known, cycles: readonly CycleView[]): Sale | undefined {
  const sales = new Map<string, Sale>()
  for (const cycle of cycles)
    for (const leg of legsThatRan(cycle)) {
      if (leg.kind !== 'swap') continue
      const [sold, bought] = [assetOf(chains, leg.sell), assetOf(chains, leg.expectedOut)]
      const key = `${sold} > ${bought}`
      const sale = sales.get(key) ?? { sold, bought, soldUsd: 0, trades: [] }
      sale.soldUsd += Number(leg.sell.amount) * prices.usd(sold)
      sale.trades.push({ cycle, leg })
      sales.set(key, sale)
    }
  return [...sales.values()].toSorted((a, b) => b.soldUsd - a.soldUsd)[0]
}

function assetOf(chains: readonly SandboxChain[], { chain, symbol }: AmountView): string {
  const token = findToken(chainOf(chains, chain), symbol)
  if (!token) throw new Error(`There is no ${symbol} on ${chain}.`)
  return token.asset
}

/** What the trades of a sale cost, with their part of the bridge transfers that brought what they sold. */
async function paidFor(known: Known, { trades }: Sale): Promise<number> {
  let paid = 0
  for (const { cycle, leg } of trades) {
    paid += await paidForLeg(known, cycle, leg)
    for (const { leg: id, units } of leg.funding) {
      const source = cycle.plan?.legs.find((one) => one.id === id)
      if (source?.kind !== 'bridge') continue
      const part = Number(units) / Number(source.expectedOut.units)
      paid += part * (await paidForLeg(known, cycle, source))
    }
  }
  return paid
}

/** By the receipts of every transaction of the leg, and of the one that paid out its transfer. */
async function paidForLeg({ chains, account, prices }: Known, cycle: CycleView, leg: LegView): Promise<number> {
  let paid = 0
  const moved = async (chainKey: string, hash: string, isOwn: boolean) => {
    const chain = chainOf(chains, chainKey)
    const receipt = await chain.publicClient.getTransactionReceipt({ hash: hash as Hex })
    if (isOwn) paid += Number(formatUnits(receipt.gasUsed * receipt.effectiveGasPrice, 18)) * prices.usd(nativeAsset)
    for (const { address, args } of parseEventLogs({ abi: erc20Abi, eventName: 'Transfer', logs: receipt.logs })) {
      const token = Object.values(chain.tokens).find((one) => isAddressEqual(one.address, address))
      if (!token || isAddressEqual(args.from, args.to)) continue
      const value = Number(formatUnits(args.value, token.decimals)) * prices.usd(token.asset)
      if (isAddressEqual(args.from, account)) paid += value
      if (isAddressEqual(args.to, account)) paid -= value
    }
  }
  for (const { id, chain, inclusion } of cycle.intents)
    if (inclusion && id.startsWith(`${leg.id}.`)) await moved(chain, inclusion.hash, true)
  const arrivals = cycle.transfers.find(({ id }) => id === leg.id)?.arrivals ?? []
  for (const [hash, { chain }] of new Map(arrivals.map((one) => [one.hash, one]))) await moved(chain, hash, false)
  return paid
}

/**
 * Everything at once through one aggregator, as its server would have quoted it at the start: where most of it lies, or on
 * any other chain after the cheapest bridge. The approvals it would need are not counted.
 */
async function bestSingleRoute(known: Known, start: Start, sale: Sale): Promise<Proof['sale']['single']> {
  const { world, chains, prices } = known
  const held = start.holdings.filter(({ asset }) => asset === sale.sold).toSorted((a, b) => valueOf(b) - valueOf(a))
  const origin = chainOf(chains, held[0]?.chain ?? '')
  const gasPrice = (chain: SandboxChain) => BigInt(sale.trades[0]?.cycle.gasPricesWei[chain.key] ?? 0)
  const gasUsd = (chain: SandboxChain, gas: bigint) =>
    Number(formatUnits(gas * gasPrice(chain), 18)) * prices.usd(nativeAsset)
  const routes: { usd: number; route: string }[] = []
  for (const chain of chains) {
    const [from, to] = [sale.sold, sale.bought].map((asset) => tokenOf(chain, asset))
    const there = tokenOf(origin, sale.sold)
    const blockNumber = start.blocks.get(chain.key)
    if (!from || !to || !there || blockNumber === undefined) continue
    const sold = parseUnits((sale.soldUsd / prices.usd(sale.sold)).toFixed(from.decimals), from.decimals)
    const fees = bridgeTerms
      .filter(({ liquidityUsd }) => liquidityUsd > sale.soldUsd)
      .map((terms) => ({ name: terms.name, fee: bridgeFee(terms, sold, { ...there, usd: prices.usd(sale.sold) }) }))
      .toSorted((a, b) => (a.fee < b.fee ? -1 : 1))
    const bridge = chain === origin ? undefined : fees[0]
    if (chain !== origin && !bridge) continue
    const amountIn = sold - (bridge?.fee ?? 0n)
    for (const aggregator of ['lifi', 'zeroex'] as const) {
      const trade = await createTrader(chain, world, aggregator).work({
        tokenIn: from.address,
        tokenOut: to.address,
        amountIn,
        kinds: new Set(['uniswap-v2', 'uniswap-v3']),
        gasPriceInOutput: (weiPerGas) => gasPriceIn(prices, to, weiPerGas),
        blockNumber,
      })
      if (!trade) continue
      const received = Number(formatUnits(trade.amountOut, to.decimals)) * prices.usd(sale.bought)
      const crossing = bridge ? gasUsd(origin, gasOfCrossing) : 0
      const way = bridge ? `from ${origin.key} over ${bridge.name} to ${chain.key}, ` : `on ${chain.key} `
      routes.push({
        usd: sale.soldUsd - received + gasUsd(chain, trade.gas) + crossing,
        route: `${way}through ${aggregator === 'lifi' ? 'LI.FI' : '0x'}`,
      })
    }
  }
  const [best] = routes.toSorted((a, b) => a.usd - b.usd)
  if (!best) throw new Error(`No aggregator sells ${sale.sold} for ${sale.bought} in one order.`)
  return best
}

const valueOf = ({ units, decimals }: Holding) => Number(formatUnits(units, decimals))

function tokenOf(chain: SandboxChain, asset: string) {
  const symbol = Object.keys(chain.tokens).find((one) => chain.token(one).asset === asset)
  return symbol === undefined ? undefined : findToken(chain, symbol)
}

function chainOf(chains: readonly SandboxChain[], key: string): SandboxChain {
  const chain = chains.find((one) => one.key === key)
  if (!chain) throw new Error(`There is no chain ${key}.`)
  return chain
}
