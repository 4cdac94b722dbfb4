import { describe, expect, jest, test } from '@jest/globals'
import { OWNER } from '../../test/support/builders.js'
import { CYCLE_ID, journey, openCycle, plannedLeg, written } from '../../test/support/fake-legs.js'
import { ALPHA, aPortfolio, BETA, FakeWorld } from '../../test/support/fake-world.js'
import { looseLimits } from '../../test/support/limits.js'
import type { Limits } from '../domain/policy/budgets.js'
import type { OperatingLevel, Scope } from '../domain/policy/operating.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import { spendOfNothing } from '../domain/execution/budget-claim.js'
import { readPolicy } from '../domain/rebalancing/registry.js'
import { RATIO_ONE, ratioOfBasisPoints } from '../domain/units/ratio.js'

jest.setTimeout(120_000)

const bps = ratioOfBasisPoints
const limited = (limits: Partial<Limits>, changes: Partial<Portfolio> = {}) =>
  aPortfolio({ limits: looseLimits(limits), ...changes })
const alive = () => new AbortController().signal
const cycles = (world: FakeWorld) => [...world.rows.cycles.values()]
const codes = (world: FakeWorld) => world.rows.breakers.map(({ code, scope, level }) => `${code} ${scope} ${level}`)
const states = (world: FakeWorld) => written(world).legs.map(({ state, failure }) => failure?.code ?? state)
const sold = (world: FakeWorld) =>
  world.rows.spends.reduce((sum, { turnover, pair }) => (pair ? sum + turnover : sum), 0n)

describe('plans fit into the budgets', () => {
  test('a distance larger than the cap of a cycle is brought back in parts, and no cap is ever run into', async () => {
    const world = FakeWorld.drifted()
    const portfolio = limited({ cycleTurnover: bps(1_000), hourTurnover: bps(1_000), dayTurnover: bps(3_000) })
    const process = world.start()
    for (let hour = 0; hour < 3; hour++) {
      await process.runCycle.run(portfolio, alive())
      world.clock.pass(3_700_000)
    }
    const [first] = cycles(world)
    expect(first!.decision.reasons.join(' ')).toContain('turnover left')
    expect(first!.decision.isCut).toBe(true)
    const caps = (first!.valuation.nav * bps(3_000)) / RATIO_ONE
    expect(sold(world)).toBeGreaterThan(caps / 2n)
    expect(sold(world)).toBeLessThanOrEqual(caps)
    expect(codes(world)).toEqual([])
    const drifts = cycles(world).map(({ drift }) => drift.portfolio)
    expect(drifts[1]!).toBeLessThan(drifts[0]!)
  })

  test('a calendar stays due while budgets leave something, for as long as its grace lasts', async () => {
    const world = FakeWorld.drifted()
    const due = world.clock.now()
    world.nextDue = (after) => (after < due ? due : undefined)
    const portfolio = limited(
      { cycleTurnover: bps(1_000), hourTurnover: bps(1_000) },
      {
        rebalancing: {
          choice: { name: 'calendar', parameters: { cooldownMs: 0 } },
          calendar: { schedule: '0 0 * * *', timeZone: 'UTC' },
        },
      },
    )
    const process = world.start()
    const codesOf = async (hours: number) => {
      for (let hour = 0; hour < hours; hour++) {
        await process.runCycle.run(portfolio, alive())
        world.clock.pass(3_700_000)
      }
      return cycles(world).map(({ decision, outcome }) => `${decision.code} ${outcome}`)
    }
    const outcomes = await codesOf(12)
    expect(outcomes[0]).toBe('band-breached traded')
    expect(outcomes[1]).toBe('band-breached traded')
    expect(outcomes.at(-1)).toBe('not-due not_due')
  })

  test('a hybrid that found everything in place waits for its next time, whatever prices do meanwhile', async () => {
    const world = FakeWorld.drifted()
    const due = world.clock.now()
    world.nextDue = (after) => (after < due ? due : undefined)
    const choice = readPolicy('hybrid', {}, { band: '0.45' })
    const portfolio = limited({}, { rebalancing: { choice, calendar: { schedule: '0 0 * * *', timeZone: 'UTC' } } })
    const process = world.start()
    await process.runCycle.run(portfolio, alive())
    world.prices.set('ETH', world.prices.get('ETH')! / 20n)
    world.clock.pass(5_000)
    await process.runCycle.run(portfolio, alive())
    const [first, second] = cycles(world).map(({ decision }) => decision)
    expect(first).toMatchObject({ act: false, code: 'within-band' })
    expect(first!.reasons.join(' ')).toContain('The calendar was due at ')
    expect(second).toMatchObject({ act: false, code: 'not-due', breached: ['USD'] })
  })

  test('once the day is used up nothing is planned, and the reasons say so', async () => {
    const world = FakeWorld.drifted()
    const process = world.start()
    await process.runCycle.run(limited({ dayTurnover: 0n }), alive())
    expect(cycles(world)).toMatchObject([{ legs: [], outcome: 'rejected' }])
    expect(world.signer.signed).toEqual([])
  })
})

describe('F-83: a planner with its sign flipped', () => {
  /** Takes every target for its opposite, and believes to come nearer to it. */
  function flipped(limits: Partial<Limits>): Portfolio {
    const portfolio = limited(limits)
    const weights: Record<string, number> = { ETH: 9_800, USD: 100, BTC: 100 }
    const { policy, rebalancing } = portfolio
    const { name, parameters } = rebalancing.choice
    return {
      ...portfolio,
      rebalancing: { ...rebalancing, choice: { name, parameters: { ...parameters, cooldownMs: 0 } } },
      policy: { ...policy, targets: policy.targets.map((one) => ({ ...one, weight: bps(weights[one.asset]!) })) },
    }
  }
  async function run(world: FakeWorld, limits: Partial<Limits>) {
    const process = world.start()
    const portfolio = flipped(limits)
    const right = aPortfolio().policy.targets
    // The drift that is recorded is the true one: what is wrong is what the plan is made for.
    const propose = process.proposePlan.run.bind(process.proposePlan)
    process.proposePlan.run = async (given, context) => {
      const proposal = await propose(given, context)
      const assets = proposal.drift.assets.map((one) => {
        const { weight: target } = right.find(({ asset }) => asset === one.asset)!
        return { ...one, target, drift: one.weight - target }
      })
      const total = assets.reduce((sum, { drift }) => sum + (drift < 0n ? -drift : drift), 0n) / 2n
      return { ...proposal, drift: { ...proposal.drift, assets, portfolio: total } }
    }
    for (let round = 0; round < 6; round++) {
      await process.runCycle.run(portfolio, alive())
      world.clock.pass(60_000)
    }
    return process
  }
  const balanced = () => {
    const world = new FakeWorld()
    world.chain.give(ALPHA.weth, OWNER, 100n * 10n ** 18n)
    world.chain.give(ALPHA.usdc, OWNER, 200_000n * 10n ** 6n)
    world.chain.give(BETA.wbtc, OWNER, 2n * 10n ** 8n)
    return world
  }

  test('C-52 stops it after the first cycle', async () => {
    const world = balanced()
    await run(world, { driftFall: bps(2_500), cycleTurnover: bps(2_000), dayTurnover: bps(5_000) })
    expect(codes(world)).toEqual(['B-12 portfolio:core paused_new'])
    expect(world.rows.breakers[0]!.reason).toContain('C-52')
    expect(cycles(world).filter(({ outcome }) => outcome === 'traded')).toHaveLength(1)
  })

  test('without any detector it trades no more than the cap of the day', async () => {
    const world = balanced()
    // What C-52 looks at is blinded, too: the wrong drift is recorded.
    const process = world.start()
    const portfolio = flipped({ cycleTurnover: bps(500), hourTurnover: bps(5_000), dayTurnover: bps(1_500) })
    for (let round = 0; round < 6; round++) {
      await process.runCycle.run(portfolio, alive())
      world.clock.pass(60_000)
    }
    const nav = cycles(world)[0]!.valuation.nav
    expect(sold(world)).toBeGreaterThan(0n)
    expect(sold(world)).toBeLessThanOrEqual((nav * bps(1_500)) / RATIO_ONE)
  })
})

describe('what happened stops the portfolio', () => {
  const drive = async (world: FakeWorld, portfolio: Portfolio, legs = journey(world)) => {
    await openCycle(world, legs)
    await world.start().drive(portfolio, CYCLE_ID)
  }

  test('B-13: three legs that failed one after another', async () => {
    const world = FakeWorld.drifted()
    world.chain.reverts = (action) => action.do === 'trade'
    const process = world.start()
    for (let round = 0; round < 6; round++) {
      await process.runCycle.run(limited({ failedInRow: 3 }), alive())
      world.clock.pass(5_000)
    }
    expect(codes(world)).toEqual(['B-13 portfolio:core paused_new'])
    // One that was under way on another chain may still end.
    const failed = cycles(world).flatMap(({ legs }) => legs.filter(({ state }) => state === 'failed'))
    expect([3, 4]).toContain(failed.length)
    expect(world.chain.standingAllowances()).toEqual([])
  })

  test.each([
    ['operator', 'PAUSED', 0],
    ['breaker', 'CANCELLED', 1],
  ] as const)('B-13: a leg whose step was cancelled by a hard pause of %s ends as %s', async (by, code, failed) => {
    const world = FakeWorld.drifted()
    await openCycle(world, [plannedLeg(world, 1, 'swap', ALPHA.eth, 10n ** 18n, ALPHA.usdc)])
    const sign = world.signer.sign.bind(world.signer)
    world.signer.sign = async (request) => {
      const signed = await sign(request)
      world.rows.scopes.set('all', { scope: 'all', level: 'paused_hard', reason: 'Fire.', since: 0, by })
      return signed
    }
    world.clock.onPass(() => {
      if (written(world).intents[0]?.state === 'mined') world.rows.scopes.clear()
    })
    const process = world.start()
    await process.drive(aPortfolio(), CYCLE_ID)
    expect(written(world).intents).toMatchObject([{ state: 'final_cancelled' }])
    expect(states(world)).toEqual([code])
    const use = await process.store.budgetUse(spendOfNothing(aPortfolio(), world.clock.now(), { cycleId: CYCLE_ID }))
    expect(use.failedInRow).toBe(failed)
  })

  test('B-01: legs that lost more than a day may', async () => {
    const world = FakeWorld.drifted()
    // 30,000 USD at 10 bps lose 30 USD; NAV is 25 million
    await drive(world, limited({ dayLoss: 10n ** 12n }), journey(world).slice(0, 1))
    expect(codes(world)).toEqual(['B-01 portfolio:core paused_hard'])
  })

  test('C-53: balances that moved before the first leg end the plan, and it is made anew', async () => {
    const world = FakeWorld.drifted()
    const process = world.start()
    const open = process.store.openCycle.bind(process.store)
    let opened = 0
    process.store.openCycle = async (cycle) => {
      const isNew = await open(cycle)
      if (opened++ === 0) world.chain.give(ALPHA.usdc, OWNER, 10_000n * 10n ** 6n)
      world.clock.pass(2_000)
      return isNew
    }
    await process.runCycle.run(limited({ balanceMove: bps(50) }), alive())
    expect(cycles(world).map(({ outcome, decision }) => [decision.code, outcome])).toEqual([
      ['band-breached', 'rejected'],
      ['replanned', 'traded'],
    ])
    const [first] = cycles(world)
    expect(first!.intents).toEqual([])
    expect(first!.legs.every(({ failure }) => failure?.detail.startsWith('C-53') ?? false)).toBe(true)
  })
})

describe('scopes', () => {
  test.each<[Scope, string[]]>([
    ['asset:BTC', ['done', 'done', 'PAUSED', 'done']],
    ['chain:beta', ['done', 'PAUSED', 'DEPENDENCY', 'done']],
    ['portfolio:core', ['PAUSED', 'PAUSED', 'PAUSED', 'PAUSED']],
    ['portfolio:other', ['done', 'done', 'done', 'done']],
  ])('a pause of %s holds the legs that touch it, and no others', async (scope, expected) => {
    const world = FakeWorld.drifted()
    await openCycle(world, journey(world))
    world.hold('Lunch.', 'paused_new', scope)
    await world.start().drive(aPortfolio(), CYCLE_ID)
    // What is paused ends for that; what it was to fund, for what did not come.
    const seen = states(world)
    expect(seen.map((one) => (one === 'DEPENDENCY' ? 'PAUSED' : one))).toEqual(
      expected.map((one) => (one === 'DEPENDENCY' ? 'PAUSED' : one)),
    )
    expect(world.chain.standingAllowances()).toEqual([])
  })

  test('a paused venue is not asked, neither for a plan nor for an offer', async () => {
    const world = FakeWorld.drifted()
    world.hold('Odd.', 'paused_new', 'venue:swaps')
    await world.start().runCycle.run(aPortfolio(), alive())
    expect(world.swaps.asked).toEqual([])
    expect(cycles(world)).toMatchObject([{ outcome: 'traded' }])
  })

  test('a paused bridge carries nothing, in the plan or out of it', async () => {
    const world = FakeWorld.drifted()
    const bridge = (
      await world.crossings.indicate({
        kind: 'bridge',
        sell: { token: ALPHA.usdc, units: 10n ** 10n },
        buy: BETA.usdc,
        account: OWNER,
        maxSlippage: 0n,
      })
    ).tool.split(' ')[0]!
    world.hold('Odd.', 'paused_new', `bridge:${bridge}`)
    await world.start().runCycle.run(aPortfolio(), alive())
    expect(cycles(world)[0]!.legs.filter(({ leg }) => leg.kind === 'bridge')).toEqual([])
    expect(world.effects().some((effect) => effect.startsWith('send'))).toBe(false)
  })

  test.each<OperatingLevel>(['paused_new', 'paused_hard', 'halted'])(
    'nothing but what %s allows is signed, and nothing is lost when it ends',
    async (level) => {
      const world = FakeWorld.drifted()
      await openCycle(world, journey(world))
      let since = -1
      world.clock.onPass(() => {
        const isApproved = written(world).intents.some(({ kind, state }) => kind === 'approve' && state !== 'reserved')
        if (since < 0 && isApproved) {
          since = world.signer.signed.length
          world.hold('Fire.', level)
        } else if (since >= 0 && level === 'halted' && world.clock.now() % 40_000 === 0) world.rows.scopes.clear()
      })
      await world.start().drive(aPortfolio(), CYCLE_ID)
      const later = world.rows.events.filter(({ state }) => state === 'signed')
      expect(since).toBeGreaterThan(0)
      expect(later.length).toBeGreaterThan(0)
      expect(world.chain.standingAllowances()).toEqual([])
    },
  )
})

test('C-50, B-12: what runs into a cap when it is reserved stops the portfolio, and nothing is signed', async () => {
  const world = FakeWorld.drifted()
  await openCycle(world, [plannedLeg(world, 1, 'swap', ALPHA.eth, 10n ** 15n, ALPHA.usdc)])
  await world.start().drive(limited({ dayGas: 0n }), CYCLE_ID)
  expect(states(world)).toEqual(['PAUSED'])
  expect(codes(world)).toEqual(['B-12 portfolio:core paused_new'])
  expect(world.signer.signed).toEqual([])
})
