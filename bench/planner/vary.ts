import { type Instance, weightsOf } from './instance.js'
import { Random } from './random.js'

/**
 * The same portfolio a while later: prices up to half a percent off, pools moved along with them (a pool is where
 * arbitrage leaves it), balances up to one percent off.
 */
export function later(instance: Instance, seed: number): Instance {
  const random = new Random(seed)
  const factors = new Map(
    instance.assets.map(({ key, class: kind }) => [key, kind === 'stable' ? 1 : 1 + random.between(-0.005, 0.005)]),
  )
  return {
    ...instance,
    assets: instance.assets.map((asset) => ({ ...asset, priceUsd: asset.priceUsd * factors.get(asset.key)! })),
    balances: instance.balances.map((balance) => ({ ...balance, amount: balance.amount * random.between(0.99, 1.01) })),
    pools: instance.pools.map((pool) => {
      const turn = Math.sqrt(factors.get(pool.assets[0])! / factors.get(pool.assets[1])!)
      return { ...pool, reserves: [pool.reserves[0] / turn, pool.reserves[1] * turn] }
    }),
  }
}

/** The same holdings and markets with every distance to target, band and levels included, multiplied. */
export function scaledDrift(instance: Instance, scale: number): Instance {
  const weights = weightsOf(instance)
  return {
    ...instance,
    targets: instance.targets.map(({ asset, weight, band, lower, upper }) => {
      const held = weights.get(asset)!
      const moved = (to: number) => Math.max(0, Math.min(1, held + scale * (to - held)))
      return { asset, weight: moved(weight), band: Math.min(1, band * scale), lower: moved(lower), upper: moved(upper) }
    }),
  }
}
