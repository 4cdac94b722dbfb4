import type { Cycle } from '../../domain/execution/cycle.js'
import type { Store } from '../../ports/store.js'

/** What a cycle measured and decided, and how it ended. */
export type LastCycle = Pick<Cycle, 'id' | 'startedAt' | 'outcome' | 'valuation' | 'drift' | 'decision'>

/**
 * The last cycle of each portfolio. What a cycle measured and decided is written once, when it opens, so it is read once;
 * which one is the last, and how it ended, is asked each time.
 */
export class LastCycles {
  private readonly read = new Map<string, LastCycle>()

  constructor(private readonly store: Store) {}

  /** Undefined before the first one. */
  async of(portfolio: string): Promise<LastCycle | undefined> {
    const [summary] = await this.store.cycles({ portfolio, limit: 1 })
    if (!summary) return undefined
    const known = this.read.get(portfolio)
    const cycle = known?.id === summary.id ? known : await this.store.cycle(summary.id)
    if (!cycle) return undefined
    const { id, startedAt, valuation, drift, decision } = cycle
    const last = { id, startedAt, outcome: summary.outcome, valuation, drift, decision }
    this.read.set(portfolio, last)
    return last
  }
}
