import type { Investigation } from '../domain/execution/investigation.js'
import { isOverdue, type TransferState } from '../domain/execution/transfer.js'
import type { Clock } from '../ports/clock.js'
import type { Store } from '../ports/store.js'

/** What somebody says about a late transfer; `id` is that of a transfer that there is. */
export interface InvestigationOrder extends Pick<Investigation, 'reason' | 'note'> {
  readonly id: string
}

export type InvestigatedAnswer =
  { readonly status: 'marked'; readonly mark: Investigation } | { readonly status: 'refused'; readonly reason: string }

/**
 * Takes a person's word that they have looked into a late transfer. Its bridge is not stopped any more for its being late;
 * it stays in transit, is looked for as before, and whatever it brings is judged as before. Nothing is written off.
 */
export class InvestigateTransfer {
  constructor(private readonly deps: { store: Pick<Store, 'markInvestigated'>; clock: Clock }) {}

  async run({ id, ...word }: InvestigationOrder & Pick<Investigation, 'by'>): Promise<InvestigatedAnswer> {
    const { store, clock } = this.deps
    const mark: Investigation = { ...word, transferId: id, at: clock.now() }
    if (await store.markInvestigated(mark)) return { status: 'marked', mark }
    return { status: 'refused', reason: notLate(id) }
  }
}

/** Whether a transfer is late or taken for lost; undefined where it is neither. */
export async function latenessOf(store: Pick<Store, 'openTransfers'>, id: string): Promise<TransferState | undefined> {
  const open = await store.openTransfers()
  return open.find((one) => one.id === id && isOverdue(one))?.state
}

/** Why there is nothing to say about it. */
export function notLate(id: string): string {
  return `Transfer ${id} is not late: there is nothing to look into.`
}
