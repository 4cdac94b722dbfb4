import { describe, expect, jest, test } from '@jest/globals'
import { aPortfolio, FakeWorld } from '../../test/support/fake-world.js'
import type { PriceGuard } from '../domain/policy/price-guard.js'
import { ratioOfBasisPoints } from '../domain/units/ratio.js'
import { ONE_USD } from '../domain/units/usd.js'

jest.setTimeout(60_000)

const bps = ratioOfBasisPoints
const portfolio = aPortfolio()
const guard = (asset: string, changes: Partial<PriceGuard> = {}): PriceGuard => ({
  asset,
  maxDivergence: bps(50),
  maxMove: bps(500),
  windowMs: 300_000,
  pauseMs: 900_000,
  maxOffPeg: undefined,
  warnOffPeg: undefined,
  ...changes,
})
const cents = (value: bigint) => (value * ONE_USD) / 100n

function aWorld(world = FakeWorld.drifted()) {
  world.guards.push(
    guard('ETH'),
    guard('USD', { maxMove: bps(10_000), maxOffPeg: bps(100), warnOffPeg: bps(50) }),
    guard('BTC'),
  )
  return world
}
/** Reads prices once, and says which assets are held. */
async function look(world: FakeWorld, process = world.start()) {
  await process.readPrices.run(portfolio)
  return (await process.store.operatingStates()).map(
    ({ scope, level, reason }) => `${scope} ${level} ${reason.slice(0, 10)}`,
  )
}

describe('WatchPrices', () => {
  test('F-68, B-09: one source that is 5 % off stops the asset, and it goes on once the sources agree', async () => {
    const world = aWorld()
    const process = world.start()
    expect(await look(world, process)).toEqual([])
    const [, reference] = world.sources
    reference.shift('ETH', 500)
    expect(await look(world, process)).toEqual(['asset:ETH paused_new B-09: C-31'])
    reference.shift('ETH', 0)
    expect(await look(world, process)).toEqual([])
    expect(process.observer.of('breaker-cleared')).toHaveLength(1)
  })

  test('F-70, C-36: a stable asset at 0.87 on all sources is not touched, counts at 0.87, and goes on near its peg', async () => {
    const world = aWorld()
    world.prices.set('USD', cents(87n))
    const process = world.start()
    await process.runCycle.run(portfolio, new AbortController().signal)
    expect((await process.store.operatingStates()).map(({ scope }) => scope)).toEqual(['asset:USD'])
    const [cycle] = world.rows.cycles.values()
    expect(cycle!.valuation.assets.find(({ asset }) => asset === 'USD')).toMatchObject({
      status: 'known',
      price: cents(87n),
      value: 104_400n * ONE_USD,
    })
    expect(cycle!.valuation.nav).toBe(104_400n * ONE_USD + 210n * 3_000n * ONE_USD)
    expect(cycle!.drift.excluded.map(({ asset }) => asset)).toEqual(['USD'])
    const touched = cycle!.legs.flatMap(({ leg }) => [leg.sell.token.asset, leg.expectedOut.token.asset])
    expect(touched).not.toContain('USD')
    expect(world.holdings()).toMatchObject({
      'USDC on alpha': 100_000n * 10n ** 6n,
      'USDC on beta': 20_000n * 10n ** 6n,
    })
    world.prices.set('USD', (ONE_USD * 993n) / 1_000n)
    expect(await look(world, process)).toHaveLength(1)
    world.prices.set('USD', (ONE_USD * 996n) / 1_000n)
    expect(await look(world, process)).toEqual([])
  })

  test('C-36: a stable asset that is more than 50 bps off its peg is told of once, and traded as before', async () => {
    const world = aWorld()
    const process = world.start()
    const told = () => process.observer.of('off-peg').length
    const steps: readonly (readonly [tenths: bigint, told: number, stopped: number])[] = [
      [9_950n, 0, 0],
      [9_949n, 1, 0],
      [9_900n, 1, 0],
      [9_974n, 1, 0],
      [9_976n, 1, 0],
      [10_051n, 2, 0],
      [10_101n, 2, 1],
    ]
    for (const [price, warnings, stopped] of steps) {
      world.prices.set('USD', (ONE_USD * price) / 10_000n)
      expect([await look(world, process), told()]).toEqual([
        Array(stopped).fill('asset:USD paused_new B-09: C-36'),
        warnings,
      ])
    }
    expect(process.observer.of('off-peg')[0]).toMatchObject({
      asset: 'USD',
      detail: 'USD is at 0.9949 USD, 51 bps off its peg, it is watched from 50 bps on.',
    })
  })

  test('F-71, C-35: +40 % within a minute on all sources stops the asset for a quarter of an hour', async () => {
    const world = aWorld()
    const process = world.start()
    await look(world, process)
    world.clock.pass(60_000)
    world.prices.set('ETH', 4_200n * ONE_USD)
    expect(await look(world, process)).toEqual(['asset:ETH paused_new B-09: C-35'])
    // Against the window the price stands still again, but the pause is not over.
    world.clock.pass(600_000)
    expect(await look(world, process)).toHaveLength(1)
    world.clock.pass(299_000)
    expect(await look(world, process)).toHaveLength(1)
    world.clock.pass(2_000)
    expect(await look(world, process)).toEqual([])
  })

  test('a process that takes over lets go of what an earlier one stopped, by the same rules', async () => {
    const world = aWorld()
    const first = world.start()
    await look(world, first)
    world.prices.set('ETH', 4_200n * ONE_USD)
    await look(world, first)
    world.clock.pass(600_000)
    const second = world.start()
    expect(await look(world, second)).toHaveLength(1)
    world.clock.pass(300_001)
    expect(await look(world, second)).toEqual([])
  })

  test('5 % in five minutes are allowed, and so is the same move over a longer time', async () => {
    const world = aWorld()
    const process = world.start()
    for (const [price, held] of [
      [3_000n, 0],
      [3_150n, 0],
      [3_151n, 1],
    ] as const) {
      world.clock.pass(1_000)
      world.prices.set('ETH', price * ONE_USD)
      expect(await look(world, process)).toHaveLength(held)
    }
    const slow = aWorld()
    const other = slow.start()
    for (const price of [3_000n, 3_100n, 3_200n, 3_300n]) {
      slow.prices.set('ETH', price * ONE_USD)
      expect(await look(slow, other)).toEqual([])
      slow.clock.pass(301_000)
    }
  })

  test('no price at all is no finding and lets go of nothing: without one nothing is traded anyway', async () => {
    const world = aWorld()
    const process = world.start()
    world.sources[1].shift('ETH', 500)
    await look(world, process)
    world.sources[1].isDead = true
    expect(await look(world, process)).toHaveLength(1)
  })
})
