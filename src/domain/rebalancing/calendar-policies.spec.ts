import { describe, expect, test } from '@jest/globals'
import { anAssetState, aState } from '../../../test/support/rebalancing.js'
import { ratioOfBasisPoints } from '../units/ratio.js'
import { calendarPolicy } from './calendar-policy.js'
import { MOST_FOLLOW_UPS, type NextDue, servedAt } from './due-times.js'
import { hybridPolicy } from './hybrid-policy.js'
import { RebalancingInputError } from './rebalancing-error.js'

const bps = ratioOfBasisPoints
const HOUR = 3_600_000
/** A Monday. */
const due = Date.UTC(2025, 0, 6)
const weekly: NextDue = (after) => due + Math.ceil((after + 1 - due) / (168 * HOUR)) * 168 * HOUR

const at = (now: number, drift = 90, lastTradedAt?: number, isServed = true) =>
  aState([anAssetState('ETH', 5_000, drift), anAssetState('USD', 5_000, -drift)], {
    now,
    lastTradedAt,
    servedAt: isServed ? lastTradedAt : undefined,
  })

describe('when due times were served', () => {
  const trade = (endedAt: number, isUnfinished = false) => ({ endedAt, isUnfinished })

  test('by the last trade that left nothing, whatever came after', () => {
    expect(servedAt([])).toBeUndefined()
    expect(servedAt([trade(3), trade(2)])).toBe(3)
    expect(servedAt([trade(3, true), trade(2)])).toBe(2)
    expect(servedAt([trade(3, true)])).toBeUndefined()
  })

  test('by the last one of more than may follow each other, so that what is out of reach is not traded after for ever', () => {
    const inRow = (count: number) => Array.from({ length: count }, (_, index) => trade(100 - index, true))
    expect(servedAt([...inRow(MOST_FOLLOW_UPS), trade(1)])).toBe(1)
    expect(servedAt([...inRow(MOST_FOLLOW_UPS + 1), trade(1)])).toBe(100)
    expect(servedAt(inRow(MOST_FOLLOW_UPS + 1))).toBe(100)
  })
})

describe('the calendar', () => {
  const policy = calendarPolicy.create({}, { nextDue: weekly })

  test('trades from the moment it is due, back to the targets, however small the distance', () => {
    expect(policy.decide(at(due - 1)).trade).toBe(false)
    expect(policy.decide(at(due))).toMatchObject({
      trade: true,
      breached: ['ETH', 'USD'],
      levels: [
        { asset: 'ETH', lower: bps(5_000), upper: bps(5_000) },
        { asset: 'USD', lower: bps(5_000), upper: bps(5_000) },
      ],
    })
    expect(policy.decide(at(due, 0))).toMatchObject({ trade: false, breached: [] })
  })

  test('says when it is due next, with the distances', () => {
    expect(policy.decide(at(due - HOUR)).reasons).toEqual([
      'The calendar is not due before 2025-01-06T00:00:00.000Z.',
      expect.stringContaining('ETH is 90 bps from its target of 5000 bps'),
      expect.stringContaining('USD is -90 bps'),
    ])
  })

  test('trades once for each due time', () => {
    expect(policy.decide(at(due + HOUR, 90, due - HOUR)).trade).toBe(true)
    expect(policy.decide(at(due + HOUR, 90, due)).trade).toBe(false)
    expect(policy.decide(at(due + HOUR, 90, due + 1)).reasons[0]).toContain('not due before 2025-01-13')
  })

  test('a due time that was not served stays due within the grace period, beside the cooldown', () => {
    const left = (now: number) => at(now, 90, now - 1, false)
    expect(policy.decide(left(due + HOUR)).trade).toBe(true)
    expect(policy.decide(left(due + 24 * HOUR - 1)).trade).toBe(true)
    expect(policy.decide(left(due + 24 * HOUR)).trade).toBe(false)
    const slow = calendarPolicy.create({ cooldownMs: HOUR }, { nextDue: weekly })
    expect(slow.decide(left(due + HOUR))).toMatchObject({ trade: false, code: 'cooldown' })
  })

  test('a due time that was missed is made good within the grace period, to the millisecond', () => {
    expect(policy.decide(at(due + 24 * HOUR - 1)).trade).toBe(true)
    expect(policy.decide(at(due + 24 * HOUR)).trade).toBe(false)
    const patient = calendarPolicy.create({ graceSeconds: (48 * HOUR) / 1000 }, { nextDue: weekly })
    expect(patient.decide(at(due + 47 * HOUR)).trade).toBe(true)
  })

  test('with another reset an asset within the inner distance is left alone', () => {
    const half = calendarPolicy.create({ reset: 'half' }, { nextDue: weekly })
    expect(half.decide(at(due, 100)).trade).toBe(false)
    expect(half.decide(at(due, 101))).toMatchObject({
      trade: true,
      levels: [{ upper: bps(5_100) }, { lower: bps(4_900) }],
    })
  })

  test('a trade from a clock that ran ahead is one of now', () => {
    expect(policy.decide(at(due - HOUR, 90, due + 900 * HOUR)).reasons[0]).toContain('not due before 2025-01-06')
  })

  test('a calendar that ends, or goes backwards, or is missing', () => {
    const ended = calendarPolicy.create({}, { nextDue: () => undefined })
    expect(ended.decide(at(due)).reasons[0]).toBe('The calendar holds no further time.')
    for (const wrong of [due - 24 * HOUR, 0, NaN, Infinity]) {
      const backwards = calendarPolicy.create({}, { nextDue: () => wrong })
      expect(() => backwards.decide(at(due))).toThrow('is a later date, got')
    }
    expect(() => calendarPolicy.create({})).toThrow('The calendar policy needs due times, got none.')
    expect(() => hybridPolicy.create({})).toThrow(RebalancingInputError)
    expect(() => calendarPolicy.create({ graceSeconds: 0 }, { nextDue: weekly })).toThrow(
      'graceSeconds is a positive number',
    )
  })
})

describe('the hybrid', () => {
  const policy = hybridPolicy.create({}, { nextDue: weekly })

  test.each([
    [due, 201, true],
    [due, 200, false],
    [due - 1, 201, false],
    [due - 1, 200, false],
  ])('trades when due and outside: at %s, %s bps: %s', (now, drift, trade) => {
    expect(policy.decide(at(now, drift)).trade).toBe(trade)
  })

  test('names who is outside while it waits', () => {
    expect(policy.decide(at(due - 1, 201))).toMatchObject({ breached: ['ETH', 'USD'], levels: [] })
  })
})
