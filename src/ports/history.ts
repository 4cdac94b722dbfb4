import type { Address, AssetKey } from '../domain/assets.js'
import type { PriceTable } from '../domain/portfolio/price-table.js'
import type { BookedFunds, UnitDay, UnitValue } from '../domain/portfolio/unit-value.js'
import type { DatedWeights } from '../domain/targets/target-document.js'
import type { ForcedTargets, TargetSet } from '../domain/targets/target-set.js'
import type { Price } from '../domain/units/usd.js'

export interface ObservedPrice {
  readonly asset: AssetKey
  readonly price: Price
}

/** The price of an asset at the end of a UTC day, from elsewhere. */
export interface ImportedPrice extends ObservedPrice {
  /** Days since 1970. */
  readonly day: number
}

/** What became of the rows of an import. */
export interface ImportCounts {
  /** Of days on which nothing was known. */
  readonly added: number
  /** Had been imported before with another price. */
  readonly changed: number
  /** Had been imported before with the same price. */
  readonly unchanged: number
  /** Of days that were observed: nothing was written. */
  readonly observed: number
}

/** Targets as they were written down. */
export type RecordedTargets<T extends TargetSet = TargetSet> = T & {
  /** Place in the order of writing. */
  readonly place: string
  /** SHA-256 of the inputs, in hexadecimal. */
  readonly inputsHash: string
}

/**
 * What prices, NAV and targets were, day by day. Days are UTC, as days since 1970; one that was not observed has no row.
 *
 * Nothing here needs the lease: rows are observations and conclusions from them, the newer observation of a day replaces
 * the older one whoever made it, and targets are only added. A process that lost the lease may still write what it saw.
 */
export abstract class History {
  /**
   * Writes these prices as the last ones known of their day, `at` in milliseconds since 1970: the last observation of a day
   * is its close. Replaces what was imported for the day and earlier observations, never later ones.
   */
  abstract recordPrices(prices: readonly ObservedPrice[], at: number): Promise<void>
  /**
   * Writes prices from elsewhere, all or nothing; an observed day stays as it is. Of two rows of one asset and day the
   * later one counts.
   */
  abstract importPrices(rows: readonly ImportedPrice[], at: number): Promise<ImportCounts>
  /** Closes of these assets, in this order, from the first day on; days without any are left out. */
  abstract dailyPrices(assets: readonly AssetKey[], fromDay: number): Promise<PriceTable>

  /** What the final book says of every token that the ledger has met on this account, at one moment. */
  abstract bookedFunds(account: Address): Promise<readonly BookedFunds[]>
  /** Writes the fund on a day in place of an earlier observation of that day. */
  abstract recordUnit(portfolio: string, unit: UnitDay): Promise<void>
  /** The latest day before this one. */
  abstract unitBefore(portfolio: string, day: number): Promise<UnitDay | undefined>
  /** From this day on, rising. */
  abstract unitValues(portfolio: string, fromDay: number): Promise<readonly UnitValue[]>

  /** Keeps the newest document of a source that passed: writes this one unless one of its time or later is kept. */
  abstract saveDocument(portfolio: string, document: DatedWeights): Promise<void>
  /** Whatever was made of it; undefined before the first. */
  abstract newestDocument(portfolio: string): Promise<DatedWeights | undefined>

  /**
   * Adds targets that come into force, or a refusal. False, and nothing is written, for a refusal of the same setting for
   * the same reason on the same UTC day.
   */
  abstract saveTargets(set: TargetSet): Promise<boolean>
  /** The targets in force; undefined before the first. */
  abstract latestTargets(portfolio: string): Promise<RecordedTargets<ForcedTargets> | undefined>
  /** Since when the targets in force are set by their setter, without another one between; undefined before the first. */
  abstract setterSince(portfolio: string): Promise<number | undefined>
  /** Newest first, refusals included. `before` is a place. */
  abstract targets(query: {
    readonly portfolio: string
    readonly before?: string
    readonly limit: number
  }): Promise<readonly RecordedTargets[]>
}
