import { EmbeddedPostgresError } from '../src/adapters/store/embedded-binaries.js'
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from '../src/adapters/store/embedded-postgres.js'
import { SandboxStartError } from './start-error.js'

/** The daemon's own development database, for the world around it. */
export async function startPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  try {
    return await startEmbeddedPostgres(options)
  } catch (error) {
    throw error instanceof EmbeddedPostgresError ? new SandboxStartError(error.message, { cause: error }) : error
  }
}
