import type { AssetKey, ChainKey } from '../assets.js'
import type { VenueKey } from '../planning/quote.js'

/**
 * From free to stopped. `paused_new`: no leg begins, no trade is signed; what is signed goes to its end, fee replacements
 * included. `paused_hard`: nothing is signed but what cancels a nonce or takes an allowance back. `halted`: nothing is
 * signed at all.
 */
export const OPERATING_LEVELS = ['running', 'paused_new', 'paused_hard', 'halted'] as const
export type OperatingLevel = (typeof OPERATING_LEVELS)[number]

export const SCOPE_KINDS = ['all', 'portfolio', 'chain', 'venue', 'asset', 'bridge'] as const
export type ScopeKind = (typeof SCOPE_KINDS)[number]
/** What a state applies to: everything, or one thing by its name in the configuration. */
export type Scope = 'all' | `${Exclude<ScopeKind, 'all'>}:${string}`

/** The state of one scope. A scope without one is running. */
export interface ScopeState {
  readonly scope: Scope
  readonly level: OperatingLevel
  readonly reason: string
  /** Milliseconds since 1970. */
  readonly since: number
  readonly by: 'operator' | 'breaker'
  /** When a person's pause lets go by itself, in milliseconds since 1970; absent where somebody has to let it go. */
  readonly expiresAt?: number
}

/** Everything that a decision touches. */
export interface Subject {
  readonly portfolio?: string
  readonly chains?: readonly ChainKey[]
  readonly venues?: readonly VenueKey[]
  readonly assets?: readonly AssetKey[]
  readonly bridges?: readonly string[]
}

/** What a signature is for. */
export type SignPurpose = 'step' | 'replacement' | 'cancel' | 'revoke'

const SEVERITY: Readonly<Record<OperatingLevel, number>> = { running: 0, paused_new: 1, paused_hard: 2, halted: 3 }

export function isStricter(one: OperatingLevel, other: OperatingLevel): boolean {
  return SEVERITY[one] > SEVERITY[other]
}

/** The scopes a subject lies in, `all` first. */
export function scopesOf({ portfolio, chains = [], venues = [], assets = [], bridges = [] }: Subject): Scope[] {
  return [
    'all',
    ...(portfolio === undefined ? [] : [`portfolio:${portfolio}` as const]),
    ...chains.map((one) => `chain:${one}` as const),
    ...venues.map((one) => `venue:${one}` as const),
    ...assets.map((one) => `asset:${one}` as const),
    ...bridges.map((one) => `bridge:${one}` as const),
  ]
}

/** The strictest state that holds for the subject; undefined when it is running. */
export function strictest(states: readonly ScopeState[], subject: Subject): ScopeState | undefined {
  const scopes = new Set(scopesOf(subject))
  return states
    .filter(({ scope, level }) => scopes.has(scope) && level !== 'running')
    .toSorted((a, b) => SEVERITY[b.level] - SEVERITY[a.level])[0]
}

/** Whether a signature of this purpose may be made at this level. */
export function maySign(level: OperatingLevel, purpose: SignPurpose): boolean {
  switch (level) {
    case 'running':
      return true
    case 'paused_new':
      return purpose !== 'step'
    case 'paused_hard':
      return purpose === 'cancel' || purpose === 'revoke'
    case 'halted':
      return false
  }
}

/** The stricter of two levels. */
export function stricter(one: OperatingLevel, other: OperatingLevel): OperatingLevel {
  return isStricter(other, one) ? other : one
}
