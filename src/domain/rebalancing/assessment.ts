import { absolute, type Ratio } from '../units/ratio.js'
import { innerDistance, type SharedParameters } from './parameters.js'
import type { AssetView, PortfolioView } from './portfolio-view.js'

/** What a policy finds about one asset, before what all policies share is applied. */
export interface Finding {
  /** Half-widths as shares of NAV: where the asset is a reason to trade, and how far it is brought back then. */
  readonly band: Ratio
  readonly inner: Ratio
  /** It is to be brought back when anything trades. */
  readonly isOutside: boolean
  /** What the band follows from, in a sentence; undefined where it was configured. */
  readonly basis: (() => string) | undefined
}

/** What a policy makes of a state. */
export interface Assessment {
  /** In the order of the assets. */
  readonly findings: readonly Finding[]
  /** Why nothing may be traded now, in a sentence; undefined when it may. */
  readonly waits: (() => string) | undefined
  /** Said with every answer: what was measured, what the policy had to do without. */
  readonly notes: () => readonly string[]
}

export type Assess = (view: PortfolioView) => Assessment

/** A band around a target: outside is whoever is farther away. */
export function banded(
  { drift }: AssetView,
  shared: SharedParameters,
  {
    band,
    own,
    basis,
  }: { readonly band: Ratio; readonly own?: Ratio | undefined; readonly basis?: (() => string) | undefined },
): Finding {
  return { band, inner: innerDistance(shared, { band, own }), isOutside: absolute(drift) > band, basis }
}

/** Every asset by its configured band: what a policy falls back to. */
export function byConfiguredBands(
  { assets }: PortfolioView,
  shared: SharedParameters,
  notes: readonly string[] = [],
): Assessment {
  return {
    findings: assets.map((asset) => banded(asset, shared, { band: asset.configuredBand })),
    waits: undefined,
    notes: () => notes,
  }
}
