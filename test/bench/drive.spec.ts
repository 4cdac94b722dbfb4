import { afterAll, describe, expect, test } from '@jest/globals'
import { HighsSolver } from '../../src/adapters/optimiser/highs-solver.js'
import { makePlan } from '../../src/domain/planning/planner.js'
import { generateInstance } from '../../bench/planner/generate.js'
import { measure, replan } from '../../bench/planner/measure.js'
import { planFileOf } from '../../bench/planner/plan-file.js'
import { detailOf, tableOf } from '../../bench/planner/report.js'
import { chartOf } from '../../bench/planner/plot.js'
import { anInstance } from './fixture.js'

const solver = new HighsSolver()
const tools = { planner: makePlan, solver }
afterAll(() => solver.close())

describe('a measured plan', () => {
  test('ends within the levels, costs what it says, no less than the bound, and is written with every leg', async () => {
    const measured = await measure(tools, anInstance(), 3)
    const { planned, driven } = measured
    if (!planned)
      throw new Error(
        driven.fault ??
          JSON.stringify(driven.outcome, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
      )
    expect(planned.played.failed).toEqual([])
    expect(planned.unmetUsd).toBeLessThan(measured.instance.limits.minimumTradeUsd)
    expect(planned.played.costUsd / planned.costUsd).toBeCloseTo(1, 1)
    expect(planned.played.costUsd).toBeGreaterThan(planned.bound.usd)
    const file = JSON.parse(JSON.stringify(planFileOf(measured))) as { status: string; legs: unknown[] }
    expect(file.status).toBe('planned')
    expect(file.legs).toHaveLength(planned.plan.legs.length)
  }, 60_000)

  test('is followed by one that asks less, because of what the first one learned', async () => {
    const size = { assets: 6, chains: 3, venues: 2 }
    const first = await measure(tools, generateInstance(size, 2), 1)
    const second = await replan(tools, first, 2)
    expect(second.fault).toBeUndefined()
    expect(second.quotes.asked).toBeLessThan(first.driven.quotes.asked)
    const run = { seed: 2, first, second }
    expect(tableOf(size, [run])).toMatch(/delivered ÷ bound +1\.\d{3}/)
    expect(detailOf(run).plan?.failedLegs).toEqual([])
  }, 60_000)

  test('is missing with the reason when the planner breaks', async () => {
    const measured = await measure(
      {
        solver,
        planner: function* () {
          yield { type: 'quotes', asks: [] }
          throw new Error('out of ideas')
        },
      },
      anInstance(),
      1,
    )
    expect(measured.planned).toBeUndefined()
    expect(planFileOf(measured)).toMatchObject({
      status: 'no-plan',
      reasons: [expect.stringContaining('out of ideas')],
    })
  })

  test('is given up when the planner only asks', async () => {
    const measured = await measure(
      {
        solver,
        planner: function* () {
          for (;;) yield { type: 'quotes', asks: [] }
        },
      },
      anInstance(),
      1,
    )
    expect(planFileOf(measured)).toMatchObject({ status: 'no-plan', reasons: ['asked 300 questions and 0 quotes'] })
  })
})

test('a chart names its lines and axes and stays within its frame', () => {
  const points = [
    { x: 1_000, y: 12 },
    { x: 2_000_000, y: 3.5 },
  ]
  const svg = chartOf('Cost & size', { x: 'traded', y: 'cost' }, [{ name: 'ours', colour: '#123456', points }])
  for (const text of ['Cost &amp; size', '>traded<', '>cost<', '>ours<', '>1 k<', '>2 M<']) expect(svg).toContain(text)
  expect(svg).not.toContain('NaN')
  const [, drawn] = /<polyline[^>]*points="([^"]+)"/.exec(svg)!
  for (const point of drawn!.split(' ')) {
    const [x, y] = point.split(',').map(Number)
    expect(x! >= 0 && x! <= 760 && y! >= 0 && y! <= 420).toBe(true)
  }
})
