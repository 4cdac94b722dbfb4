import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Address, NATIVE } from '../../src/domain/assets.js'
import { entry, openingPostings, type Posting, transferPostings } from '../../src/domain/execution/ledger.js'
import { unattributedPostings } from '../../src/domain/execution/reconciliation.js'
import { FIRST_UNIT, type UnitDay } from '../../src/domain/portfolio/unit-value.js'
import type { ForcedTargets, TargetSet } from '../../src/domain/targets/target-set.js'
import { amountOf } from '../../src/domain/units/amount.js'
import { RATIO_ONE } from '../../src/domain/units/ratio.js'
import { ONE_USD } from '../../src/domain/units/usd.js'
import type { History } from '../../src/ports/history.js'
import type { Store } from '../../src/ports/store.js'
import { aCycle, addressOf, anArrival, aRun, aToken, aTransfer, WETH } from './builders.js'
import { unitValueOf } from './memory-history.js'

export interface HistoryUnderTest {
  readonly history: History
  /** A store on the same records. */
  readonly store: Store
  close(): Promise<void>
}

const DAY_MS = 86_400_000
const DAY = 20_000
const noon = (day: number) => day * DAY_MS + DAY_MS / 2
const usd = (dollars: number) => BigInt(Math.round(dollars * 1e6)) * 10n ** 12n

/** What every History does. Each test has its own assets, portfolio or account; all share one set of records. */
export function describeHistory(name: string, create: () => Promise<HistoryUnderTest>): void {
  describe(`History: ${name}`, () => {
    let under: HistoryUnderTest
    let count = 0

    beforeAll(async () => {
      under = await create()
    }, 60_000)
    afterAll(() => under.close())
    const history = () => under.history
    const fresh = (kind: string) => `${kind}-${(count += 1)}`

    describe('prices', () => {
      const closes = async (asset: string, from = 0) => {
        const { days, prices } = await history().dailyPrices([asset], from)
        return days.map((day, row) => [day, prices[row]![0]])
      }

      test('the last observation of a UTC day is its close, in whichever order they are written', async () => {
        const asset = fresh('A')
        const at = DAY * DAY_MS
        for (const [ms, price] of [
          [0, 1],
          [DAY_MS - 1, 3],
          [5, 2],
          [DAY_MS, 4],
          [-1, 0.5],
        ] as const)
          await history().recordPrices([{ asset, price: usd(price) }], at + ms)
        expect(await closes(asset)).toEqual([
          [DAY - 1, 0.5],
          [DAY, 3],
          [DAY + 1, 4],
        ])
        expect(await closes(asset, DAY + 1)).toEqual([[DAY + 1, 4]])
      })

      test('a table has the assets asked for, in their order, and no row for a day without any of them', async () => {
        const [a, b, c] = [fresh('A'), fresh('A'), fresh('A')]
        await history().recordPrices([{ asset: a, price: usd(2) }, { asset: c, price: usd(9) }], noon(DAY)) // prettier-ignore
        await history().recordPrices([{ asset: b, price: usd(3) }], noon(DAY + 7))
        await history().recordPrices([{ asset: c, price: usd(9) }], noon(DAY + 8))
        expect(await history().dailyPrices([b, a, 'unheard-of'], DAY)).toEqual({
          assets: [b, a, 'unheard-of'],
          days: [DAY, DAY + 7],
          prices: [
            [undefined, 2, undefined],
            [3, undefined, undefined],
          ],
        })
        expect(await history().dailyPrices([], 0)).toEqual({ assets: [], days: [], prices: [] })
      })

      test('nothing observed is nothing written', async () => {
        await expect(history().recordPrices([], noon(DAY))).resolves.toBeUndefined()
        expect(await history().importPrices([], noon(DAY))).toEqual({ added: 0, changed: 0, unchanged: 0, observed: 0 })
      })

      test('prices of any size come back to the precision of a float', async () => {
        const asset = fresh('A')
        const prices = [1n, 123_456_789_012_345_678n, 10n ** 30n + 7n]
        await history().importPrices(
          prices.map((price, index) => ({ asset, day: DAY + index, price })),
          noon(DAY),
        )
        expect((await closes(asset)).map(([, price]) => price)).toEqual([1e-18, 0.12345678901234568, 1e12])
      })

      test('an import fills days that were not observed and leaves those that were', async () => {
        const asset = fresh('A')
        await history().recordPrices([{ asset, price: usd(5) }], noon(DAY))
        const rows = [
          { asset, day: DAY - 1, price: usd(1) },
          { asset, day: DAY, price: usd(2) },
          { asset, day: DAY + 1, price: usd(3) },
          { asset, day: DAY + 1, price: usd(4) },
        ]
        const at = noon(DAY + 9)
        expect(await history().importPrices(rows, at)).toEqual({ added: 2, changed: 0, unchanged: 0, observed: 1 })
        const imported = [
          [DAY - 1, 1],
          [DAY, 5],
          [DAY + 1, 4],
        ]
        expect(await closes(asset)).toEqual(imported)
        expect(await history().importPrices(rows, at)).toEqual({ added: 0, changed: 0, unchanged: 2, observed: 1 })
        const corrected = [{ asset, day: DAY - 1, price: usd(1.5) }]
        expect(await history().importPrices(corrected, at)).toMatchObject({ added: 0, changed: 1 })
        // What is observed on an imported day counts from then on, although the import came later.
        await history().recordPrices([{ asset, price: usd(6) }], noon(DAY + 1))
        expect(await history().importPrices(rows, at)).toMatchObject({ changed: 1, observed: 2 })
        expect(await closes(asset)).toEqual([
          [DAY - 1, 1],
          [DAY, 5],
          [DAY + 1, 6],
        ])
      })

      test('whatever is observed and imported in whichever order, an observed day keeps its last observation', async () => {
        const write = fc.record({
          isImport: fc.boolean(),
          day: fc.integer({ min: 0, max: 3 }),
          ms: fc.integer({ min: 0, max: 3 }),
          price: fc.integer({ min: 1, max: 9 }),
        })
        await fc.assert(
          fc.asyncProperty(fc.array(write, { minLength: 1, maxLength: 12 }), async (writes) => {
            const asset = fresh('A')
            const expected = new Map<number, { price: number; at: number }>()
            for (const { isImport, day, ms, price } of writes) {
              const before = expected.get(day)
              if (isImport) {
                await history().importPrices([{ asset, day: DAY + day, price: usd(price) }], noon(DAY))
                if (!before || before.at < 0) expected.set(day, { price, at: -1 })
              } else {
                await history().recordPrices([{ asset, price: usd(price) }], (DAY + day) * DAY_MS + ms)
                if (!before || before.at <= ms) expected.set(day, { price, at: ms })
              }
            }
            const rows = [...expected].toSorted(([a], [b]) => a - b)
            expect(await closes(asset)).toEqual(rows.map(([day, { price }]) => [DAY + day, price]))
          }),
          { numRuns: 15 },
        )
      })

      test('a long import is one import', async () => {
        const asset = fresh('A')
        const rows = Array.from({ length: 11_000 }, (_, day) => ({ asset, day, price: usd(1 + day) }))
        expect(await history().importPrices(rows, noon(DAY))).toMatchObject({ added: 11_000 })
        expect(await closes(asset, 10_998)).toEqual([
          [10_998, 10_999],
          [10_999, 11_000],
        ])
      })
    })

    describe('funds by the ledger', () => {
      const weth = WETH.address
      const post = (postings: readonly Posting[]) => under.store.post(postings)
      const on = (owner: Address, token: Address = weth) =>
        ({ cause: fresh('cause'), owner, chain: 'alpha', token, book: 'final' }) as const
      const someone = () => addressOf(0xf0000 + (count += 1))

      test('are none of an account that the ledger has not met', async () => {
        expect(await history().bookedFunds(someone())).toEqual([])
      })

      test('tell what came in at the opening and by classified deposits, and leave out what nobody classified', async () => {
        const owner = someone()
        const open = openingPostings(owner, 'alpha', [{ token: weth, units: 50n }, { token: NATIVE, units: 0n }]) // prettier-ignore
        await under.store.openLedger(owner, open)
        const funds = (owned: bigint, external: bigint) => [
          { chain: 'alpha', token: NATIVE, owned: 0n, external: 0n },
          { chain: 'alpha', token: weth, owned, external },
        ]
        expect(await history().bookedFunds(owner)).toEqual(funds(50n, 50n))
        await post(unattributedPostings(owner, { token: { ...WETH, chain: 'alpha' }, ledger: 50n, onChain: 57n }, 3n))
        expect(await history().bookedFunds(owner)).toEqual(funds(50n, 50n))
        expect(await under.store.classifyInflow({ owner, chain: 'alpha', token: weth, units: 7n })).toBe(7n)
        expect(await history().bookedFunds(owner)).toEqual(funds(57n, 57n))
        await post(entry(on(owner), 'wallet', 'loss', 4n))
        expect(await history().bookedFunds(owner)).toEqual(funds(53n, 57n))
      })

      test('follow trades and gas at finality, not what a reorg may still undo, and nobody else’s', async () => {
        const owner = someone()
        const usdc = aToken().address
        await under.store.openLedger(owner, openingPostings(owner, 'alpha', [{ token: weth, units: 50n }, { token: usdc, units: 0n }])) // prettier-ignore
        await under.store.openLedger(addressOf(0xabc0), openingPostings(addressOf(0xabc0), 'alpha', [{ token: weth, units: 9n }])) // prettier-ignore
        await post(entry({ ...on(owner), book: 'provisional' }, 'wallet', 'trade', 20n))
        await post(entry(on(owner), 'wallet', 'trade', 10n))
        await post(entry(on(owner, usdc), 'trade', 'wallet', 30n))
        await post(entry(on(owner), 'wallet', 'gas', 1n))
        expect(await history().bookedFunds(owner)).toEqual([
          { chain: 'alpha', token: usdc, owned: 30n, external: 0n },
          { chain: 'alpha', token: weth, owned: 39n, external: 50n },
        ])
      })

      test('count what crosses a bridge until it is settled, once, also where it comes out in parts', async () => {
        const owner = someone()
        const [here, there] = [aToken(), aToken({ chain: 'beta', address: addressOf(0xcb) })]
        for (const token of [here, there])
          await under.store.openLedger(owner, openingPostings(owner, token.chain, [{ token: token.address, units: token === here ? 100n : 0n }])) // prettier-ignore
        const total = async () => (await history().bookedFunds(owner)).reduce((sum, { owned }) => sum + owned, 0n)
        const id = fresh('plan')
        const sent = { id, account: owner, bridge: 'swift', sent: amountOf(here, 60n), charges: [] }
        await post(entry(on(owner, here.address), 'wallet', 'in_flight:swift', 60n))
        expect(await total()).toBe(100n)
        const cycle = aCycle()
        const flying = aTransfer(cycle, aRun(), { ...sent, state: 'in_flight', arrivals: [] })
        const part = { ...flying, arrivals: [anArrival(amountOf(there, 25n))] }
        await post(transferPostings(part, flying))
        expect(await total()).toBe(100n)
        const rest = anArrival(amountOf(there, 33n), { log: 1 })
        const arrived = { ...part, state: 'short' as const, arrivals: [...part.arrivals, rest] }
        await post(transferPostings(arrived, part))
        // The bridge kept two.
        expect(await history().bookedFunds(owner)).toEqual([
          { chain: 'alpha', token: here.address, owned: 40n, external: 100n },
          { chain: 'beta', token: there.address, owned: 58n, external: 0n },
        ])
      })
    })

    describe('the value of a unit', () => {
      const aUnit = (day: number, changes: Partial<UnitDay> = {}): UnitDay => ({
        day,
        observedAt: noon(day),
        since: DAY,
        unit: FIRST_UNIT + 1n,
        nav: 1_234n * ONE_USD + 5n,
        flow: -3n,
        parts: [
          { token: 'alpha:0x1', asset: 'ETH', units: 2n ** 90n, external: -4n, decimals: 18, price: 3_000n * ONE_USD },
        ],
        ...changes,
      })

      test('comes back as it was written, the latest before a day with what it was made of', async () => {
        const portfolio = fresh('fund')
        for (const day of [DAY + 4, DAY, DAY + 9]) await history().recordUnit(portfolio, aUnit(day))
        expect(await history().unitBefore(portfolio, DAY + 9)).toEqual(aUnit(DAY + 4))
        expect(await history().unitBefore(portfolio, DAY)).toBeUndefined()
        expect(await history().unitValues(portfolio, DAY + 1)).toEqual(
          [aUnit(DAY + 4), aUnit(DAY + 9)].map(unitValueOf),
        )
        expect(await history().unitValues(fresh('fund'), 0)).toEqual([])
      })

      test('of a day is the last one observed', async () => {
        const portfolio = fresh('fund')
        const later = aUnit(DAY, { observedAt: noon(DAY) + 1, unit: 0n, since: DAY - 2, nav: -1n, parts: [] })
        await history().recordUnit(portfolio, aUnit(DAY))
        await history().recordUnit(portfolio, later)
        await history().recordUnit(portfolio, aUnit(DAY))
        expect(await history().unitBefore(portfolio, DAY + 1)).toEqual(later)
      })
    })

    describe('the newest document', () => {
      const aDocument = (setAt: number, eth = '0.3') => ({ setAt, weights: { ETH: eth, '~USD': '0.70' } })

      test('is kept for each portfolio, whatever older one or other one of its time comes later', async () => {
        const [one, other] = [fresh('fund'), fresh('fund')]
        expect(await history().newestDocument(one)).toBeUndefined()
        const newest = aDocument(noon(DAY) + 1)
        for (const document of [aDocument(noon(DAY)), newest, aDocument(noon(DAY)), aDocument(newest.setAt, '0.30')])
          await history().saveDocument(one, document)
        expect(await history().newestDocument(one)).toEqual(newest)
        expect(await history().newestDocument(other)).toBeUndefined()
        await history().saveDocument(other, aDocument(noon(DAY)))
        expect(await history().newestDocument(other)).toEqual(aDocument(noon(DAY)))
      })
    })

    describe('targets', () => {
      const common = (portfolio: string, changes: Partial<TargetSet> = {}) => ({
        portfolio,
        setAt: noon(DAY),
        setter: 'equal',
        setting: '{"setter":"equal"}',
        inputs: 'abc',
        reasons: ['Because "so".'],
        ...changes,
      })
      const forced = (portfolio: string, changes: Partial<ForcedTargets> = {}): ForcedTargets => ({
        ...common(portfolio),
        status: 'set',
        weights: { ETH: RATIO_ONE / 3n, '~USD': RATIO_ONE - RATIO_ONE / 3n },
        exposure: undefined,
        document: undefined,
        ...changes,
      })
      const refused = (portfolio: string, changes: Partial<TargetSet> = {}): TargetSet => ({
        ...common(portfolio, changes),
        status: 'refused',
        code: 'no-variance',
      })
      // SHA-256 of "abc", as FIPS 180-2 gives it.
      const hash = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'

      test('in force are the last ones that were set, with the hash of what they were made of', async () => {
        const portfolio = fresh('fund')
        expect(await history().latestTargets(portfolio)).toBeUndefined()
        const second = forced(portfolio, {
          exposure: 0.1 + 0.2,
          document: { setAt: noon(DAY), weights: { ETH: '0.3', '~USD': '0.70' } },
        })
        expect(await history().saveTargets(forced(portfolio))).toBe(true)
        expect(await history().saveTargets(second)).toBe(true)
        expect(await history().saveTargets(refused(portfolio))).toBe(true)
        expect(await history().saveTargets(forced(fresh('fund')))).toBe(true)
        expect(await history().latestTargets(portfolio)).toEqual({
          ...second,
          place: expect.any(String),
          inputsHash: hash,
        })
      })

      test('are listed newest first, refusals included, a page at a time', async () => {
        const portfolio = fresh('fund')
        for (const setAt of [1, 2, 3]) await history().saveTargets(forced(portfolio, { setAt }))
        await history().saveTargets(refused(portfolio, { setAt: 4 }))
        const first = await history().targets({ portfolio, limit: 2 })
        expect(first.map(({ status, setAt }) => [status, setAt])).toEqual([
          ['refused', 4],
          ['set', 3],
        ])
        expect(first[0]).toEqual({ ...refused(portfolio, { setAt: 4 }), place: expect.any(String), inputsHash: hash })
        const next = await history().targets({ portfolio, before: first[1]!.place, limit: 9 })
        expect(next.map(({ setAt }) => setAt)).toEqual([2, 1])
      })

      test('a refusal is written once a day for each setting and reason', async () => {
        const portfolio = fresh('fund')
        const saved = async (changes: Partial<TargetSet>) => history().saveTargets(refused(portfolio, changes))
        expect(await saved({})).toBe(true)
        expect(await saved({ setAt: noon(DAY) + 1, inputs: 'other' })).toBe(false)
        expect(await saved({ setAt: noon(DAY + 1) })).toBe(true)
        expect(await saved({ setting: 'x'.repeat(20_000) })).toBe(true)
        expect(await saved({ setting: 'x'.repeat(20_000) })).toBe(false)
        expect(await history().saveTargets({ ...refused(portfolio), status: 'refused', code: 'no-stable-asset' })).toBe(true) // prettier-ignore
        expect(await history().targets({ portfolio, limit: 99 })).toHaveLength(4)
        // Targets that come into force are no refusal, however much alike.
        for (const _ of [1, 2]) expect(await history().saveTargets(forced(portfolio))).toBe(true)
      })

      test('tell since when they are set by the same setter', async () => {
        const portfolio = fresh('fund')
        expect(await history().setterSince(portfolio)).toBeUndefined()
        const set = async (setter: string, setAt: number) => {
          await history().saveTargets(forced(portfolio, { setter, setAt }))
          return history().setterSince(portfolio)
        }
        expect([await set('cppi', 10), await set('cppi', 20), await set('fixed', 30)]).toEqual([10, 10, 30])
        await history().saveTargets(refused(portfolio, { setter: 'equal', setAt: 35 }))
        expect([await set('cppi', 40), await set('cppi', 50)]).toEqual([40, 40])
      })
    })
  })
}
