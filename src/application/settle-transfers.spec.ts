import { describe, expect, test } from '@jest/globals'
import { aCycle, addressOf, aRun, aToken, aTransfer, hashOf } from '../../test/support/builders.js'
import { FakeClock } from '../../test/support/fake-clock.js'
import { RecordingObserver } from '../../test/support/fake-ports.js'
import { aPortfolio } from '../../test/support/fake-world.js'
import { Died, Life } from '../../test/support/life.js'
import { MemoryRows, MemoryStore } from '../../test/support/memory-store.js'
import { InvariantError } from '../domain/errors.js'
import type { Payout, Transfer } from '../domain/execution/transfer.js'
import { amountOf, type TokenAmount } from '../domain/units/amount.js'
import type { Chain } from '../ports/chain.js'
import { Transfers } from '../ports/transfers.js'
import { InvestigateTransfer } from './investigate-transfer.js'
import { SettleTransfers } from './settle-transfers.js'
import { TripBreaker } from './trip-breaker.js'

const portfolio = aPortfolio()
const cycle = aCycle()
const flight = aTransfer(cycle, cycle.legs[0] ?? aRun())
const { expected, minimum, sent } = flight
const weth = aToken({ chain: 'beta', asset: 'ETH', address: addressOf(0xbe) })

const payout = (amount: TokenAmount, changes: Partial<Payout> = {}): Payout => ({
  chain: 'beta',
  hash: hashOf(9),
  log: 1,
  block: { number: 100n, hash: hashOf(50), timestamp: 0 },
  amount,
  isRefund: false,
  ...changes,
})

/** What the chains show; a status service that is never believed stands behind nothing here. */
class Shown extends Transfers {
  payouts: readonly Payout[] = []
  failure: Error | undefined
  override find(): Promise<readonly Payout[]> {
    return this.failure ? Promise.reject(this.failure) : Promise.resolve(this.payouts)
  }
}

/** A transfer in flight, what the chains show of it, and processes that settle it. */
async function flying(transfer: Transfer = flight) {
  const rows = new MemoryRows()
  const store = new MemoryStore(rows)
  await store.openCycle({ ...cycle, legs: [{ ...aRun(), leg: { ...aRun().leg, id: transfer.id } }] })
  await store.openTransfer(transfer)
  const shown = new Shown()
  const clock = new FakeClock()
  const final = { height: 0n }
  const observer = new RecordingObserver()
  const process = (life = new Life()) => {
    const own = life.mortal('store', new MemoryStore(rows))
    return new SettleTransfers({
      transfers: life.mortal('transfers', shown),
      chain: { finalizedBlock: () => Promise.resolve(final.height) } as unknown as Chain,
      store: own,
      clock,
      observer,
      failpoints: life.failpoints(),
      tripBreaker: new TripBreaker({ store: own, clock, observer }),
      pollMs: 1_000,
    })
  }
  let current = process()
  const look = async (seconds = 1) => {
    clock.pass(seconds * 1_000)
    await current.run(portfolio)
    return (await store.cycle(cycle.id))!.transfers[0]!
  }
  const restart = () => {
    current = process()
  }
  /** Units per account, chain and token. */
  const books = async () => {
    const entries = await store.ledger({ account: transfer.account, limit: 100 })
    const sums = new Map<string, bigint>()
    for (const { account, chain, token, units } of entries) {
      const key = `${account} ${chain} ${token.slice(-2)}`
      sums.set(key, (sums.get(key) ?? 0n) + units)
    }
    return Object.fromEntries(sums)
  }
  const trips = async () =>
    (await store.breakers({ isOpen: true, limit: 10 })).map(({ code, scope, level }) => [code, scope, level])
  return { store, shown, clock, final, observer, process, look, restart, books, trips }
}

const LATE = 20 * 3 + 60

describe('a transfer', () => {
  test('F-57: that never arrives is late, then lost: the bridge takes no other, and nothing is booked or sent', async () => {
    const { look, trips, books, observer } = await flying()
    expect((await look(LATE + 2)).state).toBe('late')
    expect(await trips()).toEqual([])
    expect((await look(flight.lostAfterSeconds)).state).toBe('lost_suspected')
    expect(await trips()).toEqual([['B-02', 'bridge:swift', 'paused_new']])
    expect((await look(10_000_000)).state).toBe('lost_suspected')
    expect(await books()).toEqual({})
    expect(observer.of('transfer-changed').map(({ transfer }) => transfer.state)).toEqual(['late', 'lost_suspected'])
  })

  test('that somebody has looked into stops its bridge no more for being late, and is looked for and booked as before', async () => {
    const { store, look, trips, shown, final, clock, books } = await flying()
    const marking = () =>
      new InvestigateTransfer({ store, clock }).run({
        id: flight.id,
        by: 'alice',
        reason: 'Asked them.',
        note: undefined,
      })
    expect(await marking()).toMatchObject({ status: 'refused' })
    await look(LATE + 2)
    const mark = { transferId: flight.id, by: 'alice', reason: 'Asked them.', note: undefined, at: clock.now() }
    expect(await marking()).toMatchObject({ status: 'marked', mark })
    expect((await look(flight.lostAfterSeconds)).state).toBe('lost_suspected')
    expect(await trips()).toEqual([])
    expect(await store.openTransfers(portfolio.id)).toHaveLength(1)
    // Seen, undone and lost again: it is the same transfer.
    shown.payouts = [payout(expected)]
    await look()
    shown.payouts = []
    for (const state of ['in_flight', 'late', 'lost_suspected'])
      expect((await look(flight.lostAfterSeconds)).state).toBe(state)
    expect([await trips(), await books()]).toEqual([[], {}])
    final.height = 100n
    shown.payouts = [payout(amountOf(expected.token, 1n))]
    await look()
    expect((await look(flight.quietSeconds)).state).toBe('short')
    // What it brought in the end is another matter than when.
    expect(await trips()).toHaveLength(2)
    expect(await marking()).toMatchObject({ status: 'refused' })
  })

  test('F-58: that falls 3 % short is over after the quiet period and stops bridge and portfolio', async () => {
    const { look, shown, final, trips, books } = await flying()
    const units = (expected.units * 97n) / 100n
    shown.payouts = [payout(amountOf(expected.token, units))]
    expect((await look()).state).toBe('seen')
    expect(await books()).toEqual({})
    final.height = 100n
    expect((await look()).state).toBe('seen')
    expect(await trips()).toEqual([])
    expect((await look(flight.quietSeconds)).state).toBe('short')
    expect(new Set(await trips())).toEqual(
      new Set([
        ['B-02', 'bridge:swift', 'paused_hard'],
        ['B-02', 'portfolio:core', 'paused_hard'],
      ]),
    )
    expect(await books()).toEqual({
      'bridge:swift alpha 0c': sent.units,
      'in_flight:swift alpha 0c': -sent.units,
      'bridge:swift beta cb': -units,
      'wallet beta cb': units,
    })
  })

  test('F-59: that arrives as another token is booked under that token', async () => {
    const { look, shown, final, books, trips } = await flying()
    final.height = 100n
    shown.payouts = [payout(amountOf(weth, 7n))]
    await look()
    expect((await look(flight.quietSeconds)).state).toBe('other_token')
    expect(await books()).toMatchObject({ 'wallet beta be': 7n, 'in_flight:swift alpha 0c': -sent.units })
    expect(await trips()).toEqual([])
  })

  test('F-60: that is refunded at its origin leaves the fee with the bridge', async () => {
    const { look, shown, final, books } = await flying()
    final.height = 100n
    const units = sent.units - 500_000n
    shown.payouts = [payout(amountOf(sent.token, units), { chain: 'alpha', isRefund: true })]
    await look()
    expect((await look()).state).toBe('refunded')
    expect(await books()).toEqual({
      'in_flight:swift alpha 0c': -sent.units,
      'bridge:swift alpha 0c': 500_000n,
      'wallet alpha 0c': units,
    })
  })

  test('F-61: that comes in parts is booked part by part, each at its finality and once', async () => {
    const { look, shown, final, books, restart } = await flying()
    const half = payout(amountOf(expected.token, expected.units / 2n))
    shown.payouts = [half]
    final.height = 100n
    await look()
    expect(await books()).toEqual({ 'bridge:swift beta cb': -half.amount.units, 'wallet beta cb': half.amount.units })
    restart()
    const rest = payout(amountOf(sent.token, sent.units / 2n - 900n), {
      chain: 'alpha',
      hash: hashOf(10),
      block: { number: 101n, hash: hashOf(51), timestamp: 0 },
      isRefund: true,
    })
    shown.payouts = [half, rest]
    expect((await look()).state).toBe('seen')
    final.height = 101n
    expect((await look()).state).toBe('refunded')
    expect(await books()).toEqual({
      'in_flight:swift alpha 0c': -sent.units,
      'bridge:swift alpha 0c': sent.units - rest.amount.units,
      'wallet alpha 0c': rest.amount.units,
      'bridge:swift beta cb': -half.amount.units,
      'wallet beta cb': half.amount.units,
    })
  })

  test('F-62: stays in flight as long as no chain shows a payout, whatever anybody says', async () => {
    const { look, observer } = await flying()
    for (let count = 0; count < 5; count += 1) expect((await look()).state).toBe('in_flight')
    expect(observer.events).toEqual([])
  })

  test('F-63: that comes a day late is booked once', async () => {
    const { look, shown, final, books } = await flying()
    await look(LATE + 2)
    await look(24 * 3_600)
    shown.payouts = [payout(expected)]
    final.height = 100n
    expect((await look()).state).toBe('seen')
    expect((await look()).state).toBe('full')
    await look()
    expect(await books()).toMatchObject({ 'wallet beta cb': expected.units, 'bridge:swift beta cb': -expected.units })
  })

  test('F-65: whose arrival a reorg undid is in flight again, unbooked, and found again', async () => {
    const { look, shown, final, books } = await flying()
    shown.payouts = [payout(expected)]
    expect((await look()).state).toBe('seen')
    shown.payouts = []
    expect(await look()).toEqual(flight)
    shown.payouts = [payout(expected, { hash: hashOf(11), block: { number: 102n, hash: hashOf(52), timestamp: 0 } })]
    final.height = 102n
    await look()
    expect(await look()).toMatchObject({ state: 'full', arrivals: [{ hash: hashOf(11) }] })
    expect(await books()).toMatchObject({ 'wallet beta cb': expected.units })
  })

  test('is late although nobody can be asked, and keeps what was seen', async () => {
    const { look, shown, observer } = await flying()
    shown.failure = new Error('beta does not answer')
    expect((await look(LATE + 2)).state).toBe('late')
    shown.failure = undefined
    shown.payouts = [payout(expected)]
    const seen = await look()
    shown.failure = new Error('beta does not answer')
    expect(await look()).toEqual(seen)
    expect(observer.of('failed').map(({ isRetried }) => isRetried)).toEqual([true, true])
  })

  test('an invariant that breaks is not swallowed', async () => {
    const { process, store, shown, clock } = await flying()
    shown.payouts = [payout(expected)]
    clock.pass(1_000)
    const settle = process()
    Object.assign(settle['deps'], {
      store: Object.assign(Object.create(store) as MemoryStore, {
        moveTransfer: () => Promise.reject(new InvariantError('Broken.')),
      }),
    })
    await expect(settle.run(portfolio)).rejects.toThrow(InvariantError)
  })
})

describe('a process that dies', () => {
  const short = [payout(amountOf(expected.token, minimum.units - 1n))]
  const refund = [payout(amountOf(sent.token, sent.units - 9n), { chain: 'alpha', isRefund: true })]

  test.each([
    ['K-26', [payout(expected)], 'full'],
    ['K-26', short, 'short'],
    ['K-27', refund, 'refunded'],
  ] as const)(
    '%s: having seen the evidence and not booked it, books it once when it is back (%#)',
    async (point, payouts, end) => {
      const { look, shown, final, process, clock, books, trips, restart } = await flying()
      shown.payouts = payouts
      final.height = 100n
      const total: Record<string, bigint>[] = []
      for (let index = 0; index < 3; index += 1) {
        const life = new Life({ at: 'point', point, index })
        const dying = process(life)
        for (let count = 0; count < 3 && !life.isOver; count += 1) {
          clock.pass(flight.quietSeconds * 1_000)
          await dying.run(portfolio).catch((error: unknown) => {
            if (!(error instanceof Died)) throw error
          })
        }
        total.push(await books())
      }
      restart()
      await look()
      expect((await look(flight.quietSeconds)).state).toBe(end)
      const { amount } = payouts[0]!
      const wallet = `wallet ${amount.token.chain} ${amount.token.address.slice(-2)}`
      expect((await books())[wallet]).toBe(amount.units)
      expect(await trips()).toHaveLength(end === 'short' ? 2 : 0)
    },
  )
})
