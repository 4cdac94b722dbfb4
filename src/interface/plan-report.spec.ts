import { describe, expect, test } from '@jest/globals'
import { aLeg, aMarket, aPlan, aToken, NOW, WETH } from '../../test/support/builders.js'
import { aPortfolio, FakeWorld } from '../../test/support/fake-world.js'
import type { Proposal } from '../application/propose-plan.js'
import { aTargetSetting } from '../../test/support/target-setting.js'
import { NO_COST } from '../domain/planning/cost.js'
import type { Leg, Plan } from '../domain/planning/plan.js'
import { amountOf } from '../domain/units/amount.js'
import { ONE_USD } from '../domain/units/usd.js'
import { planJson, planReport } from './plan-report.js'
import { REPORT_WIDTH } from './text-table.js'

const portfolio = aPortfolio()
const context = {
  cycleId: 'preview',
  transfers: [],
  unattributed: [],
  lastTradedAt: undefined,
  servedAt: undefined,
  askedBy: undefined,
  continues: undefined,
  curves: [],
}
const propose = (world: FakeWorld): Promise<Proposal> => world.start().proposePlan.run(portfolio, context)
const farUsdc = aToken({ chain: 'beta' })
const farWeth = { ...WETH, chain: 'beta' }

/** A sale in two slices on alpha, a crossing that both fund, and a purchase on beta. */
function aJourney(): Leg[] {
  const half = { sell: amountOf(WETH, 10n ** 18n), expectedOut: amountOf(aToken(), 3_000_000_000n) }
  const sliced = (index: number): Leg => ({
    ...aLeg(),
    ...half,
    id: `plan-1.${index}`,
    slice: { index, of: 2, notBefore: NOW + (index - 1) * 90_000 },
    cost: { ...NO_COST, slippage: 3n * ONE_USD },
    reason: 'Sells 3,000 USD of ETH on alpha at 10 bps.',
  })
  return [
    sliced(1),
    sliced(2),
    {
      ...aLeg({ id: 'plan-1.3', kind: 'bridge', venue: 'lifi', tool: 'swift', alternatives: [] }),
      sell: amountOf(aToken(), 6_000_000_000n),
      expectedOut: amountOf(farUsdc, 5_990_000_000n),
      funding: [
        { leg: 'plan-1.1', units: 3_000_000_000n },
        { leg: 'plan-1.2', units: 3_000_000_000n },
      ],
      quote: { ageMs: 61_500, block: 123n },
    },
    {
      ...aLeg({ id: 'plan-1.4', venue: 'lifi', tool: 'sushi', alternatives: [] }),
      sell: amountOf(farUsdc, 5_990_000_000n),
      expectedOut: amountOf(farWeth, 1_990_000_000_000_000_000n),
      funding: [{ leg: 'plan-1.3', units: 5_990_000_000n }],
    },
  ]
}

async function reportOf(changes: Partial<Plan>): Promise<string[]> {
  const plan = { ...aPlan(aJourney()), ...changes }
  const proposal = await propose(FakeWorld.drifted())
  return planReport(portfolio, { ...proposal, market: aMarket(), plan }).split('\n')
}

/** The lines from one that begins with the title to the next empty one. */
function section(lines: readonly string[], title: string): string[] {
  const from = lines.findIndex((line) => line.startsWith(title))
  const to = lines.indexOf('', from)
  return lines.slice(from + 1, to === -1 ? undefined : to)
}

describe('planReport', () => {
  test('says what is held, how far it is from target, where it is brought and why it acts', async () => {
    const proposal = await propose(FakeWorld.drifted())
    const lines = planReport(portfolio, proposal).split('\n')
    const has = (pattern: RegExp) => expect(lines.filter((line) => pattern.test(line))).toHaveLength(1)
    expect(lines[0]).toBe(`Portfolio core (live), account treasury ${portfolio.account}`)
    expect(lines[1]).toMatch(/^NAV \$750,000, portfolio drift 34\.00 %$/)
    has(/^ETH +\$630,000 +84\.00 % +50\.00 % +3400 bps +±200 bps +50\.00 % +outside$/)
    has(/^alpha +200 WETH +\$600,000$/)
    has(/^Decision: act \(band-breached, by absolute-threshold\)$/)
    has(/^Plan preview:$/)
    for (const { id, kind, venue } of proposal.plan!.legs) {
      has(new RegExp(`^ {2}${id.split('.')[1]} +${kind} +[a-z]`))
      expect(lines.some((line) => line.includes(`; ${venue}: `))).toBe(true)
    }
    expect(lines.filter((line) => line !== line.trimEnd() || line.length > REPORT_WIDTH)).toEqual([])
  })

  test('shows every leg in a row, beneath it why it is there and the offer it rests on', async () => {
    expect(section(await reportOf({}), 'Plan ')).toEqual([
      '  leg  what    where              sells     expects   cost   bps  after',
      '  1    swap    alpha             1 WETH  3,000 USDC  $3.00  10.0',
      '       Sells 3,000 USD of ETH on alpha at 10 bps.',
      '       1/2 from +0 s; at least 4,480 USDC; zeroex: Uniswap_V3; quoted 0.0 s ago',
      '       not lifi: sushi; No route.',
      '  2    swap    alpha             1 WETH  3,000 USDC  $3.00  10.0',
      '       Sells 3,000 USD of ETH on alpha at 10 bps.',
      '       2/2 from +90 s; at least 4,480 USDC; zeroex: Uniswap_V3; quoted 0.0 s ago',
      '       not lifi: sushi; No route.',
      '  3    bridge  alpha → beta  6,000 USDC  5,990 USDC  $0.33   0.6  1, 2',
      '       at least 4,480 USDC; lifi: swift; quoted 61.5 s ago at block 123',
      '  4    swap    beta          5,990 USDC   1.99 WETH  $0.33   0.6  3',
      '       at least 4,480 USDC; lifi: sushi; quoted 0.0 s ago',
    ])
  })

  test('draws what moves, chain by chain, the slices of one sale together', async () => {
    expect(section(await reportOf({}), 'Flow')).toEqual([
      '  alpha ┬─ 1–2      2 WETH ──▶ 6,000 USDC',
      '        └─ 3    6,000 USDC ══▶ beta',
      '  beta  ┬─ 3         alpha ══▶ 5,990 USDC',
      '        └─ 4    5,990 USDC ──▶ 1.99 WETH',
    ])
  })

  test('two sales of one token are two lines, and one on a chain of its own hangs on nothing', async () => {
    const [, , , purchase] = aJourney()
    const legs = [aLeg(), aLeg({ id: 'plan-1.2' }), { ...purchase!, id: 'plan-1.3' }]
    expect(section(await reportOf({ legs }), 'Flow')).toEqual([
      '  alpha ┬─ 1    1.5 WETH ──▶ 4,500 USDC',
      '        └─ 2    1.5 WETH ──▶ 4,500 USDC',
      '  beta  ── 3  5,990 USDC ──▶ 1.99 WETH',
    ])
  })

  test('sets the cost beside what else could have been done and beside the bound', async () => {
    const lines = await reportOf({
      cost: { slippage: 60n * ONE_USD, fees: 20n * ONE_USD, gas: 15n * ONE_USD, bridge: -5n * ONE_USD },
      unmet: [{ asset: 'ETH', value: 200n * ONE_USD, reason: 'Too small.' }],
      lowerBound: 80n * ONE_USD,
      alternatives: [
        { name: 'nothing', cost: 0n, unmet: 10_000n * ONE_USD },
        { name: 'naive', cost: undefined, unmet: 10_000n * ONE_USD },
        { name: 'greedy', cost: 150n * ONE_USD, unmet: 0n },
      ],
    })
    expect(section(lines, 'Cost')).toEqual([
      '               slippage    fees     gas  bridge    total  bps of NAV       unmet  times the plan',
      '  plan           $60.00  $20.00  $15.00  -$5.00   $90.00         1.2     $200.00            1.00',
      '  greedy              –       –       –       –  $150.00         2.0       $0.00            1.50',
      '  naive               –       –       –       –   no way              $10,000.00               –',
      '  nothing             –       –       –       –    $0.00         0.0  $10,000.00            5.00',
      '  lower bound         –       –       –       –   $80.00         1.1           –            0.80',
      '  Times and lower bound count each dollar of unmet drift as 5.00 % of cost. The plan is 1.250 times',
      '  the lower bound. Method: milp.',
    ])
  })

  test('says so where no bound is known', async () => {
    const lines = section(await reportOf({ lowerBound: undefined, noBound: 'It broke.', method: 'greedy' }), 'Cost')
    expect(lines.find((line) => line.includes('lower bound  '))).toMatch(/– +none$/)
    expect(
      lines
        .slice(-2)
        .map((line) => line.trim())
        .join(' '),
    ).toBe(
      'Times and lower bound count each dollar of unmet drift as 5.00 % of cost. There is no lower bound: It broke. Method: greedy.',
    )
  })

  test('says what the plan rests on and what it leaves undone', async () => {
    const lines = await reportOf({
      quotes: { asked: 42, failed: 3, rounds: 1 },
      separatePools: [
        {
          group: 'ETH on alpha, sell',
          venues: ['lifi', 'zeroex'],
          proof: 'joint-simulation',
          detail: 'all of it came',
        },
        { group: 'BTC on beta, buy', venues: ['lifi', 'zeroex'], proof: 'fill-lists', detail: 'none in common' },
      ],
      unmet: [{ asset: 'ETH', value: 200n * ONE_USD, reason: 'Too small.' }],
    })
    expect(section(lines, 'Evidence')).toEqual([
      '  Quotes: 42 asked, 3 failed, in 1 round; the oldest in use was 61.5 s old.',
      '  Separate pools: ETH on alpha, sell: lifi and zeroex by a simulation of both; all of it came.',
      '  Separate pools: BTC on beta, buy: lifi and zeroex by their lists of exchanges; none in common.',
      '  Unmet: ETH stays $200.00 from its level. Too small.',
      '  Portfolio drift afterwards: 0.07 %.',
    ])
  })

  test('says what is not known of targets and risk, and nothing where all is', async () => {
    const proposal = await propose(FakeWorld.drifted())
    expect(proposal.notes).toEqual([])
    expect(planReport(portfolio, proposal)).not.toContain('To know:')
    const lines = planReport(portfolio, { ...proposal, notes: ['Weights '.repeat(20).trim(), 'Stressed.'] }).split('\n')
    expect(section(lines, 'To know:')).toEqual([`  ${'Weights '.repeat(12).trim()}`, `  ${'Weights '.repeat(8).trim()}`, '  Stressed.']) // prettier-ignore
    expect(lines.indexOf('To know:')).toBeLessThan(lines.findIndex((line) => line.startsWith('Decision:')))
    const decision = { ...proposal.decision, reasons: ['ETH is far away.', 'Stressed.'] }
    const report = planReport(portfolio, { ...proposal, decision, notes: ['Stressed.'] })
    expect(report.match(/Stressed\.|ETH is far away\./g)).toEqual(['Stressed.', 'ETH is far away.'])
  })

  test('of a portfolio with a setter, without records, says which weights it is measured against', async () => {
    const setter = { ...portfolio, targetSetting: aTargetSetting({ setter: 'equal' }) }
    const proposal = await FakeWorld.drifted().start().proposePlan.run(setter, context)
    expect(planReport(setter, proposal)).toContain('To know:\n  Weights set by equal ')
    expect(planJson(setter, proposal)).toMatchObject({ notes: [expect.stringMatching(/^Weights set by equal /)] })
  })

  test('says why nothing is done', async () => {
    const world = FakeWorld.drifted()
    world.balances.unknown.set('beta', 'timeout')
    const report = planReport(portfolio, await propose(world))
    expect(report).toContain('of the assets whose value is known')
    expect(report).toContain('Decision: do nothing (nothing-known)')
    expect(report).toContain('BTC is left out: Holdings on beta are unknown: timeout')
    expect(report).not.toContain('Plan ')
  })

  test('says why there is no plan', async () => {
    const world = FakeWorld.drifted()
    for (const venue of [world.swaps, world.rival, world.crossings])
      venue.failures.push(...Array.from({ length: 200 }, () => 'no-route' as const))
    const report = planReport(portfolio, await propose(world))
    expect(report).toMatch(/\n {2}no plan: [^]*swaps was told to fail/)
  })
})

describe('planJson', () => {
  test('is the same for machines, and JSON', async () => {
    const proposal = await propose(FakeWorld.drifted())
    const json = JSON.parse(JSON.stringify(planJson(portfolio, proposal))) as Record<string, unknown>
    expect(json).toMatchObject({
      portfolio: 'core',
      navUsd: '750000',
      notes: [],
      prices: { BTC: '60000', ETH: '3000', USD: '1' },
      gasPricesWei: { alpha: '1000000000', beta: '1000000000' },
      decision: { code: 'band-breached', levels: [{ asset: 'ETH', lower: '0.5', upper: '0.5' }, {}, {}] },
      plan: { id: 'preview' },
    })
    expect((json['plan'] as { legs: unknown[] }).legs).toHaveLength(proposal.plan!.legs.length)
    expect(json['cost']).toEqual((json['plan'] as { cost: unknown }).cost)
  })

  test('names the block of every chain that answered, and why another did not', async () => {
    const world = FakeWorld.drifted()
    world.balances.unknown.set('beta', 'timeout')
    const { snapshot } = planJson(portfolio, await propose(world)) as { snapshot: { chains: unknown[] } }
    expect(snapshot.chains).toEqual([
      expect.objectContaining({
        chain: 'alpha',
        block: { number: '0', hash: expect.stringMatching(/^0x/), time: new Date(NOW).toISOString() },
      }),
      { chain: 'beta', status: 'unknown', reason: 'timeout' },
    ])
  })

  test('has no plan and no cost where there is none', async () => {
    const world = FakeWorld.drifted()
    world.balances.unknown.set('beta', 'timeout')
    const json = planJson(portfolio, await propose(world))
    expect(json).toMatchObject({ plan: null, planReasons: [] })
    expect(json).not.toHaveProperty('cost')
  })
})
