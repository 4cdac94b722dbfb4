import type { CurveRecord } from '../../src/domain/planning/curve-record.js'
import { totalOf } from '../../src/domain/planning/cost.js'
import type { Plan } from '../../src/domain/planning/plan.js'
import { usdToNumber } from '../../src/domain/units/usd.js'
import type { Solver } from '../../src/ports/solver.js'
import { unmetOf } from './account.js'
import { type BaselineOutcome, playGreedy, playNaive } from './baselines.js'
import { type LowerBound, lowerBound } from './bound.js'
import { type DrivenPlan, drivePlanner, type Planner } from './drive.js'
import { type Instance, navOf, weightsOf } from './instance.js'
import { type PlayedPlan, playPlan } from './play.js'
import { type Portfolio, portfolioOf } from './portfolio.js'
import { later } from './vary.js'
import { World } from './world.js'

export interface Tools {
  readonly planner: Planner
  readonly solver: Solver
}

/** A plan and what became of it. Values in USD. */
export interface Measured {
  readonly instance: Instance
  readonly navUsd: number
  readonly driven: DrivenPlan
  readonly curves: readonly CurveRecord[]
  /** Undefined when no plan was found. */
  readonly planned:
    | {
        readonly plan: Plan
        readonly costUsd: number
        readonly played: PlayedPlan
        readonly unmetUsd: number
        /** Half of all changes of assets: what was traded one way. */
        readonly turnoverUsd: number
        readonly greedy: BaselineOutcome
        readonly naive: BaselineOutcome
        readonly bound: LowerBound
      }
    | undefined
}

/** When the first plan is made, and how much later the second is. */
const NOW = Date.UTC(2026, 0, 1)
const LATER_MS = 10 * 60_000

/** Plans one instance, plays the plan, plays the plain methods to the same end, and bounds all of them from below. */
export async function measure(tools: Tools, instance: Instance, boundSeconds: number): Promise<Measured> {
  const portfolio = portfolioOf(instance)
  const world = World.of(instance)
  const driven = await drivePlanner(tools, portfolio, world, NOW, [])
  const { outcome } = driven
  const common = { instance, navUsd: navOf(instance), driven, curves: outcome?.curves ?? [] }
  if (outcome?.status !== 'planned') return { ...common, planned: undefined }
  const played = playPlan(outcome.plan, portfolio, world)
  const changes = changesTo(portfolio, played.values)
  return {
    ...common,
    planned: {
      plan: outcome.plan,
      costUsd: usdToNumber(totalOf(outcome.plan.cost)),
      played,
      unmetUsd: sumOf(unmetOf(instance, played.values)),
      turnoverUsd: [...changes.values()].reduce((sum, change) => sum + Math.abs(change), 0) / 2,
      greedy: playGreedy(portfolio, world, changes),
      naive: playNaive(portfolio, world, changes),
      bound: await lowerBound(instance, world, played.values, tools.solver, boundSeconds),
    },
  }
}

/** What a second plan takes a while later, with what the first one learned. */
export async function replan(tools: Tools, { instance, curves }: Measured, seed: number): Promise<DrivenPlan> {
  const moved = later(instance, seed)
  return drivePlanner(tools, portfolioOf(moved), World.of(moved), NOW + LATER_MS, curves)
}

/** What is gained and lost by asset, in USD. */
function changesTo({ instance }: Portfolio, values: ReadonlyMap<string, number>): Map<string, number> {
  const nav = navOf(instance)
  const weights = weightsOf(instance)
  return new Map([...values].map(([asset, value]) => [asset, value - weights.get(asset)! * nav]))
}

function sumOf(values: ReadonlyMap<string, number>): number {
  return [...values.values()].reduce((sum, value) => sum + value, 0)
}
