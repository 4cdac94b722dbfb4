import type { Limits } from '../../src/domain/policy/budgets.js'
import { RATIO_ONE } from '../../src/domain/units/ratio.js'

/** Limits that hold nothing back, but for the ones given. */
export function looseLimits(changes: Partial<Limits> = {}): Limits {
  const all = 1_000n * RATIO_ONE
  return {
    cycleTurnover: all,
    hourTurnover: all,
    dayTurnover: all,
    assetDayTurnover: all,
    venueDayTurnover: all,
    legShare: all,
    dayLoss: all,
    legGas: all,
    dayGas: all,
    hourTransactions: 1_000_000,
    dayCycles: 1_000_000,
    bridgeInFlight: all,
    allBridgesInFlight: all,
    bridgeDay: all,
    failedInRow: 1_000_000,
    hourFailures: 1_000_000,
    mayReverse: true,
    driftFall: 0n,
    balanceMove: all,
    ...changes,
  }
}
