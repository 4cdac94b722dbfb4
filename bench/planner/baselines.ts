import { Account, type Outcome } from './account.js'
import type { Portfolio } from './portfolio.js'
import type { Crossing, Route, World } from './world.js'

/** How a plain method chooses; what it has to trade is given. */
interface Manner {
  /** Venues to ask for a sale, the first that serves or the best of them. */
  readonly isFirstVenue: boolean
  /** Chains for a sale of an asset, in order of preference. */
  readonly sellOn: (account: Account, asset: string, amount: number) => readonly string[]
  readonly buyOn: (account: Account, asset: string, value: number) => readonly string[]
  readonly order: (wanted: readonly Want[]) => readonly Want[]
}

interface Want {
  readonly asset: string
  /** Net change in USD: negative is to be sold, positive is to be received. */
  readonly change: number
}

export interface BaselineOutcome extends Outcome {
  /** Value in USD of the changes that were not made. */
  readonly missingUsd: number
}

const HALVINGS = 30
/** Room for what the purchases of one chain move each other's prices. */
const ROOM = 1.002
/** Changes below this share of NAV are what rounding left. */
const NEGLIGIBLE = 1e-7

/**
 * Every change in one order where that one order is cheapest: an overweight asset is sold to the hub on the chain and at
 * the venue where it costs least per value, gas included; only what that chain does not hold goes to the next best. The
 * hub is moved over the cheapest bridge to where an underweight asset is bought cheapest, largest first.
 */
export function playGreedy(portfolio: Portfolio, world: World, changes: ReadonlyMap<string, number>): BaselineOutcome {
  const hub = hubOf(portfolio)
  return play(portfolio, world, changes, {
    isFirstVenue: false,
    sellOn: (account, asset, amount) => {
      const chains = holdingChains(account, asset)
      const enough = chains.filter((chain) => account.balanceOf(asset, chain) >= amount * (1 - 1e-9))
      const lossOn = (chain: string) => {
        const sold = Math.min(amount, account.balanceOf(asset, chain))
        return lossPerValue(account.world, chain, asset, hub, sold)
      }
      return cheapest(enough.length > 0 ? enough : chains, lossOn)
    },
    buyOn: (account, asset, value) =>
      cheapest(allChains(account), (chain) =>
        lossPerValue(account.world, chain, hub, asset, value / account.world.priceOf(hub)),
      ),
    order: (wanted) => wanted.toSorted((a, b) => Math.abs(b.change) - Math.abs(a.change)),
  })
}

/**
 * One aggregator, the first that serves, in the order of the instance: sold on the chain with the largest balance, bought
 * on the chain where most of the hub lies, or else on the first listed.
 */
export function playNaive(portfolio: Portfolio, world: World, changes: ReadonlyMap<string, number>): BaselineOutcome {
  const hub = hubOf(portfolio)
  return play(portfolio, world, changes, {
    isFirstVenue: true,
    sellOn: (account, asset) =>
      holdingChains(account, asset).toSorted((a, b) => account.balanceOf(asset, b) - account.balanceOf(asset, a)),
    buyOn: (account) => allChains(account).toSorted((a, b) => account.balanceOf(hub, b) - account.balanceOf(hub, a)),
    order: (wanted) => wanted,
  })
}

/** The asset that is hub on most chains. */
function hubOf({ instance }: Portfolio): string {
  const count = (asset: string) => instance.chains.filter(({ hub }) => hub === asset).length
  return instance.chains.map(({ hub }) => hub).toSorted((a, b) => count(b) - count(a))[0]!
}

function play(
  portfolio: Portfolio,
  world: World,
  changes: ReadonlyMap<string, number>,
  manner: Manner,
): BaselineOutcome {
  const account = new Account(world.copy(), portfolio)
  const hub = hubOf(portfolio)
  const nav = [...account.values().values()].reduce((sum, value) => sum + value, 0)
  const wanted = portfolio.instance.assets
    .map(({ key: asset }) => ({ asset, change: changes.get(asset) ?? 0 }))
    .filter(({ asset, change }) => asset !== hub && Math.abs(change) > NEGLIGIBLE * nav)
  let missingUsd = 0
  for (const { asset, change } of manner.order(wanted.filter((one) => one.change < 0)))
    missingUsd += sell(account, manner, hub, asset, -change / world.priceOf(asset)) * world.priceOf(asset)
  const buys = manner.order(wanted.filter((one) => one.change > 0)).flatMap(({ asset, change }) => {
    for (const chain of manner.buyOn(account, asset, change)) {
      const venue = venueFor(account.world, manner, chain, hub, asset, change / world.priceOf(hub))
      if (venue === undefined) continue
      const spend = spendFor(account.world, venue, chain, hub, asset, change / world.priceOf(asset))
      if (spend !== undefined) return [{ asset, chain, venue, change, spend }]
    }
    missingUsd += change
    return []
  })
  const spentOn = (chain: string) => ROOM * buys.reduce((sum, buy) => sum + (buy.chain === chain ? buy.spend : 0), 0)
  for (const chain of allChains(account)) bring(account, manner, hub, chain, spentOn(chain), spentOn)
  for (const { asset, chain, venue, change } of buys) {
    // What was bought before on the same pools may have moved the price.
    const spend = spendFor(account.world, venue, chain, hub, asset, change / world.priceOf(asset))
    const bought = spend === undefined ? undefined : account.swap(venue, chain, hub, asset, spend)
    missingUsd += Math.max(0, change - (bought?.received ?? 0) * world.priceOf(asset))
  }
  return { ...account.outcome(), missingUsd }
}

/** What could not be sold, in whole tokens. */
function sell(account: Account, manner: Manner, hub: string, asset: string, amount: number): number {
  let left: number = amount
  for (const chain of manner.sellOn(account, asset, amount)) {
    if (left <= amount * 1e-9) break
    const venue = venueFor(account.world, manner, chain, asset, hub, Math.min(left, account.balanceOf(asset, chain)))
    if (venue !== undefined) left -= account.swap(venue, chain, asset, hub, left)?.sold ?? 0
  }
  return Math.max(0, left)
}

/** Brings the hub to a chain until there is enough to spend, leaving every other chain what it spends itself. */
function bring(
  account: Account,
  manner: Manner,
  hub: string,
  to: string,
  needed: number,
  spentOn: (chain: string) => number,
): void {
  const { world } = account
  const chains = allChains(account)
  for (let tries = 0; tries < 3 * chains.length; tries++) {
    const lacking = needed - account.balanceOf(hub, to)
    if (lacking <= needed * 1e-9) return
    const most = lacking * 1.01 + 10 / world.priceOf(hub)
    const offers = chains.flatMap((from) => {
      const spare = account.balanceOf(hub, from) - spentOn(from)
      const amount = Math.min(spare, world.widestBridge(hub, from, to) / world.priceOf(hub), most)
      if (from === to || amount * world.priceOf(hub) < 1) return []
      return account.instance.venues.flatMap((venue) => {
        const way = world.bridge(venue, hub, from, to, amount)
        return way.kind === 'none'
          ? []
          : [{ venue, from, amount, spare, loss: 1 - netOf(world, from, hub, way) / (amount * world.priceOf(hub)) }]
      })
    })
    const whole = offers.filter(({ amount }) => amount >= most)
    const best = (whole.length > 0 ? whole : offers).toSorted((a, b) =>
      manner.isFirstVenue ? b.spare - a.spare : a.loss - b.loss,
    )[0]
    if (!best) return
    account.bridge(best.venue, hub, best.from, to, sizeToBring(world, best, hub, to, lacking))
  }
}

/** How much to send so that `wanted` arrives, at most what was offered. */
function sizeToBring(
  world: World,
  { venue, from, amount }: { readonly venue: string; readonly from: string; readonly amount: number },
  hub: string,
  to: string,
  wanted: number,
): number {
  return least(amount, (sent) => {
    const way = world.bridge(venue, hub, from, to, sent)
    return way.kind !== 'none' && way.out >= wanted
  })
}

/** The hub to spend so that `wanted` tokens are received; undefined when no amount does. */
function spendFor(
  world: World,
  venue: string,
  chain: string,
  hub: string,
  asset: string,
  wanted: number,
): number | undefined {
  const brings = (spent: number) => {
    const way = world.swap(venue, chain, hub, asset, spent)
    return way.kind !== 'none' && way.out >= wanted
  }
  const most = (1.5 * wanted * world.priceOf(asset)) / world.priceOf(hub)
  return brings(most) ? least(most, brings) : undefined
}

/** The least amount up to `most` that is enough; `most` itself where nothing less is. */
function least(most: number, isEnough: (amount: number) => boolean): number {
  let [low, high] = [0, most]
  for (let step = 0; step < HALVINGS; step++) {
    const middle = (low + high) / 2
    if (isEnough(middle)) high = middle
    else low = middle
  }
  return high
}

function venueFor(
  world: World,
  { isFirstVenue }: Manner,
  chain: string,
  sold: string,
  bought: string,
  amount: number,
): string | undefined {
  const serving = offersOf(world, chain, sold, bought, amount)
  return (isFirstVenue ? serving : serving.toSorted((a, b) => b.net - a.net))[0]?.venue
}

function offersOf(world: World, chain: string, sold: string, bought: string, amount: number) {
  if (!(amount > 0)) return []
  return world.instance.venues.flatMap((venue) => {
    const way = world.swap(venue, chain, sold, bought, amount)
    return way.kind === 'none' ? [] : [{ venue, net: netOf(world, chain, bought, way) }]
  })
}

/** Loss and gas as a share of the sale at the best venue; infinite where nobody serves. */
function lossPerValue(world: World, chain: string, sold: string, bought: string, amount: number): number {
  const best = Math.max(-Infinity, ...offersOf(world, chain, sold, bought, amount).map(({ net }) => net))
  return 1 - best / (amount * world.priceOf(sold))
}

function netOf(world: World, chain: string, bought: string, way: Route | Crossing): number {
  return way.out * world.priceOf(bought) - world.gasCost(chain, way)
}

function cheapest(chains: readonly string[], lossOn: (chain: string) => number): string[] {
  return chains
    .map((chain) => ({ chain, loss: lossOn(chain) }))
    .filter(({ loss }) => loss < Infinity)
    .toSorted((a, b) => a.loss - b.loss)
    .map(({ chain }) => chain)
}

function holdingChains(account: Account, asset: string): string[] {
  return allChains(account).filter((chain) => account.balanceOf(asset, chain) > 0)
}

function allChains({ instance }: Account): string[] {
  return instance.chains.map(({ key }) => key)
}
