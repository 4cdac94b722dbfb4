import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { goodQuotes, tallyMutations, type Tally } from '../../../test/support/hostile-quotes.js'

const FLIPS = 25
/** Mutated quotes to judge, at least. */
const CASES = Number(process.env['EVENKEEL_MUTATIONS'] ?? 20_000)

test(`P-02 to P-04: of ${CASES} quotes with one change none is signed that breaks policy, and every refusal has a code`, () => {
  const tally: Tally = { cases: 0, codes: {}, passed: 0, broken: [] }
  const flips = fc.array(fc.nat(), { minLength: FLIPS, maxLength: FLIPS })
  fc.assert(
    fc.property(goodQuotes, flips, (good, bits) => {
      tally.broken.length = 0
      tallyMutations(good, bits, tally)
      expect(tally.broken).toEqual([])
    }),
    { numRuns: Math.ceil(CASES / (FLIPS + 25)) },
  )
  expect(tally.cases).toBeGreaterThanOrEqual(CASES)
  expect(Object.values(tally.codes).reduce((sum, count) => sum + count, tally.passed)).toBe(tally.cases)
})
