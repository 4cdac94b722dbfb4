import type { KeyScope } from '../domain/access/scopes.js'

/** An API key as it is kept: never the key itself. */
export interface ApiKey {
  readonly id: string
  readonly name: string
  /** SHA-256 of the whole key, in hexadecimal. */
  readonly hash: string
  readonly scopes: readonly KeyScope[]
  /** Milliseconds since 1970, as all times here. */
  readonly createdAt: number
  readonly expiresAt: number
  readonly revokedAt: number | undefined
  readonly lastUsedAt: number | undefined
  /** Networks (CIDR) the key may come from; empty for any. */
  readonly networks: readonly string[]
}

export abstract class ApiKeys {
  abstract create(key: Omit<ApiKey, 'revokedAt' | 'lastUsedAt'>): Promise<void>
  abstract byId(id: string): Promise<ApiKey | undefined>
  /** Newest first. */
  abstract list(): Promise<readonly ApiKey[]>
  /** False where there is no such key, or it is revoked already. */
  abstract revoke(id: string, at: number): Promise<boolean>
  /** Remembers that a key was used; no more than once a minute is written. */
  abstract used(id: string, at: number): Promise<void>
}
