import { describe, expect, test } from '@jest/globals'
import type { CostGroup } from '../../api/cycles.js'
import { costBars, firstDay, inOrder } from './cost-bars.js'

const cost = (totalUsd: string) => ({ slippageUsd: '0', feesUsd: '0', gasUsd: '0', bridgeUsd: '0', totalUsd })
const group = (
  key: string,
  expected: string,
  realised: string,
  notionalUsd: string,
  bps: string | null,
): CostGroup => ({
  key,
  legs: 1,
  notionalUsd,
  swapNotionalUsd: notionalUsd,
  expected: cost(expected),
  realised: cost(realised),
  slippage: {} as CostGroup['slippage'],
  total: {
    expectedUsd: expected,
    realisedUsd: realised,
    differenceUsd: `${Number(realised) - Number(expected)}`,
    expectedBps: null,
    realisedBps: null,
    differenceBps: bps,
  },
})

describe('realised against expected cost', () => {
  test('lengths are shares of the longest bar, and a gain has none', () => {
    const bars = costBars([group('a', '2', '4', '100', '200.04'), group('b', '1', '-1', '200', '-100')])
    expect(bars).toEqual([
      { key: 'a', expected: 0.5, realised: 1, verdict: '200.0 bps worse than expected', isWorse: true },
      { key: 'b', expected: 0.25, realised: 0, verdict: '100.0 bps better than expected', isWorse: false },
    ])
  })

  test('nothing spent draws nothing', () => {
    expect(costBars([group('a', '0', '0', '0', null)])).toEqual([
      { key: 'a', expected: 0, realised: 0, verdict: 'as expected', isWorse: false },
    ])
    expect(costBars([])).toEqual([])
    expect(costBars([group('a', '0', '1', '0', null)])[0]?.verdict).toBe('worse than expected')
  })

  test('days by time, the rest by what was sold', () => {
    const groups = [group('2026-01-02', '1', '1', '5', '0'), group('2026-01-01', '1', '1', '3', '0')]
    expect(inOrder(groups, 'day').map(({ key }) => key)).toEqual(['2026-01-01', '2026-01-02'])
    expect(inOrder(groups.toReversed(), 'venue').map(({ key }) => key)).toEqual(['2026-01-02', '2026-01-01'])
  })

  test('a period begins with a day', () => {
    const now = Date.UTC(2026, 0, 31, 13, 5)
    expect(firstDay(now, 1)).toBe('2026-01-31T00:00:00.000Z')
    expect(firstDay(now, 31)).toBe('2026-01-01T00:00:00.000Z')
  })
})
