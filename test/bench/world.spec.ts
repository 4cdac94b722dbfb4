import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Quote, QuoteAsk } from '../../src/domain/planning/quote.js'
import { amountOf } from '../../src/domain/units/amount.js'
import { generateInstance } from '../../bench/planner/generate.js'
import { MAX_SLIPPAGE, portfolioOf } from '../../bench/planner/portfolio.js'
import { QuoteService } from '../../bench/planner/quote-service.js'
import { type Crossing, type NoWay, type Route, swapOut, World } from '../../bench/planner/world.js'
import { anInstance } from './fixture.js'

const outOf = (way: Route | Crossing | NoWay) => (way.kind === 'none' ? 0 : way.out)

describe('a swap', () => {
  test('brings what the constant product gives where there is one pool', () => {
    const way = World.of(anInstance()).swap('one', 'east', 'AAA', 'USD', 500)
    expect(outOf(way)).toBeCloseTo((10_000_000 * 500 * 0.997) / (100_000 + 500 * 0.997), 6)
    expect(way).toMatchObject({ pools: ['east1'], gasUnits: 130_000 })
  })

  test('is split by a venue that sees two pools, so that neither half could do better in the other', () => {
    const way = World.of(anInstance()).swap('two', 'east', 'AAA', 'USD', 2_000)
    const best = Math.max(
      ...Array.from({ length: 2_001 }, (_, first) => {
        return swapOut(100_000, 1e7, 30, first) + swapOut(50_000, 5e6, 5, 2_000 - first)
      }),
    )
    expect(way).toMatchObject({ pools: ['east1', 'east2'] })
    expect(outOf(way) / best).toBeGreaterThan(1 - 1e-6)
    expect(outOf(way) / best).toBeLessThan(1 + 1e-9)
  })

  test('leaves a pool out that saves less than its gas', () => {
    const dear = anInstance().chains.map((chain) => ({ ...chain, gas: { usdPerUnit: 1 } }))
    expect(World.of(anInstance({ chains: dear })).swap('two', 'east', 'AAA', 'USD', 2_000)).toMatchObject({
      pools: ['east1'],
    })
  })

  test('changes nothing by being asked for, and the reserves by being applied', () => {
    const world = World.of(anInstance())
    const first = world.swap('one', 'east', 'AAA', 'USD', 500)
    expect(world.swap('one', 'east', 'AAA', 'USD', 500)).toEqual(first)
    if (first.kind !== 'swap') throw new Error('Expected a route.')
    const before = world.copy()
    world.apply(first)
    expect(outOf(world.swap('one', 'east', 'AAA', 'USD', 500))).toBeLessThan(first.out)
    expect(outOf(before.swap('one', 'east', 'AAA', 'USD', 500))).toBe(first.out)
  })

  test('meets the same pool whichever venue filled there before', () => {
    const world = World.of(anInstance())
    const alone = outOf(world.swap('two', 'west', 'BBB', 'USD', 50_000))
    const other = world.swap('one', 'west', 'BBB', 'USD', 50_000)
    if (other.kind !== 'swap') throw new Error('Expected a route.')
    world.apply(other)
    expect(outOf(world.swap('two', 'west', 'BBB', 'USD', 50_000))).toBeLessThan(alone)
  })

  test('in two parts through one pool brings what one part of their sum brings', () => {
    const world = World.of(anInstance())
    const whole = outOf(world.swap('one', 'east', 'AAA', 'USD', 900))
    const first = world.swap('one', 'east', 'AAA', 'USD', 400)
    if (first.kind !== 'swap') throw new Error('Expected a route.')
    world.apply(first)
    expect(first.out + outOf(world.swap('one', 'east', 'AAA', 'USD', 500))).toBeCloseTo(whole, 5)
  })

  test('of more brings more, at no better a price, wherever it is routed', () => {
    const instance = generateInstance({ assets: 15, chains: 8, venues: 4 }, 1)
    const world = World.of(instance)
    const arbitraries = [fc.constantFrom(...instance.pools), fc.double({ min: 100, max: 1e6, noNaN: true })] as const
    fc.assert(
      fc.property(...arbitraries, ({ chain, assets: [sell, buy], venues }, usd) => {
        const amount = usd / world.priceOf(sell)
        const [once, twice] = [1, 2].map((times) => outOf(world.swap(venues[0]!, chain, sell, buy, times * amount)))
        expect(twice!).toBeGreaterThan(once!)
        // Gas decides how many pools are worth using; it moves prices by less than this.
        expect(twice! / once!).toBeLessThan(2 * (1 + 1e-4 + 20 / usd))
      }),
    )
  })

  test('has no way where nobody makes a market', () => {
    expect(World.of(anInstance()).swap('one', 'west', 'AAA', 'USD', 1)).toMatchObject({
      kind: 'none',
      isTooMuch: false,
    })
  })
})

describe('a crossing', () => {
  test('loses its share and its fixed fee', () => {
    const way = World.of(anInstance()).bridge('one', 'USD', 'east', 'west', 10_000)
    expect(way).toMatchObject({ kind: 'bridge', key: 'swift', out: 10_000 - 4 - 1, seconds: 60 })
  })

  test('uses up the capacity of its bridge', () => {
    const world = World.of(anInstance())
    const way = world.bridge('one', 'USD', 'east', 'west', 60_000)
    if (way.kind !== 'bridge') throw new Error('Expected a crossing.')
    world.apply(way)
    expect(world.bridge('one', 'USD', 'east', 'west', 60_000)).toMatchObject({ kind: 'none', isTooMuch: true })
    expect(world.bridge('two', 'USD', 'east', 'west', 60_000)).toMatchObject({ key: 'canal' })
  })
})

describe('the quote service', () => {
  const portfolio = portfolioOf(anInstance())
  const token = (key: string) => portfolio.tokens.get(key)!
  const ask = (venue: string, units: bigint): QuoteAsk => ({
    venue,
    request: {
      kind: 'swap',
      sell: amountOf(token('AAA on east'), units),
      buy: token('USD on east'),
      account: '0x00000000000000000000000000000000000000aa',
      maxSlippage: MAX_SLIPPAGE,
    },
  })

  test('answers in the order asked, names the pools, and counts every ask', () => {
    const service = new QuoteService(World.of(anInstance()), 5)
    const asks = [ask('two', 10n ** 21n), ask('one', 10n ** 21n)]
    const answer = service.answer({ type: 'quotes', asks })
    if (answer.type !== 'quotes') throw new Error('Expected quotes.')
    expect(answer.replies).toMatchObject([
      { venue: 'two', sources: ['east1', 'east2'], obtainedAt: 5 },
      { venue: 'one', sources: ['east1'] },
    ])
    const { expectedOut, minimumOut } = answer.replies[0] as Quote
    expect(minimumOut.units).toBe((expectedOut.units * 9_950n) / 10_000n)
    expect(service.asked).toBe(2)
  })

  test('plays two trades one after the other: in one pool the second brings less than alone', () => {
    const service = new QuoteService(World.of(anInstance()), 5)
    const answer = service.answer({ type: 'joint', first: ask('one', 10n ** 21n), second: ask('one', 10n ** 21n) })
    if (answer.type !== 'joint' || answer.outcome.status !== 'played') throw new Error('Expected both to be played.')
    const { quoted, delivered } = answer.outcome
    expect(delivered[0]).toBe(quoted[0])
    expect(delivered[1]).toBeLessThan(quoted[1])
  })
})
