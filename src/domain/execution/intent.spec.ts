import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { anAttempt, anInclusion, anIntent, hashOf } from '../../../test/support/builders.js'
import { InvariantError } from '../errors.js'
import {
  assertEdge,
  type Attempt,
  bestAttempt,
  type ChainSight,
  FOREIGN_GRACE_MS,
  type Inclusion,
  INTENT_STATES,
  type Intent,
  type IntentState,
  isCarriedOut,
  isLive,
  judgeIntent,
  releasedIntent,
  withAttempt,
} from './intent.js'

const STEP = anAttempt(1)
const CANCEL = anAttempt(2, { payload: 'cancel', maxFeePerGas: 2n ** 71n, maxPriorityFeePerGas: 2n ** 40n })
const reserved = anIntent()
const signed = withAttempt(reserved, STEP)
const cancelling = withAttempt(signed, CANCEL)

/** A receipt of an attempt, by its number, in a block of a fork. */
const inBlock = (number: bigint, { fork = 0, isSuccess = true, attempt = 1 } = {}): Inclusion =>
  anInclusion(attempt, { block: { number, hash: hashOf(Number(number) * 10 + fork), timestamp: 0 }, isSuccess })
const NOTHING: ChainSight = {
  inclusion: undefined,
  finalizedBlock: 0n,
  finalizedNonce: 0,
  consumer: undefined,
  unexplainedMs: 0,
}
const saw = (changes: Partial<ChainSight>): ChainSight => ({ ...NOTHING, ...changes })
const judged = (intent: Intent, ...sights: Partial<ChainSight>[]) =>
  sights.reduce<Intent>((one, sight) => judgeIntent(one, saw(sight)), intent)
/** The state of an intent seen in block 10 twice, the second time when that block is final. */
const end = (intent: Intent, inclusion: Inclusion) => judged(intent, { inclusion }, { inclusion, finalizedBlock: 10n })
const mined = judged(signed, { inclusion: inBlock(10n) })

const EDGES: readonly (readonly [IntentState, IntentState])[] = [
  ['reserved', 'signed'],
  ['reserved', 'released'],
  ['reserved', 'foreign'],
  ['signed', 'mined'],
  ['signed', 'foreign'],
  ['mined', 'mined'],
  ['mined', 'signed'],
  ['mined', 'final_ok'],
  ['mined', 'final_reverted'],
  ['mined', 'final_cancelled'],
]
const isEdge = (from: IntentState, to: IntentState) => EDGES.some(([a, b]) => a === from && b === to)

describe('the states of an intent', () => {
  const pairs = INTENT_STATES.flatMap((from) => INTENT_STATES.map((to) => [from, to] as const))

  test.each(pairs)('%s → %s is an edge or an invariant broken (P-08)', (from, to) => {
    if (isEdge(from, to)) expect(() => assertEdge(from, to)).not.toThrow()
    else expect(() => assertEdge(from, to)).toThrow(InvariantError)
  })

  test('live is what may still consume its nonce', () => {
    const live = INTENT_STATES.filter((state) => isLive({ ...mined, state } as Intent))
    expect(live).toEqual(['reserved', 'signed', 'mined'])
  })
})

describe('transactions of one nonce (R-05)', () => {
  test('the first one makes it live, a dearer one joins it, each with a version of its own', () => {
    const dearer = anAttempt(3, { maxFeePerGas: 2n ** 71n, maxPriorityFeePerGas: 2n ** 40n })
    const bumped = withAttempt(signed, dearer)
    expect([reserved.version, signed.version, bumped.version]).toEqual([1, 2, 3])
    expect(bumped.attempts).toEqual([STEP, dearer])
    expect(bestAttempt(bumped)).toBe(dearer)
    expect(bestAttempt(reserved)).toBeUndefined()
  })

  test.each<[string, Intent, Attempt]>([
    ['after a cancel the step', cancelling, anAttempt(3, { maxFeePerGas: 2n ** 72n, maxPriorityFeePerGas: 2n ** 41n })],
    ['less per gas than is out', signed, anAttempt(3, { maxFeePerGas: 2n ** 69n })],
    ['a lower tip than is out', signed, anAttempt(3, { maxPriorityFeePerGas: 999_999_999n })],
    ['a nonce that is in a block', mined, anAttempt(3)],
    ['a nonce that was given back', releasedIntent(reserved), anAttempt(3)],
  ])('never signed: %s', (_name, intent, attempt) => {
    expect(() => withAttempt(intent, attempt)).toThrow(InvariantError)
  })

  test('a signed nonce is never given back (R-02)', () => {
    expect(() => releasedIntent(signed)).toThrow(InvariantError)
    expect(releasedIntent(reserved)).toMatchObject({ state: 'released', version: 2 })
  })
})

describe('judgeIntent', () => {
  test('a receipt in a canonical block makes a signed intent mined, however deep the block is', () => {
    expect(judged(signed, { inclusion: inBlock(10n), finalizedBlock: 50n })).toEqual(mined)
    expect(mined).toMatchObject({ state: 'mined', version: 3 })
  })

  test('no receipt proves nothing about a signed intent (R-06, R-07)', () => {
    expect(judged(signed, { finalizedBlock: 10n ** 9n, finalizedNonce: signed.nonce })).toBe(signed)
  })

  test('a mined intent waits for its block to be final, and ends by what the receipt says (R-12)', () => {
    expect(judged(mined, { inclusion: inBlock(10n), finalizedBlock: 9n })).toBe(mined)
    expect(end(signed, inBlock(10n)).state).toBe('final_ok')
    expect(end(signed, inBlock(10n, { isSuccess: false })).state).toBe('final_reverted')
  })

  test('a reorg takes a mined intent back to signed, with its attempts and without its block (K-16)', () => {
    expect(judged(mined, {})).toEqual({ ...signed, version: 4 })
  })

  test('another block is mined anew, and not final before it is seen twice', () => {
    const moved = judged(mined, { inclusion: inBlock(10n, { fork: 1, isSuccess: false }), finalizedBlock: 20n })
    expect(moved).toMatchObject({ state: 'mined', inclusion: { isSuccess: false } })
    expect(end(moved, inBlock(10n, { fork: 1, isSuccess: false })).state).toBe('final_reverted')
  })

  test('what landed decides: a cancel ends it without effect, the step it was to overtake still counts (K-21)', () => {
    expect(end(cancelling, inBlock(10n, { attempt: 2 }))).toMatchObject({
      state: 'final_cancelled',
      inclusion: { movements: [] },
    })
    expect(end(cancelling, inBlock(10n)).state).toBe('final_ok')
    expect(isCarriedOut(judged(cancelling, { inclusion: inBlock(10n, { attempt: 2 }) }))).toBe(false)
    expect(isCarriedOut(judged(cancelling, { inclusion: inBlock(10n) }))).toBe(true)
  })

  test('a receipt of bytes that are not ours is no evidence about ours', () => {
    expect(() => judged(signed, { inclusion: inBlock(10n, { attempt: 7 }) })).toThrow(InvariantError)
  })

  const gone = { finalizedNonce: signed.nonce + 1 }

  test('F-30: a consumed nonce without a receipt of ours is no verdict for twenty minutes', () => {
    expect(judged(signed, { ...gone, unexplainedMs: 10 * 60_000 })).toBe(signed)
    expect(judged(signed, { ...gone, unexplainedMs: FOREIGN_GRACE_MS - 1 })).toBe(signed)
    expect(judged(signed, { ...gone, unexplainedMs: FOREIGN_GRACE_MS }).state).toBe('foreign')
    expect(judged(signed, { ...gone, consumer: STEP.hash, unexplainedMs: 10 * FOREIGN_GRACE_MS })).toBe(signed)
  })

  test('F-44: one that the chain says somebody else consumed is foreign at once (R-08)', () => {
    expect(judged(signed, { ...gone, consumer: hashOf(99) })).toMatchObject({ state: 'foreign', version: 3 })
    expect(judged(cancelling, { ...gone, consumer: hashOf(99) }).state).toBe('foreign')
    expect(judged(signed, { consumer: hashOf(99) })).toBe(signed)
  })

  test('a nonce for which nothing was ever written down can only have been consumed by others', () => {
    expect(judged(reserved, gone).state).toBe('foreign')
    expect(judged(reserved, { finalizedNonce: reserved.nonce })).toBe(reserved)
  })

  test('a receipt in a block wins over any count of nonces', () => {
    expect(judged(signed, { ...gone, inclusion: inBlock(10n), unexplainedMs: 10 * FOREIGN_GRACE_MS }).state).toBe(
      'mined',
    )
  })

  test('what has ended is not judged, whatever the chain says', () => {
    const sight = saw({ ...gone, inclusion: inBlock(10n), finalizedBlock: 20n, consumer: hashOf(99) })
    const ended = INTENT_STATES.map((state) => ({ ...mined, state }) as Intent).filter((intent) => !isLive(intent))
    expect(ended.map((intent) => judgeIntent(intent, sight))).toEqual(ended)
  })
})

describe('an intent under any sequence of events (model)', () => {
  const sight: fc.Arbitrary<ChainSight> = fc.record({
    inclusion: fc.option(
      fc
        .record({
          number: fc.bigInt({ min: 1n, max: 8n }),
          fork: fc.integer({ min: 0, max: 2 }),
          isSuccess: fc.boolean(),
          attempt: fc.constantFrom(1, 2, 3),
        })
        .map(({ number, ...changes }) => inBlock(number, changes)),
      { nil: undefined },
    ),
    finalizedBlock: fc.bigInt({ min: 0n, max: 8n }),
    finalizedNonce: fc.integer({ min: 3, max: 6 }),
    consumer: fc.option(fc.constantFrom(hashOf(1), hashOf(2), hashOf(99)), { nil: undefined }),
    unexplainedMs: fc.constantFrom(0, FOREIGN_GRACE_MS - 1, FOREIGN_GRACE_MS),
  })
  const event = fc.oneof(
    { weight: 4, arbitrary: sight.map((seen) => ({ do: 'look' as const, seen })) },
    fc.constantFrom(
      ...([
        { do: 'sign', attempt: STEP },
        { do: 'sign', attempt: CANCEL },
        { do: 'sign', attempt: anAttempt(3, { maxFeePerGas: 2n ** 72n, maxPriorityFeePerGas: 2n ** 41n }) },
        { do: 'release' },
      ] as const),
    ),
  )
  type Happening =
    | { readonly do: 'look'; readonly seen: ChainSight }
    | { readonly do: 'sign'; readonly attempt: Attempt }
    | { readonly do: 'release' }

  /** The intent after an event; events that the rules refuse change nothing. */
  const after = (intent: Intent, happening: Happening): Intent => {
    try {
      if (happening.do === 'sign')
        return intent.attempts.some(({ hash }) => hash === happening.attempt.hash)
          ? intent
          : withAttempt(intent, happening.attempt)
      if (happening.do === 'release') return releasedIntent(intent)
      const { inclusion } = happening.seen
      const isOurs = intent.attempts.some(({ hash }) => hash === inclusion?.hash)
      return judgeIntent(intent, isOurs ? happening.seen : { ...happening.seen, inclusion: undefined })
    } catch (error) {
      if (error instanceof InvariantError) return intent
      throw error
    }
  }
  const history = (start: Intent, events: readonly Happening[]) =>
    events.reduce<Intent[]>((all, one) => [...all, after(all.at(-1)!, one)], [start])

  test('moves only along edges, one version at a time, never again once it has ended (P-08)', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 25 }), (events) => {
        const states = history(reserved, events)
        for (const [index, next] of states.slice(1).entries()) {
          const before = states[index]!
          if (next === before) continue
          expect(next.version).toBe(before.version + 1)
          expect(isLive(before)).toBe(true)
          expect(isEdge(before.state, next.state) || (before.state === 'signed' && next.state === 'signed')).toBe(true)
          expect(next.nonce).toBe(reserved.nonce)
          expect(next.attempts.slice(0, before.attempts.length)).toEqual(before.attempts)
        }
      }),
      { numRuns: 500 },
    )
  })

  test('from signed, nothing but a finally consumed nonce frees the step for a second one (P-09)', () => {
    const unconsumed = event.map((one) =>
      one.do === 'look' ? { ...one, seen: { ...one.seen, finalizedBlock: 0n, finalizedNonce: 4 } } : one,
    )
    fc.assert(
      fc.property(fc.array(unconsumed, { maxLength: 25 }), (events) => {
        expect(history(signed, events).every(isLive)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  test('replaying any prefix of the events, twice, gives the same state (P-13)', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), fc.nat(20), (events, length) => {
        const prefix = events.slice(0, length)
        expect(history(reserved, prefix)).toEqual(history(reserved, events).slice(0, prefix.length + 1))
      }),
      { numRuns: 300 },
    )
  })

  test('seeing the same again moves at most one step further, and from there nothing (P-13)', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 15 }), sight, (events, last) => {
        const look = { do: 'look', seen: last } as const
        const settled = after(after(after(history(reserved, events).at(-1)!, look), look), look)
        expect(after(settled, look)).toBe(settled)
      }),
      { numRuns: 300 },
    )
  })
})
