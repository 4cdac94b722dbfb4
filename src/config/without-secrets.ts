import type { Secrets } from './load.js'
import type { ConfigFile } from './schema.js'

/** Stands where something was left out. */
export const LEFT_OUT = '(left out)'

/** Names of members that hold a secret, or say in which file one lies. */
const SECRET_MEMBER = /(api-?key|password|passwordFile|secret|token)$/i
/** A shorter secret would be found in everything. */
const SHORTEST_SECRET = 4

/**
 * The configuration for people: of addresses nothing but scheme and host, no members that hold secrets or name their files,
 * and nowhere a secret of the environment.
 */
export function withoutSecrets(file: ConfigFile, secrets: Secrets): Record<string, unknown> {
  return clean(
    file,
    textsIn(secrets).filter(({ length }) => length >= SHORTEST_SECRET),
  ) as Record<string, unknown>
}

function clean(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === 'string') return cleanText(value, secrets)
  if (Array.isArray(value)) return value.map((one) => clean(one, secrets))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => {
      const isSecret = SECRET_MEMBER.test(name) && typeof one === 'string'
      return [cleanText(name, secrets), isSecret ? LEFT_OUT : clean(one, secrets)]
    }),
  )
}

function cleanText(text: string, secrets: readonly string[]): string {
  const shown = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? hostOnly(text) : text
  return secrets.some((secret) => shown.includes(secret)) ? LEFT_OUT : shown
}

/** Credentials, path, query and fragment may all hold a key. */
function hostOnly(text: string): string {
  if (!URL.canParse(text)) return LEFT_OUT
  const { protocol, host, pathname, search, hash, username, password } = new URL(text)
  const isMore = pathname.length > 1 || [search, hash, username, password].some((part) => part !== '')
  return `${protocol}//${host}${isMore ? `/${LEFT_OUT}` : ''}`
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}
