import type { AssetKey } from '../assets.js'
import type { PolicyName } from '../rebalancing/registry.js'
import type { Interval, Intervals } from './bootstrap.js'
import type { Course } from './course.js'
import type { FrontierPoint } from './frontier.js'
import type { Measures } from './measure.js'

/**
 * What a backtest found. Plain numbers and texts throughout: shares of NAV (0.01 is one percent), rates per year of 365
 * days, days since 1970.
 */
export interface BacktestReport {
  /** In the order of every list by asset. */
  readonly assets: readonly AssetKey[]
  /** The asset through which the others are traded, at no cost of its own; undefined where there is none. */
  readonly hub: AssetKey | undefined
  /** First and last day, and how many were observed between them. */
  readonly days: { readonly first: number; readonly last: number; readonly count: number }
  /** Days that were left out, by the assets without a price on them; only assets that lacked one. */
  readonly missing: readonly { readonly asset: AssetKey; readonly days: number }[]
  /** What trading was taken to cost, in a sentence. */
  readonly costs: string
  /** How targets were set, in a sentence. */
  readonly targets: string
  /** NAV at the start, in USD. */
  readonly startValue: number
  /** In the order they were asked for. */
  readonly policies: readonly PolicyResult[]
  readonly comparison: Comparison
  /** What a reader has to know: assumptions, what was left out, what was refused. */
  readonly notes: readonly string[]
}

/** What one policy made of the history. */
export interface PolicyResult {
  readonly policy: PolicyName
  /** Name for people, unique within a report. */
  readonly label: string
  /** Its parameters, in words. */
  readonly setting: string
  /** What its sweep turns. */
  readonly dial: DialFacts
  readonly measures: Measures
  /** Undefined for a history that is too short for them. */
  readonly intervals: Intervals | undefined
  readonly course: Course
  /** From tight to loose; empty where nothing was swept. */
  readonly sweep: readonly SweepPoint[]
  /** The points of the sweep that no other beats, by rising tracking error. */
  readonly frontier: readonly SweepPoint[]
  readonly premium: Premium
}

/** The setting that makes a policy tight or loose. */
export interface DialFacts {
  readonly name: string
  readonly unit: string
  /** Where it stands in this policy's setting; undefined where that is no single number. */
  readonly value: number | undefined
}

/** What one setting of a dial led to; `parameter` is that setting. */
export interface SweepPoint extends FrontierPoint {
  readonly finalValue: number
  readonly turnoverPerYear: number
  readonly tradesPerYear: number
}

/**
 * Excess growth of the weights over the weighted average growth of the assets: a diagnostic of the history, looked at
 * from its end, and no promise. Undefined for a history too short to have a covariance.
 */
export interface Premium {
  /** ½(Σw_iσ_i² − wᵀΣw) at the mean targets, per year. */
  readonly beforeCosts: number | undefined
  /** That less the policy's cost per year. */
  readonly afterCosts: number | undefined
}

/** Policies at the same tracking error, which is the one comparison that looseness alone cannot win. */
export interface Comparison {
  /** Per √year. */
  readonly trackingError: number
  /** One for each policy, in their order. */
  readonly rows: readonly ComparisonRow[]
  readonly note: string
}

export interface ComparisonRow {
  readonly policy: PolicyName
  readonly label: string
  /** On the policy's frontier at that tracking error; undefined where its sweep does not reach it. */
  readonly costPerYear: number | undefined
  /** Where the dial stands there, between the settings that were tried. */
  readonly parameter: number | undefined
  /** NAV at the end for each dollar at the start, between the same settings: luck of the path, and no criterion. */
  readonly finalValue: number | undefined
}

/** How well a setting did over some days. */
export interface Score {
  readonly trackingError: number
  readonly costPerYear: number
  /** costPerYear + aversion · trackingError² / 2: less is better. */
  readonly score: number
}

/** What tuning turns: the dial of a policy, and the limits of its bands where it has any, as shares. */
export interface TunedSetting {
  readonly dial: number
  readonly limits: { readonly minimumBand: number; readonly maximumBandShare: number } | undefined
}

/** One step of a walk forward: fitted on the days before `fitTo`, judged on those from then on. */
export interface TuneWindow {
  /** Days since 1970; each stretch holds its first day and not its last. */
  readonly fitFrom: number
  readonly fitTo: number
  readonly judgeTo: number
  readonly chosen: TunedSetting
  /** The chosen setting on the days it was chosen by. */
  readonly fitted: Score
  /** The chosen setting on the days after. */
  readonly judged: Score
  /** The usual setting on the same days after. */
  readonly usual: Score
}

export interface TuneReport {
  readonly policy: PolicyName
  readonly label: string
  readonly assets: readonly AssetKey[]
  readonly days: { readonly first: number; readonly last: number; readonly count: number }
  /** As in a backtest. */
  readonly costs: string
  readonly targets: string
  readonly dial: DialFacts
  /** κ of the score. */
  readonly aversion: number
  /** The setting that is configured, or else the policy's default, in words. */
  readonly usual: string
  /** Settings that were tried in each window. */
  readonly settings: number
  readonly windows: readonly TuneWindow[]
  /** All judged days together. */
  readonly outOfSample: {
    readonly judged: Score
    readonly usual: Score
    /** Score of the chosen settings less that of the usual one, per year, and the middle 90 % of it over resampled days. */
    readonly difference: number
    readonly interval: Interval | undefined
  }
  readonly proposal: TuneProposal
  readonly notes: readonly string[]
}

export interface TuneProposal {
  /** Best on the latest days, those a next window would be fitted on. */
  readonly setting: TunedSetting
  /** Where the dial is proposed to stand; undefined when nothing is to be changed, because the choice is noise. */
  readonly value: number | undefined
  readonly reason: string
  /** What was found may well be chance: it is not to be acted on. */
  readonly isNoise: boolean
}
