import type { Proof } from './proof.js'
import type { CostView, CycleView, PlanView, PortfolioView } from './views.js'

/** What `--json` writes: USD and shares as numbers, for people and plots; the exact figures are in the daemon's API. */
export function demoReport(
  before: PortfolioView,
  after: PortfolioView,
  traded: readonly CycleView[],
  cyclesRun: number,
  proof: Proof | undefined,
): object {
  return {
    navUsdBefore: Number(before.navUsd),
    navUsdAfter: Number(after.navUsd),
    driftBefore: Number(before.drift),
    driftAfter: Number(after.drift),
    assets: after.assets.map(({ asset, valueUsd, weight, target, drift, band, isInBand }) => ({
      asset,
      valueUsd: Number(valueUsd),
      weight: Number(weight),
      target: Number(target),
      driftBefore: Number(before.assets.find((one) => one.asset === asset)?.drift ?? 0),
      driftAfter: Number(drift),
      band: Number(band),
      isInBand,
    })),
    legs: traded.flatMap(({ legs }) =>
      legs.map(({ id, kind, state, venue, tool, sold, received, failure, realisedCost }) => ({
        id,
        kind,
        state,
        venue,
        tool,
        chain: sold?.chain ?? null,
        sold: sold && { symbol: sold.symbol, amount: sold.amount },
        received: received && { chain: received.chain, symbol: received.symbol, amount: received.amount },
        failure: failure?.code ?? null,
        costUsd: realisedCost && costNumbers(realisedCost),
      })),
    ),
    costUsd: costNumbers(sumOfCosts(traded)),
    proof: proof ?? null,
    plans: traded.flatMap(({ id, plan }) => (plan ? [{ cycle: id, ...planNumbers(plan) }] : [])),
    transactions: traded.flatMap(({ intents }) =>
      intents.map(({ id, kind, chain, nonce, state, inclusion }) => ({
        id,
        kind,
        chain,
        nonce,
        state,
        hash: inclusion?.hash ?? null,
      })),
    ),
    cyclesRun,
  }
}

export function sumOfCosts(cycles: readonly CycleView[]): CostView {
  const costs = cycles.flatMap(({ legs }) => legs.flatMap(({ realisedCost }) => (realisedCost ? [realisedCost] : [])))
  const sum = (field: keyof CostView) => String(costs.reduce((total, cost) => total + Number(cost[field]), 0))
  return {
    slippageUsd: sum('slippageUsd'),
    feesUsd: sum('feesUsd'),
    gasUsd: sum('gasUsd'),
    bridgeUsd: sum('bridgeUsd'),
    totalUsd: sum('totalUsd'),
  }
}

function costNumbers({ slippageUsd, feesUsd, gasUsd, bridgeUsd }: CostView) {
  return { slippage: Number(slippageUsd), fees: Number(feesUsd), gas: Number(gasUsd), bridge: Number(bridgeUsd) }
}

/** A plan beside what else could have been done; null where there was no way. */
function planNumbers({ method, cost, alternatives, lowerBoundUsd, gap, unmet, quotes }: PlanView) {
  const numberOf = (text: string | null) => (text === null ? null : Number(text))
  return {
    method,
    costUsd: costNumbers(cost),
    unmetUsd: unmet.reduce((sum, { valueUsd }) => sum + Math.abs(Number(valueUsd)), 0),
    alternatives: alternatives.map(({ name, costUsd, unmetUsd }) => ({
      name,
      costUsd: numberOf(costUsd),
      unmetUsd: Number(unmetUsd),
    })),
    lowerBoundUsd: numberOf(lowerBoundUsd),
    gap: numberOf(gap),
    quotes,
  }
}
