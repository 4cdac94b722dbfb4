import { describe, expect, test } from '@jest/globals'
import {
  aBacktestReport,
  aCourse,
  aFullReport,
  aPolicyResult,
  aTuneReport,
} from '../../../test/support/backtest-report.js'
import { strayValues } from '../../../test/support/html-check.js'
import { REPORT_WIDTH } from '../text-table.js'
import { backtestText, tuneText } from './report-text.js'

const ASSETS = ['BTC', 'ETH', 'USD']

describe('backtest at a terminal', () => {
  const text = backtestText(aFullReport(1_500, ASSETS))
  const lines = text.split('\n')

  test('has a row of each policy in every table, within the width of a terminal', () => {
    expect(lines.filter((line) => line.trim().startsWith('impulse-band '))).toHaveLength(3)
    expect(lines.filter((line) => line.trim().startsWith('quadratic-program '))).toHaveLength(3)
    expect(lines.filter((line) => line.length > REPORT_WIDTH)).toEqual([])
    expect(strayValues(text)).toEqual([])
  })

  test('says what was run, compares from the cheapest and ends with what to know', () => {
    expect(lines[0]).toBe('Backtest of BTC, ETH, USD, 2017-08-22 to 2021-09-29 (1,500 days)')
    const at = lines.findIndex((line) => line === 'At a tracking error of 200 bp:')
    const costs = lines
      .slice(at + 2, at + 8)
      .map((line) => Number(/^ {2}\S+ +([\d.,]+) /.exec(line)![1]!.replace(',', '')))
    expect(costs).toEqual(costs.toSorted((a, b) => a - b))
    expect(lines[at + 8]).toMatch(/^ {2}absolute-threshold +– +– +– +–$/)
    expect(lines.at(-1)).toBe('  USD has no column of prices: one dollar throughout.')
  })

  test.each([
    ['one day', aCourse({ assets: ASSETS, days: 1, tradeRate: 0, band: undefined, seed: 1 })],
    ['one asset', aCourse({ assets: ['BTC'], days: 60, tradeRate: 0.1, band: 0, seed: 1 })],
  ])('%s has no number that is none', (_name, course) => {
    const report = aBacktestReport([aPolicyResult(course, { intervals: undefined, sweep: [], frontier: [] })], {
      hub: undefined,
      missing: [{ asset: 'LUNA', days: 1_024 }],
    })
    const shown = backtestText(report)
    expect(strayValues(shown)).toEqual([])
    expect(shown).toContain('Without a price of LUNA: 1,024 days left out.')
  })

  test('without any policy it is still a text', () => {
    expect(strayValues(backtestText(aBacktestReport([])))).toEqual([])
  })
})

describe('tuning at a terminal', () => {
  test('has a row for each window and the proposal', () => {
    const lines = tuneText(aTuneReport()).split('\n')
    expect(lines.filter((line) => /^ {2}\d{4}-\d\d-\d\d to /.test(line))).toHaveLength(3)
    expect(lines).toContain('Proposed: aversion 4.2, bands from 0.10 % of NAV to 50 % of the target')
    expect(lines).toContain('  judged on                 chosen                 bands  fitted  judged  usual')
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}\S+ to \S+ {2}aversion 4\.2\d* {2}0\.10 % to 50 % /))
    expect(tuneText(aTuneReport()).replaceAll(/\s+/g, ' ')).toContain('Out of sample the score is 22')
    expect(lines.filter((line) => line.length > REPORT_WIDTH)).toEqual([])
  })

  test('warns of noise', () => {
    const text = tuneText(
      aTuneReport({
        windows: [],
        proposal: { ...aTuneReport().proposal, value: undefined, reason: 'Too few windows.', isNoise: true },
        notes: ['A note.'],
      }),
    )
    expect(text).toContain('The choice rests on noise. Too few windows.')
    expect(text).toContain('Proposed: no change')
    expect(text.endsWith('What to know:\n  A note.')).toBe(true)
    expect(strayValues(text)).toEqual([])
  })
})
