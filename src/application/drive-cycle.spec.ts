import type { Portfolio } from '../domain/policy/portfolio.js'
import { describe, expect, jest, test } from '@jest/globals'
import { hashOf, OWNER } from '../../test/support/builders.js'
import { decodeAction, encodeAction } from '../../test/support/fake-contracts.js'
import { CYCLE_ID, journey, openCycle, plannedLeg, written } from '../../test/support/fake-legs.js'
import { ALPHA, aPortfolio, BETA, FakeWorld } from '../../test/support/fake-world.js'
import type { Token } from '../domain/assets.js'
import { spendOfNothing } from '../domain/execution/budget-claim.js'
import { MAX_REFUSALS } from '../domain/execution/cycle.js'
import { weiCost } from '../domain/planning/cost.js'
import type { Leg } from '../domain/planning/plan.js'
import type { Quote } from '../domain/planning/quote.js'
import { ownMinimumOut } from '../domain/policy/limits.js'
import { ratioOfBasisPoints } from '../domain/units/ratio.js'
import { ONE_USD } from '../domain/units/usd.js'

jest.setTimeout(60_000)

const portfolio = aPortfolio()
const TEN_WETH = 10n ** 19n

const sale = (world: FakeWorld): Leg[] => [plannedLeg(world, 1, 'swap', ALPHA.weth, TEN_WETH, ALPHA.usdc)]
const crossing = (world: FakeWorld): Leg[] => [
  plannedLeg(world, 1, 'bridge', ALPHA.usdc, 50_000n * 10n ** 6n, BETA.usdc),
  plannedLeg(world, 2, 'swap', BETA.usdc, 49_975n * 10n ** 6n, BETA.wbtc, 1),
]

async function drive(world: FakeWorld, legs: readonly Leg[], as = portfolio) {
  await openCycle(world, legs)
  const process = world.start()
  await process.drive(as, CYCLE_ID)
  return process
}

const states = (world: FakeWorld) => written(world).legs.map(({ state, failure }) => [state, failure?.code])
const kinds = (world: FakeWorld) => written(world).intents.map(({ id, state }) => [id, state])
const balance = (world: FakeWorld, token: Token) => world.chain.balance(token, OWNER)
/** The order's own call, changed. */
const withAction = (quote: Quote, change: (units: bigint) => bigint): Quote => {
  const { order } = quote
  const action = order && decodeAction(order.call.data)
  if (!order || action?.do === 'approve' || !action) return quote
  const data = encodeAction({ ...action, out: change(action.out) })
  return { ...quote, order: { ...order, call: { ...order.call, data } } }
}

describe('DriveCycle', () => {
  test('approves exactly the amount, trades, and closes the cycle with what it cost', async () => {
    const world = FakeWorld.drifted()
    const { observer } = await drive(world, sale(world))
    expect(kinds(world)).toEqual([
      ['plan-1.1.approve.0', 'final_ok'],
      ['plan-1.1.swap.0', 'final_ok'],
    ])
    expect(decodeAction(written(world).intents[0]!.call.data)).toEqual({
      do: 'approve',
      spender: world.swaps.contract,
      units: TEN_WETH,
    })
    expect(world.chain.standingAllowances()).toEqual([])
    const [run] = written(world).legs
    expect(run).toMatchObject({ state: 'done', sold: { units: TEN_WETH }, received: { units: 29_970n * 10n ** 6n } })
    const realised = world.rows.costs.get('plan-1.1')
    // 2 transactions of 100,000 gas at 1 gwei and 3,000 USD; 10 bps of 30,000 USD
    expect(realised).toEqual({ slippage: 30n * ONE_USD, fees: 0n, gas: (6n * ONE_USD) / 10n, bridge: 0n })
    expect(observer.of('cycle-ended')).toMatchObject([{ outcome: 'traded' }])
  })

  test('writes every attempt down before its bytes are sent (R-01)', async () => {
    const world = FakeWorld.drifted()
    await openCycle(world, journey(world))
    const process = world.start()
    const early: string[] = []
    const send = world.chain.broadcast.bind(world.chain)
    world.chain.broadcast = (chain, raw) => {
      const attempts = written(world).intents.flatMap((intent) => [...intent.attempts])
      if (!attempts.some((attempt) => attempt.raw === raw)) early.push(raw)
      return send(chain, raw)
    }
    await process.drive(portfolio, CYCLE_ID)
    expect(world.chain.heard.length).toBeGreaterThanOrEqual(written(world).intents.length)
    expect(early).toEqual([])
  })

  test('needs no approval for native coin and sends its value along', async () => {
    const world = FakeWorld.drifted()
    await drive(world, [plannedLeg(world, 1, 'swap', ALPHA.eth, 10n ** 18n, ALPHA.usdc)])
    expect(kinds(world)).toEqual([['plan-1.1.swap.0', 'final_ok']])
    expect(written(world).intents[0]!.call.value).toBe(10n ** 18n)
    expect(states(world)).toEqual([['done', undefined]])
  })

  test('has at most one transaction of ours waiting per chain (R-09)', async () => {
    const world = FakeWorld.drifted()
    await openCycle(world, journey(world))
    let most = 0
    world.clock.onPass(() => {
      for (const chain of ['alpha', 'beta'])
        most = Math.max(
          most,
          written(world).intents.filter(
            (one) => one.chain === chain && (one.state === 'reserved' || one.state === 'signed'),
          ).length,
        )
    })
    await world.start().drive(portfolio, CYCLE_ID)
    expect(most).toBe(1)
  })

  describe('transactions', () => {
    test('a reverted trade fails its leg, leaves no allowance and skips what depended on it', async () => {
      const world = FakeWorld.drifted()
      world.chain.reverts = (action) => action.do === 'trade'
      const [first, second, third] = journey(world)
      await drive(world, [first!, second!, third!])
      expect(states(world)).toEqual([
        ['failed', 'REVERTED'],
        ['skipped', 'DEPENDENCY'],
        ['skipped', 'DEPENDENCY'],
      ])
      expect(kinds(world)).toEqual([
        ['plan-1.1.approve.0', 'final_ok'],
        ['plan-1.1.swap.0', 'final_reverted'],
        ['plan-1.1.swap.1', 'final_reverted'],
        ['plan-1.1.swap.2', 'final_reverted'],
        ['plan-1.1.revoke.0', 'final_ok'],
      ])
      expect(world.chain.standingAllowances()).toEqual([])
      expect(written(world).outcome).toBe('rejected')
    })

    test('a reverted approval fails its leg without a trade', async () => {
      const world = FakeWorld.drifted()
      world.chain.reverts = (action) => action.do === 'approve'
      await drive(world, sale(world))
      expect(states(world)).toEqual([['failed', 'REVERTED']])
      expect(world.effects()).toEqual([])
    })

    test.each([
      ['slow inclusion', (world: FakeWorld) => world.chain.hold('alpha', 30)],
      [
        'broadcasts that are lost',
        (world: FakeWorld) => world.chain.fates.push('lost-in-silence', 'lost-with-an-error', 'lost-in-silence'),
      ],
      [
        'broadcasts that were taken although an error came back',
        (world: FakeWorld) => world.chain.fates.push('taken-with-an-error', 'taken-with-an-error'),
      ],
    ])('%s: the same step is sent until it is in, and has its effect once (R-05)', async (_name, happens) => {
      const world = FakeWorld.drifted()
      happens(world)
      await drive(world, sale(world))
      expect(states(world)).toEqual([['done', undefined]])
      expect(world.effects()).toHaveLength(1)
      expect(world.chain.payloads().size).toBe(2)
      for (const [, payloads] of world.chain.payloads()) expect(payloads.size).toBe(1)
    })

    test('a chain that stops answering ends the leg that has not begun there, and nothing is signed for it', async () => {
      const world = FakeWorld.drifted()
      await openCycle(world, sale(world))
      const started = world.clock.now()
      world.clock.onPass(() => {
        const seconds = (world.clock.now() - started) / 1_000
        if (seconds > 2 && seconds < 40) world.chain.silent.add('alpha')
        else world.chain.silent.clear()
      })
      const process = world.start()
      await process.drive(portfolio, CYCLE_ID)
      expect(states(world)).toEqual([['failed', 'CHAIN_UNAVAILABLE']])
      expect(world.effects()).toEqual([])
      expect(world.chain.standingAllowances()).toEqual([])
    })

    test.each(['remembered', 'forgotten'] as const)(
      'a reorg after each look at the chain, transactions %s, books every step once (P-14, K-16)',
      async (fate) => {
        for (let look = 1; look < 25; look++) {
          const world = FakeWorld.drifted()
          await openCycle(world, journey(world).slice(0, 2))
          let looks = 0
          world.clock.onPass(() => {
            looks += 1
            if (looks === look) for (const chain of ['alpha', 'beta']) world.chain.reorg(chain, 2, fate)
          })
          await world.start().drive(portfolio, CYCLE_ID)
          expect(states(world)).toEqual([
            ['done', undefined],
            ['done', undefined],
          ])
          expect(world.effects()).toHaveLength(2)
          for (const [, payloads] of world.chain.payloads()) expect(payloads.size).toBe(1)
          expect(world.rows.postings.reduce((sum, { units }) => sum + units, 0n)).toBe(0n)
        }
      },
    )

    test.each(['swap', 'bridge'] as const)(
      'a %s that succeeded in a block that a reorg replaced, and then reverts, has failed',
      async (kind) => {
        for (let look = 1; look < 12; look++) {
          const world = FakeWorld.drifted()
          await openCycle(world, kind === 'swap' ? sale(world) : crossing(world).slice(0, 1))
          let looks = 0
          let isUndone = false
          world.clock.onPass(() => {
            looks += 1
            const isIn = world.chain
              .receipts()
              .some(({ action, isSuccess }) => action?.do !== 'approve' && isSuccess && action)
            if (looks >= look && isIn && !isUndone && written(world).intents.at(-1)?.state === 'mined') {
              isUndone = true
              world.chain.reorg('alpha', 2)
              world.chain.reverts = (action) => action.do !== 'approve'
            }
          })
          await world.start().drive(portfolio, CYCLE_ID)
          if (!isUndone) continue
          expect(world.effects()).toEqual([])
          expect(states(world)).toEqual([['failed', 'REVERTED']])
          expect(written(world).legs[0]!.received).toBeUndefined()
          expect(world.chain.standingAllowances()).toEqual([])
          return
        }
        throw new Error('No look at the chain met a mined trade.')
      },
    )
  })

  describe('allowances (C-06, C-14)', () => {
    test('a spender that keeps its allowance gets it revoked before the leg is done', async () => {
      const world = FakeWorld.drifted()
      world.chain.keepsAllowance.add(world.swaps.contract)
      await drive(world, sale(world))
      expect(kinds(world).map(([id]) => id)).toEqual(['plan-1.1.approve.0', 'plan-1.1.swap.0', 'plan-1.1.revoke.0'])
      expect(world.chain.standingAllowances()).toEqual([])
    })

    test('an allowance of another size is reset to zero before it is set', async () => {
      const world = FakeWorld.drifted()
      world.chain.resetFirst.add(ALPHA.weth.address)
      world.chain.allow(ALPHA.weth, OWNER, world.swaps.contract, 5n)
      await drive(world, sale(world))
      const approvals = written(world).intents.filter(({ kind }) => kind === 'approve')
      expect(approvals.map(({ call }) => decodeAction(call.data))).toMatchObject([{ units: 0n }, { units: TEN_WETH }])
      expect(states(world)).toEqual([['done', undefined]])
      expect(world.chain.standingAllowances()).toEqual([])
    })

    test('an offer that turns dearer than a rival after the approval leaves nothing behind at either spender', async () => {
      const world = FakeWorld.drifted()
      await openCycle(world, sale(world))
      world.clock.onPass(() => {
        if (world.chain.standingAllowances().length > 0) world.swaps.charge(25)
      })
      await world.start().drive(portfolio, CYCLE_ID)
      expect(states(world)).toEqual([['done', undefined]])
      expect(world.chain.standingAllowances()).toEqual([])
      expect(world.effects()).toHaveLength(1)
    })

    test('a venue that stops offering after the approval gives way to another, and its allowance goes first', async () => {
      const world = FakeWorld.drifted()
      await openCycle(world, sale(world))
      world.clock.onPass(() => {
        if (world.chain.standingAllowances().length > 0) world.swaps.charge(90)
      })
      await world.start().drive(portfolio, CYCLE_ID)
      expect(states(world)).toEqual([['done', undefined]])
      expect(written(world).legs[0]!.offer?.venue).toBe('rival')
      expect(world.chain.standingAllowances()).toEqual([])
      expect(world.effects()).toHaveLength(1)
    })
  })

  describe('bridges (P-17)', () => {
    test('what arrived is what the next leg sells', async () => {
      const world = FakeWorld.drifted()
      const before = balance(world, BETA.usdc)
      await drive(world, crossing(world))
      expect(states(world)).toEqual([
        ['done', undefined],
        ['done', undefined],
      ])
      expect(balance(world, BETA.usdc)).toBe(before)
      expect(written(world).transfers).toMatchObject([{ id: 'plan-1.1', bridge: 'swift', state: 'full' }])
    })

    test.each([
      ['refund', 'refunded', 'TRANSFER_REFUNDED', 'DEPENDENCY'],
      ['short', 'short', 'TRANSFER_SHORT', 'PAUSED'],
      ['other-token', 'other_token', 'TRANSFER_OTHER_TOKEN', 'DEPENDENCY'],
    ] as const)('%s: the transfer ends %s and nothing is sent again', async (outcome, state, code, behind) => {
      const world = FakeWorld.drifted()
      world.bridges.outcome = outcome
      await drive(world, crossing(world))
      expect(states(world)).toEqual([
        ['failed', code],
        ['skipped', behind],
      ])
      expect(written(world).transfers.map((transfer) => transfer.state)).toEqual([state])
      expect(world.effects()).toHaveLength(1)
      const inFlight = world.rows.postings.filter(({ account }) => account === 'in_flight:swift')
      expect(inFlight.reduce((sum, { units }) => sum + units, 0n)).toBe(0n)
    })

    test('a late transfer ends its cycle, stays in transit, and is booked once when it comes', async () => {
      const world = FakeWorld.drifted()
      world.bridges.outcome = 'never'
      const process = await drive(world, crossing(world))
      expect(states(world)).toEqual([
        ['failed', 'TRANSFER_LATE'],
        ['skipped', 'DEPENDENCY'],
      ])
      const open = await process.store.openTransfers('core')
      expect(open.map(({ state }) => state)).toEqual(['late'])
      const snapshot = await process.takeSnapshot.run(portfolio, { transfers: open, unattributed: [] })
      expect(snapshot.inTransit.map(({ amount }) => amount.units)).toEqual([open[0]!.expected.units])

      const before = balance(world, BETA.usdc)
      world.bridges.outcome = 'full'
      for (let look = 0; look < 10; look++) {
        world.clock.pass(1_000)
        await process.settleTransfers.run(portfolio)
      }
      expect(await process.store.openTransfers('core')).toEqual([])
      expect(balance(world, BETA.usdc) - before).toBe(open[0]!.expected.units)
      const booked = world.rows.postings.filter(
        (one) => one.account === 'wallet' && one.chain === 'beta' && one.token === BETA.usdc.address,
      )
      expect(booked.map(({ units }) => units)).toEqual([open[0]!.expected.units])
    })
  })

  describe('refusals', () => {
    test('an offer refused now is asked for again later', async () => {
      const world = FakeWorld.drifted()
      world.swaps.failures.push('rate-limited', 'no-route')
      world.rival.failures.push('unavailable', 'no-route')
      const { observer } = await drive(world, sale(world))
      expect(states(world)).toEqual([['done', undefined]])
      expect(observer.of('offer-refused').map(({ code }) => code)).toEqual(['NO_QUOTE', 'NO_QUOTE'])
    })

    test('a leg is given up after a few refusals, without a transaction', async () => {
      const world = FakeWorld.drifted()
      world.prices.set('ETH', 4_000n * ONE_USD)
      world.swaps.tamper = (quote) => ({ ...quote, obtainedAt: quote.obtainedAt - 60_000 })
      world.rival.tamper = world.swaps.tamper
      const { observer } = await drive(world, sale(world))
      expect(states(world)).toEqual([['failed', 'QUOTE_STALE']])
      expect(observer.of('offer-refused')).toHaveLength(MAX_REFUSALS)
      expect(world.chain.heard).toEqual([])
    })

    test('a leg given up after its approval takes the approval back', async () => {
      const world = FakeWorld.drifted()
      await openCycle(world, sale(world))
      world.clock.onPass(() => {
        if (world.chain.standingAllowances().length === 0) return
        world.swaps.charge(90)
        world.rival.charge(90)
      })
      const process = world.start()
      await process.drive(portfolio, CYCLE_ID)
      expect(states(world)).toEqual([['failed', 'MIN_OUT_TOO_LOW']])
      expect(world.chain.standingAllowances()).toEqual([])
      expect(world.effects()).toEqual([])
      // Both count: the approval, and taking it back.
      const { market, intents } = written(world)
      expect(intents.map(({ kind }) => kind)).toEqual(['approve', 'revoke'])
      const paid = intents.map((one) => ('inclusion' in one ? weiCost(market, one.chain, one.inclusion.gasPaid) : 0n))
      const use = await process.store.budgetUse(spendOfNothing(portfolio, world.clock.now(), { chain: 'alpha' }))
      expect(use).toMatchObject({ hourTransactions: 2, dayGas: paid[0]! + paid[1]! })
    })
  })

  describe('slices', () => {
    const MINUTE = 60_000
    const sliced = (world: FakeWorld): Leg[] =>
      [0, 1, 2].map((index) => ({
        ...plannedLeg(world, index + 1, 'swap', ALPHA.weth, TEN_WETH / 4n, ALPHA.usdc),
        slice: { index: index + 1, of: 3, notBefore: world.clock.now() + index * 10 * MINUTE },
      }))

    test('each begins at its time while other legs go on, and prices are read only to offer, when a leg ended and when a slice is due', async () => {
      const world = FakeWorld.drifted()
      const began = world.clock.now()
      const legs = [...sliced(world), plannedLeg(world, 4, 'swap', ALPHA.eth, 10n ** 18n, ALPHA.usdc)]
      await drive(world, legs)
      const reserved = written(world)
        .intents.filter(({ kind }) => kind === 'swap')
        .map(({ legId, reservedAt }) => [legId, Math.floor((reservedAt - began) / MINUTE)])
      expect(reserved).toEqual([
        ['plan-1.1', 0],
        ['plan-1.4', 0],
        ['plan-1.2', 10],
        ['plan-1.3', 20],
      ])
      // three slices of an approval and a trade, one trade in coin, a look after each end while another waits, and one
      // before each later slice
      expect(world.sources[0].asked).toBe(3 * 2 + 1 + 3 + 2)
    })

    test('a pause skips the ones that have not begun', async () => {
      const world = FakeWorld.drifted()
      const legs = sliced(world)
      await openCycle(world, legs)
      world.clock.onPass(() => {
        if (written(world).legs[0]!.state === 'done') world.hold('Lunch.')
      })
      await world.start().drive(portfolio, CYCLE_ID)
      expect(states(world)).toEqual([
        ['done', undefined],
        ['skipped', 'PAUSED'],
        ['skipped', 'PAUSED'],
      ])
    })
  })

  describe('planning anew what remains', () => {
    const strict = aPortfolio({ policy: { ...portfolio.policy, replanMove: ratioOfBasisPoints(5) } })
    const REPLANNED = ['skipped', 'REPLANNED']
    const later = (world: FakeWorld, number: number, sell: Token, units: bigint, buy: Token): Leg => ({
      ...plannedLeg(world, number, 'swap', sell, units, buy),
      slice: { index: 1, of: 1, notBefore: world.clock.now() + 300_000 },
    })
    const reasonIn = (world: FakeWorld) => written(world).legs.at(-1)!.failure?.detail

    test('a leg that brought too little ends the legs that have not begun, and nothing more is traded', async () => {
      const world = FakeWorld.drifted()
      const legs = journey(world)
      world.swaps.charge(18)
      await drive(world, legs, strict)
      expect(states(world)).toEqual([['done', undefined], REPLANNED, REPLANNED, REPLANNED])
      expect(reasonIn(world)).toBe(
        'Leg plan-1.1 brought 29946 USDC, -8 bps against the 29970 USDC planned; the plan allows 5 bps.',
      )
      expect(written(world).outcome).toBe('traded')
      expect(world.effects()).toHaveLength(1)
      expect(world.chain.standingAllowances()).toEqual([])
    })

    test('so does a price that moved, and a price that cannot be read does not', async () => {
      for (const isReadable of [true, false]) {
        const world = FakeWorld.drifted()
        await openCycle(world, [...sale(world), later(world, 2, BETA.usdc, 10n ** 9n, BETA.wbtc)])
        world.clock.onPass(() => {
          const isDone = written(world).legs[0]!.state === 'done'
          if (isDone && written(world).legs[1]!.state === 'waiting') world.prices.set('BTC', 60_300n * ONE_USD)
          world.sources[1].isDead = !isReadable && isDone && world.sources[0].asked < 3
        })
        await world.start().drive(strict, CYCLE_ID)
        expect(states(world)[1]).toEqual(isReadable ? REPLANNED : ['done', undefined])
        if (isReadable)
          expect(reasonIn(world)).toBe(
            'The price of BTC moved +50 bps, from 60000 to 60300 USD; the plan allows 5 bps.',
          )
      }
    })

    test('a leg that failed for good ends those that wait, while one under way runs to its end', async () => {
      const world = FakeWorld.drifted()
      world.chain.hold('beta', 30)
      world.chain.reverts = ({ do: act }) => act === 'trade'
      await drive(world, [
        ...sale(world),
        plannedLeg(world, 2, 'bridge', BETA.usdc, 10n ** 9n, ALPHA.usdc),
        later(world, 3, ALPHA.eth, 10n ** 18n, ALPHA.usdc),
      ])
      expect(states(world)).toEqual([['failed', 'REVERTED'], ['done', undefined], REPLANNED])
      expect(reasonIn(world)).toBe('Leg plan-1.1 failed: Transaction of plan-1.1.swap.2 reverted.')
    })

    test('a leg that brought what was planned changes nothing', async () => {
      const world = FakeWorld.drifted()
      await drive(world, journey(world), strict)
      expect(states(world).map(([state]) => state)).toEqual(['done', 'done', 'done', 'done'])
    })
  })

  describe('funding', () => {
    test('a leg sells its own part and what each funding leg delivered, with a minimum to match', async () => {
      const world = FakeWorld.drifted()
      const crossing = plannedLeg(world, 1, 'bridge', ALPHA.usdc, 50_000n * 10n ** 6n, BETA.usdc)
      const promised = crossing.expectedOut.units
      const purchase = {
        ...plannedLeg(world, 2, 'swap', BETA.usdc, promised + 10_000n * 10n ** 6n, BETA.wbtc),
        funding: [{ leg: crossing.id, units: promised }],
      }
      world.crossings.charge(9)
      await drive(world, [crossing, purchase])
      const arrived = 49_955n * 10n ** 6n
      expect(written(world).legs[0]!.received?.units).toBe(arrived)
      const { offer, sold } = written(world).legs[1]!
      expect(sold?.units).toBe(arrived + 10_000n * 10n ** 6n)
      expect(balance(world, BETA.usdc)).toBe(10_000n * 10n ** 6n)
      const least = ownMinimumOut(world.market(), offer!.sell, BETA.wbtc, purchase.maxLoss)
      expect(offer!.minimumOut.units).toBeGreaterThanOrEqual(least.units)
      expect(least.units).toBeLessThan(purchase.minimumOut.units)
    })
  })

  describe('pausing (K-29)', () => {
    test('legs that have not begun are skipped, and one that has only its approval gives it back', async () => {
      const world = FakeWorld.drifted()
      await openCycle(world, journey(world))
      const process = world.start()
      let isPaused = false
      world.clock.onPass(() => {
        if (isPaused || written(world).legs[0]!.state !== 'approving') return
        isPaused = true
        world.hold('Lunch.')
      })
      await process.drive(portfolio, CYCLE_ID)
      expect(states(world)).toEqual([
        ['failed', 'PAUSED'],
        ['skipped', 'PAUSED'],
        ['skipped', 'PAUSED'],
        ['skipped', 'PAUSED'],
      ])
      expect(world.effects()).toEqual([])
      expect(world.chain.standingAllowances()).toEqual([])
    })

    test('a trade that is written down but not signed when the pause comes is given back', async () => {
      const world = FakeWorld.drifted()
      await openCycle(world, sale(world))
      const process = world.start()
      let isPaused = false
      world.clock.onPass(() => {
        if (isPaused || !written(world).intents.some(({ kind, state }) => kind === 'swap' && state === 'reserved'))
          return
        isPaused = true
        world.hold('Lunch.')
      })
      await process.drive(portfolio, CYCLE_ID)
      expect(isPaused).toBe(true)
      expect(states(world)).toEqual([['failed', 'PAUSED']])
      expect(world.effects()).toEqual([])
      expect(world.chain.standingAllowances()).toEqual([])
    })

    test('a portfolio that is switched to dry-run after an approval signs nothing but its revocation', async () => {
      const world = FakeWorld.drifted()
      await openCycle(world, sale(world))
      const changing: { -readonly [K in keyof Portfolio]: Portfolio[K] } = { ...aPortfolio() }
      world.clock.onPass(() => {
        if (written(world).legs[0]!.state === 'approving') changing.mode = 'dry-run'
      })
      await world.start().drive(changing, CYCLE_ID)
      expect(changing.mode).toBe('dry-run')
      expect(states(world)).toEqual([['failed', 'PAUSED']])
      expect(world.effects()).toEqual([])
      expect(world.chain.standingAllowances()).toEqual([])
    })

    test('a portfolio that was switched to dry-run begins no further leg', async () => {
      const world = FakeWorld.drifted()
      await drive(world, journey(world), aPortfolio({ mode: 'dry-run' }))
      expect(world.signer.signed).toEqual([])
      expect(written(world).legs.map(({ state }) => state)).toEqual(['skipped', 'skipped', 'skipped', 'skipped'])
    })

    test('a venue that delivers less than its minimum pauses new work (B-02)', async () => {
      const world = FakeWorld.drifted()
      world.chain.skims = true
      const { observer } = await drive(world, sale(world))
      expect(states(world)).toEqual([['failed', 'UNDER_DELIVERED']])
      const [breaker] = observer.of('breaker-tripped')
      expect(breaker!.trip).toMatchObject({ code: 'B-02', level: 'paused_hard' })
      expect(breaker!.trip.reason).toMatch(/^Leg plan-1\.1 received 14985 USDC/)
    })

    test('F-02 calldata that delivers half of what the quote says is refused before it is signed', async () => {
      const world = FakeWorld.drifted()
      for (const venue of [world.swaps, world.rival]) venue.tamper = (quote) => withAction(quote, (out) => out / 2n)
      await drive(world, sale(world))
      expect(states(world)).toEqual([['failed', 'MIN_OUT_TOO_LOW']])
      expect(world.effects()).toEqual([])
    })
  })

  test('stops at once when the lease is lost, and leaves the cycle open', async () => {
    const world = FakeWorld.drifted()
    await openCycle(world, journey(world))
    const process = world.start()
    world.clock.onPass(() => {
      if (written(world).legs[0]!.state === 'approving') process.lease.isTaken = true
    })
    await process.drive(portfolio, CYCLE_ID)
    expect(written(world).endedAt).toBeUndefined()
    expect(world.effects()).toEqual([])
  })

  test('a cycle that is not written down is an invariant broken', async () => {
    await expect(new FakeWorld().start().drive(portfolio, hashOf(1))).rejects.toThrow('is driven but not written down')
  })
})
