import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  aCycle,
  addressOf,
  aLeg,
  anAttempt,
  anInclusion,
  aRun,
  aToken,
  aTransfer,
  hashOf,
  newIntent,
  NOW,
} from '../../../test/support/builders.js'
import { amountOf, type TokenAmount } from '../units/amount.js'
import { type LegRun, nextSteps } from './cycle.js'
import type { Intent } from './intent.js'
import { type Posting, transferPostings } from './ledger.js'
import {
  type Arrival,
  inTransitOf,
  isOverdue,
  isTransferOpen,
  judgeTransfer,
  type Payout,
  receivedOf,
  sameSight,
  type Transfer,
  TRANSFER_STATES,
  type TransferSight,
  type TransferState,
} from './transfer.js'

const flying = aTransfer(aCycle(), aRun())
const { sent, expected, minimum } = flying
const weth = aToken({ chain: 'beta', asset: 'ETH', address: addressOf(0xbe) })
const dai = aToken({ chain: 'alpha', asset: 'DAI', address: addressOf(0xda) })

const payout = (changes: Partial<Payout> = {}): Payout => ({
  chain: 'beta',
  hash: hashOf(9),
  log: 2,
  block: { number: 5n, hash: hashOf(50), timestamp: 0 },
  amount: expected,
  isRefund: false,
  ...changes,
})
const arrival = ({ finalAt, ...changes }: Partial<Arrival> = {}): Arrival => ({ ...payout(changes), finalAt })
const sight = (payouts: readonly Payout[] = [], now = NOW, isFinal = false): TransferSight => ({
  payouts: payouts.map((one) => ({ ...one, isFinal })),
  now,
})
const seen: Transfer = { ...flying, state: 'seen', arrivals: [arrival()] }
const of = (token: TokenAmount['token'], units: bigint) => amountOf(token, units)
const delivered = (units: bigint, hash = 9) => payout({ hash: hashOf(hash), amount: of(expected.token, units) })
const returned = (units: bigint, hash = 10) =>
  payout({ chain: 'alpha', hash: hashOf(hash), amount: of(sent.token, units), isRefund: true })

/** The transfer after looks that see these payouts, all of them final: at once, and after the quiet period. */
const watched = (payouts: readonly Payout[]): [TransferState, TransferState] => {
  const once = judgeTransfer(judgeTransfer(flying, sight(payouts, NOW, true)), sight(payouts, NOW, true))
  const later = NOW + flying.quietSeconds * 1_000
  return [once.state, judgeTransfer(once, sight(payouts, later, true)).state]
}

const EDGES: [TransferState, TransferState][] = [
  ['in_flight', 'late'],
  ['in_flight', 'seen'],
  ['late', 'lost_suspected'],
  ['late', 'seen'],
  ['lost_suspected', 'seen'],
  ['seen', 'in_flight'],
  ['seen', 'full'],
  ['seen', 'short'],
  ['seen', 'other_token'],
  ['seen', 'refunded'],
]

describe('judgeTransfer', () => {
  test('is in flight until a chain shows its payout', () => {
    expect(judgeTransfer(flying, sight())).toBe(flying)
    expect(judgeTransfer(flying, sight([payout()]))).toEqual(seen)
  })

  test('F-57: is late after three times its expected time and a minute, then lost, to the millisecond, and stays open', () => {
    const late = flying.sentAt + 20 * 3_000 + 60_000
    expect(judgeTransfer(flying, sight([], late)).state).toBe('in_flight')
    const overdue = judgeTransfer(flying, sight([], late + 1))
    expect(overdue.state).toBe('late')
    const lost = flying.sentAt + flying.lostAfterSeconds * 1_000
    expect(judgeTransfer(overdue, sight([], lost))).toBe(overdue)
    const given = judgeTransfer(overdue, sight([], lost + 1))
    expect(given.state).toBe('lost_suspected')
    expect([isTransferOpen(given), isOverdue(given)]).toEqual([true, true])
    expect(judgeTransfer(given, sight([], NOW * 2))).toBe(given)
  })

  test.each(['late', 'lost_suspected'] as const)('F-63: evidence wins over %s, at any age', (state) => {
    const overdue: Transfer = { ...flying, state }
    expect(judgeTransfer(overdue, sight([payout()], NOW * 2)).state).toBe('seen')
  })

  test('F-65: a payout that a reorg undid is in flight again, and found again where it is then', () => {
    expect(judgeTransfer(seen, sight())).toEqual(flying)
    const moved = payout({ block: { number: 6n, hash: hashOf(60), timestamp: 1 } })
    expect(judgeTransfer(seen, sight([moved])).arrivals).toEqual([{ ...moved, finalAt: undefined }])
  })

  test('nothing ends before its payouts are final, and what is final stays', () => {
    expect(judgeTransfer(seen, sight([payout()]))).toBe(seen)
    const part = delivered(1n)
    const held = judgeTransfer(flying, sight([part], NOW, true))
    expect(judgeTransfer(held, sight([], NOW + 1))).toBe(held)
    const both = judgeTransfer(held, sight([returned(5n)], NOW + 1))
    expect(both.arrivals.map(({ finalAt }) => finalAt)).toEqual([undefined, NOW])
  })

  test('a look at the clock alone changes nothing of what was seen', () => {
    expect(judgeTransfer(seen, sameSight(seen, NOW + 1))).toBe(seen)
  })

  test.each<[string, readonly Payout[], TransferState, TransferState]>([
    ['all of it', [delivered(expected.units)], 'full', 'full'],
    ['exactly the minimum', [delivered(minimum.units)], 'full', 'full'],
    ['the minimum in two parts', [delivered(1n), delivered(minimum.units - 1n, 11)], 'full', 'full'],
    ['F-58: 3 % less', [delivered((expected.units * 97n) / 100n)], 'seen', 'short'],
    ['one unit less than the minimum', [delivered(minimum.units - 1n)], 'seen', 'short'],
    ['F-59: another token', [payout({ amount: of(weth, 10n ** 18n) })], 'seen', 'other_token'],
    [
      'F-59: some of it and another token',
      [delivered(9n), payout({ log: 3, amount: of(weth, 1n) })],
      'seen',
      'other_token',
    ],
    [
      'F-60: the sold token, back home, minus a fee',
      [returned((sent.units * 9_995n) / 10_000n)],
      'refunded',
      'refunded',
    ],
    ['F-60: the sold token, back home, minus a large fee', [returned(sent.units / 2n)], 'seen', 'refunded'],
    ['F-61: a refund on the destination', [{ ...delivered(expected.units), isRefund: true }], 'refunded', 'refunded'],
    [
      'F-61: a refund in another token',
      [payout({ chain: 'alpha', amount: of(dai, 7n), isRefund: true })],
      'seen',
      'refunded',
    ],
    [
      'F-61: a part on each chain',
      [delivered(expected.units / 2n), returned((sent.units * 9_990n) / 20_000n)],
      'refunded',
      'refunded',
    ],
    ['a part on each chain, and a rest missing', [delivered(7n), returned(7n)], 'seen', 'refunded'],
  ])('%s', (_name, payouts, atOnce, afterQuiet) => {
    expect(watched(payouts)).toEqual([atOnce, afterQuiet])
  })

  test('more is awaited from the latest arrival on', () => {
    const first = judgeTransfer(flying, sight([delivered(1n)], NOW, true))
    const both = [delivered(1n), returned(1n)]
    const quiet = flying.quietSeconds * 1_000
    const second = judgeTransfer(first, sight(both, NOW + quiet - 1, true))
    expect(judgeTransfer(second, sight(both, NOW + 2 * quiet - 2, true)).state).toBe('seen')
    expect(judgeTransfer(second, sight(both, NOW + 2 * quiet - 1, true)).state).toBe('refunded')
  })

  test('an ended transfer is not judged again', () => {
    for (const state of ['full', 'short', 'other_token', 'refunded'] as const) {
      const ended = { ...seen, state }
      expect(judgeTransfer(ended, sight([], NOW * 2))).toBe(ended)
    }
  })

  test('is open exactly in the states from which an edge leads', () => {
    for (const state of TRANSFER_STATES)
      expect(isTransferOpen({ ...flying, state })).toBe(EDGES.some(([from]) => from === state))
  })
})

test('F-64: a sending that is not final, or that a reorg removed, is never in flight', () => {
  const run: LegRun = { ...aRun(), leg: aLeg({ id: 'plan-1.1', kind: 'bridge' }), state: 'crossing' }
  const stepsAt = (state: 'signed' | 'mined' | 'final_ok' | 'final_reverted') => {
    const base = { ...newIntent(aCycle(), run), nonce: 0, version: 1, attempts: [anAttempt(1)], state } as const
    const intent = (state === 'signed' ? base : { ...base, inclusion: anInclusion(1) }) as Intent
    return nextSteps(aCycle({ legs: [run], intents: [intent] }), NOW).map(({ type }) => type)
  }
  expect(stepsAt('signed')).not.toContain('open-transfer')
  expect(stepsAt('mined')).not.toContain('open-transfer')
  expect(stepsAt('final_reverted')).not.toContain('open-transfer')
  expect(stepsAt('final_ok')).toEqual(['open-transfer'])
})

test('crossings are offered one at a time, even from different chains', () => {
  const crossing = (id: string, chain: string): LegRun => ({
    ...aRun(),
    leg: aLeg({ id, kind: 'bridge', sell: of(aToken({ chain }), 9n), funding: [] }),
  })
  const swap: LegRun = {
    ...aRun(),
    leg: aLeg({ id: 'plan-1.3', sell: of(aToken({ chain: 'gamma' }), 9n), funding: [] }),
  }
  const legs = [crossing('plan-1.1', 'alpha'), crossing('plan-1.2', 'beta'), swap]
  const offered = nextSteps(aCycle({ legs, intents: [] }), NOW).map((step) => 'run' in step && step.run.leg.id)
  expect(offered).toEqual(['plan-1.1', 'plan-1.3'])
})

describe('any order and repetition of source final, arrival, refund, hint and reorg', () => {
  const payouts: readonly Payout[] = [
    delivered(expected.units, 1),
    delivered(3n, 2),
    returned(sent.units - 7n, 3),
    payout({ hash: hashOf(4), amount: of(weth, 5n) }),
    // Two events of one transaction.
    payout({ chain: 'alpha', hash: hashOf(5), log: 1, amount: of(dai, 8n), isRefund: true }),
    payout({ chain: 'alpha', hash: hashOf(5), log: 2, amount: of(dai, 8n), isRefund: true }),
  ]
  /** A look: which payouts the chains show, in which fork, which of them is final; a hint shows nothing by itself. */
  const looks = fc.array(
    fc.record({
      shown: fc.uniqueArray(fc.nat({ max: payouts.length - 1 })),
      fork: fc.integer({ min: 1, max: 3 }),
      final: fc.array(fc.nat({ max: payouts.length - 1 })),
      passed: fc.integer({ min: 0, max: 50_000 }),
    }),
    { maxLength: 15 },
  )
  /** A chain does not take back what it called final. */
  const honest = (all: readonly { shown: number[]; fork: number; final: number[]; passed: number }[]) => {
    const settled = new Map<number, number>()
    let now = NOW
    return all.map(({ shown, fork, final, passed }): TransferSight => {
      for (const one of shown) if (final.includes(one) && !settled.has(one)) settled.set(one, fork)
      now += passed
      return {
        now,
        payouts: [...new Set([...shown, ...settled.keys()])].map((index) => ({
          ...payouts[index]!,
          block: { number: BigInt(index), hash: hashOf(100 + (settled.get(index) ?? fork)), timestamp: 0 },
          isFinal: settled.has(index),
        })),
      }
    })
  }

  test('P-17, P-08: moves along the edges, and books each unit once, whichever steps are repeated after a crash', () => {
    fc.assert(
      fc.property(looks, (all) => {
        let transfer: Transfer = flying
        const booked = new Map<string, Posting>()
        const ever = new Map<string, Payout>()
        for (const one of honest(all)) {
          for (const payout of one.payouts) if (payout.isFinal) ever.set(`${payout.hash} ${payout.log}`, payout)
          const next = judgeTransfer(transfer, one)
          if (next.state !== transfer.state) expect(EDGES).toContainEqual([transfer.state, next.state])
          for (const posting of transferPostings(next, transfer)) {
            const key = [posting.cause, posting.chain, posting.token, posting.account].join(' ')
            expect(booked.has(key)).toBe(false)
            booked.set(key, posting)
          }
          // A process that died before it wrote looks again and comes to the same.
          expect(judgeTransfer(transfer, one)).toEqual(next)
          transfer = next
        }
        const sum = (account: string, token?: string) =>
          [...booked.values()]
            .filter((one) => one.account === account && (token === undefined || one.token === token))
            .reduce((total, { units }) => total + units, 0n)
        const isOver = !isTransferOpen(transfer)
        const arrived = transfer.arrivals.filter(({ finalAt }) => finalAt !== undefined)
        const came = (token: string) =>
          arrived.reduce((total, { amount }) => total + (amount.token.address === token ? amount.units : 0n), 0n)
        if (!isOver) expect(arrived).toHaveLength(ever.size)
        for (const token of [expected.token, sent.token, weth, dai]) {
          expect(sum('wallet', token.address)).toBe(came(token.address))
          // sent = received + refunded + fees + in flight, in base units of each token: what the bridge holds is its fee.
          const put = isOver && token === sent.token ? sent.units : 0n
          expect(sum('in_flight:swift', token.address)).toBe(-put)
          expect(sum('bridge:swift', token.address)).toBe(put - came(token.address))
        }
        expect([...booked.values()].every(({ book }) => book === 'final')).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('what came of a transfer', () => {
  test('is the expected token, all parts together, else the token of the first arrival', () => {
    expect(receivedOf(flying)).toBeUndefined()
    const arrivals = (...all: Payout[]) => ({ ...seen, arrivals: all.map((one) => ({ ...one, finalAt: NOW })) })
    expect(receivedOf(arrivals(returned(9n), delivered(3n), delivered(4n, 2)))).toEqual(of(expected.token, 7n))
    expect(receivedOf(arrivals(returned(9n)))).toEqual(of(sent.token, 9n))
  })
})

describe('what is in transit', () => {
  const whole = { transferId: flying.id, origin: 'alpha', amount: expected }
  const all = () => true

  test('counts as what should arrive, and is doubtful once it is overdue', () => {
    expect(inTransitOf(flying, all)).toEqual([{ ...whole, isLate: false }])
    expect(inTransitOf({ ...flying, state: 'late' }, all)).toEqual([{ ...whole, isLate: true }])
    expect(inTransitOf({ ...flying, state: 'lost_suspected' }, all)).toEqual([{ ...whole, isLate: true }])
  })

  test('counts no more once the balances hold it', () => {
    expect(inTransitOf(seen, () => false)).toEqual([{ ...whole, isLate: false }])
    expect(inTransitOf(seen, all)).toEqual([])
    expect(inTransitOf({ ...seen, arrivals: [arrival(returned(sent.units - 5n))] }, all)).toEqual([])
  })

  test('of a part only the rest counts, rounded down, and is doubtful', () => {
    const parts = { ...seen, arrivals: [arrival(delivered(300n)), arrival(returned(1n))] }
    expect(inTransitOf(parts, all)).toEqual([
      { ...whole, amount: of(expected.token, expected.units - 301n), isLate: true },
    ])
  })
})
