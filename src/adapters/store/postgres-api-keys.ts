import type { Selectable } from 'kysely'
import { type ApiKey, ApiKeys } from '../../ports/api-keys.js'
import type { Database } from './database.js'
import type { ApiKeyRow } from './tables.js'

const USE_MS = 60_000

/** The keys as rows. Every change is one statement, committed when the promise fulfils. */
export class PostgresApiKeys extends ApiKeys {
  /** When this process last wrote that a key was used, so that most uses cost no query. */
  private readonly written = new Map<string, number>()

  constructor(private readonly database: Database) {
    super()
  }

  override async create(key: Parameters<ApiKeys['create']>[0]): Promise<void> {
    const { id, name, hash, scopes, networks } = key
    const [created_at, expires_at] = [new Date(key.createdAt), new Date(key.expiresAt)]
    await this.database
      .insertInto('api_keys')
      .values({ id, name, hash, scopes, created_at, expires_at, networks })
      .execute()
  }

  override async byId(id: string): Promise<ApiKey | undefined> {
    const row = await this.database.selectFrom('api_keys').selectAll().where('id', '=', id).executeTakeFirst()
    return row && keyOf(row)
  }

  override async list(): Promise<readonly ApiKey[]> {
    const rows = await this.database
      .selectFrom('api_keys')
      .selectAll()
      .orderBy('created_at', 'desc')
      .orderBy('id')
      .execute()
    return rows.map(keyOf)
  }

  override async revoke(id: string, at: number): Promise<boolean> {
    const { numUpdatedRows } = await this.database
      .updateTable('api_keys')
      .set({ revoked_at: new Date(at) })
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .executeTakeFirst()
    return numUpdatedRows === 1n
  }

  override async used(id: string, at: number): Promise<void> {
    if (at - (this.written.get(id) ?? 0) < USE_MS) return
    await this.database
      .updateTable('api_keys')
      .set({ last_used_at: new Date(at) })
      .where('id', '=', id)
      .where((one) => one.or([one('last_used_at', 'is', null), one('last_used_at', '<=', new Date(at - USE_MS))]))
      .execute()
    this.written.set(id, at)
  }
}

function keyOf(row: Selectable<ApiKeyRow>): ApiKey {
  return {
    id: row.id,
    name: row.name,
    hash: row.hash,
    scopes: row.scopes,
    createdAt: row.created_at.getTime(),
    expiresAt: row.expires_at.getTime(),
    revokedAt: row.revoked_at?.getTime(),
    lastUsedAt: row.last_used_at?.getTime(),
    networks: row.networks,
  }
}
