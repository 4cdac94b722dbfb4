import { readFile } from 'node:fs/promises'
import { describe, expect, test } from '@jest/globals'
import { generateInstance } from '../../bench/planner/generate.js'
import { InstanceError, navOf, parseInstance, weightsOf } from '../../bench/planner/instance.js'
import { World } from '../../bench/planner/world.js'
import { anInstance } from './fixture.js'

describe('parseInstance', () => {
  test('takes an instance as it comes out of JSON', () => {
    expect(parseInstance(JSON.parse(JSON.stringify(anInstance())))).toEqual(anInstance())
  })

  test('takes the example of the documentation', async () => {
    const page = await readFile(new URL('../../docs/planner-instance.md', import.meta.url), 'utf8')
    const example = parseInstance(JSON.parse(/```json\n([^`]*)```/.exec(page)![1]!))
    expect(weightsOf(example).get('ETH')).toBeCloseTo(0.6, 12)
  })

  test('refuses a key it does not know, and says where', () => {
    expect(() => parseInstance({ ...anInstance(), colour: 'red' })).toThrow(/instance: .*colour/)
    const pools = [{ ...anInstance().pools[0], depth: 3 }]
    expect(() => parseInstance({ ...anInstance(), pools })).toThrow(/pools\.0: .*depth/)
  })

  test.each([
    ['assets.0.priceUsd', { assets: [{ ...anInstance().assets[0]!, priceUsd: 0 }, ...anInstance().assets.slice(1)] }],
    ['there is no chain "north"', { balances: [{ asset: 'USD', chain: 'north', amount: 1 }] }],
    ['there is no asset "CCC"', { balances: [{ asset: 'CCC', chain: 'east', amount: 1 }] }],
    ['"one" is there already', { venues: ['one', 'two', 'one'] }],
    [
      'the weights sum to 0.7',
      { targets: anInstance().targets.map((one) => (one.asset === 'BBB' ? { ...one, weight: 0, lower: 0 } : one)) },
    ],
    ['targets: none for "BBB"', { targets: anInstance().targets.slice(0, 2) }],
    ['nothing is held', { balances: [] }],
  ])('refuses with: %s', (text, changes) => {
    expect(() => parseInstance({ ...anInstance(), ...changes })).toThrow(InstanceError)
    expect(() => parseInstance({ ...anInstance(), ...changes })).toThrow(text)
  })
})

describe('generateInstance', () => {
  const sizes = [
    [2, 1, 1],
    [8, 5, 3],
    [15, 8, 4],
    [60, 15, 5],
  ] as const

  test('gives the same for the same seed, and another for another', () => {
    const size = { assets: 8, chains: 5, venues: 3 }
    expect(generateInstance(size, 7)).toEqual(generateInstance(size, 7))
    expect(generateInstance(size, 7)).not.toEqual(generateInstance(size, 8))
  })

  test.each(sizes)('keeps what it promises with %i assets, %i chains, %i venues', (assets, chains, venues) => {
    for (const seed of [1, 2, 3]) {
      const instance = generateInstance({ assets, chains, venues }, seed)
      expect([instance.assets.length, instance.chains.length, instance.venues.length]).toEqual([assets, chains, venues])
      expect(parseInstance(instance)).toEqual(instance)
      expect(navOf(instance)).toBeGreaterThan(0.99e6)
      expect(navOf(instance)).toBeLessThan(50.1e6)
      const weights = weightsOf(instance)
      const mustSell = instance.targets.reduce(
        (sum, { asset, upper }) => sum + Math.max(0, weights.get(asset)! - upper),
        0,
      )
      expect(mustSell).toBeGreaterThan(0.0299)
      expect(mustSell).toBeLessThan(0.0801)
      for (const { asset } of instance.balances) expect(weights.get(asset)).toBeGreaterThan(0)
    }
  })

  test('puts every pool within its fee of the oracle, so that no small trade gains', () => {
    const instance = generateInstance({ assets: 15, chains: 8, venues: 4 }, 3)
    const world = World.of(instance)
    for (const { chain, assets, venues } of instance.pools)
      for (const [sell, buy] of [assets, assets.toReversed()]) {
        const way = world.swap(venues[0]!, chain, sell!, buy!, 1 / world.priceOf(sell!))
        expect(way.kind).toBe('swap')
        if (way.kind === 'swap') expect(way.out * world.priceOf(buy!)).toBeLessThan(1)
      }
  })
})
