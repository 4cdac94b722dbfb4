import { describe, expect, test } from '@jest/globals'
import { aSetting, bps, inputOf, usd } from '../../../test/support/planning-input.js'
import { DEEP, planned } from '../../../test/support/pool-quotes.js'
import { amountOf } from '../units/amount.js'
import { absolute, RATIO_ONE } from '../units/ratio.js'
import { usdToNumber, valueOf } from '../units/usd.js'
import { addCosts, NO_COST, priceIn, totalOf } from './cost.js'
import type { PlanInput } from './dialogue.js'
import type { Leg } from './plan.js'
import { driftByCosts, faultsOf, outcomeOf, scoreOf } from './verify.js'

/** Ether on alpha goes, bitcoin on beta comes; the money has to be carried. */
const input = inputOf({
  assets: aSetting().assets.map((spec) => {
    if (spec.key === 'USD') return { ...spec, held: { alpha: 10_000 } }
    if (spec.key === 'ETH') return { ...spec, on: { alpha: 18 }, held: { alpha: 890_000 } }
    return { ...spec, on: { beta: 8 }, held: { beta: 100_000 } }
  }),
})
const { legs } = await planned(input, DEEP)
const sale = legs.find(({ kind, sell }) => kind === 'swap' && sell.token.asset === 'ETH')!
const crossing = legs.find(({ kind }) => kind === 'bridge')!
const purchase = legs.find(({ expectedOut }) => expectedOut.token.asset === 'BTC')!
const NONE = new Set<string>()

const withLeg = (leg: Leg, changes: Partial<Leg>): Leg[] =>
  legs.map((one) => (one === leg ? { ...one, ...changes } : one))
const faults = (changed: readonly Leg[], from: PlanInput = input) => faultsOf(from, changed, NONE)
const under = (changes: Partial<PlanInput['policy']>): PlanInput => ({
  ...input,
  policy: { ...input.policy, ...changes },
})
const scaled = ({ token, units }: Leg['sell'], percent: bigint) => amountOf(token, (units * percent) / 100n)

describe('a plan that is right', () => {
  test('has no faults, and sells, carries and buys', () => {
    expect(faults(legs)).toEqual([])
    expect([sale, crossing, purchase].map((leg) => legs.indexOf(leg))).not.toContain(-1)
    expect(purchase.funding.map(({ leg }) => leg)).toEqual([crossing.id])
    expect(crossing.funding.map(({ leg }) => leg)).toEqual([sale.id])
  })

  test('no legs are right, too', () => {
    expect(faults([])).toEqual([])
  })
})

describe('each fault is found, and names the leg', () => {
  const dear = (leg: Leg, gas: bigint) => ({ cost: { ...leg.cost, gas } })
  const cases: readonly (readonly [string, Leg, Partial<Leg>, RegExp])[] = [
    ['a sale of nothing', sale, { sell: amountOf(sale.sell.token, 0n) }, /sells or brings nothing/],
    ['a receipt of nothing', sale, { expectedOut: amountOf(sale.expectedOut.token, 0n) }, /sells or brings nothing/],
    [
      'a sale below the minimum trade',
      sale,
      {
        sell: amountOf(sale.sell.token, 10n ** 17n),
        expectedOut: amountOf(sale.expectedOut.token, 300n * 10n ** 6n),
        minimumOut: amountOf(sale.expectedOut.token, 0n),
      },
      /less than the minimum trade/,
    ],
    [
      'a receipt below our own minimum',
      sale,
      { expectedOut: amountOf(sale.expectedOut.token, sale.minimumOut.units - 1n) },
      /our own prices demand/,
    ],
    ['gas over the limit of a transaction', sale, dear(sale, input.policy.maxGas + 1n), /over the limit/],
    ['a venue that does not serve it', crossing, { venue: 'nobody' }, /goes through nobody, which does not serve it/],
    ['a sale of more than there is', sale, { sell: scaled(sale.sell, 500n) }, /there are \d+ that may be traded/],
    ['money that is neither there nor brought', purchase, { funding: [] }, /there are \d+ that may be traded/],
    [
      'funding by a leg that does not exist',
      purchase,
      { funding: [{ leg: 'plan.99', units: purchase.funding[0]!.units }] },
      /funded by plan\.99, which does not come before it/,
    ],
    [
      'funding by a leg that brings another token',
      purchase,
      { funding: [{ leg: sale.id, units: purchase.funding[0]!.units }] },
      /which does not come before it/,
    ],
    [
      'funding by more than a leg delivers',
      crossing,
      {
        sell: amountOf(crossing.sell.token, sale.expectedOut.units + 1n),
        funding: [{ leg: sale.id, units: sale.expectedOut.units + 1n }],
      },
      /counts on more than .* delivers/,
    ],
    [
      'funding with more than is sold',
      crossing,
      { funding: [{ leg: sale.id, units: crossing.sell.units + 1n }] },
      /funded with more than it sells/,
    ],
  ]

  test.each(cases)('%s', (_what, leg, changes, text) => {
    const found = faults(withLeg(leg, changes))
    expect(found.filter((one) => one.startsWith(`Leg ${leg.id} `) && text.test(one))).toHaveLength(1)
  })

  test('a leg that is larger than one may be', () => {
    const value = valueOf(sale.sell, priceIn(input.market, 'ETH'), 'down')
    expect(faults(legs, under({ maxLeg: value - usd(1) }))).toContain(`Leg ${sale.id} is larger than a leg may be.`)
    expect(faults([sale], under({ maxLeg: value }))).toEqual([])
  })

  test('a whole that ends farther from its targets than it began (C-52)', () => {
    const { drift, cost } = outcomeOf(input, legs)
    const near = { ...input.drift, portfolio: drift - driftByCosts(cost, input.drift.nav) }
    expect(driftByCosts(0n, input.drift.nav)).toBe(bps(5))
    const at = (portfolio: bigint) => faultsOf({ ...input, drift: { ...near, portfolio } }, legs, new Set())
    expect(at(near.portfolio)).toEqual([])
    expect(at(near.portfolio - 1n)).toEqual([expect.stringMatching(/^The drift would go from .* bps of NAV\.$/)])
  })

  test('a leg that stands before the one that funds it', () => {
    const turned = [purchase, ...legs.filter((leg) => leg !== purchase)]
    expect(faults(turned)).toContain(`Leg ${purchase.id} is funded by ${crossing.id}, which does not come before it.`)
  })

  test('the same delivery promised to two legs', () => {
    const twice = [...legs, { ...purchase, id: 'plan.8' }]
    expect(faults(twice).join()).toContain(`Leg plan.8 counts on more than ${crossing.id} delivers.`)
  })

  test('the same balance sold twice', () => {
    const large = {
      ...sale,
      sell: scaled(sale.sell, 150n),
      expectedOut: scaled(sale.expectedOut, 150n),
      minimumOut: scaled(sale.minimumOut, 150n),
    }
    expect(faults([large])).toEqual([])
    expect(faults([large, { ...large, id: 'plan.8' }]).join()).toMatch(/Leg plan\.8 sells \d+ base units of its own/)
  })

  test('two legs that meet the same pools, unless these are proven separate', () => {
    const again = [
      ...legs,
      {
        ...sale,
        id: 'plan.8',
        sell: scaled(sale.sell, 50n),
        expectedOut: scaled(sale.expectedOut, 50n),
        minimumOut: scaled(sale.minimumOut, 50n),
      },
    ]
    expect(faults(again)).toEqual([`Leg plan.8 meets the same pools as leg ${sale.id}: ETH on alpha, sell.`])
    expect(faultsOf(input, again, new Set(['ETH on alpha, sell']))).toEqual([])
  })

  test('a sale that crosses in one call beside a sale on the spot: they meet the same pools', () => {
    const { token } = crossing.expectedOut
    const expectedOut = amountOf(token, sale.expectedOut.units / 2n)
    const both: Leg = {
      ...sale,
      id: 'plan.8',
      kind: 'bridge',
      sell: scaled(sale.sell, 50n),
      expectedOut,
      minimumOut: amountOf(token, expectedOut.units - 1n),
    }
    const open = { ...input, venuesFor: () => ['one', 'two'] }
    expect(faults([both], open)).toEqual([])
    expect(faults([...legs, both], open)).toEqual([
      `Leg plan.8 meets the same pools as leg ${sale.id}: ETH on alpha, sell.`,
    ])
  })

  test('slices of one order meet the same pools one after another, and are no fault; two orders in as many slices are', () => {
    const part = (leg: Leg, id: string, index: number): Leg => ({
      ...leg,
      id,
      sell: scaled(leg.sell, 40n),
      expectedOut: scaled(leg.expectedOut, 40n),
      minimumOut: scaled(leg.minimumOut, 40n),
      slice: { index, of: 2, notBefore: index },
    })
    const order = [part(sale, 'plan.8', 1), part(sale, 'plan.9', 2)]
    expect(faults(order)).toEqual([])
    expect(faults([...order, part(sale, 'plan.10', 1), part(sale, 'plan.11', 2)]).join()).toContain(
      'Leg plan.10 meets the same pools',
    )
  })

  test('more legs than allowed', () => {
    expect(faults(legs, under({ maxLegs: legs.length }))).toEqual([])
    expect(faults(legs, under({ maxLegs: legs.length - 1 }))).toEqual([
      `${legs.length} legs, policy allows ${legs.length - 1}.`,
    ])
  })

  test('gas beyond half of what is kept for it on a chain', () => {
    const gas = legs.filter(({ sell }) => sell.token.chain === 'alpha').reduce((sum, { cost }) => sum + cost.gas, 0n)
    const kept = (value: bigint) => (value * 10n ** 18n) / priceIn(input.market, 'ETH')
    const tight = (reserve: bigint) => under({ gasReserve: { ...input.policy.gasReserve, alpha: reserve } })
    expect(faults(legs, tight(kept(2n * gas) + 10n))).toEqual([])
    expect(faults(legs, tight(kept(2n * gas) - 10n)).join()).toMatch(
      /^Gas of .* USD on alpha, half of .* USD may be planned with\.$/,
    )
  })
})

describe('what a plan leads to', () => {
  test('values move by what is sold and brought; what is lost on the way is gone from the whole', () => {
    const outcome = outcomeOf(input, legs)
    const lost = totalOf(legs.reduce((sum, { cost }) => addCosts(sum, { ...cost, gas: 0n }), NO_COST))
    expect(Math.abs(usdToNumber(input.drift.nav - lost - outcome.nav))).toBeLessThan(1e-9)
    for (const { asset, value } of input.drift.assets) {
      const change = legs.reduce((sum, { sell, expectedOut }) => {
        const price = priceIn(input.market, asset)
        const [out, back] = [sell, expectedOut].map((amount) =>
          amount.token.asset === asset ? valueOf(amount, price, 'down') : 0n,
        )
        return sum - out! + back!
      }, 0n)
      expect(outcome.values.get(asset)).toBe(value + change)
    }
    expect(outcome.cost).toBe(totalOf(legs.reduce((sum, { cost }) => addCosts(sum, cost), NO_COST)))
    expect(outcome.drift < bps(5)).toBe(true)
  })

  test('doing nothing costs nothing and leaves every distance, which the score prices', () => {
    const outcome = outcomeOf(input, [])
    expect([outcome.cost, outcome.nav]).toEqual([0n, input.drift.nav])
    const left = [...outcome.unmet.values()].reduce((sum, value) => sum + absolute(value), 0n)
    expect(scoreOf(outcome)).toBeCloseTo(usdToNumber(left) * 0.05, 6)
    expect(outcome.drift - input.drift.portfolio < 10n && input.drift.portfolio - outcome.drift < 10n).toBe(true)
  })

  test('value beyond the share of a chain makes a plan dearer, by as much as lies beyond', () => {
    const [chain] = input.valuation.assets.flatMap((asset) =>
      asset.status === 'known' ? asset.positions.map((position) => position.chain) : [],
    )
    const onlyLittle = { [chain!]: { minimum: 0n, maximum: bps(1) } }
    const capped = outcomeOf({ ...input, policy: { ...input.policy, chainShares: onlyLittle } }, [])
    expect(outcomeOf(input, []).exposure).toBe(0n)
    expect(capped.exposure).toBeGreaterThan(0n)
    expect(scoreOf(capped) - scoreOf(outcomeOf(input, []))).toBeCloseTo(usdToNumber(capped.exposure) * 0.03, 6)
  })

  test('what stays in an asset that is no target is left undone, whatever it is worth', () => {
    const [sold] = legs
    const asset = sold!.expectedOut.token.asset
    const drift = { ...input.drift, assets: input.drift.assets.filter((one) => one.asset !== asset) }
    const stuck = outcomeOf({ ...input, drift }, [sold!]).unmet.get(asset)
    expect(stuck).toBe(valueOf(sold!.expectedOut, priceIn(input.market, asset), 'down'))
  })

  test('levels count, not targets: within them nothing is unmet', () => {
    const levels = input.drift.assets.map(({ asset }) => ({ asset, lower: 0n, upper: RATIO_ONE }))
    expect(outcomeOf({ ...input, levels }, []).unmet.size).toBe(0)
    expect(outcomeOf(input, []).unmet.size).toBeGreaterThan(0)
  })
})
