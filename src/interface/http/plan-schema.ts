import { z } from 'zod'
import { PLAN_METHODS } from '../../domain/planning/plan.js'
import { DECISION_CODES } from '../../domain/policy/trigger.js'
import { amountSchema, costSchema, count, decimal, share, time, units, usd } from './figures-schema.js'
import { riskSchema } from './risk-schema.js'

const judgement = z
  .strictObject({
    act: z.boolean(),
    code: z.enum(DECISION_CODES),
    policy: z.string().nullable(),
    reasons: z.array(z.string()),
    breached: z.array(z.string()).describe('Assets that are the reason.'),
    levels: z
      .array(z.strictObject({ asset: z.string(), lower: share, upper: share }))
      .describe('Where each asset should end; empty when nothing is done.'),
    assets: z.array(
      z.strictObject({
        asset: z.string(),
        drift: share,
        band: share,
        inner: share,
        benefitPerYear: z.number().nullable(),
        costNow: z.number(),
        costOfWaitingPerDay: z.number().nullable(),
        cost: z.number().nullable().describe('Of trading it against the cheapest other, one way, as a share.'),
        fixedCost: z.number().nullable().describe('Of one more leg, as a share of NAV.'),
        volatility: z.number().nullable().describe('Annual, against the rest of the portfolio.'),
      }),
    ),
  })
  .meta({ id: 'Judgement' })

/** Members of every decision, for what has more of its own. */
export const decisionShape = {
  ...judgement.shape,
  shadow: judgement.nullable().describe('What the shadow policy would have done.'),
  risk: riskSchema.nullable().describe('What the volatilities rest on.'),
}
export const decisionSchema = z.strictObject(decisionShape).meta({ id: 'Decision' })

const legOfPlan = z
  .strictObject({
    id: z.string(),
    kind: z.enum(['swap', 'bridge']),
    sell: amountSchema,
    expectedOut: amountSchema,
    minimumOut: amountSchema,
    maxLoss: share,
    venue: z.string(),
    tool: z.string(),
    cost: costSchema,
    funding: z.array(z.strictObject({ leg: z.string(), units })),
    slice: z.strictObject({ index: count, of: count, notBefore: time }).nullable(),
    reason: z.string(),
    quote: z.strictObject({ ageMs: z.number(), block: decimal.nullable() }),
    alternatives: z.array(
      z.strictObject({
        venue: z.string(),
        tool: z.string(),
        costUsd: usd.nullable(),
        refusal: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'PlannedLeg' })

export const planSchema = z
  .strictObject({
    id: z.string(),
    method: z.enum(PLAN_METHODS),
    cost: costSchema,
    alternatives: z.array(
      z.strictObject({ name: z.enum(['nothing', 'naive', 'greedy']), costUsd: usd.nullable(), unmetUsd: usd }),
    ),
    lowerBoundUsd: usd
      .nullable()
      .describe(
        'No plan on the same quotes costs less, what is left undone priced in; never above what this one costs.',
      ),
    noBoundReason: z.string().nullable().describe('Why `lowerBoundUsd` is null; null where it is not.'),
    gap: share.nullable().describe('Cost, what is left undone priced in, over the lower bound: never below 1.'),
    expectedDrift: share,
    unmet: z.array(z.strictObject({ asset: z.string(), valueUsd: usd, reason: z.string() })),
    separatePools: z.array(
      z.strictObject({
        group: z.string(),
        venues: z.tuple([z.string(), z.string()]),
        proof: z.enum(['fill-lists', 'joint-simulation']),
        detail: z.string(),
      }),
    ),
    quotes: z.strictObject({ asked: count, failed: count, rounds: count }),
    legs: z.array(legOfPlan),
  })
  .meta({ id: 'Plan' })

/** Prices and gas at the time of a decision. */
export const marketShape = {
  prices: z.record(z.string(), usd),
  gasPricesWei: z.record(z.string(), decimal),
}
