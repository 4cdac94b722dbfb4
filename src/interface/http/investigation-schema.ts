import { z } from 'zod'
import { TRANSFER_STATES } from '../../domain/execution/transfer.js'
import { time } from './figures-schema.js'
import { ILLEGIBLE, isLegible, reason } from './wire.js'

const NOTE_LENGTH = 2_000

export const investigatedBody = z.strictObject({
  reason,
  note: z
    .string()
    .trim()
    .min(1)
    .max(NOTE_LENGTH)
    .refine(isLegible, ILLEGIBLE)
    .optional()
    .describe('What was found: a ticket of the bridge, a transaction.'),
})

export const investigationSchema = z
  .strictObject({
    by: z.string().describe('The subject who looked at it.'),
    reason: z.string(),
    note: z.string().nullable(),
    at: time,
  })
  .meta({ id: 'Investigation' })

/** A member of what GET /v1/transfers and GET /v1/transfers/<id> answer. */
export const investigationMember = investigationSchema
  .nullable()
  .describe('Somebody has looked at it. It stays in transit and is looked for as before.')

export const investigatedAnswer = z
  .strictObject({
    transfer: z.string(),
    state: z.enum(TRANSFER_STATES),
    investigation: investigationSchema.nullable().describe('Null where it takes another person first.'),
    proposal: z
      .string()
      .nullable()
      .describe('Where it takes two people: the proposal to approve, by POST /v1/proposals/investigation.'),
  })
  .meta({ id: 'Investigated' })
