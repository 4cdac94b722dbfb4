import { z } from 'zod'

const score = z.strictObject({
  model: z.string(),
  volatility: z.number().nullable().describe('Annual, for the next day; null where it says nothing.'),
  days: z.int().describe('On which both it and EWMA were scored, each on the day after its forecast.'),
  loss: z.number().nullable().describe('Mean QLIKE over these days; lower is better.'),
  ewmaLoss: z.number().nullable().describe('Of EWMA over the same days.'),
})

const regime = z.strictObject({
  name: z.enum(['calm', 'stressed']),
  volatility: z.number().describe('Of the portfolio at its targets, annual.'),
  median: z.number().describe('Of that volatility over the last periods: what is usual.'),
  periods: z.int(),
  ratio: z.number().describe('Volatility over median.'),
  stressedFrom: z.number(),
  calmBelow: z.number(),
  age: z.int().describe('For how many days it has been so.'),
  reason: z.string(),
})

export const riskSchema = z
  .strictObject({
    asOf: z.string().describe('The last day whose prices are in it.'),
    pricesHash: z.string().describe('SHA-256 of the canonical JSON text of the prices it was reckoned from.'),
    regime: regime.nullable(),
    forecasts: z.array(
      z.strictObject({
        asset: z.string(),
        volatility: z.number().describe('Annual.'),
        model: z.string().describe('The one that was used.'),
        reason: z.string().describe('Why this model, by the scores.'),
        scores: z.array(score).describe('Of every model, out of sample.'),
      }),
    ),
    missing: z.array(z.strictObject({ asset: z.string(), reason: z.string() })),
  })
  .meta({ id: 'Risk' })
