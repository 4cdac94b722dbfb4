import type { AssetKey } from '../assets.js'
import { mulDiv, type Ratio, RATIO_ONE, ratioToNumber } from '../units/ratio.js'
import { RebalancingInputError } from './rebalancing-error.js'

/**
 * How far back an asset outside its band is brought: to its target, half of the way into the band, the edge of the band,
 * or the inner distance of the policy itself.
 */
export type ResetMode = 'target' | 'half' | 'edge' | 'inner'

/** What one asset has of its own. */
export interface AssetOverride {
  /** Half-width of its band as a share of NAV, instead of any other. */
  readonly band?: Ratio
  /** Its costs count this many times where a policy weighs them: 2 trades it as if it were twice as dear. */
  readonly costAversion?: number
}

/** What every policy is told, besides its own parameters. */
export interface SharedParameters {
  readonly reset: ResetMode
  /** The inner distance as a share of the band, for policies and assets that have none of their own. */
  readonly innerShare: Ratio
  /** After a trade no other is begun for so long. */
  readonly cooldownMs: number
  /** No trade ends nearer to the edge of a band than this share of its half-width, so that noise alone is no new reason. */
  readonly hysteresis: Ratio
  /** κ: aversion to deviation, as in mean and variance; 2 to 15 are usual. */
  readonly aversion: number
  /** What a deviation is penalised by: the variance it brings, or the distance itself at the reference volatility. */
  readonly objective: 'risk' | 'weights'
  /** σ̄ per √year, for the objective `weights`. */
  readonly referenceVolatility: number
  readonly overrides: Readonly<Record<AssetKey, AssetOverride>>
}

export const USUAL_PARAMETERS: SharedParameters = {
  reset: 'half',
  innerShare: RATIO_ONE / 2n,
  cooldownMs: 0,
  hysteresis: 0n,
  aversion: 5,
  objective: 'risk',
  referenceVolatility: 0.6,
  overrides: {},
}

/** Anything beyond is a mistake, and could overflow where it is multiplied; as milliseconds it is thirty years. */
const MOST = 1e12

/** Throws RebalancingInputError for a parameter outside its range. */
export function checkShared(parameters: SharedParameters): void {
  const { innerShare, cooldownMs, hysteresis, aversion, referenceVolatility, overrides } = parameters
  expectParameter(innerShare > 0n && innerShare <= RATIO_ONE, 'innerShare is above zero and at most one', innerShare)
  expectParameter(cooldownMs >= 0 && cooldownMs <= MOST, 'cooldownMs is zero or more', cooldownMs)
  expectParameter(hysteresis >= 0n && hysteresis < RATIO_ONE, 'hysteresis is at least zero and below one', hysteresis)
  expectPositive('aversion', aversion)
  expectPositive('referenceVolatility', referenceVolatility)
  for (const [asset, { band, costAversion }] of Object.entries(overrides)) {
    expectShare(`The band of ${asset}`, band ?? 0n)
    expectPositive(`costAversion of ${asset}`, costAversion ?? 1)
  }
}

export function expectParameter(isMet: boolean, expected: string, got: unknown): void {
  const text = typeof got === 'bigint' ? ratioToNumber(got) : got
  if (!isMet) throw new RebalancingInputError('parameters', `${expected}, got ${String(text)}. Correct the policy.`)
}

export function expectPositive(name: string, value: number): void {
  expectParameter(value > 0 && value <= MOST, `${name} is a positive number`, value)
}

export function expectShare(name: string, value: Ratio): void {
  expectParameter(value >= 0n && value <= RATIO_ONE, `${name} is a share between zero and one`, value)
}

/** The inner distance that a reset mode makes of a band; `own` is the policy's, where it has one. Rounds down. */
export function innerDistance(
  { reset, innerShare }: SharedParameters,
  { band, own }: { readonly band: Ratio; readonly own: Ratio | undefined },
): Ratio {
  switch (reset) {
    case 'target':
      return 0n
    case 'half':
      return band / 2n
    case 'edge':
      return band
    case 'inner':
      return own ?? mulDiv(band, innerShare, RATIO_ONE, 'down')
  }
}
