import type { AssetKey, ChainKey } from '../assets.js'
import { type Ratio, RATIO_ONE, ratioToNumber } from '../units/ratio.js'
import { type HalfSpace, leastDistance } from './least-distance.js'
import type { TargetAsset } from './target-input.js'
import { refuseTargets, type TargetRefusal } from './target-refusal.js'
import { percent } from './wording.js'

/**
 * Limits of target weights, as shares of NAV. A limit that names what no asset has is not looked at, because an asset may
 * be left out for a time.
 */
export interface WeightLimits {
  /** Each from 0 to `RATIO_ONE`; an asset that is not named may have any weight up to `perAsset`. */
  readonly assets: Readonly<Record<AssetKey, { readonly minimum?: Ratio; readonly maximum?: Ratio }>>
  /** Most with one issuer and on one chain, by name. */
  readonly issuers: Readonly<Record<string, Ratio>>
  readonly chains: Readonly<Record<ChainKey, Ratio>>
  /** Most in any asset, with any issuer and on any chain that is not named above; undefined sets no limit. */
  readonly perAsset?: Ratio
  readonly perIssuer?: Ratio
  readonly perChain?: Ratio
}

export const NO_LIMITS: WeightLimits = { assets: {}, issuers: {}, chains: {} }

/** Limits of the assets at hand, in their order. */
export interface Bounds {
  readonly status: 'known'
  readonly lower: readonly Ratio[]
  readonly upper: readonly Ratio[]
  readonly groups: readonly Group[]
}

/** Assets of which no more than `maximum` may be held together, each counted by its share. */
export interface Group {
  readonly name: string
  readonly shares: readonly number[]
  readonly maximum: number
}

/** What rounding weights to bigint may add to what is held with an issuer or on a chain. */
const GROUP_TOLERANCE = 1e-9

export function boundsOf(assets: readonly TargetAsset[], limits: WeightLimits): Bounds | TargetRefusal {
  const odd = oddLimit(limits)
  if (odd) return odd
  const lower = assets.map(({ key }) => limits.assets[key]?.minimum ?? 0n)
  const upper = assets.map(({ key }) => limits.assets[key]?.maximum ?? limits.perAsset ?? RATIO_ONE)
  const crossed = assets.findIndex((_asset, index) => lower[index]! > upper[index]!)
  if (crossed >= 0)
    return refuseTargets(
      'bad-limit',
      `Least weight of ${assets[crossed]!.key} should not be above its largest, got ${inWords(lower[crossed]!)} and ${inWords(upper[crossed]!)}.`,
    )
  const [least, most] = [total(lower), total(upper)]
  if (least > RATIO_ONE || most < RATIO_ONE)
    return refuseTargets(
      'limits-infeasible',
      least > RATIO_ONE
        ? `Least weights should be at most the whole together, got ${inWords(least)}. Lower one.`
        : `Largest weights should be at least the whole together, got ${inWords(most)}. Raise one.`,
    )
  return { status: 'known', lower, upper, groups: groupsOf(assets, limits) }
}

/** Whether weights that sum to one are within bounds: those of assets exactly, of groups to a billionth of NAV. */
export function isWithin({ lower, upper, groups }: Bounds, weights: readonly Ratio[]): boolean {
  return (
    weights.every((weight, index) => lower[index]! <= weight && weight <= upper[index]!) &&
    groups.every(({ shares, maximum }) => {
      const held = weights.reduce((sum, weight, index) => sum + ratioToNumber(weight) * shares[index]!, 0)
      return held <= maximum + GROUP_TOLERANCE
    })
  )
}

export interface Fitted {
  readonly status: 'fitted'
  readonly weights: readonly number[]
  /** What holds weights where they are, in words; empty where nothing does. */
  readonly held: readonly string[]
}

/** Weights below this are moved by limits as if they were this large. */
const LEAST_SHARE = 1e-4

/**
 * Weights within the bounds that are nearest to the wanted ones, by Σ(x − w)²/w: what a limit takes from one is added to
 * those it does not hold in proportion to what they have, and to nothing where that suffices. Wanted weights are not
 * negative and sum to one. Refused where no weights are within the bounds, naming those that leave no room.
 */
export function fitWeights(
  assets: readonly TargetAsset[],
  bounds: Bounds,
  wanted: readonly number[],
): Fitted | TargetRefusal {
  const isWanted = (index: number) => wanted[index]! > 0 || bounds.lower[index]! > 0n
  const first = nearest(assets, bounds, wanted, isWanted)
  if (first.status !== 'refused' || wanted.every((_one, index) => isWanted(index))) return first
  return nearest(assets, bounds, wanted, () => true)
}

function nearest(
  assets: readonly TargetAsset[],
  bounds: Bounds,
  wanted: readonly number[],
  takesPart: (index: number) => boolean,
): Fitted | TargetRefusal {
  const places = [...wanted.keys()].filter(takesPart)
  const scales = places.map((index) => Math.sqrt(Math.max(wanted[index]!, LEAST_SHARE)))
  // In coordinates u = (x − w)/√w the nearest weights are the point nearest to the origin.
  const halfSpace = (share: (index: number) => number, bound: number, sign: 1 | -1): HalfSpace => ({
    normal: places.map((index, place) => sign * share(index) * scales[place]!),
    bound: sign * (bound - places.reduce((sum, index) => sum + share(index) * wanted[index]!, 0)),
  })
  const rows = [
    { name: 'the whole', ...halfSpace(() => 1, 1, 1), isEquality: true },
    ...places.flatMap((at) => {
      const own = (index: number) => (index === at ? 1 : 0)
      const [lower, upper] = [bounds.lower[at]!, bounds.upper[at]!]
      return [
        { name: `at least ${inWords(lower)} of ${assets[at]!.key}`, ...halfSpace(own, ratioToNumber(lower), 1) },
        { name: `at most ${inWords(upper)} of ${assets[at]!.key}`, ...halfSpace(own, ratioToNumber(upper), -1) },
      ]
    }),
    ...bounds.groups
      .filter(({ shares }) => places.some((index) => shares[index]! > 0))
      .map((group) => ({ name: group.name, ...halfSpace((index) => group.shares[index]!, group.maximum, -1) })),
  ]
  const found = leastDistance(places.length, rows)
  if (found.status === 'failed')
    return refuseTargets('no-convergence', 'Weights within the limits were not found. Make limits simpler.')
  const named = (found.status === 'found' ? found.active : found.conflict).filter((row) => row > 0)
  const held = named.toSorted((a, b) => a - b).map((row) => rows[row]!.name)
  if (found.status === 'infeasible')
    return refuseTargets(
      'limits-infeasible',
      `Weights should sum to the whole within the limits, got limits that leave no such weights: ${held.join(', ')}. Loosen one of them.`,
    )
  const weights = wanted.map(() => 0)
  for (const [place, index] of places.entries())
    weights[index] = Math.max(0, wanted[index]! + scales[place]! * found.point[place]!)
  return { status: 'fitted', weights, held }
}

function groupsOf(assets: readonly TargetAsset[], limits: WeightLimits): Group[] {
  const issuers = [...new Set(assets.flatMap(({ issuer }) => (issuer === undefined ? [] : [issuer])))].toSorted()
  const chains = [...new Set(assets.flatMap((asset) => Object.keys(asset.chains)))].toSorted()
  const limit = (words: string, most: Ratio | undefined, shares: readonly number[]): Group[] =>
    most === undefined || most >= RATIO_ONE
      ? []
      : [{ name: `at most ${inWords(most)} ${words}`, shares, maximum: ratioToNumber(most) }]
  return [
    ...issuers.flatMap((issuer) =>
      limit(
        `with issuer ${issuer}`,
        limits.issuers[issuer] ?? limits.perIssuer,
        assets.map((asset) => (asset.issuer === issuer ? 1 : 0)),
      ),
    ),
    ...chains.flatMap((chain) =>
      limit(
        `on ${chain}`,
        limits.chains[chain] ?? limits.perChain,
        assets.map((asset) => asset.chains[chain] ?? 0),
      ),
    ),
  ]
}

function oddLimit({ assets, issuers, chains, perAsset, perIssuer, perChain }: WeightLimits): TargetRefusal | undefined {
  const all: (readonly [string, Ratio | undefined])[] = [
    ...Object.entries(assets).flatMap(
      ([key, { minimum, maximum }]) =>
        [
          [`Least weight of ${key}`, minimum],
          [`Largest weight of ${key}`, maximum],
        ] as const,
    ),
    ...Object.entries(issuers).map(([issuer, most]) => [`Limit of issuer ${issuer}`, most] as const),
    ...Object.entries(chains).map(([chain, most]) => [`Limit of chain ${chain}`, most] as const),
    ['Limit of every asset', perAsset],
    ['Limit of every issuer', perIssuer],
    ['Limit of every chain', perChain],
  ]
  const odd = all.find(([, most]) => most !== undefined && (most < 0n || most > RATIO_ONE))
  return odd && refuseTargets('bad-limit', `${odd[0]} should be from nothing to the whole, got ${inWords(odd[1]!)}.`)
}

function total(weights: readonly Ratio[]): Ratio {
  return weights.reduce((sum, weight) => sum + weight, 0n)
}

function inWords(weight: Ratio): string {
  return percent(ratioToNumber(weight))
}
