import type { CostGroup, CostSums } from '../domain/execution/cost-report.js'
import type { Intent, IntentState } from '../domain/execution/intent.js'
import type { Transfer, TransferState } from '../domain/execution/transfer.js'
import type { Drift } from '../domain/portfolio/drift.js'

/** One cycle in a series. */
export interface DriftRecord {
  readonly cycleId: string
  /** Milliseconds since 1970. */
  readonly measuredAt: number
  readonly drift: Drift
}

/** A crossing with the portfolio that it belongs to. */
export interface TransferRecord {
  readonly portfolio: string
  readonly transfer: Transfer
}

/** A part of a list, newest first. */
export interface Page {
  /** Id of the last one of the page before. A page after an id that is not there is empty. */
  readonly before?: string
  readonly limit: number
}

/**
 * The same records that the Store writes, narrow enough to be read often, for people and programs that look. Nothing is
 * changed here and no trade rests on it.
 */
export abstract class Records {
  /** `before` is a cycle of the same portfolio. */
  abstract drifts(query: Page & { readonly portfolio: string }): Promise<readonly DriftRecord[]>
  /**
   * Expected and realised costs of the legs of live cycles that ended from `from` on and before `to`, in milliseconds since
   * 1970. Legs that neither sold nor spent anything are left out; by bridge, swaps are, too. In the order of their keys.
   */
  abstract costs(query: {
    readonly portfolio: string
    readonly from: number
    readonly to: number
    readonly by: CostGroup
  }): Promise<readonly (CostSums & { readonly key: string })[]>
  abstract transfer(id: string): Promise<TransferRecord | undefined>
  abstract transfers(
    query: Page & { readonly portfolio?: string; readonly state?: TransferState },
  ): Promise<readonly TransferRecord[]>
  /** Intents that no cycle asked for belong to no portfolio. */
  abstract intents(
    query: Page & { readonly portfolio?: string; readonly state?: IntentState; readonly leg?: string },
  ): Promise<readonly Intent[]>
}
