import type { AuditEntry } from '../domain/access/audit-entry.js'
import type { AuditLog } from '../ports/audit-log.js'

/** Who manages keys and people, for the audit log. */
export type AccessManager = Pick<AuditEntry, 'actor' | 'subject' | 'keyId' | 'source' | 'requestId' | 'build'>

/**
 * Does what may be done once it is in the audit log, and writes down what came of it: false is a failure. Where the log
 * cannot be written nothing is done.
 */
export async function auditedDeed(
  audit: AuditLog,
  entry: Omit<AuditEntry, 'result'>,
  deed: () => Promise<boolean>,
): Promise<boolean> {
  await audit.append({ ...entry, result: 'allowed' })
  const isDone = await deed().catch(async (error: unknown) => {
    await audit.append({ ...entry, result: 'failed' }).catch(() => undefined)
    throw error
  })
  await audit.append({ ...entry, result: isDone ? 'done' : 'failed' })
  return isDone
}
