import type { Portfolio } from '../domain/policy/portfolio.js'
import type { LastTrade } from '../domain/policy/trigger.js'
import { servedAt } from '../domain/rebalancing/due-times.js'
import type { Store } from '../ports/store.js'

/** What a portfolio did last. In a dry run a plan serves a due time as a trade would; the cooldown goes by trades alone. */
export async function lastTradeOf(
  store: Pick<Store, 'lastTradedAt' | 'lastLooks'>,
  { id: portfolio, mode, rebalancing: { choice } }: Portfolio,
): Promise<LastTrade> {
  return {
    lastTradedAt: await store.lastTradedAt(portfolio),
    servedAt: servedAt(await store.lastLooks({ portfolio, mode, policy: choice.name })),
  }
}
