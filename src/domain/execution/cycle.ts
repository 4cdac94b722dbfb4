import { type Address, type ChainKey, tokenId } from '../assets.js'
import type { Refusal } from '../errors.js'
import type { Market } from '../planning/cost.js'
import type { Leg, Plan } from '../planning/plan.js'
import type { VenueKey } from '../planning/quote.js'
import type { Decision } from '../policy/trigger.js'
import type { Drift } from '../portfolio/drift.js'
import type { Valuation } from '../portfolio/valuation.js'
import type { TokenAmount } from '../units/amount.js'
import type { Usd } from '../units/usd.js'
import { bookMovements, isStanding } from './booking.js'
import { hasEnded, saleOf } from './funding.js'
import { type Intent, isLive, type StepKind } from './intent.js'
import { isTransferOpen, type Transfer } from './transfer.js'

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
  readonly minimumOut: TokenAmount
  readonly spender: Address | undefined
  /** Fees the venue names, in USD at our prices. */
  readonly namedFees: Usd
  readonly durationSeconds: number
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

export interface LegFailure {
  readonly code:
    | Refusal['code']
    | 'REVERTED'
    | 'UNDER_DELIVERED'
    | 'PAUSED'
    | 'TRANSFER_LATE'
    | 'TRANSFER_SHORT'
    | 'TRANSFER_OTHER_TOKEN'
    | 'TRANSFER_REFUNDED'
    | 'DEPENDENCY'
    | 'REPLANNED'
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
      const approval = lastIntent(cycle, run, 'approve')
      if (approval?.state !== 'final_reverted') return run
      return { ...run, state: 'clearing', failure: { code: 'REVERTED', detail: `Approval ${approval.id} reverted.` } }
    }
    case 'sending': {
      const trade = lastIntent(cycle, run, run.leg.kind)
      if (trade?.state === 'final_reverted')
        return {
          ...run,
          state: 'clearing',
          failure: { code: 'REVERTED', detail: `Transaction of ${trade.id} reverted.` },
        }
      return isStanding(trade) ? { ...run, state: 'clearing' } : run
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

/** A leg goes on at a mined trade. A reorg that undoes it sends the leg back, and one that changes it is booked anew. */
function followTrade(run: LegRun, cycle: Cycle): LegRun {
  const trade = lastIntent(cycle, run, run.leg.kind)
  const booked = bookMovements(run, trade)
  if (!isStanding(trade)) return { ...booked, state: 'sending' }
  const isBooked = run.sold !== undefined
  const isUnchanged = booked.sold?.units === run.sold?.units && booked.received?.units === run.received?.units
  return isBooked && !isUnchanged ? booked : run
}

function crossLeg(run: LegRun, { state, arrival }: Transfer): LegRun {
  const fail = (code: LegFailure['code'], detail: string): LegRun => ({
    ...run,
    state: 'failed',
    received: arrival?.amount,
    failure: { code, detail },
  })
  switch (state) {
    case 'full':
      return { ...run, state: 'done', received: arrival?.amount }
    case 'late':
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
        'The bridge returned the funds on the origin chain; the next cycle plans from what is there.',
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
  for (const run of cycle.legs) {
    const step = nextLegStep(cycle, run, now)
    if (!step) continue
    const chain = run.leg.sell.token.chain
    if (step.type !== 'open-transfer') {
      if (busy.has(chain)) continue
      busy.add(chain)
    }
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
      const isApproved = (approval?.state === 'mined' || approval?.state === 'final_ok') && approval.inclusion.isSuccess
      const isUnsigned = approval?.state === 'released'
      if ((!isApproved && !isUnsigned) || isPausing) return undefined
      const amount = run.offer?.sell ?? run.leg.sell
      return { type: 'offer-leg', run, amount }
    }
    case 'sending': {
      const trade = lastIntent(cycle, run, run.leg.kind)
      if (trade?.state !== 'released' || isPausing) return undefined
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
 * Ends every leg for which something new would have to be signed: one that has not begun is skipped, one that has only
 * its approval, or whose trade was given back unsigned, is cleared. A trade that is signed goes on to its end.
 */
export function holdLegs(cycle: Cycle, reason: string): Cycle {
  const failure: LegFailure = { code: 'PAUSED', detail: reason }
  const legs = cycle.legs.map((run): LegRun => {
    if (run.state === 'waiting') return { ...run, state: 'skipped', failure }
    const last = lastIntent(cycle, run, run.state === 'approving' ? 'approve' : run.leg.kind)
    const isUnsigned = last?.state === 'released'
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
  const isAwaited = cycle.transfers.some((transfer) => isTransferOpen(transfer) && transfer.state !== 'late')
  return !isOpenLeg && !isAwaited && !cycle.intents.some(isLive)
}

/** `traded` as soon as one trade or bridge transaction succeeded. */
export function outcomeOf(cycle: Cycle): CycleOutcome {
  const isTrade = ({ kind, state }: Intent) => (kind === 'swap' || kind === 'bridge') && state === 'final_ok'
  return cycle.intents.some(isTrade) ? 'traded' : 'rejected'
}
