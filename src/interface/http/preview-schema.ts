import { z } from 'zod'
import { POLICIES, type PolicyName } from '../../domain/rebalancing/registry.js'
import { driftShape } from './cycle-schema.js'
import { time } from './figures-schema.js'
import { decisionSchema, marketShape, planSchema } from './plan-schema.js'

const decimalText = z
  .string()
  .max(80)
  .regex(/^\d+(\.\d+)?$/, "expected a decimal number as text, such as '0.25'")
const key = z.string().regex(/^[a-zA-Z][a-zA-Z0-9-]{0,31}$/, 'expected the name of an asset')
const points = z.int().min(0).max(10_000)

const band = z
  .strictObject({
    absolute: decimalText.optional().describe('Share of NAV.'),
    relative: decimalText.optional().describe('Share of the weight.'),
  })
  .describe('In place of the configured band.')

const limits = z
  .strictObject({
    minimumTradeUsd: decimalText,
    maxLegUsd: decimalText,
    maxLegs: z.int().min(1).max(200),
    maxGasUsd: decimalText,
    maxBridgeShare: decimalText,
    maxBridgeLossBps: points,
    slippageBps: points,
    maxLossBps: z.strictObject({ stable: points, major: points, other: points }).partial(),
    turnoverPerCycle: decimalText,
    turnoverPerHour: decimalText,
    turnoverPerDay: decimalText,
    legShare: decimalText,
    gasPerLeg: decimalText,
  })
  .partial()
  .describe('By the names that they have in the configuration.')

export const previewBody = z.strictObject({
  targets: z
    .record(key, decimalText)
    .optional()
    .describe('Every wanted weight, by asset; they sum to 1. An asset that is left out is not part of the portfolio.'),
  bands: z.record(key, band).optional().describe('Bands of single assets.'),
  limits: limits.optional(),
  policy: z
    .enum(Object.keys(POLICIES) as [PolicyName, ...PolicyName[]])
    .optional()
    .describe('Another policy with its own defaults, in place of the configured one.'),
})

export const previewAnswer = z
  .strictObject({
    portfolio: z.string(),
    previewedAt: time,
    changes: z
      .array(
        z.strictObject({
          path: z
            .string()
            .describe('Where it stands in the configuration, from the portfolio on: `targets.eth.weight`.'),
          configured: z.string().nullable().describe('Null where the configuration has nothing there.'),
          tried: z.string().nullable().describe('Null where it was left out.'),
        }),
      )
      .describe('What differs from the configuration, and nothing else.'),
    decision: decisionSchema,
    ...marketShape,
    ...driftShape,
    plan: planSchema.nullable(),
    planReasons: z.array(z.string()).describe('Why there is no plan although the decision was to act.'),
    notes: z.array(z.string()).describe('What is not known, and what a cycle would do otherwise.'),
  })
  .meta({ id: 'Preview' })
