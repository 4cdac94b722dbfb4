import { createHash } from 'node:crypto'
import { type Address, type AssetKey, sameAddress, tokenId } from '../../src/domain/assets.js'
import { dayOf, type PriceTable } from '../../src/domain/portfolio/price-table.js'
import type { BookedFunds, UnitDay, UnitValue } from '../../src/domain/portfolio/unit-value.js'
import type { DatedWeights } from '../../src/domain/targets/target-document.js'
import type { ForcedTargets, TargetSet } from '../../src/domain/targets/target-set.js'
import { type Price, usdToText } from '../../src/domain/units/usd.js'
import {
  History,
  type ImportCounts,
  type ImportedPrice,
  type ObservedPrice,
  type RecordedTargets,
} from '../../src/ports/history.js'
import type { LedgerEntry } from '../../src/ports/store.js'

interface PriceRow {
  readonly price: Price
  readonly at: number
  readonly origin: 'observed' | 'imported'
}

/** The history in memory, over the postings of a store in memory. */
export class MemoryHistory extends History {
  /** How often prices were asked for. */
  reads = 0
  private readonly prices = new Map<number, Map<AssetKey, PriceRow>>()
  private readonly units = new Map<string, UnitDay[]>()
  private readonly documents = new Map<string, DatedWeights>()
  private readonly sets: RecordedTargets[] = []

  constructor(private readonly rows: { readonly postings: readonly LedgerEntry[] } = { postings: [] }) {
    super()
  }

  override recordPrices(prices: readonly ObservedPrice[], at: number): Promise<void> {
    for (const { asset, price } of prices) {
      const before = this.on(dayOf(at)).get(asset)
      if (before?.origin === 'observed' && before.at > at) continue
      this.on(dayOf(at)).set(asset, { price, at, origin: 'observed' })
    }
    return Promise.resolve()
  }

  override importPrices(rows: readonly ImportedPrice[], at: number): Promise<ImportCounts> {
    const counts = { added: 0, changed: 0, unchanged: 0, observed: 0 }
    const latest = new Map(rows.map((row) => [`${row.day} ${row.asset}`, row]))
    for (const { asset, day, price } of latest.values()) {
      const before = this.on(day).get(asset)
      if (!before) counts.added += 1
      else if (before.origin === 'observed') counts.observed += 1
      else if (before.price === price) counts.unchanged += 1
      else counts.changed += 1
      if (before?.origin !== 'observed') this.on(day).set(asset, { price, at, origin: 'imported' })
    }
    return Promise.resolve(counts)
  }

  override dailyPrices(assets: readonly AssetKey[], fromDay: number): Promise<PriceTable> {
    this.reads += 1
    const days = [...this.prices.keys()]
      .filter((day) => day >= fromDay && assets.some((asset) => this.on(day).has(asset)))
      .toSorted((a, b) => a - b)
    const priceOf = (day: number, asset: AssetKey) => {
      const row = this.on(day).get(asset)
      return row && Number(usdToText(row.price))
    }
    return Promise.resolve({ assets, days, prices: days.map((day) => assets.map((asset) => priceOf(day, asset))) })
  }

  override bookedFunds(account: Address): Promise<readonly BookedFunds[]> {
    const own = this.rows.postings.filter(({ owner, book }) => sameAddress(owner, account) && book === 'final')
    const settled = new Set(own.map(({ cause }) => cause))
    const isOwned = ({ account: on, cause }: LedgerEntry) =>
      on === 'wallet' ||
      on === 'unattributed' ||
      on.startsWith('in_flight:') ||
      (on.startsWith('bridge:') &&
        cause.includes(':arrived:') &&
        !settled.has(`${cause.slice(0, cause.indexOf(':arrived:'))}:settled`))
    const met = new Map(own.flatMap((one) => (one.account === 'wallet' ? [[tokenId(tokenOf(one)), one] as const] : [])))
    return Promise.resolve(
      [...met]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([id, { chain, token }]) => {
          const here = own.filter((one) => tokenId(tokenOf(one)) === id)
          const sum = (which: (entry: LedgerEntry) => boolean) =>
            here.filter(which).reduce((total, { units }) => total + units, 0n)
          return {
            chain,
            token: token.toLowerCase() as Address,
            owned: sum(isOwned),
            external: -sum(({ account: on }) => on === 'opening' || on === 'deposit'),
          }
        }),
    )
  }

  override recordUnit(portfolio: string, unit: UnitDay): Promise<void> {
    const days = this.units.get(portfolio) ?? []
    const before = days.find(({ day }) => day === unit.day)
    if (before && before.observedAt > unit.observedAt) return Promise.resolve()
    const others = days.filter(({ day }) => day !== unit.day)
    this.units.set(
      portfolio,
      [...others, unit].toSorted((a, b) => a.day - b.day),
    )
    return Promise.resolve()
  }

  override unitBefore(portfolio: string, day: number): Promise<UnitDay | undefined> {
    return Promise.resolve(this.units.get(portfolio)?.findLast((one) => one.day < day))
  }

  override unitValues(portfolio: string, fromDay: number): Promise<readonly UnitValue[]> {
    const days = (this.units.get(portfolio) ?? []).filter(({ day }) => day >= fromDay)
    return Promise.resolve(days.map(unitValueOf))
  }

  override saveDocument(portfolio: string, { setAt, weights }: DatedWeights): Promise<void> {
    const before = this.documents.get(portfolio)
    if (!before || before.setAt < setAt) this.documents.set(portfolio, { setAt, weights })
    return Promise.resolve()
  }

  override newestDocument(portfolio: string): Promise<DatedWeights | undefined> {
    return Promise.resolve(this.documents.get(portfolio))
  }

  override saveTargets(set: TargetSet): Promise<boolean> {
    const isSame = (one: TargetSet) =>
      one.status === 'refused' &&
      set.status === 'refused' &&
      one.portfolio === set.portfolio &&
      dayOf(one.setAt) === dayOf(set.setAt) &&
      one.setting === set.setting &&
      one.code === set.code
    if (this.sets.some(isSame)) return Promise.resolve(false)
    const inputsHash = createHash('sha256').update(set.inputs, 'utf8').digest('hex')
    this.sets.push({ ...set, place: String(this.sets.length + 1), inputsHash })
    return Promise.resolve(true)
  }

  override latestTargets(portfolio: string): Promise<RecordedTargets<ForcedTargets> | undefined> {
    return Promise.resolve(this.forced(portfolio).at(-1))
  }

  override setterSince(portfolio: string): Promise<number | undefined> {
    const forced = this.forced(portfolio)
    const other = forced.findLastIndex(({ setter }) => setter !== forced.at(-1)?.setter)
    return Promise.resolve(forced[other + 1]?.setAt)
  }

  override targets({
    portfolio,
    before,
    limit,
  }: {
    portfolio: string
    before?: string
    limit: number
  }): Promise<readonly RecordedTargets[]> {
    const own = this.sets.filter(
      (one) => one.portfolio === portfolio && (before === undefined || Number(one.place) < Number(before)),
    )
    return Promise.resolve(own.toReversed().slice(0, limit))
  }

  private forced(portfolio: string): RecordedTargets<ForcedTargets>[] {
    return this.sets.filter(
      (one): one is RecordedTargets<ForcedTargets> => one.portfolio === portfolio && one.status === 'set',
    )
  }

  private on(day: number): Map<AssetKey, PriceRow> {
    const row = this.prices.get(day) ?? new Map<AssetKey, PriceRow>()
    this.prices.set(day, row)
    return row
  }
}

/** A posting's token, as `tokenId` takes it. */
function tokenOf({ chain, token }: LedgerEntry): { chain: string; address: Address } {
  return { chain, address: token }
}

/** A day without what it was made of. */
export function unitValueOf({ day, observedAt, since, unit, nav, flow }: UnitDay): UnitValue {
  return { day, observedAt, since, unit, nav, flow }
}
