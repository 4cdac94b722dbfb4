import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { InvariantError } from '../../src/domain/errors.js'
import type { Cycle, LegRun } from '../../src/domain/execution/cycle.js'
import type { Intent } from '../../src/domain/execution/intent.js'
import {
  entry,
  intentPostings,
  openingPostings,
  type Posting,
  transferPostings,
} from '../../src/domain/execution/ledger.js'
import type { Arrival, Transfer } from '../../src/domain/execution/transfer.js'
import type { CurveRecord } from '../../src/domain/planning/curve-record.js'
import { DAEMON, type Scope } from '../../src/domain/policy/operating.js'
import { amountOf } from '../../src/domain/units/amount.js'
import { ONE_USD } from '../../src/domain/units/usd.js'
import { ConflictError, CURVE_LIFETIME_MS, NonceGapError, type Store } from '../../src/ports/store.js'
import {
  aCycle,
  aLeg,
  anAttempt,
  anInclusion,
  aRun,
  aToken,
  aTransfer,
  addressOf,
  hashOf,
  newIntent,
  NOW,
  OWNER,
  sendingRun,
  WETH,
} from './builders.js'

export interface StoreUnderTest {
  /** Another store on the same records, as a restarted process would have. */
  reopen(): Store
  close(): Promise<void>
}

/** What every Store does. Each test has its own portfolio, cycle, legs and chain; all share one set of records. */
export function describeStore(name: string, create: () => Promise<StoreUnderTest>): void {
  describe(`Store: ${name}`, () => {
    let under: StoreUnderTest
    let store: Store
    let count = 0

    beforeAll(async () => {
      under = await create()
      store = under.reopen()
    }, 60_000)
    afterAll(() => under.close())

    /** A cycle with ids of its own on a chain of its own. */
    const someCycle = (legCount = 1, changes: Partial<Cycle> = {}): Cycle => {
      count += 1
      const chain = `chain-${count}`
      const legs = Array.from({ length: legCount }, (_, index) =>
        aRun({ leg: aLeg({ id: `plan-${count}.${index + 1}`, sell: amountOf({ ...WETH, chain }, 10n ** 18n) }) }),
      )
      return aCycle({ id: `cycle-${count}`, portfolio: `portfolio-${count}`, legs, ...changes })
    }
    const opened = async (legCount = 1, changes: Partial<Cycle> = {}): Promise<Cycle> => {
      const cycle = someCycle(legCount, changes)
      expect(await store.openCycle(cycle)).toBe(true)
      return cycle
    }
    const leg = (cycle: Cycle, index = 0): LegRun => cycle.legs[index]!
    const reserve = (cycle: Cycle, index = 0, chainNonce = 0): Promise<Intent> => {
      const run = leg(cycle, index)
      return store.reserveIntent(newIntent(cycle, run), chainNonce, { before: run, after: sendingRun(run) })
    }
    const signed = async (cycle: Cycle, index = 0): Promise<Intent & { state: 'signed' }> => {
      const intent = await store.recordAttempt(await reserve(cycle, index), anAttempt(count * 100 + index))
      if (intent.state !== 'signed') throw new Error(`Expected a signed intent, got a ${intent.state} one.`)
      return intent
    }
    const reload = async (cycle: Cycle): Promise<Cycle> => {
      const found = await under.reopen().cycle(cycle.id)
      if (!found) throw new Error(`Cycle ${cycle.id} is not there.`)
      return found
    }

    describe('cycles', () => {
      test('gives back exactly what was written, maps, large numbers and absent values included', async () => {
        const cycle = await opened(2, { planReasons: ['5n', '~"', 'null', 'tab\there'] })
        expect(await reload(cycle)).toStrictEqual(cycle)
      })

      test('keeps a cycle without a plan that has ended already', async () => {
        const cycle = await opened(0, { endedAt: NOW + 5, outcome: 'within_band' })
        expect(await reload(cycle)).toStrictEqual(cycle)
        expect((await store.openCycles()).some(({ id }) => id === cycle.id)).toBe(false)
      })

      test('does not open a cycle twice', async () => {
        const cycle = await opened()
        expect(await store.openCycle({ ...cycle, startedAt: NOW + 99 })).toBe(false)
        expect(await reload(cycle)).toStrictEqual(cycle)
      })

      test('refuses a cycle that comes with intents', async () => {
        const cycle = await opened()
        const later = someCycle()
        await expect(store.openCycle({ ...later, intents: [await reserve(cycle)] })).rejects.toThrow(InvariantError)
        expect(await store.cycle(later.id)).toBeUndefined()
      })

      test('knows no cycle of another name', async () => {
        expect(await store.cycle('nothing')).toBeUndefined()
      })

      test('lists open cycles, oldest first', async () => {
        const late = await opened(1, { startedAt: NOW - 1_000 })
        const early = await opened(1, { startedAt: NOW - 2_000 })
        const ids = (await store.openCycles()).map(({ id }) => id)
        expect(ids.slice(0, 2)).toEqual([early.id, late.id])
      })

      test('closes an open cycle once', async () => {
        const cycle = await opened()
        await store.closeCycle(cycle.id, 'rejected', NOW + 7)
        expect(await reload(cycle)).toStrictEqual({ ...cycle, endedAt: NOW + 7, outcome: 'rejected' })
        await expect(store.closeCycle(cycle.id, 'traded', NOW + 8)).rejects.toThrow(ConflictError)
        await expect(store.closeCycle('nothing', 'traded', NOW + 8)).rejects.toThrow(ConflictError)
      })

      test('pages through a portfolio, newest first, also where cycles began together', async () => {
        const portfolio = 'paged'
        const starts = [NOW + 3, NOW + 1, NOW + 2, NOW + 2, NOW + 2]
        const all: Cycle[] = []
        for (const startedAt of starts) all.push(await opened(1, { portfolio, startedAt }))
        const expected = all.toSorted((a, b) => b.startedAt - a.startedAt || (a.id < b.id ? 1 : -1)).map(({ id }) => id)
        const seen: string[] = []
        for (let before: string | undefined; ; before = seen.at(-1)!) {
          const page = await store.cycles({ portfolio, limit: 2, ...(before !== undefined && { before }) })
          if (page.length === 0) break
          seen.push(...page.map(({ id }) => id))
        }
        expect(seen).toEqual(expected)
        expect(await store.cycles({ portfolio, limit: 2, before: 'nothing' })).toEqual([])
      })

      test('lists cycles of one outcome or mode, or those without an end, page by page', async () => {
        const portfolio = 'filtered'
        const kinds: readonly Partial<Pick<Cycle, 'outcome' | 'mode'>>[] = [
          { outcome: 'traded' },
          { outcome: 'error' },
          { outcome: 'planned', mode: 'dry-run' },
          {},
          { outcome: 'traded' },
          { outcome: 'error', mode: 'dry-run' },
        ]
        const ids: string[] = []
        for (const [index, { outcome, ...kind }] of kinds.entries()) {
          const { id } = await opened(1, { portfolio, startedAt: NOW + index, ...kind })
          if (outcome !== undefined) await store.closeCycle(id, outcome, NOW + 10)
          ids.push(id)
        }
        const found = async (query: object) =>
          (await store.cycles({ portfolio, limit: 9, ...query })).map(({ id }) => ids.indexOf(id))
        expect(await found({ outcome: 'traded' })).toEqual([4, 0])
        expect(await found({ outcome: 'traded', limit: 1 })).toEqual([4])
        expect(await found({ outcome: 'traded', before: ids[4] })).toEqual([0])
        expect(await found({ outcome: 'traded', before: ids[3] })).toEqual([0])
        expect(await found({ outcome: null })).toEqual([3])
        expect(await found({ outcome: 'cooldown' })).toEqual([])
        expect(await found({ mode: 'dry-run' })).toEqual([5, 2])
        expect(await found({ mode: 'dry-run', before: ids[5] })).toEqual([2])
        expect(await found({ mode: 'live', outcome: 'error' })).toEqual([1])
        const everywhere = await store.cycles({ outcome: 'error', mode: 'dry-run', limit: 1_000 })
        expect(everywhere.some(({ id }) => id === ids[5])).toBe(true)
      })

      test('lists the decisions of a portfolio alone, newest first, with their figures and what they rest on', async () => {
        const portfolio = 'decided'
        const unscored = { model: 'har' as const, volatility: undefined, days: 0, loss: undefined, ewmaLoss: undefined }
        const forecast = { asset: 'ETH', volatility: 0.6, model: 'ewma' as const, reason: 'Best.', scores: [unscored] }
        const risk = { asOfDay: 20_000, pricesHash: 'ab12', forecasts: [forecast], regime: undefined, missing: [] }
        const decision = { ...aCycle().decision, risk }
        const cycles: Cycle[] = []
        for (const startedAt of [NOW + 1, NOW + 2]) cycles.push(await opened(1, { portfolio, startedAt }))
        cycles.push(await opened(1, { portfolio, startedAt: NOW + 3, decision }))
        await opened(1, { portfolio: 'another' })
        const expected = cycles.toReversed().map(({ id, startedAt, outcome, decision, drift }) => ({
          cycleId: id,
          decidedAt: startedAt,
          outcome,
          decision,
          drift,
        }))
        expect(await store.decisions({ portfolio, limit: 5 })).toStrictEqual(expected)
        expect(await store.decisions({ portfolio, limit: 1, before: cycles[1]!.id })).toStrictEqual([expected[2]])
      })

      test('sums a cycle up', async () => {
        const cycle = await opened(2, { planReasons: ['No route.'] })
        expect(await store.cycles({ portfolio: cycle.portfolio, limit: 5 })).toStrictEqual([
          {
            id: cycle.id,
            portfolio: cycle.portfolio,
            mode: 'live',
            startedAt: NOW,
            endedAt: undefined,
            outcome: undefined,
            reasons: [...cycle.decision.reasons, 'No route.'],
            legs: 2,
          },
        ])
        expect((await store.cycles({ limit: 1_000 })).some(({ id }) => id === cycle.id)).toBe(true)
      })

      test('knows when a portfolio last traded: live cycles that traded alone count', async () => {
        const { id, portfolio } = await opened()
        expect(await store.lastTradedAt(portfolio)).toBeUndefined()
        const look = { portfolio, mode: 'live', policy: 'hybrid' } as const
        expect(await store.lastLooks(look)).toEqual([])
        await store.closeCycle(id, 'traded', NOW + 10, true)
        await opened(1, { portfolio, endedAt: NOW + 5, outcome: 'traded' })
        await opened(1, { portfolio, endedAt: NOW + 20, outcome: 'rejected' })
        await opened(1, { portfolio, endedAt: NOW + 30, outcome: 'traded', mode: 'dry-run' })
        expect(await store.lastTradedAt(portfolio)).toBe(NOW + 10)
        const { decision } = aCycle()
        const quiet = { portfolio, outcome: 'within_band' } as const
        await opened(0, { ...quiet, endedAt: NOW + 40, decision: { ...decision, policy: 'hybrid' } })
        await opened(0, { ...quiet, endedAt: NOW + 50, decision: { ...decision, policy: 'calendar' } })
        expect(await store.lastLooks(look)).toEqual([
          { endedAt: NOW + 40, isUnfinished: false },
          { endedAt: NOW + 10, isUnfinished: true },
          { endedAt: NOW + 5, isUnfinished: false },
        ])
        expect(await store.lastLooks({ ...look, mode: 'dry-run' })).toEqual([])
      })
    })

    describe('legs', () => {
      test('changes a leg that is still as it was read, and no other', async () => {
        const cycle = await opened(2)
        const before = leg(cycle)
        const after: LegRun = { ...before, refusals: 1, refusedAt: NOW + 4 }
        await store.saveLeg(cycle.id, before, after)
        expect((await reload(cycle)).legs).toStrictEqual([after, leg(cycle, 1)])
        await expect(store.saveLeg(cycle.id, before, { ...before, state: 'skipped' })).rejects.toThrow(ConflictError)
        await expect(store.saveLeg('other', after, { ...after, state: 'skipped' })).rejects.toThrow(ConflictError)
        expect((await reload(cycle)).legs).toStrictEqual([after, leg(cycle, 1)])
      })

      test('keeps what a leg really cost', async () => {
        const cycle = await opened(2)
        const cost = { slippage: -5n, fees: ONE_USD, gas: 3n, bridge: 0n }
        const done: LegRun = { ...leg(cycle, 1), state: 'done', received: leg(cycle, 1).leg.expectedOut }
        expect(await store.realisedCosts(cycle.id)).toEqual(new Map())
        await store.saveLeg(cycle.id, leg(cycle, 1), done, cost)
        await store.saveLeg(cycle.id, done, { ...done, refusals: 1 })
        expect(await under.reopen().realisedCosts(cycle.id)).toEqual(new Map([[done.leg.id, cost]]))
      })
    })

    describe('nonces', () => {
      test('writes intent and leg together', async () => {
        const cycle = await opened()
        const intent = await reserve(cycle, 0, 41)
        expect(intent).toStrictEqual({
          ...newIntent(cycle, leg(cycle)),
          nonce: 41,
          version: 1,
          state: 'reserved',
          attempts: [],
        })
        expect(await reload(cycle)).toStrictEqual({ ...cycle, legs: [sendingRun(leg(cycle))], intents: [intent] })
      })

      test('gives twenty callers at once twenty nonces in a row (P-10)', async () => {
        const cycle = await opened(20)
        const intents = await Promise.all(cycle.legs.map((_, index) => reserve(cycle, index, 7)))
        const nonces = intents.map(({ nonce }) => nonce).toSorted((a, b) => a - b)
        expect(nonces).toEqual(Array.from({ length: 20 }, (_, index) => 7 + index))
        expect((await reload(cycle)).intents).toHaveLength(20)
      })

      test('a chain that is behind what is under way gives no nonce, and nothing is written', async () => {
        const cycle = await opened(3)
        await reserve(cycle, 0, 7)
        await expect(reserve(cycle, 1, 6)).rejects.toThrow(NonceGapError)
        expect((await reload(cycle)).intents).toHaveLength(1)
        expect((await reserve(cycle, 2, 7)).nonce).toBe(8)
      })

      test('goes on after nonces of others where it is told to, never back and never below what is live', async () => {
        const cycle = await opened(2)
        const { chain, account } = await reserve(cycle, 0, 7)
        expect(await store.adoptNonce(chain, account, 7)).toBe(false)
        expect(await store.adoptNonce(chain, account, 8)).toBe(false)
        expect(await store.adoptNonce(chain, account, 12)).toBe(true)
        expect(await store.adoptNonce('nowhere', account, 12)).toBe(false)
        expect((await store.nonces()).find((one) => one.chain === chain)?.next).toBe(12)
        expect((await reserve(cycle, 1, 12)).nonce).toBe(12)
      })

      test('a reader sees a whole change or nothing of it', async () => {
        const cycle = await opened(15)
        let isDone = false
        const writes = (async () => {
          for (const index of cycle.legs.keys()) await reserve(cycle, index)
          isDone = true
        })()
        const seen: [number, number][] = []
        while (!isDone) {
          const { legs, intents } = await reload(cycle)
          seen.push([legs.filter(({ state }) => state === 'sending').length, intents.length])
        }
        await writes
        expect(seen.filter(([sending, intents]) => sending !== intents)).toEqual([])
      })

      test('one of two callers gets the intent, and no nonce is lost', async () => {
        const cycle = await opened(2)
        const results = await Promise.allSettled([reserve(cycle), reserve(cycle)])
        expect(results.map(outcomeOf).toSorted()).toEqual(['ConflictError', 'fulfilled'])
        expect((await reserve(cycle, 1)).nonce).toBe(1)
        expect((await reload(cycle)).intents).toHaveLength(2)
      })

      test('takes letter case of an account for no difference', async () => {
        const cycle = await opened(2)
        await reserve(cycle)
        const account = OWNER.toLowerCase() as typeof OWNER
        const run = leg(cycle, 1)
        const change = { before: run, after: sendingRun(run) }
        const second = await store.reserveIntent(newIntent(cycle, run, { account }), 0, change)
        expect(second).toMatchObject({ nonce: 1, account })
      })

      test('halts on an account that somebody else has used (B-04)', async () => {
        const cycle = await opened(2)
        await reserve(cycle, 0, 5)
        await expect(reserve(cycle, 1, 7)).rejects.toThrow(/B-04/)
        await expect(reserve(cycle, 1, 7)).rejects.toThrow(InvariantError)
        expect((await reserve(cycle, 1, 6)).nonce).toBe(6)
      })

      test('reserves nothing when the leg has changed', async () => {
        const cycle = await opened(2)
        await store.saveLeg(cycle.id, leg(cycle), { ...leg(cycle), refusals: 1 })
        await expect(reserve(cycle)).rejects.toThrow(ConflictError)
        expect((await reload(cycle)).intents).toEqual([])
        expect((await reserve(cycle, 1, 9)).nonce).toBe(9)
      })

      test('gives a leg no second trade while the first may still land (R-03)', async () => {
        const cycle = await opened()
        await signed(cycle)
        const run = sendingRun(leg(cycle))
        const again = store.reserveIntent(newIntent(cycle, run, { ordinal: 2 }), 0, { before: run, after: run })
        await expect(again).rejects.toThrow(InvariantError)
        expect((await reload(cycle)).intents).toHaveLength(1)
      })

      test('gives the nonce of an unsigned intent to the next one, under another name', async () => {
        const cycle = await opened()
        const released = await store.releaseIntent(await reserve(cycle, 0, 3), 'stale')
        expect(released).toMatchObject({ state: 'released', nonce: 3 })
        const run = sendingRun(leg(cycle))
        const change = { before: run, after: run }
        await expect(store.reserveIntent(newIntent(cycle, run), 3, change)).rejects.toThrow(ConflictError)
        const second = await store.reserveIntent(newIntent(cycle, run, { ordinal: 2 }), 3, change)
        expect(second.nonce).toBe(3)
        expect((await reload(cycle)).intents).toStrictEqual([released, second])
      })

      test('gives back no nonce below another, no signed one, and none twice', async () => {
        const cycle = await opened(3)
        const first = await reserve(cycle)
        const second = await reserve(cycle, 1)
        await expect(store.releaseIntent(first, 'stale')).rejects.toThrow(ConflictError)
        await store.releaseIntent(second, 'stale')
        await expect(store.releaseIntent(second, 'stale')).rejects.toThrow(ConflictError)
        const bytes = await store.recordAttempt(first, anAttempt(count * 100))
        await expect(store.releaseIntent(bytes, 'stale')).rejects.toThrow(InvariantError)
        await expect(store.releaseIntent(first, 'stale')).rejects.toThrow(ConflictError)
        expect((await reserve(cycle, 2)).nonce).toBe(1)
      })

      test('never skips or repeats a nonce, whatever is reserved, signed and released in whatever order (P-10)', async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.array(fc.constantFrom('reserve', 'sign', 'release', 'reserve stale'), { maxLength: 12 }),
            async (acts) => {
              const cycle = await opened(12)
              const open: Intent[] = []
              const refusals: string[] = []
              let used = 0
              for (const [index, act] of acts.entries()) {
                const last = open.at(-1)
                if (act === 'reserve') open.push(await reserve(cycle, index))
                if (act === 'reserve stale') {
                  const run = leg(cycle, index)
                  const stale = { before: sendingRun(run), after: run }
                  const [result] = await Promise.allSettled([store.reserveIntent(newIntent(cycle, run), 0, stale)])
                  refusals.push(outcomeOf(result))
                }
                if (act === 'sign' && last) {
                  for (const intent of open.splice(0)) {
                    used += 1
                    await store.recordAttempt(intent, anAttempt(1_000_000 + count * 100 + intent.nonce))
                  }
                }
                if (act === 'release' && last) {
                  await store.releaseIntent(last, 'stale')
                  open.pop()
                }
                expect(open.map(({ nonce }) => nonce)).toEqual(open.map((_, place) => used + place))
              }
              expect(refusals.every((refusal) => refusal === 'ConflictError')).toBe(true)
              const kept = (await reload(cycle)).intents.filter(({ state }) => state !== 'released')
              expect(kept.map(({ nonce }) => nonce)).toEqual(kept.map((_, place) => place))
            },
          ),
          { numRuns: 25 },
        )
      }, 60_000)
    })

    describe('intents', () => {
      test('a process that starts anew sees the signed bytes', async () => {
        const cycle = await opened()
        const intent = await signed(cycle)
        expect((await reload(cycle)).intents).toStrictEqual([intent])
        expect((await under.reopen().openCycles()).find(({ id }) => id === cycle.id)?.intents).toStrictEqual([intent])
      })

      test('keeps the first order to cancel an intent that is reserved or signed, and takes none for others', async () => {
        const cycle = await opened(2)
        const order = (intentId: string, by = 'alice') => ({ intentId, by, reason: 'Odd.', at: NOW + 7 })
        expect(await store.orderCancel(order('nothing'))).toBeUndefined()
        const reserved = await reserve(cycle)
        const first = order(reserved.id)
        expect(await store.orderCancel(first)).toStrictEqual(first)
        expect(await store.orderCancel(order(reserved.id, 'bob'))).toStrictEqual(first)
        const written = await store.recordAttempt(reserved, anAttempt(count * 100))
        const inclusion = anInclusion(count * 100)
        const mined = { ...written, version: written.version + 1, state: 'mined', inclusion } as Intent
        await store.moveIntent(written, mined, [], 'seen')
        // One that was ordered in time stays on record; for another intent it would be too late now.
        expect(await store.orderCancel(order(reserved.id, 'bob'))).toStrictEqual(first)
        const second = await reserve(cycle, 1, 1)
        const revoke = await store.reserveIntent(newIntent(cycle, leg(cycle), { kind: 'revoke', id: `r-${count}` }), 1)
        expect(await store.orderCancel(order(revoke.id))).toBeUndefined()
        await store.releaseIntent(revoke, 'not needed')
        await store.releaseIntent(second, 'given up')
        expect(await store.orderCancel(order(second.id))).toBeUndefined()
        expect(await under.reopen().cancelOrders([second.id, reserved.id, 'nothing'])).toStrictEqual([first])
        expect(await store.cancelOrders([])).toEqual([])
      })

      test('signs an intent once', async () => {
        const cycle = await opened()
        const reserved = await reserve(cycle)
        const intent = await store.recordAttempt(reserved, anAttempt(count * 100))
        await expect(store.recordAttempt(reserved, anAttempt(count * 100 + 1))).rejects.toThrow(ConflictError)
        expect((await reload(cycle)).intents).toStrictEqual([intent])
      })

      test('keeps every transaction signed for a nonce, in order, and none that R-05 forbids', async () => {
        const cycle = await opened()
        const first = await signed(cycle)
        const bump = anAttempt(count * 100 + 1, { maxFeePerGas: 2n ** 71n, maxPriorityFeePerGas: 2n ** 40n })
        const second = await store.recordAttempt(first, bump)
        expect(second.attempts).toStrictEqual([anAttempt(count * 100), bump])
        await expect(store.recordAttempt(second, anAttempt(count * 100 + 2))).rejects.toThrow(/pays less/)
        await expect(store.recordAttempt(first, { ...bump, hash: hashOf(9) })).rejects.toThrow(ConflictError)
        const cancel = { ...bump, hash: hashOf(count * 100 + 3), payload: 'cancel' as const }
        const third = await store.recordAttempt(second, cancel)
        expect((await reload(cycle)).intents).toStrictEqual([third])
        await expect(store.recordAttempt(third, { ...bump, hash: hashOf(8) })).rejects.toThrow(/being cancelled/)
      })

      test('burns a reserved nonce by a cancel, which ends it without effect and frees the step (R-03)', async () => {
        const cycle = await opened()
        const cancel = anAttempt(count * 100, { payload: 'cancel' })
        const live = (await store.recordAttempt(await reserve(cycle), cancel)) as Intent & { state: 'signed' }
        const inclusion = anInclusion(count * 100, { movements: [] })
        const mined: Intent = { ...live, version: 3, state: 'mined', inclusion }
        const final: Intent = { ...live, version: 4, state: 'final_cancelled', inclusion }
        await store.moveIntent(live, mined, intentPostings(live, mined, undefined), 'block')
        const run = sendingRun(leg(cycle))
        const again = () => store.reserveIntent(newIntent(cycle, run, { ordinal: 2 }), 1, { before: run, after: run })
        await expect(again()).rejects.toThrow(InvariantError)
        await store.moveIntent(mined, final, intentPostings(mined, final, undefined), 'final')
        expect((await again()).nonce).toBe(1)
      })

      test('a nonce used by somebody else is foreign, whether or not anything was signed (R-08)', async () => {
        const cycle = await opened(2)
        const live = await signed(cycle)
        const unsigned = await reserve(cycle, 1)
        const foreign = (intent: Intent) => ({ ...intent, version: intent.version + 1, state: 'foreign' }) as Intent
        await store.moveIntent(live, foreign(live), [], 'stolen')
        await store.moveIntent(unsigned, foreign(unsigned), [], 'stolen')
        expect((await reload(cycle)).intents).toStrictEqual([foreign(live), foreign(unsigned)])
        await expect(store.moveIntent(foreign(live), { ...live, version: 4 }, [], 'back')).rejects.toThrow(
          InvariantError,
        )
      })

      test('tells the life of an intent, with what moved it, and what endpoints said', async () => {
        const cycle = await opened()
        const live = await signed(cycle)
        await store.noteIntent(live, 'looked')
        await expect(store.noteIntent({ ...live, version: 1 }, 'looked')).rejects.toThrow(ConflictError)
        const mined: Intent = { ...live, version: 3, state: 'mined', inclusion: anInclusion(count * 100) }
        await store.moveIntent(live, mined, [], 'block 100')
        const events = await under.reopen().intentEvents(live.id)
        expect(events.map(({ state, evidence }) => [state, evidence])).toEqual([
          ['reserved', 'nonce 0'],
          ['signed', `step ${hashOf(count * 100)}`],
          ['signed', 'looked'],
          ['mined', 'block 100'],
        ])
        expect(events.every(({ at, epoch }) => epoch >= 1 && Math.abs(at - Date.now()) < 1e12)).toBe(true)
        const answers = [
          { endpoint: 'one', answer: 'accepted' },
          { endpoint: 'two', answer: 'already known' },
        ]
        const { hash } = live.attempts[0]
        await store.recordBroadcast(live.id, hash, answers, NOW + 5)
        await store.recordBroadcast(live.id, hash, [], NOW + 6)
        expect(await store.broadcasts(live.id)).toStrictEqual(answers.map((one) => ({ ...one, hash, at: NOW + 5 })))
        expect(await store.intent(live.id)).toStrictEqual(mined)
        expect(await store.intent('nothing')).toBeUndefined()
        expect(await store.intentEvents('nothing')).toEqual([])
      })

      test('keeps housekeeping without a cycle until it is over', async () => {
        const cycle = await opened()
        const { id: _id, ...rest } = newIntent(cycle, leg(cycle))
        const loose = { ...rest, id: `sweep-${count}`, kind: 'revoke' as const, cycleId: undefined, legId: undefined }
        const reserved = await store.reserveIntent({ ...loose, expiresAt: NOW + 9 }, 0)
        const live = await store.recordAttempt(reserved, anAttempt(count * 100))
        expect((await store.looseIntents()).filter(({ id }) => id === loose.id)).toStrictEqual([live])
        const mined = { ...live, version: 3, state: 'mined', inclusion: anInclusion(count * 100) } as Intent
        await store.moveIntent(live, mined, [], 'block')
        await store.moveIntent(mined, { ...mined, version: 4, state: 'final_ok' } as Intent, [], 'final')
        expect((await store.looseIntents()).filter(({ id }) => id === loose.id)).toEqual([])
        expect((await store.intent(loose.id))?.cycleId).toBeUndefined()
        const own = (await store.nonces()).filter(({ chain }) => chain === loose.chain)
        expect(own).toEqual([{ chain: loose.chain, account: OWNER.toLowerCase(), next: 1 }])
      })

      test('knows every allowance that was signed for, once (C-14)', async () => {
        const cycle = await opened(3)
        const account = addressOf(0xacc0 + count)
        const data = (spender: string) => `0x095ea7b3${spender.padStart(64, '0')}${'f'.repeat(64)}` as const
        const call = {
          chain: leg(cycle).leg.sell.token.chain,
          to: '0xABCDEFabcdefABCDEFabcdefabcdefABCDEFabcd',
          value: 0n,
        } as const
        const approve = (index: number, spender: string, ordinal = 1) =>
          store.reserveIntent(
            newIntent(cycle, leg(cycle, index), {
              kind: 'approve',
              account,
              ordinal,
              call: { ...call, data: data(spender) },
            }),
            0,
          )
        await store.recordAttempt(await approve(0, 'Aa'), anAttempt(count * 100))
        await store.recordAttempt(await approve(0, 'aA', 2), anAttempt(count * 100 + 1))
        await store.recordAttempt(await approve(1, 'bb'), anAttempt(count * 100 + 2))
        await approve(2, 'cc')
        const token = call.to.toLowerCase()
        expect(await store.approvals(account)).toEqual([
          { chain: call.chain, token, spender: addressOf(0xaa) },
          { chain: call.chain, token, spender: addressOf(0xbb) },
        ])
      })

      test('refuses the same bytes for two intents', async () => {
        const cycle = await opened(2)
        await signed(cycle)
        const second = await reserve(cycle, 1)
        await expect(store.recordAttempt(second, anAttempt(count * 100))).rejects.toThrow(InvariantError)
        expect((await reload(cycle)).intents.map(({ state }) => state)).toEqual(['signed', 'reserved'])
      })

      test('follows the chain: mined, unmined, mined in another block, final with its postings', async () => {
        const cycle = await opened()
        const live = await signed(cycle)
        const inclusion = anInclusion(count * 100)
        const elsewhere = { ...inclusion, block: { ...inclusion.block, number: 101n, hash: hashOf(0xb10d) } }
        const path: Intent[] = [
          live,
          { ...live, version: 3, state: 'mined', inclusion },
          { ...live, version: 4 },
          { ...live, version: 5, state: 'mined', inclusion },
          { ...live, version: 6, state: 'mined', inclusion: elsewhere },
          { ...live, version: 7, state: 'final_ok', inclusion: elsewhere },
        ]
        for (const [index, next] of path.slice(1).entries()) {
          const before = path[index]!
          await store.moveIntent(before, next, intentPostings(before, next, undefined), 'seen')
          expect((await reload(cycle)).intents).toStrictEqual([next])
          const stale = store.moveIntent(before, next, [], 'seen')
          await expect(stale).rejects.toThrow(ConflictError)
        }

        const units = (await store.walletBalances(OWNER))
          .filter(({ chain }) => chain === live.chain)
          .map(({ token, units }) => [token, units])
        expect(new Map(units as [string, bigint][])).toEqual(
          new Map([
            [addressOf(0), -inclusion.gasPaid],
            [WETH.address, -1_500_000_000_000_000_001n],
            [aToken().address, 4_490_000_000n],
          ]),
        )
      })

      test('books a final intent once, however often it is told', async () => {
        const cycle = await opened()
        const live = await signed(cycle)
        const mined: Intent = { ...live, version: 3, state: 'mined', inclusion: anInclusion(count * 100) }
        const final: Intent = { ...live, version: 4, state: 'final_ok', inclusion: anInclusion(count * 100) }
        await store.moveIntent(live, mined, [], 'block')
        const tells = Array.from({ length: 5 }, () =>
          store.moveIntent(mined, final, intentPostings({ ...live, version: 3 }, final, undefined), 'final'),
        )
        const results = await Promise.allSettled(tells)
        expect(results.map(outcomeOf).toSorted()).toEqual([
          'ConflictError',
          'ConflictError',
          'ConflictError',
          'ConflictError',
          'fulfilled',
        ])
        const gas = (await store.walletBalances(OWNER)).find(
          ({ chain, token }) => chain === live.chain && token === addressOf(0),
        )
        expect(gas?.units).toBe(-final.inclusion.gasPaid)
      })

      test('knows the blocks in which intents ended, the newest first (B-08)', async () => {
        const cycle = await opened(4)
        for (let index = 0; index < 4; index++) {
          const reserved = await store.reserveIntent(newIntent(cycle, leg(cycle, index)), index)
          const live = await store.recordAttempt(reserved, anAttempt(count * 100 + index))
          const inclusion = anInclusion(count * 100 + index)
          const mined = { ...live, version: 3, state: 'mined', inclusion } as Intent
          await store.moveIntent(live, mined, [], 'block')
          const isLast = index === 3
          if (!isLast) await store.moveIntent(mined, { ...mined, version: 4, state: 'final_ok' } as Intent, [], 'final')
        }
        const { chain } = leg(cycle).leg.sell.token
        const own = (await store.finalBlocks()).filter((one) => one.chain === chain)
        expect(own).toEqual([2, 1, 0].map((index) => ({ chain, block: anInclusion(count * 100 + index).block })))
      })

      test('moves nothing along a way that is no edge (P-08)', async () => {
        const cycle = await opened(2)
        const live = await signed(cycle)
        const inclusion = anInclusion(count * 100)
        const final: Intent = { ...live, version: 3, state: 'final_ok', inclusion }
        const unsigned = await reserve(cycle, 1)
        const refused = async (before: Intent, after: Intent) => {
          await expect(store.moveIntent(before, after, [], 'no way')).rejects.toThrow(InvariantError)
        }
        await refused(live, final)
        await refused(live, { ...live, version: 3 })
        await refused(unsigned, { ...unsigned, version: 2, state: 'released', attempts: [] })
        await refused(unsigned, { ...live, id: unsigned.id, nonce: unsigned.nonce, version: 2 })
        await refused(live, { ...final, id: unsigned.id })
        await refused(live, { ...final, state: 'mined', version: 4 })
        expect((await reload(cycle)).intents).toStrictEqual([live, unsigned])
      })
    })

    describe('ledger', () => {
      const postings = (cause: string, chain: string): Posting[] => [
        { cause, owner: OWNER, chain, token: WETH.address, account: 'trade', units: -5n, book: 'final' },
        { cause, owner: OWNER, chain, token: WETH.address, account: 'wallet', units: 5n, book: 'final' },
      ]

      test('changes nothing when a posting exists or a side is missing', async () => {
        const cycle = await opened()
        const live = await signed(cycle)
        const mined: Intent = { ...live, version: 3, state: 'mined', inclusion: anInclusion(count * 100) }
        const [one, other] = postings(live.id, live.chain) as [Posting, Posting]
        await expect(store.moveIntent(live, mined, [one], 'x')).rejects.toThrow(InvariantError)
        await expect(store.moveIntent(live, mined, [one, one, other, other], 'x')).rejects.toThrow(InvariantError)
        expect((await reload(cycle)).intents).toStrictEqual([live])
        await store.moveIntent(live, mined, [one, other], 'x')
        const undone: Intent = { ...live, version: 4 }
        await expect(store.moveIntent(mined, undone, [one, other], 'x')).rejects.toThrow(InvariantError)
        expect((await reload(cycle)).intents).toStrictEqual([mined])
        expect((await store.intentEvents(live.id)).at(-1)).toMatchObject({ state: 'mined' })
      })

      test('a provisional entry counts in no wallet, and everything can be read page by page (R-14)', async () => {
        const owner = addressOf(0x1ed9e4)
        const chain = `chain-books-${name}`
        const on = { owner, chain, token: WETH.address }
        const pair = (cause: string, units: bigint, book: Posting['book']): Posting[] => [
          { ...on, cause, book, account: 'trade', units: -units },
          { ...on, cause, book, account: 'wallet', units },
        ]
        await store.post(pair('a@1', 7n, 'provisional'))
        expect(await store.walletBalances(owner)).toEqual([])
        await store.post([...pair('a@1:undone', -7n, 'provisional'), ...pair('a', 7n, 'final')])
        expect(await store.walletBalances(owner)).toEqual([{ chain, token: WETH.address, units: 7n }])
        await expect(store.post(pair('a', 7n, 'final'))).rejects.toThrow(InvariantError)
        const seen: string[] = []
        for (let before: string | undefined; ;) {
          const page = await store.ledger({ account: owner, limit: 4, ...(before !== undefined && { before }) })
          if (page.length === 0) break
          seen.push(...page.map(({ cause, account, units, book }) => `${cause} ${account} ${units} ${book}`))
          before = page.at(-1)!.place
        }
        expect(seen).toEqual([
          'a wallet 7 final',
          'a trade -7 final',
          'a@1:undone wallet -7 provisional',
          'a@1:undone trade 7 provisional',
          'a@1 wallet 7 provisional',
          'a@1 trade -7 provisional',
        ])
      })

      test('the ledger of one chain and of some tokens, page by page', async () => {
        const owner = addressOf(0x1ed9e5)
        const [here, there] = [`chain-here-${name}`, `chain-there-${name}`]
        const [weth, usdc] = [addressOf(0xabc1), addressOf(0xabc2)]
        const places = [
          { chain: here, token: weth },
          { chain: here, token: usdc },
          { chain: there, token: weth },
          { chain: here, token: weth },
        ]
        for (const [index, place] of places.entries()) {
          const on = { owner, ...place, cause: `f${index}`, book: 'final' } as const
          await store.post([
            { ...on, account: 'trade', units: -1n },
            { ...on, account: 'wallet', units: 1n },
          ])
        }
        const found = async (query: object) =>
          (await store.ledger({ account: owner, limit: 99, ...query })).map(
            ({ cause, account }) => `${cause} ${account}`,
          )
        const both = (...causes: string[]) => causes.flatMap((cause) => [`${cause} wallet`, `${cause} trade`])
        const tokens = [
          { chain: here, address: usdc },
          { chain: there, address: `0x${weth.slice(2).toUpperCase()}` as const },
        ]
        expect(await found({})).toEqual(both('f3', 'f2', 'f1', 'f0'))
        expect(await found({ chain: here })).toEqual(both('f3', 'f1', 'f0'))
        expect(await found({ tokens })).toEqual(both('f2', 'f1'))
        expect(await found({ chain: there, tokens })).toEqual(both('f2'))
        expect(await found({ tokens: [] })).toEqual([])
        const [, second] = await store.ledger({ account: owner, tokens, limit: 2 })
        expect(await found({ tokens, before: second!.place, limit: 1 })).toEqual(['f1 wallet'])
      })

      test('what was found is unattributed until exactly that is classified, once, also by two at the same time (4.13)', async () => {
        const owner = addressOf(0xf0d)
        const chain = `chain-found-${name}`
        const usdc = aToken().address
        const on = { owner, chain, token: WETH.address, book: 'final' } as const
        await store.post([
          ...entry({ ...on, cause: 'found.1' }, 'unattributed', 'wallet', 10n ** 40n),
          ...entry({ ...on, cause: 'found.2' }, 'wallet', 'unattributed', 3n),
          ...entry({ ...on, token: usdc, cause: 'found.2' }, 'wallet', 'unattributed', 5n),
          ...entry({ ...on, cause: 'x@1', book: 'provisional' }, 'unattributed', 'wallet', 9n),
        ])
        const units = 10n ** 40n - 3n
        expect(await store.unattributed(owner)).toStrictEqual([{ chain, token: WETH.address, units }])
        expect(await store.unattributed(addressOf(0xdead))).toEqual([])
        const held = await store.walletBalances(owner)

        const inflow = { owner, chain, token: WETH.address, units }
        expect(await store.classifyInflow({ ...inflow, units: units - 1n })).toBe(units)
        expect(await store.unattributed(owner)).toMatchObject([{ units }])
        const both = await Promise.all([store.classifyInflow(inflow), store.classifyInflow(inflow)])
        expect(both.toSorted((a, b) => (a < b ? -1 : 1))).toEqual([0n, units])
        expect(await store.classifyInflow({ ...inflow, token: usdc, units: 5n })).toBe(0n)
        expect(await store.unattributed(owner)).toEqual([])
        expect(await store.walletBalances(owner)).toEqual(held)

        await store.post(entry({ ...on, cause: 'found.3' }, 'unattributed', 'wallet', 7n))
        expect(await store.classifyInflow({ ...inflow, units: 7n })).toBe(7n)
        const deposits = (await store.ledger({ account: owner, limit: 100 })).filter(
          ({ account }) => account === 'deposit',
        )
        expect(deposits.map(({ units: booked }) => booked)).toEqual([-7n, -units])
      })

      test('opens with tokens it has not met, once', async () => {
        const chain = `chain-opening-${name}`
        const token = aToken().address
        await store.openLedger(OWNER, openingPostings(OWNER, chain, [{ token, units: 10n ** 40n }]))
        await store.openLedger(
          OWNER,
          openingPostings(OWNER, chain, [
            { token, units: 99n },
            { token: WETH.address, units: 7n },
          ]),
        )
        const here = (await store.walletBalances(OWNER)).filter((balance) => balance.chain === chain)
        expect(here).toStrictEqual([
          { chain, token, units: 10n ** 40n },
          { chain, token: WETH.address, units: 7n },
        ])
        expect(await store.walletBalances(addressOf(0xdead))).toEqual([])
        await expect(
          store.openLedger(addressOf(0xdead), openingPostings(OWNER, chain, [{ token: addressOf(9), units: 1n }])),
        ).rejects.toThrow(InvariantError)
      })
    })

    describe('transfers', () => {
      const arrivalOf = (number: number, finalAt?: number): Arrival => ({
        chain: 'beta',
        hash: hashOf(number),
        log: 3,
        block: { number: 9n, hash: hashOf(0xb10c), timestamp: 1_763_640_100 },
        amount: amountOf(aToken({ chain: 'beta', address: addressOf(0xcb) }), 997_000_000n),
        isRefund: false,
        finalAt,
      })

      test('opens a transfer once and finds it until its end', async () => {
        const cycle = await opened()
        const transfer = aTransfer(cycle, leg(cycle))
        expect(await store.openTransfer(transfer)).toBe(true)
        expect(await store.openTransfer(transfer)).toBe(false)
        expect((await reload(cycle)).transfers).toStrictEqual([transfer])
        expect(await store.openTransfers(cycle.portfolio)).toStrictEqual([transfer])
        expect(await store.openTransfers('other')).toEqual([])

        const late = { ...transfer, state: 'late' as const }
        await store.moveTransfer(transfer, late, [])
        const seen = { ...late, state: 'seen' as const, arrivals: [arrivalOf(count)] }
        await expect(store.moveTransfer(transfer, seen, [])).rejects.toThrow(ConflictError)
        await store.moveTransfer(late, seen, [])
        expect((await store.openTransfers()).filter(({ id }) => id === transfer.id)).toStrictEqual([seen])
        const full = { ...seen, state: 'full' as const, arrivals: [arrivalOf(count, NOW)] }
        await store.moveTransfer(seen, full, transferPostings(full, seen))
        expect(await store.openTransfers(cycle.portfolio)).toEqual([])
        expect((await reload(cycle)).transfers).toStrictEqual([full])
        await expect(store.moveTransfer(full, seen, [])).rejects.toThrow(InvariantError)
      })

      test('takes one payout as evidence for one transfer', async () => {
        const cycle = await opened(2)
        const [one, two] = cycle.legs.map((run) => aTransfer(cycle, run)) as [
          ReturnType<typeof aTransfer>,
          ReturnType<typeof aTransfer>,
        ]
        await store.openTransfer(one)
        await store.openTransfer(two)
        const arrival = arrivalOf(1_000 + count)
        const seen: Transfer = { ...one, state: 'seen', arrivals: [arrival, arrivalOf(2_000 + count)] }
        await store.moveTransfer(one, seen, [])
        expect(await store.claimedArrivals('beta')).toContain(arrival.hash)
        expect(await store.claimedArrivals('alpha')).not.toContain(arrival.hash)
        const other: Transfer = { ...two, state: 'seen', arrivals: [arrival] }
        await expect(store.moveTransfer(two, other, [])).rejects.toThrow(ConflictError)
        await store.moveTransfer(two, { ...other, arrivals: [{ ...arrival, log: 4 }] }, [])
        await store.moveTransfer({ ...other, arrivals: [{ ...arrival, log: 4 }] }, two, [])
        await store.moveTransfer(seen, one, [])
        expect(await store.claimedArrivals('beta')).not.toContain(arrival.hash)
        await store.moveTransfer(two, other, [])
        expect((await reload(cycle)).transfers).toStrictEqual([one, other])
      })

      test('keeps the last word on a late transfer, and takes none on others', async () => {
        const cycle = await opened(2)
        const [transfer, other] = cycle.legs.map((run) => aTransfer(cycle, run)) as [Transfer, Transfer]
        const mark = { transferId: transfer.id, by: 'alice', reason: 'Asked.', note: undefined, at: NOW }
        expect(await store.markInvestigated(mark)).toBe(false)
        await store.openTransfer(transfer)
        await store.openTransfer(other)
        expect(await store.markInvestigated(mark)).toBe(false)
        expect(await store.investigations([transfer.id])).toEqual([])
        const late = { ...transfer, state: 'late' as const }
        await store.moveTransfer(transfer, late, [])
        expect(await store.markInvestigated(mark)).toBe(true)
        expect(await under.reopen().investigations([transfer.id, other.id, 'nothing'])).toStrictEqual([mark])
        const lost = { ...late, state: 'lost_suspected' as const }
        await store.moveTransfer(late, lost, [])
        const again = { ...mark, by: 'bob', note: 'Ticket 7.', at: NOW + 1 }
        expect(await store.markInvestigated(again)).toBe(true)
        expect(await store.investigations([transfer.id])).toStrictEqual([again])
        expect(await store.openTransfers(cycle.portfolio)).toStrictEqual([lost, other])
        expect(await store.investigations([])).toEqual([])
      })

      test('refuses a transfer of a leg that is not written down', async () => {
        const cycle = await opened()
        const stray = aTransfer(cycle, leg(cycle), { id: 'no-such-leg' })
        await expect(store.openTransfer(stray)).rejects.toThrow(InvariantError)
      })
    })

    describe('curves', () => {
      /** One point of a curve with everything in it, and one with as little as a venue may tell. */
      const curve = (key: string, sent = 1_000_000.5): CurveRecord => ({
        key,
        chain: 'alpha',
        samples: [
          {
            venue: 'zeroex',
            tool: 'Uniswap_V3',
            sent,
            received: 999_000.25,
            fees: 12.5,
            onTop: 0,
            gasUnits: 180_000,
            sources: ['uniswapv3', 'curve'],
            durationSeconds: 0,
            obtainedAt: NOW,
            block: 2n ** 60n,
            prices: [3_000n * ONE_USD, ONE_USD + 1n],
          },
          {
            venue: 'lifi',
            tool: 'swift',
            sent,
            received: 998_000,
            fees: 0,
            onTop: 3.25,
            gasUnits: 250_000,
            sources: undefined,
            durationSeconds: 20,
            obtainedAt: NOW,
            block: undefined,
            prices: [3_000n * ONE_USD, ONE_USD - 1n],
          },
        ],
      })

      test('gives back what was written, by key, and takes the later record of a key', async () => {
        await store.saveCurves([curve('swap b'), curve('swap a', 1), curve('swap a', 2)], NOW)
        expect(await under.reopen().curves()).toStrictEqual([curve('swap a', 2), curve('swap b')])
        await store.saveCurves([{ ...curve('swap b'), samples: [] }], NOW + 1)
        expect(await store.curves()).toStrictEqual([curve('swap a', 2), { ...curve('swap b'), samples: [] }])
      })

      test('forgets what nobody has written for seven days', async () => {
        await store.saveCurves([curve('swap a'), curve('swap b')], NOW)
        await store.saveCurves([curve('swap b')], NOW + 1)
        await store.saveCurves([], NOW + CURVE_LIFETIME_MS - 1)
        expect((await store.curves()).map(({ key }) => key)).toEqual(['swap a', 'swap b'])
        await store.saveCurves([curve('swap c')], NOW + CURVE_LIFETIME_MS)
        expect((await store.curves()).map(({ key }) => key)).toEqual(['swap b', 'swap c'])
      })

      test('writers of the same curves at once do not hinder each other', async () => {
        const keys = Array.from({ length: 50 }, (_, index) => `swap ${index}`)
        const records = keys.map((key) => curve(key))
        const writes = Array.from({ length: 6 }, (_, index) =>
          store.saveCurves(index % 2 === 0 ? records : records.toReversed(), NOW + 2 * CURVE_LIFETIME_MS),
        )
        await Promise.all(writes)
        expect(await store.curves()).toStrictEqual(records.toSorted((a, b) => (a.key < b.key ? -1 : 1)))
      })
    })

    describe('operating states', () => {
      const statesOf = async (...scopes: Scope[]) =>
        (await under.reopen().operatingStates()).filter(({ scope }) => scopes.includes(scope))

      test('a scope stays as it is told, and one that runs is not listed', async () => {
        const paused = {
          scope: 'venue:told',
          level: 'paused_new',
          reason: "Maintenance; 'quoted'",
          since: NOW,
          by: 'operator',
        } as const
        expect(await statesOf('venue:told')).toEqual([])
        await store.setOperatingState(paused)
        expect(await statesOf('venue:told')).toStrictEqual([paused])
        await store.setOperatingState({ ...paused, level: 'running' })
        expect(await statesOf('venue:told')).toEqual([])
      })

      test('A-11: of a pause and a resume at once the pause wins: what was said since the resume was asked for stays', async () => {
        const word = { scope: 'venue:both', reason: 'Stop.', by: 'operator' } as const
        const timed = { level: 'paused_hard', since: NOW + 6, expiresAt: Date.now() + 3_600_000 } as const
        const resume = (since: number) => store.setOperatingState({ ...word, level: 'running', since })
        await store.setOperatingState({ ...word, level: 'paused_new', since: NOW + 5 })
        await store.setOperatingState({ ...word, ...timed })
        await resume(NOW + 4)
        expect(await statesOf(word.scope)).toStrictEqual([{ ...word, ...timed }])
        await resume(NOW + 5)
        expect(await statesOf(word.scope)).toStrictEqual([{ ...word, ...timed }])
        await store.setOperatingState({ ...word, level: 'halted', since: NOW + 7 })
        await resume(NOW + 6)
        expect(await statesOf(word.scope)).toStrictEqual([{ ...word, level: 'halted', since: NOW + 7 }])
        await resume(NOW + 7)
        expect(await statesOf(word.scope)).toEqual([])
      })

      test('who said it is written down, with and without an end; what a breaker asks for the daemon says itself', async () => {
        const scope = 'venue:authors'
        const ada = { kind: 'person', subject: 'ada@example.org' } as const
        const deploy = { kind: 'key', subject: 'deploy' } as const
        const word = { scope, reason: 'So.', since: NOW, by: 'operator' } as const
        await store.setOperatingState({ ...word, level: 'paused_new', author: ada })
        expect(await statesOf(scope)).toStrictEqual([{ ...word, level: 'paused_new', author: ada }])
        const timed = { ...word, level: 'paused_hard', author: deploy, expiresAt: Date.now() + 600_000 } as const
        await store.setOperatingState(timed)
        expect(await statesOf(scope)).toStrictEqual([timed])
        await store.tripBreaker({ code: 'B-06', scope, level: 'halted', reason: 'No blocks.' }, NOW)
        expect(await statesOf(scope)).toMatchObject([{ level: 'halted', by: 'operator', author: DAEMON }])
        await store.setOperatingState({ ...word, level: 'paused_new', since: NOW + 1, author: ada })
        await store.setOperatingState({ ...word, level: 'running', since: NOW + 1, author: ada })
        expect(await statesOf(scope)).toMatchObject([{ level: 'halted', by: 'breaker', author: DAEMON }])
        await store.clearBreakers(scope, undefined, 'somebody', NOW)
        // As an older build wrote it.
        await store.setOperatingState({ ...word, level: 'paused_new' })
        expect(await statesOf(scope)).toStrictEqual([{ ...word, level: 'paused_new' }])
      })

      test("a milder word of a person's leaves a harder one as it is, with its reason, held since the last word", async () => {
        const scope = 'venue:harder'
        const halted = { scope, level: 'halted', reason: 'The key may be known.', since: NOW, by: 'operator' } as const
        await store.setOperatingState(halted)
        await store.setOperatingState({ ...halted, level: 'paused_new', reason: 'Lunch.', since: NOW + 1 })
        expect(await statesOf(scope)).toStrictEqual([{ ...halted, since: NOW + 1 }])
        // What a breaker holds becomes a person's to let go; why it tripped stands with the breaker.
        const tripped = { code: 'B-06', scope: 'venue:tripped', level: 'paused_hard', reason: 'No blocks.' } as const
        await store.tripBreaker(tripped, NOW)
        const lunch = { scope: 'venue:tripped', reason: 'Lunch.', since: NOW + 1, by: 'operator' } as const
        await store.setOperatingState({ ...lunch, level: 'paused_new' })
        expect(await statesOf('venue:tripped')).toStrictEqual([{ ...lunch, level: 'paused_hard' }])
      })

      /** Until what is told is there; states and pauses that are over are read in that order. */
      const overOnce = async (scope: Scope) => {
        for (;;) {
          const isHeld = (await statesOf(scope)).length > 0
          const over = (await store.expiredPauses()).filter((one) => one.scope === scope)
          if (over.length > 0) return { over, states: await statesOf(scope) }
          // What is not held any more is over already: there is no moment between the two.
          expect(isHeld).toBe(true)
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
      }

      test('a pause with an end is in force until then, gone from then on, and known as over until it is forgotten', async () => {
        const scope = 'chain:ending'
        const expiresAt = Date.now() + 300
        const pause = {
          scope,
          level: 'paused_hard',
          reason: 'Upgrade.',
          since: NOW,
          by: 'operator',
          expiresAt,
        } as const
        await store.setOperatingState(pause)
        expect(await statesOf(scope)).toStrictEqual([pause])
        const { over, states } = await overOnce(scope)
        expect(Date.now()).toBeGreaterThanOrEqual(expiresAt)
        expect(states).toEqual([])
        expect(over).toStrictEqual([{ ...pause, id: over[0]!.id }])
        // A later pause takes nothing from whoever still has to tell of the one that is over.
        const later = { ...pause, expiresAt: Date.now() + 60_000 }
        await store.setOperatingState(later)
        expect(await statesOf(scope)).toStrictEqual([later])
        expect((await store.expiredPauses()).some(({ id }) => id === over[0]!.id)).toBe(true)
        await store.forgetPause(over[0]!.id)
        expect((await under.reopen().expiredPauses()).filter((one) => one.scope === scope)).toEqual([])
        expect(await statesOf(scope)).toStrictEqual([later])
      })

      test('an end lets go of nothing that a person, a breaker or a longer pause holds', async () => {
        const [scope, expiresAt] = ['chain:layers', Date.now() + 400] as const
        const short = { scope, level: 'halted', reason: 'A minute.', since: NOW, by: 'operator', expiresAt } as const
        const long = { ...short, level: 'paused_hard', reason: 'An hour.', expiresAt: expiresAt + 3_600_000 } as const
        const { expiresAt: _none, ...lasting } = { ...short, level: 'paused_new', reason: 'Until I say so.' } as const
        await store.setOperatingState(lasting)
        await store.setOperatingState(long)
        await store.setOperatingState({ ...long, reason: 'Shorter.', expiresAt: expiresAt + 60_000 })
        await store.tripBreaker({ code: 'B-06', scope, level: 'paused_hard', reason: 'No blocks.' }, NOW)
        await store.setOperatingState(short)
        expect(await statesOf(scope)).toStrictEqual([short])
        const { states } = await overOnce(scope)
        expect(states).toStrictEqual([{ ...lasting, level: 'paused_hard', reason: 'B-06: No blocks.', author: DAEMON }])
        await store.clearBreakers(scope, undefined, 'somebody', NOW)
        await store.setOperatingState({ ...lasting, level: 'running' })
        expect(await statesOf(scope)).toEqual([])
      })

      test('of pauses with an end the one that ends last counts, held since the last word', async () => {
        const [scope, end] = ['chain:longest', Date.now() + 3_600_000] as const
        const pause = {
          scope,
          level: 'paused_new',
          reason: 'Long.',
          since: NOW,
          by: 'operator',
          expiresAt: end,
        } as const
        await store.setOperatingState(pause)
        await store.setOperatingState({ ...pause, reason: 'Short.', since: NOW + 5, expiresAt: end - 1 })
        expect(await statesOf(scope)).toStrictEqual([{ ...pause, since: NOW + 5 }])
        await store.setOperatingState({ ...pause, reason: 'Longer.', since: NOW + 6, expiresAt: end + 1 })
        expect(await statesOf(scope)).toMatchObject([{ reason: 'Longer.', since: NOW + 6, expiresAt: end + 1 }])
        await store.setOperatingState({ ...pause, level: 'running', since: NOW + 6 })
        expect(await statesOf(scope)).toEqual([])
      })

      test('a breaker trips once, makes its scope no laxer, and lets go when cleared', async () => {
        const trip = { code: 'B-06', scope: 'chain:stuck', level: 'paused_new', reason: 'No blocks.' } as const
        expect(await store.tripBreaker(trip, NOW)).toBe(true)
        expect(await store.tripBreaker({ ...trip, reason: 'again' }, NOW + 1)).toBe(false)
        expect(await store.tripBreaker({ ...trip, code: 'B-08', level: 'halted' }, NOW + 2)).toBe(true)
        expect(await statesOf('chain:stuck')).toMatchObject([{ level: 'halted', by: 'breaker', since: NOW + 2 }])
        const open = (await store.breakers({ isOpen: true, limit: 100 })).filter(({ scope }) => scope === 'chain:stuck')
        expect(open.map(({ code, trippedAt }) => [code, trippedAt])).toEqual([
          ['B-08', NOW + 2],
          ['B-06', NOW],
        ])
        const found = async (query: object) =>
          (await store.breakers({ isOpen: false, limit: 100, ...query })).map(({ code }) => code)
        expect(await found({ scope: 'chain:stuck' })).toEqual(['B-08', 'B-06'])
        expect(await found({ scope: 'chain:stuck', code: 'B-06' })).toEqual(['B-06'])
        expect(await found({ scope: 'chain:stuck', before: open[0]!.id })).toEqual(['B-06'])
        expect(await found({ code: 'B-08', before: open[0]!.id })).not.toContain('B-08')
        expect(await found({ scope: 'chain:unstuck' })).toEqual([])
        const before = open[0]!.id
        expect((await store.breakers({ isOpen: true, limit: 1, before })).map(({ code }) => code)).toEqual(['B-06'])
        const cleared = await store.clearBreakers('chain:stuck', 'B-08', 'somebody', NOW + 3)
        expect(cleared.map(({ code, clearedAt, clearedBy }) => [code, clearedAt, clearedBy])).toEqual([
          ['B-08', NOW + 3, 'somebody'],
        ])
        expect(await statesOf('chain:stuck')).toHaveLength(1)
        expect(await store.clearBreakers('chain:stuck', undefined, 'somebody', NOW + 4)).toHaveLength(1)
        expect(await statesOf('chain:stuck')).toEqual([])
        expect(await store.clearBreakers('chain:stuck', undefined, 'somebody', NOW + 5)).toEqual([])
      })
    })

    test('the first fingerprint of code stays (C-04)', async () => {
      const chain = `chain-pins-${name}`
      const contract = '0xABCDEFabcdefABCDEFabcdefabcdefABCDEFabcd'
      expect(await store.pinCode(chain, contract, '0x01020304', hashOf(1))).toBe(hashOf(1))
      expect(await store.pinCode(chain, contract.toLowerCase() as typeof OWNER, '0x01020304', hashOf(2))).toBe(
        hashOf(1),
      )
      expect(await under.reopen().pinCode(chain, contract, '0x01020305', hashOf(2))).toBe(hashOf(2))
    })
  })
}

function outcomeOf(result: PromiseSettledResult<unknown>): string {
  return result.status === 'rejected' && result.reason instanceof Error ? result.reason.name : result.status
}
