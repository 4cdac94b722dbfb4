import { z } from 'zod'
import { type Proposal, PROPOSAL_KINDS, PROPOSAL_STATES } from '../../domain/access/proposal.js'
import { cancelOrderSchema } from './cancel-schema.js'
import { time } from './figures-schema.js'
import { timeText } from './figures.js'
import { stateSchema } from './safety-schema.js'
import { reason } from './wire.js'

const digest = z
  .string()
  .regex(
    /^[0-9a-f]{64}$/,
    'Expected the digest of the proposal, 64 hexadecimal digits; GET /v1/proposals/<id> shows it.',
  )

export const proposalSchema = z
  .strictObject({
    id: z.string().describe('Of a plan the id of its cycle.'),
    kind: z.enum(PROPOSAL_KINDS),
    state: z.enum(PROPOSAL_STATES),
    digest: z.string().describe('SHA-256 over the canonical text (RFC 8785) of `content`: an approval names it.'),
    content: z.record(z.string(), z.unknown()).describe('Everything that would be done. Amounts are base units.'),
    proposedBy: z.string().describe('A subject, or `daemon`.'),
    proposedAt: time,
    expiresAt: time,
    approvedBy: z.array(z.string()),
    needs: z.int().min(1).describe('How many different people have to approve it, none of them `proposedBy`.'),
    reason: z.string(),
  })
  .meta({ id: 'Proposal' })

export const proposalsAnswer = z
  .strictObject({ proposals: z.array(proposalSchema), next: z.string().optional() })
  .meta({ id: 'Proposals' })
export const approvedAnswer = z
  .strictObject({
    proposal: proposalSchema,
    resumed: stateSchema.nullable().describe('Of a resume that was done.'),
    cancelOrder: cancelOrderSchema.nullable().describe('Of a cancel that was ordered.'),
  })
  .meta({ id: 'Approved' })
export const proposalParams = z.strictObject({ id: z.string().describe('Id of the proposal.') })
export const proposalsQuery = z.strictObject({
  state: z.enum(PROPOSAL_STATES).optional(),
  kind: z.enum(PROPOSAL_KINDS).optional(),
  before: z.string().max(200).optional().describe('`next` of the page before.'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})
export const approveBody = z.strictObject({ digest })
export const rejectBody = z.strictObject({ digest, reason })

export function proposalWire(proposal: Proposal, isOver: boolean): z.infer<typeof proposalSchema> {
  const {
    id,
    kind,
    state,
    digest: of,
    content,
    proposedBy,
    proposedAt,
    expiresAt,
    approvedBy,
    needs,
    reason: why,
  } = proposal
  return {
    id,
    kind,
    state: isOver ? 'expired' : state,
    digest: of,
    content: { ...content },
    proposedBy,
    proposedAt: timeText(proposedAt),
    expiresAt: timeText(expiresAt),
    approvedBy: [...approvedBy],
    needs,
    reason: why,
  }
}
