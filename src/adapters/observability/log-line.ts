import type { Proposal } from '../../domain/access/proposal.js'
import type { Event } from '../../domain/events.js'
import type { IntentState } from '../../domain/execution/intent.js'
import type { TransferState } from '../../domain/execution/transfer.js'
import { authorOf, type Scope } from '../../domain/policy/operating.js'
import type { OfIntent } from '../../domain/purpose.js'
import { formatDecimal } from '../../domain/units/decimal.js'
import { basisPointsOf } from '../../domain/units/ratio.js'
import { intentLine, legLine, planLine, transferLine } from './log-line-execution.js'
import { capital, count, line, type LogLine, usd } from './log-text.js'

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
      const author = authorOf(event.state)
      const fields = { ...namedBy(scope), scope, state: level, reason, by: author.subject, byKind: author.kind }
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
      const fields = { ...namedBy(scope), breaker: code, scope, state: level }
      return line('error', `Breaker ${code} stops ${scope}${since}: ${reason}`, fields)
    }
    case 'stops-seen':
      return line('debug', `${event.states.length} scopes are stopped.`, {
        scopes: event.states.map(({ scope }) => scope),
        breakers: event.trips.map(({ code }) => code),
      })
    case 'lease-seen':
      return line('debug', event.isHeld ? 'This process may act.' : 'This process may not act.', {})
    case 'breaker-cleared': {
      const { code, scope, by } = event
      const fields = { ...namedBy(scope), breaker: code, scope, by }
      return line('info', `Breaker ${code} lets go of ${scope}, by ${by}.`, fields)
    }
    case 'signer-answered':
      return line(event.outcome === 'signed' ? 'debug' : 'warn', `The signer answered: ${event.outcome}.`, {
        outcome: event.outcome,
        seconds: event.seconds,
      })
    case 'replaced': {
      const { intentId, chain, reason, hash } = event
      const what = reason === 'cancel' ? 'is to be cancelled' : 'is sent again with higher fees'
      const fields = { ...idsOf(event), reason, hash }
      return line('warn', `Transaction of ${intentId} on ${chain} ${what}.`, fields)
    }
    case 'reorged': {
      const { chain, intentId } = event
      return line('warn', `A reorganisation of ${chain} undid the transaction of ${intentId}.`, idsOf(event))
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
    case 'leaders-fenced': {
      const { count: ended } = event
      return line('warn', `The signer refused ${count(ended, 'process')} after whom somebody else led.`, {
        count: ended,
      })
    }
    case 'investigations-seen': {
      const { transfers } = event
      return line('debug', `${count(transfers.length, 'late transfer')} looked into.`, {
        transfers: transfers.map(({ id }) => id),
      })
    }
    case 'nonces-compared': {
      const { chain, account, next, onChain } = event
      return line('debug', `${account} on ${chain}: ${onChain} in blocks, ${next} is given out next.`, {
        chain,
        account,
        next,
        onChain,
      })
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
        ...matterOf(proposal),
        proposal: id,
        digest,
        proposedBy: proposal.proposedBy,
      })
    }
    case 'approval-answered': {
      const { portfolio, proposal } = event
      const { id, kind, digest, state, approvedBy, needs } = proposal
      const what =
        state === 'open' ? `has ${approvedBy.length} of ${needs} approvals` : `is ${state}: ${proposal.reason}`
      return line('info', `${capital(kind)} ${id} ${what}`, {
        ...(portfolio !== undefined && { portfolio }),
        ...matterOf(proposal),
        proposal: id,
        digest,
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
    case 'spans-sent': {
      const { outcome, count: spans, isNews, detail } = event
      const fields = { outcome, spans }
      if (outcome === 'sent')
        return line(
          isNews ? 'info' : 'debug',
          `${count(spans, 'span')} of traces ${spans === 1 ? 'was' : 'were'} taken.`,
          fields,
        )
      return line(
        isNews ? 'warn' : 'debug',
        `${count(spans, 'span')} of traces ${spans === 1 ? 'is' : 'are'} lost: ${detail}`,
        fields,
      )
    }
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
      const { chain, hash, answers } = event
      const told = answers.map(({ endpoint, answer }) => `${endpoint}: ${answer}`).join('; ')
      return line('debug', `Sent to ${chain}: ${told}`, { ...idsOf(event), hash })
    }
    case 'gas-spent': {
      const { chain, kind } = event
      return line('debug', `Gas of ${kind} on ${chain}: ${usd(event.usd)}.`, { ...idsOf(event), kind })
    }
    case 'transfer-changed':
      return transferLine(event.portfolio, event.transfer, event.usd, before)
    case 'leg-ended':
      return legLine(event)
    case 'cycle-ended': {
      const { portfolio, cycle, outcome, seconds } = event
      const level = outcome === 'error' ? 'error' : outcome === 'stale_data' ? 'warn' : cycle.plan ? 'info' : 'debug'
      return line(level, `Cycle of ${portfolio} ended after ${seconds.toFixed(1)} s: ${outcome}.`, {
        portfolio,
        cycleId: cycle.id,
        planId: cycle.plan?.id,
        outcome,
        mode: cycle.mode,
        seconds,
      })
    }
    case 'cycle-skipped': {
      const { portfolio, outcome, reason, unwritten } = event
      return line(outcome === 'error' ? 'error' : 'debug', `No cycle of ${portfolio}, ${outcome}: ${reason}`, {
        portfolio,
        ...(unwritten && { cycleId: unwritten.cycleId }),
        outcome,
      })
    }
    case 'books-found': {
      const { portfolio, chain } = event
      return line('debug', `${portfolio} has books on ${chain} to compare.`, { portfolio, chain })
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

function idsOf({ portfolio, cycleId, legId, intentId, chain }: OfIntent) {
  return { portfolio, cycleId, legId, intentId, chain }
}

/** What a scope stops, under the name that other lines have for it: `portfolio`, `chain`, `venue`, `asset` or `bridge`. */
function namedBy(scope: Scope): Record<string, string> {
  const [kind = '', id] = scope.split(/:(.*)/s)
  return id === undefined ? {} : { [kind]: id }
}

/** The rows that a proposal is about. */
function matterOf({ kind, id, content }: Proposal): Record<string, unknown> {
  if (kind === 'plan') return { cycleId: id }
  if (kind === 'investigation') return { transferId: content['transfer'] }
  return kind === 'cancel' ? { intentId: content['intent'] } : {}
}
