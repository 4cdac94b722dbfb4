import type { Proposal } from '../../../domain/access/proposal.js'
import type { Event } from '../../../domain/events.js'
import type { Cycle, CycleOutcome, LegRun } from '../../../domain/execution/cycle.js'
import type { Intent } from '../../../domain/execution/intent.js'
import { dueTimesOf, receivedOf, type Transfer } from '../../../domain/execution/transfer.js'
import { type Cost, totalOf } from '../../../domain/planning/cost.js'
import { formatAmount } from '../../../domain/units/amount.js'
import { formatDecimal } from '../../../domain/units/decimal.js'
import { type Usd, usdToText } from '../../../domain/units/usd.js'
import type { Attributes, SpanEvent, SpanRecord } from './span-record.js'
import type { TraceIds } from './trace-ids.js'

/** From when to when, in milliseconds since 1970. */
export interface Reach {
  readonly from: number
  readonly to: number
}

/** What a leg came to. */
export type Realised = Pick<Extract<Event, { type: 'leg-ended' }>, 'realised' | 'notional'>

const RATIO_DECIMALS = 18

/** The spans that rows are, made of nothing but the rows and of when they ended. */
export class RowSpans {
  constructor(private readonly ids: TraceIds) {}

  cycle(cycle: Cycle, outcome: CycleOutcome, endedAt: number): SpanRecord {
    const { id, portfolio, mode, startedAt, valuation, drift, decision, plan, planReasons } = cycle
    return {
      ...this.root(portfolio, { cycleId: id, startedAt }, outcome, endedAt),
      attributes: {
        ...ofCycle(portfolio, id),
        mode,
        outcome,
        'nav.usd': usdToText(valuation.nav),
        'nav.is_complete': valuation.isComplete,
        drift: formatDecimal(drift.portfolio, RATIO_DECIMALS),
        'decision.act': decision.act,
        'decision.code': decision.code,
        'decision.reasons': decision.reasons,
        ...(plan && {
          plan: plan.id,
          'plan.method': plan.method,
          'plan.cost.usd': usdToText(totalOf(plan.cost)),
          'plan.legs': plan.legs.length,
          'plan.quotes': plan.quotes.asked,
        }),
        ...(planReasons.length > 0 && { 'plan.reasons': planReasons }),
      },
    }
  }

  /** The whole of a trace, also of a cycle that was never written down. */
  root(
    portfolio: string,
    { cycleId, startedAt }: { readonly cycleId: string; readonly startedAt: number },
    outcome: string,
    endedAt: number,
  ): SpanRecord {
    return {
      traceId: this.ids.trace(cycleId),
      spanId: this.ids.span('cycle', cycleId),
      parentId: undefined,
      name: 'cycle',
      startedAt,
      endedAt,
      attributes: { ...ofCycle(portfolio, cycleId), outcome },
      failure: outcome === 'error' ? outcome : undefined,
    }
  }

  /** From the word of the daemon to that of the last person. */
  approval(portfolio: string, proposal: Proposal, endedAt: number): SpanRecord {
    const { id, digest, state, proposedAt, approvedBy, needs } = proposal
    return {
      ...this.below('cycle', id, id),
      spanId: this.ids.span('approval', id),
      name: 'approval',
      startedAt: proposedAt,
      endedAt,
      attributes: { ...ofCycle(portfolio, id), proposal: id, digest, state, approvals: approvedBy.length, needs },
    }
  }

  leg(cycle: Cycle, run: LegRun, reach: Reach, came: Realised | undefined): SpanRecord {
    const { leg, state, sold, received, failure, refusals } = run
    const { offer } = run
    return {
      ...this.below('cycle', cycle.id, cycle.id),
      spanId: this.ids.span('leg', leg.id),
      name: `leg ${leg.kind} on ${leg.sell.token.chain}`,
      startedAt: reach.from,
      endedAt: reach.to,
      attributes: {
        ...ofCycle(cycle.portfolio, cycle.id),
        plan: cycle.plan?.id,
        leg: leg.id,
        kind: leg.kind,
        chain: leg.sell.token.chain,
        destination: leg.kind === 'bridge' ? leg.expectedOut.token.chain : undefined,
        venue: offer?.venue ?? leg.venue,
        tool: offer?.tool ?? leg.tool,
        state,
        code: failure?.code,
        detail: failure?.detail,
        refusals,
        'planned.sell': formatAmount(leg.sell),
        'planned.receive': formatAmount(leg.expectedOut),
        sold: sold && formatAmount(sold),
        received: received && formatAmount(received),
        ...costs(came),
      },
      failure: state === 'failed' ? (failure?.code ?? state) : undefined,
    }
  }

  intent(portfolio: string, cycleId: string, legId: string, intent: Intent, endedAt: number): SpanRecord {
    const { id, kind, chain, nonce, state, reservedAt, attempts } = intent
    const inclusion = 'inclusion' in intent ? intent.inclusion : undefined
    const mined = inclusion && {
      hash: inclusion.hash,
      block: inclusion.block.number.toString(),
      'gas.wei': inclusion.gasPaid.toString(),
    }
    const events: (SpanEvent | undefined)[] = [
      ...attempts.map(({ hash, signedAt, payload, maxFeePerGas, maxPriorityFeePerGas }) => ({
        name: 'signed',
        at: signedAt,
        attributes: {
          hash,
          payload,
          'fee.wei': maxFeePerGas.toString(),
          'tip.wei': maxPriorityFeePerGas.toString(),
        },
      })),
      inclusion && {
        name: 'mined',
        at: Math.max(inclusion.block.timestamp * 1_000, signedAtOf(intent, inclusion.hash)),
        attributes: { hash: inclusion.hash },
      },
      state.startsWith('final') ? { name: 'final', at: endedAt, attributes: { state } } : undefined,
    ]
    return {
      ...this.below('leg', legId, cycleId),
      spanId: this.ids.span('intent', id),
      name: `${kind} on ${chain}`,
      startedAt: reservedAt,
      endedAt,
      attributes: {
        ...ofCycle(portfolio, cycleId),
        leg: legId,
        intent: id,
        kind,
        chain,
        nonce,
        state,
        attempts: attempts.length,
        ...mined,
      },
      events: present(events),
      failure: state === 'final_reverted' || state === 'foreign' ? state : undefined,
    }
  }

  transfer(portfolio: string, transfer: Transfer, usd: Usd, endedAt: number): SpanRecord {
    const { id, cycleId, bridge, venue, origin, destination, sent, expected, state, sentAt, arrivals } = transfer
    const received = receivedOf(transfer)
    const { late, lost } = dueTimesOf(transfer)
    const events: (SpanEvent | undefined)[] = [
      endedAt > late ? { name: 'late', at: late } : undefined,
      endedAt > lost ? { name: 'lost_suspected', at: lost } : undefined,
      ...arrivals.flatMap(({ chain, hash, block, amount, isRefund, finalAt }) => [
        {
          name: isRefund ? 'refunded' : 'arrived',
          at: block.timestamp * 1_000,
          attributes: { chain, hash, amount: formatAmount(amount) },
        },
        finalAt === undefined ? undefined : { name: 'final', at: finalAt, attributes: { chain, hash } },
      ]),
    ]
    return {
      ...this.below('leg', id, cycleId),
      spanId: this.ids.span('transfer', id),
      name: `transfer from ${origin} to ${destination}`,
      startedAt: sentAt,
      endedAt,
      attributes: {
        ...ofCycle(portfolio, cycleId),
        leg: id,
        transfer: id,
        bridge,
        venue,
        origin,
        destination,
        state,
        sent: formatAmount(sent),
        expected: formatAmount(expected),
        received: received && formatAmount(received),
        'value.usd': usdToText(usd),
        'expected.seconds': transfer.expectedSeconds,
        'origin.hash': transfer.originHash,
      },
      events: present(events),
      failure: state === 'full' ? undefined : state,
    }
  }

  private below(kind: 'cycle' | 'leg', id: string, cycleId: string): Pick<SpanRecord, 'traceId' | 'parentId'> {
    return { traceId: this.ids.trace(cycleId), parentId: this.ids.span(kind, id) }
  }
}

/**
 * As far as the rows tell, for a process that has not seen all of it: from the first reservation to the last thing that a
 * chain shows. Undefined for a leg of which nothing was begun.
 */
export function reachInRows({ intents, transfers }: Cycle, legId: string): Reach | undefined {
  const own = intents.filter((intent) => intent.legId === legId)
  const transfer = transfers.find(({ id }) => id === legId)
  const times = [
    ...own.map(({ reservedAt }) => reservedAt),
    ...own.flatMap((intent) => ('inclusion' in intent ? [intent.inclusion.block.timestamp * 1_000] : [])),
    ...(transfer?.arrivals ?? []).flatMap(({ finalAt }) => (finalAt === undefined ? [] : [finalAt])),
  ]
  return times.length === 0 ? undefined : { from: Math.min(...times), to: Math.max(...times) }
}

/** Blocks have whole seconds, and clocks of their own: nothing is mined before it is signed. */
function signedAtOf({ attempts, reservedAt }: Intent, hash: string): number {
  return attempts.find((attempt) => attempt.hash === hash)?.signedAt ?? reservedAt
}

export function ofCycle(portfolio: string | undefined, cycleId: string): Attributes {
  return { portfolio, cycle: cycleId }
}

function costs(came: Realised | undefined): Attributes {
  if (!came?.realised) return {}
  const { slippage, fees, gas, bridge }: Cost = came.realised
  return {
    'notional.usd': usdToText(came.notional),
    'cost.usd': usdToText(totalOf(came.realised)),
    'cost.slippage.usd': usdToText(slippage),
    'cost.fees.usd': usdToText(fees),
    'cost.gas.usd': usdToText(gas),
    'cost.bridge.usd': usdToText(bridge),
  }
}

function present(events: readonly (SpanEvent | undefined)[]): SpanEvent[] {
  return events.filter((event) => event !== undefined)
}
