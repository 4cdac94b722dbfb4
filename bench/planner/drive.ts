import type { CurveRecord } from '../../src/domain/planning/curve-record.js'
import type { PlanInput, PlannerAnswer, PlannerRun, PlanOutcome } from '../../src/domain/planning/dialogue.js'
import type { Solver } from '../../src/ports/solver.js'
import { planInputOf, type Portfolio } from './portfolio.js'
import { QuoteService } from './quote-service.js'
import type { World } from './world.js'

export type Planner = (input: PlanInput) => PlannerRun

export interface DrivenPlan {
  /** Undefined when the planner kept asking beyond all reason, or threw. */
  readonly outcome: PlanOutcome | undefined
  readonly fault: string | undefined
  readonly quotes: { readonly asked: number; readonly failed: number; readonly joint: number }
  readonly solves: number
  /** Time of the planner and the solver; what the venues took is left out. */
  readonly computeMs: number
  readonly solverMs: number
  readonly memory: { readonly residentBytes: number; readonly heapBytes: number }
}

/** A planner that has asked this often is taken to go round in circles. */
const MOST_QUESTIONS = 300
const MOST_QUOTES = 10_000

/** Runs a planner to its end against one state of the world. */
export async function drivePlanner(
  { planner, solver }: { planner: Planner; solver: Solver },
  portfolio: Portfolio,
  world: World,
  now: number,
  curves: readonly CurveRecord[],
): Promise<DrivenPlan> {
  const service = new QuoteService(world, now)
  const input = planInputOf(portfolio, now, curves)
  const startedAt = performance.now()
  let [solverMs, solves, fault]: [number, number, string | undefined] = [0, 0, undefined]
  let outcome: PlanOutcome | undefined
  try {
    const run = planner(input)
    let step = run.next()
    for (let asked = 0; !step.done; asked++) {
      if (asked >= MOST_QUESTIONS || service.asked > MOST_QUOTES) {
        fault = `asked ${asked} questions and ${service.asked} quotes`
        break
      }
      const question = step.value
      let answer: PlannerAnswer
      if (question.type === 'solve') {
        const solveStartedAt = performance.now()
        answer = { type: 'solve', solution: await solver.solve(question.model) }
        solverMs += performance.now() - solveStartedAt
        solves++
      } else answer = service.answer(question)
      step = run.next(answer)
    }
    if (step.done) outcome = step.value
  } catch (error) {
    fault = error instanceof Error ? (error.stack ?? error.message) : String(error)
  }
  const computeMs = performance.now() - startedAt - service.spentMs
  const { rss, heapUsed } = process.memoryUsage()
  return {
    outcome,
    fault,
    quotes: { asked: service.asked, failed: service.failed, joint: service.joint },
    solves,
    computeMs,
    solverMs,
    memory: { residentBytes: rss, heapBytes: heapUsed },
  }
}
