import { z } from 'zod'
import { count, decimal, time } from './figures-schema.js'

const block = z.strictObject({ number: decimal, hash: z.string(), time, ageSeconds: z.number() }).meta({ id: 'Block' })

export const chainsAnswer = z
  .strictObject({
    chains: z.array(
      z.strictObject({
        chain: z.string(),
        chainId: count,
        quorum: count.describe('Endpoints that have to agree.'),
        isAgreed: z.boolean().nullable().describe('Whether a quorum answered the last time. Null before it was asked.'),
        reason: z.string().nullable().describe('Why there was no quorum.'),
        lookedAt: time
          .nullable()
          .describe('When the endpoints were asked last: every few seconds where the daemon leads.'),
        head: block.nullable().describe('The last one that was agreed on.'),
        finalized: block.nullable(),
        endpoints: z.array(
          z.strictObject({
            name: z.string().describe('Name, or host.'),
            host: z.string(),
            isHealthy: z.boolean(),
            reason: z.string().nullable().describe('Why it is not, or what was found last.'),
            isAgreeing: z.boolean().describe('Its chain contained the head that was agreed on.'),
            head: decimal.nullable(),
            lagSeconds: z.number().nullable().describe('By how much its head is older than the agreed one.'),
            quarantinedUntil: time.nullable(),
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'Chains' })
