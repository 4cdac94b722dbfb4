import type { z } from 'zod'
import type { eventSchema } from '../../interface/http/events-schema.js'

export type EventType = z.output<typeof eventSchema>['type']

const EVERYTHING = ['/v1/']

/** What an event makes stale, as beginnings of paths. Configuration and keys change by a restart alone. */
const STALE: Readonly<Record<EventType, readonly string[]>> = {
  opened: [],
  reset: EVERYTHING,
  'daemon-started': EVERYTHING,
  'daemon-stopping': [],
  'scope-changed': ['/v1/state', '/v1/breakers', '/v1/portfolios', '/v1/proposals', '/v1/audit'],
  'breaker-tripped': ['/v1/state', '/v1/breakers', '/v1/portfolios'],
  'breaker-cleared': ['/v1/state', '/v1/breakers', '/v1/portfolios'],
  decided: ['/v1/portfolios', '/v1/cycles'],
  'plan-proposed': ['/v1/portfolios', '/v1/cycles', '/v1/proposals'],
  'no-plan': ['/v1/portfolios', '/v1/cycles'],
  'approval-wanted': ['/v1/proposals', '/v1/cycles'],
  'approval-answered': ['/v1/proposals', '/v1/cycles', '/v1/audit'],
  'leg-ended': ['/v1/portfolios', '/v1/cycles', '/v1/intents', '/v1/transfers', '/v1/limits'],
  'intent-changed': ['/v1/intents', '/v1/cycles', '/v1/transfers'],
  'transfer-changed': ['/v1/transfers', '/v1/cycles', '/v1/portfolios', '/v1/limits'],
  'cycle-ended': ['/v1/portfolios', '/v1/cycles', '/v1/intents', '/v1/transfers', '/v1/limits', '/v1/proposals'],
  'cycle-skipped': ['/v1/portfolios', '/v1/cycles'],
  reconciled: ['/v1/portfolios'],
  'loss-booked': ['/v1/portfolios'],
  'nonce-adopted': ['/v1/intents'],
  'inflow-classified': ['/v1/portfolios'],
  'targets-set': ['/v1/portfolios'],
  'targets-refused': ['/v1/portfolios'],
  'price-unknown': ['/v1/prices', '/v1/portfolios'],
  'price-known': ['/v1/prices', '/v1/portfolios'],
  'chain-unknown': ['/v1/chains', '/v1/portfolios'],
  'chain-known': ['/v1/chains', '/v1/portfolios'],
  'endpoint-judged': ['/v1/chains'],
  'events-dropped': EVERYTHING,
  failed: [],
}

export const EVENT_TYPES = Object.keys(STALE) as EventType[]

/** Whether what `path` answered may have changed by an event of this type. */
export function isStaleBy(type: EventType, path: string): boolean {
  return STALE[type].some((one) => path.startsWith(one))
}
