import { describe, expect, test } from '@jest/globals'
import type { PolicyName } from '../rebalancing/registry.js'
import { comparePolicies } from './compare.js'

const point = (parameter: number, trackingError: number, costPerYear: number, finalValue = 1) => ({
  parameter,
  trackingError,
  costPerYear,
  finalValue,
  turnoverPerYear: 1,
  tradesPerYear: 1,
})
const result = (policy: PolicyName, frontier: ReturnType<typeof point>[]) => ({ policy, label: policy, frontier })

describe('the comparison at equal tracking error', () => {
  const impulse = result('impulse-band', [point(100, 0.01, 0.008, 2), point(1, 0.03, 0.002, 3)])
  const calendar = result('calendar', [point(1, 0.005, 0.04), point(30, 0.02, 0.012)])
  const unreached = result('hybrid', [point(0.1, 0.03, 0.001)])

  test('reads cost, dial and final value between the settings around it', () => {
    const { rows, note } = comparePolicies([impulse, calendar, unreached], 0.02)
    expect(rows[0]).toMatchObject({ policy: 'impulse-band', label: 'impulse-band', finalValue: 2.5 })
    expect(rows[0]!.costPerYear).toBeCloseTo(0.005, 12)
    expect(rows[0]!.parameter).toBeCloseTo(10, 9)
    expect(rows[1]).toMatchObject({ costPerYear: 0.012, finalValue: 1 })
    expect(rows[1]!.parameter).toBeCloseTo(30, 9)
    expect(rows[2]).toMatchObject({ costPerYear: undefined, parameter: undefined, finalValue: undefined })
    expect(note).toBe(
      'At a tracking error of 200 bps a year impulse-band costs least, 50 bps of NAV a year, calendar most with 120 bps. 1 of 3 policies reach it with no setting that was tried.',
    )
  })

  test('says so where nothing can be compared', () => {
    expect(comparePolicies([unreached], 0.02).note).toMatch(
      /^No policy reaches a tracking error of 200 bps a year with a setting that was tried/,
    )
    expect(comparePolicies([], 0.02)).toMatchObject({ rows: [] })
  })
})
