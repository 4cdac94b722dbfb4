import { z } from 'zod'

export const configAnswer = z
  .strictObject({
    hash: z.string().describe('SHA-256 of the effective configuration, the first 12 hexadecimal digits.'),
    version: z.string(),
    revision: z.string(),
    config: z
      .record(z.string(), z.unknown())
      .describe('With every default. Secrets, and whatever of an address may hold one, are left out.'),
  })
  .meta({ id: 'EffectiveConfig' })
