import { durationText } from '../../parts/moments.js'
import type { Cycle, Intent, IntentDetail, Leg, PlannedLeg, Transfer } from '../../api/cycles.js'

/** A leg with everything that was planned and done for it. */
export interface LegTrail {
  readonly leg: Leg
  readonly planned: PlannedLeg | undefined
  readonly intents: readonly Intent[]
  readonly transfer: Transfer | undefined
}

export function legTrails({ legs, plan, intents, transfers }: Pick<Cycle, 'legs' | 'plan' | 'intents' | 'transfers'>) {
  return legs.map((leg): LegTrail => ({
    leg,
    planned: plan?.legs.find(({ id }) => id === leg.id),
    intents: intents.filter(({ legId }) => legId === leg.id),
    transfer: transfers.find(({ id }) => id === leg.id),
  }))
}

/** Intents that belong to no leg of the cycle. */
export function looseIntents({ legs, intents }: Pick<Cycle, 'legs' | 'intents'>): Intent[] {
  return intents.filter(({ legId }) => !legs.some(({ id }) => id === legId))
}

/** A transfer has the id of its leg, `<plan>.<index>`; an intent's goes on with its step. */
export function isTransferId(id: string): boolean {
  return /^[a-zA-Z0-9-]+\.\d+$/.test(id)
}

/** One thing that was written down about an intent. */
export type Moment =
  | { readonly type: 'state'; readonly at: string; readonly entry: IntentDetail['timeline'][number] }
  | {
      readonly type: 'attempt'
      readonly at: string
      readonly entry: IntentDetail['attempts'][number]
      readonly ordinal: number
    }
  | { readonly type: 'broadcast'; readonly at: string; readonly entries: IntentDetail['broadcasts'] }

/** Bytes are signed, then the state is written, then they are sent. */
const ORDER: Readonly<Record<Moment['type'], number>> = { attempt: 0, state: 1, broadcast: 2 }

/** Everything of an intent in the order of time; of the same moment in the order in which it is done. */
export function momentsOf({ timeline, attempts, broadcasts }: IntentDetail): Moment[] {
  const moments: Moment[] = [
    ...timeline.map((entry): Moment => ({ type: 'state', at: entry.at, entry })),
    ...attempts.map((entry, index): Moment => ({ type: 'attempt', at: entry.signedAt, entry, ordinal: index + 1 })),
    ...sendings(broadcasts),
  ]
  return moments.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at) || ORDER[a.type] - ORDER[b.type])
}

/** The same bytes are sent to every endpoint at once; what was sent within this time was one sending. */
const ONE_SENDING_MS = 5_000

function sendings(broadcasts: IntentDetail['broadcasts']): Moment[] {
  const all: { type: 'broadcast'; at: string; entries: IntentDetail['broadcasts'] }[] = []
  for (const entry of broadcasts.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))) {
    const last = all.findLast(({ entries }) => entries[0]?.hash === entry.hash)
    if (last && Date.parse(entry.at) - Date.parse(last.at) <= ONE_SENDING_MS) last.entries.push(entry)
    else all.push({ type: 'broadcast', at: entry.at, entries: [entry] })
  }
  return all
}

/** Time between two moments; under ten seconds to the tenth: `+0.3 s`, `+2 min 5 s`. */
export function elapsedText(from: string, to: string): string {
  const seconds = Math.max(0, Date.parse(to) - Date.parse(from)) / 1_000
  return `+${seconds < 10 ? `${Math.floor(seconds * 10) / 10} s` : durationText(seconds)}`
}
