import { describe, expect, jest, test } from '@jest/globals'
import { aHistoryPortfolio, randomWalk } from '../../test/support/backtest.js'
import { BacktestError } from '../domain/backtest/backtest-error.js'
import { reportJson } from '../domain/backtest/report-json.js'
import type { TuneReport } from '../domain/backtest/result.js'
import { TunePolicy, type TuneRequest } from './tune-policy.js'

jest.setTimeout(60_000)

const request: TuneRequest = {
  table: randomWalk(['BTC', 'ETH'], 300, 21),
  portfolio: aHistoryPortfolio({ parameters: { aversion: 6 } }),
  costs: { kind: 'flat', rate: 0.003, fixedShare: 0.00002, fixedUsd: 0 },
  policy: 'absolute-threshold',
  points: 4,
  fitDays: 100,
  judgeDays: 45,
}

describe('tuning', () => {
  test('walks forward and judges on the days after, the same way every time', async () => {
    const heard: number[] = []
    const report = await new TunePolicy({}).run(request, ({ done, total }) => heard.push(done / total))
    expect(report).toMatchObject({
      policy: 'absolute-threshold',
      assets: ['BTC', 'ETH', 'USD'],
      aversion: 6,
      settings: 4,
      dial: { name: 'band', unit: 'share of NAV', value: undefined },
      usual: expect.stringContaining('band as configured'),
    })
    expect(report.windows).toHaveLength(4)
    expect(report.notes[0]).toContain('cost per year plus 6/2 times the square')
    expect(heard).toEqual([0.2, 0.4, 0.6, 0.8, 1])
    expect(await new TunePolicy({}).run(request)).toEqual(report)
    const read = JSON.parse(reportJson(report)) as TuneReport & { format: string }
    expect(read.format).toBe('evenkeel-tune-1')
    expect(read.windows).toHaveLength(4)
  })

  test('tries the limits of bands where a policy has such limits', async () => {
    const { settings, windows } = await new TunePolicy({}).run({
      ...request,
      policy: 'impulse-band',
      points: 2,
      judgeDays: 150,
    })
    expect(settings).toBe(18)
    expect(windows[0]!.chosen.limits).toEqual({ minimumBand: expect.any(Number), maximumBandShare: expect.any(Number) })
  })

  test('of a history that is too short says so', async () => {
    const { proposal, windows } = await new TunePolicy({}).run({ ...request, fitDays: 290, judgeDays: 30 })
    expect(windows).toEqual([])
    expect(proposal).toMatchObject({ isNoise: true, value: undefined })
  })

  test.each<[string, Partial<TuneRequest>]>([
    ['points', { points: 1 }],
    ['fitDays', { fitDays: 29 }],
    ['judgeDays', { judgeDays: 30.5 }],
    ['aversion', { aversion: 0 }],
  ])('refuses a wrong %s', async (name, changes) => {
    const tuning = new TunePolicy({}).run({ ...request, ...changes })
    await expect(tuning).rejects.toThrow(BacktestError)
    await expect(tuning).rejects.toThrow(new RegExp(`^${name} is `))
  })
})
