import type { Address, Asset } from '../assets.js'
import type { Policy } from '../policy/policy.js'
import type { ResetLevel } from '../policy/levels.js'
import type { Drift } from '../portfolio/drift.js'
import type { Valuation } from '../portfolio/valuation.js'
import type { Ratio } from '../units/ratio.js'
import type { Market } from './cost.js'
import type { CurveRecord } from './curve-record.js'
import type { LinearModel, Solution } from './linear-model.js'
import type { Plan } from './plan.js'
import type { Quote, QuoteAsk, QuoteFailure, QuoteRequest, VenueKey } from './quote.js'

export interface PlanInput {
  readonly planId: string
  readonly account: Address
  readonly assets: readonly Asset[]
  readonly valuation: Valuation
  readonly drift: Drift
  /** Where each asset of the drift should end, as shares of NAV. */
  readonly levels: readonly ResetLevel[]
  readonly policy: Policy
  readonly market: Market
  /** Tolerance asked of the venues between quote and minimum. */
  readonly maxSlippage: Ratio
  /** Venues that can be asked for a request, in a fixed order. */
  readonly venuesFor: (request: QuoteRequest) => readonly VenueKey[]
  /** What earlier plans learned; of any age. */
  readonly curves: readonly CurveRecord[]
  /** Milliseconds since 1970. */
  readonly now: number
}

/** What the planner has to know next. Each question is answered once, with an answer of the same type. */
export type PlannerQuestion =
  | { readonly type: 'quotes'; readonly asks: readonly QuoteAsk[] }
  | { readonly type: 'solve'; readonly model: LinearModel }
  /** Plays the first trade on the chain's current state and then the second, to see what both bring together. */
  | { readonly type: 'joint'; readonly first: QuoteAsk; readonly second: QuoteAsk }

export type PlannerAnswer =
  /** One reply per ask, in the order asked. */
  | { readonly type: 'quotes'; readonly replies: readonly (Quote | QuoteFailure)[] }
  | { readonly type: 'solve'; readonly solution: Solution }
  | { readonly type: 'joint'; readonly outcome: JointOutcome }

export type JointOutcome =
  /** Base units of the bought token: what each trade was quoted alone, and what each brought when played in turn. */
  | {
      readonly status: 'played'
      readonly quoted: readonly [bigint, bigint]
      readonly delivered: readonly [bigint, bigint]
    }
  | { readonly status: 'unknown'; readonly reason: string }

export type PlanOutcome =
  | { readonly status: 'planned'; readonly plan: Plan; readonly curves: readonly CurveRecord[] }
  | { readonly status: 'no-plan'; readonly reasons: readonly string[]; readonly curves: readonly CurveRecord[] }

/** A planner at work: yields what it has to know, returns what it found. Holds no state outside itself. */
export type PlannerRun = Generator<PlannerQuestion, PlanOutcome, PlannerAnswer>
