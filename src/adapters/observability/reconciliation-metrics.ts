import type { Registry } from 'prom-client'
import type { AssetKey, ChainKey } from '../../domain/assets.js'
import type { Event } from '../../domain/events.js'
import type { AssetPrice } from '../../domain/portfolio/snapshot.js'
import { mulDiv } from '../../domain/units/ratio.js'
import { type Price, usdToNumber } from '../../domain/units/usd.js'
import { metricMakers } from './metric-makers.js'
import type { MetricLabels } from './metrics.js'

/**
 * Where the ledger and the chains differ, and how long ago that was known. Books that this process has not compared yet are
 * as old as its lead; a portfolio without books on a chain has nothing to compare there and makes none of it look old.
 */
export class ReconciliationMetrics {
  private readonly metrics: ReturnType<typeof createReconciliationMetrics>
  /** Latest comparison by chain and portfolio; without `mismatches` where there was none. */
  private readonly latest = new Map<ChainKey, Map<string, { readonly mismatches?: number; readonly at: number }>>()
  private readonly prices = new Map<AssetKey, Price>()
  /** When this process took the lease, in milliseconds since 1970. */
  private leadingSince = 0

  constructor(
    registry: Registry,
    private readonly labels: MetricLabels,
  ) {
    this.metrics = createReconciliationMetrics(registry)
  }

  /** What differences are valued at from now on; an asset without a price keeps its last one. */
  priced(prices: readonly AssetPrice[]): void {
    for (const one of prices) if (one.status === 'known') this.prices.set(one.asset, one.price)
  }

  /** This process compares from now on, in milliseconds since 1970. */
  began(at: number): void {
    this.leadingSince = at
  }

  /** Books that are to be compared, whether they ever were or not. */
  found({ portfolio, chain }: Extract<Event, { type: 'books-found' }>): void {
    if (this.latest.get(chain)?.has(portfolio)) return
    this.note(chain, portfolio, { at: this.leadingSince })
  }

  reconciled({ portfolio, chain, mismatches, at }: Extract<Event, { type: 'reconciled' }>): void {
    const latest = this.note(chain, portfolio, { mismatches: mismatches.length, at })
    this.metrics.mismatches.set(
      { chain },
      latest.reduce((sum, one) => sum + (one.mismatches ?? 0), 0),
    )
    for (const asset of this.labels.assets) {
      const price = this.prices.get(asset)
      const found = mismatches.filter((one) => one.asset === asset)
      const worth = (one: (typeof found)[number]) =>
        mulDiv(one.onChain - one.ledger, price ?? 0n, 10n ** BigInt(one.decimals), 'zero')
      if (found.length > 0 && price === undefined) this.metrics.difference.remove({ portfolio, chain, asset })
      else
        this.metrics.difference.set(
          { portfolio, chain, asset },
          usdToNumber(found.reduce((sum, one) => sum + worth(one), 0n)),
        )
    }
  }

  /** All that is known of a chain, with this. */
  private note(chain: ChainKey, portfolio: string, one: { readonly mismatches?: number; readonly at: number }) {
    const ofChain = this.latest.get(chain) ?? new Map<string, typeof one>()
    this.latest.set(chain, ofChain.set(portfolio, one))
    const latest = [...ofChain.values()]
    this.metrics.lastSuccess.set({ chain }, Math.min(...latest.map(({ at }) => at)) / 1000)
    return latest
  }

  /** Another process compares now. */
  stoodDown(): void {
    this.latest.clear()
    this.prices.clear()
    for (const gauge of Object.values(this.metrics)) gauge.reset()
  }
}

function createReconciliationMetrics(registry: Registry) {
  const { gauge } = metricMakers(registry)
  return {
    mismatches: gauge(
      'reconciliation_mismatches',
      'Tokens whose final balance differs from the ledger at the last pass.',
      ['chain'],
    ),
    lastSuccess: gauge(
      'reconciliation_last_success_timestamp_seconds',
      'Last complete comparison of ledger and chain, of the portfolio with books there for which it is longest ago; of books not compared yet, when this process took the lease.',
      ['chain'],
    ),
    difference: gauge(
      'reconciliation_difference_usd',
      'Chain minus ledger at the last pass, valued at the latest known price.',
      ['portfolio', 'chain', 'asset'],
    ),
  }
}
