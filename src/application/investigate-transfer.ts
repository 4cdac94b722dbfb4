import type { Investigation } from '../domain/execution/investigation.js'
import type { Clock } from '../ports/clock.js'
import type { Store } from '../ports/store.js'

export type InvestigatedAnswer =
  { readonly status: 'marked'; readonly mark: Investigation } | { readonly status: 'refused'; readonly reason: string }

/**
 * Takes a person's word that they have looked into a late transfer. Its bridge is not stopped any more for its being late;
 * it stays in transit, is looked for as before, and whatever it brings is judged as before. Nothing is written off.
 */
export class InvestigateTransfer {
  constructor(private readonly deps: { store: Pick<Store, 'markInvestigated'>; clock: Clock }) {}

  /** `id` is that of a transfer that there is. */
  async run({
    id,
    ...word
  }: Pick<Investigation, 'by' | 'reason' | 'note'> & { readonly id: string }): Promise<InvestigatedAnswer> {
    const { store, clock } = this.deps
    const mark: Investigation = { ...word, transferId: id, at: clock.now() }
    if (await store.markInvestigated(mark)) return { status: 'marked', mark }
    return { status: 'refused', reason: `Transfer ${id} is not late: there is nothing to look into.` }
  }
}
