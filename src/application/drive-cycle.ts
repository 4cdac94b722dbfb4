import { sameAddress } from '../domain/assets.js'
import { InvariantError } from '../domain/errors.js'
import { spendOfNothing } from '../domain/execution/budget-claim.js'
import { type CancelOrder, orderedFailure } from '../domain/execution/cancel-order.js'
import {
  advanceLegs,
  type Cycle,
  type CycleStep,
  heldLeg,
  holdLegs,
  isCycleOver,
  isDue,
  isUnfinished,
  lastIntent,
  type LegFailure,
  type LegRun,
  nextSteps,
  outcomeOf,
  owedOut,
} from '../domain/execution/cycle.js'
import { endUnapproved, hasBegun } from '../domain/execution/plan-approval.js'
import { notionalOf, realisedCost } from '../domain/execution/realised.js'
import { endForReplan, endingsOf, reasonToReplan, waitingAssets } from '../domain/execution/replan.js'
import { hasEnded } from '../domain/execution/funding.js'
import { HELD_BY_PERSON, type Intent } from '../domain/execution/intent.js'
import { reasonDriftStayed } from '../domain/execution/drift-fall.js'
import { subjectOf } from '../domain/execution/subject.js'
import { isTransferOpen, type Transfer } from '../domain/execution/transfer.js'
import { priceIn, weiCost } from '../domain/planning/cost.js'
import { bridgeOf } from '../domain/planning/quote.js'
import { bridgeTermsOf } from '../domain/policy/bridges.js'
import { judgeLosses } from '../domain/policy/budgets.js'
import { maySign, type ScopeState, strictest } from '../domain/policy/operating.js'
import { type Portfolio, tokensOn } from '../domain/policy/portfolio.js'
import { setAside } from '../domain/portfolio/tradable.js'
import { balanceMove } from '../domain/policy/sanity.js'
import { ofIntent, type Purpose } from '../domain/purpose.js'
import { pointsBeside } from '../domain/units/ratio.js'
import { valueOf } from '../domain/units/usd.js'
import type { Balances } from '../ports/balances.js'
import type { Clock } from '../ports/clock.js'
import type { Failpoints } from '../ports/failpoints.js'
import { type Lease, StaleLeaseError } from '../ports/lease.js'
import type { Observer } from '../ports/observer.js'
import { ConflictError, type Store } from '../ports/store.js'
import type { ClearLeg } from './clear-leg.js'
import type { OfferLeg } from './offer-leg.js'
import { pricesOf } from './propose-plan.js'
import type { ReadPrices } from './read-prices.js'
import type { SeekApproval } from './seek-approval.js'
import type { SettleIntent } from './settle-intent.js'
import type { SettleTransfers } from './settle-transfers.js'
import type { TripBreaker } from './trip-breaker.js'

/** A cycle held against the prices of now, and whether each that it needs was known. */
interface Held {
  readonly cycle: Cycle
  readonly isKnown: boolean
}

/**
 * Carries an open cycle to its end: asks the pure core for the next steps of what is written down, performs them,
 * writes down what happened, and looks again. Starting a cycle and resuming one after a crash are this same loop.
 */
export class DriveCycle {
  constructor(
    private readonly deps: {
      readPrices: ReadPrices
      balances: Balances
      tripBreaker: TripBreaker
      offerLeg: OfferLeg
      clearLeg: ClearLeg
      settleIntent: SettleIntent
      settleTransfers: SettleTransfers
      seekApproval: SeekApproval
      store: Store
      lease: Lease
      clock: Clock
      observer: Observer
      failpoints: Failpoints
      pollMs: number
    },
  ) {}

  /** Ends when the cycle is closed, the lease is lost or the signal aborts. */
  async run(portfolio: Portfolio, cycleId: string, signal: AbortSignal): Promise<void> {
    const { store, lease, clock, observer, settleTransfers, failpoints, pollMs } = this.deps
    // While the lease is held nobody else writes, so the rows are read again only after something was written.
    let stored: Cycle | undefined
    let isSeen = false
    // Whether the plan was held against balances, and an approved one against prices, since anybody's word was waited for.
    let isChecked = false
    // What ended legs have shown is held against the plan once; a process that takes over does it once more.
    let judged = ''
    const dueBefore = new Set<string>()
    while (!signal.aborted && lease.isHeld()) {
      try {
        stored ??= await store.cycle(cycleId)
        if (!stored) throw new InvariantError(`Cycle ${cycleId} is driven but not written down.`)
        // Its end was written, and the answer lost.
        if (stored.endedAt !== undefined) return
        const states = await store.operatingStates()
        let progress = await this.writeProgress(portfolio, stored, states)
        // After it: what was approved is all of the plan, so nothing of it begins where a leg of it is held.
        const permission = await this.deps.seekApproval.run(portfolio, progress)
        if (permission.status === 'denied')
          progress = await this.writeLegs(progress, endUnapproved(progress, permission.reason))
        const isApproved = permission.status === 'granted' && permission.isApproved
        progress = { ...progress, isApproved }
        const isAwaited = permission.status === 'awaited'
        if (isAwaited) isChecked = false
        // Between a plan and the word of people balances and prices may have gone elsewhere (F-76).
        const isReleased: boolean = !isAwaited && !isChecked && isApproved && !hasBegun(progress)
        if (!isSeen || (!isAwaited && !isChecked)) progress = await this.endStalePlan(portfolio, progress)
        isSeen = true
        // A later slice whose time has come is judged by the prices of then, too.
        const due = progress.legs.filter(
          (run) => run.state === 'waiting' && (run.leg.slice?.index ?? 0) > 1 && isDue(progress, run, clock.now()),
        )
        const endings = endingsOf(progress)
        if (endings !== judged) await this.judgeEndings(portfolio, progress)
        const isNew: boolean = isReleased || endings !== judged || due.some(({ leg }) => !dueBefore.has(leg.id))
        const { cycle, isKnown }: Held = isNew
          ? await this.endMovedPlan(portfolio, progress)
          : { cycle: progress, isKnown: true }
        for (const { leg } of due) dueBefore.add(leg.id)
        judged = endings
        // What was approved begins once every price is known again, or is denied when its time is over.
        isChecked ||= !isAwaited && (isKnown || !isReleased)
        if (isCycleOver(cycle)) return await this.close(portfolio, cycle)
        const outcomes = await Promise.allSettled(
          nextSteps(cycle, clock.now())
            .filter((step) => mayPerform(portfolio, step, states) && (isChecked || step.type !== 'offer-leg'))
            .map((step) => observer.during(purposeOf(step), () => this.perform(portfolio, cycle, step))),
        )
        for (const outcome of outcomes)
          if (outcome.status === 'rejected') {
            if (outcome.reason instanceof StaleLeaseError || outcome.reason instanceof InvariantError)
              throw outcome.reason
            if (!(outcome.reason instanceof ConflictError))
              observer.notify({
                type: 'failed',
                what: `a step of cycle ${cycleId}`,
                isRetried: true,
                error: outcome.reason,
              })
          }
        const hasMoved = cycle.transfers.some(isTransferOpen) && (await settleTransfers.run(portfolio))
        const hasWritten = outcomes.some((outcome) => outcome.status === 'rejected' || outcome.value)
        stored = hasMoved || hasWritten ? undefined : cycle
      } catch (error) {
        if (error instanceof StaleLeaseError || error instanceof InvariantError) throw error
        // What is signed is looked after without a break: records that were away are read again as soon as they are back.
        observer.notify({ type: 'failed', what: `driving cycle ${cycleId}`, isRetried: true, error })
        stored = undefined
      }
      await clock.sleep(pollMs, signal)
    }
    if (signal.aborted) await failpoints.reach('K-28')
  }

  /** Writes what the evidence already proves about the legs, and ends the ones that must not begin any more. */
  private async writeProgress(portfolio: Portfolio, stored: Cycle, states: readonly ScopeState[]): Promise<Cycle> {
    const orders = await this.deps.store.cancelOrders(stored.intents.map(({ id }) => id))
    const orderFor = ({ leg }: LegRun) =>
      orders.find(({ intentId }) => stored.intents.some(({ id, legId }) => id === intentId && legId === leg.id))
    const advanced = advanceLegs(stored)
    const told = advanced.legs.map((run, index) => this.tellHeld(stored, run, stored.legs[index]!, orderFor(run)))
    const proven = { ...advanced, legs: await Promise.all(told) }
    const isDryRun = portfolio.mode === 'dry-run' || stored.mode === 'dry-run'
    const failureFor = (run: LegRun): LegFailure | undefined => {
      const order = orderFor(run)
      if (order) return orderedFailure(order)
      const detail = isDryRun ? 'In dry-run no leg begins.' : strictest(states, subjectOf(portfolio.id, run))?.reason
      return detail === undefined ? undefined : { code: 'PAUSED', detail }
    }
    const held = holdLegs(proven, failureFor)
    const isHeld = held.legs.some((run, index) => run !== proven.legs[index])
    return this.writeLegs(stored, isHeld ? advanceLegs(held) : proven)
  }

  /** A leg that a cancel has just ended says so differently where a person's order or pause was the reason (B-13). */
  private async tellHeld(cycle: Cycle, run: LegRun, before: LegRun, order: CancelOrder | undefined): Promise<LegRun> {
    if (before.failure || run.failure?.code !== 'CANCELLED') return run
    if (order) return { ...run, failure: orderedFailure(order) }
    const kind = before.state === 'approving' ? 'approve' : run.leg.kind
    const intent = lastIntent(cycle, run, kind)
    const events = intent ? await this.deps.store.intentEvents(intent.id) : []
    return events.some(({ evidence }) => evidence === HELD_BY_PERSON) ? heldLeg(run) : run
  }

  /** Ends a plan of which nothing has begun when the balances are not those it was made on; it is made anew (C-53). */
  private async endStalePlan(portfolio: Portfolio, cycle: Cycle): Promise<Cycle> {
    const { balances, store } = this.deps
    if (cycle.intents.length > 0 || !cycle.legs.every(({ state }) => state === 'waiting')) return cycle
    const chains = await Promise.all(
      portfolio.chains.map(({ key }) => balances.read(key, portfolio.account, tokensOn(portfolio, key))),
    )
    const unattributed = await store.unattributed(portfolio.account)
    const tradable = chains.map((reading) => setAside(reading, unattributed))
    const moved = balanceMove(cycle.valuation, cycle.market, tradable)
    if (moved <= portfolio.limits.balanceMove) return cycle
    const allowed = portfolio.limits.balanceMove
    const reason = `C-53: balances moved ${pointsBeside(moved, allowed)} bps of NAV since the plan was made, it allows ${pointsBeside(allowed, moved)} bps.`
    return this.writeLegs(cycle, endForReplan(cycle, reason))
  }

  /** Writes what ended legs cost, and stops the portfolio when it has lost or failed too much (B-01, B-13). */
  private async judgeEndings(portfolio: Portfolio, cycle: Cycle): Promise<void> {
    const { store, clock, tripBreaker } = this.deps
    const ended = cycle.legs.filter(hasEnded)
    if (ended.length === 0) return
    for (const run of ended) await store.saveLeg(cycle.id, run, run, realisedCost(cycle, run))
    const use = await store.budgetUse(spendOfNothing(portfolio, clock.now(), { cycleId: cycle.id }))
    const verdict = judgeLosses(portfolio.id, use, portfolio.limits, cycle.valuation.nav)
    if (verdict) await tripBreaker.run(verdict.trip)
  }

  /**
   * Ends the legs that have not begun once what happened is too far from the plan; the next cycle plans what remains. Tells
   * whether every price of theirs was known.
   */
  private async endMovedPlan(portfolio: Portfolio, cycle: Cycle): Promise<Held> {
    const assets = waitingAssets(cycle)
    if (assets.size === 0) return { cycle, isKnown: true }
    const prices = pricesOf(await this.deps.readPrices.run(portfolio))
    const reason = reasonToReplan(cycle, prices, portfolio.policy.replanMove)
    const isKnown = [...assets].every((asset) => prices.has(asset))
    return { cycle: reason === undefined ? cycle : await this.writeLegs(cycle, endForReplan(cycle, reason)), isKnown }
  }

  private async writeLegs(before: Cycle, after: Cycle): Promise<Cycle> {
    for (const [index, run] of before.legs.entries()) {
      const next = after.legs[index]!
      if (next !== run) await this.deps.store.saveLeg(before.id, run, next)
    }
    return after
  }

  /** Resolves to whether anything was written. */
  private async perform(portfolio: Portfolio, cycle: Cycle, step: CycleStep): Promise<boolean> {
    const { offerLeg, clearLeg, settleIntent, store, clock, observer, failpoints } = this.deps
    switch (step.type) {
      case 'settle-intent':
        return settleIntent.run(portfolio, cycle, step.intent, this.bridgeFor(cycle, step.intent))
      case 'offer-leg':
        await offerLeg.run(portfolio, cycle, step.run, step.amount)
        return true
      case 'clear-leg':
        return clearLeg.run(portfolio, cycle, step.run)
      case 'open-transfer': {
        await failpoints.reach('K-25')
        const transfer = transferOf(portfolio, cycle, step.run, step.intent)
        if (await store.openTransfer(transfer))
          observer.notify({
            type: 'transfer-changed',
            portfolio: portfolio.id,
            transfer,
            usd: transfer.value,
            at: clock.now(),
          })
        return true
      }
    }
  }

  private bridgeFor(cycle: Cycle, intent: Intent): string | undefined {
    if (intent.kind !== 'bridge') return undefined
    const offer = cycle.legs.find(({ leg }) => leg.id === intent.legId)?.offer
    return offer && bridgeOf(offer.tool)
  }

  private async close(portfolio: Portfolio, cycle: Cycle): Promise<void> {
    const { store, clock, observer, tripBreaker } = this.deps
    for (const run of cycle.legs) {
      const realised = realisedCost(cycle, run)
      await store.saveLeg(cycle.id, run, run, realised)
      observer.notify({
        type: 'leg-ended',
        portfolio: portfolio.id,
        cycleId: cycle.id,
        run,
        realised,
        notional: notionalOf(cycle, run),
      })
    }
    for (const intent of cycle.intents)
      if ('inclusion' in intent) {
        const usd = weiCost(cycle.market, intent.chain, intent.inclusion.gasPaid)
        observer.notify({ type: 'gas-spent', ...ofIntent(portfolio.id, intent), kind: intent.kind, usd })
      }
    const reason = reasonDriftStayed(cycle, portfolio.limits.driftFall)
    if (reason !== undefined)
      await tripBreaker.run({ code: 'B-12', scope: `portfolio:${portfolio.id}`, level: 'paused_new', reason })
    await this.deps.seekApproval.close(portfolio, cycle)
    const outcome = outcomeOf(cycle)
    const endedAt = clock.now()
    await store.closeCycle(cycle.id, outcome, endedAt, isUnfinished(cycle, portfolio.policy.minimumTrade))
    observer.notify({
      type: 'cycle-ended',
      portfolio: portfolio.id,
      cycle,
      outcome,
      seconds: (endedAt - cycle.startedAt) / 1000,
    })
  }
}

function purposeOf(step: CycleStep): Purpose {
  if (step.type === 'settle-intent') {
    const { id, legId, chain } = step.intent
    return { legId, intentId: id, chain }
  }
  const { id, sell } = step.run.leg
  if (step.type === 'open-transfer') return { legId: id, transferId: id }
  return { legId: id, chain: sell.token.chain, ...(step.type === 'offer-leg' && { stage: 'offer' }) }
}

/** Whether what holds allows the step: a paused leg asks for no offer, and a halt leaves even an allowance where it is. */
function mayPerform(portfolio: Portfolio, step: CycleStep, states: readonly ScopeState[]): boolean {
  if (step.type !== 'offer-leg' && step.type !== 'clear-leg') return true
  const level = strictest(states, subjectOf(portfolio.id, step.run))?.level ?? 'running'
  return maySign(level, step.type === 'offer-leg' ? 'step' : 'revoke')
}

/** The crossing that a final sending transaction began. */
function transferOf(portfolio: Portfolio, cycle: Cycle, run: LegRun, intent: Intent): Transfer {
  const { leg, offer, sold } = run
  if (!offer || !('inclusion' in intent))
    throw new InvariantError(`Leg ${leg.id} crosses without an offer or a mined transaction.`)
  const sent = sold ?? offer.sell
  const bridge = bridgeOf(offer.tool)
  const terms = bridgeTermsOf(portfolio.bridges, bridge)
  return {
    id: leg.id,
    cycleId: cycle.id,
    account: portfolio.account,
    bridge,
    venue: offer.venue,
    origin: leg.sell.token.chain,
    originHash: intent.inclusion.hash,
    destination: leg.expectedOut.token.chain,
    sent,
    charges: intent.inclusion.movements.filter(({ token }) => !sameAddress(token, sent.token.address)),
    expected: offer.expectedOut,
    minimum: owedOut(offer),
    value: valueOf(sent, priceIn(cycle.market, sent.token.asset), 'down'),
    sentAt: intent.inclusion.block.timestamp * 1000,
    expectedSeconds: terms.expectedSeconds ?? offer.durationSeconds,
    lostAfterSeconds: terms.lostAfterSeconds,
    quietSeconds: terms.quietSeconds,
    state: 'in_flight',
    arrivals: [],
  }
}
