import { describe, expect, jest, test } from '@jest/globals'
import fc from 'fast-check'
import { HighsSolver } from '../../adapters/optimiser/highs-solver.js'
import {
  anySetting,
  type AssetSpec,
  aSetting,
  bps,
  inputOf,
  type Setting,
  usd,
} from '../../../test/support/planning-input.js'
import {
  anyWorld,
  DEEP,
  planned,
  planWith,
  type PoolWorld,
  SOLVER,
  variedDepths,
} from '../../../test/support/pool-quotes.js'
import { isNative, tokenId } from '../assets.js'
import { maxLossOf, ownMinimumOut } from '../policy/limits.js'
import { spendableUnits } from '../portfolio/valuation.js'
import { amountOf } from '../units/amount.js'
import { RATIO_ONE, ratioToNumber } from '../units/ratio.js'
import { usdToNumber, valueOf } from '../units/usd.js'
import { scoreOfAlternative, scoreOfPlan } from './comparison.js'
import { addCosts, NO_COST, priceIn, totalOf } from './cost.js'
import type { PlanInput } from './dialogue.js'
import { hubOf } from './network.js'
import type { Leg, Plan } from './plan.js'
import { requestKey } from './quote.js'

jest.setTimeout(120_000)

const line = ({ kind, sell, expectedOut }: Leg) =>
  `${kind} ${sell.token.asset}@${sell.token.chain} > ${expectedOut.token.asset}@${expectedOut.token.chain}`
const text = (value: unknown) =>
  JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? `${one}` : one))
const worth = ({ market }: PlanInput, { token, units }: Leg['sell'], rounding: 'up' | 'down' = 'down') =>
  valueOf(amountOf(token, units), priceIn(market, token.asset), rounding)

const USD: AssetSpec = {
  key: 'USD',
  class: 'stable',
  price: 1,
  target: 5_000,
  on: { alpha: 6 },
  held: { alpha: 400_000 },
}
const ETH: AssetSpec = {
  key: 'ETH',
  class: 'major',
  price: 3_000,
  target: 5_000,
  on: { alpha: 18 },
  held: { alpha: 597_000 },
}

describe('the planner', () => {
  test('sells what is overweight for what is underweight where both are', async () => {
    const input = inputOf({ assets: [ETH, USD] })
    const plan = await planned(input, DEEP)
    expect(plan.legs.map(line)).toEqual(['swap ETH@alpha > USD@alpha'])
    expect(plan.legs[0]).toMatchObject({ id: 'plan.1', funding: [], slice: undefined, maxLoss: bps(100) })
    expect(Math.abs(usdToNumber(worth(input, plan.legs[0]!.sell)) - 100_000)).toBeLessThan(200)
    expect(plan.unmet).toEqual([])
    expect(plan.expectedDrift < bps(5)).toBe(true)
    expect(plan.method).toBe('milp')
  })

  test('a balanced portfolio gets no plan, with the reason, and nobody is asked (P-21)', async () => {
    const held = { alpha: 500_000 }
    const input = inputOf({
      assets: [
        { ...ETH, held: { alpha: 497_000 } },
        { ...USD, held },
      ],
    })
    const { outcome, questions } = await planWith(input, DEEP)
    expect(outcome).toMatchObject({
      status: 'no-plan',
      reasons: ['No distance from the levels is worth a minimum trade.'],
    })
    expect(questions).toBe(0)
  })

  test('money reaches a chain on which an asset has to be bought, each leg after those that fund it', async () => {
    const assets: AssetSpec[] = [
      { ...USD, target: 4_000, on: { alpha: 6, beta: 6 } },
      { ...ETH, target: 4_000 },
      { key: 'BTC', class: 'major', price: 60_000, target: 2_000, on: { beta: 8 }, held: {} },
    ]
    const plan = await planned(inputOf({ assets }), DEEP)
    const kinds = plan.legs.map(line)
    expect(kinds).toContain('bridge USD@alpha > USD@beta')
    expect(kinds.at(-1)).toBe('swap USD@beta > BTC@beta')
    const crossing = plan.legs.find(({ kind }) => kind === 'bridge')!
    expect(plan.legs.at(-1)!.funding.map(({ leg }) => leg)).toEqual([crossing.id])
  })

  test('an asset with a hub of its own trades against that, and never with the dollar', async () => {
    const assets: AssetSpec[] = [
      { ...USD, target: 3_000, held: { alpha: 300_000 } },
      { ...ETH, target: 4_000, held: { alpha: 297_000 } },
      { key: 'STAKED', class: 'major', price: 3_300, target: 3_000, on: { alpha: 18 }, held: { alpha: 400_000 } },
    ]
    const depth: PoolWorld['depth'] = (_chain, a, b) =>
      a === 'STAKED' || b === 'STAKED' ? (a === 'ETH' ? usd(50_000_000) : undefined) : usd(80_000_000)
    const plan = await planned(inputOf({ assets, policy: { assetHubs: { STAKED: 'ETH' } } }), { ...DEEP, depth })
    expect(plan.legs.map(line)).toEqual(['swap STAKED@alpha > ETH@alpha'])
  })

  test('goes a way whose costs alone add to the drift, where that is more than 5 bps of NAV (C-52)', async () => {
    const assets: AssetSpec[] = [
      { ...USD, target: 4_000, held: { alpha: 400_000 } },
      { ...ETH, target: 3_000, held: { alpha: 97_000 } },
      { key: 'BTC', class: 'major', price: 60_000, target: 3_000, on: { alpha: 8 }, held: { alpha: 500_000 } },
    ]
    const band = (key: string) => (key === 'ETH' ? bps(200) : bps(3_000))
    const targets = assets.map(({ key, target }) => ({ asset: key, weight: bps(target), absoluteBand: band(key) }))
    const input = inputOf({ assets, policy: { targets }, reset: RATIO_ONE / 2n })
    const plan = await planned(input, { ...DEEP, feeBps: () => 60 })
    expect(plan.legs.map(line)).toContain('swap USD@alpha > ETH@alpha')
    expect(plan.expectedDrift > input.drift.portfolio + bps(5)).toBe(true)
  })

  describe('where venues price an asset better than we do', () => {
    const held = { USD: 405_000, ETH: 402_000, LINK: 190_000 }
    /** One asset has a narrow band and is to return half-way; the others are free within wide ones. */
    const inputWith = (holdings: typeof held, narrow: string) => {
      const assets: AssetSpec[] = [
        { ...USD, target: 4_000, held: { alpha: holdings.USD } },
        { ...ETH, target: 4_000, held: { alpha: holdings.ETH } },
        { key: 'LINK', class: 'other', price: 15, target: 2_000, on: { alpha: 18 }, held: { alpha: holdings.LINK } },
      ]
      const targets = assets.map(({ key, target }) => ({
        asset: key,
        weight: bps(target),
        absoluteBand: bps(key === narrow ? 50 : 300),
      }))
      return inputOf({ assets, policy: { targets, assetHubs: { LINK: 'ETH' } }, reset: RATIO_ONE / 2n })
    }
    const input = inputWith(held, 'LINK')
    const world: PoolWorld = { ...DEEP, feeBps: () => 1, cheaperBps: { ETH: -9 } }

    test('trades what its levels need, and nothing for the gain (C-52)', async () => {
      const plan = await planned(input, world)
      expect(plan.legs.map(line)).toEqual(['swap ETH@alpha > LINK@alpha'])
      expect(usdToNumber(worth(input, plan.legs[0]!.sell))).toBeLessThan(8_000)
      expect(plan.expectedDrift < input.drift.portfolio).toBe(true)
    })

    test('does nothing where nobody sells what has to be bought', async () => {
      const depth: PoolWorld['depth'] = (_chain, a, b) =>
        a === 'LINK' || b === 'LINK' ? undefined : DEEP.depth('alpha', a, b, 'one')
      const { outcome } = await planWith(input, { ...world, depth })
      expect(outcome.status).toBe('no-plan')
    })

    test('gives away or takes of each asset no more than what is outside its levels needs', async () => {
      const off = fc.integer({ min: -20, max: 20 })
      const narrow = fc.constantFrom('USD', 'ETH', 'LINK')
      const away = fc.integer({ min: 6_000, max: 25_000 })
      const wrong = fc.record({ USD: off, ETH: off, LINK: off })
      await fc.assert(
        fc.asyncProperty(narrow, away, fc.boolean(), wrong, async (key, distance, isOver, cheaperBps) => {
          const even = { USD: 400_000, ETH: 397_000, LINK: 200_000 } as Record<string, number>
          for (const one of Object.keys(even)) even[one]! += (one === key ? 1 : -0.5) * (isOver ? distance : -distance)
          const from = inputWith(even as typeof held, key)
          const { outcome } = await planWith(from, { ...world, cheaperBps })
          if (outcome.status === 'no-plan') return
          const { legs, expectedDrift } = outcome.plan
          expect(expectedDrift < from.drift.portfolio).toBe(true)
          for (const one of Object.keys(even)) {
            const change = legs.reduce(
              (sum, { sell, expectedOut }) =>
                sum +
                (expectedOut.token.asset === one ? usdToNumber(worth(from, expectedOut)) : 0) -
                (sell.token.asset === one ? usdToNumber(worth(from, sell)) : 0),
              0,
            )
            expect(Math.abs(change)).toBeLessThan(1.07 * (distance - 2_500))
          }
        }),
        { numRuns: 25 },
      )
    })
  })

  test('native coin is sold above the gas reserve only, and never bought', async () => {
    const assets = [
      { ...ETH, target: 0, held: {} },
      { ...USD, target: 10_000 },
    ]
    const plan = await planned(inputOf({ assets, native: { alpha: 300_000 } }), DEEP)
    const sold = plan.legs.filter(({ sell }) => isNative(sell.token)).reduce((sum, { sell }) => sum + sell.units, 0n)
    expect(sold).toBe(99n * 10n ** 18n)
    const poor = await planned(inputOf({ assets: [{ ...ETH, held: {} }, USD] }), DEEP)
    expect(poor.legs.every(({ expectedOut }) => !isNative(expectedOut.token))).toBe(true)
  })

  test('an order over the impact limit is cut into slices in time', async () => {
    const world: PoolWorld = { ...DEEP, depth: () => usd(20_000_000) }
    const slicing = { maxImpact: bps(10), maxSlices: 4, recoveryHalfLifeSeconds: 60, riskAversion: 0.1 }
    const input = inputOf({ assets: [ETH, USD], policy: { slicing } })
    const [whole, sliced] = [await planned(inputOf({ assets: [ETH, USD] }), world), await planned(input, world)]
    expect(sliced.legs.length).toBeGreaterThan(1)
    expect(sliced.legs.map(({ slice }) => slice?.index)).toEqual(sliced.legs.map((_, index) => index + 1))
    const begins = sliced.legs.map(({ slice }) => slice!.notBefore)
    expect(begins[0]).toBe(input.now)
    expect(begins).toEqual([...new Set(begins)].toSorted((a, b) => a - b))
    expect(totalOf(sliced.cost) < totalOf(whole.cost)).toBe(true)
  })

  test('C-62: a crossing of more than three tenths of what its bridge may carry goes in parts, one after the other', async () => {
    const assets: AssetSpec[] = [
      { ...USD, target: 4_000, on: { alpha: 6, beta: 6 } },
      { ...ETH, target: 4_000 },
      { key: 'BTC', class: 'major', price: 60_000, target: 2_000, on: { beta: 8 }, held: {} },
    ]
    const crossings = async (policy: Partial<PlanInput['policy']>) => {
      const input = inputOf({ assets, policy })
      const { legs } = await planned(input, DEEP)
      return { now: input.now, legs, parts: legs.filter(({ kind }) => kind === 'bridge') }
    }
    const { parts: whole } = await crossings({})
    expect(whole.map(({ slice }) => slice)).toEqual([undefined])
    const { now, legs, parts } = await crossings({ maxBridgeShare: bps(2_500) })
    expect(parts.length).toBeGreaterThan(1)
    expect(parts.map(({ slice }) => slice)).toEqual(
      parts.map((_, index) => ({ index: index + 1, of: parts.length, notBefore: now })),
    )
    expect(legs.at(-1)!.funding.map(({ leg }) => leg)).toEqual(parts.map(({ id }) => id))
    const most = usdToNumber(inputOf({ assets }).valuation.nav) * 0.25 * 0.3
    for (const { sell } of parts) expect(Number(sell.units) / 1e6).toBeLessThan(most + 0.01)
    const { parts: few } = await crossings({ maxBridgeShare: bps(2_500), minimumTrade: usd(101_000) })
    expect(few).toHaveLength(1)
  })

  test('what it learned makes the next plan ask less', async () => {
    const world: PoolWorld = { ...DEEP, depth: variedDepths(4, 200_000_000) }
    const first = await planWith(inputOf(aSetting()), world)
    const second = await planWith(inputOf(aSetting({ curves: first.outcome.curves })), world)
    expect(second.outcome.status).toBe('planned')
    expect(second.asks.length).toBeLessThan(first.asks.length)
  })

  test('asks no venue the same thing twice', async () => {
    const { asks } = await planWith(inputOf(aSetting()), { ...DEEP, depth: variedDepths(4, 30_000_000) })
    const keys = asks.map(({ venue, request }) => `${venue} ${requestKey(request)} ${request.without?.join(' ') ?? ''}`)
    expect(new Set(keys).size).toBe(keys.length)
  })

  test.each([0, 1, 5, 12])('with a budget of %d quotes it asks no more, and still ends', async (maxQuotes) => {
    const planning = { maxQuotes, deadlineMs: 20_000, solverSeconds: undefined }
    const { asks, outcome } = await planWith(inputOf(aSetting({ policy: { planning } })), DEEP)
    expect(asks.length).toBeLessThanOrEqual(maxQuotes)
    expect(outcome.status).toBe(maxQuotes < 2 ? 'no-plan' : 'planned')
  })

  test('every leg says of every venue that serves it what it would have cost, or why it was not taken', async () => {
    const planning = { maxQuotes: 5, deadlineMs: 20_000, solverSeconds: undefined }
    const { legs } = await planned(inputOf(aSetting({ policy: { planning } })), DEEP)
    for (const { venue, alternatives } of legs)
      expect([venue, ...alternatives.map((one) => one.venue)].toSorted()).toEqual(['one', 'two'])
    const refusals = legs.flatMap(({ alternatives }) => alternatives.map(({ refusal }) => refusal))
    expect(refusals).toContain('not asked: the questions of this plan went elsewhere')
  })
})

describe('separate pools', () => {
  const setting = { assets: [ETH, USD] }
  const shallow: PoolWorld = { ...DEEP, depth: () => usd(12_000_000) }

  test('two aggregators that fill elsewhere share an order, with the proof (theory 8.7)', async () => {
    const world: PoolWorld = { ...shallow, pools: 'separate' }
    const [alone, both] = [await planned(inputOf(setting), shallow), await planned(inputOf(setting), world)]
    expect(alone.legs).toHaveLength(1)
    expect(alone.separatePools).toEqual([])
    expect(both.legs.map(({ venue }) => venue).toSorted()).toEqual(['one', 'two'])
    expect(both.separatePools).toMatchObject([{ group: 'ETH on alpha, sell', proof: 'fill-lists' }])
    expect(totalOf(both.cost) < totalOf(alone.cost)).toBe(true)
  })

  test('venues that do not say where they fill are tried by playing one after the other', async () => {
    const world: PoolWorld = { ...shallow, pools: 'separate', isOpen: false }
    const plan = await planned(inputOf(setting), world)
    expect(plan.separatePools).toMatchObject([{ proof: 'joint-simulation' }])
    expect(plan.legs).toHaveLength(2)
    const shared = await planned(inputOf(setting), { ...world, pools: 'shared' })
    expect(shared.separatePools).toEqual([])
    expect(shared.legs).toHaveLength(1)
  })
})

describe('any plan', () => {
  /** Not shrunk, as every try is a plan. Drawn once, so that the facts about plans are checked on the same ones, which are made once. */
  const runs = { numRuns: 12, endOnFailure: true, seed: Math.floor(Math.random() * 2 ** 31) }
  const made = new Map<string, ReturnType<typeof planWith>>()
  const withPlan = (check: (plan: Plan, input: PlanInput) => void, settings = anySetting) =>
    fc.assert(
      fc.asyncProperty(settings, anyWorld, async (from, world) => {
        const key = text([from, world])
        const input = inputOf(from)
        const course = made.get(key) ?? planWith(input, world)
        made.set(key, course)
        const { outcome, asks } = await course
        expect(asks.length).toBeLessThanOrEqual(input.policy.planning.maxQuotes)
        if (outcome.status === 'planned') check(outcome.plan, input)
        else expect(outcome.reasons.length).toBeGreaterThan(0)
      }),
      runs,
    )

  test('is tried on plans of every kind', async () => {
    const seen = new Set<string>()
    for (const [from, world] of fc.sample(fc.tuple(anySetting, anyWorld), { numRuns: 14, seed: 1 })) {
      const { outcome } = await planWith(inputOf(from), world)
      if (outcome.status === 'no-plan') seen.add('no plan')
      else {
        seen.add(outcome.plan.unmet.length > 0 ? 'something left' : 'nothing left')
        if (outcome.plan.separatePools.length > 0) seen.add('separate pools')
        for (const { kind, sell, expectedOut } of outcome.plan.legs) {
          seen.add(isNative(sell.token) ? `${kind} of native coin` : kind)
          if (kind === 'swap' && sell.token.asset !== 'USD' && expectedOut.token.asset !== 'USD')
            seen.add('direct swap')
        }
      }
    }
    for (const one of [
      'bridge',
      'swap',
      'direct swap',
      'nothing left',
      'something left',
      'separate pools',
      'swap of native coin',
    ])
      expect([...seen]).toContain(one)
  })

  test('sells only what is there or is brought, and promises nothing twice (theory 8.1)', async () => {
    await withPlan((plan, input) => {
      const own = new Map<string, bigint>()
      for (const asset of input.valuation.assets)
        if (asset.status === 'known')
          for (const position of asset.positions)
            own.set(tokenId(position.amount.token), spendableUnits(position, input.policy.gasReserve[position.chain]!))
      const promised = new Map<string, bigint>()
      const before = new Map<string, Leg>()
      for (const [index, leg] of plan.legs.entries()) {
        expect(leg.id).toBe(`plan.${index + 1}`)
        expect(leg.sell.units > 0n && leg.expectedOut.units > 0n).toBe(true)
        let ownPart = leg.sell.units
        for (const { leg: source, units } of leg.funding) {
          const from = before.get(source)!
          expect(tokenId(from.expectedOut.token)).toBe(tokenId(leg.sell.token))
          promised.set(source, (promised.get(source) ?? 0n) + units)
          expect(units > 0n && promised.get(source)! <= from.expectedOut.units).toBe(true)
          ownPart -= units
        }
        const key = tokenId(leg.sell.token)
        expect(ownPart >= 0n && ownPart <= (own.get(key) ?? 0n)).toBe(true)
        own.set(key, (own.get(key) ?? 0n) - ownPart)
        before.set(leg.id, leg)
      }
    })
  })

  test('its cost is what is sold less what is brought, and the sum of its parts, to the base unit of a dollar (theory 8.1)', async () => {
    await withPlan((plan, input) => {
      let sum = NO_COST
      for (const leg of plan.legs) {
        const { slippage, fees, bridge, gas } = leg.cost
        expect(slippage + fees + bridge).toBe(worth(input, leg.sell, 'up') - worth(input, leg.expectedOut))
        expect(gas > 0n).toBe(true)
        sum = addCosts(sum, leg.cost)
      }
      expect(plan.cost).toEqual(sum)
    })
  })

  test('respects every limit of the policy, leg by leg (theory 8.2)', async () => {
    await withPlan((plan, input) => {
      const { policy, market } = input
      const gas = new Map<string, bigint>()
      for (const { kind, sell, expectedOut, minimumOut, maxLoss, venue, cost, slice } of plan.legs) {
        const unit = worth(input, { token: sell.token, units: 1n }, 'up')
        expect(slice).toBeUndefined()
        expect(worth(input, sell, 'up') + unit + usd(0.01) >= policy.minimumTrade).toBe(true)
        expect(worth(input, sell) <= policy.maxLeg + usd(0.01)).toBe(true)
        const asset = (key: string) => input.assets.find((one) => one.key === key)!
        expect(maxLoss).toBe(maxLossOf(policy, kind, asset(sell.token.asset), asset(expectedOut.token.asset)))
        expect(minimumOut).toEqual(ownMinimumOut(market, sell, expectedOut.token, maxLoss))
        expect(expectedOut.units >= minimumOut.units).toBe(true)
        expect(cost.gas <= policy.maxGas).toBe(true)
        const request = { kind, sell, buy: expectedOut.token, account: input.account, maxSlippage: input.maxSlippage }
        expect(input.venuesFor(request)).toContain(venue)
        expect(kind === 'bridge').toBe(sell.token.chain !== expectedOut.token.chain)
        gas.set(sell.token.chain, (gas.get(sell.token.chain) ?? 0n) + cost.gas)
      }
      expect(plan.legs.length).toBeLessThanOrEqual(policy.maxLegs)
      for (const [chain, spent] of gas) {
        const coin = input.valuation.assets
          .flatMap((one) => (one.status === 'known' ? one.positions : []))
          .find(({ amount }) => amount.token.chain === chain && isNative(amount.token))!
        const kept = coin.amount.units < policy.gasReserve[chain]! ? coin.amount.units : policy.gasReserve[chain]!
        expect(spent <= worth(input, { token: coin.amount.token, units: kept })).toBe(true)
      }
    })
  })

  test('what stays away from its levels is reported with a reason, and nothing else is (theory 8.2)', async () => {
    await withPlan((plan, input) => {
      const values = new Map(input.drift.assets.map(({ asset, value }) => [asset, value]))
      for (const { sell, expectedOut } of plan.legs)
        for (const [amount, sign] of [
          [sell, -1n],
          [expectedOut, 1n],
        ] as const)
          values.set(amount.token.asset, values.get(amount.token.asset)! + sign * worth(input, amount))
      const nav = [...values.values()].reduce((sum, value) => sum + value, 0n)
      for (const { asset, lower, upper } of input.levels) {
        const value = values.get(asset)!
        const beyond = [(lower * nav) / RATIO_ONE - value, value - (upper * nav) / RATIO_ONE, 0n].reduce((a, b) =>
          a > b ? a : b,
        )
        const told = plan.unmet.find((one) => one.asset === asset)
        if (beyond > input.policy.minimumTrade / 10n + usd(1)) expect(told).toBeDefined()
        if (told) {
          const signed = value < (lower * nav) / RATIO_ONE ? -beyond : beyond
          expect(Math.abs(usdToNumber(told.value - signed))).toBeLessThan(0.01)
          expect(told.reason.length).toBeGreaterThan(0)
        }
      }
    })
  })

  test('costs no more than the greedy plan, that no more than the naive one, and none more than doing nothing (theory 8.3)', async () => {
    const roomy = anySetting.map((one): Setting => ({
      ...one,
      native: { alpha: 6_000, beta: 6_000, gamma: 6_000 },
      policy: { ...one.policy, maxLegs: 40 },
    }))
    await withPlan((plan) => {
      const scores = new Map(plan.alternatives.map((one) => [one.name, scoreOfAlternative(one)]))
      const own = usdToNumber(scoreOfPlan(plan))
      const [nothing, greedy, naive] = (['nothing', 'greedy', 'naive'] as const).map((name) => {
        const score = scores.get(name)
        return score === undefined ? Infinity : usdToNumber(score)
      })
      expect(own).toBeLessThan(nothing!)
      expect(own).toBeLessThanOrEqual(greedy! * (1 + 1e-6) + 0.1)
      expect(greedy!).toBeLessThanOrEqual(naive! + 1e-3)
    }, roomy)
  })

  test('costs no less than its lower bound (theory 8.3)', async () => {
    await withPlan((plan) => {
      expect(plan.lowerBound).toBeDefined()
      expect(plan.noBound).toBeUndefined()
      expect(plan.lowerBound! <= scoreOfPlan(plan)).toBe(true)
    })
  })

  test('in slices claims no bound above what it costs, and says why there is none', async () => {
    const slicing = { maxImpact: bps(10), maxSlices: 4, recoveryHalfLifeSeconds: 60, riskAversion: 0.1 }
    let beaten = 0
    for (const [from, world] of fc.sample(fc.tuple(anySetting, anyWorld), { numRuns: 14, seed: 7 })) {
      const { outcome } = await planWith(inputOf({ ...from, policy: { ...from.policy, slicing } }), world)
      if (outcome.status !== 'planned') continue
      const { plan } = outcome
      if (plan.lowerBound !== undefined) expect(plan.lowerBound <= scoreOfPlan(plan)).toBe(true)
      else {
        beaten += 1
        expect(plan.noBound).toMatch(
          /^In one go no plan would cost less than [\d,.]+ USD; the slices of this one give pools time to recover\.$/,
        )
      }
    }
    expect(beaten).toBeGreaterThan(2)
  })

  test('promises no more than was quoted last, where the last quote is the worse one', async () => {
    const [[from, world]] = fc.sample(fc.tuple(anySetting, anyWorld), { numRuns: 1, seed: 294 }) as [
      [Setting, PoolWorld],
    ]
    const input = inputOf(from)
    const plan = await planned(input, world)
    const sold = plan.legs.find(({ sell }) => sell.token.asset === 'LINK')!
    const received = usdToNumber(worth(input, sold.expectedOut))
    expect(received / usdToNumber(worth(input, sold.sell))).toBeCloseTo(0.998483, 6)
  })

  test('brings the portfolio nearer to its targets where they are the levels', async () => {
    await withPlan(
      (plan, input) => expect(plan.expectedDrift <= input.drift.portfolio).toBe(true),
      anySetting.map((one) => ({ ...one, reset: 0n })),
    )
  })

  test('meets each side of a market once, unless its pools are proven separate (theory 8.7)', async () => {
    await withPlan((plan, input) => {
      const users = new Map<string, number>()
      const proven = new Set(plan.separatePools.map(({ group }) => group))
      for (const { kind, sell, expectedOut } of plan.legs) {
        if (kind === 'bridge') continue
        const sides = [
          ...(hubOf(input, expectedOut.token)?.asset === sell.token.asset
            ? []
            : [`${sell.token.asset} on ${sell.token.chain}, sell`]),
          ...(hubOf(input, sell.token)?.asset === expectedOut.token.asset
            ? []
            : [`${expectedOut.token.asset} on ${sell.token.chain}, buy`]),
        ]
        // A trade that skips the hub meets two sides; a proof for one of them is about the pools of both.
        if (!sides.some((side) => proven.has(side)))
          for (const side of sides) users.set(side, (users.get(side) ?? 0) + 1)
      }
      for (const [side, count] of users) expect([side, count]).toEqual([side, 1])
    })
  })

  test('is the same for the same input, byte for byte, also from another solver (theory 8.6)', async () => {
    const another = new HighsSolver()
    await fc.assert(
      fc.asyncProperty(anySetting, anyWorld, async (from, world) => {
        const first = await planWith(inputOf(from), world, SOLVER)
        const second = await planWith(inputOf(from), world, another)
        expect(text(second)).toBe(text(first))
      }),
      { numRuns: 10, endOnFailure: true },
    )
    await another.close()
  })

  test('costs the same whatever the order of assets and chains in the input (theory 8.6)', async () => {
    await fc.assert(
      fc.asyncProperty(anySetting, anyWorld, async (from, world) => {
        const turned: Setting = {
          ...from,
          assets: from.assets
            .toReversed()
            .map((spec) => ({ ...spec, on: Object.fromEntries(Object.entries(spec.on).toReversed()) })),
        }
        const [one, other] = [await planWith(inputOf(from), world), await planWith(inputOf(turned), world)]
        expect(text(other.outcome)).toBe(text(one.outcome))
      }),
      { numRuns: 10, endOnFailure: true },
    )
  })

  const scoreWith = async (from: Setting, world: PoolWorld): Promise<number> => {
    const input = inputOf(from)
    const { outcome } = await planWith(input, world)
    if (outcome.status === 'planned') return usdToNumber(scoreOfPlan(outcome.plan))
    const outside = input.drift.assets.map(({ asset, value }) => {
      const { lower, upper } = input.levels.find((one) => one.asset === asset)!
      const share = usdToNumber(value) / usdToNumber(input.drift.nav)
      return Math.max(0, ratioToNumber(lower) - share, share - ratioToNumber(upper))
    })
    return outside.reduce((sum, one) => sum + one, 0) * usdToNumber(input.drift.nav) * 0.05
  }

  test('mostly costs about the same whatever the order of the venues (theory 8.6)', async () => {
    const ratios: number[] = []
    for (const [from, world] of fc.sample(fc.tuple(anySetting, anyWorld), { numRuns: 14, seed: 2 })) {
      const around: PoolWorld = { ...world, pools: 'shared', isOpen: true }
      const one = await scoreWith({ ...from, venues: ['one', 'two'] }, around)
      const other = await scoreWith({ ...from, venues: ['two', 'one'] }, around)
      ratios.push(Math.max(one, other) / Math.min(one, other))
    }
    const sorted = ratios.toSorted((a, b) => a - b)
    expect(sorted[Math.floor(0.7 * sorted.length)]).toBeLessThan(1.02)
  })

  test('weights and cost in basis points are the same at any size of everything (theory 8.5)', async () => {
    await fc.assert(
      fc.asyncProperty(anySetting, anyWorld, fc.constantFrom(3, 10, 100), async (from, world, factor) => {
        const native = { alpha: 3_000, beta: 3_000, gamma: 3_000 }
        const gasReserve = (by: number) =>
          Object.fromEntries(Object.keys(native).map((chain) => [chain, BigInt(by) * 10n ** 18n]))
        const scaled = (by: number): Setting => ({
          ...from,
          assets: from.assets.map((spec) => ({
            ...spec,
            held: Object.fromEntries(Object.entries(spec.held).map(([chain, held]) => [chain, held * by])),
          })),
          native: Object.fromEntries(Object.entries(native).map(([chain, held]) => [chain, held * by])),
          gasPrice: 10n ** 9n * BigInt(by),
          policy: {
            ...from.policy,
            minimumTrade: from.policy!.minimumTrade! * BigInt(by),
            maxLeg: from.policy!.maxLeg! * BigInt(by),
            maxGas: usd(200) * BigInt(by),
            gasReserve: gasReserve(by),
          },
        })
        const around = (by: number): PoolWorld => ({
          ...world,
          bridgeFixed: world.bridgeFixed * BigInt(by),
          depth: (...place) => (world.depth(...place) ?? 0n) * BigInt(by),
        })
        const [small, large] = [
          await planWith(inputOf(scaled(1)), around(1)),
          await planWith(inputOf(scaled(factor)), around(factor)),
        ]
        expect(large.outcome.status).toBe(small.outcome.status)
        if (small.outcome.status !== 'planned' || large.outcome.status !== 'planned') return
        const [one, other] = [small.outcome.plan, large.outcome.plan]
        const [a, b] = [usdToNumber(scoreOfPlan(one)) * factor, usdToNumber(scoreOfPlan(other))]
        expect(Math.abs(a - b)).toBeLessThanOrEqual(2e-3 * a + 0.01 * factor)
        expect(Math.abs(ratioToNumber(one.expectedDrift - other.expectedDrift))).toBeLessThan(1e-4)
      }),
      { numRuns: 10, endOnFailure: true },
    )
  })
})
