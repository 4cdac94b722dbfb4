import type { AssetKey } from '../assets.js'
import type { PortfolioState, RebalancingCode, RebalancingPolicy } from '../rebalancing/rebalancing-policy.js'
import { larger, mulDiv, type Ratio, RATIO_ONE, ratioOfBasisPoints, smaller } from '../units/ratio.js'
import type { Usd } from '../units/usd.js'

/** What the rule does after the price of one asset, and of what is staked of it, moved and nothing else did. USD. */
export interface RuleMove {
  /** Of the price, as a share; zero at rest. */
  readonly move: Ratio
  readonly trade: boolean
  readonly code: RebalancingCode
  /**
   * Exposure to the asset that the rule adds, less than zero when it trades some away: what must trade for the asset and
   * its staked forms to come between their levels. What they may give or take as counterparts of others is not in it.
   */
  readonly exposure: Usd
  /** What must change hands in all assets together, one way. */
  readonly turnover: Usd
  /**
   * Exposure that a constant mix would add: `−w(1−w)·NAV` times the move, which keeps the present weight w. A rule that
   * trades less than this is closer to holding, whose exposure follows the price.
   */
  readonly constantMix: Usd
}

/** The rule around the price of one asset. */
export interface AssetConvexity {
  readonly asset: AssetKey
  readonly up: RuleMove
  readonly down: RuleMove
  /**
   * Smallest move in either direction after which the rule trades, to a hundredth of a percent, sought up to 50 % in
   * steps that double; undefined where none of them makes it trade. Zero when it trades without one.
   */
  readonly tradesFromUp: Ratio | undefined
  readonly tradesFromDown: Ratio | undefined
}

/** The convexity of the rebalancing rule in one state: what a policy does to exposure as prices move. */
export interface RuleConvexity {
  /** What it does without any move. */
  readonly atRest: Omit<RuleMove, 'exposure' | 'constantMix'>
  /** In the order of their names. */
  readonly assets: readonly AssetConvexity[]
}

export interface RuleConvexityInput {
  readonly policy: RebalancingPolicy
  readonly state: PortfolioState
  /** NAV of that state. */
  readonly nav: Usd
  /** The asset whose price another one follows, itself for most. */
  readonly follows: (asset: AssetKey) => AssetKey
}

const PERCENT: Ratio = ratioOfBasisPoints(100)
const STEPS: readonly Ratio[] = [1, 2, 4, 8, 16, 32, 50].map((percent) => BigInt(percent) * PERCENT)
const PRECISION: Ratio = ratioOfBasisPoints(1)

/**
 * Asks the rule in the present state and in those that differ from it by a move of one price. What it is asked for is left
 * out: nobody asked it to trade. Throws RebalancingInputError for a state that contradicts itself, as the policy does.
 */
export function ruleConvexity({ policy, state, nav, follows }: RuleConvexityInput): RuleConvexity {
  const ask = (asset: AssetKey | undefined, move: Ratio): RuleMove => {
    const moves = (one: AssetKey) => asset !== undefined && follows(one) === asset
    const shocked = shock(state, nav, moves, move)
    const { trade, code, levels } = policy.decide({ ...shocked.state, isAsked: false })
    let [bought, sold, exposure] = [0n, 0n, 0n]
    for (const { asset: one, lower, upper } of levels) {
      const weight = shocked.state.assets.find((other) => other.asset === one)?.weight ?? 0n
      const change = mulDiv(larger(lower, smaller(weight, upper)) - weight, shocked.nav, RATIO_ONE, 'zero')
      bought += larger(0n, change)
      sold += larger(0n, -change)
      if (moves(one)) exposure += change
    }
    return {
      move,
      trade,
      code,
      exposure,
      turnover: larger(bought, sold),
      constantMix: -mulDiv(shocked.weight * (RATIO_ONE - shocked.weight), nav * move, RATIO_ONE ** 3n, 'zero'),
    }
  }
  const { move, trade, code, turnover } = ask(undefined, 0n)
  const underlyings = [...new Set(state.assets.map(({ asset }) => follows(asset)))].toSorted()
  return {
    atRest: { move, trade, code, turnover },
    assets: underlyings.map((asset) => ({
      asset,
      up: ask(asset, PERCENT),
      down: ask(asset, 0n - PERCENT),
      tradesFromUp: trade ? 0n : smallestMove((size) => ask(asset, size).trade),
      tradesFromDown: trade ? 0n : smallestMove((size) => ask(asset, 0n - size).trade),
    })),
  }
}

/** The least move that is enough, rounded up to the precision, if a larger one is whenever a smaller one is. */
function smallestMove(isEnough: (size: Ratio) => boolean): Ratio | undefined {
  const found = STEPS.findIndex(isEnough)
  if (found < 0) return undefined
  let [low, high] = [STEPS[found - 1] ?? 0n, STEPS[found]!]
  while (high - low > PRECISION) {
    const middle = low + ((high - low) / PRECISION / 2n) * PRECISION
    if (isEnough(middle)) high = middle
    else low = middle
  }
  return high
}

/**
 * State and NAV after the prices of some assets moved by the same share; `weight` is what those had before. Weights round
 * down, by less than 10^-17 of NAV together.
 */
function shock(
  state: PortfolioState,
  nav: Usd,
  moves: (asset: AssetKey) => boolean,
  move: Ratio,
): { readonly state: PortfolioState; readonly nav: Usd; readonly weight: Ratio } {
  const weight = state.assets.reduce((sum, one) => (moves(one.asset) ? sum + one.weight : sum), 0n)
  const whole = RATIO_ONE * RATIO_ONE + weight * move
  const assets = state.assets.map((one) => {
    const grown = one.weight * (moves(one.asset) ? RATIO_ONE + move : RATIO_ONE)
    return { ...one, weight: mulDiv(grown, RATIO_ONE, whole, 'down') }
  })
  return { state: { ...state, assets }, nav: mulDiv(nav, whole, RATIO_ONE * RATIO_ONE, 'down'), weight }
}
