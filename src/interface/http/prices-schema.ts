import { z } from 'zod'
import { count, share, time, usd } from './figures-schema.js'

export const pricesAnswer = z
  .strictObject({
    readAt: time.nullable().describe('When the sources were asked last. Null before the first time.'),
    ageSeconds: z.number().nullable().describe('Of that reading.'),
    assets: z.array(
      z.strictObject({
        asset: z.string(),
        isUsed: z.boolean().describe('Whether the sources gave one price by the rules.'),
        priceUsd: usd.nullable().describe('What is used: the median of the usable sources.'),
        refusal: z.string().nullable().describe('Why there is no price.'),
        needs: count.describe('How many usable sources it takes.'),
        divergence: share.nullable().describe('How far the usable sources are apart; null with fewer than two.'),
        maxDivergence: share,
        sources: z.array(
          z.strictObject({
            source: z.string(),
            isUsable: z.boolean(),
            priceUsd: usd.nullable(),
            time: time.nullable().describe('That the price itself carries.'),
            ageSeconds: z.number().nullable().describe('Of the price, now.'),
            error: z.string().nullable().describe('Why it cannot be used.'),
          }),
        ),
        peg: z
          .strictObject({
            distance: share.nullable().describe('From one dollar; null without a price.'),
            warnsFrom: share,
            stopsFrom: share,
            isOff: z.boolean().describe('Further than it is told from.'),
          })
          .nullable()
          .describe('Of a stable asset.'),
        hold: z
          .strictObject({ reason: z.string(), since: time })
          .nullable()
          .describe('Why it is not traded although it may have a price (B-09).'),
      }),
    ),
  })
  .meta({ id: 'Prices' })
