import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  aCycle,
  anAttempt,
  anInclusion,
  anIntent,
  aRun,
  aToken,
  aTransfer,
  hashOf,
  OWNER,
  WETH,
} from '../../../test/support/builders.js'
import { NATIVE } from '../assets.js'
import { amountOf } from '../units/amount.js'
import { type Inclusion, type Intent, judgeIntent, releasedIntent, withAttempt } from './intent.js'
import { intentPostings, openingPostings, type Posting, transferPostings } from './ledger.js'
import type { Transfer } from './transfer.js'

const usdc = aToken()
const signed = withAttempt(anIntent(), anAttempt(1))
type Included = Extract<Intent, { inclusion: unknown }>
const included = (state: Included['state'], changes: Partial<Inclusion> = {}, version = 3): Included => ({
  ...signed,
  version,
  state,
  inclusion: anInclusion(1, changes),
})
/** What an intent that ended like this has in the final book. */
const ended = (changes: Partial<Inclusion> = {}, state: Included['state'] = 'final_ok', bridge?: string) =>
  intentPostings(signed, included(state, changes), bridge)
const sums = (postings: readonly Posting[]) => {
  const totals: Record<string, bigint> = {}
  for (const { chain, token, units } of postings)
    totals[`${chain} ${token}`] = (totals[`${chain} ${token}`] ?? 0n) + units
  return Object.values(totals)
}
const on = (postings: readonly Posting[], account: string, token: string = usdc.address) =>
  postings.filter((one) => one.account === account && one.token === token).reduce((sum, { units }) => sum + units, 0n)

describe('the ledger', () => {
  test('opens with what is there, and notes of what is not that it was looked for', () => {
    const postings = openingPostings(OWNER, 'alpha', [
      { token: usdc.address, units: 5n },
      { token: NATIVE, units: 0n },
    ])
    expect(postings.map(({ account, units, cause }) => [cause, account, units])).toEqual([
      ['opening', 'opening', -5n],
      ['opening', 'wallet', 5n],
      ['opening', 'opening', 0n],
      ['opening', 'wallet', 0n],
    ])
  })

  test('books the gas and every movement of a final transaction', () => {
    const postings = ended()
    expect(on(postings, 'wallet', NATIVE)).toBe(-2_100_000_000_000_000n)
    expect(on(postings, 'gas', NATIVE)).toBe(2_100_000_000_000_000n)
    expect(on(postings, 'wallet', WETH.address)).toBe(-1_500_000_000_000_000_001n)
    expect(on(postings, 'trade', WETH.address)).toBe(1_500_000_000_000_000_001n)
    expect(on(postings, 'wallet')).toBe(4_490_000_000n)
  })

  test.each(['final_reverted', 'final_cancelled'] as const)('one that ended %s costs its gas alone', (state) => {
    const postings = ended({ movements: [] }, state)
    expect(postings.map(({ account, book }) => [account, book])).toEqual([
      ['wallet', 'final'],
      ['gas', 'final'],
    ])
  })

  test('books nothing for what is in no block (P-14)', () => {
    const reserved = anIntent()
    expect(intentPostings(reserved, signed, 'swift')).toEqual([])
    expect(intentPostings(reserved, releasedIntent(reserved), 'swift')).toEqual([])
    expect(intentPostings(signed, { ...signed, version: 3, state: 'foreign' }, 'swift')).toEqual([])
    const transfer = aTransfer(aCycle(), aRun())
    expect(
      (['in_flight', 'late', 'seen'] as const).flatMap((state) => transferPostings({ ...transfer, state })),
    ).toEqual([])
  })

  test('F-35: a reorg is taken back by opposite entries, and being mined again is booked anew (R-14)', () => {
    const first = included('mined')
    const entries = [
      ...intentPostings(signed, first, undefined),
      ...intentPostings(first, { ...signed, version: 4 }, undefined),
      ...intentPostings({ ...signed, version: 4 }, included('mined', {}, 5), undefined),
    ]
    expect(entries.map(({ cause, units, book }) => [cause, units, book])).toContainEqual([
      'plan-1.1.swap.1@3:undone',
      -4_490_000_000n,
      'provisional',
    ])
    expect(on(entries, 'wallet')).toBe(4_490_000_000n)
    expect(entries.every(({ book }) => book === 'provisional')).toBe(true)
  })

  const units = fc.bigInt({ min: -(2n ** 120n), max: 2n ** 120n })
  const movements = fc
    .uniqueArray(fc.constantFrom(usdc.address, WETH.address, NATIVE), { maxLength: 3 })
    .chain((tokens) => fc.tuple(...tokens.map((token) => units.map((moved) => ({ token, units: moved })))))

  test('debits equal credits per token, whatever moved (P-14)', () => {
    fc.assert(
      fc.property(
        movements,
        fc.bigInt({ min: 0n, max: 2n ** 60n }),
        fc.option(fc.constant('swift'), { nil: undefined }),
        (moved, gasPaid, bridge) => {
          const postings = ended({ movements: moved, gasPaid }, 'final_ok', bridge)
          for (const sum of sums(postings)) expect(sum).toBe(0n)
          expect(postings.every((one) => one.units !== 0n)).toBe(true)
        },
      ),
    )
  })

  /** A block the transaction is in, or none, one after the other; the last block is final. */
  const fates = fc.array(fc.option(fc.tuple(fc.integer({ min: 1, max: 3 }), movements), { nil: undefined }), {
    maxLength: 8,
  })
  const last = fc.tuple(fc.integer({ min: 1, max: 3 }), movements)
  type Fate = readonly [block: number, moved: Inclusion['movements']] | undefined
  const historyOf = (seen: readonly Fate[], end: NonNullable<Fate>): Intent[] => {
    const history: Intent[] = [signed]
    const look = (fate: Fate, finalizedBlock: bigint) => {
      const inclusion = fate && {
        ...anInclusion(1, { movements: fate[1] }),
        block: { number: 1n, hash: hashOf(fate[0]), timestamp: 0 },
      }
      const sight = { inclusion, finalizedBlock, finalizedNonce: 0, consumer: undefined, unexplainedMs: 0 }
      const next = judgeIntent(history.at(-1)!, sight)
      if (next !== history.at(-1)) history.push(next)
    }
    for (const fate of seen) look(fate, 0n)
    look(end, 0n)
    look(end, 1n)
    return history
  }
  const postingsAlong = (history: readonly Intent[]) =>
    history.slice(1).map((next, index) => intentPostings(history[index]!, next, 'swift'))

  test('under any forks the provisional book shows the block it is in and ends empty; the final one shows the end once (P-14)', () => {
    fc.assert(
      fc.property(fates, last, (seen, end) => {
        const history = historyOf(seen, end)
        let booked: Posting[] = []
        for (const [index, postings] of postingsAlong(history).entries()) {
          for (const sum of sums(postings)) expect(sum).toBe(0n)
          booked = [...booked, ...postings]
          const now = history[index + 1]!
          const book = (name: Posting['book']) => booked.filter((one) => one.book === name)
          const units = (name: Posting['book']) => on(book(name), 'in_flight:swift', WETH.address)
          const moved =
            'inclusion' in now ? (now.inclusion.movements.find(({ token }) => token === WETH.address)?.units ?? 0n) : 0n
          expect(units('provisional')).toBe(now.state === 'mined' ? -moved : 0n)
          expect(units('final')).toBe(now.state === 'final_ok' ? -moved : 0n)
        }
        expect(history.at(-1)?.state).toBe('final_ok')
      }),
      { numRuns: 300 },
    )
  })

  test('every posting of a life has a key of its own, and the same life gives the same postings again (P-13)', () => {
    fc.assert(
      fc.property(fates, last, (seen, end) => {
        const postings = postingsAlong(historyOf(seen, end)).flat()
        const keys = postings.map(({ cause, chain, token, account }) => [cause, chain, token, account].join(' '))
        expect(new Set(keys).size).toBe(keys.length)
        expect(postingsAlong(historyOf(seen, end)).flat()).toEqual(postings)
      }),
      { numRuns: 300 },
    )
  })

  test('over a crossing, wallet, flight and bridge together stay what they were (P-15)', () => {
    const amount = fc.bigInt({ min: 1n, max: 2n ** 100n })
    fc.assert(
      fc.property(amount, amount, fc.constantFrom('full', 'short', 'refunded' as const), (sent, received, state) => {
        const crossing = aTransfer(aCycle(), aRun(), { sent: amountOf(usdc, sent) })
        const isHome = state === 'refunded'
        const transfer: Transfer = {
          ...crossing,
          state,
          arrivals: [
            {
              chain: isHome ? 'alpha' : 'beta',
              hash: anInclusion(2).hash,
              log: 0,
              block: anInclusion(2).block,
              amount: amountOf(isHome ? usdc : crossing.expected.token, received),
              isRefund: isHome,
              finalAt: 1,
            },
          ],
        }
        const postings = [
          ...openingPostings(OWNER, 'alpha', [{ token: usdc.address, units: sent }]),
          ...ended({ movements: [{ token: usdc.address, units: -sent }] }, 'final_ok', 'swift'),
          ...transferPostings(transfer),
        ]
        for (const sum of sums(postings)) expect(sum).toBe(0n)
        expect(on(postings, 'in_flight:swift')).toBe(0n)
        expect(on(postings, 'wallet')).toBe(isHome ? received : 0n)
        expect(on(postings, 'wallet', crossing.expected.token.address)).toBe(isHome ? 0n : received)
      }),
    )
  })
})
