import type { Address, Asset, ChainKey, Token } from '../assets.js'
import type { ConfiguredPolicy } from '../rebalancing/registry.js'
import type { TargetSetting } from '../targets/target-setting.js'
import type { PriceRules } from '../portfolio/prices.js'
import type { Ratio } from '../units/ratio.js'
import type { BridgeTerms } from './bridges.js'
import type { PlanApproval } from '../execution/plan-approval.js'
import type { Limits } from './budgets.js'
import type { Policy } from './policy.js'

/** One chain as a portfolio sees it. */
export interface ChainScope {
  readonly key: ChainKey
  /** The native coin as a token; its asset pays for gas. */
  readonly native: Token
  /** Added to the block's base fee when gas is reckoned, in wei per gas. */
  readonly priorityFee: bigint
  /** Most gas that a transaction may be given; the protocol's own limit is 2^24. */
  readonly gasLimitCap: bigint
}

/** What is left of limits while markets are stressed, as shares of them. */
export interface Caution {
  readonly leg: Ratio
  readonly slippage: Ratio
}

/** Everything configured about one portfolio. */
export interface Portfolio {
  readonly id: string
  readonly mode: 'live' | 'dry-run'
  readonly account: Address
  readonly accountAlias: string
  readonly chains: readonly ChainScope[]
  readonly assets: readonly Asset[]
  readonly priceRules: readonly PriceRules[]
  readonly policy: Policy
  /** When it trades and how far, and what another policy would do, which is only recorded. */
  readonly rebalancing: ConfiguredPolicy
  readonly shadow: ConfiguredPolicy | undefined
  readonly targetSetting: TargetSetting
  /** What trading an asset one way is taken to cost while no quote has told, as a share. */
  readonly assumedCost: Ratio
  readonly caution: Caution
  readonly limits: Limits
  readonly planApproval: PlanApproval
  /** Tolerance between quote and minimum asked of the venues. */
  readonly maxSlippage: Ratio
  /** Oldest firm quote that may still be signed. */
  readonly maxQuoteAgeMs: number
  /** Bridges that are configured, by key. */
  readonly bridges: Readonly<Record<string, BridgeTerms>>
}

/** The protocol's own limit on the gas of one transaction (EIP-7825). */
const PROTOCOL_GAS_CAP = 2n ** 24n

/** Most gas that a transaction of the portfolio may be given on a chain. */
export function gasLimitCapOn({ chains }: Portfolio, chain: ChainKey): bigint {
  return chains.find(({ key }) => key === chain)?.gasLimitCap ?? PROTOCOL_GAS_CAP
}

export function tokensOn(portfolio: Portfolio, chain: ChainKey): Token[] {
  return portfolio.assets.flatMap(({ tokens }) => tokens.filter((token) => token.chain === chain))
}
