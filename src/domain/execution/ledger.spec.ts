import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  aCycle,
  anAttempt,
  anInclusion,
  aRun,
  aToken,
  aTransfer,
  newIntent,
  OWNER,
  WETH,
} from '../../../test/support/builders.js'
import { NATIVE } from '../assets.js'
import { amountOf } from '../units/amount.js'
import type { Inclusion, Intent } from './intent.js'
import { intentPostings, openingPostings, type Posting, transferPostings } from './ledger.js'
import type { Transfer } from './transfer.js'

const usdc = aToken()
const base = { ...newIntent(aCycle(), aRun()), nonce: 0, attempts: [anAttempt(1)] as const }
const ended = (changes: Partial<Inclusion> = {}, state: 'final_ok' | 'final_reverted' = 'final_ok'): Intent => ({
  ...base,
  state,
  inclusion: anInclusion(1, changes),
})
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
    const postings = intentPostings(ended(), undefined)
    expect(on(postings, 'wallet', NATIVE)).toBe(-2_100_000_000_000_000n)
    expect(on(postings, 'gas', NATIVE)).toBe(2_100_000_000_000_000n)
    expect(on(postings, 'wallet', WETH.address)).toBe(-1_500_000_000_000_000_001n)
    expect(on(postings, 'trade', WETH.address)).toBe(1_500_000_000_000_000_001n)
    expect(on(postings, 'wallet')).toBe(4_490_000_000n)
  })

  test('a reverted transaction costs its gas', () => {
    const postings = intentPostings(ended({ isSuccess: false, movements: [] }, 'final_reverted'), undefined)
    expect(postings.map(({ account }) => account)).toEqual(['wallet', 'gas'])
  })

  test('books nothing that is not final (P-14)', () => {
    const states = [
      { ...base, state: 'reserved', attempts: [] },
      { ...base, state: 'released', attempts: [] },
      { ...base, state: 'signed' },
      { ...base, state: 'mined', inclusion: anInclusion(1) },
    ] as Intent[]
    expect(states.flatMap((intent) => intentPostings(intent, 'swift'))).toEqual([])
    const transfer = aTransfer(aCycle(), aRun())
    expect(
      (['in_flight', 'late', 'seen'] as const).flatMap((state) => transferPostings({ ...transfer, state })),
    ).toEqual([])
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
          const postings = intentPostings(ended({ movements: moved, gasPaid }), bridge)
          for (const sum of sums(postings)) expect(sum).toBe(0n)
          expect(postings.every((one) => one.units !== 0n)).toBe(true)
        },
      ),
    )
  })

  test('every posting has a key of its own, and the same cause gives the same postings again (P-13)', () => {
    fc.assert(
      fc.property(movements, (moved) => {
        const postings = intentPostings(ended({ movements: moved }), 'swift')
        const keys = postings.map(({ cause, chain, token, account }) => [cause, chain, token, account].join(' '))
        expect(new Set(keys).size).toBe(keys.length)
        expect(intentPostings(ended({ movements: moved }), 'swift')).toEqual(postings)
      }),
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
          arrival: {
            chain: isHome ? 'alpha' : 'beta',
            hash: anInclusion(2).hash,
            block: anInclusion(2).block,
            amount: amountOf(isHome ? usdc : crossing.expected.token, received),
          },
        }
        const postings = [
          ...openingPostings(OWNER, 'alpha', [{ token: usdc.address, units: sent }]),
          ...intentPostings(ended({ movements: [{ token: usdc.address, units: -sent }] }), 'swift'),
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
