import type { BooksLook } from '../execution/reconciliation.js'
import { type Breaker, type BreakerCode, BY_PERSON, holdingBack } from './breakers.js'
import type { Scope } from './operating.js'

/** How long after a breaker has tripped nobody resumes what it holds, unless the configuration says otherwise. */
export const COOL_DOWN_MS = 10 * 60_000

/** What `clearedBy` of B-03 begins with when a person gave up what is missing. */
export const LOSS_ACCEPTED = `${BY_PERSON}accepts the loss: `

/** A person's word that a scope may go on. */
export interface ResumeWord {
  readonly scope: Scope
  /** Grave breakers whose causes were looked at. */
  readonly clear: readonly BreakerCode[]
  /** What is missing is given up: it is booked as lost. */
  readonly acceptLoss?: boolean
}

/** Why a scope may not go on yet, with the breakers that stand for it. */
export type Obstacle =
  /** Grave ones that the word does not name. */
  | { readonly kind: 'unnamed'; readonly holding: readonly Breaker[] }
  /** The books were not found right since B-03 tripped, and what is missing is not given up. */
  | { readonly kind: 'short'; readonly holding: readonly Breaker[]; readonly places: readonly string[] }
  /** They tripped a moment ago. `until` in milliseconds since 1970. */
  | { readonly kind: 'cooling'; readonly holding: readonly Breaker[]; readonly until: number }

/** What is written down about breakers and books. */
export interface Standing {
  readonly open: readonly Breaker[]
  readonly looks: readonly BooksLook[]
}

/**
 * The first thing that keeps the word from being taken at `now`; undefined when nothing does. Of the breakers those count
 * that it would clear, which tripped until `askedAt` (F-79).
 */
export function obstacleTo(
  word: ResumeWord,
  { open, looks }: Standing,
  { now, askedAt, coolDownMs }: { readonly now: number; readonly askedAt: number; readonly coolDownMs: number },
): Obstacle | undefined {
  const unnamed = holdingBack(open, word.scope, word.clear)
  if (unnamed.length > 0) return { kind: 'unnamed', holding: unnamed }
  const meant = open.filter(({ scope, trippedAt }) => scope === word.scope && trippedAt <= askedAt)
  const missing = meant.filter(({ code }) => code === 'B-03')
  if (missing.length > 0 && !word.acceptLoss && !areRightSince(looks, missing))
    return {
      kind: 'short',
      holding: missing,
      places: looks.filter(({ isShort }) => isShort).map(({ portfolio, chain }) => `${portfolio} on ${chain}`),
    }
  const cooling = meant.filter(({ trippedAt }) => now < trippedAt + coolDownMs)
  if (cooling.length === 0) return undefined
  return { kind: 'cooling', holding: cooling, until: Math.max(...cooling.map((one) => one.trippedAt)) + coolDownMs }
}

/** The place that was short is compared anew until it is not: no place is short, and one was looked at since. */
function areRightSince(looks: readonly BooksLook[], missing: readonly Breaker[]): boolean {
  const since = Math.max(...missing.map(({ trippedAt }) => trippedAt))
  return looks.some(({ at }) => at > since) && !looks.some(({ isShort }) => isShort)
}
