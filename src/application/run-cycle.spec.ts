import { ONE_USD } from '../domain/units/usd.js'
import { describe, expect, jest, test } from '@jest/globals'
import { aCycle, aRun, OWNER } from '../../test/support/builders.js'
import { journey, plannedLeg } from '../../test/support/fake-legs.js'
import { ALPHA, aPortfolio, BETA, type FakeProcess, FakeWorld, TOKENS } from '../../test/support/fake-world.js'
import { leavesTrace, Life } from '../../test/support/life.js'
import { InvariantError } from '../domain/errors.js'
import { tokenId } from '../domain/assets.js'
import { MAX_CONTINUATIONS } from '../domain/execution/replan.js'
import { ratioOfBasisPoints } from '../domain/units/ratio.js'
import { StaleLeaseError } from '../ports/lease.js'

jest.setTimeout(30_000)

const portfolio = aPortfolio()
const alive = () => new AbortController().signal
const cycles = (world: FakeWorld) => [...world.rows.cycles.values()]

/** Every token the ledger knows, and by how much it and the chain differ. */
function ledgerErrors(world: FakeWorld): Record<string, bigint> {
  const errors: Record<string, bigint> = {}
  for (const token of TOKENS) {
    const booked = world.rows.postings
      .filter((one) => one.account === 'wallet' && one.chain === token.chain && one.token === token.address)
      .reduce((sum, { units }) => sum + units, 0n)
    if (booked !== world.chain.balance(token, OWNER))
      errors[tokenId(token)] = world.chain.balance(token, OWNER) - booked
  }
  return errors
}

async function outsideBands(process: FakeProcess): Promise<string[]> {
  const { drift } = await process.proposePlan.measure(portfolio, { transfers: [], unattributed: [] })
  return drift.assets.flatMap(({ asset, isInBand }) => (isInBand ? [] : [asset]))
}

describe('RunCycle', () => {
  test('brings a drifted portfolio back into its bands, over a bridge, and the ledger equals the chains', async () => {
    const world = FakeWorld.drifted()
    const process = world.start()
    await process.runCycle.run(portfolio, alive())
    expect(cycles(world)).toHaveLength(1)
    expect(cycles(world)[0]).toMatchObject({ outcome: 'traded', mode: 'live', id: 'core-20261120T120000Z' })
    expect(cycles(world)[0]!.transfers.map(({ state }) => state)).toContain('full')
    expect(ledgerErrors(world)).toEqual({})
    expect(process.observer.of('reconciled').flatMap(({ mismatches }) => mismatches)).toEqual([])
    expect(process.observer.of('reconciled').length).toBeGreaterThan(0)
    expect(world.chain.standingAllowances()).toEqual([])

    const after = await process.proposePlan.run(portfolio, {
      cycleId: 'after',
      transfers: [],
      unattributed: [],
      lastTradedAt: undefined,
      servedAt: undefined,
      askedBy: undefined,
      continues: undefined,
      curves: [],
    })
    expect(after.decision.code).toBe('within-band')
  })

  test('a process that dies at any call is followed by one that ends in the same place, by the same plan once it is written', async () => {
    const calm = FakeWorld.drifted()
    const life = new Life()
    await calm.start(life).runCycle.run(portfolio, alive())
    expect(life.calls.length).toBeGreaterThan(100)
    const opening = life.calls.indexOf('store.reserveIntent')
    const closing = life.calls.lastIndexOf('store.closeCycle')
    const deaths = life.calls
      .flatMap((call, index) => (leavesTrace(call) ? [index] : []))
      // What lies between opening and closing a cycle is driven alone, and at every call, where crashes are tested.
      .filter((index, place) => index <= opening || index >= closing || place % 16 === 0)
    expect(deaths.length).toBeGreaterThan(10)
    for (const index of deaths) {
      const world = FakeWorld.drifted()
      await world.start(new Life({ at: 'call', index, moment: 'after' })).runCycle.run(portfolio, alive())
      const isPlanned = cycles(world).length > 0
      world.clock.pass(1_000)
      const successor = world.start()
      await successor.runCycle.run(portfolio, alive())
      if (isPlanned) {
        expect(world.holdings()).toEqual(calm.holdings())
        expect(world.effects()).toEqual(calm.effects())
      }
      expect(await outsideBands(successor)).toEqual([])
      expect(ledgerErrors(world)).toEqual({})
      expect(world.chain.standingAllowances()).toEqual([])
      expect(cycles(world).filter(({ outcome }) => outcome === 'traded')).toHaveLength(1)
    }
  })

  test('a call while one is running is skipped, and a second process in the same second opens no second cycle (P-23)', async () => {
    const world = FakeWorld.drifted()
    const process = world.start()
    const running = process.runCycle.run(portfolio, alive())
    await process.runCycle.run(portfolio, alive())
    expect(cycles(world)).toHaveLength(0)
    await running
    expect(cycles(world)).toHaveLength(1)

    const twin = FakeWorld.drifted()
    const [first, second] = [twin.start(), twin.start()]
    const idle = { ...portfolio, mode: 'dry-run' as const }
    await Promise.all([first.runCycle.run(idle, alive()), second.runCycle.run(idle, alive())])
    expect(cycles(twin)).toHaveLength(1)
    expect([...first.observer.of('cycle-ended'), ...second.observer.of('cycle-ended')]).toHaveLength(1)
  })

  test('idle resolves when the running cycle has ended', async () => {
    const world = FakeWorld.drifted()
    const { runCycle } = world.start()
    void runCycle.run(portfolio, alive())
    expect(runCycle.underWay()).toEqual(['core'])
    await runCycle.idle()
    expect(cycles(world)[0]?.endedAt).toBeDefined()
    expect(runCycle.underWay()).toEqual([])
  })

  test('dry-run records the plan and signs nothing', async () => {
    const world = FakeWorld.drifted()
    await world.start().runCycle.run(aPortfolio({ mode: 'dry-run' }), alive())
    const [cycle] = cycles(world)
    expect(cycle).toMatchObject({ outcome: 'planned', mode: 'dry-run', intents: [], transfers: [] })
    expect(cycle!.plan!.legs.length).toBeGreaterThan(1)
    expect(world.signer.signed).toEqual([])
    expect(world.chain.heard).toEqual([])
    expect(world.rows.postings).toEqual([])
  })

  test('a dry-run that died between opening and closing its cycle signs nothing when it is resumed, whatever the mode is now', async () => {
    for (const mode of ['dry-run', 'live'] as const) {
      const world = FakeWorld.drifted()
      const legs = journey(world).map((leg) => aRun({ leg }))
      await world.start().store.openCycle(aCycle({ mode: 'dry-run', market: world.market(), legs }))
      await world.start().runCycle.run(aPortfolio({ mode }), alive())
      expect(world.signer.signed).toEqual([])
      expect(cycles(world)).toMatchObject([{ outcome: 'planned', mode: 'dry-run', intents: [] }])
    }
  })

  test('finishes what is unfinished before it looks at anything new, even when paused', async () => {
    const world = FakeWorld.drifted()
    await world.start(new Life({ at: 'point', point: 'K-13', index: 0 })).runCycle.run(portfolio, alive())
    expect(cycles(world)[0]!.endedAt).toBeUndefined()
    world.hold('Lunch.')
    const process = world.start()
    await process.runCycle.run(portfolio, alive())
    expect(cycles(world)).toHaveLength(1)
    expect(cycles(world)[0]!.endedAt).toBeDefined()
    expect(process.observer.of('decided')).toEqual([])
    expect(process.observer.of('scope-changed')).toMatchObject([{ state: { reason: 'Lunch.' }, isEarlier: true }])
    expect(world.chain.standingAllowances()).toEqual([])
  })

  test('tells the breakers that are open, once per process, as what an earlier run tripped', async () => {
    const world = FakeWorld.drifted()
    const trip = { code: 'B-03', scope: 'all', level: 'halted', reason: 'Less is there.' } as const
    await world.start().tripBreaker.run(trip)
    const process = world.start()
    await process.runCycle.run(portfolio, alive())
    await process.runCycle.run(portfolio, alive())
    expect(process.observer.of('breaker-tripped')).toMatchObject([{ trip, isEarlier: true }])
  })

  test('only measures while paused, and does nothing while another process holds the lease', async () => {
    const world = FakeWorld.drifted()
    world.hold('Lunch.')
    const process = world.start()
    await process.runCycle.run(portfolio, alive())
    process.lease.isTaken = true
    await process.runCycle.run(portfolio, alive())
    expect(process.observer.of('cycle-skipped')).toMatchObject([
      { outcome: 'paused', reason: 'Lunch.' },
      { outcome: 'standby' },
    ])
    expect(world.balances.asked.toSorted()).toEqual(['alpha', 'beta'])
    expect(process.observer.of('portfolio-measured')).toHaveLength(1)
    expect(process.observer.of('decided')).toEqual([])
    expect(cycles(world)).toEqual([])
  })

  test('records a cycle that decided against trading, with the reason', async () => {
    const world = FakeWorld.drifted()
    const { runCycle } = world.start()
    await runCycle.run(portfolio, alive())
    world.clock.pass(5_000)
    await runCycle.run(portfolio, alive())
    expect(cycles(world).map(({ outcome }) => outcome)).toEqual(['traded', 'within_band'])
    world.sources[1].isDead = true
    world.clock.pass(5_000)
    await runCycle.run(portfolio, alive())
    expect(cycles(world).at(-1)).toMatchObject({ outcome: 'stale_data', legs: [] })
  })

  test('a manual cycle acts inside the bands', async () => {
    const world = FakeWorld.drifted()
    const { runCycle } = world.start()
    await runCycle.run(portfolio, alive())
    world.clock.pass(5_000)
    const answer = await runCycle.ask(portfolio, alive(), { by: 'ops', byKind: 'person', isDry: false })
    await runCycle.idle()
    const last = cycles(world).at(-1)!
    expect(answer).toEqual({ status: 'begun', cycleId: last.id })
    expect(last.decision).toMatchObject({ code: 'manual', askedBy: 'ops' })
  })

  test('what is not worth a minimum trade is in place', async () => {
    const world = FakeWorld.drifted()
    const due = world.clock.now()
    world.nextDue = (after) => (after < due ? due : undefined)
    const calendar = { schedule: '0 0 * * *', timeZone: 'UTC' }
    const rebalancing = { choice: { name: 'calendar', parameters: {} }, calendar } as const
    const policy = { ...portfolio.policy, minimumTrade: 10n ** 9n * ONE_USD }
    await world.start().runCycle.run({ ...portfolio, rebalancing, policy }, alive())
    expect(cycles(world)).toMatchObject([{ decision: { act: true }, plan: undefined, outcome: 'within_band' }])
  })

  test('a cycle that is asked for dry ends with its plan, and nothing is signed', async () => {
    const world = FakeWorld.drifted()
    const { runCycle } = world.start()
    await runCycle.ask(portfolio, alive(), { by: 'ops', byKind: 'person', isDry: true })
    await runCycle.idle()
    expect(cycles(world)).toMatchObject([{ mode: 'dry-run', outcome: 'planned', decision: { code: 'manual' } }])
    expect(world.signer.signed).toEqual([])
  })

  test('an order that begins nothing is told why', async () => {
    const world = FakeWorld.drifted()
    const process = world.start()
    const order = { by: 'ops', byKind: 'person' as const, isDry: false }
    const working = process.runCycle.run(portfolio, alive())
    expect(await process.runCycle.ask(portfolio, alive(), order)).toMatchObject({
      status: 'refused',
      reason: 'A cycle of core is at work. Wait for its end.',
    })
    await working
    world.hold('Month end.')
    expect(await process.runCycle.ask(portfolio, alive(), order)).toEqual({
      status: 'refused',
      reason: 'all is paused_new: Month end.',
    })
    await process.runCycle.idle()
    process.lease.isOurs = false
    expect(await process.runCycle.ask(portfolio, alive(), order)).toMatchObject({
      reason: 'Another process holds the lease: ask that one.',
    })
  })

  test('a broken invariant halts its portfolio, with its message as the reason', async () => {
    const world = FakeWorld.drifted()
    const process = world.start()
    world.balances.read = () => Promise.reject(new InvariantError('Two and two make five.'))
    await process.runCycle.run(portfolio, alive())
    expect(world.rows.scopes.get('portfolio:core')).toMatchObject({
      level: 'halted',
      reason: 'An invariant broke: Two and two make five.',
    })
    expect(process.observer.of('scope-changed')).toHaveLength(1)
    expect(process.stopped).toEqual([])
  })

  test('B-04: a nonce that somebody else used halts everything', async () => {
    const world = FakeWorld.drifted()
    const process = world.start()
    world.rows.nextNonces.set(`alpha:${OWNER.toLowerCase()}`, 0)
    world.chain.nonces = () => Promise.resolve({ latest: 3, finalized: 3 })
    await process.runCycle.run(portfolio, alive())
    expect(world.rows.scopes.get('all')).toMatchObject({ level: 'halted', reason: expect.stringContaining('B-04') })
    expect(world.rows.breakers).toMatchObject([{ code: 'B-04' }])
    expect(world.signer.signed).toEqual([])
  })

  test('ordinary trouble is told and changes nothing; a stale lease ends the process (B-14)', async () => {
    const world = FakeWorld.drifted()
    const process = world.start()
    world.balances.read = () => Promise.reject(new Error('The wire is cut.'))
    await process.runCycle.run(portfolio, alive())
    expect(process.observer.of('cycle-skipped')).toMatchObject([{ outcome: 'error', reason: 'The wire is cut.' }])
    expect(world.rows.scopes.size).toBe(0)

    const stale = new StaleLeaseError('Taken.')
    world.balances.read = () => Promise.reject(stale)
    await process.runCycle.run(portfolio, alive())
    expect(process.stopped).toEqual([stale])
  })

  test('B-03: the ledger opens with final balances only: a deposit on its way is waited for, and is no loss then', async () => {
    const world = FakeWorld.drifted()
    for (let block = 0; block < 6; block++) world.clock.pass(1_000)
    world.chain.give(ALPHA.usdc, OWNER, 1_000n * 10n ** 6n)
    const process = world.start()
    await process.runCycle.run(portfolio, alive())
    expect(process.observer.of('cycle-skipped')).toMatchObject([{ outcome: 'stale_data' }])
    expect(cycles(world)).toEqual([])
    await process.reconcile.run(portfolio)
    for (let block = 0; block < 6; block++) world.clock.pass(1_000)
    await process.runCycle.run(portfolio, alive())
    expect(cycles(world)).toMatchObject([{ outcome: 'traded' }])
    expect(process.observer.of('breaker-tripped')).toEqual([])
  })

  test('a daemon that stops in the middle of a cycle compares nothing that is still under way', async () => {
    const world = FakeWorld.drifted()
    const process = world.start()
    const stopping = new AbortController()
    world.clock.onPass(() => {
      if (world.chain.receipts().some(({ action }) => action?.do === 'trade')) stopping.abort()
    })
    await process.runCycle.run(portfolio, stopping.signal)
    expect(cycles(world)[0]!.endedAt).toBeUndefined()
    expect(process.observer.of('reconciled')).toEqual([])
  })

  describe('going on where a cycle stopped', () => {
    const strict = aPortfolio({ policy: { ...portfolio.policy, replanMove: ratioOfBasisPoints(5) } })
    /** From the first plan on the venues charge more than it reckoned with, until the next one. */
    const surprised = () => {
      const world = FakeWorld.drifted()
      world.clock.onPass(() => {
        if (cycles(world).length === 1) world.swaps.charge(18)
      })
      return world
    }

    test('what remains of a plan is planned anew at once, in spite of the cooldown, and brought to its end', async () => {
      const world = surprised()
      const process = world.start()
      await process.runCycle.run(strict, alive())
      const [first, second] = cycles(world)
      expect(cycles(world).map(({ outcome }) => outcome)).toEqual(['traded', 'traded'])
      expect(second!.decision.code).toBe('replanned')
      const ended = first!.legs.find(({ failure }) => failure?.code === 'REPLANNED')
      expect(second!.decision.reasons[0]).toBe(
        `What remained of cycle ${first!.id} is planned anew. ${ended?.failure?.detail}`,
      )
      expect(second!.startedAt - first!.endedAt!).toBeLessThan(strict.rebalancing.choice.parameters.cooldownMs!)
      expect(await outsideBands(process)).toEqual([])
      expect(ledgerErrors(world)).toEqual({})
      expect(world.chain.standingAllowances()).toEqual([])
    })

    test('a process that dies between the two is followed by one that goes on', async () => {
      const life = new Life()
      await surprised().start(life).runCycle.run(strict, alive())
      const closing = life.calls.indexOf('store.closeCycle')
      for (let index = closing - 3; index < closing + 12; index++) {
        if (!leavesTrace(life.calls[index]!)) continue
        const world = surprised()
        await world.start(new Life({ at: 'call', index, moment: 'after' })).runCycle.run(strict, alive())
        world.clock.pass(1_000)
        const successor = world.start()
        await successor.runCycle.run(strict, alive())
        expect(cycles(world).map(({ decision, outcome }) => [decision.code, outcome])).toEqual([
          ['band-breached', 'traded'],
          ['replanned', 'traded'],
        ])
        expect(await outsideBands(successor)).toEqual([])
        expect(ledgerErrors(world)).toEqual({})
      }
    })

    test('a pause comes before it, and it goes on after the pause', async () => {
      const world = surprised()
      const store = world.start().store
      world.clock.onPass(() => {
        if (cycles(world)[0]?.legs.some(({ failure }) => failure?.code === 'REPLANNED')) world.hold('Lunch.')
      })
      const process = world.start()
      await process.runCycle.run(strict, alive())
      expect(cycles(world)).toHaveLength(1)
      expect(process.observer.of('cycle-skipped')).toMatchObject([{ outcome: 'paused' }])
      await store.setOperatingState({
        scope: 'all',
        level: 'running',
        reason: 'Back.',
        since: world.clock.now(),
        by: 'operator',
      })
      const calm = world.start()
      await calm.runCycle.run(strict, alive())
      expect(cycles(world)[1]!.decision.code).toBe('replanned')
    })

    test('after several in a row bands and cooldown hold again', async () => {
      for (const inRow of [MAX_CONTINUATIONS - 1, MAX_CONTINUATIONS]) {
        const world = new FakeWorld()
        // Inside its bands, and not on its targets.
        world.chain.give(ALPHA.weth, OWNER, 92n * 10n ** 18n)
        world.chain.give(ALPHA.usdc, OWNER, 180_000n * 10n ** 6n)
        world.chain.give(BETA.wbtc, OWNER, 2n * 10n ** 8n)
        const process = world.start()
        for (let count = 0; count <= inRow; count++) {
          const leg = { ...plannedLeg(world, 1, 'swap', ALPHA.weth, 10n ** 18n, ALPHA.usdc), id: `earlier-${count}.1` }
          const failure = { code: 'REPLANNED', detail: 'Because.' } as const
          const earlier = aCycle({ id: `earlier-${count}`, legs: [aRun({ leg, state: 'skipped', failure })] })
          const code = count === 0 ? ('band-breached' as const) : ('replanned' as const)
          const startedAt = world.clock.now() - (10 - count) * 10_000
          await process.store.openCycle({ ...earlier, startedAt, decision: { ...earlier.decision, code } })
          await process.store.closeCycle(earlier.id, 'rejected', startedAt + 1)
        }
        await process.runCycle.run(strict, alive())
        expect(cycles(world)).toHaveLength(inRow + 2)
        expect(cycles(world).at(-1)!.decision.code).toBe(inRow < MAX_CONTINUATIONS ? 'replanned' : 'within-band')
      }
    })
  })
})
