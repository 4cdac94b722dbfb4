import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { addressOf, aToken, hashOf, WETH } from '../../../test/support/builders.js'
import type { Token } from '../assets.js'
import { amountOf } from '../units/amount.js'
import { ONE_USD } from '../units/usd.js'
import type { AssetPrice, ChainReading, Snapshot } from './snapshot.js'
import {
  type BookedFunds,
  FIRST_UNIT,
  type FundPart,
  fundParts,
  navFigures,
  unitDay,
  type UnitDay,
  type UnitValue,
} from './unit-value.js'

const DAY_MS = 86_400_000
const ETHER = 10n ** 18n
const USDC = aToken()
const counted = new Set(['ETH', 'USD'])

const priced = (asset: string, dollars: number): AssetPrice => ({
  asset,
  status: 'known',
  price: BigInt(dollars * 100) * 10n ** 16n,
  sources: [],
})
const reading = (holdings: readonly (readonly [Token, bigint])[]): ChainReading => ({
  chain: 'alpha',
  status: 'known',
  block: { number: 1n, hash: hashOf(1), timestamp: 1 },
  baseFee: 0n,
  holdings: holdings.map(([token, units]) => amountOf(token, units)),
  problems: [],
})
const aSnapshot = (
  holdings: readonly (readonly [Token, bigint])[],
  [eth, usd]: readonly [number, number] = [3_000, 1],
  changes: Partial<Snapshot> = {},
): Snapshot => ({
  portfolio: 'core',
  takenAt: 0,
  chains: [reading(holdings)],
  inTransit: [],
  prices: [priced('ETH', eth), priced('USD', usd)],
  ...changes,
})
const booked = (token: Token, owned: bigint, external: bigint): BookedFunds => ({
  chain: token.chain,
  token: token.address.toUpperCase().replace('0X', '0x') as Token['address'],
  owned,
  external,
})
const funds = { tokens: [WETH, USDC], counted }
const partsAt = (snapshot: Snapshot, ledger: readonly BookedFunds[] = []) => fundParts(funds, snapshot, ledger)!
/** Observed at noon. */
const after = (before: UnitDay | undefined, parts: readonly FundPart[], day = (before?.day ?? 9) + 1) =>
  unitDay(parts, counted, { day, observedAt: day * DAY_MS + DAY_MS / 2 }, before)
const unitOf = ({ unit }: UnitDay) => Number(unit) / Number(FIRST_UNIT)

describe('what the fund consists of', () => {
  test('is the balance of a token that the ledger has not met, all of it from outside', () => {
    expect(partsAt(aSnapshot([[WETH, 5n], [USDC, 7n]]))).toMatchObject([{ asset: 'ETH', units: 5n, external: 5n }, { asset: 'USD', units: 7n, external: 7n }]) // prettier-ignore
  })

  test('is what the ledger says of a token that it has met, whatever the chain says or whether it answers', () => {
    const ledger = [booked(WETH, 4n, 3n), booked(USDC, 1n, 9n)]
    const expected = [{ units: 4n, external: 3n, price: 3_000n * ONE_USD }, { units: 1n, external: 9n, decimals: 6 }] // prettier-ignore
    expect(partsAt(aSnapshot([[WETH, 99n], [USDC, 99n]]), ledger)).toMatchObject(expected) // prettier-ignore
    const silent: ChainReading = { chain: 'alpha', status: 'unknown', reason: 'timeout' }
    expect(partsAt(aSnapshot([], [3_000, 1], { chains: [silent] }), ledger)).toMatchObject(expected)
  })

  test('is unknown without the price of a counted asset, or a balance that only the chain knows', () => {
    const unpriced: AssetPrice = { asset: 'ETH', status: 'unknown', reason: 'quorum', sources: [] }
    const holdings = [[WETH, 5n], [USDC, 7n]] as const // prettier-ignore
    const partly: ChainReading = { ...(reading(holdings) as Extract<ChainReading, { status: 'known' }>), problems: [{ token: WETH, reason: 'odd' }] } // prettier-ignore
    const unknown = [
      aSnapshot(holdings, [3_000, 1], { prices: [unpriced, priced('USD', 1)] }),
      aSnapshot(holdings, [3_000, 1], { prices: [priced('USD', 1)] }),
      aSnapshot(holdings, [3_000, 1], { chains: [partly] }),
      aSnapshot([[USDC, 7n]]),
      aSnapshot(holdings, [3_000, 1], { chains: [] }),
    ]
    for (const snapshot of unknown) {
      expect(fundParts(funds, snapshot, [])).toBeUndefined()
      // What is not counted is left out instead.
      const others = { ...funds, counted: new Set(['USD']) }
      const isUsdKnown = snapshot.chains.length > 0
      expect(fundParts(others, snapshot, [])?.map(({ asset }) => asset)).toEqual(isUsdKnown ? ['USD'] : undefined)
    }
  })
})

describe('the value of a unit', () => {
  const first = after(undefined, partsAt(aSnapshot([[WETH, ETHER], [USDC, 3_000_000_000n]]))) // prettier-ignore

  test('is one at the start, when nothing has flown', () => {
    expect(first).toMatchObject({ unit: FIRST_UNIT, nav: 6_000n * ONE_USD, flow: 0n, since: 10, day: 10 })
  })

  test('moves with the prices of what was there', () => {
    const next = after(first, partsAt(aSnapshot([[WETH, ETHER], [USDC, 3_000_000_000n]], [3_600, 1]))) // prettier-ignore
    expect(next).toMatchObject({ unit: (FIRST_UNIT * 11n) / 10n, nav: 6_600n * ONE_USD, flow: 0n, since: 10 })
  })

  test('does not move by what comes or leaves before the ledger has met its token', () => {
    const more = after(first, partsAt(aSnapshot([[WETH, 3n * ETHER], [USDC, 0n]], [3_600, 1]))) // prettier-ignore
    expect(more).toMatchObject({ unit: (FIRST_UNIT * 11n) / 10n, flow: 4_200n * ONE_USD })
  })

  test('does not move when the ledger opens, and from then on by what is ours to answer for alone', () => {
    const opening = [booked(WETH, ETHER, ETHER), booked(USDC, 3_000_000_000n, 3_000_000_000n)]
    const opened = after(first, partsAt(aSnapshot([]), opening))
    expect(opened).toMatchObject({ unit: FIRST_UNIT, flow: 0n })
    // Half an ether is sold for 1,485 dollars, and 1,000 dollars are deposited.
    const traded = [booked(WETH, ETHER / 2n, ETHER), booked(USDC, 5_485_000_000n, 4_000_000_000n)]
    const sold = after(opened, partsAt(aSnapshot([]), traded))
    expect(sold).toMatchObject({ unit: (FIRST_UNIT * 5_985n) / 6_000n, flow: 1_000n * ONE_USD })
    const lost = after(sold, partsAt(aSnapshot([]), [booked(WETH, 0n, ETHER), traded[1]!]))
    expect(lost).toMatchObject({ flow: 0n, nav: 5_485n * ONE_USD })
    expect(unitOf(lost) / unitOf(sold)).toBeCloseTo(5_485 / 6_985, 12)
  })

  test('does not move by what came in between the last look and the opening of the ledger', () => {
    const opening = [booked(WETH, 2n * ETHER, 2n * ETHER), booked(USDC, 3_000_000_000n, 3_000_000_000n)]
    expect(after(first, partsAt(aSnapshot([]), opening))).toMatchObject({ unit: FIRST_UNIT, flow: 3_000n * ONE_USD })
  })

  test('later observations of a day begin from the same day before', () => {
    const at = (eth: number) => after(first, partsAt(aSnapshot([[WETH, ETHER], [USDC, 3_000_000_000n]], [eth, 1]))) // prettier-ignore
    at(1_000)
    expect(at(3_600).unit).toBe((FIRST_UNIT * 11n) / 10n)
  })

  test('begins anew where there was nothing before, or nothing was left of it', () => {
    const nothing = after(undefined, partsAt(aSnapshot([[WETH, 0n], [USDC, 999_999n]]))) // prettier-ignore
    const something = after(nothing, first.parts)
    expect(something).toMatchObject({ unit: FIRST_UNIT, since: 11, nav: 6_000n * ONE_USD })
    const ledger = [booked(WETH, 0n, ETHER), booked(USDC, 0n, 3_000_000_000n)]
    const gone = after(first, partsAt(aSnapshot([]), ledger))
    expect(gone).toMatchObject({ unit: 0n, nav: 0n, since: 10 })
    expect(after(gone, first.parts)).toMatchObject({ unit: FIRST_UNIT, since: 12 })
    const worthless = { ...first, unit: 0n }
    expect(after(worthless, first.parts)).toMatchObject({ unit: FIRST_UNIT, since: 11 })
  })

  test('is never below nothing, where more is gone than was there', () => {
    const ledger = [booked(WETH, 0n, 5n * ETHER), booked(USDC, 1n, 3_000_000_000n)]
    expect(after(first, partsAt(aSnapshot([]), ledger)).unit).toBe(0n)
  })

  test('counts an asset that gets its first target as if it had had one before', () => {
    const usdOnly = new Set(['USD'])
    const before = unitDay(first.parts, usdOnly, { day: 10, observedAt: 0 }, undefined)
    expect(before).toMatchObject({ nav: 3_000n * ONE_USD })
    // Everything in dollars goes into ether on the day on which ether gets a target.
    const bought = partsAt(aSnapshot([], [3_000, 1]), [booked(WETH, 2n * ETHER, ETHER), booked(USDC, 0n, 3_000_000_000n)]) // prettier-ignore
    expect(after(before, bought)).toMatchObject({ unit: FIRST_UNIT, nav: 6_000n * ONE_USD })
    // Or into one that the configuration did not know.
    const unknown = { ...before, parts: before.parts.filter(({ asset }) => asset === 'USD') }
    const fresh = partsAt(aSnapshot([], [3_000, 1]), [booked(WETH, ETHER, 0n), booked(USDC, 0n, 3_000_000_000n)])
    expect(after(unknown, fresh)).toMatchObject({ unit: FIRST_UNIT, nav: 3_000n * ONE_USD })
  })

  test('deposits and withdrawals of any size change nothing of what prices make of a unit', () => {
    const step = fc.record({
      eth: fc.integer({ min: 500, max: 6_000 }),
      usd: fc.constantFrom(1, 1, 0.97),
      ether: fc.bigInt({ min: -(10n ** 21n), max: 10n ** 21n }),
      dollars: fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
    })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), fc.boolean(), (steps, isBooked) => {
        const [ether, dollars] = [10n ** 22n, 10n ** 13n]
        let held = [ether, dollars] as [bigint, bigint]
        let prices: readonly [number, number] = [3_000, 1]
        const look = () =>
          isBooked
            ? partsAt(aSnapshot([], prices), [booked(WETH, held[0], held[0]), booked(USDC, held[1], held[1])])
            : partsAt(aSnapshot([[WETH, held[0]], [USDC, held[1]]], prices)) // prettier-ignore
        let day = after(undefined, look())
        let expected = 1
        for (const one of steps) {
          const value = ([eth, usd]: readonly [number, number]) =>
            (Number(held[0]) / 1e18) * eth + (Number(held[1]) / 1e6) * usd
          const before = value(prices)
          prices = [one.eth, one.usd]
          expected *= value(prices) / before
          held = [held[0] + one.ether, held[1] + one.dollars]
          day = after(day, look())
        }
        expect(unitOf(day) / expected).toBeCloseTo(1, 9)
      }),
      { numRuns: 100 },
    )
  })
})

describe('figures of NAV', () => {
  const days = (...units: readonly (readonly [number, number, number?])[]): UnitValue[] =>
    units.map(([day, unit, since = 1]) => ({
      day,
      since,
      observedAt: day * DAY_MS,
      unit: BigInt(Math.round(unit * 1e6)) * 10n ** 12n,
      nav: 0n,
      flow: 0n,
    }))
  const at = (day: number) => day * DAY_MS + 5

  test('are unknown without a day', () => {
    expect(navFigures([], 0)).toBeUndefined()
  })

  test('start from the day before the floor was set and count what came since', () => {
    const series = days([7, 9], [8, 2], [9, 1], [10, 3], [11, 2.5])
    expect(navFigures(series, at(9))).toEqual({ value: 2.5, highWater: 3, startValue: 2, startedAt: at(9) })
    expect(navFigures(series, at(12))).toEqual({ value: 2.5, highWater: 2.5, startValue: 2.5, startedAt: at(12) })
  })

  test('start with the first day where there is none before', () => {
    expect(navFigures(days([8, 2], [9, 1]), at(8))).toEqual({ value: 1, highWater: 2, startValue: 2, startedAt: at(8) })
  })

  test('begin anew with the series', () => {
    const series = days([7, 9], [8, 1, 8], [9, 1.5, 8], [10, 1.2, 8])
    expect(navFigures(series, at(5))).toEqual({ value: 1.2, highWater: 1.5, startValue: 1, startedAt: 8 * DAY_MS })
  })
})

test('a token of another chain with the same address is another token', () => {
  const there = aToken({ chain: 'beta', address: addressOf(0xc) })
  const parts = fundParts({ tokens: [USDC, there], counted }, aSnapshot([[USDC, 7n]]), [booked(there, 2n, 1n)])
  expect(parts).toMatchObject([
    { token: `alpha:${addressOf(0xc)}`, units: 7n, external: 7n },
    { token: `beta:${addressOf(0xc)}`, units: 2n, external: 1n },
  ])
})
