import type { Address, AssetKey } from '../../domain/assets.js'
import type { PriceTable } from '../../domain/portfolio/price-table.js'
import type { BookedFunds, UnitDay, UnitValue } from '../../domain/portfolio/unit-value.js'
import type { DatedWeights } from '../../domain/targets/target-document.js'
import type { ForcedTargets, TargetSet } from '../../domain/targets/target-set.js'
import {
  History,
  type ImportCounts,
  type ImportedPrice,
  type ObservedPrice,
  type RecordedTargets,
} from '../../ports/history.js'
import type { Database } from './database.js'
import { importPriceRows, loadPrices, upsertPrices } from './price-rows.js'
import {
  insertTargets,
  loadDocument,
  loadLatestTargets,
  loadSetterSince,
  loadTargets,
  upsertDocument,
} from './target-rows.js'
import { loadBookedFunds, loadUnitBefore, loadUnits, upsertUnit } from './unit-rows.js'

/**
 * The history as rows. Every change is one statement, or one transaction where it is an import, committed when the promise
 * fulfils; a rejection with DatabaseError may come after the commit, and writing the same again changes nothing but, for
 * targets that come into force, adds them twice. Proves no lease: see `History`.
 */
export class PostgresHistory extends History {
  constructor(private readonly database: Database) {
    super()
  }

  override recordPrices(prices: readonly ObservedPrice[], at: number): Promise<void> {
    return upsertPrices(this.database, prices, at)
  }

  override importPrices(rows: readonly ImportedPrice[], at: number): Promise<ImportCounts> {
    return this.database
      .transaction()
      .setIsolationLevel('read committed')
      .execute((tx) => importPriceRows(tx, rows, at))
  }

  override dailyPrices(assets: readonly AssetKey[], fromDay: number): Promise<PriceTable> {
    return loadPrices(this.database, assets, fromDay)
  }

  override bookedFunds(account: Address): Promise<readonly BookedFunds[]> {
    return loadBookedFunds(this.database, account)
  }

  override recordUnit(portfolio: string, unit: UnitDay): Promise<void> {
    return upsertUnit(this.database, portfolio, unit)
  }

  override unitBefore(portfolio: string, day: number): Promise<UnitDay | undefined> {
    return loadUnitBefore(this.database, portfolio, day)
  }

  override unitValues(portfolio: string, fromDay: number): Promise<readonly UnitValue[]> {
    return loadUnits(this.database, portfolio, fromDay)
  }

  override saveDocument(portfolio: string, document: DatedWeights): Promise<void> {
    return upsertDocument(this.database, portfolio, document)
  }

  override newestDocument(portfolio: string): Promise<DatedWeights | undefined> {
    return loadDocument(this.database, portfolio)
  }

  override saveTargets(set: TargetSet): Promise<boolean> {
    return insertTargets(this.database, set)
  }

  override latestTargets(portfolio: string): Promise<RecordedTargets<ForcedTargets> | undefined> {
    return loadLatestTargets(this.database, portfolio)
  }

  override setterSince(portfolio: string): Promise<number | undefined> {
    return loadSetterSince(this.database, portfolio)
  }

  override targets(query: { portfolio: string; before?: string; limit: number }): Promise<readonly RecordedTargets[]> {
    return loadTargets(this.database, query)
  }
}
