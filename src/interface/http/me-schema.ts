import { z } from 'zod'
import { ACCESS_SCOPES } from '../../domain/access/scopes.js'
import { usd } from './figures-schema.js'

export const meAnswer = z
  .strictObject({
    subject: z.string().describe('Of a person what the provider calls them, of a key its name.'),
    kind: z.enum(['person', 'key', 'operator']).describe('`operator`: the one shared admin token.'),
    keyId: z.string().nullable(),
    scopes: z.array(z.enum(ACCESS_SCOPES)),
    approvals: z
      .strictObject({
        resume: z
          .union([z.literal(1), z.literal(2)])
          .describe('People it takes to resume what was paused, and for what is proposed likewise.'),
        plan: z.int().min(0).max(2).describe('People who have to approve a plan before anything of it is signed.'),
        planAboveUsd: usd.describe('Plans whose legs move this much or less need no approval.'),
        bigPlanUsd: usd.nullable().describe('Plans whose legs move more than this take two people at least.'),
      })
      .describe('Whose word it takes here.'),
    version: z.string().describe('Of the daemon.'),
    revision: z.string().describe('Source revision of the build; `unknown` when nobody told.'),
    configHash: z.string().describe('Of the effective configuration; GET /v1/config shows it.'),
  })
  .meta({ id: 'Me' })
