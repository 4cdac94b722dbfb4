import { spendOfNothing } from '../domain/execution/budget-claim.js'
import { apart } from '../domain/policy/operating.js'
import type { Policy } from '../domain/policy/policy.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import type { Difference, Finding, Trial, Variant } from '../domain/policy/trial.js'
import type { Clock } from '../ports/clock.js'
import type { Store } from '../ports/store.js'
import { lastTradeOf } from './last-trade.js'
import type { Proposal, ProposePlan } from './propose-plan.js'

/** What a preview may use of venues and solver. It is to be answered while somebody waits. */
const MOST_QUOTES = 60
const PLANNING_MS = 5_000
const SOLVER_SECONDS = 2

/** Everything that a preview reads; it writes nothing. */
export type PreviewRecords = Pick<
  Store,
  | 'openTransfers'
  | 'unattributed'
  | 'lastTradedAt'
  | 'lastLooks'
  | 'decisions'
  | 'curves'
  | 'operatingStates'
  | 'budgetUse'
>

export type PreviewAnswer =
  | {
      readonly status: 'previewed'
      readonly at: number
      readonly proposal: Proposal
      readonly differences: readonly Difference[]
      /** Why a cycle would not even begin now; undefined where it would. */
      readonly heldBack: string | undefined
    }
  | { readonly status: 'invalid'; readonly findings: readonly Finding[] }
  /** Another one is at work. */
  | { readonly status: 'busy' }

/**
 * Thinks a cycle through with other targets, bands, limits or another policy, and leaves no trace: no cycle, no curve, no
 * history, no targets, no breaker, no event. One at a time, and behind everything that the daemon does itself.
 */
export class PreviewPlan {
  private isBusy = false

  constructor(
    private readonly deps: {
      /** Checks what is tried as a configuration is checked. */
      variantOf: (portfolio: string, trial: Trial) => Variant
      /** Thinks, tells nobody, and asks venues for nothing more once the signal aborts. */
      proposerFor: (portfolio: Portfolio, signal: AbortSignal) => Promise<ProposePlan>
      store: PreviewRecords
      clock: Clock
    },
  ) {}

  /** After the signal has aborted it ends soon, and until then counts as the one at work. */
  async run(portfolio: string, trial: Trial, signal: AbortSignal): Promise<PreviewAnswer> {
    if (this.isBusy) return { status: 'busy' }
    const variant = this.deps.variantOf(portfolio, trial)
    if ('findings' in variant) return { status: 'invalid', findings: variant.findings }
    this.isBusy = true
    try {
      return await this.think(variant, signal)
    } finally {
      this.isBusy = false
    }
  }

  private async think(
    { portfolio: tried, differences }: Extract<Variant, { readonly portfolio: Portfolio }>,
    signal: AbortSignal,
  ): Promise<PreviewAnswer> {
    const { proposerFor, store, clock } = this.deps
    const portfolio: Portfolio = { ...tried, policy: inShort(tried.policy) }
    const { id, account } = portfolio
    const at = clock.now()
    const { stopped: heldBack, parts } = apart(await store.operatingStates(), id)
    const proposer = await proposerFor(portfolio, signal)
    const proposal = await proposer.run(portfolio, {
      cycleId: `${id}-preview`,
      transfers: await store.openTransfers(id),
      unattributed: await store.unattributed(account),
      ...(await lastTradeOf(store, portfolio)),
      askedBy: undefined,
      continues: undefined,
      dearness: (await store.decisions({ portfolio: id, limit: 1 }))[0]?.decision.dearness,
      curves: await store.curves(),
      states: () => Promise.resolve(parts),
      use: await store.budgetUse(spendOfNothing(portfolio, at)),
    })
    return { status: 'previewed', at, proposal, differences, heldBack }
  }
}

function inShort(policy: Policy): Policy {
  const { maxQuotes, deadlineMs, solverSeconds } = policy.planning
  return {
    ...policy,
    planning: {
      maxQuotes: Math.min(maxQuotes, MOST_QUOTES),
      deadlineMs: Math.min(deadlineMs, PLANNING_MS),
      solverSeconds: Math.min(solverSeconds ?? SOLVER_SECONDS, SOLVER_SECONDS),
    },
  }
}
