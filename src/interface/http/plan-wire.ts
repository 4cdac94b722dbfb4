import { boundOf, gapOf } from '../../domain/planning/comparison.js'
import type { Market } from '../../domain/planning/cost.js'
import type { Leg, Plan } from '../../domain/planning/plan.js'
import type { Decision } from '../../domain/policy/trigger.js'
import type { AssetPrice, ChainReading, Snapshot } from '../../domain/portfolio/snapshot.js'
import { type Price, type Usd, usdToText } from '../../domain/units/usd.js'
import { riskWire } from './outlook-wire.js'
import { amountWire, costWire, ratioText, timeText } from './figures.js'

const usdOrNull = (value: Usd | Price | undefined) => (value === undefined ? null : usdToText(value))

export function decisionWire({ shadow, ...decision }: Decision) {
  return {
    ...judgementWire(decision),
    shadow: shadow ? judgementWire(shadow) : null,
    risk: riskWire(decision.risk),
  }
}

function judgementWire({ act, code, reasons, breached, levels, policy, figures }: Omit<Decision, 'shadow'>) {
  return {
    act,
    code,
    policy: policy ?? null,
    reasons,
    breached,
    levels: levels.map(({ asset, lower, upper }) => ({ asset, lower: ratioText(lower), upper: ratioText(upper) })),
    assets: figures.map(
      ({ asset, drift, band, inner, benefitPerYear, costNow, costOfWaiting, cost, fixedCost, volatility }) => ({
        asset,
        drift: ratioText(drift),
        band: ratioText(band),
        inner: ratioText(inner),
        benefitPerYear: benefitPerYear ?? null,
        costNow,
        costOfWaitingPerDay: costOfWaiting ?? null,
        cost: cost ?? null,
        fixedCost: fixedCost ?? null,
        volatility: volatility ?? null,
      }),
    ),
  }
}

export function planWire(plan: Plan) {
  const gap = gapOf(plan)
  const bound = boundOf(plan)
  return {
    id: plan.id,
    method: plan.method,
    cost: costWire(plan.cost),
    alternatives: plan.alternatives.map(({ name, cost, unmet }) => ({
      name,
      costUsd: usdOrNull(cost),
      unmetUsd: usdToText(unmet),
    })),
    lowerBoundUsd: usdOrNull(bound.claimed),
    noBoundReason: bound.claimed === undefined ? bound.reason : null,
    gap: gap === undefined ? null : ratioText(gap),
    expectedDrift: ratioText(plan.expectedDrift),
    unmet: plan.unmet.map(({ asset, value, reason }) => ({ asset, valueUsd: usdToText(value), reason })),
    separatePools: plan.separatePools,
    quotes: plan.quotes,
    legs: plan.legs.map(legOfPlanWire),
  }
}

function legOfPlanWire(leg: Leg) {
  return {
    id: leg.id,
    kind: leg.kind,
    sell: amountWire(leg.sell),
    expectedOut: amountWire(leg.expectedOut),
    minimumOut: amountWire(leg.minimumOut),
    maxLoss: ratioText(leg.maxLoss),
    venue: leg.venue,
    tool: leg.tool,
    cost: costWire(leg.cost),
    funding: leg.funding.map(({ leg: id, units }) => ({ leg: id, units: units.toString() })),
    slice: leg.slice ? { index: leg.slice.index, of: leg.slice.of, notBefore: timeText(leg.slice.notBefore) } : null,
    reason: leg.reason,
    quote: { ageMs: leg.quote.ageMs, block: leg.quote.block?.toString() ?? null },
    alternatives: leg.alternatives.map((one) => ({
      venue: one.venue,
      tool: one.tool,
      costUsd: usdOrNull(one.cost),
      refusal: one.refusal ?? null,
    })),
  }
}

export function marketWire({ prices, gas }: Market) {
  return {
    prices: Object.fromEntries([...prices].map(([asset, price]) => [asset, usdToText(price)])),
    gasPricesWei: Object.fromEntries([...gas].map(([chain, { gasPrice }]) => [chain, gasPrice.toString()])),
  }
}

/** What was seen of the world: the block each chain answered at, what is under way, and every source's price. */
export function snapshotWire({ takenAt, chains, inTransit, prices }: Snapshot) {
  return {
    takenAt: timeText(takenAt),
    chains: chains.map(chainWire),
    inTransit: inTransit.map(({ transferId, origin, amount, isLate }) => ({
      transferId,
      origin,
      amount: amountWire(amount),
      isLate,
    })),
    prices: prices.map(priceWire),
  }
}

function chainWire(reading: ChainReading) {
  if (reading.status === 'unknown') return reading
  const { chain, status, block, baseFee, holdings, problems } = reading
  return {
    chain,
    status,
    block: { number: block.number.toString(), hash: block.hash, time: timeText(block.timestamp * 1000) },
    baseFeeWei: baseFee.toString(),
    holdings: holdings.map(amountWire),
    unattributed: (reading.unattributed ?? []).map(amountWire),
    problems: problems.map(({ token, reason }) => ({ symbol: token.symbol, address: token.address, reason })),
  }
}

function priceWire(price: AssetPrice) {
  return {
    asset: price.asset,
    status: price.status,
    ...(price.status === 'known' ? { priceUsd: usdToText(price.price) } : { reason: price.reason }),
    sources: price.sources.map((one) =>
      one.status === 'usable'
        ? {
            source: one.source,
            status: one.status,
            priceUsd: usdToText(one.price),
            time: timeText(one.timestamp * 1000),
          }
        : { source: one.source, status: one.status, reason: one.reason },
    ),
  }
}
