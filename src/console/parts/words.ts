import type {
  Cycle,
  CycleOutcome,
  DecisionCode,
  Intent,
  IntentState,
  LegState,
  TransferEvent,
  TransferState,
} from '../api/cycles.js'
import type { Tone } from './badges.js'

export interface Words {
  readonly label: string
  readonly tone: Tone
  /** One sentence for who meets the word for the first time. */
  readonly meaning: string
}

const words = (label: string, tone: Tone, meaning: string): Words => ({ label, tone, meaning })

export const OUTCOMES: Readonly<Record<CycleOutcome, Words>> = {
  traded: words('Traded', 'good', 'Legs were carried out.'),
  planned: words('Planned', 'quiet', 'A dry run: it ended with its plan and signed nothing.'),
  within_band: words('Within band', 'quiet', 'Every asset was near enough to its target.'),
  cooldown: words('Cooling down', 'quiet', 'The last trade was too recent to trade again.'),
  not_due: words('Not due', 'quiet', 'The calendar named no time to trade.'),
  paused: words('Paused', 'warn', 'Work was paused before anything began.'),
  cost_exceeds_benefit: words('Too dear', 'quiet', 'Trading would have cost more than the drift did.'),
  rejected: words('Rejected', 'warn', 'A check, a limit or a person turned the plan down.'),
  stale_data: words('Not enough known', 'warn', 'Balances or prices were missing, too old or contradictory.'),
  standby: words('Standing by', 'quiet', 'Another process leads.'),
  error: words('Failed', 'bad', 'The cycle ended by a failure; its reasons and the log say which.'),
}

export const RUNNING: Words = words('Running', 'busy', 'It has begun and not ended.')

export const WAITS: Words = words('Waits for approval', 'warn', 'Its plan waits for the word of others.')

export function outcomeWords(outcome: Cycle['outcome']): Words {
  return outcome === null ? RUNNING : OUTCOMES[outcome]
}

export const DECISIONS: Readonly<Record<DecisionCode, string>> = {
  'band-breached': 'a band was breached',
  manual: 'somebody asked for it',
  replanned: 'what was left of an earlier plan was planned anew',
  'within-band': 'everything is within its band',
  'not-due': 'no due time was served',
  cooldown: 'the last trade is too recent',
  'cost-exceeds-benefit': 'trading would cost more than it is worth',
  'nothing-known': 'too little is known to judge',
  'no-money': 'there is nothing to trade',
}

/** What a cycle made of its decision: `it acted` is said of what has traded alone. */
export function actText(act: boolean, outcome: Cycle['outcome']): string {
  if (!act) return 'it did nothing'
  return outcome === null ? 'it acts' : outcome === 'traded' ? 'it acted' : 'it was to act'
}

export const LEGS: Readonly<Record<LegState, Words>> = {
  waiting: words('Waiting', 'quiet', 'Its turn, its time or its money has not come.'),
  approving: words('Approving', 'busy', 'The allowance that it needs is being given.'),
  sending: words('Sending', 'busy', 'Its trade is signed and on the way to a block.'),
  clearing: words('Clearing', 'busy', 'What is left of its allowance is being taken back.'),
  crossing: words('Crossing', 'busy', 'It has left one chain and not arrived on the other.'),
  done: words('Done', 'good', 'It did what it was for.'),
  failed: words('Failed', 'bad', 'It ended without doing all that it was for.'),
  skipped: words('Skipped', 'warn', 'It was not begun.'),
}

const NOT_CARRIED_OUT = words('Dry run: not carried out', 'quiet', 'The cycle ended with its plan; nothing was signed.')
const NOT_BEGUN = words('Not begun', 'quiet', 'The cycle ended before its turn came.')

/** A leg's state in words; what an ended cycle did not begin does not wait any more. */
export function legWords(state: LegState, { mode, outcome }: Pick<Cycle, 'mode' | 'outcome'>): Words {
  if (state !== 'waiting' || outcome === null) return LEGS[state]
  return mode === 'dry-run' ? NOT_CARRIED_OUT : NOT_BEGUN
}

const OVER: ReadonlySet<LegState> = new Set(['done', 'failed', 'skipped'])
const UNDER_WAY: ReadonlySet<TransferState> = new Set(['in_flight', 'late', 'lost_suspected', 'seen'])

/** Whether nothing more is sold or received by a leg. `transfer` is the state of its crossing, if it has one. */
export function isLegOver(state: LegState, outcome: Cycle['outcome'], transfer: TransferState | undefined): boolean {
  return (OVER.has(state) || outcome !== null) && (transfer === undefined || !UNDER_WAY.has(transfer))
}

export const INTENTS: Readonly<Record<IntentState, Words>> = {
  reserved: words('Reserved', 'busy', 'A nonce is kept for it; nothing is signed.'),
  signed: words('Signed', 'busy', 'Signed bytes exist and may be mined at any time.'),
  mined: words('Mined', 'busy', 'It is in a block that could still be undone.'),
  final_ok: words('Final', 'good', 'It succeeded in a block that cannot be undone.'),
  final_reverted: words('Reverted', 'bad', 'It reverted; only its gas is gone.'),
  final_cancelled: words('Cancelled', 'warn', 'A cancel took its nonce; the step was not done.'),
  released: words('Given back', 'quiet', 'Its nonce was given back; nothing was ever signed.'),
  foreign: words('Foreign', 'bad', 'Its nonce was used by bytes that are not ours.'),
}

export const TRANSFERS: Readonly<Record<TransferState, Words>> = {
  in_flight: words('In flight', 'busy', 'It was sent, and nothing has arrived.'),
  late: words('Late', 'warn', 'Nothing has arrived in three times the expected time; it is watched on.'),
  lost_suspected: words('Lost, it seems', 'bad', 'A person has to look for it; the chains are watched on.'),
  seen: words('Seen', 'busy', 'It has arrived in a block that could still be undone.'),
  full: words('Arrived', 'good', 'At least the minimum arrived, finally.'),
  short: words('Short', 'bad', 'Less than the minimum arrived.'),
  other_token: words('Other token', 'bad', 'Another token than the expected one arrived.'),
  refunded: words('Refunded', 'warn', 'The bridge gave the money back.'),
}

export const EVENTS: Readonly<Record<TransferEvent, Pick<Words, 'label' | 'tone'>>> = {
  signed: { label: 'Signed', tone: 'busy' },
  mined: { label: 'Mined', tone: 'busy' },
  sent: { label: 'Sent', tone: 'busy' },
  'sending-final': { label: 'Sending final', tone: 'busy' },
  expected: { label: 'Expected', tone: 'quiet' },
  late: { label: 'Late', tone: 'warn' },
  'lost-suspected': { label: 'Lost, it seems', tone: 'bad' },
  investigated: { label: 'Looked into', tone: 'quiet' },
  arrived: { label: 'Arrived', tone: 'good' },
  refunded: { label: 'Given back', tone: 'warn' },
  'arrival-final': { label: 'Arrival final', tone: 'good' },
}

/** Whether a person may still order that it is not carried out: nothing of it is in a block, and it takes nothing back. */
export function isCancellable({ kind, state }: Pick<Intent, 'kind' | 'state'>): boolean {
  return kind !== 'revoke' && (state === 'reserved' || state === 'signed')
}

/** Whether an order that it is not carried out came too late: the step was in a block before the cancel could be. */
export function isTooLate(state: IntentState): boolean {
  return state === 'final_ok' || state === 'final_reverted'
}

export function cancelTitle(by: string, state: IntentState): string {
  return isTooLate(state)
    ? `${by} ordered that it is not carried out, which came too late: it was in a block first`
    : `${by} ordered that it is not carried out`
}
