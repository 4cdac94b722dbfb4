import type { Address, ChainKey } from '../assets.js'
import type { Refusal } from '../errors.js'
import { cancelGasCap, type Fee, gasLimitFor } from '../execution/fees.js'
import { type Market, weiCost } from '../planning/cost.js'
import type { Call } from '../planning/quote.js'
import { larger, smaller } from '../units/ratio.js'
import { type Usd, usdToNumber } from '../units/usd.js'
import type { Trip } from './breakers.js'
import { gasLimitCapOn, type Portfolio } from './portfolio.js'
import type { Rehearsal } from './rehearsal.js'

/** Gas of a transaction that is as large as any of ours, and how many of them the coin on a chain has to pay for (B-18). */
const LARGE_GAS = 1_000_000n
const TRANSACTIONS_KEPT = 10n

export interface PaidGas {
  readonly gasLimit: bigint
  /** Most that the transaction may cost at the first offer of fees, in wei and at the market's prices. */
  readonly gasWei: bigint
  readonly gasUsd: Usd
}

export interface GasCheck {
  readonly market: Market
  readonly chain: ChainKey
  /** What is to be signed, in turn, and how it played. */
  readonly calls: readonly Pick<Call, 'value'>[]
  readonly steps: Rehearsal['steps']
  /** Gas of the first call by the node's own estimate, which knows what a chain charges beside execution. */
  readonly estimate: bigint
  readonly fee: Fee
  /** Coin of the account, in wei. */
  readonly held: bigint
  readonly gasLimitCap: bigint
  readonly maxGas: Usd
}

/**
 * What the first of these transactions may cost in gas (C-10), or why one of them may not be paid for: each a quarter above
 * what it used when played, within the chain's cap on gas and the policy's on cost; and coin for all of them has to be there
 * before the first is signed, else the chain begins nothing until it is topped up (B-18).
 */
export function judgeGas(check: GasCheck): PaidGas | { readonly refusal: Refusal; readonly trip?: Trip } {
  const { market, chain, calls, steps, estimate, fee, held, gasLimitCap, maxGas } = check
  const limits = steps.map(({ gasUsed }, index) => gasLimitFor(index === 0 ? larger(gasUsed, estimate) : gasUsed))
  for (const limit of limits) {
    const detail =
      limit > gasLimitCap
        ? `A transaction on ${chain} would need a gas limit of ${limit}, at most ${gasLimitCap} is signed.`
        : reasonTooDear(market, chain, limit * fee.maxFeePerGas, maxGas)
    if (detail !== undefined) return { refusal: { code: 'GAS_CAP', detail } }
  }
  const needed = limits.reduce((sum, limit, index) => sum + limit * fee.maxFeePerGas + calls[index]!.value, 0n)
  if (held < needed) {
    const reason = `The account holds ${held} wei on ${chain}, the next transactions may cost ${needed}. Top it up.`
    return {
      refusal: { code: 'POLICY_DENIED', detail: reason },
      trip: { code: 'B-18', scope: `chain:${chain}`, level: 'paused_new', reason },
    }
  }
  const gasLimit = limits[0]!
  const gasWei = gasLimit * fee.maxFeePerGas
  return { gasLimit, gasWei, gasUsd: weiCost(market, chain, gasWei) }
}

/** Gas of a revocation by the estimate of the moment, whatever endpoints say within the chain's cap (C-10). */
export function revocationGas(portfolio: Portfolio, chain: ChainKey, estimate: bigint): bigint {
  return smaller(gasLimitFor(estimate), gasLimitCapOn(portfolio, chain))
}

/** Gas of a cancel, held to what its step makes plausible besides. */
export function cancelGas(portfolio: Portfolio, chain: ChainKey, estimate: bigint, stepGasLimit: bigint): bigint {
  return smaller(revocationGas(portfolio, chain, estimate), cancelGasCap(stepGasLimit))
}

/** Why the account, which holds so many wei, cannot pay for a revocation of this gas; undefined when it can. */
export function reasonUnpayable(
  { id, chain }: { readonly id: string; readonly chain: ChainKey },
  gasLimit: bigint,
  { maxFeePerGas }: Fee,
  held: bigint,
): string | undefined {
  const needed = gasLimit * maxFeePerGas
  if (held >= needed) return undefined
  return `Revocation ${id} may cost ${needed} wei on ${chain}, the account holds ${held}. Top it up, or find out which endpoint estimates so much gas.`
}

/** Why gas of so many wei is not paid; undefined when it may be. */
export function reasonTooDear(market: Market, chain: ChainKey, wei: bigint, maxGas: Usd): string | undefined {
  const cost = weiCost(market, chain, wei)
  if (cost <= maxGas) return undefined
  return `Gas on ${chain} would cost up to ${usdToNumber(cost).toFixed(2)} USD, policy allows ${usdToNumber(maxGas).toFixed(2)} USD.`
}

/** Below ten large transactions no new leg begins on a chain, until it is topped up (B-18). `held` in wei. */
export function judgeTank(
  { chain, account }: { readonly chain: ChainKey; readonly account: Address },
  held: bigint,
  { maxFeePerGas }: Fee,
): Trip | undefined {
  const needed = TRANSACTIONS_KEPT * LARGE_GAS * maxFeePerGas
  if (held >= needed) return undefined
  const reason = `Account ${account} holds ${held} wei on ${chain}, ${TRANSACTIONS_KEPT} large transactions may cost ${needed}. Top it up; it is released by itself then.`
  return { code: 'B-18', scope: `chain:${chain}`, level: 'paused_new', reason }
}
