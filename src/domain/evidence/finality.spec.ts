import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { BlockRef } from '../portfolio/snapshot.js'
import { trackFinality } from './finality.js'

/** A block of the chain that forks off the honest one at `fork`; below it both are the same. */
const block = (number: number, branch: 'honest' | 'forked', fork = 0): BlockRef => ({
  number: BigInt(number),
  hash: `0x${branch === 'honest' || number < fork ? 'a' : 'b'}${number}`,
  timestamp: number,
})

test('P-19: what is final never goes back, and never onto a chain that contradicts it', () => {
  const sight = fc.record({
    number: fc.integer({ min: 0, max: 40 }),
    branch: fc.constantFrom<'honest' | 'forked'>('honest', 'forked'),
    isAncestorKnown: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40 }), fc.array(sight, { maxLength: 30 }), (fork, sights) => {
      let known: ReturnType<typeof trackFinality> | undefined
      for (const { number, branch, isAncestorKnown } of sights) {
        const before = known
        const ancestor = before && isAncestorKnown ? block(Number(before.final.number), branch, fork).hash : undefined
        known = trackFinality(before, block(number, branch, fork), ancestor)
        if (!before) continue
        expect(known.final.number >= before.final.number).toBe(true)
        // Everything final before lies on the chain of what is final now.
        const isForked = known.final.hash.startsWith('0xb')
        const own = block(Number(before.final.number), isForked ? 'forked' : 'honest', fork)
        expect(own.hash).toBe(before.final.hash)
        if (before.contradiction !== undefined) expect(known).toEqual(before)
      }
    }),
  )
})

test('F-37: another hash at the final height, or below a higher block, is a contradiction and is not followed', () => {
  const known = { final: block(10, 'honest'), contradiction: undefined }
  for (const seen of [block(10, 'forked'), block(12, 'forked')]) {
    const next = trackFinality(known, seen, block(10, 'forked').hash)
    expect(next).toEqual({ final: known.final, contradiction: expect.stringContaining('0xb10') })
  }
})

test('a lower block, or a higher one that nobody could connect, changes nothing', () => {
  const known = { final: block(10, 'honest'), contradiction: undefined }
  expect(trackFinality(known, block(9, 'honest'), undefined)).toBe(known)
  expect(trackFinality(known, block(11, 'honest'), undefined)).toBe(known)
  expect(trackFinality(known, block(11, 'honest'), known.final.hash).final.number).toBe(11n)
})
