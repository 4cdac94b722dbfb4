import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { firstFee, gasLimitFor } from './fees.js'

const wei = fc.bigInt({ min: 0n, max: 10n ** 15n })

test('the first fee pays a base fee that doubles, and the tip on top (P-16)', () => {
  expect(firstFee({ baseFee: 10n, priorityFee: 3n })).toEqual({ maxFeePerGas: 23n, maxPriorityFeePerGas: 3n })
  fc.assert(
    fc.property(wei, wei, (baseFee, priorityFee) => {
      const fee = firstFee({ baseFee, priorityFee })
      expect(fee.maxFeePerGas - fee.maxPriorityFeePerGas).toBe(2n * baseFee)
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
