import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { PostgresLease } from '../../src/adapters/store/postgres-lease.js'
import { PostgresStore } from '../../src/adapters/store/postgres-store.js'
import type { Cycle, LegRun } from '../../src/domain/execution/cycle.js'
import type { Intent } from '../../src/domain/execution/intent.js'
import type { Trip } from '../../src/domain/policy/breakers.js'
import { type BudgetUse, judgeSpend, type Spend } from '../../src/domain/policy/budgets.js'
import type { ScopeState } from '../../src/domain/policy/operating.js'
import { amountOf } from '../../src/domain/units/amount.js'
import { RATIO_ONE, ratioOfBasisPoints } from '../../src/domain/units/ratio.js'
import { ONE_USD } from '../../src/domain/units/usd.js'
import { BudgetError, type Store } from '../../src/ports/store.js'
import {
  aCycle,
  addressOf,
  aLeg,
  anAttempt,
  anInclusion,
  aRun,
  aTransfer,
  newIntent,
  NOW,
  sendingRun,
  WETH,
} from '../support/builders.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'
import { looseLimits } from '../support/limits.js'
import { MemoryRows, MemoryStore } from '../support/memory-store.js'

let db: TestDatabase
let onPostgres: Store
const inMemory = new MemoryStore(new MemoryRows())

beforeAll(async () => {
  db = await createTestDatabase()
  const { database } = db
  const lease = new PostgresLease({
    database,
    build: 'test',
    schemaVersion: 'test',
    ttlMs: 600_000,
    selfFenceMs: 500_000,
  })
  await lease.acquire()
  onPostgres = new PostgresStore({ database, lease })
}, 60_000)
afterAll(() => db.drop())

const HOUR = 3_600_000
const stores: [name: string, store: () => Store][] = [
  ['on Postgres', () => onPostgres],
  ['in memory', () => inMemory],
]
const paused = (changes: Partial<ScopeState> = {}): ScopeState => ({
  scope: 'chain:a',
  level: 'paused_new',
  reason: 'Lunch.',
  since: NOW,
  by: 'operator',
  ...changes,
})
const aTrip = (changes: Partial<Trip> = {}): Trip => ({
  code: 'B-06',
  scope: 'chain:b',
  level: 'paused_new',
  reason: 'No block for 60 s.',
  ...changes,
})

describe.each(stores)('operating states and breakers %s', (_name, storeOf) => {
  const states = async (scope: string) => (await storeOf().operatingStates()).filter((one) => one.scope === scope)

  test('a state is kept until it is running; nothing but that makes it less strict', async () => {
    const store = storeOf()
    await store.setOperatingState(paused())
    expect(await states('chain:a')).toEqual([paused()])
    await store.setOperatingState(paused({ level: 'halted', reason: 'Fire.' }))
    await store.setOperatingState(paused({ level: 'paused_hard', reason: 'Smoke.' }))
    expect(await states('chain:a')).toMatchObject([{ level: 'halted', reason: 'Fire.' }])
    await store.setOperatingState(paused({ level: 'running' }))
    expect(await states('chain:a')).toEqual([])
  })

  test('of each place the latest look at its books is kept, whoever writes an earlier one later', async () => {
    const store = storeOf()
    const look = { portfolio: 'core', chain: 'a', at: NOW, isShort: true }
    await store.noteReconciled(look)
    await store.noteReconciled({ ...look, at: NOW - 1, isShort: false })
    await store.noteReconciled({ ...look, chain: 'b', isShort: false })
    expect(await store.lastReconciled()).toEqual([look, { ...look, chain: 'b', isShort: false }])
    await store.noteReconciled({ ...look, at: NOW + 1, isShort: false })
    expect(await store.lastReconciled()).toMatchObject([{ at: NOW + 1, isShort: false }, { chain: 'b' }])
  })

  test('a breaker holds its scope until it is cleared, and tripping it again is told apart', async () => {
    const store = storeOf()
    expect(await store.tripBreaker(aTrip(), NOW)).toBe(true)
    expect(await store.tripBreaker(aTrip(), NOW + 1)).toBe(false)
    expect(await states('chain:b')).toMatchObject([
      { level: 'paused_new', reason: 'B-06: No block for 60 s.', since: NOW, by: 'breaker' },
    ])
    expect(await store.tripBreaker(aTrip({ code: 'B-05', level: 'paused_hard' }), NOW)).toBe(true)
    expect(await states('chain:b')).toMatchObject([{ level: 'paused_hard' }])
    expect(await store.clearBreakers('chain:b', 'B-05', 'test', NOW + 2)).toMatchObject([
      { code: 'B-05', clearedAt: NOW + 2, clearedBy: 'test' },
    ])
    expect(await states('chain:b')).toMatchObject([{ level: 'paused_new' }])
    expect(await store.clearBreakers('chain:b', undefined, 'test', NOW + 3)).toHaveLength(1)
    expect(await states('chain:b')).toEqual([])
    expect(await store.clearBreakers('chain:b', undefined, 'test', NOW + 3)).toEqual([])
    const all = (await store.breakers({ isOpen: false, limit: 100 })).filter(({ scope }) => scope === 'chain:b')
    expect(all.map(({ code, trippedAt, clearedAt }) => [code, trippedAt, clearedAt])).toEqual([
      ['B-05', NOW, NOW + 2],
      ['B-06', NOW, NOW + 3],
    ])
    expect(await store.breakers({ isOpen: true, limit: 100 })).toEqual([])
  })

  test('a breaker that trips harder holds its scope that hard, whichever other one ends', async () => {
    const store = storeOf()
    const scope = 'chain:e'
    await store.tripBreaker(aTrip({ scope }), NOW)
    await store.tripBreaker(aTrip({ scope, code: 'B-05' }), NOW)
    expect(await store.tripBreaker(aTrip({ scope, level: 'halted', reason: 'Worse.' }), NOW + 1)).toBe(false)
    expect(await store.tripBreaker(aTrip({ scope, reason: 'Milder.' }), NOW + 2)).toBe(false)
    expect(await store.breakers({ isOpen: true, limit: 2 })).toMatchObject([
      { code: 'B-05', level: 'paused_new' },
      { code: 'B-06', level: 'halted', reason: 'Worse.', trippedAt: NOW },
    ])
    await store.clearBreakers(scope, 'B-05', 'test', NOW + 3)
    expect(await states(scope)).toMatchObject([{ level: 'halted' }])
    await store.clearBreakers(scope, undefined, 'test', NOW + 3)
  })

  test('what a person has paused stays paused when a breaker of the same scope lets go', async () => {
    const store = storeOf()
    await store.setOperatingState(paused({ scope: 'chain:c' }))
    await store.tripBreaker(aTrip({ scope: 'chain:c', level: 'halted' }), NOW)
    expect(await states('chain:c')).toMatchObject([{ level: 'halted', by: 'operator' }])
    await store.clearBreakers('chain:c', 'B-06', 'test', NOW)
    expect(await states('chain:c')).toMatchObject([{ level: 'halted', by: 'operator' }])
  })

  test('running lets go of what a person has set and not of what an open breaker holds', async () => {
    const store = storeOf()
    await store.setOperatingState(paused({ scope: 'chain:d', level: 'halted' }))
    await store.tripBreaker(aTrip({ scope: 'chain:d' }), NOW)
    await store.setOperatingState(paused({ scope: 'chain:d', level: 'running' }))
    expect(await states('chain:d')).toMatchObject([{ level: 'paused_new', by: 'breaker' }])
    await store.clearBreakers('chain:d', 'B-06', 'test', NOW)
    expect(await states('chain:d')).toEqual([])
  })
})

/** The same hash for the same place in a history, whichever store plays it. */
let hashes = 0

/** A history of spends, played on one store. */
class History {
  constructor(
    private readonly store: Store,
    private readonly portfolio: string,
    private readonly base = hashes,
  ) {
    hashes += 1_000
  }

  private count = 0

  cycle(name: string, startedAt: number, legs: readonly LegRun[], code: Cycle['decision']['code'] = 'band-breached') {
    const plain = aCycle()
    const cycle = aCycle({
      id: `${this.portfolio}-${name}`,
      portfolio: this.portfolio,
      startedAt,
      legs: legs.map((run, index) => ({ ...run, leg: { ...run.leg, id: `${this.portfolio}-${name}.${index}` } })),
      decision: { ...plain.decision, code },
    })
    return this.store.openCycle(cycle).then(() => cycle)
  }

  spend(cycle: Cycle, at: number, changes: Partial<Spend> = {}): Spend {
    return {
      portfolio: this.portfolio,
      cycleId: cycle.id,
      chain: 'alpha',
      account: addressOf(0xacc),
      asset: 'ETH',
      venue: 'swaps',
      bridge: undefined,
      turnover: 1_000n * ONE_USD,
      gas: 10n * ONE_USD,
      gasWei: 1_000n,
      pair: ['ETH', 'USD'],
      trades: [['ETH', 'USD']],
      at,
      ...changes,
    }
  }

  /** Reserves the leg's trade and lets it come as far as told. */
  async trade(cycle: Cycle, index: number, spend: Spend, until: Intent['state']): Promise<Intent> {
    const { store } = this
    const run = cycle.legs[index]!
    const claim = { spend, judge: () => undefined }
    const number = this.base + this.count++
    const nonce = number
    const given = newIntent(cycle, run, { chain: `${this.portfolio}-${number}`, reservedAt: spend.at })
    const change = { before: run, after: sendingRun(run) }
    const reserved = await store.reserveIntent(given, nonce, change, claim)
    if (until === 'reserved') return reserved
    if (until === 'released') return store.releaseIntent(reserved, 'test')
    const fee = { gasLimit: 100n, maxFeePerGas: 30n, maxPriorityFeePerGas: 1n }
    const signed = await store.recordAttempt(reserved, anAttempt(number, fee))
    if (until === 'signed' || signed.state !== 'signed') return signed
    const isSuccess = until !== 'final_reverted'
    const inclusion = anInclusion(number, { isSuccess, gasPaid: 250n })
    const mined: Intent = { ...signed, version: signed.version + 1, state: 'mined', inclusion }
    await store.moveIntent(signed, mined, [], 'test')
    if (until === 'mined') return mined
    const final = { ...mined, version: mined.version + 1, state: until } as Intent
    await store.moveIntent(mined, final, [], 'test')
    return final
  }
}

const swap = aRun({ leg: aLeg({ sell: amountOf(WETH, 10n ** 18n) }) })
const crossing = aRun({ leg: aLeg({ kind: 'bridge', sell: amountOf(WETH, 10n ** 18n) }) })
const USD = (value: bigint) => value * ONE_USD

describe('what the budgets have used', () => {
  /** Plays the same on both stores; both must give the same answers. */
  async function both(name: string, play: (history: History, store: Store) => Promise<BudgetUse>): Promise<BudgetUse> {
    const [first, second] = [
      await play(new History(onPostgres, name), onPostgres),
      await play(new History(inMemory, name), inMemory),
    ]
    expect(first).toEqual(second)
    return first
  }

  test('turnover counts trades by cycle, hour, day, asset and venue; what traded nothing does not count', async () => {
    const use = await both('turnover', async (history, store) => {
      const old = await history.cycle('old', NOW - 25 * HOUR, [swap])
      await history.trade(old, 0, history.spend(old, NOW - 25 * HOUR), 'final_ok')
      const earlier = await history.cycle('earlier', NOW - 2 * HOUR, [swap, swap, swap])
      await history.trade(earlier, 0, history.spend(earlier, NOW - 2 * HOUR), 'final_ok')
      await history.trade(earlier, 1, history.spend(earlier, NOW - 2 * HOUR), 'final_reverted')
      await history.trade(earlier, 2, history.spend(earlier, NOW - 2 * HOUR, { asset: 'BTC', venue: 'rival' }), 'mined')
      const own = await history.cycle('own', NOW, [swap, swap, swap, crossing])
      await history.trade(own, 0, history.spend(own, NOW), 'reserved')
      await history.trade(own, 1, history.spend(own, NOW), 'signed')
      await history.trade(own, 2, history.spend(own, NOW), 'released')
      const over = { bridge: 'swift', pair: undefined, trades: [] }
      await history.trade(own, 3, history.spend(own, NOW, over), 'signed')
      return store.budgetUse(history.spend(own, NOW))
    })
    expect(use).toMatchObject({
      cycleTurnover: USD(2_000n),
      hourTurnover: USD(2_000n),
      dayTurnover: USD(4_000n),
      assetDayTurnover: USD(3_000n),
      venueDayTurnover: USD(3_000n),
      hourTransactions: 3,
      dayCycles: 1,
    })
  })

  test('gas counts what was paid once it is known, and the dearest attempt until then', async () => {
    const use = await both('gas', async (history, store) => {
      const own = await history.cycle('own', NOW, [swap, swap, swap])
      await history.trade(own, 0, history.spend(own, NOW), 'reserved')
      // 100 gas at 30 wei where 1,000 wei were expected
      await history.trade(own, 1, history.spend(own, NOW), 'signed')
      // 250 wei were paid
      await history.trade(own, 2, history.spend(own, NOW), 'final_reverted')
      return store.budgetUse(history.spend(own, NOW))
    })
    expect(use.dayGas).toBe(10n * ONE_USD + 30n * ONE_USD + (5n * ONE_USD) / 2n)
  })

  test('a crossing is in flight from its reservation until it has come out; late ones are counted (C-61)', async () => {
    const over = (bridge: string): Partial<Spend> => ({ bridge, pair: undefined, trades: [] })
    const use = await both('flight', async (history, store) => {
      const own = await history.cycle('own', NOW, [crossing, crossing, crossing, crossing])
      await history.trade(own, 0, history.spend(own, NOW, over('swift')), 'signed')
      await history.trade(own, 1, history.spend(own, NOW, over('ferry')), 'final_ok')
      const value = USD(700n)
      for (const [index, state] of [
        [2, 'in_flight'],
        [3, 'late'],
      ] as const) {
        await history.trade(own, index, history.spend(own, NOW, over('swift')), 'final_ok')
        await store.openTransfer(aTransfer(own, own.legs[index]!, { value, state }))
      }
      return store.budgetUse(history.spend(own, NOW, over('swift')))
    })
    expect(use).toMatchObject({
      bridgeInFlight: USD(2_400n),
      allBridgesInFlight: USD(3_400n),
      bridgeLate: 1,
      bridgeCycleTurnover: USD(3_000n),
      bridgeDayTurnover: USD(3_000n),
      dayTurnover: 0n,
    })
  })

  const failed = (code: NonNullable<LegRun['failure']>['code']) =>
    aRun({ state: 'failed', failure: { code, detail: '' } })
  const done = aRun({ state: 'done' })

  test('B-13: failures are counted back to the last leg that did its job; held legs are none', async () => {
    const use = await both('failures', async (history, store) => {
      const legs = [failed('REVERTED'), done, failed('REVERTED'), failed('BRIDGE_CAP'), failed('NO_QUOTE')]
      await history.cycle('earlier', NOW - 2 * HOUR, legs)
      const own = await history.cycle('own', NOW, [failed('REVERTED'), failed('PAUSED'), swap])
      return store.budgetUse(history.spend(own, NOW))
    })
    expect(use).toMatchObject({ failedInRow: 3, hourFailures: 1 })
  })

  test('B-01: losses of the day count without the gains of others, and since a person cleared the breaker', async () => {
    const losses = async (history: History, store: Store) => {
      for (const [name, at] of [
        ['old', NOW - 26 * HOUR],
        ['new', NOW - HOUR],
      ] as const) {
        const cycle = await history.cycle(name, at, [swap, swap])
        const [one, other] = cycle.legs
        const cost = { slippage: USD(30n), fees: USD(2n), gas: USD(50n), bridge: USD(-1n) }
        await store.saveLeg(cycle.id, one!, one!, cost)
        await store.saveLeg(cycle.id, other!, other!, { ...cost, slippage: USD(-100n) })
        await store.closeCycle(cycle.id, 'traded', at + 1)
      }
      return history.cycle('own', NOW, [swap])
    }
    const counted = await both('loss', async (history, store) =>
      store.budgetUse(history.spend(await losses(history, store), NOW)),
    )
    expect(counted.dayLoss).toBe(USD(31n))
    const cleared = await both('cleared', async (history, store) => {
      const own = await losses(history, store)
      const scope = 'portfolio:cleared' as const
      await store.tripBreaker({ code: 'B-01', scope, level: 'paused_hard', reason: '' }, NOW)
      await store.clearBreakers(scope, 'B-01', 'operator', NOW)
      return store.budgetUse(history.spend(own, NOW))
    })
    expect(cleared.dayLoss).toBe(0n)
  })

  describe('C-51: whether an earlier cycle traded the other way', () => {
    const hop = (from: string, to: string): Partial<Spend> => ({ pair: [from, to], trades: [] })
    const earlier = async (history: History, at: number, code?: Cycle['decision']['code']) => {
      const cycle = await history.cycle(`earlier-${at}`, at, [swap, swap], code)
      await history.trade(cycle, 0, history.spend(cycle, at, hop('ETH', 'USD')), 'final_ok')
      await history.trade(cycle, 1, history.spend(cycle, at, hop('USD', 'BTC')), 'final_ok')
      return cycle
    }
    const asked = (name: string, trades: Spend['trades'], at: number, codes: Cycle['decision']['code'][] = []) =>
      both(name, async (history, store) => {
        await earlier(history, at, codes[0])
        const own = await history.cycle('own', NOW, [swap], codes[1])
        return store.budgetUse(history.spend(own, NOW, { trades }))
      }).then(({ soldTheOtherWay }) => soldTheOtherWay)

    test('all in all, within a day', async () => {
      expect(await asked('pair', [['BTC', 'ETH']], NOW - HOUR)).toBe(true)
      expect(await asked('same', [['ETH', 'BTC']], NOW - HOUR)).toBe(false)
      expect(await asked('hub', [['USD', 'ETH']], NOW - HOUR)).toBe(false)
      expect(await asked('old', [['BTC', 'ETH']], NOW - 25 * HOUR)).toBe(false)
    })

    test('not one that this cycle goes on from', async () => {
      expect(await asked('goes-on', [['BTC', 'ETH']], NOW - HOUR, ['band-breached', 'replanned'])).toBe(false)
    })

    test('not one before a person cleared the breaker', async () => {
      const use = await both('accepted', async (history, store) => {
        await earlier(history, NOW - HOUR)
        const scope = 'portfolio:accepted' as const
        await store.tripBreaker({ code: 'B-12', scope, level: 'paused_new', reason: '' }, NOW - 2)
        await store.clearBreakers(scope, 'B-12', 'operator', NOW - 1)
        const own = await history.cycle('own', NOW, [swap])
        return store.budgetUse(history.spend(own, NOW, { trades: [['BTC', 'ETH']] }))
      })
      expect(use.soldTheOtherWay).toBe(false)
    })
  })
})

test('P-07: reservations at the same moment never take more than a cap together, and a refused one writes nothing', async () => {
  const history = new History(onPostgres, 'rush')
  const cycle = await history.cycle(
    'own',
    NOW,
    Array.from({ length: 12 }, () => swap),
  )
  const limits = { ...looseLimits({ hourTurnover: ratioOfBasisPoints(50) }), bridgePlan: RATIO_ONE }
  const nav = 1_000_000n * ONE_USD
  const outcomes = await Promise.allSettled(
    cycle.legs.map((run, index) => {
      const spend = history.spend(cycle, NOW)
      const given = newIntent(cycle, run, { chain: `rush-chain-${index}` })
      const claim = { spend, judge: (use: BudgetUse) => judgeSpend(spend, use, limits, nav) }
      return onPostgres.reserveIntent(given, 0, { before: run, after: sendingRun(run) }, claim)
    }),
  )
  const refused = outcomes.filter((one) => one.status === 'rejected')
  expect(refused).toHaveLength(7)
  for (const { reason } of refused as PromiseRejectedResult[]) {
    expect(reason).toBeInstanceOf(BudgetError)
    expect(reason).toMatchObject({ refusal: { code: 'BUDGET_EXCEEDED' }, trip: { code: 'B-12' } })
  }
  const written = await onPostgres.cycle(cycle.id)
  expect(written!.intents).toHaveLength(5)
  expect(written!.legs.filter(({ state }) => state === 'waiting')).toHaveLength(7)
  expect((await onPostgres.budgetUse(history.spend(cycle, NOW))).hourTurnover).toBe(USD(5_000n))
})
