import {
  addSums,
  type CostGroup,
  type CostSums,
  expectedOfSold,
  NO_SUMS,
} from '../../src/domain/execution/cost-report.js'
import type { Cycle, LegRun } from '../../src/domain/execution/cycle.js'
import type { Intent } from '../../src/domain/execution/intent.js'
import { bridgeOf } from '../../src/domain/planning/quote.js'
import { valueOf } from '../../src/domain/units/usd.js'
import { type DriftRecord, type Page, Records, type TransferRecord } from '../../src/ports/records.js'
import type { MemoryRows } from './memory-store.js'

/** Reads what a MemoryStore on the same rows has written, as the Records on Postgres do. */
export class MemoryRecords extends Records {
  constructor(private readonly rows: MemoryRows) {
    super()
  }

  override drifts({ portfolio, ...page }: Parameters<Records['drifts']>[0]): Promise<readonly DriftRecord[]> {
    return Promise.resolve(
      pageOf(this.cyclesOf(portfolio), page, ({ id }) => id).map(({ id, startedAt, drift }) => ({
        cycleId: id,
        measuredAt: startedAt,
        drift,
      })),
    )
  }

  override costs({ portfolio, from, to, by }: Parameters<Records['costs']>[0]) {
    const groups = new Map<string, CostSums>()
    for (const cycle of this.cyclesOf(portfolio)) {
      if (cycle.mode !== 'live' || cycle.endedAt === undefined || cycle.endedAt < from || cycle.endedAt >= to) continue
      for (const run of cycle.legs) {
        const sums = this.sumsOf(cycle, run)
        if (!sums || (by === 'bridge' && run.leg.kind !== 'bridge')) continue
        const key = keyOf(cycle, run, by)
        groups.set(key, addSums(groups.get(key) ?? NO_SUMS, sums))
      }
    }
    return Promise.resolve(
      [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, sums]) => ({ key, ...sums })),
    )
  }

  override transfer(id: string): Promise<TransferRecord | undefined> {
    return Promise.resolve(this.crossings().find(({ transfer }) => transfer.id === id))
  }

  override transfers({ portfolio, state, ...page }: Parameters<Records['transfers']>[0]) {
    const found = pageOf(this.crossings(), { ...page, limit: Infinity }, ({ transfer }) => transfer.id).filter(
      (one) =>
        (portfolio === undefined || one.portfolio === portfolio) &&
        (state === undefined || one.transfer.state === state),
    )
    return Promise.resolve(found.slice(0, page.limit))
  }

  override intents({ portfolio, state, leg, ...page }: Parameters<Records['intents']>[0]): Promise<readonly Intent[]> {
    const isAsked = (one: Intent) =>
      (portfolio === undefined || this.rows.cycles.get(one.cycleId ?? '')?.portfolio === portfolio) &&
      (state === undefined || one.state === state) &&
      (leg === undefined || one.legId === leg)
    const all = [...[...this.rows.cycles.values()].flatMap(({ intents }) => intents), ...this.rows.looseIntents]
    const places = this.places()
    const newestFirst = all.toSorted((a, b) => (places.get(b.id) ?? 0) - (places.get(a.id) ?? 0))
    const found = pageOf(newestFirst, { ...page, limit: Infinity }, ({ id }) => id).filter(isAsked)
    return Promise.resolve(found.slice(0, page.limit))
  }

  /** Of each intent the place at which its first event was written. */
  private places(): Map<string, number> {
    const places = new Map<string, number>()
    for (const [place, { intentId }] of this.rows.events.entries())
      if (!places.has(intentId)) places.set(intentId, place + 1)
    return places
  }

  private cyclesOf(portfolio: string): Cycle[] {
    return [...this.rows.cycles.values()]
      .filter((cycle) => cycle.portfolio === portfolio)
      .toSorted((a, b) => b.startedAt - a.startedAt || (a.id < b.id ? 1 : -1))
  }

  /** Newest first, by when they were sent. */
  private crossings(): TransferRecord[] {
    return [...this.rows.cycles.values()]
      .flatMap(({ portfolio, transfers }) => transfers.map((transfer) => ({ portfolio, transfer })))
      .toSorted((a, b) => b.transfer.sentAt - a.transfer.sentAt)
  }

  private sumsOf({ market }: Cycle, { leg, sold }: LegRun): CostSums | undefined {
    const realised = this.rows.costs.get(leg.id)
    if (!realised || (!sold && realised.gas === 0n)) return undefined
    const price = sold && market.prices.get(sold.token.asset)
    const notional = sold && price !== undefined ? valueOf(sold, price, 'down') : 0n
    return {
      legs: 1,
      notional,
      swapNotional: leg.kind === 'swap' ? notional : 0n,
      expected: expectedOfSold(leg.cost, leg.sell.units, sold?.units ?? 0n),
      realised,
    }
  }
}

function keyOf({ endedAt }: Cycle, { leg, offer }: LegRun, by: CostGroup): string {
  switch (by) {
    case 'day':
      return new Date(endedAt!).toISOString().slice(0, 10)
    case 'venue':
      return offer?.venue ?? leg.venue
    case 'chain':
      return leg.sell.token.chain
    case 'bridge':
      return bridgeOf(offer?.tool ?? leg.tool)
    case 'asset':
      return leg.sell.token.asset
  }
}

function pageOf<T>(all: readonly T[], { before, limit }: Page, idOf: (one: T) => string): readonly T[] {
  const last = before === undefined ? -1 : all.findIndex((one) => idOf(one) === before)
  return before !== undefined && last < 0 ? [] : all.slice(last + 1, last + 1 + limit)
}
