import { hrefOf } from '../place.js'

/** Stands for the cycle of what no cycle asked for. */
const NO_CYCLE = '-'

export function cycleHref(cycleId: string): string {
  return hrefOf('history', cycleId)
}

/** Of an intent or a transfer; housekeeping has no cycle. */
export function stepHref(cycleId: string | null, id: string): string {
  return hrefOf('history', cycleId ?? NO_CYCLE, id)
}

export function intentPath(id: string): string {
  return `/v1/intents/${encodeURIComponent(id)}`
}

export function transferPath(id: string): string {
  return `/v1/transfers/${encodeURIComponent(id)}`
}
