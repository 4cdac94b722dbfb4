import { keyState } from '../domain/access/key-terms.js'
import type { ApiKey } from '../ports/api-keys.js'
import { left, table } from './text-table.js'

/** What a person should know about a key that was just made. */
export function keyNotice({ id, name, scopes, networks, expiresAt }: ApiKey): string {
  return [
    `Key ${id} of ${name} may ask for ${scopes.join(', ')} from ${networks.join(', ') || 'any address'} until ${timeText(expiresAt)}.`,
    'It is shown this once; keep it as a secret.',
  ].join('\n')
}

export function keyListText(keys: readonly ApiKey[], now: number): string {
  if (keys.length === 0) return 'There are no keys. evenkeel key create makes one.'
  return table(
    ['id', 'name', 'state', 'expires', 'last used', 'scopes', 'networks'].map(left),
    keys.map((key) => [
      key.id,
      key.name,
      keyState(key, now),
      timeText(key.expiresAt),
      key.lastUsedAt === undefined ? 'never' : timeText(key.lastUsedAt),
      key.scopes.join(','),
      key.networks.join(',') || 'any',
    ]),
  ).join('\n')
}

/** Times in UTC, null where there is none. Without the digests. */
export function keyListJson(keys: readonly ApiKey[], now: number): string {
  const timeOrNull = (at: number | undefined) => (at === undefined ? null : timeText(at))
  const list = keys.map((key) => ({
    id: key.id,
    name: key.name,
    state: keyState(key, now),
    scopes: key.scopes,
    networks: key.networks,
    createdAt: timeText(key.createdAt),
    expiresAt: timeText(key.expiresAt),
    revokedAt: timeOrNull(key.revokedAt),
    lastUsedAt: timeOrNull(key.lastUsedAt),
  }))
  return JSON.stringify({ keys: list }, null, 2)
}

function timeText(at: number): string {
  return new Date(at).toISOString()
}
