import { collectDefaultMetrics, type Registry } from 'prom-client'
import type { Address, AssetKey, ChainKey } from '../../domain/assets.js'
import { REFUSAL_CODES, type RefusalCode } from '../../domain/errors.js'
import { CYCLE_OUTCOMES } from '../../domain/execution/cycle.js'
import { STEP_KINDS } from '../../domain/execution/intent.js'
import { PLAN_METHODS } from '../../domain/planning/plan.js'
import type { VenueKey } from '../../domain/planning/quote.js'
import { DECISION_CODES } from '../../domain/policy/trigger.js'
import { formatDecimal } from '../../domain/units/decimal.js'
import { type Ratio, ratioToNumber } from '../../domain/units/ratio.js'
import { usdToNumber } from '../../domain/units/usd.js'
import type { Clock } from '../../ports/clock.js'
import {
  ANSWER_BUCKETS,
  BRIDGE_BUCKETS,
  combine,
  CYCLE_BUCKETS,
  metricMakers,
  TRANSACTION_BUCKETS,
} from './metric-makers.js'
import { firstSentAt, type OpenWork } from './open-work.js'

/** The closed sets that labels come from, and the thresholds that are exported beside what they limit. */
export interface MetricLabels {
  /** Version control revision of the build, or `unknown`. */
  readonly revision: string
  readonly chains: readonly {
    readonly key: ChainKey
    readonly nativeDecimals: number
    /** Aliases of its endpoints. */
    readonly endpoints: readonly string[]
    readonly blockTimeSeconds: number
    readonly finalitySeconds: number
  }[]
  readonly assets: readonly AssetKey[]
  readonly venues: readonly VenueKey[]
  /** Of notifications. */
  readonly channels: readonly string[]
  /** Bridges the configuration names. One that it does not name is counted as `other`. */
  readonly bridges: readonly string[]
  /** What the audit log calls the requests of the admin port, and `read`. */
  readonly actions: readonly string[]
  /** By asset: the largest distance between two price sources that agree. */
  readonly priceLimits: Readonly<Record<AssetKey, Ratio>>
  readonly portfolios: readonly PortfolioLabels[]
}

export interface PortfolioLabels {
  readonly id: string
  /** Alias of the account that holds it. */
  readonly account: string
  readonly address: Address
  readonly intervalSeconds: number
  readonly slippageLimit: Ratio
  readonly hasShadow: boolean
  /** False in dry-run. */
  readonly isLive: boolean
  readonly targets: readonly { readonly asset: AssetKey; readonly weight: Ratio; readonly band: Ratio }[]
  /** Native base units by chain; the floor of the account's gas balance. */
  readonly gasReserve: Readonly<Record<ChainKey, bigint>>
}

export const TRADE_OUTCOMES = ['filled', 'partially_filled', 'reverted', 'cancelled', 'aborted'] as const
export const QUOTE_OUTCOMES = ['ok', 'no_route', 'rate_limited', 'rejected', 'error'] as const
/** How a plan was found; `none` where there is no plan although the decision was to act. */
export const PLAN_OUTCOMES = [...PLAN_METHODS.map(labelOf), 'none'] as const
export const PLANS_COMPARED = ['plan', 'greedy', 'naive', 'nothing'] as const
export const COST_COMPONENTS = ['slippage', 'venue_fee', 'gas', 'bridge_fee'] as const
const PLAN_QUOTE_OUTCOMES = ['ok', 'failed'] as const
const BENCHMARKS = ['quote', 'oracle'] as const
const LIVE_INTENTS = ['reserved', 'signed', 'mined'] as const
const ENDED_INTENTS = ['final_ok', 'final_reverted', 'final_cancelled', 'released', 'foreign'] as const
const OPEN_TRANSFERS = ['in_flight', 'late', 'lost_suspected', 'seen'] as const
const OVERDUE_TRANSFERS = ['late', 'lost_suspected'] as const
const ENDED_TRANSFERS = ['full', 'short', 'other_token', 'refunded'] as const
/** Stands for a label value outside its closed set. */
export const OTHER = 'other'

const LOSS_BUCKETS = [-0.01, -0.005, -0.001, 0, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.02, 0.03, 0.05, 0.1]

export type Metrics = ReturnType<typeof createMetrics>

/** A code of the domain as a label value. */
export function labelOf(code: string): string {
  return code.replaceAll('-', '_')
}

/** The stage at which an offer with this code is refused. */
export function stageOf(code: RefusalCode): 'quote' | 'simulation' | 'signer' {
  if (code.startsWith('SIMULATION_')) return 'simulation'
  return code === 'SIGNER_REFUSED' ? 'signer' : 'quote'
}

/**
 * Every metric of the daemon. Counters and histograms begin at 0 for each known combination of labels, because an
 * increase from nothing is not seen. Times and measurements are absent until there is one. What is open is reckoned at the
 * moment of the scrape.
 */
export function createMetrics(registry: Registry, labels: MetricLabels, openWork: OpenWork, clock: Clock) {
  const { gauge, counter, histogram } = metricMakers(registry)
  const portfolio = labels.portfolios.map(({ id }) => id)
  const chain = labels.chains.map(({ key }) => key)
  const venue = labels.venues
  const bridge = [...new Set([...labels.bridges, OTHER])]
  const crossings = combine({
    bridge: labels.bridges.length > 0 ? labels.bridges : [OTHER],
    source_chain: chain,
    destination_chain: chain,
  }).filter((one) => one.source_chain !== one.destination_chain)
  const bridgeOf = (name: string) => (labels.bridges.includes(name) ? name : OTHER)
  const crossingOf = (transfer: { bridge: string; origin: ChainKey; destination: ChainKey }) => ({
    bridge: bridgeOf(transfer.bridge),
    source_chain: transfer.origin,
    destination_chain: transfer.destination,
  })
  const arrivalOf = (transfer: { bridge: string; destination: ChainKey }) => ({
    bridge: bridgeOf(transfer.bridge),
    destination_chain: transfer.destination,
  })
  const ageSeconds = (at: number) => Math.max(0, (clock.now() - at) / 1000)
  collectDefaultMetrics({ register: registry })

  const metrics = {
    /** The label values of a transfer. */
    bridgeOf,
    arrivalOf,

    // What runs, and whether it may trade.
    buildInfo: gauge('build_info', 'The running build; always 1.', ['version', 'revision', 'node_version']),
    configInfo: gauge('config_info', 'The configuration in force; always 1.', ['config_hash', 'mode']),
    leaseHeld: gauge('lease_held', '1 on the replica that may trade.'),
    leaseEpoch: gauge('lease_epoch', 'Fencing epoch this replica saw last.'),

    // Where each portfolio stands.
    portfolioValue: gauge('portfolio_value_usd', 'Net value at the last complete valuation.', ['portfolio']),
    positionValue: gauge('position_value_usd', 'Value of an asset held on a chain.', ['portfolio', 'chain', 'asset']),
    assetWeight: gauge('asset_weight_ratio', 'Share of net value, all chains and transfers together.', [
      'portfolio',
      'asset',
    ]),
    assetTarget: gauge('asset_target_ratio', 'Wanted share of net value, by the targets in force.', [
      'portfolio',
      'asset',
    ]),
    assetDrift: gauge('asset_drift_ratio', 'Weight minus target; positive when overweight.', ['portfolio', 'asset']),
    assetBand: gauge('asset_drift_band_ratio', 'Drift to either side at which the policy trades.', [
      'portfolio',
      'asset',
    ]),
    portfolioDrift: gauge('portfolio_drift_ratio', 'Share of net value that must trade to reach every target.', [
      'portfolio',
    ]),
    valuationTimestamp: gauge(
      'valuation_timestamp_seconds',
      'When every balance and every price was known the last time.',
      ['portfolio'],
    ),
    priceTimestamp: gauge('price_timestamp_seconds', 'The time a usable price itself carries.', ['asset', 'source']),
    priceDeviation: gauge('price_deviation_ratio', 'Price of a source over the consensus, minus 1.', [
      'asset',
      'source',
    ]),
    priceDivergenceLimit: gauge(
      'price_divergence_limit_ratio',
      'Configured distance between two sources beyond which an asset has no price.',
      ['asset'],
    ),

    // What was decided.
    cycles: counter(
      'cycles_total',
      'Cycles by how they ended.',
      ['portfolio', 'outcome'],
      combine({ portfolio, outcome: CYCLE_OUTCOMES }),
    ),
    cycleDuration: histogram(
      'cycle_duration_seconds',
      'Wall time of a cycle.',
      ['portfolio'],
      CYCLE_BUCKETS,
      combine({ portfolio }),
    ),
    cycleLastSuccess: gauge(
      'cycle_last_success_timestamp_seconds',
      'Last cycle that ended otherwise than by error, stale data or standby.',
      ['portfolio'],
    ),
    cycleInterval: gauge('cycle_interval_seconds', 'Configured time between two cycles.', ['portfolio']),
    decisions: counter(
      'decisions_total',
      'Decisions by what they rest on.',
      ['portfolio', 'code'],
      combine({ portfolio, code: DECISION_CODES.map(labelOf) }),
    ),
    plans: counter(
      'plans_total',
      'Plans by the method that found them; none where nothing acceptable was found.',
      ['portfolio', 'method'],
      combine({ portfolio, method: PLAN_OUTCOMES }),
    ),
    planCost: gauge('plan_cost_usd', 'Expected cost of the latest plan and of what else could have been done.', [
      'portfolio',
      'plan',
    ]),
    planUnmet: gauge(
      'plan_unmet_usd',
      'Distance from the levels that the latest plan leaves, and what else could have been done.',
      ['portfolio', 'plan'],
    ),
    planBound: gauge(
      'plan_lower_bound_usd',
      'No plan on the quotes of the latest one costs less, unmet drift priced in; absent where no bound is claimed.',
      ['portfolio'],
    ),
    planGap: gauge(
      'plan_bound_gap_ratio',
      'Cost of the latest plan over its lower bound, unmet drift priced in, minus 1.',
      ['portfolio'],
    ),
    planQuotes: counter(
      'plan_quotes_total',
      'Quotes asked to make plans.',
      ['portfolio', 'outcome'],
      combine({ portfolio, outcome: PLAN_QUOTE_OUTCOMES }),
    ),
    policyRejections: counter(
      'policy_rejections_total',
      'Offers refused, by reason.',
      ['stage', 'code'],
      REFUSAL_CODES.map((code) => ({ stage: stageOf(code), code })),
    ),

    // What trading brought and cost.
    trades: counter(
      'trades_total',
      'Swaps by how they ended.',
      ['portfolio', 'chain', 'venue', 'outcome'],
      combine({ portfolio, chain, venue, outcome: TRADE_OUTCOMES }),
    ),
    tradeNotional: counter(
      'trade_notional_usd_total',
      'Value sold by filled swaps at decision prices.',
      ['portfolio', 'chain', 'venue'],
      combine({ portfolio, chain, venue }),
    ),
    tradeSlippage: histogram(
      'trade_slippage_ratio',
      'Loss of a filled swap against the accepted quote and against our own prices; adverse is positive.',
      ['portfolio', 'chain', 'venue', 'benchmark'],
      LOSS_BUCKETS,
      combine({ portfolio, chain, venue, benchmark: BENCHMARKS }),
    ),
    portfolioLive: gauge('portfolio_live', '1 where the portfolio trades, 0 in dry-run.', ['portfolio']),
    slippageLimit: gauge('slippage_limit_ratio', 'Configured tolerance between quote and minimum.', ['portfolio']),
    tradeCost: counter(
      'trade_cost_usd_total',
      'Money given up by legs, by component.',
      ['portfolio', 'chain', 'component'],
      combine({ portfolio, chain, component: COST_COMPONENTS }),
    ),
    tradeImprovement: counter(
      'trade_improvement_usd_total',
      'Money gained by legs against decision prices.',
      ['portfolio', 'chain'],
      combine({ portfolio, chain }),
    ),
    quotes: counter(
      'quotes_total',
      'Answers of the venues.',
      ['venue', 'chain', 'outcome'],
      combine({ venue, chain, outcome: QUOTE_OUTCOMES }),
    ),
    quoteDuration: histogram(
      'quote_duration_seconds',
      'Time to a quote or to its failure.',
      ['venue', 'chain'],
      ANSWER_BUCKETS,
      combine({ venue, chain }),
    ),

    // What became of the transactions.
    transactionsOpen: gauge('transactions', 'Intents now in each live state.', ['chain', 'state'], (self) => {
      for (const one of combine({ chain, state: LIVE_INTENTS })) self.set(one, 0)
      for (const intent of openWork.intents()) self.inc({ chain: intent.chain, state: intent.state })
    }),
    transactions: counter(
      'transactions_total',
      'Intents that ended.',
      ['chain', 'kind', 'outcome'],
      combine({ chain, kind: STEP_KINDS, outcome: ENDED_INTENTS }),
    ),
    transactionOldest: gauge(
      'transaction_oldest_unmined_seconds',
      'Age of the oldest transaction without a receipt; 0 when there is none.',
      ['chain'],
      (self) => {
        for (const key of chain) {
          const unmined = openWork.intents().filter((intent) => intent.chain === key && intent.state === 'signed')
          self.set({ chain: key }, Math.max(0, ...unmined.map((intent) => ageSeconds(firstSentAt(intent)!))))
        }
      },
    ),
    transactionInclusion: histogram(
      'transaction_inclusion_seconds',
      'From the first signed attempt to its receipt.',
      ['chain'],
      TRANSACTION_BUCKETS,
      combine({ chain }),
    ),
    transactionFinality: histogram(
      'transaction_finality_seconds',
      'From the first signed attempt to finality.',
      ['chain'],
      TRANSACTION_BUCKETS,
      combine({ chain }),
    ),
    transactionCost: counter(
      'transaction_cost_usd_total',
      'Network fees paid, those of failed transactions included.',
      ['chain', 'kind'],
      combine({ chain, kind: STEP_KINDS }),
    ),
    accountBalance: gauge('account_balance_native', "Balance in the chain's coin.", ['chain', 'account']),
    accountFloor: gauge('account_balance_floor_native', 'Configured reserve for gas.', ['chain', 'account']),

    // Where money is between chains.
    transfersOpen: gauge(
      'bridge_transfers',
      'Open transfers by state.',
      ['bridge', 'source_chain', 'destination_chain', 'state'],
      (self) => {
        self.reset()
        for (const one of crossings) for (const state of OPEN_TRANSFERS) self.set({ ...one, state }, 0)
        for (const { transfer } of openWork.transfers()) self.inc({ ...crossingOf(transfer), state: transfer.state })
      },
    ),
    transfersInvestigated: gauge(
      'bridge_transfers_investigated',
      'Late transfers that somebody says they have looked into; they are among the open ones.',
      ['bridge', 'state'],
    ),
    transfers: counter(
      'bridge_transfers_total',
      'Transfers by how they ended.',
      ['bridge', 'outcome'],
      combine({ bridge, outcome: ENDED_TRANSFERS }),
    ),
    transfersInFlight: gauge(
      'bridge_in_flight_usd',
      'Value of open transfers.',
      ['bridge', 'source_chain', 'destination_chain'],
      (self) => {
        self.reset()
        for (const one of crossings) self.set(one, 0)
        for (const { transfer, usd } of openWork.transfers()) self.inc(crossingOf(transfer), usdToNumber(usd))
      },
    ),
    transferOldest: gauge(
      'bridge_oldest_in_flight_seconds',
      'Age of the oldest open transfer that nobody has looked into; 0 when there is none.',
      ['bridge'],
      (self) => {
        for (const key of bridge) {
          const open = openWork.unexplained().filter(({ transfer }) => bridgeOf(transfer.bridge) === key)
          self.set({ bridge: key }, Math.max(0, ...open.map(({ transfer }) => ageSeconds(transfer.sentAt))))
        }
      },
    ),
    regimeStressed: gauge(
      'regime_stressed',
      '1 while volatility is far above what has been usual, 0 while it is not.',
      ['portfolio'],
    ),
    forecastVolatility: gauge('forecast_volatility_ratio', 'Volatility forecast for the next day, annual.', ['asset']),
    targetSets: counter(
      'target_sets_total',
      'Attempts to set targets anew; a refusal leaves those in force.',
      ['portfolio', 'outcome'],
      combine({ portfolio, outcome: ['set', 'refused'] }),
    ),
    decisionBenefit: gauge(
      'decision_benefit_per_year_ratio',
      'Penalty a year that a trade would end, as a share of net value.',
      ['portfolio', 'asset'],
    ),
    decisionCost: gauge('decision_cost_ratio', 'Cost of bringing the asset back now, as a share of net value.', [
      'portfolio',
      'asset',
    ]),
    decisionWaiting: gauge(
      'decision_waiting_cost_per_day_ratio',
      'Penalty of one more day at this drift, as a share of net value.',
      ['portfolio', 'asset'],
    ),
    shadowDecisions: counter(
      'shadow_decisions_total',
      'What the shadow policy would have decided; agrees tells whether the live one decided alike.',
      ['portfolio', 'code', 'agrees'],
      combine({
        portfolio: labels.portfolios.flatMap(({ id, hasShadow }) => (hasShadow ? [id] : [])),
        code: DECISION_CODES.map(labelOf),
        agrees: ['true', 'false'],
      }),
    ),
    transferExpected: gauge('bridge_expected_seconds', 'Duration the bridge named for the latest transfer.', [
      'bridge',
    ]),
    transferDuration: histogram(
      'bridge_duration_seconds',
      'From sending to final arrival.',
      ['bridge', 'destination_chain'],
      BRIDGE_BUCKETS,
      combine({ bridge, destination_chain: chain }),
    ),
  }

  metrics.leaseHeld.set(0)
  for (const [asset, limit] of Object.entries(labels.priceLimits))
    metrics.priceDivergenceLimit.set({ asset }, ratioToNumber(limit))
  for (const { id, account, intervalSeconds, isLive, slippageLimit, targets, gasReserve } of labels.portfolios) {
    metrics.portfolioLive.set({ portfolio: id }, isLive ? 1 : 0)
    metrics.cycleInterval.set({ portfolio: id }, intervalSeconds)
    metrics.slippageLimit.set({ portfolio: id }, ratioToNumber(slippageLimit))
    for (const { asset, weight, band } of targets) {
      metrics.assetTarget.set({ portfolio: id, asset }, ratioToNumber(weight))
      metrics.assetBand.set({ portfolio: id, asset }, ratioToNumber(band))
    }
    for (const { key, nativeDecimals } of labels.chains)
      metrics.accountFloor.set({ chain: key, account }, Number(formatDecimal(gasReserve[key] ?? 0n, nativeDecimals)))
  }
  const beginInvestigations = () => {
    for (const one of combine({ bridge, state: OVERDUE_TRANSFERS })) metrics.transfersInvestigated.set(one, 0)
  }
  beginInvestigations()
  return { ...metrics, beginInvestigations }
}
