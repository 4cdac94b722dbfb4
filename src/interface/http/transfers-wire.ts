import type { Investigation } from '../../domain/execution/investigation.js'
import { dueTimesOf, isOverdue, isTransferOpen, type Transfer } from '../../domain/execution/transfer.js'
import { formatAmount } from '../../domain/units/amount.js'
import { usdToText } from '../../domain/units/usd.js'
import type { TransferRecord } from '../../ports/records.js'
import type { IntentEvent } from '../../ports/store.js'
import { timeText } from './figures.js'
import type { TransferEvent } from './transfers-schema.js'
import { transferWire } from './wire.js'

export function transferRecordWire({ transfer, portfolio }: TransferRecord, investigation: Investigation | undefined) {
  return {
    ...transferWire(transfer),
    portfolio,
    cycleId: transfer.cycleId,
    asset: transfer.expected.token.asset,
    venue: transfer.venue,
    valueUsd: usdToText(transfer.value),
    expectedAt: timeText(dueTimesOf(transfer).expected),
    isOpen: isTransferOpen(transfer),
    isLate: isOverdue(transfer),
    investigation: investigation ? investigationWire(investigation) : null,
  }
}

export function investigationWire({ by, reason, note, at }: Investigation) {
  return { by, reason, note: note ?? null, at: timeText(at) }
}

interface Happening {
  readonly at: number
  readonly event: TransferEvent
  readonly chain: string | null
  readonly hash: string | null
  readonly evidence: string
}

interface Life {
  readonly transfer: Transfer
  /** What was written about the intent that sent it. */
  readonly sending: readonly IntentEvent[]
  readonly investigation: Investigation | undefined
  /** Milliseconds since 1970. */
  readonly now: number
}

/** Everything that is on record about a crossing, and what would be due next, in the order of time. */
export function timelineOf(life: Life) {
  return [...sendingOf(life), ...lateness(life), ...arrivalsOf(life.transfer), ...investigated(life)]
    .toSorted((a, b) => lastMomentOf(a) - lastMomentOf(b))
    .map((one) => ({ ...one, at: timeText(one.at), isAhead: one.at > life.now }))
}

/** Chains tell whole seconds: what a block holds comes after what we wrote down within its second. */
function lastMomentOf({ at, event }: Happening): number {
  return ['sent', 'arrived', 'refunded'].includes(event) ? at + 999 : at
}

function sendingOf({ transfer, sending }: Life): Happening[] {
  const on = { chain: transfer.origin, hash: transfer.originHash }
  const sent = { at: transfer.sentAt, event: 'sent' as const, ...on, evidence: formatAmount(transfer.sent) }
  const written = sending.flatMap(({ at, state, evidence }): Happening[] => {
    if (state === 'signed') return [{ at, event: 'signed', ...on, evidence }]
    if (state === 'mined') return [{ at, event: 'mined', ...on, evidence }]
    return state === 'final_ok' ? [{ at, event: 'sending-final', ...on, evidence }] : []
  })
  return [...written, sent]
}

/** When it was expected, and when it would be or was late: what came before is not told of as late. */
function lateness({ transfer }: Life): Happening[] {
  const { expected, late, lost } = dueTimesOf(transfer)
  const on = { chain: transfer.destination, hash: null }
  const firstSeen = Math.min(...transfer.arrivals.map(({ block }) => block.timestamp * 1000))
  const happenings: Happening[] = [
    { at: expected, event: 'expected', ...on, evidence: 'Nearly all crossings of the bridge are over by then.' },
    { at: late, event: 'late', ...on, evidence: 'Three times as long, and a minute of grace.' },
    { at: lost, event: 'lost-suspected', ...on, evidence: 'After that a person has to look for it.' },
  ]
  return happenings.filter(({ at, event }) => event === 'expected' || at <= firstSeen)
}

function arrivalsOf({ arrivals }: Transfer): Happening[] {
  return arrivals.flatMap(({ chain, hash, block, amount, isRefund, finalAt }): Happening[] => [
    {
      at: block.timestamp * 1000,
      event: isRefund ? 'refunded' : 'arrived',
      chain,
      hash,
      evidence: `${formatAmount(amount)} in block ${block.number}`,
    },
    ...(finalAt === undefined
      ? []
      : [{ at: finalAt, event: 'arrival-final' as const, chain, hash, evidence: `Block ${block.number} is final.` }]),
  ])
}

function investigated({ investigation }: Life): Happening[] {
  if (!investigation) return []
  const { at, by, reason } = investigation
  return [{ at, event: 'investigated', chain: null, hash: null, evidence: `${by}: ${reason}` }]
}
