import { type Intent, type IntentState, isLive } from '../../domain/execution/intent.js'
import { isTransferOpen, type Transfer, type TransferState } from '../../domain/execution/transfer.js'
import type { Usd } from '../../domain/units/usd.js'

export interface OpenTransfer {
  readonly transfer: Transfer
  readonly usd: Usd
}

/**
 * The live intents and open transfers heard of, for gauges that are reckoned when somebody asks. Known after a
 * restart as soon as each has been told of once. Nothing but display rests on it.
 */
export class OpenWork {
  private readonly liveIntents = new Map<string, Intent>()
  private readonly openTransfers = new Map<string, OpenTransfer>()
  private lookedInto: ReadonlySet<string> = new Set()

  intents(): Intent[] {
    return [...this.liveIntents.values()]
  }

  transfers(): OpenTransfer[] {
    return [...this.openTransfers.values()]
  }

  /** Those that nobody says they have looked into. */
  unexplained(): OpenTransfer[] {
    return this.transfers().filter(({ transfer }) => !this.lookedInto.has(transfer.id))
  }

  /** All late transfers that somebody says they have looked into, by id. */
  noteInvestigations(ids: readonly string[]): void {
    this.lookedInto = new Set(ids)
  }

  /** The state the intent was in before, or undefined when it was not live or not known. */
  noteIntent(intent: Intent): IntentState | undefined {
    const before = this.liveIntents.get(intent.id)?.state
    if (isLive(intent)) this.liveIntents.set(intent.id, intent)
    else this.liveIntents.delete(intent.id)
    return before
  }

  /** The state the transfer was in before, or undefined when it was not open or not known. */
  noteTransfer(transfer: Transfer, usd: Usd): TransferState | undefined {
    const before = this.openTransfers.get(transfer.id)?.transfer.state
    if (isTransferOpen(transfer)) this.openTransfers.set(transfer.id, { transfer, usd })
    else this.openTransfers.delete(transfer.id)
    return before
  }

  /** Another process goes on with it. */
  forget(): void {
    this.liveIntents.clear()
    this.openTransfers.clear()
    this.lookedInto = new Set()
  }
}

/** Milliseconds since 1970 of the first signed attempt, which is sent at once; undefined when nothing is signed. */
export function firstSentAt(intent: Intent): number | undefined {
  return intent.attempts[0]?.signedAt
}
