import { describe, expect, test } from '@jest/globals'
import { addressOf, OWNER } from '../../test/support/builders.js'
import { decodeAction } from '../../test/support/fake-contracts.js'
import { openCycle, plannedLeg, written } from '../../test/support/fake-legs.js'
import { ALPHA, aPortfolio, BETA, FakeWorld } from '../../test/support/fake-world.js'
import type { RefusalCode } from '../domain/errors.js'
import { refusedLeg } from '../domain/execution/cycle.js'
import type { Quote } from '../domain/planning/quote.js'
import { ownMinimumOut } from '../domain/policy/limits.js'
import { amountOf } from '../domain/units/amount.js'
import { ratioOfBasisPoints } from '../domain/units/ratio.js'
import { ONE_USD } from '../domain/units/usd.js'

const portfolio = aPortfolio()

/** Offers the sale of ten WETH once. `prepare` runs before. */
async function offer(prepare: (world: FakeWorld) => void, as = portfolio, sell = ALPHA.weth) {
  const world = FakeWorld.drifted()
  const leg = plannedLeg(world, 1, 'swap', sell, sell === ALPHA.eth ? 10n ** 18n : 10n ** 19n, ALPHA.usdc)
  const cycle = await openCycle(world, [leg])
  const process = world.start()
  prepare(world)
  await process.offerLeg.run(as, cycle, cycle.legs[0]!, leg.sell)
  return { world, process, leg, before: cycle.legs[0]! }
}

const change = (order: Partial<NonNullable<Quote['order']>>) => (quote: Quote) =>
  quote.order ? { ...quote, order: { ...quote.order, ...order } } : quote
const both = (world: FakeWorld, tamper: (quote: Quote) => Quote) => {
  world.swaps.tamper = tamper
  world.rival.tamper = tamper
}

describe('OfferLeg', () => {
  const refusals: { code: RefusalCode; why: string; prepare: (world: FakeWorld) => void; as?: typeof portfolio }[] = [
    { code: 'POLICY_DENIED', why: 'no agreed price', prepare: (world) => (world.sources[1].isDead = true) },
    {
      code: 'NO_QUOTE',
      why: 'no venue answers',
      prepare: (world) => (world.swaps.failures.push('unavailable'), world.rival.failures.push('no-route')),
    },
    {
      code: 'QUOTE_SCHEMA',
      why: 'an answer without a transaction',
      prepare: (world) => both(world, ({ order: _order, ...quote }) => quote),
    },
    {
      code: 'QUOTE_MISMATCH',
      why: 'another sold amount',
      prepare: (world) =>
        both(world, (quote) => ({
          ...quote,
          request: { ...quote.request, sell: amountOf(ALPHA.weth, 10n ** 19n - 1n) },
        })),
    },
    {
      code: 'QUOTE_STALE',
      why: 'an old answer',
      prepare: (world) => both(world, (quote) => ({ ...quote, obtainedAt: quote.obtainedAt - 15_001 })),
    },
    {
      code: 'TARGET_NOT_ALLOWED',
      why: 'a call to a stranger',
      prepare: (world) =>
        both(world, (quote) => change({ call: { ...quote.order!.call, to: addressOf(0xbad) } })(quote)),
    },
    {
      code: 'SPENDER_NOT_ALLOWED',
      why: 'an allowance for a stranger',
      prepare: (world) => both(world, change({ spender: addressOf(0xbad) })),
    },
    {
      code: 'VALUE_MISMATCH',
      why: 'coin nobody owes',
      prepare: (world) => both(world, (quote) => change({ call: { ...quote.order!.call, value: 1n } })(quote)),
    },
    {
      code: 'MIN_OUT_TOO_LOW',
      why: 'a price under the limit at prices of this moment',
      prepare: (world) =>
        world.prices.set('ETH', 3_050n * ONE_USD) && both(world, (quote) => ({ ...quote, ...cheap(world, quote) })),
    },
    {
      code: 'QUOTE_ORACLE_DIVERGENCE',
      why: 'a price that is too good',
      prepare: (world) =>
        both(world, (quote) => ({ ...quote, expectedOut: amountOf(ALPHA.usdc, 30_600n * 10n ** 6n) })),
    },
    {
      code: 'GAS_CAP',
      why: 'gas over the limit',
      prepare: () => undefined,
      as: aPortfolio({ policy: { ...portfolio.policy, maxGas: ONE_USD / 1_000n } }),
    },
    {
      code: 'SIMULATION_FAILED',
      why: 'a call that would fail',
      prepare: (world) => {
        world.chain.allow(ALPHA.weth, OWNER, world.swaps.contract, 10n ** 19n)
        world.chain.give(ALPHA.weth, OWNER, -195n * 10n ** 18n)
      },
    },
  ]
  /** The answer as it was before the price moved. */
  function cheap(world: FakeWorld, { request, expectedOut }: Quote): Partial<Quote> {
    const market = { ...world.market(), prices: new Map([...world.prices, ['ETH', 3_000n * ONE_USD]]) }
    const units = ownMinimumOut(market, request.sell, expectedOut.token, ratioOfBasisPoints(10)).units
    return { expectedOut: amountOf(expectedOut.token, units), minimumOut: amountOf(expectedOut.token, units) }
  }

  test.each(refusals)('$code: $why; the refusal is written and nothing is reserved', async ({ code, prepare, as }) => {
    const { world, process, before } = await offer(prepare, as)
    const told = process.observer.of('offer-refused')
    expect(told.map((event) => event.code)).toEqual([code])
    expect(told[0]!.detail.length).toBeGreaterThan(10)
    expect(written(world).intents).toEqual([])
    expect(written(world).legs[0]).toEqual(refusedLeg(before, { code, detail: told[0]!.detail }, world.clock.now()))
  })

  test('takes the cheapest of the offers that pass, and says what the leg will do', async () => {
    const { world, leg } = await offer((one) => one.swaps.charge(25))
    const [run] = written(world).legs
    expect(run).toMatchObject({
      state: 'approving',
      offer: { venue: 'rival', spender: world.rival.contract, sell: leg.sell },
    })
    expect(written(world).intents.map(({ id, state }) => [id, state])).toEqual([['plan-1.1.approve.0', 'reserved']])
  })

  test('one venue that must be refused does not stop another', async () => {
    const { world } = await offer((one) => (one.swaps.tamper = change({ spender: addressOf(0xbad) })))
    expect(written(world).legs[0]!.offer?.venue).toBe('rival')
  })

  test('goes straight to the trade where exactly the amount is allowed already (K-22)', async () => {
    const { world } = await offer((one) => one.chain.allow(ALPHA.weth, OWNER, one.swaps.contract, 10n ** 19n))
    expect(written(world).intents.map(({ kind }) => kind)).toEqual(['swap'])
    expect(written(world).legs[0]!.state).toBe('sending')
  })

  test('an allowance for more than the amount is taken back first (C-06)', async () => {
    const { world } = await offer((one) => one.chain.allow(ALPHA.weth, OWNER, one.swaps.contract, 2n ** 256n - 1n))
    const [intent] = written(world).intents
    expect(decodeAction(intent!.call.data)).toEqual({ do: 'approve', spender: world.swaps.contract, units: 0n })
  })

  test('asks for a tolerance that keeps the guaranteed minimum above our own (P-01)', async () => {
    const { world, leg } = await offer(() => undefined)
    const { maxSlippage } = world.swaps.asked[0]!.request
    expect(maxSlippage).toBe(ratioOfBasisPoints(30))
    const { minimumOut } = written(world).legs[0]!.offer!
    const least = ownMinimumOut(world.market(), leg.sell, ALPHA.usdc, leg.maxLoss)
    expect(minimumOut.units).toBeGreaterThanOrEqual(least.units)
  })

  test('a native sale is reserved as its trade with a quarter of gas to spare (C-10)', async () => {
    const { world } = await offer(() => undefined, portfolio, ALPHA.eth)
    expect(written(world).intents).toMatchObject([{ kind: 'swap', nonce: 0, gasLimit: 125_000n, account: OWNER }])
  })

  test('a chain that does not answer counts as a refusal, and nothing is reserved', async () => {
    const world = FakeWorld.drifted()
    const cycle = await openCycle(world, [plannedLeg(world, 1, 'swap', BETA.usdc, 10n ** 9n, BETA.wbtc)])
    world.chain.silent.add('beta')
    const [run] = cycle.legs
    const process = world.start()
    await process.offerLeg.run(portfolio, cycle, run!, run!.leg.sell)
    expect(process.observer.of('offer-refused')).toMatchObject([{ code: 'CHAIN_UNAVAILABLE' }])
    expect(written(world)).toMatchObject({ intents: [], legs: [{ state: 'waiting', refusals: 1 }] })
  })
})
