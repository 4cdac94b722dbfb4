import { formatUnits, isAddressEqual, zeroAddress, type Address } from 'viem'
import type { CheckedWorld } from './account-call.js'
import { holdingsAt } from './chain-reader.js'

/** What an account is worth, and how it is spread, at given prices. */
export interface Weights {
  readonly navUsd: number
  /** USD by asset; the chains' coins count as ETH. */
  readonly valuesUsd: Readonly<Record<string, number>>
  /** Share of the whole by asset. */
  readonly weights: Readonly<Record<string, number>>
}

/** Weighs what the account holds on all chains now. `pricesUsd` is per whole unit. */
export async function weigh(
  world: CheckedWorld,
  account: Address,
  pricesUsd: Readonly<Record<string, number>>,
): Promise<Weights> {
  const valuesUsd: Record<string, number> = {}
  for (const { key } of world.chains)
    for (const [address, units] of await holdingsAt(world, key, account)) {
      const token = world.tokens.find((one) => one.chain === key && isAddressEqual(one.address, address))
      const { asset, decimals } = address === zeroAddress ? { asset: 'ETH', decimals: 18 } : token!
      const price = pricesUsd[asset]
      if (price === undefined)
        throw new Error(`Expected a price of ${asset}, got ${Object.keys(pricesUsd).join(', ')}.`)
      valuesUsd[asset] = (valuesUsd[asset] ?? 0) + Number(formatUnits(units, decimals)) * price
    }
  const navUsd = Object.values(valuesUsd).reduce((sum, usd) => sum + usd, 0)
  return {
    navUsd,
    valuesUsd,
    weights: Object.fromEntries(Object.entries(valuesUsd).map(([asset, usd]) => [asset, usd / navUsd])),
  }
}

export interface Target {
  readonly weight: number
  /** Tolerated distance as a share of the whole. */
  readonly band: number
}

/** The assets outside their bands, each with how far it is off, in readable words. */
export function outsideBand({ weights }: Weights, targets: Readonly<Record<string, Target>>): string[] {
  return Object.entries(targets).flatMap(([asset, { weight, band }]) => {
    const has = weights[asset] ?? 0
    return Math.abs(has - weight) <= band ? [] : [`${asset} weighs ${has.toFixed(4)}, its band is ${weight} ± ${band}`]
  })
}

/** USD by which each asset is over its target; assets at or under it are left out. */
export function excessOf({ navUsd, valuesUsd }: Weights, targets: Readonly<Record<string, Target>>) {
  const excess = Object.entries(targets).map(([asset, { weight }]) => [
    asset,
    (valuesUsd[asset] ?? 0) - weight * navUsd,
  ]) as [string, number][]
  return Object.fromEntries(excess.filter(([, usd]) => usd > 0))
}
