import { describe, expect, jest, test } from '@jest/globals'
import fc from 'fast-check'
import { addressOf, hashOf, OWNER } from '../../../test/support/builders.js'
import { DEEP, planWith, poolAnswers, type PoolWorld } from '../../../test/support/pool-quotes.js'
import { type Asset, type AssetClass, isNative, NATIVE, type Token, tokenId } from '../assets.js'
import { checkPrice, maxLossOf } from '../policy/limits.js'
import type { Policy } from '../policy/policy.js'
import { measureDrift } from '../portfolio/drift.js'
import { valuePortfolio } from '../portfolio/valuation.js'
import { amountOf } from '../units/amount.js'
import { absolute, RATIO_ONE, ratioOfBasisPoints, smaller } from '../units/ratio.js'
import { amountWorth, ONE_USD, type Usd, valueOf } from '../units/usd.js'
import { addCosts, type Market, NO_COST, priceIn, totalOf } from './cost.js'
import type { Leg, Plan } from './plan.js'
import { nextPlanStep, type PlanInput } from './planner.js'
import { requestKey } from './quote.js'

jest.setTimeout(60_000)

const bps = ratioOfBasisPoints
const usd = (whole: number): Usd => BigInt(whole) * ONE_USD

interface AssetSpec {
  readonly key: string
  readonly class: AssetClass
  /** Dollars, not scaled. */
  readonly price: number
  readonly target: number
  /** Decimals of its token by chain; none where it does not live. */
  readonly on: Readonly<Record<string, number>>
  /** Dollars held by chain. */
  readonly held: Readonly<Record<string, number>>
}

interface Setting {
  readonly assets: readonly AssetSpec[]
  /** Native units by chain, in whole dollars. */
  readonly native?: Readonly<Record<string, number>>
  readonly policy?: Partial<Policy>
  readonly gasPrice?: bigint
}

const CHAINS = ['alpha', 'beta', 'gamma']

/** Everything a plan is made from, with the portfolio valued and its drift measured by the real functions. */
function inputOf({ assets: specs, native = {}, policy = {}, gasPrice = 10n ** 9n }: Setting): PlanInput {
  const addresses = new Map<string, number>()
  const tokenOf = ({ key, on }: AssetSpec, chain: string): Token => {
    const id = `${key}@${chain}`
    addresses.set(id, addresses.get(id) ?? addresses.size + 1)
    return { chain, asset: key, symbol: key, address: addressOf(addresses.get(id)!), decimals: on[chain]! }
  }
  const coin = (chain: string): Token => ({ chain, asset: 'ETH', symbol: 'ether', address: NATIVE, decimals: 18 })
  const assets = specs.map((spec): Asset => ({
    key: spec.key,
    class: spec.class,
    tokens: [
      ...Object.keys(spec.on).map((chain) => tokenOf(spec, chain)),
      ...(spec.key === 'ETH' ? Object.keys(native).map(coin) : []),
    ],
  }))
  const prices = new Map(specs.map(({ key, price }) => [key, BigInt(Math.round(price * 1e6)) * 10n ** 12n]))
  const holdings = (chain: string) => [
    ...specs.flatMap((spec) =>
      chain in spec.on
        ? [amountWorth(usd(spec.held[chain] ?? 0), tokenOf(spec, chain), prices.get(spec.key)!, 'down')]
        : [],
    ),
    ...(chain in native ? [amountWorth(usd(native[chain]!), coin(chain), prices.get('ETH')!, 'down')] : []),
  ]
  const valuation = valuePortfolio(
    {
      portfolio: 'p',
      takenAt: 0,
      inTransit: [],
      chains: CHAINS.map((chain) => ({
        chain,
        status: 'known',
        block: { number: 1n, hash: hashOf(1), timestamp: 0 },
        baseFee: 1n,
        holdings: holdings(chain),
        problems: [],
      })),
      prices: [...prices].map(([asset, price]) => ({ asset, status: 'known', price, sources: [] })),
    },
    assets,
  )
  const hub = (chain: string) => {
    const dollar = specs.find(({ key, on }) => key === 'USD' && chain in on)
    return dollar ? [[chain, tokenOf(dollar, chain)]] : []
  }
  const whole: Policy = {
    targets: specs.map(({ key, target }) => ({ asset: key, weight: bps(target), absoluteBand: bps(100) })),
    minimumTrade: usd(1_000),
    cooldownMs: 0,
    maxLoss: { stable: bps(20), major: bps(60), other: bps(150) },
    maxBridgeLoss: bps(40),
    maxLeg: usd(2_000_000),
    maxGas: usd(100),
    gasReserve: Object.fromEntries(CHAINS.map((chain) => [chain, 10n ** 18n])),
    hubs: Object.fromEntries(CHAINS.flatMap(hub)) as Record<string, Token>,
    ...policy,
  }
  const market: Market = {
    prices,
    gas: new Map(CHAINS.map((chain) => [chain, { gasPrice, nativeAsset: 'ETH', nativeDecimals: 18 }])),
  }
  return {
    planId: 'plan',
    account: OWNER,
    assets,
    valuation,
    drift: measureDrift(valuation, whole),
    policy: whole,
    market,
    maxSlippage: bps(30),
  }
}

const planOf = (input: PlanInput, pools: PoolWorld = DEEP) =>
  planWith(input, (request) => poolAnswers(pools, input.market, request))
function planned(input: PlanInput, pools: PoolWorld = DEEP): Plan {
  const { end } = planOf(input, pools)
  if (end.status !== 'planned') throw new Error(`No plan: ${end.reasons.join(' ')}`)
  return end.plan
}
const line = (leg: Leg) =>
  `${leg.kind} ${leg.sell.token.asset}@${leg.sell.token.chain} > ${leg.expectedOut.token.asset}@${leg.expectedOut.token.chain}`

const ETH: AssetSpec = {
  key: 'ETH',
  class: 'major',
  price: 3_000,
  target: 5_000,
  on: { alpha: 18 },
  held: { alpha: 600_000 },
}
const USD: AssetSpec = {
  key: 'USD',
  class: 'stable',
  price: 1,
  target: 5_000,
  on: { alpha: 6 },
  held: { alpha: 400_000 },
}

describe('the planner', () => {
  test('sells what is overweight for what is underweight where both are', () => {
    const input = inputOf({ assets: [ETH, USD] })
    const plan = planned(input)
    expect(plan.legs.map(line)).toEqual(['swap ETH@alpha > USD@alpha'])
    const [leg] = plan.legs
    expect(leg).toMatchObject({ id: 'plan.1', venue: 'pools', dependsOn: undefined, maxLoss: bps(60) })
    expect(usd(100_000) - valueOf(leg!.sell, priceIn(input.market, 'ETH'), 'down') < ONE_USD).toBe(true)
    expect(plan.unmet).toEqual([])
    expect(plan.expectedDrift < bps(10)).toBe(true)
  })

  test('a balanced portfolio gets no plan, with the reason (P-21)', () => {
    const { end, requests } = planOf(
      inputOf({
        assets: [
          { ...ETH, held: { alpha: 500_000 } },
          { ...USD, held: { alpha: 500_000 } },
        ],
      }),
    )
    expect(end).toEqual({ status: 'no-plan', reasons: ['No distance from target is worth a minimum trade.'] })
    expect(requests).toEqual([])
  })

  test('an empty portfolio gets no plan', () => {
    expect(
      planOf(
        inputOf({
          assets: [
            { ...ETH, held: {} },
            { ...USD, held: {} },
          ],
        }),
      ).end.status,
    ).toBe('no-plan')
  })

  test('takes the cheapest venue and records what the others would have cost or why they were refused', () => {
    const input = inputOf({ assets: [ETH, USD] })
    const { end } = planWith(input, (request) => {
      const { quotes } = poolAnswers(DEEP, input.market, request)
      const worse = (by: bigint) => amountOf(request.buy, (quotes[0]!.expectedOut.units * (10_000n - by)) / 10_000n)
      return {
        quotes: [
          { ...quotes[0]!, venue: 'worse', expectedOut: worse(10n) },
          quotes[0]!,
          { ...quotes[0]!, venue: 'trap', expectedOut: worse(-900n) },
        ],
        failures: [{ venue: 'dead', kind: 'unavailable', detail: 'timeout' }],
      }
    })
    if (end.status !== 'planned') throw new Error('no plan')
    const [leg] = end.plan.legs
    expect(leg!.venue).toBe('pools')
    expect(leg!.alternatives.map(({ venue, refusal }) => [venue, refusal])).toEqual([
      ['worse', undefined],
      ['trap', expect.stringContaining('over our price')],
      ['dead', 'unavailable: timeout'],
    ])
    expect(leg!.alternatives[0]!.cost! > totalOf(leg!.cost)).toBe(true)
  })

  test('a leg is no larger than allowed; the rest follows on other chains or is reported', () => {
    const on = { alpha: 18, beta: 18 }
    const dollars = { alpha: 6, beta: 6 }
    const input = inputOf({
      assets: [
        { ...ETH, on, held: { alpha: 300_000, beta: 300_000 } },
        { ...USD, on: dollars, held: { alpha: 400_000 } },
      ],
      policy: { maxLeg: usd(40_000) },
    })
    const plan = planned(input)
    expect(plan.legs.map(line)).toEqual(['swap ETH@alpha > USD@alpha', 'swap ETH@beta > USD@beta'])
    for (const { sell } of plan.legs)
      expect(valueOf(sell, priceIn(input.market, 'ETH'), 'up') <= usd(40_000)).toBe(true)
    expect(plan.unmet.map(({ asset, value }) => [asset, value / ONE_USD])).toEqual([['USD', 20_000n]])
    expect(plan.unmet[0]!.reason.length).toBeGreaterThan(0)
  })

  describe('bridges', () => {
    const far: AssetSpec = {
      key: 'BTC',
      class: 'major',
      price: 60_000,
      target: 2_000,
      on: { beta: 8 },
      held: { beta: 0 },
    }
    const near = (changes: Partial<AssetSpec> = {}): AssetSpec => ({
      ...ETH,
      target: 3_000,
      held: { alpha: 500_000 },
      ...changes,
    })
    const dollars: AssetSpec = { ...USD, on: { alpha: 6, beta: 6 }, held: { alpha: 500_000 } }

    test('moves money only where an asset lives on another chain, each leg after the one it needs', () => {
      const plan = planned(inputOf({ assets: [near(), dollars, far] }))
      expect(plan.legs.map(line)).toEqual([
        'swap ETH@alpha > USD@alpha',
        'bridge USD@alpha > USD@beta',
        'swap USD@beta > BTC@beta',
      ])
      expect(plan.legs.map(({ dependsOn }) => dependsOn)).toEqual([undefined, 'plan.1', 'plan.2'])
      for (const [index, leg] of plan.legs.entries())
        if (index > 0) expect(leg.sell).toEqual(plan.legs[index - 1]!.expectedOut)
    })

    test('needs no bridge where the money is already', () => {
      const held = { alpha: 300_000, beta: 200_000 }
      const plan = planned(inputOf({ assets: [near({ target: 5_000 }), { ...dollars, target: 3_000, held }, far] }))
      expect(plan.legs.map(line)).toEqual(['swap USD@beta > BTC@beta'])
    })

    test('carries the sold asset itself where the hub has no pool', () => {
      const pools: PoolWorld = { ...DEEP, depth: (chain) => (chain === 'alpha' ? undefined : usd(500_000_000)) }
      const plan = planned(inputOf({ assets: [near({ on: { alpha: 18, beta: 18 } }), dollars, far] }), pools)
      expect(plan.legs.map(line)).toEqual(['bridge ETH@alpha > ETH@beta', 'swap ETH@beta > BTC@beta'])
    })

    test('a bridge dearer than its limit leaves the drift, and says so', () => {
      const { end } = planOf(inputOf({ assets: [near(), dollars, far] }), { ...DEEP, bridgeBps: 41 })
      expect(end.status).toBe('no-plan')
      expect(end.status === 'no-plan' && end.reasons.join()).toMatch(
        /^BTC: 200000 USD stay away from target\. .*policy allows 40 bps/,
      )
    })
  })

  test('halves a size the pools do not take, and reports what is left', () => {
    const plan = planned(inputOf({ assets: [ETH, USD] }), { ...DEEP, depth: () => usd(8_000_000) })
    expect(plan.legs[0]!.sell.units < 34n * 10n ** 18n).toBe(true)
    expect(plan.unmet.map(({ asset }) => asset)).toEqual(['USD'])
  })

  test('gas over its limit refuses a quote', () => {
    const { end } = planOf(inputOf({ assets: [ETH, USD], policy: { maxGas: ONE_USD / 10n } }))
    expect(end.status === 'no-plan' && end.reasons.join()).toContain('over the limit')
  })

  test('sells native coin above the gas reserve only, and never buys it', () => {
    const input = inputOf({
      assets: [{ ...ETH, held: {} }, USD],
      native: { alpha: 600_000 },
      policy: {
        targets: [
          { asset: 'ETH', weight: 0n },
          { asset: 'USD', weight: RATIO_ONE },
        ],
      },
    })
    const plan = planned(input)
    const sold = plan.legs.filter(({ sell }) => isNative(sell.token)).reduce((sum, { sell }) => sum + sell.units, 0n)
    expect(sold).toBe(199n * 10n ** 18n)
    const poor = inputOf({
      assets: [
        { ...ETH, held: {} },
        { ...USD, held: { alpha: 600_000 } },
      ],
      native: { alpha: 2_000 },
    })
    expect(planned(poor).legs.every(({ expectedOut }) => !isNative(expectedOut.token))).toBe(true)
  })

  test('wildly different decimals and balances of one base unit are nothing special', () => {
    const odd: AssetSpec[] = [
      { ...ETH, on: { alpha: 0 } },
      { ...USD, on: { alpha: 36 } },
      { key: 'DUST', class: 'other', price: 0.000001, target: 0, on: { alpha: 18 }, held: { alpha: 0 } },
    ]
    const input = inputOf({ assets: odd })
    const dust = input.valuation.assets.map((asset) =>
      asset.asset === 'DUST' && asset.status === 'known'
        ? { ...asset, positions: asset.positions.map((one) => ({ ...one, amount: amountOf(one.amount.token, 1n) })) }
        : asset,
    )
    expect(planned({ ...input, valuation: { ...input.valuation, assets: dust } }).legs.map(line)).toEqual([
      'swap ETH@alpha > USD@alpha',
    ])
  })

  test('a minimum trade of nothing plans on dust without a request for nothing', () => {
    const input = inputOf({ assets: [{ ...ETH, on: { alpha: 0 } }, USD], policy: { minimumTrade: 0n } })
    expect(planOf(input).requests.every(({ sell }) => sell.units > 0n)).toBe(true)
  })

  test('no leg that stands alone is smaller than the minimum trade', () => {
    const on = { alpha: 18, beta: 18 }
    const input = inputOf({
      assets: [
        { ...ETH, on, held: { alpha: 70, beta: 570_000 } },
        { ...USD, on: { alpha: 6, beta: 6 }, held: { beta: 569_800 } },
      ],
      policy: { minimumTrade: usd(100) },
    })
    const { end } = planOf(input, { ...DEEP, depth: (chain) => (chain === 'alpha' ? usd(500_000_000) : undefined) })
    expect(end.status).toBe('no-plan')
  })

  test('asks for nothing twice', () => {
    const { requests } = planOf(inputOf({ assets: [ETH, USD] }), { ...DEEP, depth: () => usd(1_000_000) })
    const keys = requests.map(requestKey)
    expect(new Set(keys).size).toBe(keys.length)
    expect(keys.length).toBeGreaterThan(1)
  })
})

describe('any plan', () => {
  const money = fc.integer({ min: 0, max: 4_000_000 })
  const presence = fc.uniqueArray(fc.constantFrom(...CHAINS), { minLength: 1, maxLength: 3 })
  const assetOf = (key: string, kind: AssetClass, price: number, decimals: fc.Arbitrary<number>) =>
    fc
      .record({
        chains: key === 'USD' ? fc.constant(CHAINS) : presence,
        decimals,
        part: fc.integer({ min: 1, max: 10 }),
        held: fc.array(money, { minLength: 3, maxLength: 3 }),
      })
      .map((one) => ({
        part: one.part,
        spec: {
          key,
          class: kind,
          price,
          target: 0,
          on: Object.fromEntries(one.chains.map((chain) => [chain, one.decimals])),
          held: Object.fromEntries(one.chains.map((chain, index) => [chain, one.held[index]!])),
        },
      }))
  const setting = fc
    .record({
      assets: fc.tuple(
        assetOf('USD', 'stable', 1, fc.constantFrom(6, 18)),
        assetOf('ETH', 'major', 3_000.5, fc.constant(18)),
        assetOf('BTC', 'major', 61_234.25, fc.constantFrom(8, 18)),
        assetOf('LINK', 'other', 14.789, fc.constantFrom(18, 36)),
      ),
      native: fc.dictionary(fc.constantFrom(...CHAINS), fc.integer({ min: 0, max: 500_000 })),
      minimumTrade: fc.integer({ min: 100, max: 50_000 }).map(usd),
      maxLeg: fc.integer({ min: 50_000, max: 3_000_000 }).map(usd),
    })
    .map(({ assets, native, minimumTrade, maxLeg }): Setting => {
      const whole = assets.reduce((sum, { part }) => sum + part, 0)
      const shares = assets.map(({ part }) => Math.floor((part * 10_000) / whole))
      shares[0]! += 10_000 - shares.reduce((sum, one) => sum + one, 0)
      return {
        assets: assets.map(({ spec }, index) => ({ ...spec, target: shares[index]! })),
        native,
        policy: { minimumTrade, maxLeg },
      }
    })
  /** Depths that differ by place, the same for the same place. */
  const pools = fc
    .record({ seed: fc.integer({ min: 1, max: 1_000 }), scale: fc.constantFrom(2_000_000, 40_000_000, 800_000_000) })
    .map(({ seed, scale }): PoolWorld => ({
      ...DEEP,
      depth: (chain, a, b) => {
        const mix = [...`${chain}${a}${b}${seed}`].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_009, 7)
        return mix % 6 === 0 ? undefined : usd(Math.round((scale * (mix + 100)) / 1_000))
      },
    }))
  const anything = { numRuns: 40 }
  const withPlan = (check: (plan: Plan, input: PlanInput, world: PoolWorld, from: Setting) => void) =>
    fc.assert(
      fc.property(setting, pools, (from, world) => {
        const input = inputOf(from)
        const { end } = planOf(input, world)
        if (end.status === 'planned') check(end.plan, input, world, from)
        else expect(end.reasons.length).toBeGreaterThan(0)
      }),
      anything,
    )
  const worth = ({ market }: PlanInput, amount: Leg['sell'], rounding: 'up' | 'down' = 'down') =>
    valueOf(amount, priceIn(market, amount.token.asset), rounding)

  test('is tried on plans of every kind: direct, bridged, native, with and without something left', () => {
    const kinds = new Set(
      fc.sample(fc.tuple(setting, pools), { numRuns: 80, seed: 1 }).flatMap(([from, world]) => {
        const { end } = planOf(inputOf(from), world)
        if (end.status === 'no-plan') return ['no plan']
        const legs = end.plan.legs.map(({ kind, sell }) => (isNative(sell.token) ? `${kind} of native coin` : kind))
        return [...legs, end.plan.unmet.length > 0 ? 'something left' : 'nothing left']
      }),
    )
    expect([...kinds].toSorted()).toEqual([
      'bridge',
      'no plan',
      'nothing left',
      'something left',
      'swap',
      'swap of native coin',
    ])
  })

  test('sells no more of a token than there is above the gas reserve, after what earlier legs brought', () => {
    withPlan((plan, input) => {
      const left = new Map<string, bigint>()
      for (const asset of input.valuation.assets)
        if (asset.status === 'known')
          for (const { amount } of asset.positions) {
            const reserve = isNative(amount.token) ? (input.policy.gasReserve[amount.token.chain] ?? 0n) : 0n
            left.set(tokenId(amount.token), amount.units > reserve ? amount.units - reserve : 0n)
          }
      for (const { sell, expectedOut } of plan.legs) {
        const rest = (left.get(tokenId(sell.token)) ?? 0n) - sell.units
        expect(rest >= 0n).toBe(true)
        left.set(tokenId(sell.token), rest)
        left.set(tokenId(expectedOut.token), (left.get(tokenId(expectedOut.token)) ?? 0n) + expectedOut.units)
      }
    })
  })

  test('after it the drift is lower, and what is bought is worth what is sold less its cost (P-21)', () => {
    withPlan((plan, input) => {
      expect(plan.expectedDrift < input.drift.portfolio).toBe(true)
      const sold = plan.legs.reduce((sum, { sell }) => sum + worth(input, sell), 0n)
      const bought = plan.legs.reduce((sum, { expectedOut }) => sum + worth(input, expectedOut), 0n)
      const lost = plan.cost.slippage + plan.cost.fees + plan.cost.bridge
      expect(bought <= sold).toBe(true)
      const rounding = sold - bought - lost
      expect(rounding <= 0n && rounding >= -BigInt(plan.legs.length)).toBe(true)
      expect(plan.legs.reduce((sum, { cost }) => addCosts(sum, cost), NO_COST)).toEqual(plan.cost)
    })
  })

  test('respects every limit, leg by leg', () => {
    withPlan((plan, { policy, market, account, maxSlippage, ...rest }) => {
      const input = { policy, market, account, maxSlippage, ...rest }
      for (const leg of plan.legs) {
        const { kind, sell, expectedOut, maxLoss, venue, tool, cost } = leg
        const request = { kind, sell, buy: expectedOut.token, account, maxSlippage }
        expect(
          checkPrice(
            market,
            {
              venue,
              tool,
              request,
              expectedOut,
              minimumOut: leg.minimumOut,
              fees: [],
              gasUnits: 0n,
              durationSeconds: 0,
              obtainedAt: 0,
            },
            maxLoss,
          ),
        ).toBeUndefined()
        expect(expectedOut.units >= leg.minimumOut.units).toBe(true)
        expect(cost.gas <= policy.maxGas).toBe(true)
        expect(worth(input, sell, 'down') <= policy.maxLeg).toBe(true)
        const unit = worth(input, amountOf(sell.token, 1n), 'up')
        if (leg.dependsOn === undefined) expect(worth(input, sell, 'up') + unit >= policy.minimumTrade).toBe(true)
        expect(kind === 'bridge').toBe(sell.token.chain !== expectedOut.token.chain)
        if (kind === 'bridge') expect(sell.token.asset).toBe(expectedOut.token.asset)
      }
    })
  })

  test('each leg comes after the one it depends on and sells what that delivers', () => {
    withPlan((plan) => {
      plan.legs.forEach((leg, index) => {
        expect(leg.id).toBe(`plan.${index + 1}`)
        if (leg.dependsOn === undefined) return
        const source = plan.legs.slice(0, index).find(({ id }) => id === leg.dependsOn)
        expect(source?.expectedOut).toEqual(leg.sell)
      })
    })
  })

  test('bridges only where the same swap finds no acceptable pool on one chain', () => {
    withPlan((plan, input, world) => {
      const [first] = plan.legs
      const route = plan.legs.slice(0, 1)
      for (const leg of plan.legs) if (leg.dependsOn === route.at(-1)!.id) route.push(leg)
      const last = route.at(-1)!
      if (!route.some(({ kind }) => kind === 'bridge')) return
      const size = worth(input, first!.sell)
      const distance = (key: string) => {
        const one = input.drift.assets.find(({ asset: name }) => name === key)!
        return absolute(one.value - (one.target * input.drift.nav) / RATIO_ONE)
      }
      const wanted = [distance(first!.sell.token.asset), distance(last.expectedOut.token.asset), input.policy.maxLeg]
      const isWhole = size + ONE_USD >= wanted.reduce(smaller)
      if (!isWhole) return
      const asset = (token: Token) => input.assets.find(({ key }) => key === token.asset)!
      for (const chain of CHAINS) {
        const from = input.assets
          .find(({ key }) => key === first!.sell.token.asset)!
          .tokens.filter((one) => one.chain === chain)
        const to = input.assets
          .find(({ key }) => key === last.expectedOut.token.asset)!
          .tokens.find((one) => one.chain === chain && !isNative(one))
        for (const token of from) {
          const sell = amountWorth(size, token, priceIn(input.market, token.asset), 'down')
          const held = input.valuation.assets.flatMap((one) => (one.status === 'known' ? one.positions : []))
          const has = held.find(({ amount }) => tokenId(amount.token) === tokenId(token))?.amount.units ?? 0n
          const spare = isNative(token) ? has - input.policy.gasReserve[chain]! : has
          if (!to || spare < sell.units) continue
          const request = { kind: 'swap' as const, sell, buy: to, account: OWNER, maxSlippage: 0n }
          const [quote] = poolAnswers(world, input.market, request).quotes
          expect(
            quote && !checkPrice(input.market, quote, maxLossOf(input.policy, 'swap', asset(sell.token), asset(to))),
          ).toBeFalsy()
        }
      }
    })
  })

  test('what it leaves is reported, at least a minimum trade of it, with a reason', () => {
    withPlan((plan, { policy, drift }) => {
      for (const { asset, value, reason } of plan.unmet) {
        expect(value >= policy.minimumTrade).toBe(true)
        expect(reason.length).toBeGreaterThan(0)
        const before = drift.assets.find((one) => one.asset === asset)!
        expect(before.drift < 0n).toBe(true)
      }
    })
  })

  const text = (plan: unknown) =>
    JSON.stringify(plan, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}` : value))

  test('is the same for the same input, and for assets in any order (P-22)', () => {
    withPlan((plan, input, world, from) => {
      expect(text(planOf(input, world).end)).toBe(text({ status: 'planned', plan }))
      const turned = inputOf({ ...from, assets: from.assets.toReversed() })
      const again = planned(turned, world)
      const economics = ({ legs, unmet, expectedDrift }: Plan) =>
        text([
          legs.map((leg) => [line(leg), leg.sell.units, leg.expectedOut.units, leg.dependsOn]),
          unmet.map(({ asset, value }) => [asset, value]),
          expectedDrift,
        ])
      expect(economics(again)).toBe(economics(plan))
    })
  })

  test('a second look at the same book asks for nothing more', () => {
    withPlan((_plan, input, world) => {
      const book = new Map(
        planOf(input, world).requests.map((request) => [
          requestKey(request),
          poolAnswers(world, input.market, request),
        ]),
      )
      expect(nextPlanStep(input, book).status).toBe('planned')
    })
  })
})
