import type { Principal } from '../domain/access/principal.js'
import { sameAddress } from '../domain/assets.js'
import { InvariantError } from '../domain/errors.js'
import { spendOfNothing } from '../domain/execution/budget-claim.js'
import { type Cycle, outcomeWithoutTrade, waitingRun } from '../domain/execution/cycle.js'
import { openingPostings, type Posting } from '../domain/execution/ledger.js'
import { continuationOf, MAX_CONTINUATIONS } from '../domain/execution/replan.js'
import { ALL_OPEN } from '../domain/policy/breakers.js'
import { strictest } from '../domain/policy/operating.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import type { Continuation } from '../domain/policy/trigger.js'
import type { Snapshot } from '../domain/portfolio/snapshot.js'
import type { Balances } from '../ports/balances.js'
import type { Clock } from '../ports/clock.js'
import type { Failpoints } from '../ports/failpoints.js'
import { type Lease, StaleLeaseError } from '../ports/lease.js'
import type { Observer } from '../ports/observer.js'
import type { Store } from '../ports/store.js'
import type { DriveCycle } from './drive-cycle.js'
import { lastTradeOf } from './last-trade.js'
import { haltPortfolio } from './halt-portfolio.js'
import { type Proposal, type ProposePlan } from './propose-plan.js'
import type { Reconcile } from './reconcile.js'
import type { SettleTransfers } from './settle-transfers.js'
import type { TripBreaker } from './trip-breaker.js'
import type { SweepAllowances } from './sweep-allowances.js'
import type { Recorded } from './take-snapshot.js'

/** A cycle that a person or a machine asked for. */
export interface Order {
  /** Who did. */
  readonly by: string
  readonly byKind: Principal['kind']
  /** Nothing is traded: it ends with its plan. */
  readonly isDry: boolean
}

/** What became of an order. A cycle that was begun goes on by itself. */
export type OrderAnswer =
  { readonly status: 'begun'; readonly cycleId: string } | { readonly status: 'refused'; readonly reason: string }

interface AtCycle {
  readonly cycleId: string
  readonly startedAt: number
  /** Whether the records have it, or may have it. */
  readonly isWritten: boolean
}

/** An order with whom to tell what became of it. */
interface Asked extends Order {
  readonly tell: (answer: OrderAnswer) => void
}

/**
 * One cycle of one portfolio, from snapshot to settled, and those that go on where it stopped. An unfinished cycle is
 * finished first: resuming is the same call. At most one runs per portfolio; a call that comes while another one works is
 * skipped, never queued.
 */
export class RunCycle {
  private readonly running = new Map<string, Promise<void>>()
  /** The cycle that each of them is at. */
  private readonly at = new Map<string, AtCycle>()
  private readonly retold = new Set<string>()

  constructor(
    private readonly deps: {
      proposePlan: ProposePlan
      driveCycle: DriveCycle
      tripBreaker: TripBreaker
      settleTransfers: SettleTransfers
      reconcile: Reconcile
      sweepAllowances: SweepAllowances
      balances: Balances
      store: Store
      lease: Lease
      clock: Clock
      observer: Observer
      failpoints: Failpoints
      /** Ends the process: somebody else holds the lease, or an invariant broke while the store could not record it. */
      stop: (error: unknown) => void
    },
  ) {}

  run(portfolio: Portfolio, signal: AbortSignal): Promise<void> {
    return this.serve(portfolio, signal, undefined)
  }

  /**
   * Begins a cycle that bands and times do not hold back. Resolves once it is written down, or to why there is none: another
   * one is at work, nothing may begin, or the cycle failed before it was written.
   */
  async ask(portfolio: Portfolio, signal: AbortSignal, order: Order): Promise<OrderAnswer> {
    const refused = (reason: string): OrderAnswer => ({ status: 'refused', reason })
    if (signal.aborted) return refused('The daemon is stopping.')
    if (this.running.has(portfolio.id)) return refused(`A cycle of ${portfolio.id} is at work. Wait for its end.`)
    return new Promise((tell) => {
      void this.serve(portfolio, signal, { ...order, tell }).then(() =>
        tell(refused('No cycle was begun: the log says why.')),
      )
    })
  }

  private async serve(portfolio: Portfolio, signal: AbortSignal, asked: Asked | undefined): Promise<void> {
    if (signal.aborted || this.running.has(portfolio.id)) return
    const { id } = portfolio
    const work = this.deps.observer
      .during({ portfolio: id }, () => this.work(portfolio, signal, asked))
      .catch((error: unknown) => this.fail(portfolio, error))
    this.running.set(id, work)
    await work
    this.running.delete(id)
    this.at.delete(id)
  }

  /** Portfolios that have a run going. */
  underWay(): string[] {
    return [...this.running.keys()]
  }

  /** Resolves once nothing is running any more. */
  async idle(): Promise<void> {
    await Promise.all(this.running.values())
  }

  private async work(portfolio: Portfolio, signal: AbortSignal, asked: Asked | undefined): Promise<void> {
    const { proposePlan, store, lease, observer } = this.deps
    if (!lease.isHeld()) {
      observer.notify({
        type: 'cycle-skipped',
        portfolio: portfolio.id,
        outcome: 'standby',
        reason: 'Another process holds the lease.',
      })
      asked?.tell({ status: 'refused', reason: 'Another process holds the lease: ask that one.' })
      return
    }
    await this.retell(portfolio)
    const unfinished = (await store.openCycles()).filter((cycle) => cycle.portfolio === portfolio.id)
    if (unfinished.length > 0) {
      asked?.tell({ status: 'refused', reason: `Cycle ${unfinished[0]!.id} is finished first. Ask again then.` })
      const inForce = await proposePlan.inForce(portfolio)
      for (const cycle of unfinished) {
        this.at.set(portfolio.id, { cycleId: cycle.id, startedAt: cycle.startedAt, isWritten: true })
        await observer.during({ cycleId: cycle.id }, () => this.carry(inForce, cycle, signal))
      }
    }
    if (unfinished.length === 0) {
      const hasBegun = await this.next(portfolio, signal, asked, await this.continuation(portfolio))
      if (!hasBegun) return
    }
    while (!signal.aborted && lease.isHeld()) {
      const continues = await this.continuation(portfolio)
      if (!continues || !(await this.next(portfolio, signal, undefined, continues))) return
    }
  }

  /** Where the portfolio's last cycle stopped for the next one to go on; derived from what is written down alone. */
  private async continuation({ id: portfolio }: Portfolio): Promise<Continuation | undefined> {
    const { store } = this.deps
    const latest: Cycle[] = []
    for (const { id } of await store.cycles({ portfolio, limit: MAX_CONTINUATIONS })) {
      const cycle = await store.cycle(id)
      if (cycle) latest.push(cycle)
      if (cycle?.decision.code !== 'replanned') break
    }
    return continuationOf(latest)
  }

  /** Begins a cycle and carries it. Resolves to whether one was begun: none is in a pause. */
  private async next(
    configured: Portfolio,
    signal: AbortSignal,
    asked: Asked | undefined,
    continues: Continuation | undefined,
  ): Promise<boolean> {
    const portfolio: Portfolio = asked?.isDry ? { ...configured, mode: 'dry-run' } : configured
    const refuse = (reason: string) => asked?.tell({ status: 'refused', reason })
    const { proposePlan, store, observer, settleTransfers } = this.deps
    this.at.delete(portfolio.id)
    await settleTransfers.run(portfolio)
    const paused = strictest(await store.operatingStates(), { portfolio: portfolio.id })
    if (paused) {
      await proposePlan.measure(portfolio, await this.recorded(portfolio))
      observer.notify({ type: 'cycle-skipped', portfolio: portfolio.id, outcome: 'paused', reason: paused.reason })
      refuse(`${paused.scope} is ${paused.level}: ${paused.reason}`)
      return false
    }
    const startedAt = await this.freeSecond(portfolio.id, signal)
    const at = { cycleId: cycleId(portfolio.id, startedAt), startedAt, isWritten: false }
    this.at.set(portfolio.id, at)
    return observer.during({ cycleId: at.cycleId }, () => this.begin(portfolio, at, signal, asked, continues))
  }

  /** The time now, in a second in which no other cycle of the portfolio has begun: its id names no smaller one. */
  private async freeSecond(portfolio: string, signal: AbortSignal): Promise<number> {
    const { store, clock } = this.deps
    const [last] = await store.cycles({ portfolio, limit: 1 })
    while (!signal.aborted && last?.id === cycleId(portfolio, clock.now()))
      await clock.sleep(1_000 - (clock.now() % 1_000), signal)
    return clock.now()
  }

  /** Thinks, writes the cycle down and carries it. Resolves to whether it was written down. */
  private async begin(
    portfolio: Portfolio,
    at: AtCycle,
    signal: AbortSignal,
    asked: Asked | undefined,
    continues: Continuation | undefined,
  ): Promise<boolean> {
    const { proposePlan, store, clock, observer, failpoints } = this.deps
    const { cycleId: id, startedAt } = at
    const proposal = await proposePlan.run(portfolio, {
      cycleId: id,
      ...(await this.recorded(portfolio)),
      ...(await lastTradeOf(store, portfolio)),
      askedBy: asked?.by,
      askedByKind: asked?.byKind,
      continues,
      dearness: (await store.decisions({ portfolio: portfolio.id, limit: 1 }))[0]?.decision.dearness,
      curves: await store.curves(),
      states: () => store.operatingStates(),
      use: await store.budgetUse(spendOfNothing(portfolio, startedAt, { cycleId: id })),
    })
    await store.saveCurves(proposal.curves, clock.now())
    const cycle = newCycle(portfolio, id, startedAt, proposal)
    await failpoints.reach('K-01')
    if (cycle.mode === 'live' && cycle.legs.length > 0) {
      const unsettled = await this.openLedger(portfolio, proposal.snapshot)
      if (unsettled !== undefined) {
        observer.notify({
          type: 'cycle-skipped',
          portfolio: portfolio.id,
          outcome: 'stale_data',
          reason: unsettled,
          unwritten: { cycleId: id, startedAt },
        })
        asked?.tell({ status: 'refused', reason: unsettled })
        return false
      }
    }
    this.at.set(portfolio.id, { ...at, isWritten: true })
    if (!(await store.openCycle(cycle))) return false
    asked?.tell({ status: 'begun', cycleId: id })
    await failpoints.reach('K-02')
    await this.carry(proposal.portfolio, cycle, signal)
    return true
  }

  private async recorded({ id, account }: Portfolio): Promise<Recorded> {
    const { store } = this.deps
    return { transfers: await store.openTransfers(id), unattributed: await store.unattributed(account) }
  }

  /** A cycle that is written down, to its end: through its legs where it may trade, and at once where it may not. */
  private async carry(portfolio: Portfolio, cycle: Cycle, signal: AbortSignal): Promise<void> {
    const { driveCycle, reconcile, sweepAllowances, store, clock, observer } = this.deps
    if (cycle.mode === 'live' && cycle.legs.length > 0) {
      await driveCycle.run(portfolio, cycle.id, signal)
      if ((await store.cycle(cycle.id))?.endedAt === undefined) return
      await reconcile.run(portfolio)
      return sweepAllowances.run(portfolio)
    }
    const outcome = outcomeWithoutTrade(cycle, portfolio.policy.minimumTrade)
    const endedAt = clock.now()
    await store.closeCycle(cycle.id, outcome, endedAt)
    observer.notify({
      type: 'cycle-ended',
      portfolio: portfolio.id,
      cycle,
      outcome,
      seconds: (endedAt - cycle.startedAt) / 1000,
    })
  }

  /**
   * What the account holds before the first transaction of a token's chain is where the ledger starts. Written before
   * the cycle is, because once a cycle is written a process that resumes it trades. A balance that is not final yet is no
   * start: below it the final book would show a loss (B-03). Resolves to what has to be waited for, or undefined.
   */
  private async openLedger({ account }: Portfolio, snapshot: Snapshot): Promise<string | undefined> {
    const { store, balances } = this.deps
    const met = await store.walletBalances(account)
    const postings: Posting[] = []
    for (const reading of snapshot.chains) {
      if (reading.status === 'unknown') continue
      const { chain } = reading
      const found = reading.holdings.filter(
        ({ token }) => !met.some((one) => one.chain === chain && sameAddress(one.token, token.address)),
      )
      if (found.length === 0) continue
      const tokens = found.map(({ token }) => token)
      const final = await balances.read(chain, account, tokens, 'finalized')
      if (final.status === 'unknown') return `The ledger of ${chain} cannot open: ${final.reason}`
      for (const { token, units } of found) {
        const settled = final.holdings.find((held) => sameAddress(held.token.address, token.address))
        if (settled?.units !== units)
          return `The ledger of ${chain} opens when its ${token.symbol} is final: ${units} base units now, ${settled?.units} at block ${final.block.number}.`
      }
      postings.push(
        ...openingPostings(
          account,
          chain,
          found.map(({ token, units }) => ({ token: token.address, units })),
        ),
      )
    }
    await store.openLedger(account, postings)
    return undefined
  }

  /** Tells the observer, once per process, what was under way before it started, so that gauges show it. */
  private async retell({ id: portfolio }: Portfolio): Promise<void> {
    const { store, observer, clock } = this.deps
    if (this.retold.has(portfolio)) return
    this.retold.add(portfolio)
    for (const state of await store.operatingStates())
      observer.notify({ type: 'scope-changed', state, isEarlier: true })
    for (const trip of await store.breakers({ isOpen: true, limit: ALL_OPEN }))
      observer.notify({ type: 'breaker-tripped', trip, at: trip.trippedAt, isEarlier: true })
    const at = clock.now()
    for (const cycle of await store.openCycles())
      if (cycle.portfolio === portfolio)
        for (const intent of cycle.intents) observer.notify({ type: 'intent-changed', portfolio, intent, at })
    for (const transfer of await store.openTransfers(portfolio))
      observer.notify({ type: 'transfer-changed', portfolio, transfer, usd: transfer.value, at })
  }

  private fail({ id: portfolio }: Portfolio, error: unknown): Promise<void> {
    const at = this.at.get(portfolio)
    return this.deps.observer.during({ portfolio, ...(at && { cycleId: at.cycleId }) }, async () => {
      const { observer, stop } = this.deps
      if (error instanceof StaleLeaseError) return stop(error)
      observer.notify({ type: 'failed', what: `the cycle of ${portfolio}`, isRetried: false, error })
      observer.notify({
        type: 'cycle-skipped',
        portfolio,
        outcome: 'error',
        reason: error instanceof Error ? error.message : String(error),
        ...(at && !at.isWritten && { unwritten: { cycleId: at.cycleId, startedAt: at.startedAt } }),
      })
      if (error instanceof InvariantError) await haltPortfolio(this.deps, portfolio, error).catch(stop)
    })
  }
}

/** `<portfolio>-<UTC second>`: one cycle per portfolio and second, whoever asks for it. */
function cycleId(portfolio: string, startedAt: number): string {
  return `${portfolio}-${new Date(startedAt).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
}

function newCycle(portfolio: Portfolio, id: string, startedAt: number, proposal: Proposal): Cycle {
  const { valuation, drift, decision, market, plan, planReasons } = proposal
  return {
    id,
    portfolio: portfolio.id,
    mode: portfolio.mode,
    startedAt,
    endedAt: undefined,
    outcome: undefined,
    valuation,
    drift,
    decision,
    market,
    plan,
    planReasons,
    legs: (plan?.legs ?? []).map(waitingRun),
    intents: [],
    transfers: [],
  }
}
