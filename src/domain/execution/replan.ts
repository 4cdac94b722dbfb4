import type { AssetKey } from '../assets.js'
import type { Continuation } from '../policy/trigger.js'
import { formatAmount } from '../units/amount.js'
import { absolute, mulDiv, pointsBeside, type Ratio, RATIO_ONE } from '../units/ratio.js'
import { type Price, usdToText } from '../units/usd.js'
import type { Cycle, LegFailure, LegRun } from './cycle.js'
import { hasEnded } from './funding.js'

/** So many cycles in a row may each go on where the one before stopped; then bands and cooldown hold again. */
export const MAX_CONTINUATIONS = 5

/**
 * Why what remains of a plan should be planned anew, with the numbers, or undefined. A leg that ended has moved the plan
 * when it failed or delivered a share more or less than `move`; so has the price of an asset that a leg still to begin
 * sells or buys. `prices` are those of now; an asset without one is not judged.
 */
export function reasonToReplan(cycle: Cycle, prices: ReadonlyMap<AssetKey, Price>, move: Ratio): string | undefined {
  const assets = waitingAssets(cycle)
  if (assets.size === 0) return undefined
  for (const run of cycle.legs) {
    const reason = moveOf(run, move)
    if (reason !== undefined) return reason
  }
  for (const asset of assets) {
    const [then, now] = [cycle.market.prices.get(asset), prices.get(asset)]
    if (then === undefined || now === undefined) continue
    const moved = changeOf(then, now)
    if (absolute(moved) > move)
      return `The price of ${asset} moved ${signed(moved, move)} bps, from ${usdToText(then)} to ${usdToText(now)} USD; ${allowance(move, moved)}.`
  }
  return undefined
}

/** Assets that legs which have not begun sell or buy. */
export function waitingAssets({ legs }: Cycle): ReadonlySet<AssetKey> {
  const waiting = legs.filter(({ state }) => state === 'waiting')
  return new Set(waiting.flatMap(({ leg }) => [leg.sell.token.asset, leg.expectedOut.token.asset]))
}

/** What an ended leg has changed against the plan, in words. Of a skipped one, its source tells. */
function moveOf({ leg, state, received, failure }: LegRun, move: Ratio): string | undefined {
  if (state === 'failed') return `Leg ${leg.id} failed: ${failure?.detail ?? 'no reason was given.'}`
  if (state !== 'done' || !received) return undefined
  const moved = changeOf(leg.expectedOut.units, received.units)
  if (absolute(moved) <= move) return undefined
  return `Leg ${leg.id} brought ${formatAmount(received)}, ${signed(moved, move)} bps against the ${formatAmount(leg.expectedOut)} planned; ${allowance(move, moved)}.`
}

/** The cycle with every leg that has not begun ended for this reason. */
export function endForReplan(cycle: Cycle, reason: string): Cycle {
  const failure: LegFailure = { code: 'REPLANNED', detail: reason }
  return {
    ...cycle,
    legs: cycle.legs.map((run): LegRun => (run.state === 'waiting' ? { ...run, state: 'skipped', failure } : run)),
  }
}

/**
 * Whether the next cycle of a portfolio goes on where its last one stopped. `latest` are its cycles, newest first; as
 * many as may continue each other, or all there are.
 */
export function continuationOf(latest: readonly Cycle[]): Continuation | undefined {
  const [last] = latest
  if (last?.endedAt === undefined) return undefined
  const reason = last.legs.find(({ failure }) => failure?.code === 'REPLANNED')?.failure?.detail
  if (reason === undefined) return undefined
  const first = latest.findIndex(({ decision }) => decision.code !== 'replanned')
  const inRow = first < 0 ? latest.length : first
  return inRow < MAX_CONTINUATIONS ? { cycleId: last.id, reason } : undefined
}

/** Distinguishes what the ended legs have shown: it changes when one more ends, or one is booked anew after a reorg. */
export function endingsOf(cycle: Cycle): string {
  return cycle.legs
    .filter(hasEnded)
    .map(({ leg, state, received }) => `${leg.id} ${state} ${received?.units ?? ''}`)
    .join('; ')
}

/** Change as a share of where it began, rounded toward zero. */
function changeOf(before: bigint, after: bigint): Ratio {
  return before === 0n ? 0n : mulDiv(after - before, RATIO_ONE, before, 'zero')
}

const signed = (moved: Ratio, move: Ratio) => `${moved > 0n ? '+' : ''}${pointsBeside(moved, move)}`
const allowance = (move: Ratio, moved: Ratio) => `the plan allows ${pointsBeside(move, moved)} bps`
