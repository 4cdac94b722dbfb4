import { z } from 'zod'
import { COST_GROUPS } from '../../domain/execution/cost-report.js'
import { costSchema, count, decimal, moment, time, usd } from './figures-schema.js'

/** Longest period of one report. */
export const MOST_DAYS = 366

export const costsQuery = z.strictObject({
  from: moment.optional().describe('30 days before `to` when absent.'),
  to: moment.optional().describe('Not included. Now when absent.'),
  by: z.enum(COST_GROUPS).default('day'),
})

const compared = z
  .strictObject({
    expectedUsd: usd,
    realisedUsd: usd,
    differenceUsd: usd.describe('Realised less expected: positive where it was worse.'),
    expectedBps: decimal
      .nullable()
      .describe('Of the notional, in basis points, 4 decimals; null where nothing was sold.'),
    realisedBps: decimal.nullable(),
    differenceBps: decimal.nullable(),
  })
  .meta({ id: 'CostCompared' })

const figures = {
  legs: count,
  notionalUsd: usd.describe('Value of what was sold, at the prices of the decisions.'),
  swapNotionalUsd: usd.describe('Of swaps alone.'),
  expected: costSchema.describe('As planned, for the part of each leg that was sold.'),
  realised: costSchema.describe('By the receipts, at the prices of the decisions; failed transactions included.'),
  slippage: compared.describe('Spread and price impact of swaps, in basis points of what swaps sold.'),
  total: compared.describe('All components together.'),
}

export const costsAnswer = z
  .strictObject({
    portfolio: z.string(),
    from: time,
    to: time,
    by: z.enum(COST_GROUPS),
    groups: z.array(
      z.strictObject({
        key: z.string().describe('UTC day, venue, chain of the sale, bridge, or asset that was sold.'),
        ...figures,
      }),
    ),
    total: z.strictObject(figures).meta({ id: 'CostFigures' }),
  })
  .meta({ id: 'Costs' })
