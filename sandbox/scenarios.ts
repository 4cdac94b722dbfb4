import type { ChainKey } from './chains.js'
import type { AssetSymbol } from './prices.js'
import type { TokenSymbol } from './tokens.js'

export interface Scenario {
  /** What the prices do once the scenario is started, as shares of the price: 0.18 is 18 % up. */
  moves: Partial<Record<AssetSymbol, number>>
  /** Over how many ticks the moves are spread. */
  ticks: number
}

/** Beside the moves of the scenario, prices have a small seeded noise in all of them. */
export const scenarios = {
  calm: { moves: {}, ticks: 0 },
  rally: { moves: { ETH: 0.18, LINK: -0.22, BTC: 0.02 }, ticks: 4 },
} as const satisfies Record<string, Scenario>
export type ScenarioName = keyof typeof scenarios
export const scenarioNames = Object.keys(scenarios) as ScenarioName[]

export interface StartHoldings {
  /** Whole ether, for gas. */
  native: number
  /** Whole tokens. */
  tokens: Partial<Record<TokenSymbol, number>>
}

/**
 * What `treasury` holds at the start: about 25 M USD, of which ETH 40 %, BTC 25 %, USDC 20 %, and LINK, USDT and DAI 5 %
 * each. Nearly all of the ether lies on `cove`, which has neither LINK nor WBTC: after the rally, money has to cross a
 * bridge.
 */
export const startHoldings: Record<ChainKey, StartHoldings> = {
  anchor: {
    native: 20,
    tokens: { WETH: 15, WBTC: 45, LINK: 50_000, USDC: 2_200_000, USDT: 700_000, DAI: 800_000 },
  },
  bay: { native: 10, tokens: { WETH: 10, WBTC: 24.5, LINK: 33_000, USDC: 1_900_000, USDT: 550_000 } },
  cove: { native: 10, tokens: { WETH: 3175, USDC: 900_000, DAI: 450_000 } },
}
