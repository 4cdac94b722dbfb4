import type { Principal } from '../access/principal.js'
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
  /** Whose it is to let go: a person's, or the daemon's once no breaker holds it. */
  readonly by: 'operator' | 'breaker'
  /** Who said so; absent where an older build wrote it down. */
  readonly author?: Author
  /** When a person's pause lets go by itself, in milliseconds since 1970; absent where somebody has to let it go. */
  readonly expiresAt?: number
}

/** Who said something: a caller by the kind of its credential, or the daemon by itself. */
export interface Author {
  readonly kind: Principal['kind'] | 'daemon'
  readonly subject: string
}

export const AUTHOR_KINDS = ['person', 'key', 'operator', 'daemon'] as const satisfies readonly Author['kind'][]
export const DAEMON: Author = { kind: 'daemon', subject: 'daemon' }
/** Whoever holds the shared token; also what is known of anybody whom an older build wrote down. */
export const OPERATOR: Author = { kind: 'operator', subject: 'operator' }

export function authorOf({ author, by }: Pick<ScopeState, 'author' | 'by'>): Author {
  return author ?? (by === 'breaker' ? DAEMON : OPERATOR)
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

/**
 * What stops everything of a portfolio, named by its scope, and the states of the parts that a plan can leave out: what a
 * plan that is only looked at is made with.
 */
export function apart(states: readonly ScopeState[], portfolio: string) {
  const held = strictest(states, { portfolio })
  return {
    stopped: held && `${held.scope} is ${held.level}: ${held.reason}`,
    parts: states.filter(({ scope }) => scope !== 'all'),
  }
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
