import type { Reach, Realised } from './row-spans.js'
import type { SpanEvent } from './span-record.js'

interface CycleSeen {
  readonly cycleId: string
  readonly legs: Map<string, Reach>
  readonly came: Map<string, Realised>
  readonly notes: Map<string, SpanEvent[]>
}

/**
 * What this process has seen of the cycle that each portfolio is at, and no row has: nothing but what is shown rests on it.
 * The next cycle of a portfolio takes the place of the one before.
 */
export class CyclesSeen {
  private readonly byPortfolio = new Map<string, CycleSeen>()

  see(portfolio: string, cycleId: string): CycleSeen {
    const before = this.byPortfolio.get(portfolio)
    if (before?.cycleId === cycleId) return before
    const seen: CycleSeen = { cycleId, legs: new Map(), came: new Map(), notes: new Map() }
    this.byPortfolio.set(portfolio, seen)
    return seen
  }

  isAt(portfolio: string, cycleId: string): boolean {
    return this.byPortfolio.get(portfolio)?.cycleId === cycleId
  }

  /** Something was done for the leg in this time, too. */
  reach(portfolio: string, cycleId: string, legId: string, { from, to }: Reach): void {
    const { legs } = this.see(portfolio, cycleId)
    const before = legs.get(legId) ?? { from, to }
    legs.set(legId, { from: Math.min(before.from, from), to: Math.max(before.to, to) })
  }

  /** What was noted about a row, for more to be added; undefined where the portfolio is at another cycle. */
  notesAbout(portfolio: string, cycleId: string, spanId: string): SpanEvent[] | undefined {
    if (!this.isAt(portfolio, cycleId)) return undefined
    const { notes } = this.see(portfolio, cycleId)
    const own = notes.get(spanId) ?? []
    notes.set(spanId, own)
    return own
  }

  forget(portfolio: string): void {
    this.byPortfolio.delete(portfolio)
  }

  forgetAll(): void {
    this.byPortfolio.clear()
  }
}
