import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { type Database, openDatabase } from '../../src/adapters/store/database.js'
import { startEmbeddedPostgres } from '../../src/adapters/store/embedded-postgres.js'
import { migrate } from '../../src/adapters/store/migrate.js'

export interface TestDatabase {
  readonly url: string
  readonly database: Database
  /** Closes the connections and removes the database. */
  readonly drop: () => Promise<void>
}

/** A database of its own: migrated, or `empty`. On the server of `DATABASE_URL`, else on one per test process. */
export async function createTestDatabase(contents: 'migrated' | 'empty' = 'migrated'): Promise<TestDatabase> {
  const server = process.env['DATABASE_URL'] ?? (await processServer())
  const name = `evenkeel_test_${randomBytes(6).toString('hex')}`
  const administer = async (statement: string) => {
    const admin = openDatabase({ url: server, poolSize: 1 })
    await sql.raw(statement).execute(admin)
    await admin.destroy()
  }
  await administer(`create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  const database = openDatabase({ url: url.href })
  if (contents === 'migrated') await migrate(database)
  const drop = async () => {
    await database.destroy()
    await administer(`drop database ${name} with (force)`)
  }
  return { url: url.href, database, drop }
}

/**
 * One server for all test files that this process runs, although each of them loads its modules anew: its address lies
 * in a file. It ends, and its folder with it, when the process does.
 */
async function processServer(): Promise<string> {
  const dir = join(tmpdir(), `evenkeel-test-${process.pid}-${Math.round(performance.timeOrigin)}`)
  const address = join(dir, 'url')
  const known = await readFile(address, 'utf8').catch(() => undefined)
  if (known !== undefined) return known
  const { url } = await startEmbeddedPostgres({ dir, isDisposable: true })
  await writeFile(address, url, { mode: 0o600 })
  return url
}
