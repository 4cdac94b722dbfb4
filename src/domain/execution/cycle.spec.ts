import { describe, expect, jest, test } from '@jest/globals'
import fc from 'fast-check'
import {
  aCycle,
  addressOf,
  aLeg,
  anArrival,
  anAttempt,
  anInclusion,
  aRun,
  aToken,
  aTransfer,
  hashOf,
  newIntent,
  sendingRun,
  WETH,
} from '../../../test/support/builders.js'
import { tokenId } from '../assets.js'
import { InvariantError } from '../errors.js'
import { amountOf } from '../units/amount.js'
import { ONE_USD } from '../units/usd.js'
import { bookMovements } from './booking.js'
import {
  advanceLegs,
  clearedLeg,
  type Cycle,
  holdLegs,
  isCycleOver,
  isUnfinished,
  lastIntent,
  LEG_STATES,
  type LegRun,
  type LegState,
  MAX_REFUSALS,
  nextSteps,
  outcomeOf,
  REFUSAL_PAUSE_MS,
  refusedLeg,
} from './cycle.js'
import { type Intent, INTENT_STATES, type IntentState, reservedIntent, type StepKind } from './intent.js'
import type { TransferState } from './transfer.js'

jest.setTimeout(60_000)

const usdc = aToken()
const farUsdc = aToken({ chain: 'beta', address: addressOf(0xcb) })
const refusal = { code: 'NO_QUOTE', detail: 'nobody' } as const

const first = aLeg()
const bridge = aLeg({
  id: 'plan-1.2',
  kind: 'bridge',
  sell: amountOf(usdc, 4_500_000_000n),
  expectedOut: amountOf(farUsdc, 4_490_000_000n),
  funding: [{ leg: first.id, units: 4_500_000_000n }],
})
const beside = aLeg({ id: 'plan-1.3' })
const far = aLeg({ id: 'plan-1.4', sell: amountOf(farUsdc, 1_000n) })
const behind = aLeg({
  id: 'plan-1.5',
  sell: amountOf(farUsdc, 4_490_000_000n),
  funding: [{ leg: bridge.id, units: 4_490_000_000n }],
})
const slice = aLeg({ id: 'plan-1.6', slice: { index: 2, of: 2, notBefore: 40_000 } })

const movementsOf = ({ leg }: LegRun) => [
  { token: leg.sell.token.address, units: -leg.sell.units },
  ...(leg.kind === 'swap' ? [{ token: leg.expectedOut.token.address, units: 4_490_000_000n }] : []),
]
/** An intent of a leg's step in a state; mined ones succeed unless told otherwise. */
function intentOf(
  run: LegRun,
  kind: StepKind,
  state: IntentState,
  changes: { isSuccess?: boolean; ordinal?: number } = {},
): Intent {
  const base = { ...newIntent(aCycle(), run, { kind, ordinal: changes.ordinal ?? 0 }), nonce: 0, version: 1 }
  if (state === 'reserved' || state === 'released') return { ...base, state, attempts: [] }
  if (state === 'signed' || state === 'foreign') return { ...base, state, attempts: [anAttempt(1)] }
  if (state === 'final_cancelled')
    return {
      ...base,
      state,
      attempts: [anAttempt(1), anAttempt(2, { payload: 'cancel' })],
      inclusion: anInclusion(2, { movements: [] }),
    }
  const isSuccess = changes.isSuccess ?? state !== 'final_reverted'
  return {
    ...base,
    state,
    attempts: [anAttempt(1)],
    inclusion: anInclusion(1, { isSuccess, movements: isSuccess ? movementsOf(run) : [] }),
  }
}
const stepTypes = (cycle: Cycle, now = 0) => nextSteps(cycle, now).map(({ type }) => type)
const runOf = (leg = first, state: LegState = 'waiting', changes: Partial<LegRun> = {}) => ({
  ...sendingRun(aRun({ leg })),
  state,
  ...changes,
})
const waiting = (leg = first) => aRun({ leg })
const advanced = (cycle: Cycle) => advanceLegs(cycle).legs.map(({ state, failure }) => [state, failure?.code])

const LUNCH = { code: 'PAUSED', detail: 'Lunch.' } as const

describe('advanceLegs', () => {
  test.each([
    ['approving', 'approve', 'reserved', true, 'approving', undefined],
    ['approving', 'approve', 'mined', true, 'approving', undefined],
    ['approving', 'approve', 'mined', false, 'approving', undefined],
    ['approving', 'approve', 'final_reverted', false, 'clearing', 'REVERTED'],
    ['sending', 'swap', 'signed', true, 'sending', undefined],
    ['sending', 'swap', 'mined', true, 'clearing', undefined],
    ['sending', 'swap', 'mined', false, 'sending', undefined],
    ['sending', 'swap', 'final_ok', true, 'clearing', undefined],
    ['approving', 'approve', 'final_cancelled', true, 'clearing', 'CANCELLED'],
    ['approving', 'approve', 'foreign', true, 'clearing', 'FOREIGN'],
    ['sending', 'swap', 'final_reverted', false, 'sending', undefined],
    ['sending', 'swap', 'final_cancelled', true, 'clearing', 'CANCELLED'],
    ['sending', 'swap', 'foreign', true, 'clearing', 'FOREIGN'],
    ['sending', 'bridge', 'final_reverted', false, 'clearing', 'REVERTED'],
    ['sending', 'bridge', 'final_cancelled', true, 'clearing', 'CANCELLED'],
    ['clearing', 'swap', 'mined', true, 'clearing', undefined],
    ['clearing', 'swap', 'signed', true, 'sending', undefined],
    ['clearing', 'swap', 'mined', false, 'sending', undefined],
    ['done', 'swap', 'signed', true, 'sending', undefined],
    ['done', 'swap', 'final_ok', true, 'done', undefined],
    ['crossing', 'bridge', 'signed', true, 'sending', undefined],
    ['crossing', 'bridge', 'mined', true, 'crossing', undefined],
  ] as const)('%s with its %s %s (success: %s) is %s', (state, kind, intentState, isSuccess, after, code) => {
    const run = runOf(kind === 'bridge' ? bridge : first, state)
    const cycle = aCycle({ legs: [run], intents: [intentOf(run, kind, intentState, { isSuccess })] })
    expect(advanced({ ...cycle, legs: [run] })).toEqual([[after, code]])
  })

  test('a mined cancel is no trade and no approval: the leg waits for its finality', () => {
    const cancelled = (kind: StepKind, state: LegState) => {
      const run = runOf(first, state)
      const mined = intentOf(run, kind, 'mined') as Extract<Intent, { inclusion: unknown }>
      const [attempt] = mined.attempts
      return aCycle({ legs: [run], intents: [{ ...mined, attempts: [{ ...attempt, payload: 'cancel' }] }] })
    }
    expect(advanced(cancelled('swap', 'sending'))).toEqual([['sending', undefined]])
    expect(stepTypes(cancelled('approve', 'approving'))).toEqual(['settle-intent'])
  })

  test('a slot that was burned before its step was signed leaves the leg where it was, once that is final', () => {
    for (const [kind, state] of [
      ['swap', 'sending'],
      ['approve', 'approving'],
    ] as const) {
      const run = runOf(first, state)
      const burned = {
        ...intentOf(run, kind, 'final_cancelled'),
        attempts: [anAttempt(2, { payload: 'cancel' })],
      } as Intent
      const cycle = aCycle({ legs: [run], intents: [burned] })
      expect(advanced(cycle)).toEqual([[state, undefined]])
      expect(stepTypes(cycle)).toEqual(['offer-leg'])
      expect(stepTypes({ ...cycle, intents: [{ ...burned, state: 'mined' } as Intent] })).toEqual(['settle-intent'])
    }
  })

  test('F-19: a swap that reverted gets a new transaction twice, after finality alone, and then the leg fails', () => {
    const run = runOf(first, 'sending')
    const attempts = (...states: IntentState[]) =>
      aCycle({
        legs: [run],
        intents: states.map((state, ordinal) => intentOf(run, 'swap', state, { ordinal, isSuccess: false })),
      })
    expect(stepTypes(attempts('mined'))).toEqual(['settle-intent'])
    expect(stepTypes(attempts('final_reverted'))).toEqual(['offer-leg'])
    expect(stepTypes(attempts('final_reverted', 'signed'))).toEqual(['settle-intent'])
    expect(stepTypes(attempts('final_reverted', 'final_reverted'))).toEqual(['offer-leg'])
    const thrice = attempts('final_reverted', 'final_reverted', 'final_reverted')
    expect(advanced(attempts('final_reverted', 'final_reverted'))).toEqual([['sending', undefined]])
    expect(advanced(thrice)).toEqual([['clearing', 'REVERTED']])
    expect(advanced(holdLegs(attempts('final_reverted'), () => LUNCH))).toEqual([['clearing', 'PAUSED']])
  })

  test('a done swap whose block a reorg replaced is booked by the new one', () => {
    const run = runOf(first, 'done', { sold: amountOf(WETH, 1n), received: amountOf(usdc, 1n) })
    const [after] = advanceLegs(aCycle({ legs: [run], intents: [intentOf(run, 'swap', 'mined')] })).legs
    expect(after).toMatchObject({
      state: 'done',
      sold: { units: 1_500_000_000_000_000_001n },
      received: { units: 4_490_000_000n },
    })
  })

  test.each([
    ['in_flight', 'crossing', undefined],
    ['seen', 'crossing', undefined],
    ['late', 'failed', 'TRANSFER_LATE'],
    ['lost_suspected', 'failed', 'TRANSFER_LATE'],
    ['full', 'done', undefined],
    ['short', 'failed', 'TRANSFER_SHORT'],
    ['other_token', 'failed', 'TRANSFER_OTHER_TOKEN'],
    ['refunded', 'failed', 'TRANSFER_REFUNDED'],
  ] as const)('a crossing leg whose transfer is %s is %s', (state: TransferState, after, code) => {
    const run = runOf(bridge, 'crossing')
    const arrival = anArrival(amountOf(farUsdc, 5n))
    const cycle = aCycle({
      legs: [run],
      transfers: [aTransfer(aCycle(), run, { state, arrivals: state === 'full' ? [arrival] : [] })],
    })
    expect(advanced(cycle)).toEqual([[after, code]])
    if (state === 'full') expect(advanceLegs(cycle).legs[0]!.received).toEqual(arrival.amount)
  })

  test('a leg to which nothing is left is skipped, and so is the one behind it, in one pass', () => {
    for (const state of ['failed', 'skipped'] as const) {
      const cycle = aCycle({ legs: [runOf(first, state), waiting(bridge), waiting(behind), waiting(beside)] })
      expect(advanced(cycle)).toEqual([
        [state, undefined],
        ['skipped', 'DEPENDENCY'],
        ['skipped', 'DEPENDENCY'],
        ['waiting', undefined],
      ])
      expect(advanceLegs(cycle).legs[1]!.failure?.detail).toBe('Nothing is left to sell: plan-1.1 did not deliver.')
    }
  })

  test('a leg that has something of its own, or gets something from another leg, is not skipped', () => {
    const own = aLeg({ ...bridge, funding: [{ leg: first.id, units: bridge.sell.units - 1n }] })
    const second = aLeg({ id: 'plan-1.7' })
    const both = aLeg({
      ...bridge,
      funding: [first, second].map(({ id }) => ({ leg: id, units: bridge.sell.units / 2n })),
    })
    const arrived = runOf(second, 'done', { received: amountOf(usdc, 4_500_000_000n) })
    for (const legs of [
      [runOf(first, 'failed'), waiting(own)],
      [runOf(first, 'failed'), arrived, waiting(both)],
    ])
      expect(advanceLegs(aCycle({ legs })).legs.at(-1)!.state).toBe('waiting')
    expect(nextSteps(aCycle({ legs: [runOf(first, 'failed'), waiting(own)] }), 0)).toMatchObject([
      { amount: { units: 1n } },
    ])
    expect(nextSteps(aCycle({ legs: [runOf(first, 'failed'), arrived, waiting(both)] }), 0)).toMatchObject([
      { amount: { units: bridge.sell.units / 2n } },
    ])
  })
})

describe('nextSteps', () => {
  test('offers every leg that waits for nothing, one per chain (R-09)', () => {
    const cycle = aCycle({ legs: [waiting(first), waiting(beside), waiting(far)] })
    expect(nextSteps(cycle, 0).map((step) => step.type === 'offer-leg' && [step.run.leg.id, step.amount])).toEqual([
      [first.id, first.sell],
      [far.id, far.sell],
    ])
  })

  test.each(['reserved', 'signed'] as const)('begins nothing on a chain with a %s transaction', (state) => {
    const run = runOf(first, 'sending')
    expect(stepTypes(aCycle({ legs: [run, waiting(beside)], intents: [intentOf(run, 'swap', state)] }))).toEqual([
      'settle-intent',
    ])
  })

  test('begins the next one when the transaction is mined, and watches the mined one on', () => {
    const run = runOf(first, 'done')
    expect(stepTypes(aCycle({ legs: [run, waiting(beside)], intents: [intentOf(run, 'swap', 'mined')] }))).toEqual([
      'settle-intent',
      'offer-leg',
    ])
  })

  test('after a mined approval the trade is offered, after a reverted one that is not final nothing is', () => {
    const run = runOf(first, 'approving')
    expect(stepTypes(aCycle({ legs: [run], intents: [intentOf(run, 'approve', 'mined')] }))).toEqual([
      'settle-intent',
      'offer-leg',
    ])
    expect(
      stepTypes(aCycle({ legs: [run], intents: [intentOf(run, 'approve', 'mined', { isSuccess: false })] })),
    ).toEqual(['settle-intent'])
  })

  test('after a nonce was given back, the step is offered again', () => {
    for (const [state, kind] of [
      ['approving', 'approve'],
      ['sending', 'swap'],
    ] as const) {
      const run = runOf(first, state)
      expect(stepTypes(aCycle({ legs: [run], intents: [intentOf(run, kind, 'released')] }))).toEqual(['offer-leg'])
    }
  })

  test('waits after a refusal', () => {
    const run = aRun({ refusals: 1, refusedAt: 10_000 })
    expect(stepTypes(aCycle({ legs: [run] }), 10_000 + REFUSAL_PAUSE_MS - 1)).toEqual([])
    expect(stepTypes(aCycle({ legs: [run] }), 10_000 + REFUSAL_PAUSE_MS)).toEqual(['offer-leg'])
  })

  test('clears a leg again until its revocation is in', () => {
    const run = runOf(first, 'clearing')
    const withRevoke = (...states: IntentState[]) =>
      stepTypes(aCycle({ legs: [run], intents: states.map((state) => intentOf(run, 'revoke', state)) }))
    expect(withRevoke()).toEqual(['clear-leg'])
    expect(withRevoke('signed')).toEqual(['settle-intent'])
    expect(withRevoke('mined')).toEqual(['settle-intent', 'clear-leg'])
    expect(withRevoke('final_reverted')).toEqual(['clear-leg'])
  })

  test('opens a transfer only when the sending transaction is final, and once', () => {
    const run = runOf(bridge, 'crossing')
    const at = (state: IntentState, transfers: Cycle['transfers'] = []) =>
      stepTypes(aCycle({ legs: [run], intents: [intentOf(run, 'bridge', state)], transfers }))
    expect(at('mined')).toEqual(['settle-intent'])
    expect(at('final_ok')).toEqual(['open-transfer'])
    expect(at('final_ok', [aTransfer(aCycle(), run)])).toEqual([])
  })

  test.each([
    [5_000_000_000n, bridge.sell.units],
    [4_500_000_000n, bridge.sell.units],
    [4_400_000_000n, 4_400_000_000n],
  ])('a leg behind another sells the smaller of the plan and of what arrived: %s', (arrived, sold) => {
    const source = runOf(first, 'done', { received: amountOf(usdc, arrived) })
    const [step] = nextSteps(aCycle({ legs: [source, waiting(bridge)] }), 0)
    expect(step).toMatchObject({ type: 'offer-leg', amount: { units: sold } })
  })

  test('a slice that comes late keeps its pause after the one before, and does not wait for one that ended without a trade', () => {
    const earlier = aLeg({ id: 'plan-1.7', slice: { index: 1, of: 2, notBefore: 10_000 } })
    const legs = (state: LegState) => [runOf(earlier, state), waiting(slice)]
    const offered = (cycle: Cycle, now: number) =>
      nextSteps(cycle, now).some((step) => step.type === 'offer-leg' && step.run.leg.id === slice.id)
    const mined = intentOf(runOf(earlier, 'done'), 'swap', 'final_ok')
    const minedAt = 'inclusion' in mined ? mined.inclusion.block.timestamp * 1000 : 0
    const late = aCycle({ legs: legs('done'), intents: [mined] })
    expect(minedAt).toBeGreaterThan(40_000)
    expect(offered(late, minedAt + 29_999)).toBe(false)
    expect(offered(late, minedAt + 30_000)).toBe(true)
    expect(offered(aCycle({ legs: legs('failed') }), 40_000)).toBe(true)
    expect(offered(aCycle({ legs: legs('crossing') }), 40_000)).toBe(false)
  })

  test('a slice waits for its time while others go on, and is offered from that millisecond on', () => {
    const cycle = aCycle({ legs: [waiting(slice), waiting(beside)] })
    const offered = (now: number) => nextSteps(cycle, now).map((step) => 'run' in step && step.run.leg.id)
    expect(offered(39_999)).toEqual([beside.id])
    expect(offered(40_000)).toEqual([slice.id])
  })

  test('a leg behind another waits until that is done; one behind nobody is an invariant broken', () => {
    expect(stepTypes(aCycle({ legs: [runOf(first, 'clearing'), waiting(bridge)], intents: [] }))).toEqual(['clear-leg'])
    expect(() => nextSteps(aCycle({ legs: [waiting(bridge)] }), 0)).toThrow(InvariantError)
  })
})

describe('ending', () => {
  test('a leg is given up at the last refusal: at once where nothing was approved, else by way of clearing', () => {
    let run = aRun()
    for (let count = 1; count < MAX_REFUSALS; count++) {
      run = refusedLeg(run, refusal, count)
      expect([run.state, run.refusals, run.refusedAt, run.failure]).toEqual(['waiting', count, count, undefined])
    }
    expect(refusedLeg(run, refusal, 9)).toMatchObject({ state: 'failed', failure: refusal })
    expect(refusedLeg({ ...run, state: 'approving' }, refusal, 9)).toMatchObject({
      state: 'clearing',
      failure: refusal,
    })
  })

  test('a cleared leg is done, crossing, or failed', () => {
    expect(clearedLeg(runOf(first, 'clearing')).state).toBe('done')
    expect(clearedLeg(runOf(bridge, 'clearing')).state).toBe('crossing')
    expect(clearedLeg(runOf(bridge, 'clearing', { failure: refusal })).state).toBe('failed')
  })

  test('a pause ends the legs that wait and no others that have signed', () => {
    const states: LegState[] = ['waiting', 'approving', 'sending', 'clearing', 'crossing', 'done', 'failed', 'skipped']
    const held = holdLegs(aCycle({ legs: states.map((state) => runOf(first, state)) }), () => LUNCH)
    expect(held.legs.map(({ state }) => state)).toEqual(['skipped', ...states.slice(1)])
    expect(held.legs[0]!.failure).toEqual({ code: 'PAUSED', detail: 'Lunch.' })
  })

  test.each<[LegState, 'approve' | 'swap', IntentState, LegState]>([
    ['approving', 'approve', 'reserved', 'approving'],
    ['approving', 'approve', 'signed', 'approving'],
    ['approving', 'approve', 'mined', 'clearing'],
    ['approving', 'approve', 'final_ok', 'clearing'],
    ['approving', 'approve', 'released', 'clearing'],
    ['sending', 'swap', 'reserved', 'sending'],
    ['sending', 'swap', 'signed', 'sending'],
    ['sending', 'swap', 'mined', 'sending'],
    ['sending', 'swap', 'released', 'clearing'],
  ])('a pause finds a leg %s with its %s %s and leaves it %s', (state, kind, intentState, after) => {
    const run = runOf(first, state)
    const [held] = holdLegs(aCycle({ legs: [run], intents: [intentOf(run, kind, intentState)] }), () => LUNCH).legs
    expect(held?.state).toBe(after)
    expect(held?.failure?.code).toBe(after === 'clearing' ? 'PAUSED' : undefined)
  })

  test('a cycle is over when every leg, nonce and awaited transfer has ended; a late one may outlive it', () => {
    const run = runOf(bridge, 'failed')
    const over = (changes: Partial<Cycle>) => isCycleOver(aCycle({ legs: [run], ...changes }))
    expect(over({})).toBe(true)
    expect(over({ legs: [run, waiting(beside)] })).toBe(false)
    expect(over({ intents: [intentOf(run, 'bridge', 'mined')] })).toBe(false)
    expect(over({ intents: [intentOf(run, 'bridge', 'released')] })).toBe(true)
    const at = (state: TransferState) => over({ transfers: [aTransfer(aCycle(), run, { state })] })
    expect([at('in_flight'), at('seen'), at('short')]).toEqual([false, false, true])
    expect([at('late'), at('lost_suspected')]).toEqual([true, true])
  })

  test('it traded as soon as one swap or bridge transaction is final, whatever came of it later', () => {
    const run = runOf(first, 'failed')
    const outcome = (...intents: Intent[]) => outcomeOf(aCycle({ legs: [run], intents }))
    expect(outcome(intentOf(run, 'approve', 'final_ok'), intentOf(run, 'swap', 'final_ok'))).toBe('traded')
    expect(outcome(intentOf(run, 'bridge', 'final_ok'))).toBe('traded')
    expect(outcome(intentOf(run, 'approve', 'final_ok'), intentOf(run, 'swap', 'final_reverted'))).toBe('rejected')
    expect(outcome()).toBe('rejected')
  })

  test('it is unfinished where levels were cut, a distance worth a trade is left, or a leg failed', () => {
    const ended = (changes: Partial<Cycle>) => aCycle({ legs: [runOf(first, 'done')], endedAt: 20_000, ...changes })
    const least = 100n * ONE_USD
    expect(isUnfinished(ended({}), least)).toBe(false)
    expect(isUnfinished(ended({ decision: { ...aCycle().decision, isCut: true } }), least)).toBe(true)
    // The plan leaves three dollars on the far side of its level.
    expect(isUnfinished(ended({}), 3n * ONE_USD)).toBe(true)
    for (const state of ['failed', 'skipped'] as const)
      expect(isUnfinished(ended({ legs: [runOf(first, 'done'), runOf(beside, state)] }), least)).toBe(true)
  })

  test('the last intent of a step is the one with the highest ordinal', () => {
    const run = runOf()
    const intents = [2, 0, 1].map((ordinal) => intentOf(run, 'swap', 'released', { ordinal }))
    expect(lastIntent({ intents }, run, 'swap')?.ordinal).toBe(2)
    expect(lastIntent({ intents }, run, 'bridge')).toBeUndefined()
  })
})

/** A cycle played forward in memory: each number decides how one step turns out. */
function play(start: Cycle, choices: readonly number[]): Cycle[] {
  const history = [start]
  let [now, block, nonce] = [0, 1, 0]
  let cycle = start
  const set = (changes: Partial<Cycle>) => (cycle = { ...cycle, ...changes })
  const saveLeg = (run: LegRun) => set({ legs: cycle.legs.map((one) => (one.leg.id === run.leg.id ? run : one)) })
  const saveIntent = (intent: Intent) =>
    set({ intents: [...cycle.intents.filter(({ id }) => id !== intent.id), intent] })
  const reserve = (run: LegRun, kind: StepKind, after: LegRun) => {
    saveLeg(after)
    const ordinal = (lastIntent(cycle, run, kind)?.ordinal ?? -1) + 1
    saveIntent(reservedIntent(newIntent(cycle, run, { kind, ordinal }), nonce++))
  }
  const settle = (intent: Intent, choice: number) => {
    const isSuccess = choice % 5 !== 0
    if (intent.state === 'reserved')
      saveIntent(
        choice % 7 === 0
          ? { ...intent, state: 'released', attempts: [] }
          : { ...intent, state: 'signed', attempts: [anAttempt(intent.nonce + 1)] },
      )
    else if (intent.state === 'signed' && choice % 3 !== 0)
      saveIntent({
        ...intent,
        state: 'mined',
        inclusion: anInclusion(intent.nonce + 1, {
          isSuccess,
          movements: isSuccess ? movementsOf(cycle.legs.find(({ leg }) => leg.id === intent.legId)!) : [],
          block: { number: BigInt(block), hash: hashOf(++block), timestamp: 0 },
        }),
      })
    else if (intent.state === 'mined' && choice % 4 === 0) {
      const { inclusion: _undone, ...rest } = intent
      saveIntent({ ...rest, state: 'signed' })
    } else if (intent.state === 'mined' && choice % 2 === 0)
      saveIntent({ ...intent, state: intent.inclusion.isSuccess ? 'final_ok' : 'final_reverted' })
    else if (intent.state === 'mined' && choice % 11 === 0) {
      const cancel = { ...intent.attempts[0], payload: 'cancel' as const }
      saveIntent({ ...intent, state: 'final_cancelled', attempts: [cancel] })
    } else if (intent.state === 'signed' && choice % 13 === 0) saveIntent({ ...intent, state: 'foreign' })
  }
  for (const number of choices) {
    const choice = Math.floor(number / 64)
    now += 1_000
    cycle = advanceLegs(cycle)
    history.push(cycle)
    const steps = nextSteps(cycle, now)
    const step = steps[number % Math.max(1, steps.length)]
    if (step?.type === 'settle-intent') settle(step.intent, choice)
    if (step?.type === 'offer-leg') {
      if (choice % 6 === 0) saveLeg(refusedLeg(step.run, refusal, now))
      else if (choice % 2 === 0 && step.run.state !== 'sending')
        reserve(step.run, 'approve', { ...sendingRun(step.run), state: 'approving' })
      else reserve(step.run, step.run.leg.kind, sendingRun(step.run))
    }
    if (step?.type === 'clear-leg') {
      if (choice % 3 === 0) reserve(step.run, 'revoke', step.run)
      else saveLeg(clearedLeg(bookMovements(step.run, lastIntent(cycle, step.run, step.run.leg.kind))))
    }
    if (step?.type === 'open-transfer') set({ transfers: [...cycle.transfers, aTransfer(cycle, step.run)] })
    const open = cycle.transfers.find(({ state }) => state === 'in_flight')
    const outcomes = ['full', 'late', 'short', 'refunded'] as const
    if (open && choice % 3 === 0)
      set({
        transfers: cycle.transfers.map((one) =>
          one.id === open.id
            ? {
                ...one,
                state: outcomes[choice % 4]!,
                arrivals: [anArrival(one.expected)],
              }
            : one,
        ),
      })
    history.push(cycle)
  }
  return history
}

describe('a cycle played with any evidence', () => {
  const choices = fc.array(fc.nat({ max: 100_000 }), { minLength: 20, maxLength: 150 })
  const start = aCycle({
    legs: [waiting(first), waiting(bridge), waiting(beside), waiting(far), waiting(behind), waiting(slice)],
  })

  test('meets every state of legs, intents and transfers', () => {
    const longer = fc.array(fc.nat({ max: 100_000 }), { minLength: 100, maxLength: 400 })
    const games = fc.sample(longer, { numRuns: 100, seed: 1 }).flatMap((list) => play(start, list))
    const met = new Set(
      games.flatMap(({ legs, intents, transfers }) => [...legs, ...intents, ...transfers].map(({ state }) => state)),
    )
    const states = [...LEG_STATES, ...INTENT_STATES, 'in_flight', 'late', 'full', 'short', 'refunded'] as const
    expect(states.filter((state) => !met.has(state))).toEqual([])
    expect(games.some(isCycleOver)).toBe(true)
  })

  test('never has a second trade for a leg while the first could still happen or has (P-09)', () => {
    fc.assert(
      fc.property(choices, (list) => {
        for (const cycle of play(start, list))
          for (const { leg } of cycle.legs) {
            const trades = cycle.intents.filter(
              ({ legId, kind, state }) =>
                legId === leg.id &&
                kind === leg.kind &&
                !['released', 'final_reverted', 'final_cancelled', 'foreign'].includes(state),
            )
            expect(trades.length).toBeLessThanOrEqual(1)
          }
      }),
    )
  })

  test('asks for at most one new transaction per chain, and for none while one is not mined (R-09)', () => {
    fc.assert(
      fc.property(choices, (list) => {
        for (const cycle of play(start, list))
          for (const chain of ['alpha', 'beta']) {
            const isUnmined = cycle.intents.some(
              (one) => one.chain === chain && (one.state === 'reserved' || one.state === 'signed'),
            )
            const begun = nextSteps(cycle, 10 ** 9).filter(
              (step) =>
                (step.type === 'offer-leg' || step.type === 'clear-leg') && step.run.leg.sell.token.chain === chain,
            )
            expect(begun.length).toBeLessThanOrEqual(isUnmined ? 0 : 1)
          }
      }),
    )
  })

  test('advances to the same place however often it is advanced (P-13)', () => {
    fc.assert(
      fc.property(choices, (list) => {
        const cycle = play(start, list).at(-1)!
        const once = advanceLegs(cycle)
        expect(advanceLegs(once)).toEqual(once)
      }),
    )
  })

  test('is over, or has a next step or a transfer to wait for: it never gets stuck', () => {
    fc.assert(
      fc.property(choices, (list) => {
        const cycle = advanceLegs(play(start, list).at(-1)!)
        const isWaiting = cycle.transfers.some(({ state }) => state === 'in_flight' || state === 'seen')
        expect(isCycleOver(cycle) || isWaiting || nextSteps(cycle, 10 ** 9).length > 0).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  test('skips a leg whose funding legs have all ended with nothing for it, and only that', () => {
    fc.assert(
      fc.property(choices, (list) => {
        const { legs } = advanceLegs(play(start, list).at(-1)!)
        const delivers = ({ state, received }: LegRun, token: string) =>
          (state !== 'done' && state !== 'failed' && state !== 'skipped') ||
          (received !== undefined && tokenId(received.token) === token)
        for (const run of legs) {
          if (run.leg.funding.length === 0 || (run.state !== 'skipped' && run.state !== 'waiting')) continue
          const sources = legs.filter(({ leg }) => run.leg.funding.some((part) => part.leg === leg.id))
          const isHopeless = !sources.some((source) => delivers(source, tokenId(run.leg.sell.token)))
          expect(run.state === 'skipped').toBe(isHopeless)
        }
      }),
    )
  })

  test('the legs together never sell more of what a leg delivered than it delivered', () => {
    fc.assert(
      fc.property(choices, (list) => {
        for (const cycle of play(start, list))
          for (const step of nextSteps(cycle, 10 ** 9)) {
            if (step.type !== 'offer-leg' || step.run.state !== 'waiting' || step.run.leg.funding.length === 0) continue
            const [part] = step.run.leg.funding
            const source = cycle.legs.find(({ leg }) => leg.id === part!.leg)
            expect(step.amount.units <= (source?.received?.units ?? 0n)).toBe(true)
          }
      }),
    )
  })

  test('begins no slice before its time', () => {
    fc.assert(
      fc.property(choices, fc.nat({ max: 60_000 }), (list, now) => {
        const { notBefore } = slice.slice!
        const isOffered = nextSteps(play(start, list).at(-1)!, now).some(
          (step) => step.type === 'offer-leg' && step.run.state === 'waiting' && step.run.leg.id === slice.id,
        )
        expect(isOffered && now < notBefore).toBe(false)
      }),
    )
  })
})
