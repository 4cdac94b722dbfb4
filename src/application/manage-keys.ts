import { DAY_MS, type KeyWish, readTerms } from '../domain/access/key-terms.js'
import { KEY_ID_BYTES, KEY_SECRET_BYTES, keyOf } from '../domain/access/key-text.js'
import type { ApiKey, ApiKeys } from '../ports/api-keys.js'
import type { AuditLog } from '../ports/audit-log.js'
import type { Clock } from '../ports/clock.js'
import { type AccessManager, auditedDeed } from './audited-deed.js'

export type NewKey =
  /** `text` is the key itself. It is given this once: what is kept is its digest. */
  | { readonly status: 'created'; readonly text: string; readonly key: ApiKey }
  | { readonly status: 'refused'; readonly findings: readonly string[] }

/**
 * Makes, lists and revokes the keys of machines. Each deed is in the audit log before it is done, and its end after; where
 * the log cannot be written nothing is done.
 */
export class ManageKeys {
  constructor(
    private readonly deps: {
      keys: ApiKeys
      audit: AuditLog
      clock: Clock
      /** SHA-256 in hexadecimal. */
      hash: (text: string) => string
      /** Bytes that nobody can foresee. */
      unforeseeable: (count: number) => Uint8Array
      /** Whether a text is a network in CIDR notation. */
      isNetwork: (text: string) => boolean
    },
  ) {}

  async create(wish: KeyWish, manager: AccessManager): Promise<NewKey> {
    const { keys, clock, hash, unforeseeable, isNetwork } = this.deps
    const read = readTerms(wish, isNetwork)
    if ('findings' in read) return { status: 'refused', findings: read.findings }
    const { name, scopes, days, networks } = read.terms
    const { id, text } = keyOf(unforeseeable(KEY_ID_BYTES), unforeseeable(KEY_SECRET_BYTES))
    const createdAt = clock.now()
    const key = { id, name, hash: hash(text), scopes, createdAt, expiresAt: createdAt + days * DAY_MS, networks }
    await this.audited(manager, 'key.create', id, { ...read.terms }, async () => {
      await keys.create(key)
      return true
    })
    return { status: 'created', text, key: { ...key, revokedAt: undefined, lastUsedAt: undefined } }
  }

  list(): Promise<readonly ApiKey[]> {
    return this.deps.keys.list()
  }

  /** False where there is no such key, or it is revoked already. */
  revoke(id: string, manager: AccessManager): Promise<boolean> {
    const { keys, clock } = this.deps
    return this.audited(manager, 'key.revoke', id, {}, () => keys.revoke(id, clock.now()))
  }

  private audited(
    manager: AccessManager,
    action: string,
    id: string,
    detail: Readonly<Record<string, unknown>>,
    deed: () => Promise<boolean>,
  ): Promise<boolean> {
    return auditedDeed(this.deps.audit, { ...manager, action, resource: `key:${id}`, detail }, deed)
  }
}
