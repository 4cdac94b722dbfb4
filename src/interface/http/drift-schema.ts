import { z } from 'zod'
import { next, share, time, usd } from './figures-schema.js'
import { cycleId } from './wire.js'

export const driftQuery = z.strictObject({
  before: cycleId.optional().describe('`next` of the page before.'),
  limit: z.coerce.number().int().min(1).max(500).default(200),
})

export const driftAnswer = z
  .strictObject({
    portfolio: z.string(),
    points: z
      .array(
        z.strictObject({
          at: time,
          cycleId: z.string(),
          navUsd: usd,
          isComplete: z.boolean().describe('Whether every asset had a value.'),
          drift: share.describe('Share of NAV that had to trade to reach every target.'),
          assets: z.array(z.strictObject({ asset: z.string(), weight: share, target: share, band: share })),
        }),
      )
      .describe('One for each cycle, newest first.'),
    next,
  })
  .meta({ id: 'DriftSeries' })
