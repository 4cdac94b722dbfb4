import { type AuditEntry, type AuditRecord, auditText, FIRST_AUDIT_HASH } from '../../src/domain/access/audit-entry.js'
import { sha256 } from '../../src/adapters/access/secrets.js'
import { type ApiKey, ApiKeys } from '../../src/ports/api-keys.js'
import { AuditLog, type AuditQuery } from '../../src/ports/audit-log.js'
import { type Denial, Denials } from '../../src/ports/denials.js'
import type { AccessManager } from '../../src/application/audited-deed.js'

/** Keys in memory. Counts what it is asked, and writes nothing while `isReadOnly`. */
export class MemoryApiKeys extends ApiKeys {
  isReadOnly = false
  readonly asked: string[] = []
  private readonly keys = new Map<string, ApiKey>()

  override async create(key: Omit<ApiKey, 'revokedAt' | 'lastUsedAt'>): Promise<void> {
    await this.write()
    this.keys.set(key.id, { ...key, revokedAt: undefined, lastUsedAt: undefined })
  }

  override async byId(id: string): Promise<ApiKey | undefined> {
    await Promise.resolve()
    this.asked.push(id)
    return this.keys.get(id)
  }

  override async list(): Promise<readonly ApiKey[]> {
    await Promise.resolve()
    return [...this.keys.values()].toSorted((a, b) => b.createdAt - a.createdAt)
  }

  override async revoke(id: string, at: number): Promise<boolean> {
    await this.write()
    const key = this.keys.get(id)
    if (!key || key.revokedAt !== undefined) return false
    this.keys.set(id, { ...key, revokedAt: at })
    return true
  }

  override async used(id: string, at: number): Promise<void> {
    await this.write()
    const key = this.keys.get(id)
    if (key && at - (key.lastUsedAt ?? 0) >= 60_000) this.keys.set(id, { ...key, lastUsedAt: at })
  }

  private async write(): Promise<void> {
    await Promise.resolve()
    if (this.isReadOnly) throw new Error('The database is read-only.')
  }
}

/** Who is shut out, in memory. Counts how often it is read; nothing is read while `isDown`, nothing written while `isReadOnly`. */
export class MemoryDenials extends Denials {
  isDown = false
  isReadOnly = false
  reads = 0
  private denials: readonly Denial[] = []

  override async deny(denial: Denial): Promise<boolean> {
    await this.write()
    if (this.denials.some(({ subject }) => subject === denial.subject)) return false
    this.denials = [denial, ...this.denials]
    return true
  }

  override async allow(subject: string): Promise<boolean> {
    await this.write()
    const left = this.denials.filter((one) => one.subject !== subject)
    const isChanged = left.length < this.denials.length
    this.denials = left
    return isChanged
  }

  override async list(): Promise<readonly Denial[]> {
    await Promise.resolve()
    this.reads += 1
    if (this.isDown) throw new Error('The database does not answer.')
    return this.denials
  }

  private async write(): Promise<void> {
    await Promise.resolve()
    if (this.isReadOnly || this.isDown) throw new Error('The database is read-only.')
  }
}

/** An audit log in memory; `isReadOnly` lets nothing in. */
export class MemoryAuditLog extends AuditLog {
  isReadOnly = false
  readonly chain: AuditRecord[] = []

  override async append(entry: AuditEntry): Promise<AuditRecord> {
    await Promise.resolve()
    if (this.isReadOnly) throw new Error('The database is read-only.')
    const sequence = this.chain.length + 1
    const draft = { ...entry, sequence, at: sequence, previousHash: this.chain.at(-1)?.hash ?? FIRST_AUDIT_HASH }
    const record = { ...draft, hash: sha256(auditText(draft)) }
    this.chain.push(record)
    return record
  }

  override async records(asked: AuditQuery): Promise<readonly AuditRecord[]> {
    const { subject, action, result, from = 0, to = Infinity, before, limit } = asked
    await Promise.resolve()
    return this.chain
      .filter(
        (one) =>
          (subject === undefined || one.subject === subject) &&
          (action === undefined || one.action === action) &&
          (result === undefined || one.result === result) &&
          one.at >= from &&
          one.at < to &&
          (before === undefined || one.sequence < before),
      )
      .toReversed()
      .slice(0, limit)
  }

  override async verify() {
    await Promise.resolve()
    const broken = this.chain.find(
      (one, index) =>
        one.sequence !== index + 1 ||
        one.previousHash !== (this.chain[index - 1]?.hash ?? FIRST_AUDIT_HASH) ||
        one.hash !== sha256(auditText(one)),
    )
    const place = { count: this.chain.length, head: this.chain.at(-1)?.hash ?? FIRST_AUDIT_HASH }
    if (!broken) return { status: 'intact', ...place } as const
    const fault = { sequence: broken.sequence, reason: 'It does not fit.' }
    return { status: 'broken', fault, faults: [fault], ...place } as const
  }
}

/** Whoever manages keys and people by the command line. */
export const MANAGER: AccessManager = {
  actor: 'operator',
  subject: 'cli',
  keyId: undefined,
  source: undefined,
  requestId: undefined,
  build: '1.0.0',
}
