import { type Regime, RegimeFlag, type RegimeOptions } from '../../src/domain/statistics/regime.js'

/** What the flag said after each return. */
export function regimes(returns: readonly (number | undefined)[], options?: RegimeOptions): (Regime | undefined)[] {
  const flag = new RegimeFlag(options)
  return returns.map((value) => flag.update(value))
}
