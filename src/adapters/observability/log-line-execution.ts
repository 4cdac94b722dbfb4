import type { Event } from '../../domain/events.js'
import type { Intent, IntentState } from '../../domain/execution/intent.js'
import type { Transfer, TransferState } from '../../domain/execution/transfer.js'
import { boundOf } from '../../domain/planning/comparison.js'
import { totalOf } from '../../domain/planning/cost.js'
import type { Plan } from '../../domain/planning/plan.js'
import { formatAmount } from '../../domain/units/amount.js'
import type { Usd } from '../../domain/units/usd.js'
import { capital, costOf, count, line, type LogLine, usd } from './log-text.js'

export function planLine(portfolio: string, cycleId: string, plan: Plan): LogLine {
  const { method, alternatives, quotes } = plan
  const bound = boundOf(plan)
  const greedy = alternatives.find(({ name }) => name === 'greedy')
  const beside =
    greedy?.cost === undefined
      ? ''
      : `, greedily ${usd(greedy.cost)}${greedy.unmet > 0n ? ` with ${usd(greedy.unmet)} left undone` : ''}`
  return line(
    'info',
    `Plan for ${portfolio}: ${count(plan.legs.length, 'leg')} for ${usd(totalOf(plan.cost))} by ${method}${beside}; ${count(quotes.asked, 'quote')} asked, ${quotes.failed} failed.`,
    {
      portfolio,
      cycleId,
      planId: plan.id,
      method,
      cost: costOf(plan.cost),
      alternatives: Object.fromEntries(
        alternatives.map(({ name, cost, unmet }) => [
          name,
          { cost: cost === undefined ? 'no way' : usd(cost), unmet: usd(unmet) },
        ]),
      ),
      lowerBound: bound.claimed === undefined ? bound.reason : usd(bound.claimed),
      quotes,
      legs: plan.legs.map(
        ({ id, kind, sell, expectedOut, venue, tool }) =>
          `${id}: ${kind} ${formatAmount(sell)} on ${sell.token.chain} for ${formatAmount(expectedOut)} on ${expectedOut.token.chain}, ${venue} ${tool}`,
      ),
      separatePools: plan.separatePools.map(
        ({ group, venues, proof }) => `${group}: ${venues.join(' and ')}, ${proof}`,
      ),
      unmet: plan.unmet.map(({ asset, value, reason }) => `${asset}, ${usd(value)}: ${reason}`),
    },
  )
}

export function intentLine(
  portfolio: string,
  intent: Intent,
  before: IntentState | TransferState | undefined,
): LogLine {
  const { id, cycleId, legId, kind, chain, nonce, state } = intent
  const fields = {
    portfolio,
    cycleId,
    legId,
    intentId: id,
    chain,
    kind,
    nonce,
    state,
    hash: 'inclusion' in intent ? intent.inclusion.hash : intent.attempts.at(-1)?.hash,
    ...('inclusion' in intent && {
      block: intent.inclusion.block.number.toString(),
      gasPaidWei: intent.inclusion.gasPaid.toString(),
    }),
  }
  /** After a start, ended intents of an open cycle are told of as well; nothing happened to them. */
  const isNews = before !== undefined
  const what = `${capital(kind)} on ${chain}, nonce ${nonce}`
  const isCancel = intent.attempts.at(-1)?.payload === 'cancel'
  switch (state) {
    case 'reserved':
      return line('debug', `${what}: reserved.`, fields)
    case 'signed':
      return before === 'mined'
        ? line('warn', `${what}: its block is gone, it is unmined again.`, fields)
        : line('info', `${what}: ${isCancel ? 'its cancel is ' : ''}signed and on its way.`, fields)
    case 'mined':
      return line('debug', `${what}: mined, not yet final.`, fields)
    case 'final_ok':
      return line(isNews ? 'info' : 'debug', `${what}: final.`, fields)
    case 'final_reverted':
      return line(
        isNews ? 'warn' : 'debug',
        `${what}: reverted, finally. Its gas is spent, nothing else moved.`,
        fields,
      )
    case 'final_cancelled':
      return line(isNews ? 'warn' : 'debug', `${what}: cancelled, finally. Only gas is spent.`, fields)
    case 'foreign':
      return line('error', `${what}: the nonce was used by bytes that are not ours. Somebody else has the key.`, fields)
    case 'released':
      return line(isNews ? 'info' : 'debug', `${what}: given up before signing, the nonce is free again.`, fields)
  }
}

export function transferLine(
  portfolio: string,
  transfer: Transfer,
  value: Usd,
  before: IntentState | TransferState | undefined,
): LogLine {
  const { id, cycleId, bridge, origin, destination, sent, minimum, state, arrivals } = transfer
  const fields = {
    portfolio,
    cycleId,
    legId: id,
    transferId: id,
    bridge,
    origin,
    destination,
    state,
    originHash: transfer.originHash,
    arrivalHash: arrivals[0]?.hash,
    value: usd(value),
  }
  const what = `${formatAmount(sent)} over ${bridge} from ${origin} to ${destination}`
  const came = arrivals.map(({ amount, chain }) => `${formatAmount(amount)} on ${chain}`).join(' and ') || 'nothing'
  switch (state) {
    case 'in_flight':
      return before === 'seen'
        ? line('warn', `${what}: the block of its arrival is gone, it is in flight again.`, fields)
        : line('info', `${what}: in flight, ${transfer.expectedSeconds} s expected.`, fields)
    case 'late':
      return line('warn', `${what}: late, ${transfer.expectedSeconds} s were expected. It is watched on.`, fields)
    case 'lost_suspected':
      return line(
        'error',
        `${what}: lost, as far as can be told after ${transfer.lostAfterSeconds} s. Ask the bridge; it is watched on.`,
        fields,
      )
    case 'seen':
      return line('debug', `${what}: ${came} seen; waits for finality, or for the rest.`, fields)
    case 'full':
      return line('info', `${what}: ${came} arrived.`, fields)
    case 'short':
      return line('warn', `${what}: only ${came} arrived, at least ${formatAmount(minimum)} was due.`, fields)
    case 'other_token':
      return line('warn', `${what}: another token arrived, ${came}.`, fields)
    case 'refunded':
      return line('warn', `${what}: refunded, ${came}.`, fields)
  }
}

export function legLine(event: Extract<Event, { type: 'leg-ended' }>): LogLine {
  const { portfolio, cycleId, run, realised } = event
  const { leg, state, sold, received, failure } = run
  const fields = {
    portfolio,
    cycleId,
    legId: leg.id,
    kind: leg.kind,
    chain: leg.sell.token.chain,
    venue: run.offer?.venue ?? leg.venue,
    sold: sold && formatAmount(sold),
    received: received && formatAmount(received),
    cost: realised && costOf(realised),
    notional: usd(event.notional),
  }
  if (failure?.code === 'REPLANNED')
    return line('info', `Leg ${leg.id} gives way to a new plan: ${failure.detail}`, {
      ...fields,
      code: failure.code,
    })
  if (state === 'failed' || state === 'skipped')
    return line('warn', `Leg ${leg.id} is ${state}: ${failure?.detail ?? 'no reason was given.'}`, {
      ...fields,
      code: failure?.code,
    })
  const what = `${fields.sold ?? formatAmount(leg.sell)} for ${fields.received ?? 'an unknown amount'}`
  const price = realised ? `, cost ${usd(totalOf(realised))}` : ''
  return line('info', `Leg ${leg.id} is ${state}: ${leg.kind} of ${what}${price}.`, fields)
}
