import type { Principal } from '../access/principal.js'
import type { AssetKey } from '../assets.js'
import { InvariantError } from '../errors.js'
import { type Drift, withBands } from '../portfolio/drift.js'
import { RebalancingInputError } from '../rebalancing/rebalancing-error.js'
import type {
  AssetFigures,
  PortfolioState,
  RebalancingDecision,
  RebalancingPolicy,
} from '../rebalancing/rebalancing-policy.js'
import type { PolicyName } from '../rebalancing/registry.js'
import type { RiskBasis } from '../risk/risk.js'
import type { Matrix } from '../statistics/matrix.js'
import type { ResetLevel } from './levels.js'

export const DECISION_CODES = [
  'band-breached',
  'manual',
  'replanned',
  'within-band',
  'not-due',
  'cooldown',
  'cost-exceeds-benefit',
  'nothing-known',
  'no-money',
] as const
export type DecisionCode = (typeof DECISION_CODES)[number]

/** How many times dearer trading is than earlier quotes let expect, and until when that is believed. */
export interface Dearness {
  readonly times: number
  /** Milliseconds since 1970. */
  readonly until: number
}

/** Whether to act, and always why: the numbers that were compared are in the reasons and the figures. */
export interface Decision {
  readonly act: boolean
  readonly code: DecisionCode
  readonly reasons: readonly string[]
  readonly breached: readonly AssetKey[]
  /** Where each asset of the drift should end; empty when nothing is done. */
  readonly levels: readonly ResetLevel[]
  /** The levels are nearer than those the policy named, because budgets allow no more. */
  readonly isCut?: boolean
  /** The policy that judged; undefined where none was asked. */
  readonly policy: PolicyName | undefined
  /** Of each asset of the drift, where a policy was asked. */
  readonly figures: readonly AssetFigures[]
  /** What the volatilities rest on: day, forecasts with the scores that chose them, regime; where a history was read. */
  readonly risk?: RiskBasis
  /** Who asked for the cycle; undefined for the schedule. */
  readonly askedBy?: string
  readonly askedByKind?: Principal['kind']
  /** What a plan has shown trading to cost, where that was so much that it was not carried out. */
  readonly dearness?: Dearness
  /** What the shadow policy would have done; it never trades. */
  readonly shadow: Omit<Decision, 'shadow'> | undefined
}

/** The cycle that stopped for what remained of its plan to be planned anew, and why it did. */
export interface Continuation {
  readonly cycleId: string
  readonly reason: string
}

/** What a portfolio did last. */
export interface LastTrade {
  /** When the last cycle that traded ended, in milliseconds since 1970; undefined when none did. */
  readonly lastTradedAt: number | undefined
  /** When due times were last served (`servedAt`). */
  readonly servedAt: number | undefined
}

export interface TriggerContext extends LastTrade {
  /** Milliseconds since 1970. */
  readonly now: number
  /** Who asked for this cycle, so that neither bands nor times hold it back; undefined for the schedule. */
  readonly askedBy: string | undefined
  readonly askedByKind?: Principal['kind'] | undefined
  /** This cycle goes on where another one stopped: neither bands nor times hold it back. */
  readonly continues: Continuation | undefined
}

/** What a policy weighs drift with. */
export interface Circumstances {
  /** Annual, by what the price history knows: rows and columns in the order of `assets`. */
  readonly covariance: { readonly assets: readonly AssetKey[]; readonly matrix: Matrix } | undefined
  /** What trading an asset costs one way, as a share. */
  readonly costs: ReadonlyMap<AssetKey, number>
  /** What one more leg costs whatever its size, as a share of NAV. */
  readonly fixedCost: number
  /** Until then something of the asset is under way, in milliseconds since 1970. */
  readonly settlesAt: ReadonlyMap<AssetKey, number>
  /** Said with every decision: what is not known about the market. */
  readonly notes: readonly string[]
}

/** A policy by its name. */
export interface NamedPolicy {
  readonly name: PolicyName
  readonly policy: RebalancingPolicy
}

export interface Policies {
  readonly live: NamedPolicy
  readonly shadow: NamedPolicy | undefined
}

type Judgement = Omit<Decision, 'shadow'>

/**
 * What the policy of the portfolio makes of its drift, with what the shadow policy would have made of it: as the schedule
 * asks, whoever asked for this cycle. The drift comes back with the bands that were gone by.
 */
export function evaluateTriggers(
  drift: Drift,
  { live, shadow }: Policies,
  context: TriggerContext,
  circumstances: Circumstances,
): { readonly decision: Decision; readonly drift: Drift } {
  const judged = judge(drift, live, context, circumstances)
  const beside = shadow && judgeBeside(drift, shadow, context, circumstances)
  return { decision: { ...judged, shadow: beside }, drift: withBands(drift, judged.figures) }
}

/** Whatever goes wrong with a policy that only watches is said with the decision and changes nothing of it. */
function judgeBeside(
  drift: Drift,
  shadow: NamedPolicy,
  context: TriggerContext,
  circumstances: Circumstances,
): Judgement {
  try {
    return judge(drift, shadow, { ...context, askedBy: undefined, continues: undefined }, circumstances)
  } catch (error) {
    const reason = `It failed: ${error instanceof Error ? error.message : String(error)}`
    const none = { breached: [], levels: [], figures: [] }
    return { ...none, act: false, code: 'nothing-known', reasons: [reason], policy: shadow.name }
  }
}

function judge(
  drift: Drift,
  { name, policy }: NamedPolicy,
  context: TriggerContext,
  circumstances: Circumstances,
): Judgement {
  const left = drift.excluded.map(({ asset, reason }) => `${asset} is left out: ${reason}`)
  const nothing = (code: DecisionCode, reason: string): Judgement => ({
    act: false,
    code,
    breached: [],
    levels: [],
    reasons: [reason, ...left],
    policy: undefined,
    figures: [],
  })
  if (drift.assets.length < 2) return nothing('nothing-known', 'Fewer than two assets have a known value.')
  if (drift.nav === 0n) return nothing('no-money', 'The account holds nothing of the configured assets.')
  if (drift.assets.every(({ target }) => target === 0n))
    return nothing(
      'nothing-known',
      'The assets that have a target are those whose value is unknown or that are paused.',
    )
  const decided = decide(policy, stateOf(drift, context, circumstances))
  const { continues, askedBy, askedByKind } = context
  const asked =
    askedBy !== undefined
      ? [`${askedBy} asked for this cycle.`]
      : continues
        ? [`What remained of cycle ${continues.cycleId} is planned anew. ${continues.reason}`]
        : []
  return {
    act: decided.trade,
    code: codeOf(decided, context),
    breached: decided.breached,
    levels: decided.levels,
    reasons: [...asked, ...decided.reasons, ...circumstances.notes, ...left],
    policy: name,
    figures: decided.figures,
    ...(askedBy !== undefined && { askedBy }),
    ...(askedByKind !== undefined && { askedByKind }),
  }
}

/** A state that contradicts itself is ours: it was made of a drift. */
function decide(policy: RebalancingPolicy, state: PortfolioState): RebalancingDecision {
  try {
    return policy.decide(state)
  } catch (error) {
    if (error instanceof RebalancingInputError) throw new InvariantError(error.message)
    throw error
  }
}

function codeOf({ code }: RebalancingDecision, { askedBy, continues }: TriggerContext): DecisionCode {
  switch (code) {
    case 'trade':
      return askedBy !== undefined ? 'manual' : continues ? 'replanned' : 'band-breached'
    case 'within-band':
    case 'in-place':
      return 'within-band'
    case 'too-few':
      return 'nothing-known'
    case 'not-due':
    case 'cooldown':
      return code
  }
}

/** The drift as a policy sees it. */
export function stateOf(
  { assets }: Drift,
  { now, lastTradedAt, servedAt, askedBy, continues }: TriggerContext,
  { covariance, costs, fixedCost, settlesAt }: Circumstances,
): PortfolioState {
  const keys = assets.map(({ asset }) => asset)
  return {
    now,
    lastTradedAt,
    servedAt,
    isAsked: askedBy !== undefined || continues !== undefined,
    covariance: partOf(covariance, keys),
    fixedCost,
    assets: assets.map(({ asset, weight, target, band }) => ({
      asset,
      weight,
      target,
      band,
      cost: costs.get(asset) ?? 0,
      settlesAt: settlesAt.get(asset),
    })),
  }
}

/** Rows and columns of these assets, in their order; undefined where one is not in it. */
function partOf(covariance: Circumstances['covariance'], assets: readonly AssetKey[]): Matrix | undefined {
  const places = assets.map((asset) => covariance?.assets.indexOf(asset) ?? -1)
  if (!covariance || places.includes(-1)) return undefined
  return places.map((i) => places.map((j) => covariance.matrix[i]![j]!))
}
