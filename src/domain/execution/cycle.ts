import { type Address, type ChainKey, tokenId } from '../assets.js'
import type { Refusal } from '../errors.js'
import type { Market } from '../planning/cost.js'
import type { Leg, Plan } from '../planning/plan.js'
import type { VenueKey } from '../planning/quote.js'
import { farthestFrom } from '../policy/levels.js'
import type { Decision } from '../policy/trigger.js'
import type { Drift } from '../portfolio/drift.js'
import type { Valuation } from '../portfolio/valuation.js'
import type { TokenAmount } from '../units/amount.js'
import { absolute } from '../units/ratio.js'
import type { Usd } from '../units/usd.js'
import { bookMovements, isStanding } from './booking.js'
import { hasEnded, saleOf } from './funding.js'
import { type Intent, isCarriedOut, isLive, type StepKind } from './intent.js'
import { isOverdue, isTransferOpen, receivedOf, type Transfer } from './transfer.js'

export const LEG_STATES = [
  'waiting',
  'approving',
  'sending',
  'clearing',
  'crossing',
  'done',
  'failed',
  'skipped',
] as const
export type LegState = (typeof LEG_STATES)[number]

export const CYCLE_OUTCOMES = [
  'traded',
  'planned',
  'within_band',
  'cooldown',
  'not_due',
  'paused',
  'cost_exceeds_benefit',
  'rejected',
  'stale_data',
  'standby',
  'error',
] as const
export type CycleOutcome = (typeof CYCLE_OUTCOMES)[number]

/** The firm offer that was checked and written down before its transaction was signed. */
export interface AcceptedOffer {
  readonly venue: VenueKey
  readonly tool: string
  readonly sell: TokenAmount
  readonly expectedOut: TokenAmount
  /** As the venue names it; nothing is judged by it where `guaranteedOut` is known. */
  readonly minimumOut: TokenAmount
  /** What the calldata guarantees, and our own minimum at least; records of earlier builds do not have it. */
  readonly guaranteedOut?: TokenAmount
  readonly spender: Address | undefined
  /** Fees the venue names, in USD at our prices. */
  readonly namedFees: Usd
  readonly durationSeconds: number
  /** When the venue quoted, in milliseconds since 1970; records of earlier builds do not have it. */
  readonly quotedAt?: number
}

/** Below this the other side has not kept the offer. */
export function owedOut({ guaranteedOut, minimumOut }: AcceptedOffer): TokenAmount {
  return guaranteedOut ?? minimumOut
}

/** How far one leg has come. Everything needed to go on after a crash is here and in the leg's intents and transfer. */
export interface LegRun {
  readonly leg: Leg
  readonly state: LegState
  /** Set when the first transaction of the leg is written down, renewed with the one that trades. */
  readonly offer: AcceptedOffer | undefined
  /** Read from the chain, never from a quote. */
  readonly sold: TokenAmount | undefined
  readonly received: TokenAmount | undefined
  /** Why the leg ended, or will end once its allowance is cleared, without doing its job. */
  readonly failure: LegFailure | undefined
  /** Offers refused so far, and when the last one was, in milliseconds since 1970. */
  readonly refusals: number
  readonly refusedAt: number | undefined
}

/** A leg of which nothing has been done. */
export function waitingRun(leg: Leg): LegRun {
  return {
    leg,
    state: 'waiting',
    offer: undefined,
    sold: undefined,
    received: undefined,
    failure: undefined,
    refusals: 0,
    refusedAt: undefined,
  }
}

export interface LegFailure {
  readonly code:
    | Refusal['code']
    | 'REVERTED'
    | 'CANCELLED'
    | 'CANCELLED_BY_PERSON'
    | 'FOREIGN'
    | 'UNDER_DELIVERED'
    | 'PAUSED'
    | 'TRANSFER_LATE'
    | 'TRANSFER_SHORT'
    | 'TRANSFER_OTHER_TOKEN'
    | 'TRANSFER_REFUNDED'
    | 'ALLOWANCE_LEFT'
    | 'DEPENDENCY'
    | 'REPLANNED'
    | 'NOT_APPROVED'
  readonly detail: string
}

export interface Cycle {
  readonly id: string
  readonly portfolio: string
  readonly mode: 'live' | 'dry-run'
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly endedAt: number | undefined
  readonly outcome: CycleOutcome | undefined
  readonly valuation: Valuation
  readonly drift: Drift
  readonly decision: Decision
  /** Prices and gas at decision time: realised costs are reckoned against these. */
  readonly market: Market
  readonly plan: Plan | undefined
  /** Why there is no plan although the decision was to act. */
  readonly planReasons: readonly string[]
  readonly legs: readonly LegRun[]
  readonly intents: readonly Intent[]
  readonly transfers: readonly Transfer[]
  /** Whether its plan was approved by people, as the proposal says; what they approved then bounds every offer. */
  readonly isApproved?: boolean
}

export type CycleStep =
  /** Look at the chain and move the intent as far as the evidence goes; sign or send it first where that is due. */
  | { readonly type: 'settle-intent'; readonly intent: Intent }
  /** Get a firm offer for the leg and write down its next transaction: an approval or the trade itself. */
  | { readonly type: 'offer-leg'; readonly run: LegRun; readonly amount: TokenAmount }
  /** Read the allowance left to the leg's spender; write a revocation where there is one, else close the step. */
  | { readonly type: 'clear-leg'; readonly run: LegRun }
  /** The sending transaction is final: write down the transfer it began. */
  | { readonly type: 'open-transfer'; readonly run: LegRun; readonly intent: Intent }

/** An offer is asked for this often before a leg is given up, with this pause between. */
export const MAX_REFUSALS = 4
export const REFUSAL_PAUSE_MS = 2_000
/** A swap that reverted is made again at most this often. */
const MAX_RETRIES = 2

/**
 * Applies to every leg what its intents and transfer already prove. Pure and idempotent: applying it twice, or to a
 * reloaded cycle, gives the same answer.
 */
export function advanceLegs(cycle: Cycle): Cycle {
  const legs: LegRun[] = []
  for (const run of cycle.legs) legs.push(advanceLeg(run, cycle, legs))
  return { ...cycle, legs }
}

function advanceLeg(run: LegRun, cycle: Cycle, before: readonly LegRun[]): LegRun {
  switch (run.state) {
    case 'waiting': {
      const replanned = cycle.legs.find(({ failure }) => failure?.code === 'REPLANNED')?.failure
      if (replanned) return { ...run, state: 'skipped', failure: replanned }
      if (run.leg.funding.length === 0 || saleOf(run.leg, before, legsOf(cycle))?.units !== 0n) return run
      const sources = run.leg.funding.map(({ leg }) => leg).join(', ')
      return {
        ...run,
        state: 'skipped',
        failure: { code: 'DEPENDENCY', detail: `Nothing is left to sell: ${sources} did not deliver.` },
      }
    }
    case 'approving': {
      const failure = failureOf(lastIntent(cycle, run, 'approve'))
      return failure ? { ...run, state: 'clearing', failure } : run
    }
    case 'sending': {
      const trade = lastIntent(cycle, run, run.leg.kind)
      if (isStanding(trade)) return { ...run, state: 'clearing' }
      const failure = failureOf(trade)
      return failure && !mayTryAgain(cycle, run) ? { ...run, state: 'clearing', failure } : run
    }
    case 'clearing':
      return run.failure ? run : followTrade(run, cycle)
    case 'crossing': {
      const transfer = cycle.transfers.find(({ id }) => id === run.leg.id)
      return transfer ? crossLeg(run, transfer) : followTrade(run, cycle)
    }
    case 'done':
      return run.leg.kind === 'swap' ? followTrade(run, cycle) : run
    case 'failed':
    case 'skipped':
      return run
  }
}

/** Why a finally consumed nonce did not do what its step was for; undefined while it may, and once it has. */
function failureOf(intent: Intent | undefined): LegFailure | undefined {
  switch (intent?.state) {
    case 'final_reverted':
      return { code: 'REVERTED', detail: `Transaction of ${intent.id} reverted.` }
    case 'final_cancelled':
      if (isUnused(intent)) return undefined
      return { code: 'CANCELLED', detail: `${intent.id} was cancelled before it was mined; the next cycle plans anew.` }
    case 'foreign':
      return { code: 'FOREIGN', detail: `Nonce ${intent.nonce} of ${intent.id} was used by somebody else (B-04).` }
    case 'reserved':
    case 'signed':
    case 'mined':
    case 'final_ok':
    case 'released':
    case undefined:
      return undefined
  }
}

/**
 * Whether nothing of its step was ever signed for good: its nonce was given back, or finally burned by a cancel that no
 * signed step went before. The step is where it was, and may be made anew.
 */
function isUnused({ state, attempts }: Intent): boolean {
  return state === 'released' || (state === 'final_cancelled' && attempts.every(({ payload }) => payload === 'cancel'))
}

/**
 * Whether the leg gets a new transaction for one that reverted: swaps do, a few times, and only once the revert is final
 * (R-03, F-19). Each goes through offers and checks like the first.
 */
function mayTryAgain(cycle: Cycle, run: LegRun): boolean {
  const reverted = cycle.intents.filter(
    ({ legId, kind, state }) => legId === run.leg.id && kind === 'swap' && state === 'final_reverted',
  ).length
  return lastIntent(cycle, run, run.leg.kind)?.state === 'final_reverted' && reverted > 0 && reverted <= MAX_RETRIES
}

/** A leg goes on at a mined trade. A reorg that undoes it sends the leg back, and one that changes it is booked anew. */
function followTrade(run: LegRun, cycle: Cycle): LegRun {
  const trade = lastIntent(cycle, run, run.leg.kind)
  const booked = bookMovements(run, trade)
  if (!isStanding(trade)) return { ...booked, state: 'sending' }
  const isBooked = run.sold !== undefined
  const isUnchanged = booked.sold?.units === run.sold?.units && booked.received?.units === run.received?.units
  return isBooked && !isUnchanged ? booked : run
}

function crossLeg(run: LegRun, transfer: Transfer): LegRun {
  const received = receivedOf(transfer)
  const fail = (code: LegFailure['code'], detail: string): LegRun => ({
    ...run,
    state: 'failed',
    received,
    failure: { code, detail },
  })
  switch (transfer.state) {
    case 'full':
      return { ...run, state: 'done', received }
    case 'late':
    case 'lost_suspected':
      return fail(
        'TRANSFER_LATE',
        'The transfer has not arrived in three times its expected time; it stays in transit and is watched on.',
      )
    case 'short':
      return fail('TRANSFER_SHORT', 'Less than the minimum arrived; the next cycle plans from what is there.')
    case 'other_token':
      return fail(
        'TRANSFER_OTHER_TOKEN',
        'Another token than the expected one arrived; the next cycle plans from what is there.',
      )
    case 'refunded':
      return fail(
        'TRANSFER_REFUNDED',
        'The bridge returned funds instead of delivering them; the next cycle plans from what is there.',
      )
    case 'in_flight':
    case 'seen':
      return run
  }
}

/**
 * What to do next, from what is written down alone. At most one new transaction per chain at a time: a chain whose
 * account has an unmined transaction gets no other.
 */
export function nextSteps(cycle: Cycle, now: number): CycleStep[] {
  const steps: CycleStep[] = cycle.intents.filter(isLive).map((intent) => ({ type: 'settle-intent', intent }))
  const busy = new Set<ChainKey>(
    cycle.intents.filter(({ state }) => state === 'reserved' || state === 'signed').map(({ chain }) => chain),
  )
  // One crossing is offered at a time, so that the next one is judged beside it (mayBeginTransfer).
  let isCrossing = false
  for (const run of cycle.legs) {
    const step = nextLegStep(cycle, run, now)
    if (!step) continue
    const begins = step.type === 'offer-leg' && run.leg.kind === 'bridge'
    if (begins && isCrossing) continue
    const chain = run.leg.sell.token.chain
    if (step.type !== 'open-transfer') {
      if (busy.has(chain)) continue
      busy.add(chain)
    }
    isCrossing ||= begins
    steps.push(step)
  }
  return steps
}

function nextLegStep(cycle: Cycle, run: LegRun, now: number): CycleStep | undefined {
  const isPausing = run.refusedAt !== undefined && now - run.refusedAt < REFUSAL_PAUSE_MS
  switch (run.state) {
    case 'waiting': {
      if (isPausing || !isDue(cycle, run, now)) return undefined
      const amount = saleOf(run.leg, cycle.legs, legsOf(cycle))
      return amount && { type: 'offer-leg', run, amount }
    }
    case 'approving': {
      const approval = lastIntent(cycle, run, 'approve')
      const isApproved = approval !== undefined && isCarriedOut(approval)
      const isUnsigned = approval !== undefined && isUnused(approval)
      if ((!isApproved && !isUnsigned) || isPausing) return undefined
      const amount = run.offer?.sell ?? run.leg.sell
      return { type: 'offer-leg', run, amount }
    }
    case 'sending': {
      const trade = lastIntent(cycle, run, run.leg.kind)
      if (!trade || isPausing || !(isUnused(trade) || mayTryAgain(cycle, run))) return undefined
      return { type: 'offer-leg', run, amount: run.offer?.sell ?? run.leg.sell }
    }
    case 'clearing': {
      const revocation = lastIntent(cycle, run, 'revoke')
      return revocation && isLive(revocation) && revocation.state !== 'mined' ? undefined : { type: 'clear-leg', run }
    }
    case 'crossing': {
      if (cycle.transfers.some(({ id }) => id === run.leg.id)) return undefined
      const intent = lastIntent(cycle, run, 'bridge')
      return intent?.state === 'final_ok' ? { type: 'open-transfer', run, intent } : undefined
    }
    case 'done':
    case 'failed':
    case 'skipped':
      return undefined
  }
}

/**
 * Whether a leg may begin by the clock. Only slices have a time: the planned one, and after the slice before was mined the
 * planned pause, however late that was. A slice before that was never mined is not waited for once it has ended.
 */
export function isDue(cycle: Cycle, { leg }: LegRun, now: number): boolean {
  const { slice } = leg
  if (slice === undefined) return true
  if (now < slice.notBefore) return false
  const before = cycle.legs.find(
    (one) =>
      one.leg.slice?.index === slice.index - 1 &&
      one.leg.slice.of === slice.of &&
      tokenId(one.leg.sell.token) === tokenId(leg.sell.token) &&
      tokenId(one.leg.expectedOut.token) === tokenId(leg.expectedOut.token),
  )
  if (!before?.leg.slice) return true
  const trade = lastIntent(cycle, before, leg.kind)
  if (trade && 'inclusion' in trade)
    return now >= trade.inclusion.block.timestamp * 1000 + slice.notBefore - before.leg.slice.notBefore
  return before.state === 'failed' || before.state === 'skipped'
}

function legsOf({ legs }: Cycle): Leg[] {
  return legs.map(({ leg }) => leg)
}

/** The latest intent of a leg's step; the ordinals count them. */
export function lastIntent(cycle: Pick<Cycle, 'intents'>, run: LegRun, kind: StepKind): Intent | undefined {
  return cycle.intents
    .filter((intent) => intent.legId === run.leg.id && intent.kind === kind)
    .toSorted((a, b) => b.ordinal - a.ordinal)[0]
}

/** How many revocations of the leg are in a block, whatever they did. */
export function revocationsMade({ intents }: Pick<Cycle, 'intents'>, { leg }: LegRun): number {
  const isMade = ({ state }: Intent) => state === 'mined' || state === 'final_ok' || state === 'final_reverted'
  return intents.filter((one) => one.legId === leg.id && one.kind === 'revoke' && isMade(one)).length
}

/**
 * The leg after its allowance could not be taken back. What it did stays booked, and a crossing that has begun is followed
 * to its end.
 */
export function stuckLeg(run: LegRun, detail: string): LegRun {
  if (run.leg.kind === 'bridge' && !run.failure) return clearedLeg(run)
  const failure = run.failure ? { ...run.failure, detail: `${run.failure.detail} ${detail}` } : undefined
  return { ...run, state: 'failed', failure: failure ?? { code: 'ALLOWANCE_LEFT', detail } }
}

/** A leg that ended by a cancel, when the cancel was a person's pause. */
export function heldLeg(run: LegRun): LegRun {
  if (run.failure?.code !== 'CANCELLED') return run
  return { ...run, failure: { code: 'PAUSED', detail: `A person paused the work. ${run.failure.detail}` } }
}

/** The leg after its allowance is known to be zero. */
export function clearedLeg(run: LegRun): LegRun {
  if (run.failure) return { ...run, state: 'failed' }
  return { ...run, state: run.leg.kind === 'bridge' ? 'crossing' : 'done' }
}

/** The leg after an offer was refused: tried again later, or ended, by way of clearing what it approved. */
export function refusedLeg(run: LegRun, refusal: Refusal, now: number): LegRun {
  const refusals = run.refusals + 1
  if (refusals < MAX_REFUSALS) return { ...run, refusals, refusedAt: now }
  return { ...run, refusals, refusedAt: now, failure: refusal, state: run.state === 'waiting' ? 'failed' : 'clearing' }
}

/**
 * Ends the legs that `failureFor` names something against, where something new would have to be signed for them: one that has
 * not begun is skipped, one that has only its approval, or whose trade was given back unsigned or reverted, is cleared. A
 * trade that is signed goes on to its end.
 */
export function holdLegs(cycle: Cycle, failureFor: (run: LegRun) => LegFailure | undefined): Cycle {
  const legs = cycle.legs.map((run): LegRun => {
    const failure = failureFor(run)
    if (!failure) return run
    if (run.state === 'waiting') return { ...run, state: 'skipped', failure }
    const last = lastIntent(cycle, run, run.state === 'approving' ? 'approve' : run.leg.kind)
    const isUnsigned = last !== undefined && (isUnused(last) || mayTryAgain(cycle, run))
    const isApproved =
      run.state === 'approving' && last !== undefined && last.state !== 'reserved' && last.state !== 'signed'
    if (isApproved || (run.state === 'sending' && isUnsigned)) return { ...run, state: 'clearing', failure }
    return run
  })
  return { ...cycle, legs }
}

/** Every leg has ended, every nonce is finally consumed. A late transfer may outlive its cycle. */
export function isCycleOver(cycle: Cycle): boolean {
  const isOpenLeg = !cycle.legs.every(hasEnded)
  const isAwaited = cycle.transfers.some((transfer) => isTransferOpen(transfer) && !isOverdue(transfer))
  return !isOpenLeg && !isAwaited && !cycle.intents.some(isLive)
}

/** `traded` as soon as one trade or bridge transaction succeeded. */
export function outcomeOf(cycle: Cycle): CycleOutcome {
  const isTrade = ({ kind, state }: Intent) => (kind === 'swap' || kind === 'bridge') && state === 'final_ok'
  return cycle.intents.some(isTrade) ? 'traded' : 'rejected'
}

/**
 * `planned` is a dry run's end: the plan is recorded and, by the portfolio's mode, not executed. What is not worth a minimum
 * trade is in place.
 */
export function outcomeWithoutTrade({ decision, drift, plan }: Cycle, minimumTrade: Usd): CycleOutcome {
  switch (decision.code) {
    case 'nothing-known':
      return 'stale_data'
    case 'cooldown':
      return 'cooldown'
    case 'not-due':
      return 'not_due'
    case 'cost-exceeds-benefit':
      return 'cost_exceeds_benefit'
    case 'within-band':
    case 'no-money':
      return 'within_band'
    case 'manual':
    case 'replanned':
    case 'band-breached':
      if (plan) return 'planned'
      return !decision.isCut && farthestFrom(decision.levels, drift) < minimumTrade ? 'within_band' : 'rejected'
  }
}

/**
 * Whether a cycle that traded left something that was to be traded: budgets cut its levels, its plan left a distance worth a
 * trade, or a leg did not do its job.
 */
export function isUnfinished({ decision, plan, legs }: Cycle, minimumTrade: Usd): boolean {
  return (
    decision.isCut === true ||
    (plan?.unmet.some(({ value }) => absolute(value) >= minimumTrade) ?? false) ||
    legs.some(({ state }) => state !== 'done')
  )
}
