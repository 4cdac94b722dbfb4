import { z } from 'zod'
import { REBALANCING_CODES } from '../../domain/rebalancing/rebalancing-policy.js'
import { TARGET_REFUSAL_CODES } from '../../domain/targets/target-refusal.js'
import { driftShape, outcome } from './cycle-schema.js'
import { riskSchema } from './risk-schema.js'
import { address, balanceSchema, decimal, next, share, time, units, usd } from './figures-schema.js'
import { decisionSchema } from './plan-schema.js'
import { stateSchema } from './safety-schema.js'

export const portfolioParams = z.object({ id: z.string().describe('Name of a portfolio in the configuration.') })

const refusal = z
  .strictObject({ status: z.literal('refused'), code: z.enum(TARGET_REFUSAL_CODES), detail: z.string() })
  .meta({ id: 'TargetRefusal' })

export const portfolioAnswer = z
  .strictObject({
    id: z.string(),
    mode: z.enum(['live', 'dry-run']),
    account: z.strictObject({ alias: z.string(), address }),
    operatingState: stateSchema.describe('The strictest that holds for the portfolio.'),
    pausedParts: z.array(stateSchema).describe('Venues, chains, assets and bridges of it that are not running.'),
    measuredAt: time.optional().describe('Of the last cycle, from which the figures are. Absent before the first one.'),
    lastCycle: z.strictObject({ id: z.string(), outcome: outcome.optional(), decision: decisionSchema }).optional(),
    ...z.strictObject(driftShape).partial().shape,
    targets: z
      .strictObject({
        setter: z.string().nullable(),
        setAt: time.nullable(),
        reasons: z.array(z.string()),
        inputsHash: z.string().nullable(),
        refusal: refusal.nullable(),
      })
      .nullable(),
    risk: riskSchema.nullable(),
    unattributed: z.array(balanceSchema).describe('Money that came in unannounced: it is in no figure and not traded.'),
  })
  .meta({ id: 'Portfolio' })

export const portfoliosAnswer = z.strictObject({ portfolios: z.array(portfolioAnswer) }).meta({ id: 'Portfolios' })

export const targetsAnswer = z
  .strictObject({
    portfolio: z.string(),
    targets: z.array(
      z.strictObject({
        status: z.enum(['set', 'refused']),
        setAt: time,
        setter: z.string(),
        code: z.enum(TARGET_REFUSAL_CODES).optional().describe('Why it was refused.'),
        weights: z.record(z.string(), share).optional(),
        exposure: z.number().nullable().optional(),
        reasons: z.array(z.string()),
        inputsHash: z.string(),
        inputs: z.string().describe('Canonical JSON text of what the targets were made of.'),
      }),
    ),
    next,
  })
  .meta({ id: 'Targets' })

export const ledgerAnswer = z
  .strictObject({
    portfolio: z.string(),
    account: address,
    balances: z.array(balanceSchema).describe('What the final book says lies in the wallet.'),
    postings: z.array(
      z.strictObject({
        cause: z.string(),
        account: z.string(),
        book: z.enum(['provisional', 'final']),
        chain: z.string(),
        token: address,
        symbol: z.string().nullable(),
        amount: decimal.nullable(),
        units,
        bookedAt: time,
      }),
    ),
    next,
  })
  .meta({ id: 'Ledger' })

export const inflowAnswer = z
  .strictObject({
    portfolio: z.string(),
    deposit: balanceSchema.nullable().describe('Null where it takes another person first.'),
    proposal: z
      .string()
      .nullable()
      .describe('Where it takes two people: the proposal to approve, by POST /v1/proposals/inflow.'),
  })
  .meta({ id: 'Inflow' })

const trade = { trade: z.boolean(), code: z.enum(REBALANCING_CODES), turnoverUsd: usd }
const move = z.strictObject({ move: share, ...trade, exposureUsd: usd, constantMixUsd: usd }).meta({ id: 'PriceMove' })

export const greeksAnswer = z
  .strictObject({
    portfolio: z.string(),
    measuredAt: time,
    navUsd: usd,
    netDeltaUsd: usd,
    netDelta: share.nullable(),
    isComplete: z.boolean(),
    missing: z.array(z.strictObject({ position: z.string(), reason: z.string() })),
    assets: z.array(
      z.strictObject({
        asset: z.string(),
        isStable: z.boolean(),
        deltaUsd: usd,
        deltaPerPercentUsd: usd,
        gammaPerPercentUsd: usd,
        parts: z.array(
          z.strictObject({
            kind: z.enum(['spot', 'staked', 'pool', 'derivative']),
            position: z.string(),
            deltaUsd: usd,
          }),
        ),
      }),
    ),
    rule: z
      .strictObject({
        atRest: z.strictObject(trade),
        assets: z.array(
          z.strictObject({
            asset: z.string(),
            up: move,
            down: move,
            tradesFromUp: share.nullable(),
            tradesFromDown: share.nullable(),
          }),
        ),
      })
      .nullable(),
  })
  .meta({ id: 'Greeks' })
