import { callCost, type ChainGas, gasOn } from './gas.js'
import { type Bridge, type Instance, type InstanceChain, pricesOf } from './instance.js'

/** A sale as a venue would route it now. Amounts in whole tokens. */
export interface Route {
  readonly kind: 'swap'
  readonly out: number
  /** Keys of the pools it fills at. */
  readonly pools: readonly string[]
  readonly gasUnits: number
  /** Reserves afterwards, by index of the pool. */
  readonly after: readonly (readonly [pool: number, first: number, second: number])[]
}

export interface Crossing {
  readonly kind: 'bridge'
  readonly out: number
  readonly bridge: number
  readonly key: string
  readonly sentUsd: number
  readonly gasUnits: number
  readonly seconds: number
}

export interface NoWay {
  readonly kind: 'none'
  readonly reason: string
  /** Whether a smaller amount might find one. */
  readonly isTooMuch: boolean
}

/** A pool as one hop: its index, and which of its two reserves is paid into. */
interface Hop {
  readonly pool: number
  readonly into: 0 | 1
}

/** A way from one asset to another: at each step any of several pools of the same pair. */
type Path = readonly (readonly Hop[])[]

/** An order is laid out in this many equal parts, each where it brings most. */
const CHUNKS = 80
/** Most assets of a chain that routes pass through. */
const MOST_CONNECTORS = 3

/** What does not change when somebody trades. */
class Terrain {
  readonly prices: ReadonlyMap<string, number>
  private readonly gas = new Map<string, ChainGas>()
  private readonly connectors = new Map<string, readonly string[]>()
  private readonly paths = new Map<string, readonly Path[]>()
  private readonly crossings = new Map<string, readonly number[]>()

  constructor(readonly instance: Instance) {
    this.prices = pricesOf(instance)
    for (const chain of instance.chains) {
      this.gas.set(chain.key, gasOn(chain))
      this.connectors.set(chain.key, connectorsOf(instance, chain))
    }
    for (const [index, { asset, from, to }] of instance.bridges.entries()) {
      const key = `${asset} ${from} ${to}`
      this.crossings.set(key, [...(this.crossings.get(key) ?? []), index])
    }
  }

  gasOn(chain: string): ChainGas {
    return this.gas.get(chain)!
  }

  connectorsOn(chain: string): readonly string[] {
    return this.connectors.get(chain)!
  }

  /** Direct pools, and ways over one or two connectors, through pools the venue sees. */
  pathsOf(venue: string, chain: string, sell: string, buy: string): readonly Path[] {
    const key = `${venue} ${chain} ${sell} ${buy}`
    const known = this.paths.get(key)
    if (known) return known
    const between = this.connectorsOn(chain).filter((one) => one !== sell && one !== buy)
    const stations = [
      [sell, buy],
      ...between.map((one) => [sell, one, buy]),
      ...between.flatMap((one) => between.filter((two) => two !== one).map((two) => [sell, one, two, buy])),
    ]
    const paths = stations
      .map((stops) => stops.slice(1).map((to, index) => this.hops(venue, chain, stops[index]!, to)))
      .filter((path) => path.every((hops) => hops.length > 0))
    this.paths.set(key, paths)
    return paths
  }

  private hops(venue: string, chain: string, from: string, to: string): Hop[] {
    return this.instance.pools.flatMap(({ chain: on, assets, venues }, pool): Hop[] => {
      if (on !== chain || !venues.includes(venue)) return []
      if (assets[0] === from && assets[1] === to) return [{ pool, into: 0 }]
      return assets[1] === from && assets[0] === to ? [{ pool, into: 1 }] : []
    })
  }

  bridgesOf(asset: string, from: string, to: string): readonly number[] {
    return this.crossings.get(`${asset} ${from} ${to}`) ?? []
  }
}

/** The chain's hub, and the assets that are paired there with two others or more: those with most pairs first. */
function connectorsOf({ pools, assets }: Instance, { key: chain, hub }: InstanceChain): string[] {
  const partners = new Map<string, Set<string>>()
  for (const { chain: on, assets: pair } of pools)
    if (on === chain)
      for (const [index, asset] of pair.entries())
        partners.set(asset, (partners.get(asset) ?? new Set()).add(pair[1 - index]!))
  const others = assets
    .map(({ key }) => key)
    .filter((key) => key !== hub && (partners.get(key)?.size ?? 0) >= 2)
    .toSorted((a, b) => partners.get(b)!.size - partners.get(a)!.size)
  return [hub, ...others].slice(0, MOST_CONNECTORS)
}

/** Received for what is paid into a constant-product pool; the fee stays outside the reserves. */
export function swapOut(into: number, outOf: number, feeBps: number, amount: number): number {
  const kept = amount * (1 - feeBps / 10_000)
  return (outOf * kept) / (into + kept)
}

/**
 * Pools and bridges in one state, whoever asks. What a venue offers is the best split over the pools it sees, direct and
 * over connectors, less gas; it never counts a pool twice, because each part of an order meets the reserves that the
 * parts before it left. Asking changes nothing; applying does.
 */
export class World {
  private constructor(
    private readonly terrain: Terrain,
    private readonly reserves: Float64Array,
    private readonly capacity: Float64Array,
  ) {}

  /** As the instance describes it. */
  static of(instance: Instance): World {
    return new World(
      new Terrain(instance),
      Float64Array.from(instance.pools.flatMap(({ reserves }) => reserves)),
      Float64Array.from(instance.bridges.map(({ capacityUsd }) => capacityUsd ?? Infinity)),
    )
  }

  get instance(): Instance {
    return this.terrain.instance
  }

  copy(): World {
    return new World(this.terrain, this.reserves.slice(), this.capacity.slice())
  }

  priceOf(asset: string): number {
    return this.terrain.prices.get(asset)!
  }

  gasOn(chain: string): ChainGas {
    return this.terrain.gasOn(chain)
  }

  /** Assets that routes on a chain may pass through. */
  connectorsOn(chain: string): readonly string[] {
    return this.terrain.connectorsOn(chain)
  }

  reservesOf(pool: number): readonly [number, number] {
    return [this.reserves[2 * pool]!, this.reserves[2 * pool + 1]!]
  }

  /** `leftOut`: keys of pools the route may not use. */
  swap(
    venue: string,
    chain: string,
    sell: string,
    buy: string,
    amount: number,
    leftOut: readonly string[] = [],
  ): Route | NoWay {
    const paths = this.terrain.pathsOf(venue, chain, sell, buy)
    if (paths.length === 0)
      return { kind: 'none', reason: `no pool of ${sell} and ${buy} on ${chain}`, isTooMuch: false }
    const gas = this.gasOn(chain)
    const worth = (route: Laid) => route.out * this.priceOf(buy) - gas.swapUnits(route.flows.size) * gas.usdPerUnit
    const without = new Set(leftOut.map((key) => this.instance.pools.findIndex((pool) => pool.key === key)))
    let best: Laid | undefined
    // Each pool more costs gas: those that carry least are left out one after another, as long as that pays.
    for (let misses = 0; misses < 2;) {
      const laid = this.layOut(paths, amount, without)
      if (!laid) break
      if (!best || worth(laid) > worth(best)) best = laid
      else misses++
      const [least] = [...laid.flows].toSorted((a, b) => a[1] - b[1])
      if (!least || laid.flows.size === 1) break
      without.add(least[0])
    }
    if (!best || !(best.out > 0)) return { kind: 'none', reason: `nothing for ${amount} ${sell}`, isTooMuch: false }
    const used = [...best.flows.keys()].toSorted((a, b) => a - b)
    return {
      kind: 'swap',
      out: best.out,
      pools: used.map((pool) => this.instance.pools[pool]!.key),
      gasUnits: gas.swapUnits(used.length),
      after: used.map((pool) => [pool, best.state[2 * pool]!, best.state[2 * pool + 1]!] as const),
    }
  }

  private layOut(paths: readonly Path[], amount: number, without: ReadonlySet<number>): Laid | undefined {
    const { pools } = this.instance
    const state = this.reserves.slice()
    const flows = new Map<number, number>()
    const chunk = amount / CHUNKS
    let out = 0
    for (let part = 0; part < CHUNKS; part++) {
      let best: { out: number; hops: readonly { hop: Hop; sent: number; got: number }[] } | undefined
      for (const path of paths) {
        let carried = chunk
        const hops: { hop: Hop; sent: number; got: number }[] = []
        for (const choice of path) {
          let [chosen, most]: [Hop | undefined, number] = [undefined, 0]
          for (const hop of choice) {
            if (without.has(hop.pool)) continue
            const got = swapOut(
              state[2 * hop.pool + hop.into]!,
              state[2 * hop.pool + 1 - hop.into]!,
              pools[hop.pool]!.feeBps,
              carried,
            )
            if (got > most) [chosen, most] = [hop, got]
          }
          if (!chosen) break
          hops.push({ hop: chosen, sent: carried, got: most })
          carried = most
        }
        if (hops.length === path.length && carried > (best?.out ?? 0)) best = { out: carried, hops }
      }
      if (!best) return undefined
      out += best.out
      for (const { hop, sent, got } of best.hops) {
        const [into, outOf] = [2 * hop.pool + hop.into, 2 * hop.pool + 1 - hop.into]
        const kept = sent * (1 - pools[hop.pool]!.feeBps / 10_000)
        state[into] = state[into]! + kept
        state[outOf] = state[outOf]! - got
        flows.set(hop.pool, (flows.get(hop.pool) ?? 0) + 1)
      }
    }
    return { out, state, flows }
  }

  /** The crossing that brings most, of those the venue quotes and whose capacity is large enough. */
  bridge(venue: string, asset: string, from: string, to: string, amount: number): Crossing | NoWay {
    const price = this.priceOf(asset)
    const sentUsd = amount * price
    const known = this.terrain
      .bridgesOf(asset, from, to)
      .filter((index) => this.instance.bridges[index]!.venues.includes(venue))
    const open = known.filter((index) => this.capacity[index]! >= sentUsd)
    const outOf = ({ feeBps, fixedFeeUsd }: Bridge) => amount * (1 - feeBps / 10_000) - fixedFeeUsd / price
    const [best] = open.toSorted((a, b) => outOf(this.instance.bridges[b]!) - outOf(this.instance.bridges[a]!))
    if (best === undefined) {
      const reason =
        known.length === 0 ? `no bridge for ${asset} from ${from} to ${to}` : `more than any bridge takes now`
      return { kind: 'none', reason, isTooMuch: known.length > 0 }
    }
    const { key, seconds } = this.instance.bridges[best]!
    const out = outOf(this.instance.bridges[best]!)
    if (!(out > 0)) return { kind: 'none', reason: `less than the fee of ${key}`, isTooMuch: false }
    return { kind: 'bridge', out, bridge: best, key, sentUsd, gasUnits: this.gasOn(from).bridgeUnits, seconds }
  }

  /** Largest value one crossing takes now, whichever venue is asked. */
  widestBridge(asset: string, from: string, to: string): number {
    return Math.max(0, ...this.terrain.bridgesOf(asset, from, to).map((index) => this.capacity[index]!))
  }

  apply(way: Route | Crossing): void {
    if (way.kind === 'bridge') {
      this.capacity[way.bridge] = this.capacity[way.bridge]! - way.sentUsd
      return
    }
    for (const [pool, first, second] of way.after) {
      this.reserves[2 * pool] = first
      this.reserves[2 * pool + 1] = second
    }
  }

  /** Gas of a way with the approval before it, in USD. */
  gasCost(chain: string, way: Route | Crossing): number {
    return callCost(this.gasOn(chain), way.gasUnits)
  }
}

/** An order laid out: what it brings, all reserves afterwards, and how many parts went through each pool. */
interface Laid {
  readonly out: number
  readonly state: Float64Array
  readonly flows: ReadonlyMap<number, number>
}
