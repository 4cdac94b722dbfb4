import { describe, expect, test } from '@jest/globals'
import type { PortfolioLimits } from './api.js'
import { capLines, tightest, useOf } from './use-of-cap.js'

const money = (usedUsd: string, capUsd: string) => ({ usedUsd, capUsd, cap: '0.1' })

describe('use of caps', () => {
  test('from free over near to reached', () => {
    expect(useOf(money('10', '100'))).toEqual({ share: 0.1, level: 'free' })
    expect(useOf(money('80', '100'))).toEqual({ share: 0.8, level: 'near' })
    expect(useOf({ used: 3, cap: 3 })).toEqual({ share: 1, level: 'reached' })
    expect(useOf(money('120', '100'))).toEqual({ share: 1.2, level: 'reached' })
  })

  test('a cap of nothing has no share, and is reached by anything', () => {
    expect(useOf(money('0', '0'))).toEqual({ share: null, level: 'free' })
    expect(useOf({ used: 1, cap: 0 })).toEqual({ share: null, level: 'reached' })
  })

  test('every cap that the API names is shown, and the tightest first', () => {
    const limits: PortfolioLimits = {
      portfolio: 'core',
      navUsd: '1000',
      maxLegUsd: '100',
      maxBridgeShare: '0.2',
      turnoverPerHour: money('90', '100'),
      turnoverPerDay: money('1', '100'),
      lossPerDay: money('0', '1'),
      gasPerDay: money('0', '1'),
      inFlight: money('0', '1'),
      cyclesPerDay: { used: 48, cap: 48 },
      failuresInRow: { used: 0, cap: 3 },
      failuresPerHour: { used: 0, cap: 5 },
      legShare: '0.5',
      gasPerLeg: '0.01',
      mayReverse: false,
      driftFall: '0.25',
      balanceMove: '0.005',
      chains: [{ chain: 'mainnet', transactionsPerHour: { used: 0, cap: 30 } }],
      bridges: [{ bridge: 'across', inFlight: money('0', '1'), perDay: money('0', '1'), late: 0 }],
    }
    const lines = capLines(limits)
    const caps = JSON.stringify(limits).match(/"cap":/g) ?? []
    expect(lines).toHaveLength(caps.length)
    expect(new Set(lines.map(({ name }) => name)).size).toBe(lines.length)
    expect(tightest(lines).map(({ name }) => name)).toEqual(['Cycles that traded, last day', 'Turnover, last hour'])
  })
})
