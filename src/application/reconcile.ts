import { NATIVE, sameAddress } from '../domain/assets.js'
import { type Portfolio, tokensOn } from '../domain/policy/portfolio.js'
import type { Balances } from '../ports/balances.js'
import type { Clock } from '../ports/clock.js'
import type { Observer } from '../ports/observer.js'
import type { Store } from '../ports/store.js'

/**
 * Compares the ledger with the chains, to the base unit. Meaningful while nothing of the portfolio is under way; the
 * ledger books what is final.
 */
export class Reconcile {
  constructor(private readonly deps: { balances: Balances; store: Store; observer: Observer; clock: Clock }) {}

  async run(portfolio: Portfolio): Promise<void> {
    const { balances, store, observer, clock } = this.deps
    const booked = await store.walletBalances(portfolio.account)
    for (const { key: chain } of portfolio.chains) {
      const expected = booked.filter((one) => one.chain === chain)
      if (expected.length === 0) continue
      const reading = await balances.read(chain, portfolio.account, tokensOn(portfolio, chain))
      if (reading.status === 'unknown') continue
      const mismatches = expected.flatMap(({ token, units }) => {
        const held = reading.holdings.find((amount) => sameAddress(amount.token.address, token))
        if (!held || held.units === units) return []
        return [{ token: token === NATIVE ? 'native' : held.token.symbol, ledger: units, onChain: held.units }]
      })
      observer.notify({ type: 'reconciled', portfolio: portfolio.id, chain, mismatches, at: clock.now() })
    }
  }
}
