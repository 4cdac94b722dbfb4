import { describe, expect, test } from '@jest/globals'
import { aPortfolio, FakeWorld } from '../../test/support/fake-world.js'
import { planJson, planReport } from './plan-report.js'

const portfolio = aPortfolio()
const context = { cycleId: 'preview', transfers: [], lastTradedAt: undefined, isManual: false }
const propose = (world: FakeWorld) => world.start().proposePlan.run(portfolio, context)

describe('planReport', () => {
  test('says what is held, how far it is from target, why it acts, and every leg with its cost', async () => {
    const proposal = await propose(FakeWorld.drifted())
    const lines = planReport(portfolio, proposal).split('\n')
    const has = (pattern: RegExp) => expect(lines.filter((line) => pattern.test(line)).length).toBeGreaterThan(0)
    expect(lines[0]).toBe(`Portfolio core (live), account treasury ${portfolio.account}`)
    expect(lines[1]).toMatch(/^NAV \$750,000, portfolio drift 3[0-9]\.[0-9]{2} %$/)
    has(/^ETH +\$630,000 +84\.00 % +50\.00 % +3400 bps +±200 bps +outside$/)
    has(/^ {2}alpha +200 WETH \(\$600,000\)$/)
    has(/^Decision: act \(band-breached\)$/)
    for (const leg of proposal.plan!.legs) {
      has(new RegExp(`^  ${leg.id.replace('.', '\\.')}  ${leg.kind} on .* through ${leg.venue} `))
      if (leg.dependsOn) has(new RegExp(`, after ${leg.dependsOn.replace('.', '\\.')}$`))
    }
    expect(lines.filter((line) => line.includes(' for ') && line.includes('at least'))).toHaveLength(
      proposal.plan!.legs.length,
    )
    has(/^ {5}costs \$[0-9,.]+ \(slippage \$.*, fees \$.*, gas \$.*, bridge \$.*\)$/)
    has(/^ {2}total \$[0-9,.]+ .*portfolio drift afterwards 0\.[0-9]{2} %$/)
    expect(lines.some((line) => line !== line.trimEnd())).toBe(false)
  })

  test('says why nothing is done', async () => {
    const world = FakeWorld.drifted()
    world.balances.unknown.set('beta', 'timeout')
    const report = planReport(portfolio, await propose(world))
    expect(report).toContain('of the assets whose value is known')
    expect(report).toContain('Decision: do nothing (nothing-known)')
    expect(report).toContain('BTC is left out: Holdings on beta are unknown: timeout')
    expect(report).not.toContain('Plan:')
  })

  test('says why there is no plan', async () => {
    const world = FakeWorld.drifted()
    for (const venue of [world.swaps, world.rival, world.crossings])
      venue.failures.push(...Array.from({ length: 200 }, () => 'no-route' as const))
    const report = planReport(portfolio, await propose(world))
    expect(report).toMatch(/\n {2}no plan: .*swaps was told to fail/)
  })
})

describe('planJson', () => {
  test('is the same for machines, and JSON', async () => {
    const proposal = await propose(FakeWorld.drifted())
    const json = JSON.parse(JSON.stringify(planJson(portfolio, proposal))) as Record<string, unknown>
    expect(json).toMatchObject({
      portfolio: 'core',
      navUsd: '750000',
      decision: { code: 'band-breached' },
      plan: { id: 'preview' },
    })
    expect((json['plan'] as { legs: unknown[] }).legs).toHaveLength(proposal.plan!.legs.length)
    expect(json['cost']).toEqual((json['plan'] as { cost: unknown }).cost)
  })

  test('has no plan and no cost where there is none', async () => {
    const world = FakeWorld.drifted()
    world.balances.unknown.set('beta', 'timeout')
    const json = planJson(portfolio, await propose(world))
    expect(json).toMatchObject({ plan: null, planReasons: [] })
    expect(json).not.toHaveProperty('cost')
  })
})
