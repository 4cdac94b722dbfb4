import type { Event } from '../../domain/events.js'
import type { Intent, IntentState } from '../../domain/execution/intent.js'
import type { Transfer, TransferState } from '../../domain/execution/transfer.js'
import { type Cost, totalOf } from '../../domain/planning/cost.js'
import type { Plan } from '../../domain/planning/plan.js'
import { formatAmount } from '../../domain/units/amount.js'
import { formatDecimal } from '../../domain/units/decimal.js'
import { basisPointsOf, mulDiv } from '../../domain/units/ratio.js'
import { type Usd, USD_DECIMALS } from '../../domain/units/usd.js'

export interface LogLine {
  /** By reader: `error` wakes someone, `warn` is for tomorrow morning, `info` is for colleagues, `debug` for us. */
  readonly level: 'error' | 'warn' | 'info' | 'debug'
  readonly message: string
  /** Amounts are text with their unit; nothing here is a bigint. */
  readonly fields: Readonly<Record<string, unknown>>
}

const STOPPED = {
  paused_new: 'begins nothing new',
  paused_hard: 'signs nothing but cancels and revocations',
  halted: 'is halted: nothing is signed',
} as const

/**
 * The one line an event is worth. `before` is the state an intent or transfer was in, so far as it is known: it tells
 * a step back, which a reorganisation causes, from progress.
 */
export function logLineOf(event: Event, before?: IntentState | TransferState): LogLine {
  switch (event.type) {
    case 'daemon-started': {
      const { version, configHash, mode } = event
      return line('info', `Evenkeel ${version} started, ${mode}.`, { version, configHash, mode })
    }
    case 'daemon-stopping': {
      const { signal, waitsFor } = event
      const what =
        waitsFor.length > 0 ? `Waits for the steps under way of ${waitsFor.join(', ')}` : 'No cycle is under way'
      return line('info', `Stopping on ${signal}: nothing more is signed. ${what}.`, { signal, waitsFor })
    }
    case 'daemon-stopped': {
      const { waitedFor, seconds, isComplete } = event
      const what =
        waitedFor.length > 0 ? `, having waited for the steps of ${waitedFor.join(', ')}` : '; no cycle was under way'
      const time = `after ${seconds.toFixed(1)} s${what}.`
      return isComplete
        ? line('info', `Stopped ${time}`, { waitedFor, seconds })
        : line('warn', `Gave up stopping in order ${time} The next process goes on from the rows.`, {
            waitedFor,
            seconds,
          })
    }
    case 'lease-taken':
      return line('info', `This process holds the lease, epoch ${event.epoch}.`, { epoch: event.epoch })
    case 'lease-lost':
      return line('warn', `The lease is lost: ${event.reason}`, { reason: event.reason })
    case 'scope-changed': {
      const { scope, level, reason, by, expiresAt } = event.state
      const what = scope === 'all' ? 'Everything' : capital(scope.replace(':', ' '))
      const fields = { scope, state: level, reason, by }
      if (level === 'running') return line('info', `${what} is running again: ${reason}`, fields)
      const severity = by === 'breaker' ? 'error' : 'warn'
      const until = expiresAt === undefined ? '' : ` until ${new Date(expiresAt).toISOString()}`
      return line(
        severity,
        `${what} ${STOPPED[level]}${until}${event.isEarlier ? ' since an earlier run' : ''}: ${reason}`,
        fields,
      )
    }
    case 'breaker-tripped': {
      const { code, scope, level, reason } = event.trip
      const since = event.isEarlier ? ' since an earlier run' : ''
      return line('error', `Breaker ${code} stops ${scope}${since}: ${reason}`, { breaker: code, scope, state: level })
    }
    case 'breaker-cleared': {
      const { code, scope, by } = event
      return line('info', `Breaker ${code} lets go of ${scope}, by ${by}.`, { breaker: code, scope, by })
    }
    case 'signer-answered':
      return line(event.outcome === 'signed' ? 'debug' : 'warn', `The signer answered: ${event.outcome}.`, {
        outcome: event.outcome,
        seconds: event.seconds,
      })
    case 'replaced': {
      const { intentId, chain, reason, hash } = event
      const what = reason === 'cancel' ? 'is to be cancelled' : 'is sent again with higher fees'
      return line('warn', `Transaction of ${intentId} on ${chain} ${what}.`, { intentId, chain, reason, hash })
    }
    case 'reorged': {
      const { chain, intentId } = event
      return line('warn', `A reorganisation of ${chain} undid the transaction of ${intentId}.`, { chain, intentId })
    }
    case 'rpc-answered': {
      const { chain, endpoint, method, outcome, seconds } = event
      return line('debug', `${endpoint} of ${chain}, ${method}: ${outcome}.`, {
        chain,
        endpoint,
        method,
        outcome,
        seconds,
      })
    }
    case 'endpoint-judged': {
      const { chain, endpoint, isHealthy, reason } = event
      const what = isHealthy ? 'is believed again' : 'is not believed'
      return line(isHealthy ? 'info' : 'warn', `Endpoint ${endpoint} of ${chain} ${what}: ${reason}`, {
        chain,
        endpoint,
        isHealthy,
      })
    }
    case 'chain-viewed': {
      const { chain, isQuorum, heads } = event
      return line('debug', `${chain}: ${isQuorum ? 'endpoints agree' : 'no quorum'}.`, {
        chain,
        heads: Object.fromEntries(heads.map(({ endpoint, number }) => [endpoint, number.toString()])),
      })
    }
    case 'allowances-swept': {
      const { portfolio, chain, standing } = event
      if (standing === 0) return line('debug', `No allowance stands on ${chain}.`, { portfolio, chain })
      return line(
        'warn',
        `${count(standing, 'allowance')} on ${chain} ${standing === 1 ? 'stands' : 'stand'} that nothing explains.`,
        {
          portfolio,
          chain,
          standing,
        },
      )
    }
    case 'chain-unknown': {
      const { portfolio, chain, reason } = event
      return line('warn', `${chain} is left out: ${reason}`, { portfolio, chain, reason })
    }
    case 'price-unknown': {
      const { portfolio, asset, reason } = event
      return line('warn', `${asset} has no price: ${reason}`, { portfolio, asset, reason })
    }
    case 'approval-wanted': {
      const { portfolio, proposal } = event
      const { id, kind, digest, needs, expiresAt, reason } = proposal
      const until = new Date(expiresAt).toISOString()
      return line('warn', `${capital(kind)} ${id} waits for ${needs} to approve it until ${until}. ${reason}`, {
        ...(portfolio !== undefined && { portfolio }),
        proposal: id,
        digest,
        proposedBy: proposal.proposedBy,
      })
    }
    case 'approval-answered': {
      const { portfolio, proposal } = event
      const { id, kind, state, approvedBy, needs } = proposal
      const what =
        state === 'open' ? `has ${approvedBy.length} of ${needs} approvals` : `is ${state}: ${proposal.reason}`
      return line('info', `${capital(kind)} ${id} ${what}`, {
        ...(portfolio !== undefined && { portfolio }),
        proposal: id,
        state,
        approvedBy,
      })
    }
    case 'audit-verified':
      return line('debug', `The audit log fits: ${count(event.count, 'record')}.`, { records: event.count })
    case 'events-dropped': {
      const { place, count: dropped } = event
      const where = place === 'feed' ? 'the feed of events' : 'the audit log'
      return line('error', `${count(dropped, 'event')} could not be written into ${where}: too many wait.`, {
        place,
        dropped,
      })
    }
    case 'notified': {
      const { channel, outcome, detail } = event
      if (outcome === 'delivered') return line('debug', `${channel} took a notification.`, { channel, outcome })
      const what =
        outcome === 'retried' ? 'did not take a notification, which is tried again' : 'never took a notification'
      return line(outcome === 'retried' ? 'warn' : 'error', `${channel} ${what}: ${detail}`, { channel, outcome })
    }
    case 'notifications-waiting':
      return line('debug', `${count(event.count, 'notification')} to ${event.channel} wait.`, {
        channel: event.channel,
        waiting: event.count,
      })
    case 'off-peg':
      return line('warn', event.detail, { asset: event.asset })
    case 'portfolio-measured': {
      const { portfolio, valuation, drift } = event
      return line(
        'debug',
        `${portfolio} is worth ${usd(valuation.nav)}${valuation.isComplete ? '' : ' as far as known'}.`,
        {
          portfolio,
          isComplete: valuation.isComplete,
          driftBps: Object.fromEntries(drift.assets.map((one) => [one.asset, basisPointsOf(one.drift)])),
          excluded: drift.excluded,
        },
      )
    }
    case 'decided': {
      const { portfolio, cycleId, decision } = event
      const { act, code, reasons } = decision
      return line(
        act ? 'info' : 'debug',
        `${portfolio} ${act ? 'must trade' : 'stays as it is'}: ${reasons.join(' ')}`,
        {
          portfolio,
          cycleId,
          code,
        },
      )
    }
    case 'quoted': {
      const { venue, chain, outcome, seconds, detail } = event
      const isVenueUnwell = outcome === 'malformed' || outcome === 'unavailable'
      return line(isVenueUnwell ? 'warn' : 'debug', `${venue} on ${chain}: ${outcome}. ${detail}`.trim(), {
        venue,
        chain,
        outcome,
        seconds,
      })
    }
    case 'plan-proposed':
      return planLine(event.portfolio, event.cycleId, event.plan)
    case 'no-plan': {
      const { portfolio, cycleId, reasons } = event
      return line('info', `${portfolio} should trade and has no plan: ${reasons.join(' ')}`, { portfolio, cycleId })
    }
    case 'quote-refused': {
      const { portfolio, cycleId, legId, venue, code, detail } = event
      return line('warn', `Quote of ${venue} refused: ${detail}`, { portfolio, cycleId, legId, venue, code })
    }
    case 'offer-refused': {
      const { portfolio, cycleId, legId, code, detail } = event
      return line('warn', `Offer refused: ${detail}`, { portfolio, cycleId, legId, code })
    }
    case 'intent-changed':
      return intentLine(event.portfolio, event.intent, before)
    case 'broadcast': {
      const { intentId, chain, hash, answers } = event
      const told = answers.map(({ endpoint, answer }) => `${endpoint}: ${answer}`).join('; ')
      return line('debug', `Sent to ${chain}: ${told}`, { intentId, chain, hash })
    }
    case 'gas-spent': {
      const { chain, kind } = event
      return line('debug', `Gas of ${kind} on ${chain}: ${usd(event.usd)}.`, { chain, kind })
    }
    case 'transfer-changed':
      return transferLine(event.portfolio, event.transfer, event.usd, before)
    case 'leg-ended': {
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
    case 'cycle-ended': {
      const { portfolio, cycle, outcome, seconds } = event
      const level = outcome === 'error' ? 'error' : outcome === 'stale_data' ? 'warn' : cycle.plan ? 'info' : 'debug'
      return line(level, `Cycle of ${portfolio} ended after ${seconds.toFixed(1)} s: ${outcome}.`, {
        portfolio,
        cycleId: cycle.id,
        outcome,
        mode: cycle.mode,
        seconds,
      })
    }
    case 'cycle-skipped': {
      const { portfolio, outcome, reason } = event
      return line(outcome === 'error' ? 'error' : 'debug', `No cycle of ${portfolio}, ${outcome}: ${reason}`, {
        portfolio,
        outcome,
      })
    }
    case 'reconciled': {
      const { portfolio, chain, mismatches } = event
      if (mismatches.length === 0) return line('debug', `Ledger and ${chain} agree.`, { portfolio, chain })
      return line('error', `Ledger and ${chain} differ in ${count(mismatches.length, 'token')}.`, {
        portfolio,
        chain,
        mismatches: mismatches.map(({ token, ledger, onChain }) => ({
          token,
          ledgerBaseUnits: ledger.toString(),
          chainBaseUnits: onChain.toString(),
        })),
      })
    }
    case 'loss-booked': {
      const { portfolio, chain, token, units, by } = event
      const fields = { portfolio, chain, token, baseUnits: units.toString(), by }
      return line('warn', `A loss of ${units} base units of ${token} on ${chain} is booked, by ${by}`, fields)
    }
    case 'nonce-adopted': {
      const { chain, account, next, by } = event
      const what = `Account ${account} goes on at nonce ${next} on ${chain}, after transactions of others`
      return line('warn', `${what}, by ${by}`, { chain, account, nonce: next, by })
    }
    case 'proposals-counted': {
      const { open } = event
      return line('debug', `${Object.values(open).reduce((sum, one) => sum + one, 0)} proposals wait for people.`, open)
    }
    case 'caps-read': {
      const { portfolio, use } = event
      const usedBps = Object.fromEntries(Object.entries(use).map(([cap, one]) => [cap, basisPointsOf(one)]))
      return line('debug', `Caps of ${portfolio} were read.`, { portfolio, usedBps })
    }
    case 'request-answered': {
      const { method, route, action, status, seconds } = event
      return line('debug', `${method} ${route ?? 'elsewhere'}: ${status}.`, { method, route, action, status, seconds })
    }
    case 'queried': {
      const { operation, seconds } = event
      return line('debug', `The database answered: ${operation}.`, { operation, seconds })
    }
    case 'inflow-classified': {
      const { portfolio, chain, token, units, reason } = event
      const fields = { portfolio, chain, token, baseUnits: units.toString(), reason }
      return line('warn', `An inflow of ${units} base units of ${token} on ${chain} is a deposit: ${reason}`, fields)
    }
    case 'risk-read': {
      const { portfolio, risk } = event
      const { regime, missing, forecasts } = risk
      const what = regime?.reason ?? missing[0]?.reason ?? 'Prices are too few to tell what is usual.'
      return line('debug', `The risk of ${portfolio}: ${what}`, {
        portfolio,
        regime: regime?.name,
        forecasts: Object.fromEntries(forecasts.map(({ asset, model, volatility }) => [asset, { model, volatility }])),
      })
    }
    case 'targets-set': {
      const { portfolio, setter, weights, reasons } = event
      return line('info', `New targets of ${portfolio}: ${reasons.join(' ')}`, {
        portfolio,
        setter,
        weights: Object.fromEntries(Object.entries(weights).map(([asset, one]) => [asset, formatDecimal(one, 18)])),
      })
    }
    case 'targets-refused': {
      const { portfolio, setter, code, detail } = event
      return line('warn', `The targets of ${portfolio} stay as they are: ${detail}`, { portfolio, setter, code })
    }
    case 'failed':
      return line(
        event.isRetried ? 'warn' : 'error',
        `${event.isRetried ? 'Will be tried again' : 'Failed'}: ${event.what}: ${event.error instanceof Error ? event.error.message : String(event.error)}`,
        {
          err: event.error,
        },
      )
  }
}

function planLine(portfolio: string, cycleId: string, plan: Plan): LogLine {
  const { method, alternatives, lowerBound, quotes } = plan
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
      lowerBound: lowerBound === undefined ? 'unknown' : usd(lowerBound),
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

function intentLine(portfolio: string, intent: Intent, before: IntentState | TransferState | undefined): LogLine {
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

function transferLine(
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

function line(level: LogLine['level'], message: string, fields: LogLine['fields']): LogLine {
  return { level, message, fields }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}

function costOf({ slippage, fees, gas, bridge }: Cost): Record<keyof Cost, string> {
  return { slippage: usd(slippage), fees: usd(fees), gas: usd(gas), bridge: usd(bridge) }
}

/** To the cent, rounded toward zero. */
function usd(value: Usd): string {
  const cents = mulDiv(value, 1n, 10n ** BigInt(USD_DECIMALS - 2), 'zero')
  const [whole, fraction = ''] = formatDecimal(cents, 2).split('.')
  return `${whole}.${fraction.padEnd(2, '0')} USD`
}
