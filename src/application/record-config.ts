import { daemonEntry } from '../domain/access/audit-entry.js'
import type { AuditLog } from '../ports/audit-log.js'
import type { Observer } from '../ports/observer.js'

const ACTION = 'config.load'

/** Writes into the audit log which configuration came into force, and which one was before (5.4). A log that cannot be written is told. */
export async function recordConfig(
  { audit, observer, build }: { audit: AuditLog; observer: Observer; build: string },
  loaded: { readonly hash: string; readonly mode: string },
): Promise<void> {
  try {
    const [last] = await audit.records({ action: ACTION, limit: 1 })
    const previousHash = (last?.detail['hash'] as string | undefined) ?? null
    const detail = { ...loaded, previousHash, previousBuild: last?.build ?? null }
    await audit.append(daemonEntry({ action: ACTION, resource: 'configuration', detail }, build))
  } catch (error) {
    const what = 'writing the configuration that was loaded into the audit log'
    observer.notify({ type: 'failed', what, isRetried: false, error })
  }
}
