import type { ChainKey } from '../domain/assets.js'
import { InvariantError, type Refusal } from '../domain/errors.js'
import { firstFee, gasLimitFor } from '../domain/execution/fees.js'
import { type Market, weiCost } from '../domain/planning/cost.js'
import type { Call } from '../domain/planning/quote.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import type { Rehearsal } from '../domain/policy/rehearsal.js'
import { larger } from '../domain/units/ratio.js'
import { type Usd, usdToNumber } from '../domain/units/usd.js'
import type { Chain } from '../ports/chain.js'
import type { TripBreaker } from './trip-breaker.js'

export interface PaidGas {
  readonly gasLimit: bigint
  /** Most that the transaction may cost at the first offer of fees. */
  readonly gasUsd: Usd
}

/**
 * What the transactions of an offer may cost in gas (C-10): each a quarter above what its rehearsal used, within the
 * chain's cap on gas and the policy's on cost; and coin for all of them has to be there before the first is signed.
 */
export class CheckGas {
  constructor(private readonly deps: { chain: Chain; tripBreaker: TripBreaker }) {}

  /**
   * Asks the chain while the calls are being rehearsed; the answer judges the rehearsal: gas of the first call, or why one
   * of them may not be paid for. For the first call the node's own estimate counts where it is more: it knows what a chain
   * charges beside execution. Rejects with SimulationError where that call would fail.
   */
  begin(
    portfolio: Portfolio,
    calls: readonly Call[],
  ): (market: Market, rehearsal: Rehearsal) => Promise<PaidGas | Refusal> {
    const { chain } = this.deps
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
      const { maxFeePerGas } = firstFee(fees)
      const limits = steps.map(({ gasUsed }, index) => gasLimitFor(index === 0 ? larger(gasUsed, estimate) : gasUsed))
      for (const limit of limits) {
        if (limit > scope.gasLimitCap)
          return refuse(
            `A transaction on ${first.chain} would need a gas limit of ${limit}, at most ${scope.gasLimitCap} is signed.`,
          )
        const cost = weiCost(market, first.chain, limit * maxFeePerGas)
        if (cost > portfolio.policy.maxGas)
          return refuse(
            `Gas on ${first.chain} would cost up to ${usdToNumber(cost).toFixed(2)} USD, policy allows ${usdToNumber(portfolio.policy.maxGas).toFixed(2)} USD.`,
          )
      }
      const needed = limits.reduce((sum, limit, index) => sum + limit * maxFeePerGas + calls[index]!.value, 0n)
      if (held < needed) return this.short(first.chain, held, needed)
      const gasLimit = limits[0]!
      return { gasLimit, gasUsd: weiCost(market, first.chain, gasLimit * maxFeePerGas) }
    }
  }

  /** A chain without coin begins nothing new until it is topped up (B-18). */
  private async short(chain: ChainKey, held: bigint, needed: bigint): Promise<Refusal> {
    const reason = `The account holds ${held} wei on ${chain}, the next transactions may cost ${needed}. Top it up.`
    await this.deps.tripBreaker.run({ code: 'B-18', scope: `chain:${chain}`, level: 'paused_new', reason })
    return { code: 'POLICY_DENIED', detail: reason }
  }
}

function refuse(detail: string): Refusal {
  return { code: 'GAS_CAP', detail }
}
