import { z } from 'zod'
import { TRANSFER_STATES } from '../../domain/execution/transfer.js'
import { transferShape } from './cycle-schema.js'
import { hash, next, time, usd } from './figures-schema.js'
import { investigationMember } from './investigation-schema.js'
import { name, transferId } from './wire.js'

export const transferParams = z.object({ id: transferId })

export const transfersQuery = z.strictObject({
  portfolio: name.optional(),
  state: z.enum(TRANSFER_STATES).optional(),
  before: transferId.optional().describe('`next` of the page before.'),
  limit: z.coerce.number().int().min(1).max(500).default(100),
})

/** A crossing on its own, outside its cycle. */
const ownShape = {
  ...transferShape,
  portfolio: z.string(),
  cycleId: z.string(),
  asset: z.string(),
  venue: z.string(),
  valueUsd: usd.describe('Of what was sent, at the prices of the decision.'),
  expectedAt: time.describe('Nearly all crossings of the bridge are over by then.'),
  isOpen: z.boolean().describe('Somebody still owes us money, or its arrival is not final.'),
  isLate: z.boolean(),
  investigation: investigationMember,
}

export const transfersAnswer = z
  .strictObject({
    transfers: z.array(z.strictObject(ownShape).meta({ id: 'TransferListed' })).describe('Newest first.'),
    next,
  })
  .meta({ id: 'Transfers' })

export const TRANSFER_EVENTS = [
  'signed',
  'mined',
  'sent',
  'sending-final',
  'expected',
  'late',
  'lost-suspected',
  'investigated',
  'arrived',
  'refunded',
  'arrival-final',
] as const
export type TransferEvent = (typeof TRANSFER_EVENTS)[number]

export const transferAnswer = z
  .strictObject({
    ...ownShape,
    intents: z.array(z.string()).describe('Transactions that were made for it; GET /v1/intents/<id> shows each.'),
    timeline: z
      .array(
        z.strictObject({
          at: time,
          event: z.enum(TRANSFER_EVENTS),
          chain: z.string().nullable(),
          hash: hash.nullable(),
          evidence: z.string().describe('What it rests on: a block, a transaction, the clock.'),
          isAhead: z.boolean().describe('It has not come yet: it is when it would be due.'),
        }),
      )
      .describe('In the order of time.'),
  })
  .meta({ id: 'TransferDetail' })
