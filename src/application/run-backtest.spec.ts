import { describe, expect, jest, test } from '@jest/globals'
import { aHistoryPortfolio, type HistoryPortfolioSpec, randomWalk } from '../../test/support/backtest.js'
import { solveByPairs } from '../../test/support/rebalancing.js'
import { BacktestError } from '../domain/backtest/backtest-error.js'
import { readCosts } from '../domain/backtest/cost-terms.js'
import type { PriceTable } from '../domain/portfolio/price-table.js'
import { reportJson } from '../domain/backtest/report-json.js'
import type { BacktestReport } from '../domain/backtest/result.js'
import { POLICIES, type PolicyName } from '../domain/rebalancing/registry.js'
import { type BacktestRequest, RunBacktest } from './run-backtest.js'

jest.setTimeout(60_000)

const names = Object.keys(POLICIES) as PolicyName[]
const costs = readCosts('flat:30bp') as Exclude<ReturnType<typeof readCosts>, 'curve'>
const run = (table: PriceTable, spec: HistoryPortfolioSpec = {}, changes: Partial<BacktestRequest> = {}) =>
  new RunBacktest({ solve: solveByPairs }).run({
    table,
    portfolio: aHistoryPortfolio(spec),
    costs,
    policies: names,
    points: 2,
    ...changes,
  })

/** Every number anywhere in a value, with the way to it. */
function numbersIn(value: unknown, path = ''): [string, number][] {
  if (typeof value === 'number') return [[path, value]]
  if (typeof value === 'bigint') return [[`${path} is a bigint`, NaN]]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, one]) => numbersIn(one, `${path}.${key}`))
}

function expectNumbers(report: BacktestReport): void {
  for (const [path, number] of numbersIn(report)) if (!Number.isFinite(number)) throw new Error(`${path} is ${number}`)
}

const walk = randomWalk(['BTC', 'ETH'], 200, 11)

describe('a backtest report', () => {
  test('holds every policy, its sweep and a comparison, and is the same every time', async () => {
    const report = await run(walk)
    expect(report).toMatchObject({
      assets: ['BTC', 'ETH', 'USD'],
      hub: 'USD',
      days: { first: 17_500, last: 17_699, count: 200 },
      missing: [],
      startValue: 1_000_000,
      targets: 'Fixed weights, as configured.',
      costs: expect.stringContaining('30 bps of what is traded, and 0.2 bps of NAV for a leg. USD, through'),
    })
    expect(report.policies.map(({ policy }) => policy)).toEqual(names)
    expect(new Set(report.policies.map(({ label }) => label)).size).toBe(names.length)
    expect(report.comparison.rows.map(({ policy }) => policy)).toEqual(names)
    for (const { sweep, frontier, course, measures, premium } of report.policies) {
      expect(sweep).toHaveLength(2)
      for (const point of frontier) expect(sweep).toContain(point)
      expect(course.values).toHaveLength(200)
      expect(premium.beforeCosts! - premium.afterCosts!).toBeCloseTo(measures.costPerYear, 12)
    }
    expectNumbers(report)
    expect(reportJson(await run(walk))).toBe(reportJson(report))
  })

  test('as JSON is what it was, to nine digits', async () => {
    const report = await run(walk, {}, { policies: ['impulse-band'] })
    const text = reportJson(report)
    const read = JSON.parse(text) as BacktestReport & { format: string; from: string; to: string }
    expect(read).toMatchObject({
      format: 'evenkeel-backtest-1',
      from: '2017-11-30',
      to: '2018-06-17',
      days: report.days,
    })
    expect(read.policies[0]!.measures.costPerYear / report.policies[0]!.measures.costPerYear).toBeCloseTo(1, 8)
    expect(text.endsWith('}\n')).toBe(true)
  })

  test('tells of every run', async () => {
    const heard: string[] = []
    await new RunBacktest({}).run(
      { table: walk, portfolio: aHistoryPortfolio(), costs, points: 2 },
      ({ done, total, label }) => heard.push(`${done}/${total} ${label}`),
    )
    expect(heard).toEqual([
      '1/3 impulse-band (configured)',
      '2/3 impulse-band (configured)',
      '3/3 impulse-band (configured)',
    ])
  })

  test('has intervals where the history is long enough for them', async () => {
    const long = randomWalk(['BTC', 'ETH'], 320, 11)
    const of = async (table: PriceTable) => (await run(table, {}, { points: 0, policies: ['calendar'] })).policies[0]!
    const { intervals, measures } = await of(long)
    expect(intervals!.trackingError.low).toBeLessThan(measures.trackingError)
    expect(intervals!.trackingError.high).toBeGreaterThan(measures.trackingError)
    expect((await of(walk)).intervals).toBeUndefined()
  })

  test('sweeps nothing where it is not asked to', async () => {
    const { policies, comparison } = await run(walk, {}, { points: 0, policies: ['impulse-band'] })
    expect(policies[0]).toMatchObject({ sweep: [], frontier: [] })
    expect(comparison.rows[0]!.costPerYear).toBeUndefined()
  })

  test('says what it assumed', async () => {
    const { notes } = await run(walk, {}, { settlementDays: 2, failureRate: 0.05, points: 0 })
    expect(notes).toEqual([
      'USD has no column of prices: one dollar throughout.',
      expect.stringContaining('EWMA'),
      'Trades are done at the prices of 2 days after they are decided.',
      '5 % of all legs fail.',
      'calendar has no calendar: it looks every 30 days.',
      'hybrid has no calendar: it looks every 7 days.',
    ])
  })

  test('with a calendar asks that', async () => {
    const asked: string[] = []
    const nextDueOf = ({ schedule }: { schedule: string }) => {
      asked.push(schedule)
      return () => undefined
    }
    const portfolio = aHistoryPortfolio({ policy: 'calendar', calendar: { schedule: '0 0 0 1 * *', timeZone: 'UTC' } })
    const { policies } = await new RunBacktest({ nextDueOf }).run({ table: walk, portfolio, costs, points: 2 })
    expect(asked).toEqual(['0 0 0 1 * *'])
    expect(policies[0]!.measures.tradesPerYear).toBe(0)
    // The dial gives days of its own.
    expect(policies[0]!.sweep[0]!.tradesPerYear).toBeGreaterThan(300)
  })

  test.each<[string, Partial<BacktestRequest>]>([
    ['points', { points: 1.5 }],
    ['trackingError', { trackingError: 0 }],
    ['startValue', { startValue: NaN }],
    ['settlementDays', { settlementDays: -1 }],
    ['failureRate', { failureRate: 1.1 }],
    ['seed', { seed: 0.5 }],
    ['targetsEveryDays', { targetsEveryDays: 0 }],
  ])('refuses a wrong %s', async (name, changes) => {
    await expect(run(walk, {}, changes)).rejects.toThrow(BacktestError)
    await expect(run(walk, {}, changes)).rejects.toThrow(new RegExp(`^${name} is .*, got .*Correct the option`))
  })
})

const SETTERS: [string, NonNullable<HistoryPortfolioSpec['targetSetting']>][] = [
  ['equal', {}],
  ['inverse-volatility', {}],
  ['equal-risk-contribution', {}],
  ['minimum-variance', {}],
  ['hierarchical-risk-parity', {}],
  ['volatility-target', { volatility: 0.2 }],
  ['cppi', { floor: 0.7 }],
  ['tipp', { floor: 0.7 }],
].map(([setter, parameters]) => [
  setter as string,
  { setter: setter as string, parameters: parameters as Record<string, number>, maxChangePerDay: 10n ** 17n },
])

describe('nothing looks ahead: another future changes nothing before it', () => {
  const [days, until] = [100, 70]
  const past = randomWalk(['BTC', 'ETH'], days, 3)
  const other = randomWalk(['BTC', 'ETH'], days, 4)
  const changed: PriceTable = {
    ...past,
    prices: past.prices.map((row, day) => (day < until ? row : other.prices[day]!)),
  }

  test.each([...SETTERS, ['fixed', undefined] as const])('of %s, whatever the policy', async (_, targetSetting) => {
    const spec = targetSetting ? { targetSetting } : {}
    const terms = { points: 0, settlementDays: 2, failureRate: 0.1 }
    const [one, two] = [await run(past, spec, terms), await run(changed, spec, terms)]
    for (const [place, { course }] of one.policies.entries()) {
      const twin = two.policies[place]!.course
      for (const key of ['values', 'benchmark', 'weights', 'targets', 'bands', 'isOutOfBand'] as const) {
        expect(twin[key].slice(0, until)).toEqual(course[key].slice(0, until))
        if (key === 'values') expect(twin[key].slice(until)).not.toEqual(course[key].slice(until))
      }
      expect(twin.trades.filter(({ at }) => at < until)).toEqual(course.trades.filter(({ at }) => at < until))
    }
  })
})

describe('odd histories', () => {
  const days = walk.days.slice(0, 120)
  const rows = (price: (day: number, place: number) => number): PriceTable => ({
    assets: ['BTC', 'ETH'],
    days,
    prices: days.map((_, day) => [price(day, 0), price(day, 1)]),
  })

  test.each<[string, PriceTable, HistoryPortfolioSpec]>([
    ['constant prices', rows((_, place) => 100 + place), {}],
    ['perfectly correlated assets', rows((day, place) => (100 + 20 * Math.sin(day)) * (place + 1)), {}],
    [
      'an asset that goes to nothing',
      rows((day, place) => (place === 0 ? walk.prices[day]![0]! : 100 * 0.8 ** day)),
      {},
    ],
    [
      'an asset that falls to nothing in a day',
      rows((day, place) => (place === 1 && day > 60 ? 1e-6 : 100 + place)),
      {},
    ],
    ['a single asset', walk, { weights: { BTC: 10_000 }, stables: [] }],
    ['a single stable asset', walk, { weights: { USD: 10_000 } }],
    ['a target of zero', walk, { weights: { BTC: 0, ETH: 5_000, USD: 5_000 } }],
    ['no stable asset', walk, { weights: { BTC: 5_000, ETH: 5_000 }, stables: [] }],
    ['two days', { ...walk, days: days.slice(0, 2), prices: walk.prices.slice(0, 2) }, {}],
  ])('%s: every number of the report is one', async (_, table, spec) => {
    expectNumbers(await run(table, spec, { failureRate: 0.2 }))
  })

  test('at constant prices what is missing at the end is what was paid', async () => {
    // Prices move once, and never again.
    const table = rows((day, place) => (place === 0 && day > 10 ? 250 : 100))
    for (const weights of [
      { BTC: 5_000, ETH: 3_000, USD: 2_000 },
      { BTC: 5_000, ETH: 5_000 },
    ]) {
      const { policies } = await run(table, { weights }, { failureRate: 0.3, points: 0 })
      for (const { course } of policies) {
        const before = course.values[10]! * (1 + (weights.BTC / 10_000) * 1.5)
        const paid = course.trades.reduce((value, { cost }) => value * (1 - cost), before)
        expect(course.values.at(-1)! / paid).toBeCloseTo(1, 9)
      }
    }
  })

  test('days without a price are left out, and said', async () => {
    const holed = {
      ...walk,
      prices: walk.prices.map((row, day) => (day >= 100 && day < 150 ? [undefined, row[1]] : row)),
    }
    const report = await run(holed)
    expect(report.missing).toEqual([{ asset: 'BTC', days: 48 }])
    expect(report.days.count).toBe(152)
    expectNumbers(report)
  })
})
