import { type Asset, type AssetClass, type AssetKey, type ChainKey, isNative, type Token, tokenId } from '../assets.js'
import { maxLossOf } from '../policy/limits.js'
import { spendableUnits } from '../portfolio/valuation.js'
import { amountOf, type TokenAmount } from '../units/amount.js'
import { mulDiv, ratioToNumber } from '../units/ratio.js'
import { type Usd, usdToNumber, valueOf } from '../units/usd.js'
import type { PlanInput } from './dialogue.js'
import type { LegKind, VenueKey } from './quote.js'

/** A token on a chain: a place where value can lie. Values in USD. */
export interface Node {
  readonly token: Token
  /** What may be traded of it now. */
  readonly spendable: TokenAmount
  readonly value: number
}

/** A possible leg. Values in USD. */
export interface Arc {
  /** The same in every plan, and the order in which arcs enter the model. */
  readonly key: string
  readonly kind: LegKind
  readonly from: Node
  readonly to: Node
  /**
   * The liquidity it draws on: `<asset> on <chain>, sell` or `buy`. Arcs of one group meet the same pools, so at most one
   * of them is used, unless their pools are proven separate. None for a plain crossing.
   */
  readonly group: string | undefined
  /** The other side's liquidity, for a trade between two assets that are no hubs of each other. */
  readonly secondGroup?: string
  /** Exchanges it may not use, because another arc of its group does. */
  readonly without?: readonly string[]
  /** Largest value that could sensibly be sent. */
  readonly cap: number
  /** Largest average loss, a share. */
  readonly maxLoss: number
  /** Price risk of the time under way as a share of what is sent; guides the choice, is no cost of the plan. */
  readonly latencyRate: (seconds: number) => number
}

/** An asset as the plan sees it. Shares of NAV in [0, 1], values in USD. */
export interface Place {
  readonly key: AssetKey
  readonly class: AssetClass
  readonly value: number
  readonly target: number
  readonly lower: number
  readonly upper: number
  /** What its trades may do. Hubs do both; anything else only comes nearer to its levels, so that no quote makes a circle. */
  readonly mayLeave: boolean
  readonly mayArrive: boolean
  /** Whether other assets trade against it. */
  readonly isHub: boolean
}

export interface Network {
  readonly nav: number
  readonly places: readonly Place[]
  readonly nodes: readonly Node[]
  readonly arcs: readonly Arc[]
  /** What a chain's gas may cost in this plan, in USD. */
  readonly tanks: ReadonlyMap<ChainKey, number>
}

/** Of the native coin kept for gas, the share one plan may burn at the gas price of the moment: prices can double. */
const TANK_SHARE = 0.5
/** Annual volatility by class, for slices in time and for the risk of being under way (planning theory, section 2: ½·σ·√t·κ with κ = 0.2). */
export const VOLATILITY: Readonly<Record<AssetClass, number>> = { stable: 0.01, major: 0.6, other: 1 }
const LATENCY_AVERSION = 0.2
const SECONDS_PER_YEAR = 31_557_600

/**
 * Everything that could be traded or carried: on each chain every asset against its hub, crossings of hubs and of what is
 * to be sold, and, where a venue offers it, sale and crossing in one call. Nothing is quoted yet. Deterministic: arcs are
 * sorted by key.
 */
export function buildNetwork(input: PlanInput): Network {
  const places = placesOf(input)
  const nodes = nodesOf(input, new Set(places.map(({ key }) => key)))
  const arcs = new ArcFinder(input, places, nodes).find()
  const tanks = new Map(
    [...input.market.gas.keys()].map((chain) => [chain, usdToNumber(gasKept(input, chain)) * TANK_SHARE]),
  )
  return { nav: usdToNumber(input.drift.nav), places, nodes, arcs, tanks }
}

/**
 * Value of the native coin on a chain that is kept for gas: what is held, up to the reserve. Where the plan does not know
 * what is held, because the coin is no target or its asset is unknown elsewhere, the configured reserve.
 */
export function gasKept(input: PlanInput, chain: ChainKey): Usd {
  const gas = input.market.gas.get(chain)
  const price = gas && input.market.prices.get(gas.nativeAsset)
  if (!gas || price === undefined) return 0n
  const reserve = input.policy.gasReserve[chain] ?? 0n
  const known = input.valuation.assets.find(({ asset }) => asset === gas.nativeAsset)
  const held =
    known?.status === 'known'
      ? known.positions.find(({ chain: where, amount }) => where === chain && isNative(amount.token))
      : undefined
  const units = held && held.amount.units < reserve ? held.amount.units : reserve
  return mulDiv(units, price, 10n ** BigInt(gas.nativeDecimals), 'down')
}

/**
 * What a token is traded against on its chain: its asset's own hub where that is there, else the chain's. Where what is
 * held of the chain's hub is unknown it is not traded, and the known asset with most value stands in, a stable one first.
 * Undefined for the hub itself.
 */
export function hubOf(input: PlanInput, token: Token): Token | undefined {
  const { hubs, assetHubs } = input.policy
  const root = rootOf(input, token.chain, hubs[token.chain]?.asset)
  if (root === undefined || token.asset === root.asset) return undefined
  const own = assetHubs[token.asset]
  return (own === undefined ? undefined : tradedToken(input, own, token.chain)) ?? root
}

function rootOf(input: PlanInput, chain: ChainKey, hub: AssetKey | undefined): Token | undefined {
  const configured = hub === undefined ? undefined : tradedToken(input, hub, chain)
  if (configured) return configured
  const rank = (key: AssetKey) => (assetOf(input, key)?.class === 'stable' ? 0 : 1)
  return input.drift.assets
    .flatMap(({ asset, value }) => {
      const token = tradedToken(input, asset, chain)
      return token ? [{ token, value }] : []
    })
    .toSorted(
      (a, b) =>
        rank(a.token.asset) - rank(b.token.asset) ||
        (b.value > a.value ? 1 : b.value < a.value ? -1 : a.token.asset < b.token.asset ? -1 : 1),
    )[0]?.token
}

/** The token of an asset on a chain, if it may be traded: priced, on a chain that answers, with nothing unknown about it. */
function tradedToken(input: PlanInput, asset: AssetKey, chain: ChainKey): Token | undefined {
  if (!input.market.gas.has(chain) || !input.market.prices.has(asset)) return undefined
  if (input.drift.excluded.some((one) => one.asset === asset)) return undefined
  if (input.policy.hubs[chain]?.asset === asset) return input.policy.hubs[chain]
  const known = input.assets.find(({ key }) => key === asset)
  return known?.tokens.find((token) => token.chain === chain && !isNative(token))
}

function placesOf(input: PlanInput): Place[] {
  const nav = usdToNumber(input.drift.nav)
  const hubs = new Set<AssetKey>()
  for (const { asset } of input.drift.assets)
    for (const token of assetOf(input, asset)?.tokens ?? []) addHubs(input, token, hubs)
  const places = input.drift.assets.map(({ asset: key, value, target, weight }): Place => {
    const levels = input.levels.find(({ asset }) => asset === key)
    const [share, wanted] = [ratioToNumber(weight), ratioToNumber(target)]
    const lower = ratioToNumber(levels?.lower ?? target)
    const upper = ratioToNumber(levels?.upper ?? target)
    const isHub = hubs.has(key)
    return {
      key,
      class: assetOf(input, key)?.class ?? 'other',
      value: usdToNumber(value),
      target: wanted,
      lower,
      upper,
      mayLeave: isHub || (share > lower && share >= wanted),
      mayArrive: isHub || (share < upper && share <= wanted),
      isHub,
    }
  })
  // A hub that is no target of its own only passes value on.
  for (const key of [...hubs].toSorted())
    if (!places.some((place) => place.key === key) && input.market.prices.has(key) && nav > 0)
      places.push({
        key,
        class: assetOf(input, key)?.class ?? 'other',
        value: 0,
        target: 0,
        lower: 0,
        upper: 0,
        mayLeave: true,
        mayArrive: true,
        isHub: true,
      })
  return places.toSorted((a, b) => (a.key < b.key ? -1 : 1))
}

/** The hub of a token, and the hub of that one. */
function addHubs(input: PlanInput, token: Token, hubs: Set<AssetKey>): void {
  const hub = input.market.gas.has(token.chain) ? hubOf(input, token) : undefined
  if (!hub || hubs.has(hub.asset)) return
  hubs.add(hub.asset)
  addHubs(input, hub, hubs)
}

function assetOf(input: PlanInput, key: AssetKey): Asset | undefined {
  return input.assets.find((asset) => asset.key === key)
}

/** Every token that may be traded. A native coin is one only with what lies above the gas reserve. */
function nodesOf(input: PlanInput, assets: ReadonlySet<AssetKey>): Node[] {
  const nodes: Node[] = []
  for (const key of [...assets].toSorted()) {
    const price = input.market.prices.get(key)
    if (price === undefined) continue
    const valued = input.valuation.assets.find(({ asset }) => asset === key)
    const positions = valued?.status === 'known' ? valued.positions : []
    for (const token of assetOf(input, key)?.tokens ?? []) {
      if (!input.market.gas.has(token.chain)) continue
      const position = positions.find(({ amount }) => tokenId(amount.token) === tokenId(token))
      const units = position ? spendableUnits(position, input.policy.gasReserve[token.chain] ?? 0n) : 0n
      const spendable = amountOf(token, units)
      nodes.push({ token, spendable, value: usdToNumber(valueOf(spendable, price, 'down')) })
    }
  }
  return nodes.toSorted((a, b) => (tokenId(a.token) < tokenId(b.token) ? -1 : 1))
}

class ArcFinder {
  private readonly minimum: number
  private readonly maxLeg: number
  private readonly places: ReadonlyMap<AssetKey, Place>
  private readonly nodes: ReadonlyMap<string, Node>
  private readonly arcs: Arc[] = []

  constructor(
    private readonly input: PlanInput,
    places: readonly Place[],
    nodes: readonly Node[],
  ) {
    this.minimum = usdToNumber(input.policy.minimumTrade)
    this.maxLeg = usdToNumber(input.policy.maxLeg)
    this.places = new Map(places.map((place) => [place.key, place]))
    this.nodes = new Map(nodes.map((node) => [tokenId(node.token), node]))
  }

  find(): Arc[] {
    for (const node of this.nodes.values()) {
      const hub = this.hubNode(node)
      if (hub) this.swaps(node, hub)
      if (!isNative(node.token)) this.crossings(node)
    }
    return this.arcs.toSorted((a, b) => (a.key < b.key ? -1 : 1))
  }

  private swaps(node: Node, hub: Node): void {
    const { asset, chain } = node.token
    const place = this.places.get(asset)!
    const most = this.maxLeg * this.input.policy.slicing.maxSlices
    if (place.mayLeave && this.canHold(node))
      this.add('swap', node, hub, `${asset} on ${chain}, sell`, Math.min(most, this.excess(place), this.reach(node)))
    if (place.mayArrive && !isNative(node.token))
      this.add('swap', hub, node, `${asset} on ${chain}, buy`, Math.min(most, this.need(place)))
  }

  /** Crossings of hubs, of what is to leave, and sales that cross in one call. */
  private crossings(node: Node): void {
    const { asset, chain } = node.token
    const place = this.places.get(asset)!
    if (!place.mayLeave) return
    const isHub = this.isHub(asset)
    const share = this.places.size > 0 ? ratioToNumber(this.input.policy.maxBridgeShare) * this.nav() : 0
    const most = Math.min(this.maxLeg, share)
    for (const far of this.nodes.values()) {
      if (far.token.chain === chain || isNative(far.token)) continue
      if (far.token.asset === asset) {
        // What is not a hub crosses only where it lies and only to where it could be sold.
        if (isHub) this.add('bridge', node, far, undefined, most)
        else if (node.value >= this.minimum && this.hubNode(far))
          this.add('bridge', node, far, undefined, Math.min(most, node.value, this.excess(place)))
      } else if (
        !isHub &&
        node.value >= this.minimum &&
        this.input.policy.hubs[far.token.chain]?.asset === far.token.asset
      )
        this.add('bridge', node, far, `${asset} on ${chain}, sell`, Math.min(most, node.value, this.excess(place)))
    }
  }

  private add(kind: LegKind, from: Node, to: Node, group: string | undefined, cap: number): void {
    if (cap < this.minimum || venuesOf(this.input, { kind, from, to }).length === 0) return
    const [sold, bought] = [assetOf(this.input, from.token.asset), assetOf(this.input, to.token.asset)]
    if (!sold || !bought) return
    const sigma = Math.max(VOLATILITY[sold.class], VOLATILITY[bought.class])
    this.arcs.push({
      key: arcKey(kind, from.token, to.token),
      kind,
      from,
      to,
      group,
      cap,
      maxLoss: ratioToNumber(maxLossOf(this.input.policy, kind, sold, bought)),
      latencyRate: (seconds) => 0.5 * sigma * Math.sqrt(seconds / SECONDS_PER_YEAR) * LATENCY_AVERSION,
    })
  }

  /** Whether anything of the token is there or could come there. */
  private canHold(node: Node): boolean {
    if (node.value >= this.minimum) return true
    return !isNative(node.token) && this.spread(node.token.asset) >= this.minimum
  }

  private reach(node: Node): number {
    return isNative(node.token) ? node.value : this.spread(node.token.asset)
  }

  /** Everything spendable of an asset; of a hub also what sales could bring. */
  private spread(asset: AssetKey): number {
    if (this.isHub(asset)) return this.nav()
    let sum = 0
    for (const node of this.nodes.values()) if (node.token.asset === asset) sum += node.value
    return sum
  }

  private excess(place: Place): number {
    return this.isHub(place.key) ? this.nav() : place.value - place.lower * this.nav()
  }

  /** As sent value: a little more than what is to arrive. */
  private need(place: Place): number {
    return this.isHub(place.key) ? this.nav() : (place.upper * this.nav() - place.value) * 1.02
  }

  private nav(): number {
    return usdToNumber(this.input.drift.nav)
  }

  private isHub(asset: AssetKey): boolean {
    return this.places.get(asset)!.isHub
  }

  private hubNode(node: Node): Node | undefined {
    const hub = hubOf(this.input, node.token)
    return hub && this.nodes.get(tokenId(hub))
  }
}

export function arcKey(kind: LegKind, from: Token, to: Token): string {
  return `${kind} ${tokenId(from)} > ${tokenId(to)}`
}

/** Venues that serve an arc, at whatever size, in the order they are configured. */
export function venuesOf(input: PlanInput, { kind, from, to }: Pick<Arc, 'kind' | 'from' | 'to'>): readonly VenueKey[] {
  const sell = amountOf(from.token, 1n)
  return input.venuesFor({ kind, sell, buy: to.token, account: input.account, maxSlippage: input.maxSlippage })
}
