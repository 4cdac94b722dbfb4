import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { addressOf, aLeg, aRun, aToken, WETH } from '../../../test/support/builders.js'
import { InvariantError } from '../errors.js'
import type { Leg } from '../planning/plan.js'
import { amountOf } from '../units/amount.js'
import type { LegRun, LegState } from './cycle.js'
import { saleOf } from './funding.js'

const usdc = aToken()
const dai = aToken({ symbol: 'DAI', address: addressOf(0xda) })

/** A sale of WETH expected to bring so many units of USDC. */
const source = (id: string, expected: bigint): Leg => aLeg({ id, expectedOut: amountOf(usdc, expected) })
const ended = (leg: Leg, received: bigint | undefined, state: LegState = 'done', token = usdc): LegRun =>
  aRun({ leg, state, received: received === undefined ? undefined : amountOf(token, received) })
const consumer = (id: string, units: bigint, ...funding: [string, bigint][]): Leg =>
  aLeg({
    id,
    sell: amountOf(usdc, units),
    expectedOut: amountOf(WETH, units),
    funding: funding.map(([leg, part]) => ({ leg, units: part })),
  })

const one = source('1', 1_000n)
const two = source('2', 500n)

describe('saleOf', () => {
  test('is the whole sale where nobody funds it, and the own part beside what was delivered elsewhere', () => {
    expect(saleOf(consumer('9', 70n), [], [])?.units).toBe(70n)
    const leg = consumer('9', 1_200n, ['1', 1_000n])
    expect(saleOf(leg, [ended(one, 600n)], [one, leg])?.units).toBe(800n)
  })

  test.each<[string, LegRun, bigint]>([
    ['delivered as planned', ended(one, 1_000n), 1_000n],
    ['delivered more', ended(one, 1_300n), 1_000n],
    ['delivered less', ended(one, 999n), 999n],
    ['failed after it had delivered something', ended(one, 400n, 'failed'), 400n],
    ['failed without delivering', ended(one, undefined, 'failed'), 0n],
    ['was skipped', ended(one, undefined, 'skipped'), 0n],
    ['delivered another token', ended(one, 1_000n, 'failed', dai), 0n],
  ])('of a leg that %s', (_what, run, sold) => {
    const leg = consumer('9', 1_000n, ['1', 1_000n])
    expect(saleOf(leg, [run], [one, leg])?.units).toBe(sold)
  })

  test('several consumers take their shares of one leg, and one consumer counts on several legs', () => {
    const [left, right] = [consumer('8', 700n, ['1', 700n]), consumer('9', 800n, ['1', 300n], ['2', 500n])]
    const all = [one, two, left, right]
    const before = [ended(one, 900n), ended(two, 450n)]
    expect(saleOf(left, before, all)?.units).toBe(630n)
    expect(saleOf(right, before, all)?.units).toBe(270n + 450n)
  })

  test.each<LegState>(['waiting', 'approving', 'sending', 'clearing', 'crossing'])(
    'is not known while a leg that funds it is %s',
    (state) => {
      const leg = consumer('9', 800n, ['1', 300n], ['2', 500n])
      expect(saleOf(leg, [ended(one, 1_000n), aRun({ leg: two, state })], [one, two, leg])).toBeUndefined()
    },
  )

  test('a plan that counts on a leg that is not there, or on more than is sold, is an invariant broken', () => {
    expect(() => saleOf(consumer('9', 10n, ['1', 10n]), [], [])).toThrow(InvariantError)
    expect(() => saleOf(consumer('9', 10n, ['1', 11n]), [ended(one, 1_000n)], [one])).toThrow(InvariantError)
  })

  test('all consumers together never take more than was received, nor any more than planned, whatever arrives', () => {
    const units = fc.bigInt({ min: 0n, max: 10n ** 24n })
    fc.assert(
      fc.property(units, units, fc.array(units, { minLength: 1, maxLength: 6 }), (expected, received, parts) => {
        const leg = source('1', expected)
        const consumers = parts.map((part, index) => consumer(`c${index}`, part, ['1', part]))
        const sales = consumers.map((one) => saleOf(one, [ended(leg, received)], [leg, ...consumers])!.units)
        expect(sales.reduce((sum, sold) => sum + sold, 0n) <= received).toBe(true)
        for (const [index, sold] of sales.entries()) expect(sold <= parts[index]!).toBe(true)
      }),
      { numRuns: 5_000 },
    )
  })

  test('what was promised and arrived in full is sold in full', () => {
    const units = fc.bigInt({ min: 0n, max: 10n ** 24n })
    fc.assert(
      fc.property(fc.array(units, { minLength: 1, maxLength: 6 }), units, units, (parts, idle, more) => {
        const leg = source(
          '1',
          parts.reduce((sum, part) => sum + part, idle),
        )
        const consumers = parts.map((part, index) => consumer(`c${index}`, part, ['1', part]))
        for (const [index, one] of consumers.entries())
          expect(saleOf(one, [ended(leg, leg.expectedOut.units + more)], [leg, ...consumers])?.units).toBe(parts[index])
      }),
      { numRuns: 2_000 },
    )
  })
})
