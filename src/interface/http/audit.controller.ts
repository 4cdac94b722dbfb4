import { Controller, Get, Query } from '@nestjs/common'
import { z } from 'zod'
import { AUDIT_RESULTS } from '../../domain/access/audit-entry.js'
import { AuditLog } from '../../ports/audit-log.js'
import { Route } from './access/route.js'
import { count, moment, time } from './figures-schema.js'
import { timeText } from './figures.js'
import { parseOrRefuse } from './wire.js'

const auditQuery = z.strictObject({
  subject: z.string().max(200).optional(),
  action: z.string().max(200).optional(),
  result: z.enum(AUDIT_RESULTS).optional(),
  from: moment.optional(),
  to: moment.optional().describe('Not included.'),
  before: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional().describe('`next` of the page before.'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})
export const auditAnswer = z
  .strictObject({
    records: z.array(
      z.strictObject({
        sequence: count,
        at: time,
        actor: z.enum(['person', 'key', 'operator', 'anonymous', 'daemon']),
        subject: z.string(),
        keyId: z.string().nullable(),
        source: z.string().nullable(),
        requestId: z.string().nullable(),
        action: z.string(),
        resource: z.string(),
        result: z.enum(AUDIT_RESULTS),
        detail: z.record(z.string(), z.unknown()),
        build: z.string(),
        hash: z.string().describe('SHA-256 over this record and the hash of the one before it.'),
      }),
    ),
    next: count.optional(),
  })
  .meta({ id: 'AuditRecords' })

@Controller('v1/audit')
export class AuditController {
  constructor(private readonly audit: AuditLog) {}

  @Get()
  @Route({
    scope: 'audit:read',
    bucket: 'read',
    summary: 'What was done and what was refused, newest first',
    query: auditQuery,
    answer: auditAnswer,
  })
  async list(@Query() query: unknown) {
    const { limit, subject, action, result, from, to, before } = parseOrRefuse(auditQuery, query)
    const records = await this.audit.records({
      limit,
      ...(subject !== undefined && { subject }),
      ...(action !== undefined && { action }),
      ...(result !== undefined && { result }),
      ...(from !== undefined && { from: Date.parse(from) }),
      ...(to !== undefined && { to: Date.parse(to) }),
      ...(before !== undefined && { before }),
    })
    return {
      records: records.map(({ at, keyId, source, requestId, detail, previousHash: _previous, ...rest }) => ({
        ...rest,
        at: timeText(at),
        keyId: keyId ?? null,
        source: source ?? null,
        requestId: requestId ?? null,
        detail: { ...detail },
      })),
      ...(records.length === limit && { next: records.at(-1)!.sequence }),
    }
  }
}
