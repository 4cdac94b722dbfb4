import { z } from 'zod'
import { BREAKER_CODES, type Breaker } from '../../domain/policy/breakers.js'
import type { Limits } from '../../domain/policy/budgets.js'
import { capOf } from '../../domain/policy/budgets.js'
import type { Scope } from '../../domain/policy/operating.js'
import { LONGEST_TIMED_PAUSE_MS } from '../../domain/policy/timed-pauses.js'
import type { Ratio } from '../../domain/units/ratio.js'
import { type Usd, usdToText } from '../../domain/units/usd.js'
import type { AskedFor } from './access/route.js'
import { ratioText, timeText } from './figures.js'
import { Problem } from './problem.js'
import { reason } from './wire.js'

/** Every scope there is: everything, and each thing that the configuration names. An injection token. */
export class Scopes {
  constructor(readonly all: readonly Scope[]) {}

  /** Throws a Problem that names those there are. */
  named(text: string): Scope {
    const scope = this.all.find((one) => one === text)
    if (scope !== undefined) return scope
    const detail = `expected one of ${this.all.join(', ')}, got ${JSON.stringify(text)}`
    throw new Problem(400, 'invalid-request', `/scope: ${detail}`, [{ pointer: '/scope', detail }])
  }
}

/** The scope a body asks for, unchecked; `all` without one. */
export function scopeAsked({ body }: Pick<AskedFor, 'body'>): string {
  const asked = typeof body === 'object' && body !== null && 'scope' in body ? body.scope : undefined
  return typeof asked === 'string' ? asked : 'all'
}

const scope = z.string().max(200).default('all')

const expiresAt = z.iso
  .datetime({ offset: true, error: "expected a time as RFC 3339 writes it, such as '2026-11-20T12:00:00Z'" })
  .optional()
  .describe('When it lets go by itself, at most 30 days ahead. Nothing else that holds the scope is let go with it.')

export const pauseBody = z.strictObject({ scope, level: z.enum(['new', 'hard']).default('new'), reason, expiresAt })
export const haltBody = z.strictObject({ scope, reason, expiresAt })
export const resumeBody = z.strictObject({
  scope,
  reason,
  clear: z
    .array(z.enum(BREAKER_CODES))
    .max(50)
    .default([])
    .describe('Grave breakers whose causes were looked at and that are cleared by name.'),
  acceptLoss: z
    .boolean()
    .default(false)
    .describe('Gives up what is missing from the account: beside B-03 in `clear`, it is booked as lost.'),
})
export const breakersQuery = z.strictObject({
  code: z.enum(BREAKER_CODES).optional(),
  scope: z.string().max(200).optional(),
  before: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional().describe('`next` of the page before.'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

/** When a pause is to end, in milliseconds since 1970. Throws a Problem unless it lies ahead, and not too far. */
export function endOf(given: string | undefined, now: number): number | undefined {
  if (given === undefined) return undefined
  const end = Date.parse(given)
  if (end > now && end <= now + LONGEST_TIMED_PAUSE_MS) return end
  const [least, most] = [timeText(now), timeText(now + LONGEST_TIMED_PAUSE_MS)]
  const detail = `expected a time after ${least} and not after ${most}, got ${given}; leave it out to pause for good`
  throw new Problem(400, 'invalid-request', `/expiresAt: ${detail}`, [{ pointer: '/expiresAt', detail }])
}

export function breakerWire({ id, code, scope: where, level, reason: why, trippedAt, clearedAt, clearedBy }: Breaker) {
  return {
    id,
    code,
    scope: where,
    level,
    reason: why,
    trippedAt: timeText(trippedAt),
    clearedAt: clearedAt === undefined ? null : timeText(clearedAt),
    clearedBy: clearedBy ?? null,
  }
}

/** What is used of a cap that is a share of NAV. */
export function shareOfCap(used: Usd, cap: Ratio, nav: Usd) {
  return { usedUsd: usdToText(used), capUsd: usdToText(capOf(cap, nav)), cap: ratioText(cap) }
}

/** Caps that stand alone, with nothing to compare them to between two plans. */
export function standingCaps({ legShare, legGas, mayReverse, driftFall, balanceMove }: Limits) {
  return {
    legShare: ratioText(legShare),
    gasPerLeg: ratioText(legGas),
    mayReverse,
    driftFall: ratioText(driftFall),
    balanceMove: ratioText(balanceMove),
  }
}
