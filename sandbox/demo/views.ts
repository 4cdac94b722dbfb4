/** What the demo reads of the daemon's API. Amounts, shares and USD are decimal text. */
export interface AmountView {
  chain: string
  symbol: string
  address: string
  amount: string
  units: string
}

export interface AssetView {
  asset: string
  valueUsd: string
  weight: string
  target: string
  drift: string
  band: string
  isInBand: boolean
  positions?: (AmountView & { valueUsd: string })[]
}

export interface CostView {
  slippageUsd: string
  feesUsd: string
  gasUsd: string
  bridgeUsd: string
  totalUsd: string
}

export interface PortfolioView {
  navUsd: string
  drift: string
  assets: AssetView[]
  chains: { chain: string; valueUsd: string }[]
}

export interface LegView {
  id: string
  kind: 'swap' | 'bridge'
  sell: AmountView
  expectedOut: AmountView
  venue: string
  tool: string
  cost: CostView
  funding: { leg: string; units: string }[]
  slice: { index: number; of: number; notBefore: string } | null
  reason: string
  alternatives: { venue: string; tool: string; costUsd: string | null; refusal: string | null }[]
}

export interface PlanView {
  legs: LegView[]
  method: string
  cost: CostView
  /** `nothing`, `naive` and `greedy`, on the quotes of the plan. */
  alternatives: { name: string; costUsd: string | null; unmetUsd: string }[]
  lowerBoundUsd: string | null
  noBoundReason: string | null
  gap: string | null
  expectedDrift: string
  unmet: { asset: string; valueUsd: string; reason: string }[]
  separatePools: { group: string; venues: string[]; proof: string; detail: string }[]
  quotes: { asked: number; failed: number; rounds: number }
}

export interface IntentView {
  id: string
  kind: string
  chain: string
  nonce: number
  state: string
  attempts: { hash: string }[]
  inclusion: { hash: string; block: string; isSuccess: boolean; gasPaidWei: string } | null
}

export interface TransferView {
  id: string
  bridge: string
  state: string
  origin: { chain: string; hash: string }
  destination: string
  sent: AmountView
  arrivals: readonly { chain: string; hash: string; received: AmountView }[]
}

export interface CycleView extends PortfolioView {
  id: string
  outcome: string | null
  decision: { act: boolean; code: string; reasons: string[] }
  /** USD per whole unit, and wei per gas by chain, at the decision. */
  prices: Record<string, string>
  gasPricesWei: Record<string, string>
  plan: PlanView | null
  planReasons: string[]
  legs: {
    id: string
    kind: string
    state: string
    venue: string
    tool: string
    sold: AmountView | null
    received: AmountView | null
    failure: { code: string; detail: string } | null
    realisedCost: CostView | null
  }[]
  intents: IntentView[]
  transfers: TransferView[]
}
