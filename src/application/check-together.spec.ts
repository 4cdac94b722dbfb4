import { describe, expect, test } from '@jest/globals'
import { OWNER } from '../../test/support/builders.js'
import { decodeAction, encodeAction } from '../../test/support/fake-contracts.js'
import { openCycle, plannedLeg, written } from '../../test/support/fake-legs.js'
import { ALPHA, aPortfolio, BETA, FakeWorld } from '../../test/support/fake-world.js'
import { Life } from '../../test/support/life.js'
import type { Leg } from '../domain/planning/plan.js'
import type { Quote } from '../domain/planning/quote.js'

const portfolio = aPortfolio()
const ETHER = 10n ** 18n

const legsOf = (world: FakeWorld): Leg[] => [
  plannedLeg(world, 1, 'swap', ALPHA.weth, ETHER, ALPHA.usdc),
  plannedLeg(world, 2, 'swap', ALPHA.weth, 10n * ETHER, ALPHA.usdc),
]

/** Offers the first leg's trade, whose approval stands already. `prepare` runs before. */
async function offer(prepare: (world: FakeWorld) => void = () => undefined, plan = legsOf) {
  const world = FakeWorld.drifted()
  const legs = plan(world)
  const cycle = await openCycle(world, legs)
  const life = new Life()
  const process = world.start(life)
  world.chain.allow(ALPHA.weth, OWNER, world.swaps.contract, legs[0]!.sell.units)
  prepare(world)
  const [run] = cycle.legs
  await process.offerLeg.run(portfolio, cycle, run!, run!.leg.sell)
  const played = life.calls.filter((call) => call === 'chain.simulateAll').length
  return { world, process, cycle, life, played, refusals: process.observer.of('offer-refused') }
}

/** What a trade brings, less so many basis points where another one was played before it. */
const slipping = (basisPoints: bigint) => (world: FakeWorld) => {
  world.chain.slips = (out, earlier) =>
    earlier.some((action) => action.do === 'trade') ? (out * (10_000n - basisPoints)) / 10_000n : out
}
/** Answers to requests for this amount, changed. */
const tampered = (world: FakeWorld, units: bigint, change: (quote: Quote) => Quote) => {
  for (const venue of [world.swaps, world.rival])
    venue.tamper = (quote) => (quote.request.sell.units === units ? change(quote) : quote)
}
const asked = (world: FakeWorld) => [...new Set(world.swaps.asked.map(({ request }) => request.sell.units))]

describe('CheckTogether', () => {
  test('the first swap goes ahead where all of the chain stand together, each alone first and then in turn', async () => {
    const { world, refusals, played } = await offer()
    expect(refusals).toEqual([])
    expect(written(world).intents.map(({ id }) => id)).toEqual(['plan-1.1.swap.0'])
    expect(asked(world)).toEqual([ETHER, 10n * ETHER])
    expect(played).toBe(2)
  })

  test('it is refused where a swap played after it would bring less than our own minimum', async () => {
    const { world, refusals } = await offer(slipping(45n))
    expect(refusals).toMatchObject([{ code: 'SIMULATION_DELTA', legId: 'plan-1.1' }])
    expect(refusals[0]!.detail).toContain('The 2 swaps of alpha do not stand together: played in turn, plan-1.2 would')
    expect(written(world).intents).toEqual([])
    expect(written(world).legs.map(({ refusals: count }) => count)).toEqual([1, 0])
  })

  test('it is refused where each keeps its minimum and all together bring too little', async () => {
    expect((await offer(slipping(30n))).refusals).toEqual([])
    const { refusals } = await offer(slipping(38n))
    expect(refusals).toMatchObject([{ code: 'SIMULATION_DELTA' }])
    expect(refusals[0]!.detail).toContain('34 bps less than the 32967.00 USD they were quoted alone')
  })

  test('it is refused where a swap that stands alone would fail after it', async () => {
    const { refusals } = await offer((world) => world.chain.give(ALPHA.weth, OWNER, -190n * ETHER))
    expect(refusals).toMatchObject([{ code: 'SIMULATION_DELTA' }])
    expect(refusals[0]!.detail).toMatch(/played in turn, plan-1\.2 would fail: .*balance too small/)
  })

  test.each<[string, (world: FakeWorld) => void]>([
    ['no venue offers', (world) => tampered(world, 10n * ETHER, ({ order: _order, ...quote }) => quote)],
    [
      'does not do alone what was ordered',
      (world) =>
        tampered(world, 10n * ETHER, (quote) => {
          const action = decodeAction(quote.order!.call.data)
          if (action.do === 'approve') return quote
          const data = encodeAction({ ...action, out: action.out / 2n })
          return { ...quote, order: { ...quote.order!, call: { ...quote.order!.call, data } } }
        }),
    ],
    ['would fail alone', (world) => world.chain.give(ALPHA.weth, OWNER, -195n * ETHER)],
  ])('a swap that %s is left out and judged when its turn comes', async (_what, prepare) => {
    const { world, refusals } = await offer(prepare)
    expect(refusals).toEqual([])
    expect(written(world).intents.map(({ id }) => id)).toEqual(['plan-1.1.swap.0'])
  })

  test('a spender that keeps its allowance and a token that wants it reset first do not disturb the play', async () => {
    const { refusals, played } = await offer(
      (world) => {
        world.chain.keepsAllowance.add(world.swaps.contract)
        world.chain.resetFirst.add(ALPHA.weth.address)
      },
      (world) => [...legsOf(world), plannedLeg(world, 3, 'swap', ALPHA.weth, 3n * ETHER, ALPHA.usdc)],
    )
    expect(refusals).toEqual([])
    expect(played).toBe(3)
  })

  test('a swap that sells what another one of the chain brings is played with the guaranteed minimum of that one', async () => {
    const { world, refusals, played } = await offer(
      () => undefined,
      (one) => {
        const [sale] = legsOf(one)
        return [sale!, plannedLeg(one, 2, 'swap', ALPHA.usdc, sale!.expectedOut.units, ALPHA.eth, 1)]
      },
    )
    expect(refusals).toEqual([])
    expect(asked(world)).toEqual([ETHER, written(world).legs[0]!.offer!.minimumOut.units])
    expect(played).toBe(1)
  })

  test('bridges, other chains, slices to come and swaps that wait for money from elsewhere are not played', async () => {
    const { world, played } = await offer(
      () => undefined,
      (one) => {
        const arriving = plannedLeg(one, 3, 'bridge', BETA.usdc, 10n ** 9n, ALPHA.usdc)
        return [
          legsOf(one)[0]!,
          plannedLeg(one, 2, 'bridge', ALPHA.usdc, 10n ** 9n, BETA.usdc),
          arriving,
          plannedLeg(one, 4, 'swap', ALPHA.usdc, arriving.expectedOut.units, ALPHA.eth, 3),
          plannedLeg(one, 5, 'swap', BETA.usdc, 10n ** 9n, BETA.wbtc),
          { ...legsOf(one)[1]!, id: 'plan-1.6', slice: { index: 2, of: 2, notBefore: one.clock.now() + 1 } },
        ]
      },
    )
    expect(asked(world)).toEqual([ETHER])
    expect(played).toBe(0)
  })

  test('once they stood together, they are not played again by the same process in the same cycle', async () => {
    const { world, process, cycle, life } = await offer()
    const [, second] = written(world).legs
    world.chain.allow(ALPHA.weth, OWNER, world.swaps.contract, 10n * ETHER)
    await process.offerLeg.run(portfolio, { ...cycle, legs: written(world).legs }, second!, second!.leg.sell)
    expect(life.calls.filter((call) => call === 'chain.simulateAll')).toHaveLength(2)
    expect(process.observer.of('offer-refused')).toEqual([])
  })

  test('a process that takes over after the first swap does not play', async () => {
    const { world } = await offer()
    const life = new Life()
    const [, second] = written(world).legs
    world.chain.allow(ALPHA.weth, OWNER, world.swaps.contract, 10n * ETHER)
    await world.start(life).offerLeg.run(portfolio, written(world), second!, second!.leg.sell)
    expect(life.calls).not.toContain('chain.simulateAll')
    expect(written(world).intents).toHaveLength(2)
  })

  test('an offer that aged while the others were asked for is refused, and the play is not repeated', async () => {
    const { world, process, cycle, life, refusals } = await offer((one) => {
      const order = one.swaps.order.bind(one.swaps)
      one.swaps.order = (request) => {
        if (request.sell.units !== ETHER) one.clock.pass(portfolio.maxQuoteAgeMs + 1)
        return order(request)
      }
    })
    expect(refusals).toMatchObject([{ code: 'QUOTE_STALE', legId: 'plan-1.1' }])
    const [first] = written(world).legs
    await process.offerLeg.run(portfolio, { ...cycle, legs: written(world).legs }, first!, first!.leg.sell)
    expect(written(world).intents.map(({ id }) => id)).toEqual(['plan-1.1.swap.0'])
    expect(life.calls.filter((call) => call === 'chain.simulateAll')).toHaveLength(2)
  })
})
