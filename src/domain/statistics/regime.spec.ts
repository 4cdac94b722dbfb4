import { describe, expect, test } from '@jest/globals'
import { regimes } from '../../../test/support/regimes.js'
import { StatisticsError } from './input.js'
import { RegimeFlag } from './regime.js'

/** Returns of one size that alternate in sign. */
const days = (count: number, size: number) => Array.from({ length: count }, (_, day) => (day % 2 === 0 ? size : -size))

describe('RegimeFlag', () => {
  test('is undefined until a volatility has a usual level: 20 returns and 90 volatilities', () => {
    const flags = regimes(days(110, 0.02))
    expect(flags.findIndex((flag) => flag !== undefined)).toBe(20 - 1 + 90 - 1)
  })

  test('is calm where volatility is what it was, and says so in numbers', () => {
    // 0.02·√365 = 38.2 %.
    expect(regimes(days(120, 0.02)).at(-1)).toEqual({
      name: 'calm',
      volatility: expect.closeTo(0.382, 3),
      median: expect.closeTo(0.382, 3),
      periods: 101,
      ratio: expect.closeTo(1, 9),
      stressedFrom: 1.5,
      calmBelow: 1.2,
      age: 12,
      reason:
        'Volatility is 38.2 % a year, 1.00 times its median of 38.2 % over 101 periods: calm for 12; stressed from 1.5 times, calm again below 1.2.',
    })
  })

  test('turns at one ratio, back at a lower one, and does not flap between them', () => {
    const flags = regimes([...days(300, 0.02), ...days(12, 0.06), ...days(100, 0.02)]).slice(300)
    const at = (index: number) => flags[index]!
    const turn = flags.findIndex((flag) => flag!.name === 'stressed')
    expect(at(turn).ratio).toBeGreaterThanOrEqual(1.5)
    expect(at(turn - 1).ratio).toBeLessThan(1.5)
    const back = flags.findIndex((flag, index) => index > turn && flag!.name === 'calm')
    expect(at(back).ratio).toBeLessThan(1.2)
    expect(at(back - 1)).toMatchObject({ name: 'stressed', age: back - turn })
    expect(at(back - 1).ratio).toBeGreaterThanOrEqual(1.2)
    const between = flags.slice(turn, back).filter((flag) => flag!.ratio < 1.5)
    expect(between.length).toBeGreaterThan(0)
    expect(flags.slice(back).every((flag) => flag!.name === 'calm')).toBe(true)
  })

  test('takes a stress that lasts for the usual', () => {
    const flags = regimes([...days(300, 0.02), ...days(300, 0.06)], { medianSpan: 200 })
    expect(flags[350]!.name).toBe('stressed')
    expect(flags.at(-1)!.name).toBe('calm')
  })

  test('of constant prices, and of the noise of a stable asset, is calm', () => {
    expect(regimes(days(200, 0)).at(-1)).toMatchObject({ name: 'calm', ratio: 1, volatility: 0.01 })
    expect(regimes([...days(200, 0.00001), ...days(50, 0.0004)]).at(-1)).toMatchObject({ name: 'calm', ratio: 1 })
  })

  test('keeps what it said through unknown returns, up to thirty of them', () => {
    const flag = new RegimeFlag()
    expect(flag.update(undefined)).toBeUndefined()
    for (const value of days(119, 0.02)) flag.update(value)
    const before = flag.update(0.02)
    expect(flag.update(undefined)).toBe(before)
    expect(flag.update(-0.02)!.age).toBe(before!.age + 1)
    const gap = Array.from({ length: 30 }, () => flag.update(undefined))
    expect(gap[28]).toBeDefined()
    expect(gap[29]).toBeUndefined()
    const after = days(20, 0.06).map((value) => flag.update(value))
    expect(after[18]).toBeUndefined()
    expect(after[19]).toMatchObject({ name: 'stressed', age: 1, ratio: expect.closeTo(3, 9) })
  })

  test('refuses options that contradict each other and returns that are none', () => {
    for (const options of [
      { stressedFrom: 1 },
      { stressedFrom: Number.NaN },
      { calmBelow: 0 },
      { medianMinimum: 400 },
      { medianSpan: Number.NaN },
      { leastVolatility: 0 },
      { decay: 1 },
    ])
      expect(() => new RegimeFlag(options)).toThrow(StatisticsError)
    expect(() => new RegimeFlag().update(Infinity)).toThrow(StatisticsError)
  })
})
