import { describe, expect, test } from '@jest/globals'
import { hashOf, NOW } from '../../test/support/builders.js'
import { ALPHA, aPortfolio, BETA, TOKENS } from '../../test/support/fake-world.js'
import { MemoryHistory } from '../../test/support/memory-history.js'
import { aTargetSetting } from '../../test/support/target-setting.js'
import type { Token } from '../domain/assets.js'
import { openingPostings, type Posting } from '../domain/execution/ledger.js'
import type { AssetPrice, Snapshot } from '../domain/portfolio/snapshot.js'
import { amountOf } from '../domain/units/amount.js'
import { ONE_USD } from '../domain/units/usd.js'
import type { ObservedPrice } from '../ports/history.js'
import type { LedgerEntry } from '../ports/store.js'
import { RecordHistory } from './record-history.js'

const DAY_MS = 86_400_000
const TODAY = Math.floor(NOW / DAY_MS)
const ETHER = 10n ** 18n
const portfolio = aPortfolio({ targetSetting: aTargetSetting() })

/** Counts what is written. */
class CountingHistory extends MemoryHistory {
  readonly written: string[][] = []

  override recordPrices(prices: readonly ObservedPrice[], at: number): Promise<void> {
    this.written.push(prices.map(({ asset }) => asset))
    return super.recordPrices(prices, at)
  }
}

function start(postings: readonly LedgerEntry[] = []) {
  const history = new CountingHistory({ postings })
  return { history, recordHistory: new RecordHistory({ history }) }
}

const pricesOf = (dollars: Readonly<Record<string, number | undefined>>): AssetPrice[] =>
  Object.entries(dollars).map(([asset, one]) =>
    one === undefined
      ? { asset, status: 'unknown', reason: 'quorum', sources: [] }
      : { asset, status: 'known', price: BigInt(one) * ONE_USD, sources: [] },
  )
const aSnapshot = (changes: Partial<Snapshot> = {}, held: ReadonlyMap<Token, bigint> = new Map()): Snapshot => ({
  portfolio: 'core',
  takenAt: NOW,
  chains: ['alpha', 'beta'].map((chain) => ({
    chain,
    status: 'known',
    block: { number: 1n, hash: hashOf(1), timestamp: 1 },
    baseFee: 0n,
    holdings: TOKENS.filter((token) => token.chain === chain).map((token) => amountOf(token, held.get(token) ?? 0n)),
    problems: [],
  })),
  inTransit: [],
  prices: pricesOf({ ETH: 3_000, USD: 1, BTC: 60_000 }),
  ...changes,
})
const holdings = new Map([[ALPHA.weth, ETHER], [ALPHA.usdc, 3_000_000_000n], [BETA.usdc, 1_000_000_000n]]) // prettier-ignore

describe('prices', () => {
  test('that are known are written, those that are not are a gap', async () => {
    const { history, recordHistory } = start()
    await recordHistory.run(portfolio, aSnapshot({ prices: pricesOf({ ETH: 3_000, USD: undefined, BTC: 60_000 }) }))
    expect(await history.dailyPrices(['ETH', 'USD', 'BTC'], 0)).toEqual({
      assets: ['ETH', 'USD', 'BTC'],
      days: [TODAY],
      prices: [[3_000, undefined, 60_000]],
    })
  })

  test('are written again when they moved, or on another day, and at no other time', async () => {
    const { history, recordHistory } = start()
    const at = (ms: number, eth: number) =>
      recordHistory.run(portfolio, aSnapshot({ takenAt: NOW + ms, prices: pricesOf({ ETH: eth, USD: 1 }) }))
    await at(0, 3_000)
    await at(1, 3_000)
    await at(2, 3_001)
    await at(DAY_MS, 3_001)
    await recordHistory.run(portfolio, aSnapshot({ takenAt: NOW + DAY_MS + 1, prices: [] }))
    expect(history.written).toEqual([['ETH', 'USD'], ['ETH'], ['ETH', 'USD']])
    expect((await history.dailyPrices(['ETH'], 0)).prices).toEqual([[3_001], [3_001]])
  })

  test('seen earlier than those written last hide nothing that comes later', async () => {
    const { history, recordHistory } = start()
    const at = (ms: number, eth: number) =>
      recordHistory.run(portfolio, aSnapshot({ takenAt: NOW + ms, prices: pricesOf({ ETH: eth }) }))
    await at(10, 3_001)
    await at(5, 3_000)
    expect((await history.dailyPrices(['ETH'], 0)).prices).toEqual([[3_001]])
    await at(20, 3_000)
    expect((await history.dailyPrices(['ETH'], 0)).prices).toEqual([[3_000]])
  })

  test('that could not be written are written the next time', async () => {
    const { history, recordHistory } = start()
    history.recordPrices = () => Promise.reject(new Error('lost'))
    await expect(recordHistory.run(portfolio, aSnapshot())).rejects.toThrow('lost')
    Reflect.deleteProperty(history, 'recordPrices')
    await recordHistory.run(portfolio, aSnapshot())
    expect(history.written).toEqual([['ETH', 'USD', 'BTC']])
  })
})

describe('the value of a unit', () => {
  test('is chained from day to day, the last look of a day from the day before', async () => {
    const { history, recordHistory } = start()
    const look = async (ms: number, eth: number, held = holdings) => {
      const prices = pricesOf({ ETH: eth, USD: 1, BTC: 60_000 })
      await recordHistory.run(portfolio, aSnapshot({ takenAt: NOW + ms, prices }, held))
    }
    await look(0, 3_000)
    await look(DAY_MS, 9_000)
    await look(DAY_MS + 1, 3_700)
    await look(3 * DAY_MS, 3_700, new Map([...holdings, [BETA.wbtc, 10n ** 8n]]))
    const units = await history.unitValues('core', 0)
    expect(units.map(({ day, unit, nav, flow }) => [day - TODAY, Number(unit) / 1e18, nav / ONE_USD, flow / ONE_USD])).toEqual([
      [0, 1, 7_000n, 0n],
      [1, 1.1, 7_700n, 0n],
      [3, 1.1, 67_700n, 60_000n],
    ]) // prettier-ignore
  })

  test('goes by the ledger for tokens that it has met', async () => {
    const entries = (postings: readonly Posting[]): LedgerEntry[] => postings.map((one) => ({ ...one, bookedAt: NOW }))
    const { account } = portfolio
    const opening = openingPostings(account, 'alpha', [{ token: ALPHA.weth.address, units: ETHER }])
    const { history, recordHistory } = start(entries(opening))
    await recordHistory.run(portfolio, aSnapshot({}, new Map([...holdings, [ALPHA.weth, 5n * ETHER]])))
    expect(await history.unitValues('core', 0)).toMatchObject([{ nav: 7_000n * ONE_USD }])
  })

  test('has no row where it cannot be told, and counts no asset without a target', async () => {
    const { history, recordHistory } = start()
    const unpriced = aSnapshot({ prices: pricesOf({ ETH: 3_000, USD: 1, BTC: undefined }) }, holdings)
    await recordHistory.run(portfolio, unpriced)
    expect(await history.unitValues('core', 0)).toEqual([])
    const { policy } = portfolio
    const without = { ...portfolio, policy: { ...policy, targets: policy.targets.slice(0, 2) } }
    await recordHistory.run(without, unpriced)
    expect(await history.unitValues('core', 0)).toMatchObject([{ nav: 7_000n * ONE_USD }])
  })
})
