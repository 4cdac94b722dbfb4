import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { aCycle, addressOf, aRun, aToken, aTransfer, hashOf, NOW } from '../../../test/support/builders.js'
import { amountOf } from '../units/amount.js'
import { type Posting, transferPostings } from './ledger.js'
import {
  type Arrival,
  inTransitOf,
  isTransferOpen,
  judgeTransfer,
  type Transfer,
  TRANSFER_STATES,
  type TransferSight,
  type TransferState,
} from './transfer.js'

const flying = aTransfer(aCycle(), aRun())
const SENT = flying.sent.units
const sight = (changes: Partial<TransferSight> = {}): TransferSight => ({
  arrival: undefined,
  isFinal: false,
  now: NOW,
  ...changes,
})
const arrival = (changes: Partial<Arrival> = {}): Arrival => ({
  chain: 'beta',
  hash: hashOf(9),
  block: { number: 5n, hash: hashOf(50), timestamp: 0 },
  amount: flying.expected,
  ...changes,
})
const seen: Transfer = { ...flying, state: 'seen', arrival: arrival() }
const weth = aToken({ chain: 'beta', asset: 'ETH', address: addressOf(0xbe) })

const EDGES: [TransferState, TransferState][] = [
  ['in_flight', 'late'],
  ['in_flight', 'seen'],
  ['late', 'seen'],
  ['seen', 'in_flight'],
  ['seen', 'full'],
  ['seen', 'short'],
  ['seen', 'other_token'],
  ['seen', 'refunded'],
]

describe('judgeTransfer', () => {
  test('is in flight until a chain shows its payout', () => {
    expect(judgeTransfer(flying, sight())).toBe(flying)
    expect(judgeTransfer(flying, sight({ arrival: arrival() }))).toEqual(seen)
  })

  test('is late after three times its expected time and a minute, to the millisecond', () => {
    const late = flying.sentAt + 20 * 3_000 + 60_000
    expect(judgeTransfer(flying, sight({ now: late })).state).toBe('in_flight')
    expect(judgeTransfer(flying, sight({ now: late + 1 })).state).toBe('late')
  })

  test('evidence wins over lateness, at any age', () => {
    const late: Transfer = { ...flying, state: 'late' }
    expect(judgeTransfer(late, sight({ now: NOW * 2 }))).toBe(late)
    expect(judgeTransfer(late, sight({ now: NOW * 2, arrival: arrival() })).state).toBe('seen')
  })

  test('a payout that a reorg undid is in flight again', () => {
    expect(judgeTransfer(seen, sight())).toEqual(flying)
  })

  test('nothing ends before its payout is final', () => {
    expect(judgeTransfer(seen, sight({ arrival: arrival() })).state).toBe('seen')
  })

  test.each([
    ['all of it', {}, 'full'],
    ['exactly the minimum', { amount: flying.minimum }, 'full'],
    ['one unit less than the minimum', { amount: amountOf(flying.minimum.token, flying.minimum.units - 1n) }, 'short'],
    ['another token', { amount: amountOf(weth, 10n ** 18n) }, 'other_token'],
    ['the sold token, back home', { chain: 'alpha', amount: amountOf(flying.sent.token, SENT) }, 'refunded'],
    [
      'another token, back home',
      { chain: 'alpha', amount: amountOf(aToken({ address: addressOf(0xd) }), 1n) },
      'refunded',
    ],
  ] as const)('%s ends it by the chain (%#)', (_name, changes, state) => {
    const ended = judgeTransfer(seen, sight({ arrival: arrival(changes), isFinal: true }))
    expect(ended.state).toBe(state)
    expect(ended.arrival).toEqual(arrival(changes))
    expect(isTransferOpen(ended)).toBe(false)
  })

  test('an ended transfer is not judged again', () => {
    for (const state of ['full', 'short', 'other_token', 'refunded'] as const) {
      const ended = { ...seen, state }
      expect(judgeTransfer(ended, sight({ now: NOW * 2 }))).toBe(ended)
    }
  })

  const anySight: fc.Arbitrary<TransferSight> = fc.record({
    arrival: fc.option(
      fc
        .record({ block: fc.integer({ min: 1, max: 3 }), kind: fc.constantFrom('full', 'short', 'other', 'back') })
        .map(({ block, kind }) =>
          arrival({
            hash: hashOf(block),
            block: { number: BigInt(block), hash: hashOf(block + 100), timestamp: 0 },
            ...(kind === 'short' && { amount: amountOf(flying.expected.token, 3n) }),
            ...(kind === 'other' && { amount: amountOf(weth, 5n) }),
            ...(kind === 'back' && { chain: 'alpha', amount: amountOf(flying.sent.token, SENT - 7n) }),
          }),
        ),
      { nil: undefined },
    ),
    isFinal: fc.boolean(),
    now: fc.integer({ min: NOW, max: NOW + 600_000 }),
  })

  test('any order and repetition of sights moves along the edges and books each unit once (P-08, P-17)', () => {
    fc.assert(
      fc.property(fc.array(anySight, { maxLength: 15 }), (sights) => {
        let transfer: Transfer = flying
        const postings: Posting[] = []
        for (const one of sights) {
          const next = judgeTransfer(transfer, one)
          if (next.state !== transfer.state) {
            expect(EDGES).toContainEqual([transfer.state, next.state])
            postings.push(...transferPostings(next))
          }
          transfer = next
        }
        const sum = (account: string) =>
          postings.filter((one) => one.account === account).reduce((total, { units }) => total + units, 0n)
        const isOver = !isTransferOpen(transfer)
        expect(sum('in_flight:swift')).toBe(isOver ? -SENT : 0n)
        expect(sum('wallet')).toBe(isOver ? transfer.arrival!.amount.units : 0n)
        expect(postings.reduce((total, { units }) => total + units, 0n)).toBe(0n)
      }),
      { numRuns: 1_000 },
    )
  })

  test('is open exactly in the states from which an edge leads', () => {
    for (const state of TRANSFER_STATES)
      expect(isTransferOpen({ ...flying, state })).toBe(EDGES.some(([from]) => from === state))
  })

  test('counts in the portfolio as what should arrive', () => {
    const counted = { transferId: flying.id, origin: 'alpha', amount: flying.expected }
    expect(inTransitOf(flying)).toEqual({ ...counted, isLate: false })
    expect(inTransitOf({ ...flying, state: 'late' })).toEqual({ ...counted, isLate: true })
  })
})
