import { describe, expect, test } from '@jest/globals'
import { journey, openCycle, plannedLeg, written } from '../../test/support/fake-legs.js'
import { ALPHA, aPortfolio, BETA, FakeWorld } from '../../test/support/fake-world.js'
import { Life } from '../../test/support/life.js'
import type { Call } from '../domain/planning/quote.js'
import { amountOf } from '../domain/units/amount.js'
import { SimulationError } from '../ports/chain.js'

const portfolio = aPortfolio()
const CYCLE = 'cycle-1'

async function drive(prepare: (world: FakeWorld) => void, life = new Life()) {
  const world = FakeWorld.drifted()
  await openCycle(world, journey(world))
  prepare(world)
  const process = world.start(life)
  await process.drive(portfolio, CYCLE)
  return { world, process, life }
}
const tripped = ({ process }: Awaited<ReturnType<typeof drive>>) =>
  process.observer.of('breaker-tripped').map(({ trip }) => `${trip.code} ${trip.scope} ${trip.level}`)
const LESS = ['B-02 portfolio:core paused_hard', 'B-02 venue:swaps paused_hard']

describe('C-13: what a leg really moved', () => {
  test('F-14, F-20: a router that behaves when played and pays half when mined stops portfolio and venue; no other leg begins', async () => {
    const run = await drive((world) => (world.chain.skims = true))
    const { legs } = written(run.world)
    expect(legs[0]).toMatchObject({ state: 'failed', failure: { code: 'UNDER_DELIVERED' } })
    expect(legs.slice(1).map(({ state }) => state)).toEqual(['skipped', 'skipped', 'skipped'])
    expect(tripped(run)).toEqual(LESS)
    expect(run.world.effects()).toHaveLength(1)
    expect(run.world.chain.standingAllowances()).toEqual([])
  })

  test('the breaker holds before the allowance is taken back, which a hard pause does not keep from happening', async () => {
    const run = await drive((world) => {
      world.chain.skims = true
      world.chain.keepsAllowance.add(world.swaps.contract)
    })
    const trip = run.life.calls.indexOf('store.tripBreaker')
    const revoke = run.process.observer.events.findIndex(
      (event) => event.type === 'intent-changed' && event.intent.kind === 'revoke',
    )
    const stop = run.process.observer.events.findIndex((event) => event.type === 'breaker-tripped')
    expect(trip).toBeGreaterThan(0)
    expect(stop).toBeLessThan(revoke)
    expect(written(run.world).intents.filter(({ kind }) => kind === 'revoke')).toMatchObject([{ state: 'final_ok' }])
    expect(run.world.chain.standingAllowances()).toEqual([])
    expect(run.life.points).toContain('K-23')
  })

  test('the minimum a venue names beside its calldata binds nobody: an honest fill below it stops nothing', async () => {
    const run = await drive((world) => {
      world.swaps.tamper = (quote) => ({
        ...quote,
        minimumOut: amountOf(quote.request.buy, quote.expectedOut.units + 1n),
      })
    })
    const { legs } = written(run.world)
    expect(legs.map(({ state }) => state)).toEqual(['done', 'done', 'done', 'done'])
    const swap = legs.find(({ leg }) => leg.kind === 'swap')!
    expect(swap.received!.units).toBeLessThan(swap.offer!.minimumOut.units)
    expect(tripped(run)).toEqual([])
  })

  test('one base unit less than the calldata guarantees is short, also above our own minimum and what the venue names', async () => {
    const run = await drive((world) => {
      const honest = world.swaps.decode.bind(world.swaps)
      world.swaps.decode = (call) => {
        const claim = honest(call)
        const { token, minimumUnits } = claim.buys
        return { ...claim, buys: { token, minimumUnits: minimumUnits! + 1n } }
      }
    })
    const [first] = written(run.world).legs
    expect(first).toMatchObject({ state: 'failed', failure: { code: 'UNDER_DELIVERED' } })
    expect(first!.received!.units).toBeGreaterThan(first!.offer!.minimumOut.units)
    expect(tripped(run)).toEqual(LESS)
  })

  test('a receipt that claims more than the balance grew by is not believed', async () => {
    let reads = 0
    const run = await drive((world) => {
      const honest = world.balances.read.bind(world.balances)
      world.balances.read = async (chain, account, tokens, at) => {
        const reading = await honest(chain, account, tokens, at)
        if (typeof at !== 'bigint' || reading.status === 'unknown') return reading
        // The balance before the trade, which is read first, was higher than the receipt would have it.
        const more = reads++ % 2 === 0 ? 10n ** 9n : 0n
        const holdings = reading.holdings.map((one) => ({ ...one, units: one.units + more }))
        return { ...reading, holdings }
      }
    })
    expect(tripped(run)).toEqual(LESS)
  })

  test('a leg is judged when the balances around its trade can be read, and not before', async () => {
    let silences = 0
    const run = await drive((world) => {
      const honest = world.balances.read.bind(world.balances)
      world.balances.read = (chain, account, tokens, at) => {
        if (typeof at !== 'bigint' || silences++ > 3) return honest(chain, account, tokens, at)
        return Promise.resolve({ chain, status: 'unknown', reason: 'timeout' })
      }
    })
    expect(silences).toBeGreaterThan(3)
    expect(tripped(run)).toEqual([])
    expect(written(run.world).legs.map(({ state }) => state)).toEqual(['done', 'done', 'done', 'done'])
  })

  test('where the chain has forgotten those balances, the receipt of a final trade counts alone', async () => {
    const run = await drive((world) => {
      const honest = world.balances.read.bind(world.balances)
      world.balances.read = (chain, account, tokens, at) =>
        typeof at === 'bigint'
          ? Promise.resolve({ chain, status: 'unknown', reason: 'pruned' })
          : honest(chain, account, tokens, at)
    })
    expect(written(run.world).legs.map(({ state }) => state)).toEqual(['done', 'done', 'done', 'done'])
    const short = await drive((world) => {
      world.chain.skims = true
      world.balances.read = (chain) => Promise.resolve({ chain, status: 'unknown', reason: 'pruned' })
    })
    expect(tripped(short)).toEqual(LESS)
  })
})

describe('C-14: the allowance of a leg', () => {
  test('F-19: a swap that reverts leaves none behind, after its last try', async () => {
    const world = FakeWorld.drifted()
    await openCycle(world, [plannedLeg(world, 1, 'swap', ALPHA.weth, 10n ** 19n, ALPHA.usdc)])
    world.chain.reverts = (action) => action.do === 'trade'
    await world.start().drive(portfolio, CYCLE)
    expect(written(world).legs).toMatchObject([{ state: 'failed', failure: { code: 'REVERTED' } }])
    expect(written(world).intents.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
      'approve final_ok',
      'swap final_reverted',
      'swap final_reverted',
      'swap final_reverted',
      'revoke final_ok',
    ])
    expect(world.chain.standingAllowances()).toEqual([])
  })

  test('C-10: an absurd estimate of a revocation is bounded, and nothing waits behind it', async () => {
    const world = FakeWorld.drifted()
    await openCycle(world, [plannedLeg(world, 1, 'swap', ALPHA.weth, 10n ** 19n, ALPHA.usdc)])
    world.chain.keepsAllowance.add(world.swaps.contract)
    const honest = world.chain.estimateGas.bind(world.chain)
    let lies = 2
    world.chain.estimateGas = (account, call) =>
      isRevocation(call) && lies-- > 0 ? Promise.resolve(10n ** 12n) : honest(account, call)
    await world.start().drive(portfolio, CYCLE)
    const revocations = written(world).intents.filter(({ kind }) => kind === 'revoke')
    expect(revocations[0]!.gasLimit).toBe(2n ** 24n)
    expect(revocations.at(-1)).toMatchObject({ state: 'final_ok', attempts: [{ gasLimit: 125_000n }] })
    expect(world.chain.standingAllowances()).toEqual([])
  })

  const STUCK = { code: 'B-05', scope: 'portfolio:core', level: 'paused_hard' }

  test('B-05: a revocation that the chain will not even play is tried three times; then the leg has failed and the sweep goes on', async () => {
    const world = FakeWorld.drifted()
    await openCycle(world, [plannedLeg(world, 1, 'swap', ALPHA.weth, 10n ** 19n, ALPHA.usdc)])
    world.chain.keepsAllowance.add(world.swaps.contract)
    const honest = world.chain.estimateGas.bind(world.chain)
    world.chain.estimateGas = (account, call) =>
      isRevocation(call) ? Promise.reject(new SimulationError('approve(0) reverts')) : honest(account, call)
    const process = world.start()
    await process.drive(portfolio, CYCLE)
    expect(written(world).legs).toMatchObject([{ state: 'failed', failure: { code: 'ALLOWANCE_LEFT' } }])
    expect(written(world).legs[0]!.received!.units).toBeGreaterThan(0n)
    expect(written(world).outcome).toBe('traded')
    expect(process.observer.of('breaker-tripped')).toMatchObject([{ trip: STUCK }])
    expect(process.observer.of('failed')).toHaveLength(3)
    world.chain.estimateGas = honest
    await process.sweepAllowances.run(portfolio)
    expect(await process.store.looseIntents()).toMatchObject([{ kind: 'revoke' }])
  })

  test('B-05: revocations that keep reverting are three; a crossing that has begun is followed all the same', async () => {
    for (const kind of ['swap', 'bridge'] as const) {
      const world = FakeWorld.drifted()
      const leg =
        kind === 'swap'
          ? plannedLeg(world, 1, 'swap', ALPHA.weth, 10n ** 19n, ALPHA.usdc)
          : plannedLeg(world, 1, 'bridge', ALPHA.usdc, 10n ** 9n, BETA.usdc)
      await openCycle(world, [leg])
      for (const venue of [world.swaps, world.crossings]) world.chain.keepsAllowance.add(venue.contract)
      world.chain.reverts = (action) => action.do === 'approve' && action.units === 0n
      const process = world.start()
      await process.drive(portfolio, CYCLE)
      const { legs, intents } = written(world)
      expect(intents.filter((one) => one.kind === 'revoke').map(({ state }) => state)).toEqual(
        Array(3).fill('final_reverted'),
      )
      expect(legs).toMatchObject([kind === 'swap' ? { failure: { code: 'ALLOWANCE_LEFT' } } : { state: 'done' }])
      expect(process.observer.of('breaker-tripped')).toMatchObject([{ trip: STUCK }])
    }
  })
})

function isRevocation(call: Call): boolean {
  return call.data.startsWith('0x095ea7b3') && /^0+$/.test(call.data.slice(-64))
}
