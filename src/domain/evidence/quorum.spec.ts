import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { InvariantError } from '../errors.js'
import { agree, candidateHeights, lowerMedian, missingVotes, upperMedian } from './quorum.js'

const HONEST = 'honest'
/** What a faulty endpoint may do: lie in concert or alone, even say the truth, or be silent. */
const faulty = fc.option(fc.constantFrom('lie', 'other lie', HONEST), { nil: undefined })

describe('agree', () => {
  test('P-18: with at most f faulty of 2f + 1 the answer is the honest one or none, never a third', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4 }).chain((f) =>
          fc.record({
            f: fc.constant(f),
            keys: fc.array(faulty, { minLength: 0, maxLength: f }),
            /** Honest endpoints may be late. */
            isLate: fc.array(fc.boolean(), { minLength: 2 * f + 1, maxLength: 2 * f + 1 }),
            order: fc.array(fc.nat(), { minLength: 2 * f + 1, maxLength: 2 * f + 1 }),
          }),
        ),
        ({ f, keys, isLate, order }) => {
          const answers = isLate
            .map((late, index) => ({
              endpoint: `endpoint-${index}`,
              key: index < keys.length ? keys[index] : late ? undefined : HONEST,
            }))
            .map((answer, index) => ({ answer, place: order[index]! }))
            .toSorted((a, b) => a.place - b.place)
            .map(({ answer }) => answer)
          const verdict = agree(answers, f + 1)
          if (verdict.isAgreed) {
            expect(verdict.key).toBe(HONEST)
            const liars = answers.filter(({ key }) => key !== undefined && key !== HONEST)
            expect([...verdict.outvoted].toSorted()).toEqual(liars.map(({ endpoint }) => endpoint).toSorted())
          }
          const honest = answers.filter(({ key }) => key === HONEST).length
          expect(verdict.isAgreed).toBe(honest > f)
          expect(missingVotes(answers, f + 1) === 0).toBe(verdict.isAgreed)
        },
      ),
    )
  })

  test('two answers with a quorum each are no answer', () => {
    const answers = ['a', 'b', 'a', 'b'].map((key, index) => ({ endpoint: String(index), key }))
    expect(agree(answers, 2)).toEqual({ isAgreed: false, keys: ['a', 'b'] })
  })

  test('an endpoint that says it twice is heard once', () => {
    const twice = { endpoint: 'amber', key: 'a' }
    expect(agree([twice, twice], 2)).toEqual({ isAgreed: false, keys: ['a'] })
  })

  test.each([0, -1, 1.5])('a quorum of %d is none', (quorum) => {
    expect(() => agree([], quorum)).toThrow(InvariantError)
  })
})

test.each<[bigint[], number, bigint[]]>([
  [[105n, 104n, 55n], 2, [104n, 55n]],
  [[104n, 104n, 104n], 2, [104n]],
  [[9n], 1, [9n]],
  [[9n], 2, []],
])('F-23: of heads %p a quorum of %d may agree on %p', (heads, quorum, heights) => {
  expect(candidateHeights(heads, quorum)).toEqual(heights)
})

test.each<[bigint[], number, bigint | undefined]>([
  [[7n], 1, 7n],
  [[7n], 2, undefined],
  [[9n, 1n], 1, 9n],
  [[1n, 9n], 2, 9n],
  [[9n, 1n, 4n], 2, 4n],
  [[9n, 1n, 4n], 3, 9n],
  [[9n, 1n, 4n, 5n], 2, 5n],
])('the upper median of %p for a quorum of %d is %p', (values, quorum, middle) => {
  expect(upperMedian(values, quorum)).toBe(middle)
})

test.each<[bigint[], bigint | undefined]>([
  [[], undefined],
  [[7n], 7n],
  [[9n, 1n], 1n],
  [[9n, 1n, 4n], 4n],
])('the lower median of %p is %p', (values, middle) => {
  expect(lowerMedian(values)).toBe(middle)
})
