import type { Ratio } from '../units/ratio.js'
import { type Assess, banded } from './assessment.js'
import { expectShare, type SharedParameters } from './parameters.js'
import type { Dial, PolicyTerm } from './policy-kind.js'
import { ratioBelow } from './shares.js'

export interface GivenBandParameters extends SharedParameters {
  /** Half-width of every band as a share of NAV; undefined goes by the configured ones. */
  readonly band: Ratio | undefined
}

export const BAND_TERM: PolicyTerm = {
  kind: 'share',
  about: 'Half-width of every band as a share of NAV; the bands of the targets when absent.',
}

export const bandDial: Dial<GivenBandParameters> = {
  name: 'band',
  unit: 'share of NAV',
  tight: 0.002,
  loose: 0.3,
  at: (value) => ({ parameters: { band: ratioBelow(value) } }),
}

/** Outside is whoever is farther from its target than the band that was given; an asset's own goes before it. */
export function byGivenBand(parameters: GivenBandParameters): Assess {
  const { band } = parameters
  expectShare('band', band ?? 0n)
  return ({ assets }) => ({
    findings: assets.map((asset) => banded(asset, parameters, { band: asset.ownBand ?? band ?? asset.configuredBand })),
    waits: undefined,
    notes: () => [],
  })
}
