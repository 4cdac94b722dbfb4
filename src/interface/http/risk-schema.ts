import { z } from 'zod'

export const riskSchema = z
  .strictObject({
    asOf: z.string().describe('The last day whose prices are in it.'),
    regime: z.strictObject({ name: z.enum(['calm', 'stressed']), reason: z.string() }).nullable(),
    forecasts: z.array(
      z.strictObject({
        asset: z.string(),
        volatility: z.number().describe('Annual.'),
        model: z.string(),
        reason: z.string().describe('Why this model: the scores that were compared.'),
      }),
    ),
    missing: z.array(z.strictObject({ asset: z.string(), reason: z.string() })),
  })
  .meta({ id: 'Risk' })
