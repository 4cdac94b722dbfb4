import { z } from 'zod'
import { INTENT_STATES } from '../../domain/execution/intent.js'
import { time } from './figures-schema.js'
import { reason } from './wire.js'

export const cancelBody = z.strictObject({ reason })

export const cancelOrderSchema = z
  .strictObject({
    by: z.string().describe('The subject who ordered it.'),
    reason: z.string(),
    orderedAt: time,
  })
  .meta({ id: 'CancelOrder' })

/** A member of what GET /v1/intents/<id> answers. */
export const cancelOrderMember = cancelOrderSchema.nullable().describe('A person wants it not to be carried out.')

export const cancelAnswer = z
  .strictObject({
    intent: z.string(),
    state: z.enum(INTENT_STATES).describe('Of the intent then; GET /v1/intents/<id> follows it.'),
    cancelOrder: cancelOrderSchema.nullable().describe('Null where it takes another person first.'),
    proposal: z
      .string()
      .nullable()
      .describe('Where it takes two people: the proposal for another one to approve, by POST /v1/proposals/cancel.'),
  })
  .meta({ id: 'CancelOrdered' })
