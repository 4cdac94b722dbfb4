import { describe, expect, test } from '@jest/globals'
import { sha256 } from '../adapters/access/secrets.js'
import { HighsSolver } from '../adapters/optimiser/highs-solver.js'
import { aCycle, anArrival, aRun, aTransfer, hashOf, NOW } from '../../test/support/builders.js'
import { RecordingObserver } from '../../test/support/fake-ports.js'
import { ALPHA, aPortfolio, BETA, FakeWorld } from '../../test/support/fake-world.js'
import { MemoryHistory } from '../../test/support/memory-history.js'
import { aCovariance } from '../../test/support/rebalancing.js'
import { aTargetSetting } from '../../test/support/target-setting.js'
import type { Solution } from '../domain/planning/linear-model.js'
import { requestKey } from '../domain/planning/quote.js'
import { amountOf } from '../domain/units/amount.js'
import { type Ratio, RATIO_ONE, ratioOfBasisPoints } from '../domain/units/ratio.js'
import { ONE_USD } from '../domain/units/usd.js'
import { QuoteVenues } from '../ports/quotes.js'
import { Solver } from '../ports/solver.js'
import { type DocumentReading, TargetSource, TargetSources } from '../ports/target-source.js'
import { KeepTargets } from './keep-targets.js'
import { LookAhead, type Outlook } from './look-ahead.js'
import { PlayJointly } from './play-jointly.js'
import { PolicyBook } from './policy-book.js'
import { type ProposalContext, ProposePlan } from './propose-plan.js'
import { ReadRisk } from './read-risk.js'
import { RecordHistory } from './record-history.js'

const portfolio = aPortfolio()
const context: ProposalContext = {
  cycleId: 'c',
  transfers: [],
  unattributed: [],
  lastTradedAt: undefined,
  servedAt: undefined,
  askedBy: undefined,
  continues: undefined,
  curves: [],
}
const aCrossing = (units: bigint) =>
  aTransfer(aCycle(), aRun(), {
    sent: amountOf(ALPHA.usdc, units),
    expected: amountOf(BETA.usdc, units),
    minimum: amountOf(BETA.usdc, units),
  })

describe('ProposePlan', () => {
  test('looks once at every chain and every source, and puts each request once to each venue that serves it', async () => {
    const world = FakeWorld.drifted()
    const proposal = await world.start().proposePlan.run(portfolio, context)
    expect(world.balances.asked).toEqual(['alpha', 'beta'])
    expect(world.sources.map(({ asked }) => asked)).toEqual([1, 1])
    for (const venue of [world.swaps, world.rival, world.crossings]) {
      const keys = venue.asked.map(({ kind, request }) => `${kind} ${requestKey(request)}`)
      expect(keys.length).toBeGreaterThan(0)
      expect(new Set(keys).size).toBe(keys.length)
    }
    expect(world.crossings.asked.every(({ kind }) => kind === 'indicate')).toBe(true)
    expect(world.crossings.asked.every(({ request }) => request.kind === 'bridge')).toBe(true)
    expect(proposal.plan!.legs.length).toBeGreaterThan(1)
  })

  test('tells what was measured, quoted, decided and planned, in this order', async () => {
    const { proposePlan, observer } = FakeWorld.drifted().start()
    const { decision, plan } = await proposePlan.run(portfolio, context)
    const told = observer.events.map(({ type }) => type).filter((type, index, all) => type !== all[index - 1])
    expect(told).toEqual(['portfolio-measured', 'quoted', 'decided', 'plan-proposed'])
    expect(observer.of('decided')[0]!.decision).toBe(decision)
    expect(observer.of('plan-proposed')[0]!.plan).toBe(plan)
  })

  test('the same world gives the same proposal, byte for byte', async () => {
    const text = async () => {
      const {
        snapshot: _snapshot,
        market: _market,
        ...proposal
      } = await FakeWorld.drifted().start().proposePlan.run(portfolio, context)
      return JSON.stringify(proposal, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}` : value))
    }
    expect(await text()).toBe(await text())
  })

  test('asks no venue when the decision is not to act', async () => {
    const world = FakeWorld.drifted()
    const proposal = await world
      .start()
      .proposePlan.run(portfolio, { ...context, lastTradedAt: world.clock.now() - 10_000 })
    expect(proposal).toMatchObject({ decision: { act: false, code: 'cooldown' }, plan: undefined, planReasons: [] })
    expect(world.swaps.asked).toEqual([])
  })

  test('says why there is no plan when no venue quotes', async () => {
    const world = FakeWorld.drifted()
    for (const venue of [world.swaps, world.rival, world.crossings])
      venue.failures.push(...Array.from({ length: 200 }, () => 'unavailable' as const))
    const { proposePlan, observer } = world.start()
    const proposal = await proposePlan.run(portfolio, context)
    expect(proposal.plan).toBeUndefined()
    expect(proposal.planReasons.join()).toContain('unavailable: swaps was told to fail.')
    expect(observer.of('no-plan')[0]!.reasons).toBe(proposal.planReasons)
  })

  test('an unreadable chain leaves out every asset that may be on it; the rest is measured and told', async () => {
    const world = FakeWorld.drifted()
    world.balances.unknown.set('beta', 'timeout')
    const { proposePlan, observer } = world.start()
    const { valuation, drift, decision, plan } = await proposePlan.run(portfolio, context)
    expect(valuation.isComplete).toBe(false)
    expect(drift.excluded.map(({ asset }) => asset)).toEqual(['ETH', 'USD', 'BTC'])
    expect(decision.code).toBe('nothing-known')
    expect(plan).toBeUndefined()
    expect(observer.of('chain-unknown')).toMatchObject([{ chain: 'beta', reason: 'timeout' }])
  })

  test('an asset without an agreed price is left out, told, and never traded', async () => {
    const world = FakeWorld.drifted()
    world.prices.delete('BTC')
    const { proposePlan, observer } = world.start()
    const { drift, plan, market } = await proposePlan.run(portfolio, context)
    expect(drift.excluded.map(({ asset }) => asset)).toEqual(['BTC'])
    expect(observer.of('price-unknown').map(({ asset }) => asset)).toEqual(['BTC'])
    expect(market.prices.has('BTC')).toBe(false)
    const traded = plan!.legs.flatMap(({ sell, expectedOut }) => [sell.token.asset, expectedOut.token.asset])
    expect(traded).not.toContain('BTC')
  })

  test('no leg is planned on a chain whose gas price is unknown because its coin has no price', async () => {
    const world = FakeWorld.drifted()
    world.prices.delete('ETH')
    const { market, plan } = await world.start().proposePlan.run(portfolio, { ...context, askedBy: 'ops' })
    expect(market.gas.size).toBe(0)
    expect(plan).toBeUndefined()
  })

  /** The application on a world, with another solver behind it, or with something known of the risk. */
  const withSolver = (world: FakeWorld, solver: Solver, lookAhead = new LookAhead()) => {
    const { takeSnapshot, collectQuotes, observer } = world.start()
    const policies = new PolicyBook()
    const quotes = new QuoteVenues([world.swaps, world.rival, world.crossings])
    const playJointly = new PlayJointly({ collectQuotes, quotes, chain: world.chain })
    const { clock } = world
    return new ProposePlan({
      takeSnapshot,
      lookAhead,
      policies,
      collectQuotes,
      playJointly,
      solver,
      clock,
      observer,
    })
  }
  test('a plan that is dearer than the drift is worth is told, with what was learned, and not carried out', async () => {
    const world = FakeWorld.drifted()
    // With such an aversion the bands of what is far out here end between the assumed cost and the quoted one.
    const choice = { name: 'impulse-band' as const, parameters: { aversion: 0.001, maximumBandShare: RATIO_ONE } }
    const rebalancing = { choice, calendar: undefined }
    const forecast = {
      asset: 'ETH',
      volatility: 0.6,
      model: 'har' as const,
      reason: 'QLIKE -7.1 against -7.0 of ewma.',
      scores: [],
    }
    const basis = { asOfDay: 20_000, pricesHash: 'ab12', forecasts: [forecast], regime: undefined, missing: [] }
    const risk = { ...basis, assets: ['ETH', 'USD', 'BTC'], covariance: undefined }
    const covariance = { assets: ['ETH', 'USD', 'BTC'], matrix: aCovariance([0.6, 0.01, 0.5], 0.5) }
    const run = (assumedCost: Ratio) => {
      const configured = { ...portfolio, rebalancing, assumedCost }
      const outlook: Outlook = { portfolio: configured, targets: undefined, risk, covariance, notes: [] }
      const lookAhead = Object.assign(new LookAhead(), { run: () => Promise.resolve(outlook) })
      return withSolver(world, new HighsSolver(), lookAhead).run(configured, context)
    }
    const dear = await run(ratioOfBasisPoints(1))
    expect(dear).toMatchObject({
      decision: { act: false, code: 'cost-exceeds-benefit' },
      plan: undefined,
      planReasons: [],
    })
    expect(dear.decision.reasons[0]).toMatch(/^The plan costs \d+\.\d\d USD, \d+\.\d times the /)
    expect(dear.curves.length).toBeGreaterThan(0)
    expect(dear.decision.risk).toEqual(basis)
    expect(dear.decision.figures[0]).toMatchObject({
      asset: 'ETH',
      cost: expect.any(Number),
      volatility: expect.any(Number),
    })
  })

  class BrokenSolver extends Solver {
    asked = 0
    override async solve(): Promise<Solution> {
      await Promise.resolve()
      this.asked += 1
      return { status: 'failed', reason: 'The solver is broken.' }
    }
  }

  test('a source of weights that lets wait is asked before prices are read, so that they do not age', async () => {
    const world = FakeWorld.drifted()
    const { clock } = world
    class SlowSource extends TargetSource {
      override read(): Promise<DocumentReading> {
        clock.pass(10_000)
        const weights = { ETH: '0.6', USD: '0.3', BTC: '0.1' }
        const document = { portfolio: portfolio.id, setAt: clock.now(), weights, isSigned: false }
        return Promise.resolve({ status: 'read', document })
      }
    }
    const [history, observer] = [new MemoryHistory(), new RecordingObserver()]
    const sources = new TargetSources(new Map([[portfolio.id, new SlowSource()]]))
    const lookAhead = new LookAhead({
      recordHistory: new RecordHistory({ history }),
      keepTargets: new KeepTargets({ history, sources, clock, observer }),
      readRisk: new ReadRisk({ history, clock, hash: sha256 }),
      observer,
    })
    const source = { kind: 'http', location: 'https://fund.example', maxAgeMs: 60_000, publicKey: undefined } as const
    const { snapshot, outlook } = await withSolver(world, new BrokenSolver(), lookAhead).measure(
      aPortfolio({ targetSetting: aTargetSetting({ setter: 'source', source }) }),
      context,
    )
    expect(outlook.targets).toMatchObject({ setter: 'source', refusal: undefined })
    expect([clock.now() - NOW, clock.now() - snapshot.takenAt]).toEqual([10_000, 0])
  })

  test('a solver that always fails still leaves a plan, by a method without one', async () => {
    const solver = new BrokenSolver()
    const { plan } = await withSolver(FakeWorld.drifted(), solver).run(portfolio, context)
    expect(solver.asked).toBeGreaterThan(0)
    expect(['water-filling', 'greedy']).toContain(plan!.method)
    expect(plan!.lowerBound).toBeUndefined()
    expect(plan!.legs.length).toBeGreaterThan(0)
  })

  test('what it learned about markets is handed on, and a later plan that is given it asks less', async () => {
    const world = FakeWorld.drifted()
    const { proposePlan } = world.start()
    const asked = () => [world.swaps, world.rival, world.crossings].reduce((sum, venue) => sum + venue.asked.length, 0)
    const first = await proposePlan.run(portfolio, context)
    const before = asked()
    expect(first.curves.length).toBeGreaterThan(0)
    world.clock.pass(60_000)
    const second = await proposePlan.run(portfolio, { ...context, curves: first.curves })
    expect(second.plan).toBeDefined()
    expect(asked() - before).toBeLessThan(before)
  })

  test('what it learned of a venue is not planned with while that is paused, and of the others it is', async () => {
    const world = FakeWorld.drifted()
    const { proposePlan } = world.start()
    const { curves } = await proposePlan.run(portfolio, context)
    const venues = (records: typeof curves) =>
      new Set(records.flatMap(({ samples }) => samples.map(({ venue }) => venue)))
    expect(venues(curves)).toEqual(new Set(['swaps', 'rival', 'crossings']))
    world.clock.pass(60_000)
    world.hold('Odd.', 'paused_new', 'venue:swaps')
    const states = () => Promise.resolve([...world.rows.scopes.values()])
    const { plan, planReasons, ...later } = await proposePlan.run(portfolio, { ...context, curves, states })
    expect(planReasons).toEqual([])
    expect(plan!.legs.length).toBeGreaterThan(0)
    expect(plan!.legs.map(({ venue }) => venue)).not.toContain('swaps')
    expect(venues(later.curves)).toEqual(new Set(['rival', 'crossings']))
  })

  test('hands on what it learned when there is no plan, and nothing when it was not to act', async () => {
    const world = FakeWorld.drifted()
    const { proposePlan } = world.start()
    const tight = { ...portfolio, policy: { ...portfolio.policy, maxLegs: 0 } }
    const without = await proposePlan.run(tight, context)
    expect(without.plan).toBeUndefined()
    expect(without.curves.length).toBeGreaterThan(0)
    const { curves } = await proposePlan.run(portfolio, { ...context, lastTradedAt: world.clock.now() - 10_000 })
    expect(curves).toEqual([])
  })

  describe('when the time for planning is over', () => {
    const hurried = {
      ...portfolio,
      policy: { ...portfolio.policy, planning: { ...portfolio.policy.planning, deadlineMs: 500 } },
    }

    test('a venue that has not answered is not waited for; the rest is planned with what came', async () => {
      const world = FakeWorld.drifted()
      world.rival.delays.push(...Array.from({ length: 100 }, () => new Promise(() => {})))
      const startedAt = world.clock.now()
      const { plan } = await world.start().proposePlan.run(hurried, context)
      expect(world.clock.now() - startedAt).toBeLessThanOrEqual(500)
      expect(plan === undefined || plan.legs.every(({ venue }) => venue !== 'rival')).toBe(true)
    })

    test('nobody is asked any more, and there is an answer all the same', async () => {
      const world = FakeWorld.drifted()
      const late = {
        ...hurried,
        policy: { ...hurried.policy, planning: { ...hurried.policy.planning, deadlineMs: 0 } },
      }
      const { plan, planReasons } = await world.start().proposePlan.run(late, context)
      expect([world.swaps, world.rival, world.crossings].flatMap(({ asked }) => asked)).toEqual([])
      expect(plan).toBeUndefined()
      expect(planReasons.join()).toContain('deadline')
    })
  })

  describe('what is in transit', () => {
    const units = 1_000_000n * 10n ** 6n

    test('counts once while it is under way, and not as sold', async () => {
      const world = FakeWorld.drifted()
      const { proposePlan } = world.start()
      const without = await proposePlan.run(portfolio, context)
      const { drift, valuation } = await proposePlan.run(portfolio, { ...context, transfers: [aCrossing(units)] })
      expect(drift.nav - without.drift.nav).toBe(1_000_000n * ONE_USD)
      expect(valuation.assets.find(({ asset }) => asset === 'USD')).toMatchObject({
        inTransitValue: 1_000_000n * ONE_USD,
      })
    })

    test('counts no more once the balances were read at or after the block of its payout', async () => {
      const world = FakeWorld.drifted()
      world.clock.pass(1_000)
      const { takeSnapshot } = world.start()
      const seenAt = (number: bigint) => ({
        ...aCrossing(units),
        state: 'seen' as const,
        arrivals: [anArrival(amountOf(BETA.usdc, units), { block: { number, hash: hashOf(2), timestamp: 0 } })],
      })
      expect((await takeSnapshot.run(portfolio, { transfers: [seenAt(1n)], unattributed: [] })).inTransit).toEqual([])
      expect((await takeSnapshot.run(portfolio, { transfers: [seenAt(2n)], unattributed: [] })).inTransit).toHaveLength(
        1,
      )
    })
  })
})
