import { type Asset, type ChainKey, tokenId } from '../assets.js'
import type { Policy } from '../policy/policy.js'
import type { Snapshot } from '../portfolio/snapshot.js'
import type { TargetAsset } from './target-input.js'
import type { TargetSetting } from './target-setting.js'

/** All amounts of an asset are brought to so many decimals before they are compared. */
const DECIMALS = 36n

/**
 * The assets with a target, in the order of their targets, as setters see them. Where an asset lies is told by what is
 * held and in transit to each chain, if every chain it may be held on has answered; otherwise, and where nothing is held,
 * it is taken to lie on all of these chains alike.
 */
export function targetAssets(
  {
    assets,
    policy,
    targetSetting,
  }: {
    readonly assets: readonly Asset[]
    readonly policy: Pick<Policy, 'targets'>
    readonly targetSetting: Pick<TargetSetting, 'issuers'>
  },
  snapshot: Snapshot | undefined,
): TargetAsset[] {
  const { issuers } = targetSetting
  return policy.targets.flatMap(({ asset: key }) => {
    const asset = assets.find((one) => one.key === key)
    if (!asset) return []
    const chains = (snapshot && chainShares(asset, snapshot)) ?? evenly(asset)
    return [{ key, class: asset.class, issuer: Object.hasOwn(issuers, key) ? issuers[key] : undefined, chains }]
  })
}

function evenly({ tokens }: Asset): Record<ChainKey, number> {
  const chains = [...new Set(tokens.map(({ chain }) => chain))]
  return Object.fromEntries(chains.map((chain) => [chain, 1 / chains.length]))
}

function chainShares({ key, tokens }: Asset, snapshot: Snapshot): Record<ChainKey, number> | undefined {
  const sums = new Map<ChainKey, bigint>(tokens.map(({ chain }) => [chain, 0n]))
  const isKnown = [...sums.keys()].every((chain) =>
    snapshot.chains.some(
      (one) => one.chain === chain && one.status === 'known' && one.problems.every(({ token }) => token.asset !== key),
    ),
  )
  if (!isKnown) return undefined
  const known = new Set(tokens.map(tokenId))
  const amounts = [
    ...snapshot.chains.flatMap((one) => (one.status === 'known' ? one.holdings : [])),
    ...snapshot.inTransit.map(({ amount }) => amount),
  ]
  for (const { token, units } of amounts) {
    if (!known.has(tokenId(token))) continue
    const scaled = units * 10n ** (DECIMALS - BigInt(Math.min(token.decimals, Number(DECIMALS))))
    sums.set(token.chain, sums.get(token.chain)! + scaled)
  }
  const total = [...sums.values()].reduce((sum, one) => sum + one, 0n)
  if (total === 0n) return undefined
  // Rounded down to a trillionth, so that the shares are never more than the whole together.
  return Object.fromEntries([...sums].map(([chain, sum]) => [chain, Number((sum * 10n ** 12n) / total) / 1e12]))
}
