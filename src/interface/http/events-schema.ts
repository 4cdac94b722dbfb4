import { z } from 'zod'
import { PROPOSAL_KINDS, PROPOSAL_STATES } from '../../domain/access/proposal.js'
import { CYCLE_OUTCOMES, LEG_STATES } from '../../domain/execution/cycle.js'
import { INTENT_STATES, STEP_KINDS } from '../../domain/execution/intent.js'
import { TRANSFER_STATES } from '../../domain/execution/transfer.js'
import { NEWS_TYPES } from '../../domain/news/news.js'
import { BREAKER_CODES } from '../../domain/policy/breakers.js'
import { AUTHOR_KINDS, OPERATING_LEVELS } from '../../domain/policy/operating.js'
import { address, count, decimal, hash, share, time, units, usd } from './figures-schema.js'
import { name } from './wire.js'

const scope = z.string().describe('`all`, or `portfolio:<id>`, `chain:<name>`, `venue:<name>`, `asset:<name>`, …')
const reason = z.string().describe('What was expected, what came, what to do.')
const reasons = z.array(z.string())
const cycleId = z.string()
const sequence = z.string().regex(/^\d{1,18}$/, 'expected the id of an event: digits, 18 at most')

/** Of a portfolio, or of everything. */
const ofPortfolio = { at: time, portfolio: z.string() }
const ofNone = { at: time, portfolio: z.null() }
const ofEither = { at: time, portfolio: z.string().nullable() }

const amount = z.strictObject({ chain: z.string(), symbol: z.string(), amount: decimal }).meta({ id: 'AmountTold' })
const found = { chain: z.string(), token: address, units }

function event<const Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) {
  const named = type.replaceAll(/(^|-)(\w)/g, (_, _dash: string, letter: string) => letter.toUpperCase())
  return z.strictObject({ type: z.literal(type), ...shape }).meta({ id: `Event${named}` })
}

/** The data of one server-sent event, by its type. */
export const eventSchema = z
  .discriminatedUnion('type', [
    event('opened', {
      at: time,
      isResumed: z.boolean().describe('Whether it goes on after the event that the request named.'),
    }),
    event('reset', {
      at: time,
      reason: z
        .enum(['expired', 'unknown'])
        .describe('What came after the named event is no longer kept, or there never was such an event.'),
      detail: z.string(),
    }),
    event('daemon-started', {
      ...ofNone,
      version: z.string(),
      configHash: z.string(),
      mode: z.enum(['live', 'dry-run']),
    }),
    event('daemon-stopping', {
      ...ofNone,
      signal: z.string(),
      waitsFor: z.array(z.string()).describe('Portfolios whose step under way is waited for.'),
    }),
    event('scope-changed', {
      ...ofEither,
      scope,
      state: z.enum(OPERATING_LEVELS),
      reason,
      by: z.string().describe('The subject of whoever said so.'),
      byKind: z.enum(AUTHOR_KINDS).optional().describe('Absent in events of builds that did not know it.'),
      expiresAt: time.nullable().describe('When a pause lets go by itself.'),
    }),
    event('breaker-tripped', {
      ...ofEither,
      breaker: z.enum(BREAKER_CODES),
      scope,
      state: z.enum(OPERATING_LEVELS),
      reason,
    }),
    event('breaker-cleared', { ...ofEither, breaker: z.enum(BREAKER_CODES), scope, by: z.string() }),
    event('decided', { ...ofPortfolio, cycleId, act: z.boolean(), code: z.string(), reasons }),
    event('plan-proposed', {
      ...ofPortfolio,
      cycleId,
      planId: z.string(),
      method: z.string(),
      legs: count,
      costUsd: usd.describe('Expected cost.'),
    }),
    event('no-plan', { ...ofPortfolio, cycleId, reasons }),
    event('approval-wanted', {
      ...ofEither,
      proposal: z.string(),
      kind: z.enum(PROPOSAL_KINDS),
      digest: z.string(),
      needs: count,
      proposedBy: z.string(),
      expiresAt: time,
      reason,
    }),
    event('approval-answered', {
      ...ofEither,
      proposal: z.string(),
      kind: z.enum(PROPOSAL_KINDS),
      state: z.enum(PROPOSAL_STATES).describe('`open` while more people have to approve.'),
      approvedBy: z.array(z.string()),
      reason,
    }),
    event('leg-ended', {
      ...ofPortfolio,
      cycleId,
      legId: z.string(),
      kind: z.enum(['swap', 'bridge']),
      state: z.enum(LEG_STATES),
      venue: z.string(),
      sold: amount.nullable(),
      received: amount.nullable(),
      notionalUsd: usd,
      costUsd: usd.nullable().describe('Realised cost, once it is known.'),
      code: z.string().nullable().describe('Why it failed or was skipped.'),
    }),
    event('intent-changed', {
      ...ofPortfolio,
      intentId: z.string(),
      cycleId: cycleId.nullable(),
      legId: z.string().nullable(),
      chain: z.string(),
      kind: z.enum(STEP_KINDS),
      nonce: count,
      state: z.enum(INTENT_STATES),
      hash: hash.nullable().describe('Of the latest transaction.'),
    }),
    event('transfer-changed', {
      ...ofPortfolio,
      transferId: z.string(),
      cycleId,
      bridge: z.string(),
      origin: z.string(),
      destination: z.string(),
      state: z.enum(TRANSFER_STATES),
      sent: amount,
      valueUsd: usd,
      expectedSeconds: z.number(),
      originHash: hash,
    }),
    event('cycle-ended', {
      ...ofPortfolio,
      cycleId,
      outcome: z.enum(CYCLE_OUTCOMES),
      mode: z.enum(['live', 'dry-run']),
      seconds: z.number(),
      legs: count,
    }),
    event('cycle-skipped', { ...ofPortfolio, outcome: z.enum(['paused', 'stale_data', 'error']), reason }),
    event('reconciled', {
      ...ofPortfolio,
      chain: z.string(),
      mismatches: z.array(z.strictObject({ token: address, ledgerUnits: units, chainUnits: units })),
    }),
    event('loss-booked', { ...ofPortfolio, ...found, by: z.string() }),
    event('nonce-adopted', { ...ofNone, chain: z.string(), account: address, next: count, by: z.string() }),
    event('inflow-classified', { ...ofPortfolio, ...found, reason }),
    event('targets-set', { ...ofPortfolio, setter: z.string(), weights: z.record(z.string(), share), reasons }),
    event('targets-refused', { ...ofPortfolio, setter: z.string(), code: z.string(), detail: z.string() }),
    event('price-unknown', { ...ofPortfolio, asset: z.string(), reason }),
    event('price-known', { ...ofPortfolio, asset: z.string() }),
    event('chain-unknown', { ...ofPortfolio, chain: z.string(), reason }),
    event('chain-known', { ...ofPortfolio, chain: z.string() }),
    event('endpoint-judged', { ...ofNone, chain: z.string(), endpoint: z.string(), isHealthy: z.boolean(), reason }),
    event('events-dropped', {
      ...ofNone,
      count: count.describe('Events that could not be written down; whatever is shown may be out of date.'),
    }),
    event('failed', {
      ...ofNone,
      what: z.string(),
      error: z.string().describe('Kind of the failure; the log says more.'),
      isRetried: z.boolean().describe('The same is tried again by itself, without loss.'),
    }),
  ])
  .meta({ id: 'Event' })

const types = z
  .string()
  .regex(/^[a-z-]{1,40}(,[a-z-]{1,40}){0,49}$/, 'expected types with commas between them')
  .refine(
    (text) => text.split(',').every((one) => NEWS_TYPES.some((type) => type === one)),
    `expected types of events, of ${NEWS_TYPES.join(', ')}`,
  )

export const eventsQuery = z.strictObject({
  portfolio: name.optional().describe('Events of this portfolio, and those that are of none.'),
  types: types.optional().describe('Types with commas between them; all when absent.'),
  after: sequence
    .optional()
    .describe(
      'Id of an event after which to go on, for a client that cannot send Last-Event-ID; that one counts first.',
    ),
})
