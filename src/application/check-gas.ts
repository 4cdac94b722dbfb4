import { InvariantError, type Refusal } from '../domain/errors.js'
import { firstFee } from '../domain/execution/fees.js'
import type { Market } from '../domain/planning/cost.js'
import type { Call } from '../domain/planning/quote.js'
import { judgeGas, type PaidGas } from '../domain/policy/gas.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import type { Rehearsal } from '../domain/policy/rehearsal.js'
import type { Chain } from '../ports/chain.js'
import type { TripBreaker } from './trip-breaker.js'

/** Looks up what the gas of an offer's transactions is judged by, and stops a chain whose coin has run out (C-10, B-18). */
export class CheckGas {
  constructor(private readonly deps: { chain: Chain; tripBreaker: TripBreaker }) {}

  /**
   * Asks the chain while the calls are being rehearsed; the answer judges the rehearsal: gas of the first call, or why one
   * of them may not be paid for. Rejects with SimulationError where the first call would fail.
   */
  begin(
    portfolio: Portfolio,
    calls: readonly Call[],
  ): (market: Market, rehearsal: Rehearsal) => Promise<PaidGas | Refusal> {
    const { chain, tripBreaker } = this.deps
    const [first] = calls
    const scope = portfolio.chains.find(({ key }) => key === first?.chain)
    if (!first || !scope) throw new InvariantError('An offer was made on a chain that its portfolio does not have.')
    const looks = Promise.all([
      chain.estimateGas(portfolio.account, first),
      chain.fees(first.chain),
      chain.coinBalance(first.chain, portfolio.account),
    ])
    // Whether it failed is told to whoever asks for the answer; nobody does when the rehearsal failed.
    looks.catch(() => undefined)
    return async (market, { steps }) => {
      const [estimate, fees, held] = await looks
      const verdict = judgeGas({
        market,
        chain: first.chain,
        calls,
        steps,
        estimate,
        fee: firstFee(fees),
        held,
        gasLimitCap: scope.gasLimitCap,
        maxGas: portfolio.policy.maxGas,
      })
      if (!('refusal' in verdict)) return verdict
      if (verdict.trip) await tripBreaker.run(verdict.trip)
      return verdict.refusal
    }
  }
}
