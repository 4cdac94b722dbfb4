import type { AssetKey } from '../domain/assets.js'
import { ALL_OPEN } from '../domain/policy/breakers.js'
import {
  judgePrice,
  pegWarning,
  type PriceFinding,
  type PriceGuard,
  type PricePoint,
} from '../domain/policy/price-guard.js'
import type { Scope } from '../domain/policy/operating.js'
import type { AssetPrice } from '../domain/portfolio/snapshot.js'
import type { Clock } from '../ports/clock.js'
import type { Observer } from '../ports/observer.js'
import type { Store } from '../ports/store.js'
import type { TripBreaker } from './trip-breaker.js'

/**
 * Holds every price that is read against the ones before it and stops each asset whose price cannot be traded on (B-09).
 * The price itself still counts: what is held is worth what it is worth. An asset goes on by itself once its sources agree,
 * it is near its peg again, and, where it had moved too fast, its pause is over.
 */
export class WatchPrices {
  private readonly windows = new Map<AssetKey, PricePoint[]>()
  /** Stable assets that were told to be off their peg, and have not come back since. */
  private readonly offPeg = new Set<AssetKey>()
  private held: Promise<Map<Scope, { rule: PriceFinding['rule']; since: number }>> | undefined

  constructor(
    private readonly deps: {
      guards: readonly PriceGuard[]
      tripBreaker: TripBreaker
      store: Store
      clock: Clock
      observer: Observer
    },
  ) {}

  /** Resolves once everything these readings stop is written down as stopped. */
  async judge(readings: readonly AssetPrice[]): Promise<void> {
    const now = this.deps.clock.now()
    const held = await this.openBreakers()
    for (const guard of this.deps.guards) {
      const reading = readings.find(({ asset }) => asset === guard.asset)
      if (reading) await this.judgeOne(guard, reading, now, held)
    }
  }

  private async judgeOne(
    guard: PriceGuard,
    reading: AssetPrice,
    now: number,
    held: Map<Scope, { rule: PriceFinding['rule']; since: number }>,
  ): Promise<void> {
    const { tripBreaker } = this.deps
    const scope: Scope = `asset:${guard.asset}`
    const window = (this.windows.get(guard.asset) ?? []).filter(({ at }) => now - at <= guard.windowMs)
    const finding = judgePrice(guard, reading, window, held.has(scope))
    if (reading.status === 'known') window.push({ at: now, price: reading.price })
    this.windows.set(guard.asset, window)
    this.warn(guard, reading)
    if (finding) {
      // A move that goes on renews its pause; another finding does not shorten one.
      const before = held.get(scope)
      const isMove = finding.rule === 'C-35'
      held.set(scope, isMove || !before ? { rule: finding.rule, since: now } : before)
      await tripBreaker.run({
        code: 'B-09',
        scope,
        level: 'paused_new',
        reason: `${finding.rule}: ${finding.detail}`,
      })
      return
    }
    const hold = held.get(scope)
    if (!hold || reading.status === 'unknown') return
    if (hold.rule === 'C-35' && now - hold.since < guard.pauseMs) return
    held.delete(scope)
    await tripBreaker.clear(scope, 'B-09')
  }

  /** Told once for each time that it goes off. */
  private warn(guard: PriceGuard, reading: AssetPrice): void {
    const { asset } = guard
    if (reading.status === 'unknown') return
    const detail = pegWarning(guard, reading, this.offPeg.has(asset))
    if (detail === undefined) this.offPeg.delete(asset)
    else if (!this.offPeg.has(asset)) {
      this.offPeg.add(asset)
      this.deps.observer.notify({ type: 'off-peg', asset, detail })
    }
  }

  /** What an earlier process stopped is let go by the same rules. */
  private openBreakers(): Promise<Map<Scope, { rule: PriceFinding['rule']; since: number }>> {
    this.held ??= this.deps.store.breakers({ isOpen: true, limit: ALL_OPEN }).then(
      (open) =>
        new Map(
          open
            .filter(({ code }) => code === 'B-09')
            .map(({ scope, reason, trippedAt }) => [
              scope,
              { rule: reason.slice(0, 4) as PriceFinding['rule'], since: trippedAt },
            ]),
        ),
      (error: unknown) => {
        this.held = undefined
        throw error
      },
    )
    return this.held
  }
}
