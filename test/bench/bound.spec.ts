import { afterAll, describe, expect, test } from '@jest/globals'
import { HighsSolver } from '../../src/adapters/optimiser/highs-solver.js'
import { Account } from '../../bench/planner/account.js'
import { playGreedy, playNaive } from '../../bench/planner/baselines.js'
import { lowerBound } from '../../bench/planner/bound.js'
import { generateInstance } from '../../bench/planner/generate.js'
import { type Instance, navOf, weightsOf } from '../../bench/planner/instance.js'
import { portfolioOf } from '../../bench/planner/portfolio.js'
import { World } from '../../bench/planner/world.js'
import { Random } from '../../bench/planner/random.js'
import { anInstance } from './fixture.js'

const solver = new HighsSolver()
afterAll(() => solver.close())

/** Changes in USD that bring every asset to its target. */
function changesToTarget(instance: Instance): Map<string, number> {
  const weights = weightsOf(instance)
  const nav = navOf(instance)
  return new Map(instance.targets.map(({ asset, weight }) => [asset, (weight - weights.get(asset)!) * nav]))
}

describe('the plain methods', () => {
  test.each([
    ['greedy', playGreedy],
    ['naive', playNaive],
  ])('%s makes every change it is asked for, and nothing from nothing', (_, play) => {
    for (const seed of [1, 2, 3]) {
      const instance = generateInstance({ assets: 8, chains: 5, venues: 3 }, seed)
      const portfolio = portfolioOf(instance)
      const changes = changesToTarget(instance)
      const { missingUsd, costUsd, gasUsd, values } = play(portfolio, World.of(instance), changes)
      const nav = navOf(instance)
      expect(missingUsd).toBeLessThan(1e-5 * nav)
      expect(costUsd).toBeGreaterThan(gasUsd)
      const weights = weightsOf(instance)
      for (const [asset, change] of changes)
        if (asset !== 'USDC') expect(values.get(asset)! / nav - weights.get(asset)! - change / nav).toBeCloseTo(0, 5)
      // The hub pays for everything.
      const spent = weights.get('USDC')! * nav + changes.get('USDC')! - values.get('USDC')!
      expect((costUsd - gasUsd) / spent).toBeCloseTo(1, 3)
    }
  })

  test('greedy is not dearer than naive in the median instance', () => {
    const ratios = Array.from({ length: 9 }, (_, seed) => {
      const instance = generateInstance({ assets: 6, chains: 4, venues: 2 }, seed)
      const portfolio = portfolioOf(instance)
      const changes = changesToTarget(instance)
      const world = World.of(instance)
      return playNaive(portfolio, world, changes).costUsd / playGreedy(portfolio, world, changes).costUsd
    })
    expect(ratios.toSorted((a, b) => a - b)[4]).toBeGreaterThan(1)
  })
})

describe('the lower bound', () => {
  test('is what the one way there is costs, gas included', async () => {
    // One pool, one chain, one asset to sell down to its upper level: nothing is left to choose.
    const base = anInstance()
    const instance = anInstance({
      chains: [base.chains[0]!],
      assets: base.assets.slice(0, 2),
      balances: base.balances.slice(0, 2),
      pools: [base.pools[0]!],
      bridges: [],
      targets: [
        { asset: 'USD', weight: 0.5, band: 0.01, lower: 0.49, upper: 0.51 },
        { asset: 'AAA', weight: 0.5, band: 0.01, lower: 0.49, upper: 0.51 },
      ],
    })
    const cost = (sold: number) => {
      const account = new Account(World.of(instance), portfolioOf(instance))
      account.swap('one', 'east', 'AAA', 'USD', sold)
      return account.outcome()
    }
    let [low, high] = [0, 4_500]
    for (let step = 0; step < 50; step++) {
      const middle = (low + high) / 2
      const { values } = cost(middle)
      if (values.get('AAA')! > 0.51 * (values.get('AAA')! + values.get('USD')!)) low = middle
      else high = middle
    }
    const least = cost(high)
    const bound = await lowerBound(instance, World.of(instance), least.values, solver)
    expect(bound.method).toBe('milp')
    expect(bound.usd / least.costUsd).toBeLessThan(1 + 1e-9)
    expect(bound.usd / least.costUsd).toBeGreaterThan(0.999)
  })

  test('is under whatever is done at random, measured at the end that comes of it', async () => {
    const instance = generateInstance({ assets: 5, chains: 3, venues: 2 }, 1)
    const portfolio = portfolioOf(instance)
    for (const play of [playGreedy, playNaive]) {
      const outcome = play(portfolio, World.of(instance), changesToTarget(instance))
      const bound = await lowerBound(instance, World.of(instance), outcome.values, solver, 1)
      expect(bound.usd).toBeGreaterThan(0)
      expect(bound.usd).toBeLessThan(outcome.costUsd)
    }
    const random = new Random(1)
    const account = new Account(World.of(instance), portfolio)
    for (let trade = 0; trade < 12; trade++) {
      const { chain, assets } = random.pick(instance.pools)
      const [sell, buy] = random.shuffled(assets)
      account.swap(
        random.pick(instance.venues),
        chain,
        sell!,
        buy!,
        account.balanceOf(sell!, chain) * random.next() * 0.2,
      )
      const { asset, from, to } = random.pick(instance.bridges)
      account.bridge(
        random.pick(instance.venues),
        asset,
        from,
        to,
        account.balanceOf(asset, from) * random.next() * 0.2,
      )
    }
    const outcome = account.outcome()
    const bound = await lowerBound(instance, World.of(instance), outcome.values, solver, 1)
    expect(bound.usd).toBeLessThan(outcome.costUsd)
  }, 120_000)
})
