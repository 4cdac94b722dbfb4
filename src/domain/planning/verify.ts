import { type AssetKey, tokenId } from '../assets.js'
import { formatAmount } from '../units/amount.js'
import { absolute, larger, mulDiv, pointsBeside, type Ratio, RATIO_ONE, ratioOfBasisPoints } from '../units/ratio.js'
import { type Usd, usdToNumber, valueOf } from '../units/usd.js'
import { spendableUnits } from '../portfolio/valuation.js'
import { addCosts, NO_COST, priceIn, totalOf } from './cost.js'
import type { PlanInput } from './dialogue.js'
import { gasKept, hubOf } from './network.js'
import { EXPOSURE_PRICE, UNMET_PRICE } from './optimiser.js'
import type { Leg } from './plan.js'

/** What costs may always add to the drift. */
const DRIFT_BY_COSTS: Ratio = ratioOfBasisPoints(5)

/** What costs alone may add to the drift, rounded up: their share of NAV where that is more than 5 bps (C-52). */
export function driftByCosts(cost: Usd, nav: Usd): Ratio {
  return nav > 0n ? larger(DRIFT_BY_COSTS, mulDiv(cost, RATIO_ONE, nav, 'up')) : DRIFT_BY_COSTS
}

/** Share by which a float may have missed a bound that is checked here in integers. */
const TOLERANCE = 10n ** 12n

/**
 * Plays the legs in whole base units, without the optimiser's numbers, and says what is wrong with them: amounts that are
 * not there, reserves touched, legs too small, too large or too dear, funding that is promised twice or comes later,
 * liquidity used twice, gas beyond what is kept for it, cost that does not add up, a portfolio that ends farther from its
 * targets than it began. Nothing when all is right.
 */
export function faultsOf(input: PlanInput, legs: readonly Leg[], separate: ReadonlySet<string>): string[] {
  const faults: string[] = []
  const { policy, market } = input
  const held = heldUnits(input)
  const promised = new Map<string, bigint>()
  const gas = new Map<string, Usd>()
  const seen = new Map<string, Leg>()
  const groups = new Map<string, Leg>()
  if (legs.filter(({ slice }) => slice === undefined || slice.index === 1).length > policy.maxLegs)
    faults.push(`${legs.length} legs, policy allows ${policy.maxLegs}.`)
  const { drift, cost } = outcomeOf(input, legs)
  if (drift > input.drift.portfolio + driftByCosts(cost, input.drift.nav))
    faults.push(
      `The drift would go from ${pointsBeside(input.drift.portfolio, drift)} to ${pointsBeside(drift, input.drift.portfolio)} bps of NAV.`,
    )
  for (const leg of legs) {
    const fault = (text: string) => faults.push(`Leg ${leg.id} ${text}`)
    const { sell, expectedOut } = leg
    const value = valueOf(sell, priceIn(market, sell.token.asset), 'down')
    if (sell.units <= 0n || expectedOut.units <= 0n) fault('sells or brings nothing.')
    const order = leg.slice ? value * BigInt(leg.slice.of) : value
    if (order < mulDiv(policy.minimumTrade, RATIO_ONE - TOLERANCE, RATIO_ONE, 'down'))
      fault(`is worth ${usdToNumber(value).toFixed(2)} USD, less than the minimum trade.`)
    if (value > mulDiv(policy.maxLeg, RATIO_ONE + TOLERANCE, RATIO_ONE, 'up')) fault('is larger than a leg may be.')
    if (expectedOut.units < leg.minimumOut.units)
      fault(`would bring ${formatAmount(expectedOut)}, our own prices demand ${formatAmount(leg.minimumOut)}.`)
    if (leg.cost.gas > policy.maxGas) fault(`costs ${usdToNumber(leg.cost.gas).toFixed(2)} USD of gas, over the limit.`)
    const request = {
      kind: leg.kind,
      sell,
      buy: expectedOut.token,
      account: input.account,
      maxSlippage: input.maxSlippage,
    }
    if (!input.venuesFor(request).includes(leg.venue)) fault(`goes through ${leg.venue}, which does not serve it.`)
    let own = sell.units
    for (const { leg: id, units } of leg.funding) {
      const source = seen.get(id)
      own -= units
      promised.set(id, (promised.get(id) ?? 0n) + units)
      if (!source || tokenId(source.expectedOut.token) !== tokenId(sell.token))
        fault(`is funded by ${id}, which does not come before it.`)
      else if (promised.get(id)! > source.expectedOut.units) fault(`counts on more than ${id} delivers.`)
    }
    const key = tokenId(sell.token)
    const present = held.get(key) ?? 0n
    if (own < 0n) fault('is funded with more than it sells.')
    if (own > present) fault(`sells ${own} base units of its own, there are ${present} that may be traded.`)
    held.set(key, present - own)
    gas.set(sell.token.chain, (gas.get(sell.token.chain) ?? 0n) + leg.cost.gas)
    for (const group of sell.token.asset === expectedOut.token.asset ? [] : groupsOf(input, leg)) {
      const other = groups.get(group)
      const isSlice = other !== undefined && isNextSlice(other, leg)
      if (other && !isSlice && !separate.has(group)) fault(`meets the same pools as leg ${other.id}: ${group}.`)
      groups.set(group, leg)
    }
    seen.set(leg.id, leg)
  }
  for (const [chain, spent] of gas) {
    const kept = gasKept(input, chain)
    if (spent > kept / 2n)
      faults.push(
        `Gas of ${usdToNumber(spent).toFixed(2)} USD on ${chain}, half of ${usdToNumber(kept).toFixed(2)} USD may be planned with.`,
      )
  }
  return faults
}

/** Whether two legs are one order in slices, the second right after the first. */
function isNextSlice(before: Leg, leg: Leg): boolean {
  const [one, other] = [before.slice, leg.slice]
  return (
    one !== undefined &&
    other !== undefined &&
    one.of === other.of &&
    one.index + 1 === other.index &&
    tokenId(before.sell.token) === tokenId(leg.sell.token) &&
    tokenId(before.expectedOut.token) === tokenId(leg.expectedOut.token)
  )
}

/** The sides of markets a trade draws on; a hub's side is everybody's and counts for no one. */
function groupsOf(input: PlanInput, { sell, expectedOut }: Leg): string[] {
  const { chain } = sell.token
  const sides: string[] = []
  if (hubOf(input, expectedOut.token)?.asset !== sell.token.asset) sides.push(`${sell.token.asset} on ${chain}, sell`)
  if (hubOf(input, sell.token)?.asset !== expectedOut.token.asset)
    sides.push(`${expectedOut.token.asset} on ${chain}, buy`)
  return sides
}

function heldUnits(input: PlanInput): Map<string, bigint> {
  const held = new Map<string, bigint>()
  for (const asset of input.valuation.assets)
    if (asset.status === 'known')
      for (const position of asset.positions)
        held.set(
          tokenId(position.amount.token),
          spendableUnits(position, input.policy.gasReserve[position.chain] ?? 0n),
        )
  return held
}

/** What the portfolio is after the legs, if every leg brings what is expected. */
export interface Outcome {
  readonly values: ReadonlyMap<AssetKey, Usd>
  readonly nav: Usd
  /** Half the sum of the distances from target. */
  readonly drift: Ratio
  /** Distance of each asset from its levels, below zero where it is under them; assets within them are absent. */
  readonly unmet: ReadonlyMap<AssetKey, Usd>
  /** Value beyond the shares of chains. */
  readonly exposure: Usd
  readonly cost: Usd
}

/** Reckoned in exact values at our own prices; gas is a cost and not taken from any asset. */
export function outcomeOf(input: PlanInput, legs: readonly Leg[]): Outcome {
  const values = new Map<AssetKey, Usd>(input.drift.assets.map(({ asset, value }) => [asset, value]))
  for (const { sell, expectedOut } of legs) {
    for (const [amount, sign] of [
      [sell, -1n],
      [expectedOut, 1n],
    ] as const) {
      const asset = amount.token.asset
      if (values.has(asset))
        values.set(asset, values.get(asset)! + sign * valueOf(amount, priceIn(input.market, asset), 'down'))
    }
  }
  const nav = [...values.values()].reduce((sum, value) => sum + value, 0n)
  const unmet = passedOn(input, legs, values)
  let drift = 0n
  for (const { asset, target } of input.drift.assets) {
    const value = values.get(asset)!
    if (nav > 0n) drift += absolute(value * RATIO_ONE - target * nav) / nav
    const level = input.levels.find((one) => one.asset === asset)
    const under = mulDiv(level?.lower ?? target, nav, RATIO_ONE, 'down') - value
    const over = value - mulDiv(level?.upper ?? target, nav, RATIO_ONE, 'up')
    if (under > 0n) unmet.set(asset, 0n - under)
    else if (over > 0n) unmet.set(asset, over)
  }
  const cost = totalOf(legs.reduce((sum, leg) => addCosts(sum, leg.cost), NO_COST))
  return { values, nav, drift: drift / 2n, unmet, exposure: exposureOf(input, legs, nav), cost }
}

/** Value that stays in an asset which is no target and should only have passed it on. */
function passedOn(input: PlanInput, legs: readonly Leg[], targets: ReadonlyMap<AssetKey, Usd>): Map<AssetKey, Usd> {
  const left = new Map<AssetKey, Usd>()
  for (const { sell, expectedOut } of legs)
    for (const [amount, sign] of [
      [sell, -1n],
      [expectedOut, 1n],
    ] as const) {
      const { asset } = amount.token
      const value = sign * valueOf(amount, priceIn(input.market, asset), 'down')
      if (!targets.has(asset)) left.set(asset, (left.get(asset) ?? 0n) + value)
    }
  return new Map([...left].filter(([, value]) => value > 0n))
}

/** Value beyond the shares that policy gives each chain, for what is known to lie there. */
function exposureOf(input: PlanInput, legs: readonly Leg[], nav: Usd): Usd {
  let beyond = 0n
  for (const [chain, { minimum, maximum }] of Object.entries(input.policy.chainShares)) {
    let value = input.valuation.assets.reduce(
      (sum, asset) =>
        asset.status === 'known'
          ? asset.positions.reduce((held, one) => (one.chain === chain ? held + one.value : held), sum)
          : sum,
      0n,
    )
    for (const { sell, expectedOut } of legs) {
      if (sell.token.chain === chain) value -= valueOf(sell, priceIn(input.market, sell.token.asset), 'down')
      if (expectedOut.token.chain === chain)
        value += valueOf(expectedOut, priceIn(input.market, expectedOut.token.asset), 'down')
    }
    beyond += larger(0n, mulDiv(minimum, nav, RATIO_ONE, 'down') - value)
    beyond += larger(0n, value - mulDiv(maximum, nav, RATIO_ONE, 'up'))
  }
  return beyond
}

/** What plans are compared by: cost, and what is left undone at a price well above any allowed cost. */
export function scoreOf({ cost, unmet, exposure }: Outcome): number {
  const left = [...unmet.values()].reduce((sum, value) => sum + absolute(value), 0n)
  return usdToNumber(cost) + UNMET_PRICE * usdToNumber(left) + EXPOSURE_PRICE * usdToNumber(exposure)
}
