import type { AssetKey } from '../domain/assets.js'
import { ALL_OPEN } from '../domain/policy/breakers.js'
import { type Peg, pegOf, type PriceGuard } from '../domain/policy/price-guard.js'
import { divergenceOf, type PriceRules } from '../domain/portfolio/prices.js'
import type { AssetPrice } from '../domain/portfolio/snapshot.js'
import type { Ratio } from '../domain/units/ratio.js'
import type { Clock } from '../ports/clock.js'
import type { Store } from '../ports/store.js'

/** What the sources said last about an asset, and what became of it. */
export interface PriceOnBoard {
  readonly rules: PriceRules
  /** Undefined before the sources were asked. */
  readonly price: AssetPrice | undefined
  readonly divergence: Ratio | undefined
  /** Undefined for an asset that is no dollar. */
  readonly peg: Peg | undefined
  /** Why it is not traded, since when in milliseconds since 1970 (B-09). */
  readonly hold: { readonly reason: string; readonly since: number } | undefined
}

/** Keeps what was read last, so that whoever looks at prices asks no source. */
export class PriceBoard {
  private kept: { readonly at: number; readonly prices: ReadonlyMap<AssetKey, AssetPrice> } | undefined

  constructor(
    private readonly deps: {
      /** Of every asset. */
      rules: readonly PriceRules[]
      guards: readonly PriceGuard[]
      store: Pick<Store, 'breakers'>
      clock: Clock
    },
  ) {}

  /** Takes a whole reading in place of the one before. */
  keep(prices: readonly AssetPrice[]): void {
    this.kept = { at: this.deps.clock.now(), prices: new Map(prices.map((one) => [one.asset, one])) }
  }

  /** `readAt`, in milliseconds since 1970, is undefined before the first reading. */
  async read(): Promise<{ readonly readAt: number | undefined; readonly assets: readonly PriceOnBoard[] }> {
    const { rules, guards, store } = this.deps
    const { kept } = this
    const held = (await store.breakers({ isOpen: true, limit: ALL_OPEN })).filter(({ code }) => code === 'B-09')
    const assets = rules.map((one): PriceOnBoard => {
      const price = kept?.prices.get(one.asset)
      const guard = guards.find(({ asset }) => asset === one.asset)
      const hold = held.find(({ scope }) => scope === `asset:${one.asset}`)
      return {
        rules: one,
        price,
        divergence: price && divergenceOf(price.sources),
        peg: guard && pegOf(guard, price?.status === 'known' ? price.price : undefined),
        hold: hold && { reason: hold.reason, since: hold.trippedAt },
      }
    })
    return { readAt: kept?.at, assets }
  }
}
