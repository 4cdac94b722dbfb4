import type { AssetKey } from '../assets.js'
import type { Portfolio } from './portfolio.js'

/** What somebody wants to try in place of the configuration, in its words: decimal texts and whole numbers. */
export interface Trial {
  /** Every weight; without them those in force. */
  readonly targets?: Readonly<Record<AssetKey, string>> | undefined
  readonly bands?:
    | Readonly<Record<AssetKey, { readonly absolute?: string | undefined; readonly relative?: string | undefined }>>
    | undefined
  readonly limits?: (Readonly<Record<string, unknown>> & TriedLimits) | undefined
  /** Name of a rebalancing policy. */
  readonly policy?: string | undefined
}

interface TriedLimits {
  readonly turnoverPerCycle?: string | undefined
  readonly turnoverPerHour?: string | undefined
  readonly turnoverPerDay?: string | undefined
  readonly legShare?: string | undefined
  readonly gasPerLeg?: string | undefined
  readonly maxLossBps?: Readonly<Record<string, number | undefined>> | undefined
}

export interface Finding {
  /** JSON pointer into the trial. */
  readonly pointer: string
  readonly detail: string
}

/** A value that is not as it is configured; undefined where there is none. */
export interface Difference {
  /** Within the portfolio: `targets.eth.weight`. */
  readonly path: string
  readonly configured: string | undefined
  readonly tried: string | undefined
}

/** The portfolio as it is tried, or everything that is wrong with that. */
export type Variant =
  | { readonly portfolio: Portfolio; readonly differences: readonly Difference[] }
  | { readonly findings: readonly Finding[] }
