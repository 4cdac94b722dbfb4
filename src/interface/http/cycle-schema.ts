import { z } from 'zod'
import { CYCLE_OUTCOMES, LEG_STATES } from '../../domain/execution/cycle.js'
import { INTENT_STATES, STEP_KINDS } from '../../domain/execution/intent.js'
import { TRANSFER_STATES } from '../../domain/execution/transfer.js'
import { address, amountSchema, costSchema, count, decimal, hash, next, share, time, usd } from './figures-schema.js'
import { callSchema } from './call-schema.js'
import { cancelOrderMember } from './cancel-schema.js'
import { intentId } from './execution-wire.js'
import { name, transferId } from './wire.js'
import { decisionSchema, decisionShape, marketShape, planSchema } from './plan-schema.js'

export const outcome = z.enum(CYCLE_OUTCOMES).nullable().describe('Null while the cycle runs.')
const mode = z.enum(['live', 'dry-run'])

/** What was measured: members of whatever shows a drift. */
export const driftShape = {
  navUsd: usd,
  isComplete: z.boolean(),
  drift: share.describe('Share of NAV that must trade to reach every target.'),
  assets: z.array(
    z.strictObject({
      asset: z.string(),
      valueUsd: usd,
      weight: share,
      target: share,
      drift: share,
      band: share,
      isInBand: z.boolean(),
      priceUsd: usd.optional(),
      inTransitUsd: usd.optional(),
      positions: z.array(z.strictObject({ ...amountSchema.shape, valueUsd: usd })).optional(),
    }),
  ),
  excluded: z.array(z.strictObject({ asset: z.string(), reason: z.string() })),
  chains: z.array(z.strictObject({ chain: z.string(), valueUsd: usd })),
}

const leg = z
  .strictObject({
    id: z.string(),
    kind: z.enum(['swap', 'bridge']),
    tier: z.string(),
    state: z.enum(LEG_STATES),
    venue: z.string(),
    tool: z.string(),
    sold: amountSchema.nullable(),
    received: amountSchema.nullable(),
    failure: z.strictObject({ code: z.string(), detail: z.string() }).nullable(),
    realisedCost: costSchema.nullable(),
  })
  .meta({ id: 'Leg' })

/** An intent as it stands in a list. */
export const intentShape = {
  id: z.string(),
  legId: z.string().optional(),
  kind: z.enum(STEP_KINDS),
  chain: z.string(),
  account: address,
  nonce: count,
  state: z.enum(INTENT_STATES),
  to: address,
  valueWei: decimal,
  reservedAt: time,
  attempts: z.array(
    z.strictObject({
      hash,
      payload: z.enum(['step', 'cancel']),
      signedAt: time,
      maxFeePerGasWei: decimal,
      gasLimit: decimal,
    }),
  ),
  inclusion: z.strictObject({ hash, block: decimal, isSuccess: z.boolean(), gasPaidWei: decimal }).nullable(),
}

const intent = z.strictObject({ ...intentShape, call: callSchema }).meta({ id: 'Intent' })

export const transferShape = {
  id: z.string(),
  bridge: z.string(),
  state: z.enum(TRANSFER_STATES),
  origin: z.strictObject({ chain: z.string(), hash }),
  destination: z.string(),
  sent: amountSchema,
  expected: amountSchema,
  minimum: amountSchema,
  sentAt: time,
  expectedSeconds: z.number(),
  arrivals: z.array(
    z.strictObject({
      chain: z.string(),
      hash,
      block: decimal,
      received: amountSchema,
      isRefund: z.boolean(),
      finalAt: time.nullable(),
    }),
  ),
}

const transfer = z.strictObject(transferShape).meta({ id: 'Transfer' })

export const cyclesAnswer = z
  .strictObject({
    cycles: z.array(
      z.strictObject({
        id: z.string(),
        portfolio: z.string(),
        mode,
        startedAt: time,
        endedAt: time.nullable(),
        outcome,
        reasons: z.array(z.string()),
        legs: count,
      }),
    ),
    next,
  })
  .meta({ id: 'Cycles' })

export const cycleAnswer = z
  .strictObject({
    id: z.string(),
    portfolio: z.string(),
    mode,
    startedAt: time,
    endedAt: time.nullable(),
    outcome,
    decision: decisionSchema,
    ...marketShape,
    ...driftShape,
    plan: planSchema.nullable(),
    planReasons: z.array(z.string()),
    progress: z
      .strictObject({
        planned: count,
        toDo: count.describe('Planned and not skipped.'),
        done: count,
        failed: count,
        skipped: z
          .array(z.strictObject({ code: z.string(), detail: z.string(), legs: count }))
          .describe('Legs that were never begun and will not be, by what stopped them.'),
      })
      .describe('How many of the legs were carried out, of those that are to be.'),
    legs: z.array(leg),
    intents: z.array(intent),
    transfers: z.array(transfer),
  })
  .meta({ id: 'Cycle' })

export const intentAnswer = z
  .strictObject({
    ...intentShape,
    cycleId: z.string().nullable(),
    data: z.string().describe('Calldata in hexadecimal.'),
    call: callSchema,
    expiresAt: time.nullable(),
    cancelOrder: cancelOrderMember,
    timeline: z
      .array(z.strictObject({ at: time, state: z.enum(INTENT_STATES), epoch: count, evidence: z.string() }))
      .describe('Each state with the moment it was written, the lease it was written under, and what proved it.'),
    broadcasts: z.array(z.strictObject({ at: time, hash, endpoint: z.string(), answer: z.string() })),
  })
  .meta({ id: 'IntentDetail' })

export const intentsQuery = z.strictObject({
  portfolio: name.optional(),
  state: z.enum(INTENT_STATES).optional(),
  leg: transferId.optional().describe('Id of a leg, or of the transfer it began.'),
  before: intentId.optional().describe('`next` of the page before.'),
  limit: z.coerce.number().int().min(1).max(500).default(100),
})

export const intentsAnswer = z
  .strictObject({
    intents: z
      .array(z.strictObject({ ...intentShape, cycleId: z.string().nullable() }).meta({ id: 'IntentListed' }))
      .describe('Newest first.'),
    next,
  })
  .meta({ id: 'Intents' })

export const decisionsAnswer = z
  .strictObject({
    portfolio: z.string(),
    decisions: z.array(
      z.strictObject({ cycleId: z.string(), decidedAt: time, outcome, portfolioDrift: share, ...decisionShape }),
    ),
    next,
  })
  .meta({ id: 'Decisions' })
