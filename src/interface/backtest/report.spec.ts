import { describe, expect, test } from '@jest/globals'
import {
  aBacktestReport,
  aCourse,
  aFullReport,
  aPolicyResult,
  aTuneReport,
  FIRST_DAY,
} from '../../../test/support/backtest-report.js'
import { strayValues, unbalancedTags } from '../../../test/support/html-check.js'
import type { BacktestReport } from '../../domain/backtest/result.js'
import { backtestHtml, tuneHtml } from './report.js'

const ASSETS = ['BTC', 'ETH', 'USD']
const usual = (days = 400) => aCourse({ assets: ASSETS, days, tradeRate: 0.05, band: 0.03, seed: 1 })

/** A document that is complete, well formed and shows no value that is none. */
function expectSound(html: string): void {
  expect(html).toMatch(/^<!doctype html>/)
  expect(strayValues(html)).toEqual([])
  expect(unbalancedTags(html)).toEqual([])
}

describe('the file', () => {
  const report = aFullReport(800, ASSETS)
  const html = backtestHtml(report, aTuneReport())

  test('needs nothing else: no script, no address, no picture from elsewhere', () => {
    expectSound(html)
    expect(html).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|https?:|\bon\w+=/i)
  })

  test('fits a phone, in light and in dark', () => {
    expect(html).toContain('<meta name="viewport" content="width=device-width,initial-scale=1">')
    expect(html).toContain('@media(prefers-color-scheme:dark)')
    const tables = html.match(/<table>/g) ?? []
    expect(tables.length).toBeGreaterThan(8)
    expect(html).toMatch(/<th scope="col">policy<\/th><th scope="col">cost, bp\/y<\/th><th scope="col">tracking error/)
    expect(html.match(/<div class="box" tabindex="0"><table>/g)).toHaveLength(tables.length)
    for (const [, width] of html.matchAll(/viewBox="0 0 (\d+) /g)) expect(Number(width)).toBeLessThanOrEqual(360)
  })

  test('has every plot of every policy, each with its axes and a description', () => {
    const policies = report.policies.length
    expect(html.match(/aria-label="Weight of /g)).toHaveLength(policies * ASSETS.length)
    expect(html.match(/aria-label="Fall of NAV/g)).toHaveLength(policies)
    for (const about of [
      'Cost per year against tracking error',
      'Cost per year of every policy',
      'Turnover of every trade',
    ])
      expect(html.split(`aria-label="${about}`)).toHaveLength(2)
    expect(html).toContain('tracking error, bp per √year')
    expect(html).toContain('cost, bp of NAV a year')
  })

  test('explains each plot in a sentence before it', () => {
    const sections = [...html.matchAll(/<section>[\s\S]*?<\/section>/g)].map(([section]) => section)
    const drawn = sections.filter((section) => section.includes('role="img"'))
    expect(drawn.length).toBeGreaterThanOrEqual(5)
    for (const section of drawn) expect(section.indexOf('class="read"')).toBeLessThan(section.indexOf('role="img"'))
  })

  test('has a row of measures for each policy, with intervals', () => {
    const [, measures] = /What each policy came to([\s\S]*?)<\/section>/.exec(html)!
    expect(measures!.match(/<tr>/g)).toHaveLength(report.policies.length + 1)
    expect(measures!.match(/ to /g)).toHaveLength(report.policies.length * 3)
  })

  test('is the same each time', () => {
    expect(backtestHtml(report, aTuneReport())).toBe(html)
  })
})

describe('size', () => {
  test.each([
    ['eight years of seven policies and six assets', 2_920, ['BTC', 'ETH', 'BNB', 'LINK', 'POL', 'USD']],
    ['three years of seven policies and sixteen assets', 1_100, Array.from({ length: 16 }, (_, place) => `A${place}`)],
  ])('%s are below 1.5 MB', (_name, days, assets) => {
    const html = backtestHtml(aFullReport(days, assets))
    expect(Buffer.byteLength(html)).toBeLessThan(1_500_000)
    expect(strayValues(html)).toEqual([])
  })
})

describe('text', () => {
  test('is escaped wherever it stands', () => {
    const evil = `"><script>alert('1')</script>&`
    const course = { ...usual(), assets: [evil, 'ETH', 'USD'] }
    const html = backtestHtml(
      aBacktestReport([aPolicyResult(course, { label: evil, setting: evil })], {
        costs: evil,
        targets: evil,
        notes: [evil],
        missing: [{ asset: evil, days: 3 }],
      }),
    )
    expectSound(html)
    expect(html).not.toContain('<script')
    expect(html).toContain('&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;')
  })
})

describe('degenerate reports', () => {
  const withoutIntervals = {
    intervals: undefined,
    sweep: [],
    frontier: [],
    premium: { beforeCosts: undefined, afterCosts: undefined },
  }
  const one = aPolicyResult(usual())
  const never = aCourse({ assets: ASSETS, days: 400, tradeRate: 0, band: 0.03, seed: 1 })
  const beyond = { low: Number.NaN, high: Number.POSITIVE_INFINITY }
  const cases: readonly (readonly [string, BacktestReport])[] = [
    ['no policy', aBacktestReport([])],
    ['one day', aBacktestReport([aPolicyResult(usual(1), withoutIntervals)])],
    ['two days', aBacktestReport([aPolicyResult(usual(2), withoutIntervals)])],
    ['three weeks', aBacktestReport([aPolicyResult(usual(21), withoutIntervals)])],
    [
      'one asset',
      aBacktestReport([aPolicyResult(aCourse({ assets: ['BTC'], days: 90, tradeRate: 0.1, band: 0, seed: 1 }))]),
    ],
    ['no trades', aBacktestReport([aPolicyResult(never)])],
    [
      'no bands',
      aBacktestReport([aPolicyResult(aCourse({ assets: ASSETS, days: 90, tradeRate: 0.1, band: undefined, seed: 1 }))]),
    ],
    [
      'bands with gaps',
      aBacktestReport([
        aPolicyResult({
          ...one.course,
          bands: one.course.bands.map((row, at) => (at % 7 < 3 ? row.map(() => undefined) : row)),
        }),
      ]),
    ],
    ['no intervals, sweep or premium', aBacktestReport([aPolicyResult(usual(), withoutIntervals)])],
    ['no hub', aBacktestReport([one], { hub: undefined })],
    ['no row to compare', aBacktestReport([one], { comparison: { trackingError: 0.02, rows: [], note: '' } })],
    [
      'a value of zero',
      aBacktestReport([
        aPolicyResult(
          { ...one.course, values: one.course.values.map((value, at) => (at < 200 ? value : 0)) },
          { measures: one.measures },
        ),
      ]),
    ],
    [
      'numbers that are none',
      aBacktestReport(
        [
          {
            ...one,
            measures: {
              ...one.measures,
              finalValue: Number.NaN,
              costPerYear: Number.POSITIVE_INFINITY,
              trackingError: Number.NaN,
              maxDrawdown: Number.NEGATIVE_INFINITY,
              worstDay: undefined,
            },
            intervals: { trackingError: beyond, trackingDifference: beyond, costPerYear: beyond },
            dial: { name: 'band', unit: 'share of NAV', value: Number.NaN },
            course: {
              ...one.course,
              weights: one.course.weights.map((row) => row.map(() => Number.NaN)),
              values: one.course.values.map(() => Number.NaN),
              trades: [{ at: 999_999, turnover: Number.NaN, cost: 0, legs: 1, failedLegs: 0, changes: [Number.NaN] }],
            },
          },
        ],
        {
          startValue: Number.NaN,
          comparison: {
            trackingError: Number.NaN,
            rows: [
              {
                policy: 'calendar',
                label: 'another',
                costPerYear: Number.NaN,
                parameter: Number.NaN,
                finalValue: undefined,
              },
            ],
            note: '',
          },
        },
      ),
    ],
  ]

  test.each(cases)('%s is a sound report', (_name, report) => {
    expectSound(backtestHtml(report))
  })

  test('policies beyond the number of colours are told apart by dashes', () => {
    const many = Array.from({ length: 9 }, (_, place) => aPolicyResult(usual(60), { label: `policy ${place}` }))
    const html = backtestHtml(aBacktestReport(many))
    expectSound(html)
    expect(html).toContain('stroke-dasharray="6 3"')
  })
})

describe('tuning', () => {
  test('has a row and a bar for each window and says what is proposed', () => {
    const html = tuneHtml(aTuneReport())
    expectSound(html)
    expect(html.match(/<tr>/g)).toHaveLength(4)
    expect(html.match(/<rect class="bar/g)).toHaveLength(3)
    expect(html).toContain('aversion 4.2, bands from 0.10 % of NAV to 50 % of the target')
    expect(html).not.toContain('class="warn"')
  })

  test('warns where the choice rests on noise', () => {
    const html = tuneHtml(
      aTuneReport({
        proposal: { ...aTuneReport().proposal, value: undefined, reason: 'The interval holds zero.', isNoise: true },
      }),
    )
    expectSound(html)
    expect(html).toContain('<p class="warn">The choice rests on noise. The interval holds zero.</p>')
    expect(html).toContain('<dd>no change</dd>')
  })

  test('without a window it is a sound report', () => {
    const { outOfSample } = aTuneReport()
    expectSound(
      tuneHtml(
        aTuneReport({
          windows: [],
          days: { first: FIRST_DAY, last: FIRST_DAY, count: 1 },
          outOfSample: { ...outOfSample, difference: Number.NaN, interval: undefined },
        }),
      ),
    )
  })
})
