import type { AssetFigures, RebalancingDecision } from './rebalancing-policy.js'

type Acted = Omit<RebalancingDecision, 'figures' | 'reasons'>

/**
 * A decision whose figures and reasons are worked out when they are first looked at: a backtest looks at few of them, and
 * they take longer than the decision itself. They are properties of its own like all others, seen by whoever copies,
 * compares or writes down a decision.
 */
export class LazyDecision implements RebalancingDecision {
  readonly trade: Acted['trade']
  readonly code: Acted['code']
  readonly levels: Acted['levels']
  readonly breached: Acted['breached']
  declare readonly figures: readonly AssetFigures[]
  declare readonly reasons: readonly string[]
  readonly #figures: () => readonly AssetFigures[]
  readonly #reasons: () => readonly string[]

  constructor(
    { trade, code, levels, breached }: Acted,
    figures: () => readonly AssetFigures[],
    reasons: () => readonly string[],
  ) {
    this.trade = trade
    this.code = code
    this.levels = levels
    this.breached = breached
    this.#figures = figures
    this.#reasons = once(reasons)
    // The same two functions for every decision, so that the engine has one shape for all of them.
    Object.defineProperty(this, 'figures', LazyDecision.#lazyFigures)
    Object.defineProperty(this, 'reasons', LazyDecision.#lazyReasons)
  }

  static readonly #lazyFigures = {
    enumerable: true,
    get(this: LazyDecision) {
      return this.#figures()
    },
  }

  static readonly #lazyReasons = {
    enumerable: true,
    get(this: LazyDecision) {
      return this.#reasons()
    },
  }
}

/** Makes a value when it is first asked for, and keeps it. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}
