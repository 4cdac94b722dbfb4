import type { Cycle } from '../../src/domain/execution/cycle.js'
import type { Intent } from '../../src/domain/execution/intent.js'
import { isOverdue, isTransferOpen } from '../../src/domain/execution/transfer.js'
import type { BreakerCode } from '../../src/domain/policy/breakers.js'
import { type BudgetUse, HELD_CODES, type Spend } from '../../src/domain/policy/budgets.js'
import { isUndone } from '../../src/domain/policy/sanity.js'
import { larger } from '../../src/domain/units/ratio.js'
import type { MemoryRows } from './memory-store.js'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** What the budgets have used, by the same rules as the queries of the store on Postgres. */
export function budgetUseOf(rows: MemoryRows, spend: Spend): BudgetUse {
  const own = [...rows.cycles.values()].filter(({ portfolio }) => portfolio === spend.portfolio)
  const takenBy = new Map(rows.spends.map((one) => [one.intentId, one]))
  const spent = own
    .flatMap((cycle) => cycle.intents.map((intent) => ({ cycle, intent, taken: takenBy.get(intent.id) })))
    .flatMap(({ cycle, intent, taken }) =>
      taken && intent.state !== 'released' ? [{ cycle, intent, taken, value: valueOf(intent, taken) }] : [],
    )
  const inDay = spent.filter(({ taken }) => taken.at > spend.at - DAY_MS)
  const inHour = spent.filter(({ taken }) => taken.at > spend.at - HOUR_MS)
  const sum = (list: typeof spent, take: (one: (typeof spent)[number]) => boolean) =>
    list.filter(take).reduce((total, { value }) => total + value, 0n)
  const isTrade = ({ taken }: (typeof spent)[number]) => taken.pair !== undefined
  const isOnBridge = ({ taken }: (typeof spent)[number]) => spend.bridge !== undefined && taken.bridge === spend.bridge
  const transfers = own.flatMap((cycle) => cycle.transfers)
  const isPending = ({ intent }: (typeof spent)[number]) => !transfers.some(({ id }) => id === intent.legId)
  const open = transfers.filter(isTransferOpen)
  const onBridge = open.filter(({ bridge }) => bridge === spend.bridge)
  const worth = (list: typeof open) => list.reduce((total, { value }) => total + value, 0n)
  return {
    cycleTurnover: sum(spent, (one) => isTrade(one) && one.taken.cycleId === spend.cycleId),
    hourTurnover: sum(inHour, isTrade),
    dayTurnover: sum(inDay, isTrade),
    assetDayTurnover: sum(inDay, (one) => isTrade(one) && one.taken.asset === spend.asset),
    venueDayTurnover: sum(inDay, (one) => isTrade(one) && one.taken.venue === spend.venue),
    bridgeCycleTurnover: sum(spent, (one) => isOnBridge(one) && one.taken.cycleId === spend.cycleId),
    bridgeDayTurnover: sum(inDay, isOnBridge),
    bridgeInFlight: worth(onBridge) + sum(spent, (one) => isOnBridge(one) && isPending(one)),
    allBridgesInFlight: worth(open) + sum(spent, (one) => one.taken.bridge !== undefined && isPending(one)),
    bridgeLate: onBridge.filter(isOverdue).length,
    dayGas: inDay.reduce((total, { intent, taken }) => total + gasOf(intent, taken), 0n),
    hourTransactions: inHour.filter(
      ({ taken }) => taken.chain === spend.chain && taken.account.toLowerCase() === spend.account.toLowerCase(),
    ).length,
    dayCycles: new Set(inDay.map(({ taken }) => taken.cycleId).filter((id) => id !== spend.cycleId)).size,
    ...failuresOf(rows, own, spend),
    soldTheOtherWay: isReversal(rows, own, inDay, spend),
  }
}

function valueOf({ state }: Intent, { turnover }: Spend): bigint {
  return state === 'final_reverted' || state === 'final_cancelled' || state === 'foreign' ? 0n : turnover
}

function gasOf(intent: Intent, { gas, gasWei }: Spend): bigint {
  if (gasWei === 0n) return gas
  const part = (wei: bigint) => (gas * wei + gasWei - 1n) / gasWei
  if ('inclusion' in intent) return part(intent.inclusion.gasPaid)
  return intent.attempts.reduce((most, one) => larger(most, part(one.gasLimit * one.maxFeePerGas)), gas)
}

function failuresOf(rows: MemoryRows, own: readonly Cycle[], { portfolio, at }: Spend) {
  const live = own.filter(({ mode, startedAt }) => mode === 'live' && startedAt > at - 7 * DAY_MS)
  const ended = live
    .toSorted((a, b) => b.startedAt - a.startedAt || (a.id < b.id ? 1 : -1))
    .flatMap((cycle) => cycle.legs.toReversed().map((run) => ({ cycle, run })))
    .filter(
      ({ run: { state, failure } }) => state === 'done' || (state === 'failed' && !HELD_CODES.includes(failure!.code)),
    )
  const lastDone = ended.findIndex(({ run }) => run.state === 'done')
  const cleared = clearedAt(rows, 'B-13', portfolio)
  const momentOf = ({ cycle, run }: (typeof ended)[number]) => run.refusedAt ?? cycle.endedAt ?? cycle.startedAt
  const isFailure = (one: (typeof ended)[number]) => one.run.state === 'failed' && momentOf(one) > cleared
  const loss = live
    .filter(
      ({ startedAt, endedAt }) =>
        startedAt > clearedAt(rows, 'B-01', portfolio) && (endedAt === undefined || endedAt > at - DAY_MS),
    )
    .flatMap(({ legs }) => legs.flatMap(({ leg }) => rows.costs.get(leg.id) ?? []))
    .reduce((sum, { slippage, fees, bridge }) => sum + larger(0n, slippage + fees + bridge), 0n)
  return {
    failedInRow: ended.slice(0, lastDone < 0 ? ended.length : lastDone).filter(isFailure).length,
    hourFailures: ended.filter((one) => isFailure(one) && momentOf(one) > at - HOUR_MS).length,
    dayLoss: loss,
  }
}

function isReversal(
  rows: MemoryRows,
  own: readonly Cycle[],
  spent: readonly { cycle: Cycle; intent: Intent; taken: Spend }[],
  { portfolio, cycleId, trades, at }: Spend,
): boolean {
  const mine = own.find(({ id }) => id === cycleId)
  const roots = own.filter(
    ({ decision, startedAt }) => mine && decision.code !== 'replanned' && startedAt <= mine.startedAt,
  )
  const root = roots.length === 0 ? at : Math.max(...roots.map(({ startedAt }) => startedAt))
  const flows = spent
    .filter(
      ({ cycle, intent, taken }) =>
        intent.state === 'final_ok' && cycle.startedAt < root && taken.at > clearedAt(rows, 'B-12', portfolio),
    )
    .flatMap(({ cycle, taken: { pair, turnover } }) =>
      pair ? [{ cycle: cycle.id, sold: pair[0], bought: pair[1], value: turnover }] : [],
    )
  return isUndone(flows, trades)
}

function clearedAt(rows: MemoryRows, code: BreakerCode, portfolio: string): number {
  const times = rows.breakers
    .filter((one) => one.code === code && one.scope === `portfolio:${portfolio}`)
    .flatMap((one) => one.clearedAt ?? [])
  return times.length === 0 ? Number.NEGATIVE_INFINITY : Math.max(...times)
}
