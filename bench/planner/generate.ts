import { FORMAT, type Instance, type InstanceAsset, navOf, parseInstance, pricesOf } from './instance.js'
import { Random } from './random.js'

/** `AxCxV`: how many assets, chains and venues. */
export interface Size {
  readonly assets: number
  readonly chains: number
  readonly venues: number
}

type Kind = InstanceAsset['class']

/** The first assets of every instance; further ones are invented. Prices are only roughly those of the day. */
const FIRST_ASSETS: readonly (Omit<InstanceAsset, 'priceUsd'> & { readonly price: readonly [number, number] })[] = [
  { key: 'USDC', class: 'stable', decimals: 6, price: [1, 1] },
  { key: 'ETH', class: 'major', decimals: 18, price: [2_000, 4_500] },
  { key: 'BTC', class: 'major', decimals: 8, price: [50_000, 120_000] },
  { key: 'USDT', class: 'stable', decimals: 6, price: [0.9995, 1.0005] },
  { key: 'STETH', class: 'major', decimals: 18, hub: 'ETH', price: [2_200, 5_000] },
]
const HUB = 'USDC'
/** What crosses bridges; everything else stays where it is. */
const CROSSING = ['USDC', 'ETH', 'BTC']
const BRIDGES = ['swift', 'canal', 'ferry']

/** Fees of pools against the hub, by class, in basis points; the deepest pool of an asset has one of the first two. */
const FEES: Readonly<Record<Kind, readonly number[]>> = { stable: [1, 1, 5], major: [5, 5, 30], other: [30, 30, 100] }
/** Reserve of a pool's side as a multiple of the instance's typical order, in the median. */
const DEPTH: Readonly<Record<Kind, number>> = { stable: 1_600, major: 600, other: 200 }
/** The same for pools that join two assets directly. */
const DIRECT = { lst: { depth: 1_200, fee: 1 }, stable: { depth: 2_400, fee: 1 }, asset: { depth: 100, fee: 30 } }
const BASIS_POINT = 1e-4

/**
 * A plausible instance, the same for the same arguments. What is chosen, and why:
 *
 * - NAV from 1 to 50 million USD, uniform in the logarithm: gas matters at one end, impact at the other.
 * - The first chain is expensive (a swap with its approval costs 4 to 12 USD), all others cheap (0.02 to 0.30 USD).
 * - USDC is the hub on every chain. ETH and BTC live on nearly every chain, others on a random part, at least one.
 * - Holdings are uneven: an asset lies on one to four of its chains, in random shares.
 * - Against the hub an asset has one to three pools per chain. Depth is log-normal and scaled with the typical order (a
 *   twentieth of NAV over half of the assets), so that in one place an order loses about as much to its own price impact
 *   as to fees, whatever the NAV; the first chain is 2.5 times as deep. A tenth of the assets also pair with ETH directly, the staked coin with ETH, stable with stable.
 * - A pool's price is off the oracle by up to half of its fee: inside the fee, so no circle of trades earns anything.
 * - A venue sees a pool with probability 0.85, and somebody sees every pool.
 * - Targets are the holdings moved at random, scaled until 3 to 8 % of NAV must be sold to reach the reset levels.
 * - Bands are 8 % of the weight and 0.8 % of NAV at most. Assets outside return to half of the band, those inside may be
 *   used within it.
 * - Two bridges, three on more than five chains. They carry the hub between nine of ten pairs of chains each, ETH and BTC
 *   between seven of ten, for 1 to 8 basis points and 0.2 to 2 USD, up to 5 USD from or to the first chain. A third has a
 *   capacity of 2 to 20 typical orders. One bridge always carries the hub without a limit, so what has to be reached can be
 *   reached.
 */
export function generateInstance(size: Size, seed: number): Instance {
  const random = new Random(seed * 1_000_003 + size.assets * 10_007 + size.chains * 101 + size.venues)
  const nav = random.logBetween(1e6, 50e6)
  const order = (nav * 0.05) / Math.max(2, size.assets / 2)
  const assets = drawAssets(size, random)
  const chains = drawChains(size, random)
  const venues = Array.from({ length: size.venues }, (_, index) => `venue${index + 1}`)
  const homes = new Map(
    assets.map((asset) => [
      asset.key,
      drawHomes(
        asset,
        chains.map(({ key }) => key),
        random,
      ),
    ]),
  )
  const balances = drawBalances(assets, homes, nav, random)
  const draft: Instance = {
    format: FORMAT,
    name: `${size.assets}x${size.chains}x${size.venues} seed ${seed}`,
    venues,
    assets,
    chains,
    balances,
    targets: [],
    pools: drawPools(assets, homes, chains[0]!.key, venues, order, random),
    bridges: drawBridges(
      homes,
      chains.map(({ key }) => key),
      venues,
      4 * order,
      random,
    ),
    limits: {
      minimumTradeUsd: Math.max(25, Math.round(nav * 5e-5)),
      maxLegUsd: Math.round(nav * 0.25),
      maxLegs: 3 * size.assets + 2 * size.chains,
      maxLossBps: { stable: 50, major: 150, other: 400 },
      maxBridgeLossBps: 100,
    },
  }
  return parseInstance({ ...draft, targets: drawTargets(draft, random) })
}

function drawAssets(size: Size, random: Random): InstanceAsset[] {
  return Array.from({ length: size.assets }, (_, index): InstanceAsset => {
    const first = FIRST_ASSETS[index]
    if (first) {
      const { price, ...asset } = first
      return { ...asset, priceUsd: rounded(random.logBetween(price[0], price[1])) }
    }
    const decimals = random.chance(0.85) ? 18 : 8
    return { key: `TOK${index + 1}`, class: 'other', priceUsd: rounded(random.logBetween(0.05, 400)), decimals }
  })
}

function drawChains(size: Size, random: Random): Instance['chains'] {
  const unitsOfSwap = 185_000
  return Array.from({ length: size.chains }, (_, index) => {
    const swapUsd = index === 0 ? random.logBetween(4, 12) : random.logBetween(0.02, 0.3)
    return {
      key: index === 0 ? 'main' : `rollup${index}`,
      hub: HUB,
      gas: { usdPerUnit: rounded(swapUsd / unitsOfSwap) },
      nativeUsd: index === 0 ? 2_000 : 100,
    }
  })
}

/** Chains an asset lives on. */
function drawHomes({ key, class: kind }: InstanceAsset, chains: readonly string[], random: Random): string[] {
  if (key === HUB) return [...chains]
  const likely = kind === 'other' ? random.between(0.25, 0.7) : 0.9
  const homes = chains.filter(() => random.chance(likely))
  return homes.length > 0 ? homes : [random.pick(chains)]
}

function drawBalances(
  assets: readonly InstanceAsset[],
  homes: ReadonlyMap<string, readonly string[]>,
  nav: number,
  random: Random,
): Instance['balances'] {
  const weightOf = ({ class: kind, key }: InstanceAsset) =>
    random.logBetween(0.5, 2) * (key === HUB ? 2.5 : kind === 'other' ? 1 : 2)
  const raw = assets.map(weightOf)
  const sum = raw.reduce((a, b) => a + b, 0)
  return assets.flatMap(({ key, priceUsd }, index) => {
    const where = random.shuffled(homes.get(key)!).slice(0, random.whole(1, 4))
    const parts = where.map(() => random.logBetween(0.1, 1))
    const whole = parts.reduce((a, b) => a + b, 0)
    return where.map((chain, place) => ({
      asset: key,
      chain,
      amount: rounded(((raw[index]! / sum) * nav * (parts[place]! / whole)) / priceUsd),
    }))
  })
}

function drawPools(
  assets: readonly InstanceAsset[],
  homes: ReadonlyMap<string, readonly string[]>,
  main: string,
  venues: readonly string[],
  order: number,
  random: Random,
): Instance['pools'] {
  const pools: Instance['pools'] = []
  const add = (chain: string, first: InstanceAsset, second: InstanceAsset, feeBps: number, medianDepth: number) => {
    const depth = medianDepth * order * Math.exp(0.7 * random.normal()) * (chain === main ? 2.5 : 1)
    const off = 1 + random.between(-0.5, 0.5) * feeBps * BASIS_POINT
    const seen = venues.filter(() => random.chance(0.85))
    pools.push({
      key: `pool${pools.length + 1}`,
      chain,
      assets: [first.key, second.key],
      reserves: [rounded((depth / first.priceUsd) * Math.sqrt(off)), rounded(depth / second.priceUsd / Math.sqrt(off))],
      feeBps,
      venues: seen.length > 0 ? seen : [random.pick(venues)],
    })
  }
  const find = (key: string) => assets.find((asset) => asset.key === key)
  const [hub, eth] = [find(HUB)!, find('ETH')]
  for (const asset of assets) {
    if (asset.key === HUB) continue
    for (const chain of homes.get(asset.key)!) {
      const count = random.whole(1, 3)
      for (let nth = 0; nth < count; nth++) {
        const fees = FEES[asset.class]
        const feeBps = nth === 0 ? fees[random.whole(0, 1)]! : random.pick(fees)
        // A staked coin trades against the coin; what there is against the hub is thin.
        const thin = asset.hub === undefined ? 1 : 0.15
        add(chain, asset, hub, feeBps, (DEPTH[asset.class] / (1 + nth)) * thin)
      }
      const hasEth = eth !== undefined && asset !== eth && homes.get('ETH')!.includes(chain)
      if (asset.hub === 'ETH' && hasEth) add(chain, asset, eth, DIRECT.lst.fee, DIRECT.lst.depth)
      else if (asset.class === 'stable' && random.chance(0.7))
        add(chain, asset, hub, DIRECT.stable.fee, DIRECT.stable.depth)
      else if (hasEth && random.chance(0.1))
        add(
          chain,
          asset,
          eth,
          asset.class === 'major' ? 5 : DIRECT.asset.fee,
          DIRECT.asset.depth * (asset.class === 'major' ? 3 : 1),
        )
    }
  }
  return pools
}

function drawBridges(
  homes: ReadonlyMap<string, readonly string[]>,
  chains: readonly string[],
  venues: readonly string[],
  usualCapacity: number,
  random: Random,
): Instance['bridges'] {
  const bridges: Instance['bridges'] = []
  const names = BRIDGES.slice(0, chains.length > 5 ? 3 : 2)
  for (const [rank, key] of names.entries())
    for (const asset of CROSSING)
      for (const from of chains)
        for (const to of chains) {
          const where = homes.get(asset)
          if (from === to || !where?.includes(from) || !where.includes(to)) continue
          const isLifeline = rank === 0 && asset === HUB
          if (!isLifeline && !random.chance(asset === HUB ? 0.9 : 0.7)) continue
          const isMain = from === chains[0] || to === chains[0]
          const seen = venues.filter(() => random.chance(0.6))
          bridges.push({
            key,
            asset,
            from,
            to,
            feeBps: rounded(random.logBetween(1, 8)),
            fixedFeeUsd: rounded(random.logBetween(0.2, isMain ? 5 : 2)),
            ...(!isLifeline &&
              random.chance(0.33) && { capacityUsd: Math.round(usualCapacity * random.logBetween(0.5, 5)) }),
            seconds: Math.round(random.logBetween(20, 1_200)),
            venues: seen.length > 0 ? seen : [random.pick(venues)],
          })
        }
  return bridges
}

/** Holdings moved at random, scaled so that what must be sold to reach the levels is 3 to 8 % of NAV. */
function drawTargets(draft: Instance, random: Random): Instance['targets'] {
  const nav = navOf(draft)
  const prices = pricesOf(draft)
  const held = draft.assets.map(({ key }) =>
    draft.balances.reduce((sum, { asset, amount }) => sum + (asset === key ? (amount * prices.get(key)!) / nav : 0), 0),
  )
  const wanted = random.between(0.03, 0.08)
  // Half of the assets are too heavy, half too light; the size of the move goes with the weight.
  const signs = random.shuffled(draft.assets.map((_, index) => (index % 2 === 0 ? 1 : -1)))
  const moves = held.map((weight, index) => signs[index]! * weight * random.between(0.3, 1))
  const surplus = (sign: number) => moves.reduce((sum, move) => sum + Math.max(0, sign * move), 0)
  const [up, down] = [surplus(1), surplus(-1)]
  const balanced = moves.map((move) =>
    move > 0 ? (move * down) / Math.max(up, down) : (move * up) / Math.max(up, down),
  )
  const targetsAt = (scale: number) =>
    held.map((weight, index) => {
      const target = Math.max(0, weight - scale * balanced[index]!)
      const band = Math.min(0.08 * target, 0.008)
      const width = Math.abs(weight - target) > band ? band / 2 : band
      return {
        asset: draft.assets[index]!.key,
        weight: target,
        band,
        lower: Math.max(0, target - width),
        upper: target + width,
      }
    })
  const mustSell = (scale: number) =>
    targetsAt(scale).reduce((sum, { upper }, index) => sum + Math.max(0, held[index]! - upper), 0)
  let [least, most] = [0, 1]
  for (let step = 0; step < 40; step++) {
    const middle = (least + most) / 2
    if (mustSell(middle) < wanted) least = middle
    else most = middle
  }
  const targets = targetsAt(most)
  const sum = targets.reduce((total, { weight }) => total + weight, 0)
  return targets.map((target) => ({
    ...target,
    weight: target.weight / sum,
    lower: Math.min(target.lower, target.weight / sum),
    upper: Math.max(target.upper, target.weight / sum),
  }))
}

/** To ten figures: what is written to a file is what was planned. */
function rounded(value: number): number {
  return Number(value.toPrecision(10))
}
