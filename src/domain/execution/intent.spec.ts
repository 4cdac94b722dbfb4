import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { aCycle, anAttempt, anInclusion, aRun, hashOf, newIntent } from '../../../test/support/builders.js'
import { InvariantError } from '../errors.js'
import {
  assertEdge,
  type ChainSight,
  INTENT_STATES,
  type Intent,
  type IntentState,
  isLive,
  judgeIntent,
} from './intent.js'

const base = { ...newIntent(aCycle(), aRun()), nonce: 4 }
const signed: Intent = { ...base, state: 'signed', attempts: [anAttempt(1)] }
const inBlock = (number: bigint, fork = 0, isSuccess = true) =>
  anInclusion(1, { block: { number, hash: hashOf(Number(number) * 10 + fork), timestamp: 0 }, isSuccess })
const mined = (number: bigint, fork = 0, isSuccess = true): Intent => ({
  ...signed,
  state: 'mined',
  inclusion: inBlock(number, fork, isSuccess),
})

/** The intent after a signed one has met these sights. */
const afterAll = (sights: readonly ChainSight[]): Intent => sights.reduce<Intent>(judgeIntent, signed)

const EDGES: [IntentState, IntentState][] = [
  ['reserved', 'signed'],
  ['reserved', 'released'],
  ['signed', 'mined'],
  ['mined', 'signed'],
  ['mined', 'final_ok'],
  ['mined', 'final_reverted'],
]
const isEdge = (from: IntentState, to: IntentState) => EDGES.some(([a, b]) => a === from && b === to)

describe('the states of an intent', () => {
  const pairs = INTENT_STATES.flatMap((from) => INTENT_STATES.map((to) => [from, to] as const))

  test.each(pairs)('%s → %s is an edge or an invariant broken (P-08)', (from, to) => {
    if (isEdge(from, to)) expect(() => assertEdge(from, to)).not.toThrow()
    else expect(() => assertEdge(from, to)).toThrow(InvariantError)
  })

  test('live is what may still consume its nonce', () => {
    const states = {
      reserved: true,
      signed: true,
      mined: true,
      final_ok: false,
      final_reverted: false,
      released: false,
    }
    for (const state of INTENT_STATES) expect(isLive({ ...mined(1n), state } as Intent)).toBe(states[state])
  })
})

describe('judgeIntent', () => {
  test('a receipt in a canonical block makes a signed intent mined, however deep the block is', () => {
    expect(judgeIntent(signed, { inclusion: inBlock(10n), finalizedBlock: 50n })).toEqual(mined(10n))
  })

  test('no receipt proves nothing about a signed intent (R-06, R-07)', () => {
    expect(judgeIntent(signed, { inclusion: undefined, finalizedBlock: 10n ** 9n })).toBe(signed)
  })

  test('a mined intent waits for its block to be final, and ends by what the receipt says', () => {
    expect(judgeIntent(mined(10n), { inclusion: inBlock(10n), finalizedBlock: 9n })).toEqual(mined(10n))
    expect(judgeIntent(mined(10n), { inclusion: inBlock(10n), finalizedBlock: 10n }).state).toBe('final_ok')
    expect(judgeIntent(mined(10n, 0, false), { inclusion: inBlock(10n, 0, false), finalizedBlock: 10n }).state).toBe(
      'final_reverted',
    )
  })

  test('a reorg takes a mined intent back to signed, with its attempts and without its block (K-16)', () => {
    expect(judgeIntent(mined(10n), { inclusion: undefined, finalizedBlock: 0n })).toEqual(signed)
  })

  test('another block is mined anew, and not final before it is seen twice', () => {
    const moved = judgeIntent(mined(10n), { inclusion: inBlock(10n, 1, false), finalizedBlock: 20n })
    expect(moved).toEqual(mined(10n, 1, false))
    expect(judgeIntent(moved, { inclusion: inBlock(10n, 1, false), finalizedBlock: 20n }).state).toBe('final_reverted')
  })

  test('what was never signed or has ended is not judged', () => {
    const sight = { inclusion: inBlock(10n), finalizedBlock: 20n }
    for (const intent of [
      { ...base, state: 'reserved', attempts: [] },
      { ...base, state: 'released', attempts: [] },
      { ...mined(3n), state: 'final_ok' },
      { ...mined(3n), state: 'final_reverted' },
    ] as Intent[])
      expect(judgeIntent(intent, sight)).toBe(intent)
  })

  const sight: fc.Arbitrary<ChainSight> = fc.record({
    inclusion: fc.option(
      fc
        .record({
          number: fc.bigInt({ min: 1n, max: 8n }),
          fork: fc.integer({ min: 0, max: 2 }),
          isSuccess: fc.boolean(),
        })
        .map(({ number, fork, isSuccess }) => inBlock(number, fork, isSuccess)),
      { nil: undefined },
    ),
    finalizedBlock: fc.bigInt({ min: 0n, max: 8n }),
  })

  test('whatever the chain shows, an intent moves only along its edges, and never again once it has ended (P-08)', () => {
    fc.assert(
      fc.property(fc.array(sight, { maxLength: 15 }), (sights) => {
        let intent: Intent = signed
        for (const one of sights) {
          const next = judgeIntent(intent, one)
          const isReplaced = intent.state === 'mined' && next.state === 'mined'
          if (next !== intent && !isReplaced) expect(isEdge(intent.state, next.state)).toBe(true)
          expect(next.nonce).toBe(signed.nonce)
          expect(next.attempts).toEqual(signed.attempts)
          intent = next
        }
      }),
      { numRuns: 1_000 },
    )
  })

  test('without a block that is final, no sights end a signed intent, so its step gets no second nonce (P-09)', () => {
    const unfinal = sight.map((one) => ({ ...one, finalizedBlock: 0n }))
    fc.assert(
      fc.property(fc.array(unfinal, { maxLength: 15 }), (sights) => {
        expect(isLive(afterAll(sights))).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })

  test('seeing the same twice moves at most one step further, and from there nothing (P-13)', () => {
    fc.assert(
      fc.property(fc.array(sight, { maxLength: 10 }), sight, (sights, last) => {
        const before = afterAll(sights)
        const settled = judgeIntent(judgeIntent(before, last), last)
        expect(judgeIntent(settled, last)).toBe(settled)
      }),
    )
  })
})
