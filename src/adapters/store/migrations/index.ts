import type { QueryExecutorProvider } from 'kysely'
import { up as firstTables } from './0001-first-tables.js'
import { up as plannerDocuments } from './0002-planner-documents.js'
import { up as execution } from './0003-execution.js'
import { up as policy } from './0004-policy.js'
import { up as admin } from './0005-admin.js'
import { up as acts } from './0006-acts.js'
import { up as notifications } from './0007-notifications.js'
import { up as reads } from './0008-reads.js'
import { up as authors } from './0009-authors.js'
import { up as reconciliations } from './0010-reconciliations.js'
import { up as denialsAndFilters } from './0011-denials-and-filters.js'

export interface Migration {
  readonly name: string
  readonly up: (db: QueryExecutorProvider) => Promise<void>
}

/** In the order in which they are applied. One that was released is never changed, removed or moved. */
export const MIGRATIONS: readonly Migration[] = [
  { name: '0001-first-tables', up: firstTables },
  { name: '0002-planner-documents', up: plannerDocuments },
  { name: '0003-execution', up: execution },
  { name: '0004-policy', up: policy },
  { name: '0005-admin', up: admin },
  { name: '0006-acts', up: acts },
  { name: '0007-notifications', up: notifications },
  { name: '0008-reads', up: reads },
  { name: '0009-authors', up: authors },
  { name: '0010-reconciliations', up: reconciliations },
  { name: '0011-denials-and-filters', up: denialsAndFilters },
]

/** The schema this build reads and writes. */
export const SCHEMA_VERSION = MIGRATIONS.at(-1)!.name
