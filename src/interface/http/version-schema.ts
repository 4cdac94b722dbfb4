import { z } from 'zod'

export const versionAnswer = z
  .strictObject({
    version: z.string().describe('Of the daemon.'),
    revision: z.string().describe('Source revision of the build; `unknown` when nobody told.'),
    nodeVersion: z.string().describe('Of the Node.js that it runs on.'),
    schema: z.string().describe('Of the database: the last migration that this build knows.'),
    configHash: z.string().describe('Of the effective configuration; GET /v1/config shows it.'),
  })
  .meta({ id: 'Version' })
