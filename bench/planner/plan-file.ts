import { usdToNumber } from '../../src/domain/units/usd.js'
import { unmetOf } from './account.js'
import type { DrivenPlan } from './drive.js'
import type { Measured } from './measure.js'
import { tokensOf } from './portfolio.js'

/** A measured plan as JSON for somebody else's code; the format is in docs/planner-instance.md. */
export function planFileOf({ instance, navUsd, driven, planned }: Measured) {
  const prices = new Map(instance.assets.map(({ key, priceUsd }) => [key, priceUsd]))
  const run = {
    quotes: driven.quotes,
    timings: { computeMs: driven.computeMs, solverMs: driven.solverMs, solves: driven.solves },
    memory: driven.memory,
  }
  if (!planned) {
    return { status: 'no-plan' as const, instance: instance.name, navUsd, reasons: reasonsOf(driven), ...run }
  }
  const { plan, costUsd, played, bound, greedy, naive, turnoverUsd } = planned
  return {
    status: 'planned' as const,
    instance: instance.name,
    navUsd,
    method: plan.method,
    legs: plan.legs.map(({ id, kind, sell, expectedOut, minimumOut, venue, tool, funding }) => ({
      id,
      kind,
      chain: sell.token.chain,
      toChain: expectedOut.token.chain,
      sell: {
        asset: sell.token.asset,
        units: String(sell.units),
        usd: tokensOf(sell) * prices.get(sell.token.asset)!,
      },
      buy: {
        asset: expectedOut.token.asset,
        expectedUnits: String(expectedOut.units),
        minimumUnits: String(minimumOut.units),
        usd: tokensOf(expectedOut) * prices.get(expectedOut.token.asset)!,
      },
      venue,
      tool,
      funding: funding.map(({ leg, units }) => ({ leg, units: String(units) })),
    })),
    costs: {
      plannedUsd: costUsd,
      deliveredUsd: played.costUsd,
      gasUsd: played.gasUsd,
      lowerBoundUsd: bound.usd,
      lowerBoundMethod: bound.method,
      greedyUsd: greedy.costUsd,
      naiveUsd: naive.costUsd,
      turnoverUsd,
    },
    unmet: plan.unmet.map(({ asset, value, reason }) => ({ asset, usd: usdToNumber(value), reason })),
    delivered: {
      failedLegs: played.failed,
      end: [...played.values].map(([asset, usd]) => ({
        asset,
        usd,
        unmetUsd: unmetOf(instance, played.values).get(asset)!,
      })),
    },
    ...run,
  }
}

/** Why there is no plan. */
export function reasonsOf({ outcome, fault }: DrivenPlan): readonly string[] {
  if (fault !== undefined) return [fault]
  return outcome?.status === 'no-plan' ? outcome.reasons : []
}
