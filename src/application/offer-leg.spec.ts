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
import type { Watch } from '../ports/chain.js'
import { SimulationError } from '../ports/chain.js'

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
      code: 'GAS_CAP',
      why: 'a gas limit above that of the chain (C-10)',
      prepare: () => undefined,
      as: aPortfolio({ chains: portfolio.chains.map((chain) => ({ ...chain, gasLimitCap: 124_999n })) }),
    },
    {
      code: 'POLICY_DENIED',
      why: 'coin that does not pay for approval and trade (B-18)',
      prepare: (world) => world.chain.give(ALPHA.eth, OWNER, -5n * 10n ** 18n + 10n ** 14n),
    },
    {
      code: 'SIMULATION_DELTA',
      why: 'a trade that, played, brings less than our own minimum (C-09)',
      prepare: (world) => (world.chain.slips = (out) => (out * 99n) / 100n),
    },
    {
      code: 'SIMULATION_DISAGREES',
      why: 'endpoints that play the same calls differently (C-09)',
      prepare: (world) =>
        (world.chain.rehearse = () => Promise.reject(new SimulationError('They differ.', { disagrees: true }))),
    },
    {
      code: 'SIMULATION_ALLOWANCE',
      why: 'a spender that could take more afterwards (C-09)',
      prepare: (world) => {
        const honest = world.chain.rehearse.bind(world.chain)
        world.chain.rehearse = async (account, calls, watch) => {
          const played = await honest(account, calls, watch)
          return { ...played, allowances: played.allowances.map((_units, index) => (index === 0 ? 1n : 0n)) }
        }
      },
    },
    {
      code: 'QUOTE_STALE',
      why: 'a quote that ages while its trade is played (F-13)',
      prepare: (world) => {
        const honest = world.chain.rehearse.bind(world.chain)
        world.chain.rehearse = (account, calls, watch) => {
          world.clock.pass(portfolio.maxQuoteAgeMs + 1)
          return honest(account, calls, watch)
        }
      },
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

  test('C-09: approval and trade are played together, on every token and spender there is, before the approval is written', async () => {
    let seen: { calls: number; watch: Watch } | undefined
    const { world } = await offer((one) => {
      const honest = one.chain.rehearse.bind(one.chain)
      one.chain.rehearse = (account, calls, watch) => {
        expect(one.rows.cycles.get('cycle-1')?.intents).toEqual([])
        seen = { calls: calls.length, watch }
        return honest(account, calls, watch)
      }
    })
    expect(written(world).intents.map(({ kind }) => kind)).toEqual(['approve'])
    expect(seen?.calls).toBe(2)
    expect(seen?.watch.tokens.map(({ symbol }) => symbol).toSorted()).toEqual(['ETH', 'USDC', 'WETH'])
    const spenders = [world.swaps, world.rival, world.crossings].map(({ contract }) => contract)
    expect(seen?.watch.allowances.map(({ token, spender }) => `${token.symbol} ${spender}`)).toEqual(
      ['WETH', 'USDC'].flatMap((symbol) => spenders.map((spender) => `${symbol} ${spender}`)),
    )
  })

  test('F-84: a token that changes an allowance only from or to zero is reset first, and both are played before', async () => {
    const { world } = await offer((one) => {
      one.chain.resetFirst.add(ALPHA.weth.address)
      one.chain.allow(ALPHA.weth, OWNER, one.swaps.contract, 5n)
    })
    const [intent] = written(world).intents
    expect(decodeAction(intent!.call.data)).toEqual({ do: 'approve', spender: world.swaps.contract, units: 0n })
    expect(world.chain.standingAllowances()).toHaveLength(1)
    await world.start().drive(portfolio, 'cycle-1')
    expect(written(world).legs[0]?.state).toBe('done')
    expect(world.chain.standingAllowances()).toEqual([])
  })

  test('F-13: a quote that grew old is asked for anew, for the same leg', async () => {
    const { world } = await offer((one) => {
      const honest = one.chain.rehearse.bind(one.chain)
      let isFirst = true
      one.chain.rehearse = (account, calls, watch) => {
        if (isFirst) one.clock.pass(portfolio.maxQuoteAgeMs + 1)
        isFirst = false
        return honest(account, calls, watch)
      }
    })
    expect(written(world).intents).toEqual([])
    await world.start().drive(portfolio, 'cycle-1')
    expect(written(world).legs).toMatchObject([{ state: 'done', refusals: 1 }])
    expect(written(world).intents.map(({ id }) => id)).toEqual(['plan-1.1.approve.0', 'plan-1.1.swap.0'])
  })

  test('B-18: the chain on which coin is short is stopped', async () => {
    const { process } = await offer((one) => one.chain.give(ALPHA.eth, OWNER, -5n * 10n ** 18n + 10n ** 14n))
    expect(process.observer.of('breaker-tripped').map(({ trip }) => [trip.code, trip.scope, trip.level])).toEqual([
      ['B-18', 'chain:alpha', 'paused_new'],
    ])
  })

  test.each(['all', 'portfolio:core', 'chain:alpha', 'venue:swaps', 'asset:USD'] as const)(
    'nothing is reserved once %s is paused, however late that comes',
    async (scope) => {
      const { world, process } = await offer((one) => {
        const honest = one.chain.rehearse.bind(one.chain)
        one.chain.rehearse = async (account, calls, watch) => {
          const state = { scope, level: 'paused_new', reason: 'Lunch.', since: 0, by: 'operator' } as const
          await one.records().setOperatingState(state)
          return honest(account, calls, watch)
        }
      })
      const [refused] = process.observer.of('offer-refused')
      expect(refused).toMatchObject({ code: 'POLICY_DENIED', detail: `${scope} is paused_new: Lunch.` })
      expect(written(world).intents).toEqual([])
    },
  )

  test('C-11: what the budgets do not allow is refused with their code, and trips what they say', async () => {
    const limits = { ...portfolio.limits, hourTransactions: 0 }
    const { world, process } = await offer(() => undefined, aPortfolio({ limits }))
    expect(process.observer.of('offer-refused')).toMatchObject([{ code: 'BUDGET_EXCEEDED' }])
    expect(process.observer.of('breaker-tripped')).toMatchObject([{ trip: { code: 'B-12' } }])
    expect(written(world).intents).toEqual([])
  })
})
