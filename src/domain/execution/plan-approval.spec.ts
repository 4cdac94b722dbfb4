import { describe, expect, test } from '@jest/globals'
import { aCycle, aLeg, aRun, WETH } from '../../../test/support/builders.js'
import { aPortfolio } from '../../../test/support/fake-world.js'
import { amountOf } from '../units/amount.js'
import { approvedOut, approversOf, isAsApproved, needsApproval, plannedVolume } from './plan-approval.js'

const sell = amountOf(WETH, 10n ** 18n)
const minimumOut = amountOf(aLeg().expectedOut.token, 2_999_999_999n)
const leg = aLeg({ sell, minimumOut })
const cycle = aCycle({ legs: [aRun({ leg })] })
const asked = (above: bigint) => aPortfolio({ planApproval: { people: 1, above } })
const price = cycle.market.prices.get('ETH')!

describe('the plans that people are asked about', () => {
  test('are those that move more than the limit, in swaps and in crossings', () => {
    for (const kind of ['swap', 'bridge'] as const) {
      const plan = { ...cycle, legs: [aRun({ leg: { ...leg, kind } }), aRun({ leg: { ...leg, kind: 'swap' } })] }
      expect(needsApproval(asked(2n * price - 1n), plan)).toBe(true)
      expect(needsApproval(asked(2n * price), plan)).toBe(false)
    }
    expect(needsApproval(asked(0n), { ...cycle, mode: 'dry-run' })).toBe(false)
    expect(needsApproval(aPortfolio({ planApproval: { people: 0, above: 0n } }), cycle)).toBe(false)
  })

  test('take two at least where they move more than the greater limit', () => {
    const volume = plannedVolume(cycle)
    const of = (people: number, bigAbove: bigint, mode: 'live' | 'dry-run' = 'live') =>
      approversOf(aPortfolio({ planApproval: { people, above: 0n, bigAbove } }), { ...cycle, mode })
    expect([0, 1, 2, 3].map((people) => of(people, volume))).toEqual([0, 1, 2, 3])
    expect([0, 1, 2, 3].map((people) => of(people, volume - 1n))).toEqual([2, 2, 2, 3])
    expect(of(1, volume - 1n, 'dry-run')).toBe(0)
    const unasked = aPortfolio({ planApproval: { people: 0, above: volume, bigAbove: volume } })
    expect(needsApproval(unasked, cycle)).toBe(false)
    expect(needsApproval(unasked, { ...cycle, legs: [...cycle.legs, ...cycle.legs] })).toBe(true)
  })

  test('sell for no less than was approved: of a part its share, rounded up', () => {
    const approved = { isApproved: true }
    expect(approvedOut(approved, leg, sell)).toEqual(minimumOut)
    expect(approvedOut(approved, leg, amountOf(WETH, 5n * 10n ** 17n))?.units).toBe(1_500_000_000n)
    expect(approvedOut(cycle, leg, sell)).toBeUndefined()
  })

  test('go the way that was approved: the venue of each leg, and of a crossing its bridge', () => {
    const offered = (venue: string, tool: string) => ({ venue, tool })
    expect(isAsApproved(leg, offered('zeroex', 'SushiSwap'))).toBe(true)
    expect(isAsApproved(leg, offered('lifi', leg.tool))).toBe(false)
    const crossing = { ...leg, kind: 'bridge' as const, tool: 'swift' }
    expect(isAsApproved(crossing, offered('zeroex', 'swift'))).toBe(true)
    expect(isAsApproved(crossing, offered('zeroex', 'slow'))).toBe(false)
  })
})
