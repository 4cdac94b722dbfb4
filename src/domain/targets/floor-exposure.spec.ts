import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { aTargetInput, currentTargets, DAY_MS, NOW } from '../../../test/support/targets.js'
import { cppi } from './cppi.js'
import type { NavFigures, TargetInput } from './target-input.js'
import { tipp } from './tipp.js'

const nav = (value: number, changes: Partial<NavFigures> = {}): NavFigures => ({
  value,
  highWater: value,
  startValue: 100,
  startedAt: NOW - 365 * DAY_MS,
  ...changes,
})
const input = (figures: NavFigures | undefined, changes: Partial<TargetInput> = {}) =>
  aTargetInput(['BTC', 'ETH', 'USDC'], { nav: figures, ...changes })
const GIVEN = { floor: 0.8, multiplier: 3, mix: { BTC: 0.75, ETH: 0.25 } }
const exposureOf = (result: ReturnType<typeof cppi.want>) => (result.status === 'set' ? result.exposure! : Number.NaN)

describe('CPPI', () => {
  test('holds the multiple of what NAV is above the floor, and names the fall that breaks it', () => {
    expect(cppi.want(input(nav(100)), GIVEN)).toEqual({
      status: 'set',
      weights: [expect.closeTo(0.45, 12), expect.closeTo(0.15, 12), expect.closeTo(0.4, 12)],
      exposure: expect.closeTo(0.6, 12),
      isProtective: false,
      reasons: [
        'The floor is 80.0 % of NAV at the start: 80.0 % of NAV now.',
        'NAV is 20.0 % of itself above it; 3 times that, at most 100.0 %, is at risk: 60.0 %.',
        'A fall of the part at risk by more than 33.3 % before targets are set and reached again breaks the floor; days of -39 % to -50 % have happened. A stable asset that loses its peg breaks it as well.',
        'At risk are BTC 75.0 %, ETH 25.0 %; the rest is in USDC.',
      ],
    })
  })

  test('holds nothing at risk at the floor and below, and the most allowed far above', () => {
    for (const value of [80, 79.9, 1]) {
      const result = cppi.want(input(nav(value)), GIVEN)
      expect(result).toMatchObject({ weights: [0, 0, 1], exposure: 0 })
      expect(result.status === 'set' && result.reasons[1]).toBe(
        'NAV is not above it: nothing is at risk until it is again.',
      )
    }
    expect(cppi.want(input(nav(1_000)), GIVEN)).toMatchObject({ exposure: 1, weights: [0.75, 0.25, 0] })
    expect(cppi.want(input(nav(1_000)), { ...GIVEN, maxExposure: 0.7 })).toMatchObject({ exposure: 0.7 })
  })

  test('lets the floor grow from the start, never before it', () => {
    const growing = { ...GIVEN, growth: 0.05 }
    // 80 grown to 84: (1 − 0.84)·3.
    const grown = cppi.want(input(nav(100)), growing)
    expect(exposureOf(grown)).toBeCloseTo(0.48, 12)
    expect(grown.status === 'set' && grown.reasons[0]).toBe(
      'The floor is 80.0 % of NAV at the start, grown by 5.0 % a year for 1.00 years: 84.0 % of NAV now.',
    )
    const early = cppi.want(input(nav(100, { startedAt: NOW + 365 * DAY_MS })), growing)
    expect(exposureOf(early)).toBeCloseTo(0.6, 12)
    const ages = cppi.want(input(nav(100, { startedAt: -1e15 })), { ...GIVEN, growth: 1 })
    expect(ages).toMatchObject({ exposure: 0 })
  })

  test('keeps the floor in any fall up to the one it names, and breaks it in a larger one', () => {
    const whole = (min: number, max: number) => fc.integer({ min, max })
    fc.assert(
      fc.property(whole(81, 400), whole(10, 100), whole(1, 99), (value, tenths, percents) => {
        const result = cppi.want(input(nav(value)), { ...GIVEN, multiplier: tenths / 10 })
        const exposure = exposureOf(result)
        const gap = (1 - 80 / value) / exposure
        const fall = percents / 100
        fc.pre(Math.abs(fall - gap) > 1e-9)
        expect(value * (1 - exposure * fall) > 80).toBe(fall < gap)
        if (exposure < 1) expect(gap).toBeCloseTo(10 / tenths, 9)
      }),
    )
  })

  test('says so where no fall of the part at risk can break the floor', () => {
    const result = cppi.want(input(nav(100)), { ...GIVEN, multiplier: 1 })
    expect(result.status === 'set' && result.reasons[2]).toBe(
      'No fall of the part at risk can break the floor; a stable asset that loses its peg can.',
    )
  })

  test('is protective where less is to be at risk than by the targets in force', () => {
    const from = (stable: number) =>
      cppi.want(input(nav(90), { current: currentTargets({ BTC: 100 - stable, USDC: stable }) }), GIVEN)
    // (1 − 80/90)·3 is a third.
    expect(from(60)).toMatchObject({ isProtective: true })
    expect(from(70)).toMatchObject({ isProtective: false })
    expect(cppi.want(input(nav(90), { current: currentTargets({ LINK: 100 }) }), GIVEN)).toMatchObject({
      isProtective: true,
    })
  })
})

describe('TIPP', () => {
  test('has its floor at a share of the highest NAV, so that a gain raises it and a loss does not lower it', () => {
    // The floor is 96 of 110: (1 − 96/110)·3.
    const result = tipp.want(input(nav(110, { highWater: 120 })), GIVEN)
    expect(exposureOf(result)).toBeCloseTo((3 * 14) / 110, 12)
    expect(result.status === 'set' && result.reasons[0]).toBe(
      'The floor is 80.0 % of the highest NAV: 87.3 % of NAV now.',
    )
    expect(exposureOf(tipp.want(input(nav(95, { highWater: 120 })), GIVEN))).toBe(0)
  })

  test('takes the present value, and that at the start, for the highest where they are higher', () => {
    expect(exposureOf(tipp.want(input(nav(110, { highWater: 50 })), GIVEN))).toBeCloseTo(0.6, 12)
    expect(exposureOf(tipp.want(input(nav(90, { highWater: 90 })), GIVEN))).toBeCloseTo((3 * 10) / 90, 12)
  })

  test('never has more at risk than CPPI with the same floor', () => {
    const value = fc.integer({ min: 50, max: 300 })
    fc.assert(
      fc.property(value, value, (now, highWater) => {
        const figures = nav(now, { highWater })
        const [more, less] = [
          exposureOf(cppi.want(input(figures), GIVEN)),
          exposureOf(tipp.want(input(figures), GIVEN)),
        ]
        expect(less).toBeLessThanOrEqual(more)
      }),
    )
  })
})

describe.each([cppi, tipp])('a floor of $name', (setter) => {
  test('needs a history of NAV', () => {
    expect(setter.want(input(undefined), GIVEN)).toMatchObject({ status: 'refused', code: 'nav-unknown' })
  })

  test.each([
    { value: 0 },
    { value: Number.NaN },
    { highWater: -1 },
    { startValue: Infinity },
    { startedAt: Number.NaN },
  ])('refuses %j', (changes) => {
    expect(setter.want(input(nav(100, changes)), GIVEN)).toMatchObject({ status: 'refused', code: 'bad-number' })
  })

  test('refuses a multiplier below one, with which it would be no insurance', () => {
    expect(setter.want(input(nav(100)), { ...GIVEN, multiplier: 0.5 })).toMatchObject({ code: 'bad-parameter' })
  })

  test('needs a stable asset', () => {
    const only = aTargetInput(['BTC'], { nav: nav(100) })
    expect(setter.want(only, { floor: 0.8 })).toMatchObject({ code: 'no-stable-asset' })
  })
})
