import type { Token } from '../../src/domain/assets.js'
import type { Cycle } from '../../src/domain/execution/cycle.js'
import type { Leg } from '../../src/domain/planning/plan.js'
import type { LegKind } from '../../src/domain/planning/quote.js'
import { ownMinimumOut } from '../../src/domain/policy/limits.js'
import { amountOf, scaleAmount } from '../../src/domain/units/amount.js'
import { RATIO_ONE, ratioOfBasisPoints } from '../../src/domain/units/ratio.js'
import { aCycle, aLeg, aRun } from './builders.js'
import { ALPHA, BETA, type FakeWorld } from './fake-world.js'

export const CYCLE_ID = 'cycle-1'

/** A leg as the planner would have made it from the venues of the fake world. */
export function plannedLeg(
  world: FakeWorld,
  number: number,
  kind: LegKind,
  sell: Token,
  units: bigint,
  buy: Token,
  fundedBy?: number,
): Leg {
  const amount = amountOf(sell, units)
  const maxLoss = ratioOfBasisPoints(kind === 'bridge' ? 30 : 50)
  const fair = ownMinimumOut(world.market(), amount, buy, 0n)
  return aLeg({
    id: `plan-1.${number}`,
    kind,
    sell: amount,
    expectedOut: scaleAmount(fair, RATIO_ONE - ratioOfBasisPoints(kind === 'bridge' ? 5 : 10), 'down'),
    minimumOut: ownMinimumOut(world.market(), amount, buy, maxLoss),
    maxLoss,
    venue: kind === 'bridge' ? 'crossings' : 'swaps',
    funding: fundedBy === undefined ? [] : [{ leg: `plan-1.${fundedBy}`, units }],
  })
}

/** Sell ETH for dollars, carry them to beta, buy BTC there; and sell native ETH beside it. */
export function journey(world: FakeWorld): Leg[] {
  const sale = plannedLeg(world, 1, 'swap', ALPHA.weth, 10n ** 19n, ALPHA.usdc)
  const crossing = plannedLeg(world, 2, 'bridge', ALPHA.usdc, sale.expectedOut.units, BETA.usdc, 1)
  const purchase = plannedLeg(world, 3, 'swap', BETA.usdc, crossing.expectedOut.units, BETA.wbtc, 2)
  return [sale, crossing, purchase, plannedLeg(world, 4, 'swap', ALPHA.eth, 10n ** 18n, ALPHA.usdc)]
}

/** Writes a live cycle with these legs down, ready to be driven. */
export async function openCycle(world: FakeWorld, legs: readonly Leg[]): Promise<Cycle> {
  const market = { ...world.market(), prices: new Map(world.prices) }
  const cycle = aCycle({ id: CYCLE_ID, market, legs: legs.map((leg) => aRun({ leg })) })
  await world.start().store.openCycle(cycle)
  return cycle
}

/** The cycle as it is written down. */
export function written(world: FakeWorld): Cycle {
  const cycle = world.rows.cycles.get(CYCLE_ID)
  if (!cycle) throw new Error(`There is no cycle ${CYCLE_ID}.`)
  return cycle
}
