import { z } from 'zod'
import { BREAKER_CODES, type Breaker } from '../../domain/policy/breakers.js'
import type { Limits } from '../../domain/policy/budgets.js'
import { capOf } from '../../domain/policy/budgets.js'
import type { Scope } from '../../domain/policy/operating.js'
import type { Ratio } from '../../domain/units/ratio.js'
import { type Usd, usdToText } from '../../domain/units/usd.js'
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

const scope = z.string().max(200).default('all')

export const pauseBody = z.strictObject({ scope, level: z.enum(['new', 'hard']).default('new'), reason })
export const haltBody = z.strictObject({ scope, reason })
export const resumeBody = z.strictObject({ scope, reason, clear: z.array(z.enum(BREAKER_CODES)).max(50).default([]) })
export const breakersQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(50) })

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
