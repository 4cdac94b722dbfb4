import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { FEE_RULES } from '../../../test/support/builders.js'
import {
  afterLook,
  cancelFee,
  feeCeiling,
  type FeeRules,
  firstFee,
  gasLimitFor,
  hasWaited,
  intrinsicGas,
  replacementFee,
} from './fees.js'

const wei = fc.bigInt({ min: 0n, max: 10n ** 15n })
const quote = fc.record({ baseFee: wei, priorityFee: wei })
const rules: FeeRules = { ...FEE_RULES, cap: 10n ** 18n }
const payload = fc.constantFrom('step' as const, 'cancel' as const)

test('the first fee pays a base fee that doubles, and the tip on top (P-16)', () => {
  expect(firstFee({ baseFee: 10n, priorityFee: 3n })).toEqual({ maxFeePerGas: 23n, maxPriorityFeePerGas: 3n })
  fc.assert(
    fc.property(quote, (asked) => {
      const fee = firstFee(asked)
      expect(fee.maxFeePerGas - fee.maxPriorityFeePerGas).toBe(2n * asked.baseFee)
    }),
  )
})

test('the gas limit is a quarter above the simulation, rounded up (C-10)', () => {
  expect([gasLimitFor(100_000n), gasLimitFor(21_001n), gasLimitFor(1n), gasLimitFor(0n)]).toEqual([
    125_000n,
    26_252n,
    2n,
    0n,
  ])
  fc.assert(
    fc.property(wei, (estimate) => {
      const limit = gasLimitFor(estimate)
      expect(limit * 4n >= estimate * 5n && limit * 4n < estimate * 5n + 4n).toBe(true)
    }),
  )
})

test('a transaction costs 21,000 gas and 10 or 40 a byte before it does anything', () => {
  expect([intrinsicGas('0x'), intrinsicGas('0x00ff00'), intrinsicGas('0x0f')]).toEqual([21_000n, 21_060n, 21_040n])
})

describe('the first offer of a cancel (F-41)', () => {
  const gwei = 10n ** 9n
  const capped = { ...rules, cap: 500n * gwei }
  const at = (baseFee: bigint, priorityFee = 0n) => cancelFee({ baseFee, priorityFee }, capped)

  test('is that of a step, at most twice the cap, and none where no block would take it', () => {
    expect(at(100n * gwei, gwei)).toEqual(firstFee({ baseFee: 100n * gwei, priorityFee: gwei }))
    expect(at(800n * gwei, gwei)).toEqual({ maxFeePerGas: 1_000n * gwei, maxPriorityFeePerGas: gwei })
    expect(at(100n * gwei, 2_000n * gwei)).toEqual({
      maxFeePerGas: 1_000n * gwei,
      maxPriorityFeePerGas: 1_000n * gwei,
    })
    expect(at(1_001n * gwei)).toBeUndefined()
  })

  test('never is above the ceiling', () => {
    fc.assert(
      fc.property(quote, wei, (asked, cap) => {
        const fee = cancelFee(asked, { ...rules, cap })
        if (!fee) return
        expect(fee.maxFeePerGas <= feeCeiling(asked, { ...rules, cap }, 'cancel')).toBe(true)
        expect(fee.maxFeePerGas >= asked.baseFee && fee.maxPriorityFeePerGas <= fee.maxFeePerGas).toBe(true)
      }),
    )
  })
})

describe('a replacement (P-16)', () => {
  const quiet = { baseFee: 100n, priorityFee: 10n }
  const first = firstFee(quiet)

  test('raises both fees by the bump, rounded up, also where a fee is zero', () => {
    expect(replacementFee(first, quiet, rules, 'step')).toEqual({ maxFeePerGas: 242n, maxPriorityFeePerGas: 12n })
    const tipless = { baseFee: 100n, priorityFee: 0n }
    expect(replacementFee(firstFee(tipless), tipless, rules, 'step')).toEqual({
      maxFeePerGas: 230n,
      maxPriorityFeePerGas: 1n,
    })
  })

  test('is at least the fresh estimate', () => {
    const busy = { baseFee: 1_000n, priorityFee: 50n }
    expect(replacementFee(first, busy, rules, 'step')).toEqual(firstFee(busy))
  })

  test('F-41: stays below three estimates and below the cap, and holds where it cannot; a cancel may pay twice that', () => {
    const top = { maxFeePerGas: 620n, maxPriorityFeePerGas: 20n }
    expect(feeCeiling(quiet, rules, 'step')).toBe(630n)
    expect(replacementFee(top, quiet, rules, 'step')).toBeUndefined()
    expect(replacementFee(top, quiet, rules, 'cancel')).toEqual({ maxFeePerGas: 713n, maxPriorityFeePerGas: 23n })
    expect(replacementFee(first, { baseFee: 10n ** 6n, priorityFee: 0n }, { ...rules, cap: 10n ** 6n }, 'step')).toBe(
      undefined,
    )
  })

  test('pays at least 1.10 of the one before, on both fees, and never more than the ceiling of its moment', () => {
    fc.assert(
      fc.property(quote, quote, payload, (then, now, kind) => {
        const before = firstFee(then)
        const next = replacementFee(before, now, rules, kind)
        if (!next) return
        for (const field of ['maxFeePerGas', 'maxPriorityFeePerGas'] as const) {
          expect(next[field] * 100n >= before[field] * 110n && next[field] > before[field]).toBe(true)
          expect(next[field] >= firstFee(now)[field]).toBe(true)
        }
        expect(next.maxFeePerGas <= feeCeiling(now, rules, kind)).toBe(true)
        expect(next.maxPriorityFeePerGas <= next.maxFeePerGas).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  test('ends: on a market that does not move, so many replacements reach the ceiling', () => {
    fc.assert(
      fc.property(quote, payload, (asked, kind) => {
        let fee = firstFee(asked)
        for (let count = 0; ; count++) {
          const next = replacementFee(fee, asked, rules, kind)
          if (!next) return
          expect(count).toBeLessThan(400)
          fee = next
        }
      }),
    )
  })
})

describe('the wait before a replacement', () => {
  const looks = (...seen: (readonly [head: bigint, at: number])[]) =>
    seen.reduce<ReturnType<typeof afterLook> | undefined>(
      (wait, [head, at]) => afterLook(wait, '0x1', head, at),
      undefined,
    )!

  test('is three blocks and twenty seconds, whichever takes longer', () => {
    expect(hasWaited(looks([10n, 0], [13n, 19_999]), 0, rules)).toBe(false)
    expect(hasWaited(looks([10n, 0], [13n, 20_000]), 0, rules)).toBe(true)
    expect(hasWaited(looks([10n, 0], [12n, 60_000]), 0, rules)).toBe(false)
  })

  test('F-38: does not pass while no new block comes', () => {
    const stalled = looks([10n, 0], [13n, 5_000], [13n, 7_200_000])
    expect(hasWaited(stalled, 0, rules)).toBe(false)
    expect(hasWaited(afterLook(stalled, '0x1', 14n, 7_200_001), 0, rules)).toBe(true)
  })

  test('begins anew for another transaction', () => {
    const waited = looks([10n, 0], [20n, 60_000])
    expect(hasWaited(afterLook(waited, '0x2', 20n, 60_000), 60_000, rules)).toBe(false)
  })
})
