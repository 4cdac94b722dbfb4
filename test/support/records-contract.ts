import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { COST_GROUPS } from '../../src/domain/execution/cost-report.js'
import type { Cycle, LegRun } from '../../src/domain/execution/cycle.js'
import type { Cost } from '../../src/domain/planning/cost.js'
import type { Leg } from '../../src/domain/planning/plan.js'
import { amountOf } from '../../src/domain/units/amount.js'
import { ONE_USD } from '../../src/domain/units/usd.js'
import type { Records } from '../../src/ports/records.js'
import type { Store } from '../../src/ports/store.js'
import { aCycle, aLeg, anAttempt, aRun, aToken, aTransfer, newIntent, NOW, sendingRun, WETH } from './builders.js'

const DAY = 86_400_000

export interface RecordsUnderTest {
  readonly records: Records
  /** On the same rows. */
  readonly store: Store
  close(): Promise<void>
}

/** What every Records does. */
export function describeRecords(name: string, create: () => Promise<RecordsUnderTest>): void {
  describe(`Records: ${name}`, () => {
    let under: RecordsUnderTest
    let records: Records
    let store: Store
    let count = 0

    beforeAll(async () => {
      under = await create()
      ;({ records, store } = under)
    }, 60_000)
    afterAll(() => under.close())

    const opened = async (legs: readonly Partial<Leg>[] = [], changes: Partial<Cycle> = {}): Promise<Cycle> => {
      count += 1
      const runs = legs.map((leg, index) => aRun({ leg: aLeg({ id: `seen-${count}.${index + 1}`, ...leg }) }))
      const cycle = aCycle({ id: `seen-${count}`, portfolio: `seen-${count}`, legs: runs, ...changes })
      expect(await store.openCycle(cycle)).toBe(true)
      return cycle
    }

    test('pages through the drifts of a portfolio, newest first, from cycles of its own', async () => {
      const portfolio = 'drifting'
      const all: Cycle[] = []
      for (const startedAt of [NOW + 2, NOW, NOW + 2]) all.push(await opened([], { portfolio, startedAt }))
      const stranger = await opened([], { startedAt: NOW + 9 })
      const expected = [all[2]!, all[0]!, all[1]!].map(({ id, startedAt, drift }) => ({
        cycleId: id,
        measuredAt: startedAt,
        drift,
      }))
      expect(await records.drifts({ portfolio, limit: 2 })).toEqual(expected.slice(0, 2))
      expect(await records.drifts({ portfolio, limit: 2, before: all[0]!.id })).toEqual(expected.slice(2))
      for (const before of ['nothing', stranger.id])
        expect(await records.drifts({ portfolio, limit: 2, before })).toEqual([])
    })

    describe('costs', () => {
      const portfolio = 'costly'
      const planned: Cost = { slippage: 9n * ONE_USD + 1n, fees: ONE_USD, gas: 2n * ONE_USD, bridge: 0n }
      const usdc = aToken()
      const write = async (
        legs: readonly Partial<Leg>[],
        endedAt: number,
        ends: readonly (readonly [changes: Partial<LegRun>, realised: Cost])[],
        changes: Partial<Cycle> = {},
      ) => {
        const cycle = await opened(legs, { portfolio, ...changes })
        for (const [index, [end, realised]] of ends.entries()) {
          const run = cycle.legs[index]!
          await store.saveLeg(cycle.id, run, { ...run, state: 'done', ...end }, realised)
        }
        if (endedAt > 0) await store.closeCycle(cycle.id, 'traded', endedAt)
      }
      const spent = (changes: Partial<Cost>): Cost => ({ slippage: 0n, fees: 0n, gas: 0n, bridge: 0n, ...changes })
      const lifiOffer = { ...sendingRun(aRun()).offer!, venue: 'lifi' }
      const crossing: Partial<Leg> = {
        kind: 'bridge',
        sell: amountOf(usdc, 1_000_000_000n),
        venue: 'lifi',
        tool: 'swift fast',
        cost: spent({ gas: ONE_USD, bridge: 5n * ONE_USD }),
      }
      const query = { portfolio, from: NOW, to: NOW + 2 * DAY }

      beforeAll(async () => {
        const sale = { sell: amountOf(WETH, 3n * 10n ** 18n), cost: planned }
        const half = amountOf(WETH, 10n ** 18n)
        // A third of a sale is made elsewhere than planned, with a gain; a crossing; a leg that only burned gas; one that
        // did nothing.
        await write([sale, crossing, sale, sale], NOW + 1, [
          [{ sold: half, offer: lifiOffer }, spent({ slippage: -1n * ONE_USD, fees: 1n, gas: 7n })],
          [{ sold: amountOf(usdc, 999_999_999n) }, spent({ gas: 3n, bridge: 6n * ONE_USD })],
          [{}, spent({ gas: 11n })],
          [{}, spent({})],
        ])
        await write([sale], NOW + DAY, [[{ sold: sale.sell }, spent({ slippage: 10n ** 24n })]])
        // Not counted: outside of the period, dry, still open.
        await write([sale], NOW - 1, [[{ sold: sale.sell }, spent({ slippage: 5n })]])
        await write([sale], NOW + 2 * DAY, [[{ sold: sale.sell }, spent({ slippage: 5n })]])
        await write([sale], NOW + 1, [[{ sold: sale.sell }, spent({ slippage: 5n })]], { mode: 'dry-run' })
        await write([sale], 0, [[{ sold: sale.sell }, spent({ slippage: 5n })]])
      })

      test('are exact sums of what was sold, expected and spent', async () => {
        const [first, second, ...rest] = await records.costs({ ...query, by: 'day' })
        expect(rest).toEqual([])
        expect(first).toEqual({
          key: new Date(NOW).toISOString().slice(0, 10),
          legs: 3,
          notional: 3_000n * ONE_USD + 999_999_999n * 10n ** 12n,
          swapNotional: 3_000n * ONE_USD,
          expected: {
            slippage: 3n * ONE_USD,
            fees: ONE_USD / 3n,
            gas: 3n * ONE_USD,
            bridge: (5n * ONE_USD * 999_999_999n) / 10n ** 9n,
          },
          realised: { slippage: -1n * ONE_USD, fees: 1n, gas: 21n, bridge: 6n * ONE_USD },
        })
        expect(second).toMatchObject({ legs: 1, expected: planned, realised: spent({ slippage: 10n ** 24n }) })
      })

      test.each([
        ['venue', { lifi: 2, zeroex: 2 }],
        ['chain', { alpha: 4 }],
        ['bridge', { swift: 1 }],
        ['asset', { ETH: 3, USD: 1 }],
      ] as const)('by %s', async (by, expected) => {
        const groups = await records.costs({ ...query, by })
        expect(Object.fromEntries(groups.map(({ key, legs }) => [key, legs]))).toEqual(expected)
      })

      test('of nothing are nothing', async () => {
        for (const by of COST_GROUPS) expect(await records.costs({ ...query, portfolio: 'nothing', by })).toEqual([])
      })
    })

    test('pages through crossings by portfolio and state, newest first', async () => {
      const cycle = await opened([{ kind: 'bridge' }, { kind: 'bridge' }, { kind: 'bridge' }])
      const [one, two, three] = cycle.legs.map((run, index) => aTransfer(cycle, run, { sentAt: NOW + index }))
      for (const transfer of [one!, two!, three!]) await store.openTransfer(transfer)
      const late = { ...two!, state: 'late' as const }
      await store.moveTransfer(two!, late, [])
      const { portfolio } = cycle
      const of = (transfer: typeof one) => ({ portfolio, transfer })
      expect(await records.transfer(late.id)).toEqual(of(late))
      expect(await records.transfer('nothing')).toBeUndefined()
      expect(await records.transfers({ portfolio, limit: 2 })).toEqual([of(three!), of(late)])
      expect(await records.transfers({ portfolio, limit: 2, before: late.id })).toEqual([of(one!)])
      expect(await records.transfers({ state: 'late', portfolio, limit: 2 })).toEqual([of(late)])
      expect(await records.transfers({ portfolio: 'nothing', limit: 2 })).toEqual([])
      expect(await records.transfers({ limit: 2, before: 'nothing' })).toEqual([])
    })

    test('pages through intents by portfolio, state and leg, newest first, with what was signed for them', async () => {
      const cycle = await opened([{}, {}])
      const { portfolio } = cycle
      const [first, second] = cycle.legs
      const chain = `seen-${count}`
      const reserve = (run: LegRun, kind: 'approve' | 'swap') =>
        store.reserveIntent(newIntent(cycle, run, { kind, id: `${run.leg.id}.${kind}.1`, chain }), 0)
      const approval = await reserve(first!, 'approve')
      const trade = await store.recordAttempt(await reserve(first!, 'swap'), anAttempt(7_000 + count))
      const other = await reserve(second!, 'approve')
      expect(await records.intents({ portfolio, limit: 2 })).toEqual([other, trade])
      expect(await records.intents({ portfolio, limit: 2, before: trade.id })).toEqual([approval])
      expect(await records.intents({ portfolio, state: 'signed', limit: 9 })).toEqual([trade])
      expect(await records.intents({ leg: first!.leg.id, limit: 9 })).toEqual([trade, approval])
      expect(await records.intents({ portfolio: 'nothing', limit: 9 })).toEqual([])
      expect(await records.intents({ limit: 9, before: 'nothing' })).toEqual([])
      expect((await records.intents({ limit: 1 })).map(({ id }) => id)).toEqual([other.id])
    })
  })
}
