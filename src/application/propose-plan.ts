import type { Principal } from '../domain/access/principal.js'
import type { Market } from '../domain/planning/cost.js'
import type { Plan } from '../domain/planning/plan.js'
import type { CurveRecord } from '../domain/planning/curve-record.js'
import type { PlannerAnswer, PlannerQuestion, PlanOutcome } from '../domain/planning/dialogue.js'
import { makePlan } from '../domain/planning/planner.js'
import { type BudgetUse, turnoverLeft } from '../domain/policy/budgets.js'
import { levelsWithin } from '../domain/policy/levels.js'
import { Narrowing, plannedBridgeShare, plannedTurnover } from '../domain/policy/narrowing.js'
import type { ScopeState } from '../domain/policy/operating.js'
import type { Policy } from '../domain/policy/policy.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import { checkPlan } from '../domain/policy/sanity.js'
import {
  type Continuation,
  type Dearness,
  type Decision,
  evaluateTriggers,
  type LastTrade,
} from '../domain/policy/trigger.js'
import { weighPlan, withDearness } from '../domain/policy/weigh-plan.js'
import { type Drift, measureDrift } from '../domain/portfolio/drift.js'
import type { AssetPrice, Snapshot } from '../domain/portfolio/snapshot.js'
import { type Valuation, valuePortfolio } from '../domain/portfolio/valuation.js'
import type { Stage } from '../domain/purpose.js'
import { basisOf } from '../domain/risk/risk.js'
import { usdToNumber } from '../domain/units/usd.js'
import type { Clock } from '../ports/clock.js'
import type { Observer } from '../ports/observer.js'
import type { Solver } from '../ports/solver.js'
import { circumstancesOf } from '../domain/policy/circumstances.js'
import type { CollectQuotes } from './collect-quotes.js'
import type { LookAhead, Outlook } from './look-ahead.js'
import type { PlayJointly } from './play-jointly.js'
import type { PolicyBook } from './policy-book.js'
import type { Recorded, TakeSnapshot } from './take-snapshot.js'

/** Everything a cycle knew, concluded and wants to do. The preview is exactly this. */
export interface Proposal {
  /** The portfolio with the targets in force and the caution of the moment. */
  readonly portfolio: Portfolio
  readonly snapshot: Snapshot
  readonly valuation: Valuation
  readonly drift: Drift
  readonly decision: Decision
  readonly market: Market
  /** What is not known of targets and risk, and what is held back because of what is. */
  readonly notes: readonly string[]
  readonly plan: Plan | undefined
  /** Why there is no plan although the decision was to act. */
  readonly planReasons: readonly string[]
  /** What was learned about markets, for the next plan; nothing when none was made. */
  readonly curves: readonly CurveRecord[]
}

export interface ProposalContext extends Recorded, LastTrade {
  readonly cycleId: string
  readonly askedBy: string | undefined
  readonly askedByKind?: Principal['kind'] | undefined
  readonly continues: Continuation | undefined
  /** What the portfolio's last decision found trading to cost, where it said so. */
  readonly dearness?: Dearness | undefined
  /** What earlier plans learned about markets. */
  readonly curves: readonly CurveRecord[]
  /** Scopes that are not running, asked for once prices are known: what they name is left out. */
  readonly states?: () => Promise<readonly ScopeState[]>
  /** What the budgets have used; absent where no budgets are kept, in a look without records. */
  readonly use?: BudgetUse
}

type Measured = Pick<Proposal, 'portfolio' | 'snapshot' | 'valuation' | 'drift'> & { readonly outlook: Outlook }

/** What the planner waits for. */
const STAGE_OF = {
  quotes: 'quotes',
  solve: 'solve',
  joint: 'simulate',
} as const satisfies Record<PlannerQuestion['type'], Stage>

/** Snapshot, drift, decision, quotes, plan: the whole line of thought of one cycle, with nothing sent. */
export class ProposePlan {
  constructor(
    private readonly deps: {
      takeSnapshot: TakeSnapshot
      lookAhead: LookAhead
      policies: PolicyBook
      collectQuotes: CollectQuotes
      playJointly: PlayJointly
      solver: Solver
      clock: Clock
      observer: Observer
    },
  ) {}

  async run(configured: Portfolio, context: ProposalContext): Promise<Proposal> {
    const { clock, observer, policies } = this.deps
    const measured = await this.measure(configured, context)
    const { portfolio, snapshot, valuation, outlook } = measured
    const narrowing = new Narrowing((await context.states?.()) ?? [], context.transfers)
    const scope = narrowing.valuation(valuation)
    const distance = scope === valuation ? measured.drift : measureDrift(scope, portfolio.policy)
    const market = marketOf(portfolio, snapshot)

    const now = clock.now()
    const known = context.dearness && now < context.dearness.until ? context.dearness : undefined
    const asked = {
      drift: distance,
      policies: policies.of(configured),
      context: {
        now,
        lastTradedAt: context.lastTradedAt,
        servedAt: context.servedAt,
        askedBy: context.askedBy,
        askedByKind: context.askedByKind,
        continues: context.continues,
      },
      circumstances: withDearness(circumstancesOf(portfolio, context, distance, market, outlook), known, now),
    }
    const { drift, decision: unlimited } = await observer.during({ stage: 'decide' }, async () =>
      evaluateTriggers(distance, asked.policies, asked.context, asked.circumstances),
    )
    const decision = {
      ...this.withinBudgets(portfolio, context, drift, unlimited),
      ...(known && { dearness: known }),
      ...(outlook.risk && { risk: basisOf(outlook.risk) }),
    }
    const thought = { portfolio, snapshot, valuation, drift, decision, market, notes: outlook.notes }
    const decided = (what: Decision) =>
      observer.notify({ type: 'decided', portfolio: portfolio.id, cycleId: context.cycleId, decision: what })
    if (!decision.act) {
      decided(decision)
      return { ...thought, plan: undefined, planReasons: [], curves: [] }
    }

    const outcome = await observer.during({ stage: 'plan' }, () =>
      this.plan(portfolio, context, { ...thought, valuation: scope }, narrowing),
    )
    const { curves } = outcome
    const weighed = outcome.status === 'planned' ? weighPlan(outcome.plan, decision, asked, market) : undefined
    decided(weighed?.decision ?? decision)
    if (weighed) return { ...thought, ...weighed, plan: undefined, planReasons: [], curves }
    const reasons =
      outcome.status === 'planned'
        ? checkPlan(outcome.plan, {
            valuation,
            market,
            policy: portfolio.policy,
            limits: portfolio.limits,
            turnoverLeft: context.use && turnoverLeft(context.use, portfolio.limits, valuation.nav),
          })
        : outcome.reasons
    if (outcome.status === 'planned' && reasons.length === 0) {
      observer.notify({ type: 'plan-proposed', portfolio: portfolio.id, cycleId: context.cycleId, plan: outcome.plan })
      return { ...thought, plan: outcome.plan, planReasons: [], curves }
    }
    observer.notify({ type: 'no-plan', portfolio: portfolio.id, cycleId: context.cycleId, reasons })
    return { ...thought, plan: undefined, planReasons: reasons, curves }
  }

  /**
   * The decision with levels that what is left of the budgets can reach: a distance larger than a cap is brought back over
   * several cycles, and no honest plan runs into a cap.
   */
  private withinBudgets(portfolio: Portfolio, { use }: ProposalContext, drift: Drift, decision: Decision): Decision {
    if (!use || !decision.act) return decision
    const { limits, policy } = portfolio
    const left = turnoverLeft(use, limits, drift.nav)
    const share = plannedTurnover(left, drift.nav)
    const levels = levelsWithin(decision.levels, drift, share, policy)
    if (levels === decision.levels) return decision
    const reason = `The budgets have ${usdToNumber(left).toFixed(0)} USD of turnover left, so not all of it is brought back at once.`
    return { ...decision, levels, isCut: true, reasons: [...decision.reasons, reason] }
  }

  /** Answers the planner's questions until it is done. */
  private async plan(
    portfolio: Portfolio,
    context: ProposalContext,
    { valuation, drift, decision, market }: Pick<Proposal, 'valuation' | 'drift' | 'decision' | 'market'>,
    narrowing: Narrowing,
  ): Promise<PlanOutcome> {
    const { collectQuotes, playJointly, solver, clock, observer } = this.deps
    const { limits } = portfolio
    const policy: Policy = context.use
      ? {
          ...portfolio.policy,
          maxBridgeShare: plannedBridgeShare(portfolio.policy.maxBridgeShare, limits, context.use, valuation.nav),
        }
      : portfolio.policy
    const now = clock.now()
    const deadlineMs = now + policy.planning.deadlineMs
    const planner = makePlan({
      planId: context.cycleId,
      account: portfolio.account,
      assets: portfolio.assets,
      valuation,
      drift,
      levels: decision.levels,
      policy,
      market,
      maxSlippage: portfolio.maxSlippage,
      venuesFor: (request) => narrowing.venues(request, collectQuotes.venuesFor(request)),
      curves: narrowing.curves(context.curves),
      now,
    })
    const answerTo = async (question: PlannerQuestion): Promise<PlannerAnswer> => {
      switch (question.type) {
        case 'quotes':
          return {
            type: 'quotes',
            replies: (await collectQuotes.ask(question.asks, { deadlineMs })).map((reply) => narrowing.reply(reply)),
          }
        case 'solve':
          if (clock.now() >= deadlineMs)
            return { type: 'solve', solution: { status: 'failed', reason: 'The time for planning is over.' } }
          return { type: 'solve', solution: await solver.solve(question.model) }
        case 'joint':
          if (clock.now() >= deadlineMs)
            return { type: 'joint', outcome: { status: 'unknown', reason: 'The time for planning is over.' } }
          return { type: 'joint', outcome: await playJointly.run(portfolio, question.first, question.second) }
      }
    }
    for (let step = planner.next(); ;) {
      if (step.done) return step.value
      const question = step.value
      step = planner.next(await observer.during({ stage: STAGE_OF[question.type] }, () => answerTo(question)))
    }
  }

  /** What is held and how far it is from the targets in force, told to whoever watches; nothing is decided. */
  measure(configured: Portfolio, recorded: Recorded): Promise<Measured> {
    return this.deps.observer.during({ stage: 'look' }, () => this.look(configured, recorded))
  }

  private async look(configured: Portfolio, recorded: Recorded): Promise<Measured> {
    // It may be slow to answer, and prices would age meanwhile.
    const reading = await this.deps.lookAhead.readSource(configured)
    const snapshot = await this.deps.takeSnapshot.run(configured, recorded)
    const targeted = new Set(configured.policy.targets.map(({ asset }) => asset))
    const valuation = valuePortfolio(
      snapshot,
      configured.assets.filter(({ key }) => targeted.has(key)),
    )
    const outlook = await this.deps.lookAhead.run(configured, snapshot, reading)
    const { portfolio } = outlook
    const drift = measureDrift(valuation, portfolio.policy)
    this.tellUnknowns(portfolio, snapshot)
    this.deps.observer.notify({ type: 'portfolio-measured', portfolio: portfolio.id, snapshot, valuation, drift })
    return { portfolio, snapshot, valuation, drift, outlook }
  }

  /** The portfolio with the targets in force and the caution of the moment, for whoever goes on with a cycle. */
  async inForce(configured: Portfolio): Promise<Portfolio> {
    return (await this.deps.lookAhead.inForce(configured)).portfolio
  }

  private tellUnknowns(portfolio: Portfolio, snapshot: Snapshot): void {
    const { observer } = this.deps
    for (const chain of snapshot.chains) {
      if (chain.status === 'unknown')
        observer.notify({ type: 'chain-unknown', portfolio: portfolio.id, chain: chain.chain, reason: chain.reason })
      else
        for (const { reason } of chain.problems)
          observer.notify({ type: 'chain-unknown', portfolio: portfolio.id, chain: chain.chain, reason })
    }
    for (const price of snapshot.prices)
      if (price.status === 'unknown')
        observer.notify({ type: 'price-unknown', portfolio: portfolio.id, asset: price.asset, reason: price.reason })
  }
}

/** Known prices, and gas of every chain that answered and whose coin has a known price. */
export function marketOf(portfolio: Portfolio, snapshot: Snapshot): Market {
  const prices = pricesOf(snapshot.prices)
  const gas = new Map<string, { gasPrice: bigint; nativeAsset: string; nativeDecimals: number }>()
  for (const { key, native, priorityFee } of portfolio.chains) {
    const reading = snapshot.chains.find(({ chain }) => chain === key)
    if (reading?.status === 'known' && prices.has(native.asset))
      gas.set(key, {
        gasPrice: reading.baseFee + priorityFee,
        nativeAsset: native.asset,
        nativeDecimals: native.decimals,
      })
  }
  return { prices, gas }
}

export function pricesOf(readings: readonly AssetPrice[]): Map<string, bigint> {
  return new Map(readings.flatMap((one) => (one.status === 'known' ? [[one.asset, one.price] as const] : [])))
}
