import type { Token } from '../../src/domain/assets.js'
import type { Cycle, LegRun } from '../../src/domain/execution/cycle.js'
import type { Intent, NewIntent } from '../../src/domain/execution/intent.js'
import type { Leg } from '../../src/domain/planning/plan.js'
import type { LegKind } from '../../src/domain/planning/quote.js'
import { ownMinimumOut } from '../../src/domain/policy/limits.js'
import { amountOf, scaleAmount } from '../../src/domain/units/amount.js'
import { RATIO_ONE, ratioOfBasisPoints } from '../../src/domain/units/ratio.js'
import { aCycle, aLeg, aRun, newIntent, sendingRun } from './builders.js'
import { encodeAction } from './fake-contracts.js'
import { ALPHA, aPortfolio, BETA, FakeWorld } from './fake-world.js'

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

/**
 * A world with one reserved sale of native coin, and a process to settle it. The reservation is written as the offer of a
 * leg would have been.
 */
export async function reservedSale(changes: Partial<NewIntent> = {}) {
  const world = FakeWorld.drifted()
  const cycle = await openCycle(world, [plannedLeg(world, 1, 'swap', ALPHA.eth, 10n ** 18n, ALPHA.usdc)])
  const process = world.start()
  const run = cycle.legs[0]!
  await process.store.reserveIntent(saleOf(world, cycle, run, changes), 0, { before: run, after: sendingRun(run) })
  const intent = (): Intent => written(world).intents[0]!
  /** One look at the intent by a process, the first one unless told otherwise; resolves to whether anything was written. */
  const settle = (by = process) => by.settleIntent.run(portfolio, written(world), intent(), undefined)
  /** So many looks, a second and a block apart. */
  const looks = async (count: number, by = process) => {
    for (let look = 0; look < count; look++) {
      await settle(by)
      world.clock.pass(1_000)
    }
  }
  return { world, cycle, process, intent, settle, looks }
}

/** The trade of a leg, as it is about to be reserved. */
export function saleOf(world: FakeWorld, cycle: Cycle, { leg }: LegRun, changes: Partial<NewIntent> = {}): NewIntent {
  const { sell, expectedOut } = leg
  const data = encodeAction({
    do: 'trade',
    sell: sell.token.address,
    units: sell.units,
    buy: expectedOut.token.address,
    out: expectedOut.units,
    spender: undefined,
    destination: expectedOut.token.chain,
  })
  return newIntent(cycle, aRun({ leg }), {
    ordinal: 0,
    call: { chain: sell.token.chain, to: world.swaps.contract, data, value: sell.units },
    gasLimit: 125_000n,
    reservedAt: world.clock.now(),
    ...changes,
  })
}

const portfolio = aPortfolio()
