import type { Address, AssetKey, ChainKey } from '../assets.js'
import type { Refusal, RefusalCode } from '../errors.js'
import type { VenueKey } from '../planning/quote.js'
import { basisPointsOf, larger, mulDiv, type Ratio, RATIO_ONE, smaller } from '../units/ratio.js'
import { ONE_USD, type Usd, usdToNumber } from '../units/usd.js'
import type { Trip } from './breakers.js'

/** What one transaction takes from the budgets, written in the same database transaction as its intent (C-11). */
export interface Spend {
  readonly portfolio: string
  readonly cycleId: string
  readonly chain: ChainKey
  readonly account: Address
  readonly asset: AssetKey
  readonly venue: VenueKey
  readonly bridge: string | undefined
  /** Value sold, in USD at fresh prices; 0 for approvals and revocations. */
  readonly turnover: Usd
  /** Most the transaction may cost in gas, in USD. */
  readonly gas: Usd
  /** The same in wei, so that what was really paid can be reckoned at the same price. */
  readonly gasWei: bigint
  /** Sold and bought asset of a trade. A crossing of one asset is none, and no turnover of the portfolio. */
  readonly pair: readonly [sold: AssetKey, bought: AssetKey] | undefined
  /**
   * What the cycle trades by this transaction, all in all: pairs of assets of which its whole plan sells and buys. An asset
   * that only passes money on is in none of them (C-51).
   */
  readonly trades: readonly (readonly [sold: AssetKey, bought: AssetKey])[]
  /** Milliseconds since 1970. Windows of time end here. */
  readonly at: number
}

/**
 * What is reserved or spent already. An intent that was released, reverted or cancelled traded nothing; a mined one cost
 * the gas it paid, one under way the most that any of its attempts may. `hour` and `day` are the last 60 minutes and 24
 * hours. Turnover counts trades, crossings of one asset only where it says bridge.
 */
export interface BudgetUse {
  readonly cycleTurnover: Usd
  readonly hourTurnover: Usd
  readonly dayTurnover: Usd
  readonly assetDayTurnover: Usd
  readonly venueDayTurnover: Usd
  /** Sent over this bridge by this cycle; and in the last day. */
  readonly bridgeCycleTurnover: Usd
  readonly bridgeDayTurnover: Usd
  readonly bridgeInFlight: Usd
  readonly allBridgesInFlight: Usd
  /** Transfers of this bridge that are late (C-61). */
  readonly bridgeLate: number
  readonly dayGas: Usd
  /** Of this account on this chain. */
  readonly hourTransactions: number
  /** Other cycles that spent anything. */
  readonly dayCycles: number
  /** Legs that failed since the last one that did not; and in the last hour (B-13). Since a person last cleared it. */
  readonly failedInRow: number
  readonly hourFailures: number
  /**
   * Losses of legs against decision prices in the last 24 hours, gas aside, a gain of one never set against the loss of
   * another, in USD (B-01). Since a person last cleared it.
   */
  readonly dayLoss: Usd
  /**
   * Whether an earlier cycle of the last 24 hours, other than those this one goes on from, traded one of the spend's pairs
   * the other way, all in all and finally (C-51). Since a person last cleared B-12.
   */
  readonly soldTheOtherWay: boolean
}

/** Caps of one portfolio. Shares are of its NAV (safety catalogue, section 8). */
export interface Limits {
  /** Value traded by one cycle, in the last hour, in the last day; and of the last, of one asset and through one venue. */
  readonly cycleTurnover: Ratio
  readonly hourTurnover: Ratio
  readonly dayTurnover: Ratio
  readonly assetDayTurnover: Ratio
  readonly venueDayTurnover: Ratio
  /** Value of the largest leg that a plan may have (C-54). */
  readonly legShare: Ratio
  /** Losses of a day before everything stops (B-01). */
  readonly dayLoss: Ratio
  /** Most a trade may cost in gas, as a share of the trade; five dollars are always allowed. */
  readonly legGas: Ratio
  readonly dayGas: Ratio
  /** Transactions of one account on one chain. */
  readonly hourTransactions: number
  /** Cycles that spend anything. */
  readonly dayCycles: number
  readonly bridgeInFlight: Ratio
  readonly allBridgesInFlight: Ratio
  readonly bridgeDay: Ratio
  readonly failedInRow: number
  readonly hourFailures: number
  /** Whether a trade may undo one of the day without a person (C-51). */
  readonly mayReverse: boolean
  /** Of the drift that a plan takes away, the share that must really go (C-52). */
  readonly driftFall: Ratio
  /** How much of NAV may have moved between the plan and its first leg (C-53). */
  readonly balanceMove: Ratio
}

/** Legs that ended with one of these were held or did not fit: they are no failures (B-13). */
export const HELD_CODES: readonly string[] = ['PAUSED', 'CANCELLED_BY_PERSON', 'BUDGET_EXCEEDED', 'BRIDGE_CAP']

/** Gas of a trade is never refused below this, however small the trade. */
export const LEAST_GAS_CAP: Usd = 5n * ONE_USD

export interface Judgement {
  readonly refusal: Refusal
  /** The breaker that the cap trips, if it trips one. */
  readonly trip?: Trip
}

/** What a reservation takes from the budgets, and who judges whether it may, by what is used already. */
export interface BudgetClaim {
  readonly spend: Spend
  readonly judge: (use: BudgetUse) => Judgement | undefined
}

/**
 * Whether a spend fits into what is left of every cap, by what is reserved or spent already. `bridgePlan` is the share of
 * NAV that one plan may send over one bridge. Caps are rounded down, so that at no moment more than a cap is used (P-07).
 *
 * A cap of count or turnover that is reached stops the portfolio, because a plan is made to fit into all of them: only
 * something that runs away gets here. A bridge that is full is refused and nothing else: its transfers arrive.
 */
export function judgeSpend(
  spend: Spend,
  use: BudgetUse,
  limits: Limits & { readonly bridgePlan: Ratio },
  nav: Usd,
): Judgement | undefined {
  return (
    judgeLosses(spend.portfolio, use, limits, nav) ??
    judgeGas(spend, use, limits, nav) ??
    judgeCounts(spend, use, limits) ??
    judgeTurnover(spend, use, limits, nav) ??
    judgeBridge(spend, use, limits, nav)
  )
}

/** Whether what legs lost or failed stops the portfolio (B-01, B-13). */
export function judgeLosses(
  portfolio: string,
  use: Pick<BudgetUse, 'dayLoss' | 'failedInRow' | 'hourFailures'>,
  limits: Limits,
  nav: Usd,
): (Judgement & { readonly trip: Trip }) | undefined {
  const scope = `portfolio:${portfolio}` as const
  const stop = (trip: Trip) => ({ refusal: refuse('BUDGET_EXCEEDED', trip.reason), trip })
  if (use.dayLoss > capOf(limits.dayLoss, nav))
    return stop({
      code: 'B-01',
      scope,
      level: 'paused_hard',
      reason: `Legs of the last 24 h lost ${usd(use.dayLoss)} against our own prices, policy allows ${share(limits.dayLoss, nav)}. Look at the cycles before you resume.`,
    })
  if (use.failedInRow >= limits.failedInRow || use.hourFailures >= limits.hourFailures)
    return stop({
      code: 'B-13',
      scope,
      level: 'paused_new',
      reason: `${use.failedInRow} legs in a row failed and ${use.hourFailures} in the last hour; policy stops at ${limits.failedInRow} and ${limits.hourFailures}. Look at why they failed before you resume.`,
    })
  return undefined
}

function judgeGas(spend: Spend, use: BudgetUse, limits: Limits, nav: Usd): Judgement | undefined {
  const leg = larger(LEAST_GAS_CAP, mulDiv(spend.turnover, limits.legGas, RATIO_ONE, 'down'))
  if (spend.turnover > 0n && spend.gas > leg)
    return {
      refusal: refuse(
        'GAS_CAP',
        `Gas of up to ${usd(spend.gas)} for a trade of ${usd(spend.turnover)}: policy allows ${usd(leg)}. Wait for cheaper gas.`,
      ),
    }
  const day = use.dayGas + spend.gas
  if (day > capOf(limits.dayGas, nav))
    return reached(spend, 'C-50', `gas of ${usd(day)} in 24 h, policy allows ${share(limits.dayGas, nav)}`)
  return undefined
}

function judgeCounts(spend: Spend, use: BudgetUse, limits: Limits): Judgement | undefined {
  const transactions = use.hourTransactions + 1
  if (transactions > limits.hourTransactions)
    return reached(
      spend,
      'C-50',
      `${transactions} transactions of one account on ${spend.chain} in an hour, policy allows ${limits.hourTransactions}`,
    )
  const cycles = use.dayCycles + 1
  if (cycles > limits.dayCycles)
    return reached(spend, 'C-50', `${cycles} cycles that spend in 24 h, policy allows ${limits.dayCycles}`)
  return undefined
}

function judgeTurnover(spend: Spend, use: BudgetUse, limits: Limits, nav: Usd): Judgement | undefined {
  const { pair, turnover } = spend
  if (!pair || turnover === 0n) return undefined
  const caps: readonly (readonly [what: string, used: Usd, cap: Ratio])[] = [
    ['by one cycle', use.cycleTurnover, limits.cycleTurnover],
    ['in an hour', use.hourTurnover, limits.hourTurnover],
    ['in 24 h', use.dayTurnover, limits.dayTurnover],
    [`of ${spend.asset} in 24 h`, use.assetDayTurnover, limits.assetDayTurnover],
    [`through ${spend.venue} in 24 h`, use.venueDayTurnover, limits.venueDayTurnover],
  ]
  for (const [what, used, cap] of caps)
    if (used + turnover > capOf(cap, nav))
      return reached(spend, 'C-50', `${usd(used + turnover)} traded ${what}, policy allows ${share(cap, nav)}`)
  if (use.soldTheOtherWay && !limits.mayReverse) {
    const trades = spend.trades.map(([sold, bought]) => `${sold} to ${bought}`).join(', ')
    return reached(spend, 'C-51', `${trades} would undo a trade of the last 24 h, which needs a person`)
  }
  return undefined
}

function judgeBridge(
  spend: Spend,
  use: BudgetUse,
  limits: Limits & { readonly bridgePlan: Ratio },
  nav: Usd,
): Judgement | undefined {
  const { bridge, turnover } = spend
  if (bridge === undefined || turnover === 0n) return undefined
  if (use.bridgeLate > 0)
    return {
      refusal: refuse(
        'BRIDGE_CAP',
        `C-61: ${use.bridgeLate} transfers over ${bridge} are late; nothing more is sent over it until they are found.`,
      ),
    }
  const caps: readonly (readonly [what: string, used: Usd, cap: Ratio])[] = [
    [`over ${bridge} by one plan`, use.bridgeCycleTurnover, limits.bridgePlan],
    [`in flight over ${bridge}`, use.bridgeInFlight, limits.bridgeInFlight],
    ['in flight over all bridges', use.allBridgesInFlight, limits.allBridgesInFlight],
    [`over ${bridge} in 24 h`, use.bridgeDayTurnover, limits.bridgeDay],
  ]
  for (const [what, used, cap] of caps)
    if (used + turnover > capOf(cap, nav))
      return {
        refusal: refuse(
          'BRIDGE_CAP',
          `C-60: ${usd(used + turnover)} ${what}, policy allows ${share(cap, nav)}. The rest waits.`,
        ),
      }
  return undefined
}

/** What may still be traded by a cycle that has not traded yet. */
export function turnoverLeft(use: BudgetUse, limits: Limits, nav: Usd): Usd {
  const left = [
    capOf(limits.cycleTurnover, nav) - use.cycleTurnover,
    capOf(limits.hourTurnover, nav) - use.hourTurnover,
    capOf(limits.dayTurnover, nav) - use.dayTurnover,
  ].reduce(smaller)
  return larger(0n, left)
}

/** A share of NAV as a value. Rounded down. */
export function capOf(cap: Ratio, nav: Usd): Usd {
  return mulDiv(nav, cap, RATIO_ONE, 'down')
}

/** A cap that only something running away reaches. */
function reached(spend: Spend, rule: 'C-50' | 'C-51', what: string): Judgement {
  const reason = `${rule}: ${what}. Look at what was traded before you resume.`
  return {
    refusal: refuse('BUDGET_EXCEEDED', reason),
    trip: { code: 'B-12', scope: `portfolio:${spend.portfolio}`, level: 'paused_new', reason },
  }
}

function refuse(code: RefusalCode, detail: string): Refusal {
  return { code, detail }
}

const usd = (value: Usd) => `${usdToNumber(value).toFixed(2)} USD`
const share = (cap: Ratio, nav: Usd) => `${usd(capOf(cap, nav))} (${basisPointsOf(cap)} bps of NAV)`
