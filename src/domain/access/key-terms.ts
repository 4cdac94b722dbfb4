import { isKeyScope, KEY_SCOPES, type KeyScope } from './scopes.js'

/** Longest life of an API key. */
export const MOST_KEY_DAYS = 90
export const DAY_MS = 86_400_000

const MOST_NETWORKS = 16
/** Stands in records, logs and terminals, hence plain. */
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$/
/** Callers that are no keys; a key of such a name would be taken for one of them. */
const OTHERS = ['operator', 'daemon', 'anonymous', 'cli']

/** What somebody wants a key to be; nothing in it was checked yet. */
export interface KeyWish {
  readonly name: string
  readonly scopes: readonly string[]
  readonly days: number
  /** CIDR; none for a key that may be used from anywhere. */
  readonly networks: readonly string[]
}

/** What a key is made with. */
export interface KeyTerms extends KeyWish {
  readonly scopes: readonly KeyScope[]
}

/** What is wrong with a wish, all of it, each with what was expected and what came; or the terms. `isNetwork` knows CIDR. */
export function readTerms(
  { name, scopes, days, networks }: KeyWish,
  isNetwork: (text: string) => boolean,
): { readonly terms: KeyTerms } | { readonly findings: readonly string[] } {
  const allowed = scopes.filter(isKeyScope)
  const findings: string[] = []
  if (!NAME.test(name) || OTHERS.includes(name))
    findings.push(
      `name: expected 1 to 64 letters, digits, dots, dashes and underscores, and none of ${OTHERS.join(', ')}, got ${shown(name)}`,
    )
  if (scopes.length === 0) findings.push(`scopes: expected some of ${KEY_SCOPES.join(', ')}, got none`)
  for (const scope of scopes)
    if (!isKeyScope(scope))
      findings.push(
        `scopes: expected some of ${KEY_SCOPES.join(', ')}, got ${shown(scope)}; whatever makes things riskier is for people`,
      )
  if (!Number.isInteger(days) || days < 1 || days > MOST_KEY_DAYS)
    findings.push(`days: expected a whole number from 1 to ${MOST_KEY_DAYS}, got ${days}`)
  if (networks.length > MOST_NETWORKS)
    findings.push(`networks: expected at most ${MOST_NETWORKS}, got ${networks.length}`)
  for (const network of networks)
    if (!isNetwork(network))
      findings.push(`networks: expected an address and a prefix, such as 10.0.0.0/8, got ${shown(network)}`)
  if (findings.length > 0) return { findings }
  return { terms: { name, scopes: [...new Set(allowed)], days, networks: [...new Set(networks)] } }
}

/** What decides whether a key still counts. */
interface KeyTimes {
  readonly expiresAt: number
  readonly revokedAt: number | undefined
}

export const KEY_STATES = ['active', 'expired', 'revoked'] as const

/** A key is over at the millisecond at which it expires. */
export function keyState({ expiresAt, revokedAt }: KeyTimes, now: number): (typeof KEY_STATES)[number] {
  if (revokedAt !== undefined) return 'revoked'
  return now < expiresAt ? 'active' : 'expired'
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 80))
}
