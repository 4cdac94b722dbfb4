import { z } from 'zod'
import { BREAKER_CODES } from '../../domain/policy/breakers.js'
import { AUTHOR_KINDS, OPERATING_LEVELS } from '../../domain/policy/operating.js'
import { count, share, time, usd } from './figures-schema.js'

export const stateSchema = z
  .strictObject({
    scope: z.string().describe('`all`, or one thing by its kind and name: `chain:mainnet`.'),
    state: z.enum(OPERATING_LEVELS),
    reason: z.string(),
    since: time,
    by: z.string().describe('The subject of whoever said so; `daemon` where it was the daemon itself.'),
    byKind: z
      .enum(AUTHOR_KINDS)
      .describe('By an access token, a key, the shared admin token, or the daemon itself, as for a breaker.'),
    expiresAt: time.nullable().describe('When it lets go by itself; null where somebody has to.'),
  })
  .meta({ id: 'State' })

const breaker = z
  .strictObject({
    id: count,
    code: z.enum(BREAKER_CODES),
    scope: z.string(),
    level: z.enum(OPERATING_LEVELS),
    reason: z.string(),
    trippedAt: time,
    clearedAt: time.nullable(),
    clearedBy: z.string().nullable(),
  })
  .meta({ id: 'Breaker' })

export const statesAnswer = z
  .strictObject({
    ...stateSchema.shape,
    scopes: z.array(stateSchema).describe('Every scope that is not running.'),
    leader: z
      .string()
      .nullable()
      .describe('Host name of the replica that holds the lease: on Kubernetes its pod; null while none does.'),
  })
  .meta({ id: 'States' })

export const resumeAnswer = z.strictObject({ ...stateSchema.shape, cleared: z.array(breaker) }).meta({ id: 'Resumed' })

export const breakersAnswer = z
  .strictObject({
    open: z.array(breaker).describe('Those that hold.'),
    recent: z.array(breaker).describe('The latest of all, newest first.'),
    next: count.optional().describe('`before` of the next page of the latest.'),
  })
  .meta({ id: 'Breakers' })

const ofCap = z.strictObject({ usedUsd: usd, capUsd: usd, cap: share }).meta({ id: 'UseOfCap' })
const counted = z.strictObject({ used: count, cap: count }).meta({ id: 'CountOfCap' })

export const limitsAnswer = z
  .strictObject({
    portfolios: z.array(
      z.strictObject({
        portfolio: z.string(),
        navUsd: usd,
        maxLegUsd: usd,
        maxBridgeShare: share,
        turnoverPerHour: ofCap,
        turnoverPerDay: ofCap,
        lossPerDay: ofCap,
        gasPerDay: ofCap,
        inFlight: ofCap,
        cyclesPerDay: counted,
        failuresInRow: counted,
        failuresPerHour: counted,
        legShare: share,
        gasPerLeg: share,
        mayReverse: z.boolean(),
        driftFall: share,
        balanceMove: share,
        chains: z.array(z.strictObject({ chain: z.string(), transactionsPerHour: counted })),
        bridges: z.array(z.strictObject({ bridge: z.string(), inFlight: ofCap, perDay: ofCap, late: count })),
      }),
    ),
  })
  .meta({ id: 'Limits' })
