import { z } from 'zod'
import type { Cost } from '../../domain/planning/cost.js'
import { type Cycle, CYCLE_OUTCOMES, type CycleOutcome, type LegRun } from '../../domain/execution/cycle.js'
import type { Intent } from '../../domain/execution/intent.js'
import { progressOf } from '../../domain/execution/progress.js'
import type { Transfer } from '../../domain/execution/transfer.js'
import type { Portfolio } from '../../domain/policy/portfolio.js'
import type { Drift } from '../../domain/portfolio/drift.js'
import type { Valuation } from '../../domain/portfolio/valuation.js'
import { type Usd, usdToText } from '../../domain/units/usd.js'
import { type ScopeState, scopesOf, strictest } from '../../domain/policy/operating.js'
import type { CycleSummary } from '../../ports/store.js'
import { amountWire, costWire, ratioText, timeText } from './figures.js'
import type { LastCycle } from './last-cycles.js'
import { decisionWire, marketWire, planWire } from './plan-wire.js'
import { invalidRequest, pointerTo } from './problem.js'
import { runningState, stateWire } from './state-wire.js'

const REASON_LENGTH = 500
/** The same sentence for whatever is wrong with its type or length. */
const error = ({ input }: { readonly input?: unknown }) =>
  `expected text of 1 to ${REASON_LENGTH} characters, got ${wordsOf(input)}; say in "reason" why you do this`

function wordsOf(input: unknown): string {
  if (input === undefined) return 'nothing'
  if (input === null) return 'null'
  if (typeof input === 'string') return input === '' ? 'empty text' : `${input.length} characters`
  return Array.isArray(input) ? 'a list' : `${typeof input === 'object' ? 'an' : 'a'} ${typeof input}`
}

/** For what is written down: the records take neither NUL nor halves of surrogate pairs. */
export const isLegible = (text: string) => !/[\0\p{Surrogate}]/u.test(text)
export const ILLEGIBLE = 'expected text without NUL characters and halves of surrogate pairs'

/** Why an operator does something. */
export const reason = z
  .string({ error })
  .trim()
  .min(1, { error })
  .max(REASON_LENGTH, { error })
  .refine(isLegible, ILLEGIBLE)

export const name = z.string().regex(/^[a-zA-Z0-9-]{1,64}$/, 'expected letters, digits and dashes, 64 at most')

export const cycleId = name
/** `<plan>.<index>`: a leg makes at most one transfer, which has its id. */
export const transferId = z
  .string()
  .regex(/^[a-zA-Z0-9.-]{1,100}$/, 'expected the id of a leg: letters, digits, dots and dashes, 100 at most')
export const cycleParams = z.object({ id: cycleId })

/** Of cycles without an end, beside the outcomes of those that have one. */
const RUNNING = 'running'

export const cyclesQuery = z.strictObject({
  portfolio: name.optional(),
  outcome: z
    .enum([...CYCLE_OUTCOMES, RUNNING])
    .optional()
    .describe(`\`${RUNNING}\` for those without an end.`),
  mode: z.enum(['live', 'dry-run']).optional(),
  before: cycleId.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

/** What a filter by outcome asks the records for: null is that of cycles without an end. */
export function outcomeAsked(outcome: CycleOutcome | typeof RUNNING): CycleOutcome | null {
  return outcome === RUNNING ? null : outcome
}

/** Parses what came; throws a Problem that names every finding. */
export function parseOrRefuse<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input ?? {})
  if (parsed.success) return parsed.data
  throw invalidRequest(
    parsed.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => ({
            pointer: pointerTo([...issue.path, key]),
            detail: 'is not known here; leave it out',
          }))
        : [{ pointer: pointerTo(issue.path), detail: issue.message }],
    ),
  )
}

export function driftWire(drift: Drift, valuation: Valuation) {
  return {
    navUsd: usdToText(drift.nav),
    isComplete: valuation.isComplete,
    drift: ratioText(drift.portfolio),
    assets: drift.assets.map((one) => {
      const value = valuation.assets.find(({ asset }) => asset === one.asset)
      return {
        asset: one.asset,
        valueUsd: usdToText(one.value),
        weight: ratioText(one.weight),
        target: ratioText(one.target),
        drift: ratioText(one.drift),
        band: ratioText(one.band),
        isInBand: one.isInBand,
        ...(value?.status === 'known' && {
          priceUsd: usdToText(value.price),
          inTransitUsd: usdToText(value.inTransitValue),
          positions: value.positions.map((position) => ({
            ...amountWire(position.amount),
            valueUsd: usdToText(position.value),
          })),
        }),
      }
    }),
    excluded: drift.excluded,
    chains: valueByChain(valuation),
  }
}

/** `states` are the scopes that are not running. Every portfolio trades through every venue. */
export function portfolioWire(portfolio: Portfolio, states: readonly ScopeState[], last: LastCycle | undefined) {
  const { id, chains, assets, bridges } = portfolio
  const held = strictest(states, { portfolio: id })
  const venues = states.flatMap(({ scope }) => (scope.startsWith('venue:') ? [scope.slice('venue:'.length)] : []))
  const parts = scopesOf({
    venues,
    chains: chains.map(({ key }) => key),
    assets: assets.map(({ key }) => key),
    bridges: Object.keys(bridges),
  })
  return {
    id: portfolio.id,
    mode: portfolio.mode,
    account: { alias: portfolio.accountAlias, address: portfolio.account },
    operatingState: stateWire(held ?? runningState(`portfolio:${id}`)),
    pausedParts: states.filter(({ scope }) => scope !== 'all' && parts.includes(scope)).map(stateWire),
    measuredAt: last && timeText(last.startedAt),
    lastCycle: last && { id: last.id, outcome: last.outcome, decision: decisionWire(last.decision) },
    ...(last && driftWire(last.drift, last.valuation)),
  }
}

function valueByChain(valuation: Valuation) {
  const values = new Map<string, Usd>()
  for (const asset of valuation.assets)
    if (asset.status === 'known')
      for (const { chain, value } of asset.positions) values.set(chain, (values.get(chain) ?? 0n) + value)
  return [...values].map(([chain, value]) => ({ chain, valueUsd: usdToText(value) }))
}

export function cycleSummaryWire(cycle: CycleSummary) {
  return {
    ...cycle,
    startedAt: timeText(cycle.startedAt),
    endedAt: cycle.endedAt === undefined ? null : timeText(cycle.endedAt),
    outcome: cycle.outcome ?? null,
  }
}

export function cycleWire(cycle: Cycle, realised: ReadonlyMap<string, Cost>) {
  return {
    id: cycle.id,
    portfolio: cycle.portfolio,
    mode: cycle.mode,
    startedAt: timeText(cycle.startedAt),
    endedAt: cycle.endedAt === undefined ? null : timeText(cycle.endedAt),
    outcome: cycle.outcome ?? null,
    decision: decisionWire(cycle.decision),
    ...marketWire(cycle.market),
    ...driftWire(cycle.drift, cycle.valuation),
    plan: cycle.plan ? planWire(cycle.plan) : null,
    planReasons: cycle.planReasons,
    progress: progressOf(cycle.legs),
    legs: cycle.legs.map((run) => legWire(run, realised.get(run.leg.id))),
    intents: cycle.intents.map(intentWire),
    transfers: cycle.transfers.map(transferWire),
  }
}

function legWire({ leg, state, offer, sold, received, failure }: LegRun, realised: Cost | undefined) {
  return {
    id: leg.id,
    kind: leg.kind,
    tier: leg.kind === 'swap' ? 'B' : 'bridge',
    state,
    venue: offer?.venue ?? leg.venue,
    tool: offer?.tool ?? leg.tool,
    sold: sold ? amountWire(sold) : null,
    received: received ? amountWire(received) : null,
    failure: failure ?? null,
    realisedCost: realised ? costWire(realised) : null,
  }
}

export function intentWire(intent: Intent) {
  return {
    id: intent.id,
    legId: intent.legId,
    kind: intent.kind,
    chain: intent.chain,
    account: intent.account,
    nonce: intent.nonce,
    state: intent.state,
    to: intent.call.to,
    valueWei: intent.call.value.toString(),
    reservedAt: timeText(intent.reservedAt),
    attempts: intent.attempts.map(({ hash, payload, signedAt, maxFeePerGas, gasLimit }) => ({
      hash,
      payload,
      signedAt: timeText(signedAt),
      maxFeePerGasWei: maxFeePerGas.toString(),
      gasLimit: gasLimit.toString(),
    })),
    inclusion:
      'inclusion' in intent
        ? {
            hash: intent.inclusion.hash,
            block: intent.inclusion.block.number.toString(),
            isSuccess: intent.inclusion.isSuccess,
            gasPaidWei: intent.inclusion.gasPaid.toString(),
          }
        : null,
  }
}

export function transferWire(transfer: Transfer) {
  return {
    id: transfer.id,
    bridge: transfer.bridge,
    state: transfer.state,
    origin: { chain: transfer.origin, hash: transfer.originHash },
    destination: transfer.destination,
    sent: amountWire(transfer.sent),
    expected: amountWire(transfer.expected),
    minimum: amountWire(transfer.minimum),
    sentAt: timeText(transfer.sentAt),
    expectedSeconds: transfer.expectedSeconds,
    arrivals: transfer.arrivals.map(({ chain, hash, block, amount, isRefund, finalAt }) => ({
      chain,
      hash,
      block: block.number.toString(),
      received: amountWire(amount),
      isRefund,
      finalAt: finalAt === undefined ? null : timeText(finalAt),
    })),
  }
}
