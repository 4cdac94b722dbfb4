import { z } from 'zod'
import { TRANSFER_STATES } from '../../domain/execution/transfer.js'
import { address, amountSchema, balanceSchema, decimal, share, time, units, usd } from './figures-schema.js'

const POSITION_KINDS = ['spot', 'staked', 'pool', 'derivative'] as const

export const positionsAnswer = z
  .strictObject({
    portfolio: z.string(),
    account: address,
    cycleId: z.string().nullable().describe('The last cycle, from which the figures are. Null before the first one.'),
    measuredAt: time.nullable(),
    navUsd: usd.nullable(),
    isComplete: z
      .boolean()
      .describe('Whether every asset has a value. If not, navUsd is the sum of those that have one.'),
    positions: z.array(
      z.strictObject({
        asset: z.string(),
        kind: z.enum(POSITION_KINDS).describe('`staked`: a form of another asset, whose price it follows.'),
        follows: z.string().describe('The asset whose price it follows; itself for `spot`.'),
        chain: z.string(),
        token: address,
        symbol: z.string(),
        amount: decimal,
        units,
        priceUsd: usd,
        valueUsd: usd,
        share: share.describe('Of NAV.'),
      }),
    ),
    derivatives: z.array(
      z.strictObject({
        kind: z.enum(POSITION_KINDS),
        position: z.string(),
        amount: decimal.describe('Negative where it is short.'),
        underlying: z.array(z.strictObject({ asset: z.string(), unitsPerUnit: decimal })),
      }),
    ),
    inTransit: z
      .array(
        z.strictObject({
          transfer: z.string().describe('GET /v1/transfers/<id> follows it.'),
          bridge: z.string(),
          asset: z.string(),
          from: z.string().describe('Chain it left.'),
          to: z.string().describe('Chain on which it is to arrive.'),
          amount: amountSchema.describe('What is still to arrive.'),
          valueUsd: usd.nullable().describe('At the prices of the last cycle.'),
          sentAt: time,
          expectedAt: time.describe('Nearly all crossings of the bridge are over by then.'),
          state: z.enum(TRANSFER_STATES),
          isLate: z.boolean(),
          isInPositions: z
            .boolean()
            .describe('It left after the last cycle had measured, so that it is in the positions, too.'),
        }),
      )
      .describe('What is under way now.'),
    inTransitUsd: usd.describe('Of what is not in the positions and has a price.'),
    unattributed: z.array(balanceSchema).describe('Money that came in unannounced: it is in no figure and not traded.'),
    unknown: z.strictObject({
      assets: z.array(z.strictObject({ asset: z.string(), reason: z.string() })),
      chains: z.array(z.strictObject({ chain: z.string(), reason: z.string() })),
      derivatives: z.string().nullable().describe('Why the derivatives are unknown.'),
    }),
  })
  .meta({ id: 'Positions' })
