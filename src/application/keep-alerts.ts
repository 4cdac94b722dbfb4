import { isExpired, portfolioOf as ownerOf, type Proposal } from '../domain/access/proposal.js'
import { dueTimesOf, isOverdue, type Transfer } from '../domain/execution/transfer.js'
import type { AlertKind } from '../domain/news/notice.js'
import { ALL_OPEN, type Breaker } from '../domain/policy/breakers.js'
import type { ScopeState } from '../domain/policy/operating.js'
import type { Alert, AlertReceiver } from '../ports/channels.js'
import type { Clock } from '../ports/clock.js'
import type { Observer } from '../ports/observer.js'
import type { Proposals } from '../ports/proposals.js'
import type { Store } from '../ports/store.js'

const LOOK_EVERY_MS = 15_000
/** What lasts is told again this often, and ends by itself when nobody tells of it for `LASTS_MS`. */
const TELL_EVERY_MS = 60_000
const LASTS_MS = 5 * 60_000
const MOST_PROPOSALS = 200

type Standing = Omit<Alert, 'endsAt'> & { readonly kind: AlertKind; readonly portfolio: string | undefined }

/** Whom to tell, and of what. */
export interface AlertSubscription {
  readonly receiver: AlertReceiver
  readonly on: readonly AlertKind[]
  /** Undefined for all; what is of no portfolio is for everybody. */
  readonly portfolios: readonly string[] | undefined
}

/**
 * Keeps alerts as the records are: what is open in them fires, and what was told and is no longer there is resolved. Nothing
 * is remembered that a restart could lose; of several processes all tell the same. A receiver that fails is told at the
 * next look.
 */
export class KeepAlerts {
  constructor(
    private readonly deps: {
      subscriptions: readonly AlertSubscription[]
      portfolios: readonly string[]
      store: Store
      proposals: Proposals
      clock: Clock
      observer: Observer
    },
  ) {}

  /** Ends when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.deps.subscriptions.map((one) => this.serve(one, signal)))
  }

  private async serve(subscription: AlertSubscription, signal: AbortSignal): Promise<void> {
    const { clock, observer } = this.deps
    const { name } = subscription.receiver
    const keeper = this.keeperFor(subscription)
    while (!signal.aborted) {
      await keeper(signal).catch((error: unknown) =>
        observer.notify({ type: 'failed', what: `keeping the alerts of ${name}`, isRetried: true, error }),
      )
      await clock.sleep(LOOK_EVERY_MS, signal)
    }
  }

  /** One look, which goes on from the one before. */
  keeperFor(subscription: AlertSubscription): (signal: AbortSignal) => Promise<void> {
    const { clock, observer } = this.deps
    const { receiver } = subscription
    let told = new Map<string, Standing>()
    let toldAt = 0
    return async (signal) => {
      const now = clock.now()
      const standing = new Map((await this.standing(subscription, now)).map((one) => [keyOf(one), one]))
      const ended = [...told].filter(([key]) => !standing.has(key)).map(([, one]) => alertOf(one, now))
      const isNews = ended.length > 0 || [...standing.keys()].some((key) => !told.has(key))
      if (!isNews && (standing.size === 0 || now - toldAt < TELL_EVERY_MS)) return
      const lasting = [...standing.values()].map((one) => alertOf(one, now + LASTS_MS))
      const delivery = await receiver.tell([...lasting, ...ended], signal)
      if (signal.aborted) return
      const isTold = delivery.status === 'delivered'
      const detail = isTold ? '' : delivery.detail
      observer.notify({ type: 'notified', channel: receiver.name, outcome: isTold ? 'delivered' : 'retried', detail })
      // What was not taken is told of again, what has ended as well.
      told = isTold ? standing : new Map([...told, ...standing])
      toldAt = isTold ? now : 0
    }
  }

  private async standing({ on, portfolios }: AlertSubscription, now: number): Promise<Standing[]> {
    const { store, proposals } = this.deps
    const breakers = on.includes('breaker') ? await store.breakers({ isOpen: true, limit: ALL_OPEN }) : []
    const states = on.includes('state') ? await store.operatingStates() : []
    const open = on.includes('approval') ? await proposals.list({ state: 'open', limit: MOST_PROPOSALS }) : []
    const all = [
      ...breakers.map(breakerAlert),
      ...states.map(stateAlert),
      ...open.filter((one) => !isExpired(one, now)).map(approvalAlert),
      ...(on.includes('transfer') ? await this.overdue() : []),
    ]
    return all.filter((one) => one.portfolio === undefined || (portfolios?.includes(one.portfolio) ?? true))
  }

  /** What somebody has looked into is no alert any more. */
  private async overdue(): Promise<Standing[]> {
    const { store, portfolios } = this.deps
    const all = await Promise.all(
      portfolios.map(async (portfolio) =>
        (await store.openTransfers(portfolio)).filter(isOverdue).map((one) => ({ transfer: one, portfolio })),
      ),
    )
    const late = all.flat()
    const marks = late.length === 0 ? [] : await store.investigations(late.map(({ transfer }) => transfer.id))
    return late
      .filter(({ transfer }) => !marks.some(({ transferId }) => transferId === transfer.id))
      .map(({ transfer, portfolio }) => transferAlert(transfer, portfolio))
  }
}

function breakerAlert({ code, scope, level, reason, trippedAt }: Breaker): Standing {
  return {
    kind: 'breaker',
    portfolio: portfolioOf(scope),
    labels: { alertname: 'EvenkeelBreakerTripped', severity: 'critical', breaker: code, scope },
    summary: `Breaker ${code} holds ${scope} (${level}): ${reason}`,
    startsAt: trippedAt,
  }
}

function stateAlert({ scope, level, reason, by, since }: ScopeState): Standing {
  return {
    kind: 'state',
    portfolio: portfolioOf(scope),
    labels: { alertname: 'EvenkeelNotRunning', severity: 'warning', scope },
    summary: `${scope} is ${level}, by ${by}: ${reason}`,
    startsAt: since,
  }
}

function approvalAlert(proposal: Proposal): Standing {
  const { id, kind, needs, proposedBy, proposedAt, expiresAt } = proposal
  const until = new Date(expiresAt).toISOString()
  return {
    kind: 'approval',
    portfolio: ownerOf(proposal),
    labels: { alertname: 'EvenkeelApprovalWanted', severity: 'warning', kind, proposal: id },
    summary: `The ${kind} ${id} of ${proposedBy} waits for ${needs} to approve it until ${until}.`,
    startsAt: proposedAt,
  }
}

function transferAlert(transfer: Transfer, portfolio: string): Standing {
  const { id, bridge, origin, destination, state, originHash } = transfer
  return {
    kind: 'transfer',
    portfolio,
    labels: { alertname: 'EvenkeelTransferLate', severity: 'warning', portfolio, bridge, transfer: id },
    summary: `A transfer over ${bridge} from ${origin} to ${destination} is ${state}; it was sent by ${originHash}.`,
    startsAt: dueTimesOf(transfer).late,
  }
}

function alertOf({ labels, summary, startsAt }: Standing, endsAt: number): Alert {
  return { labels, summary, startsAt, endsAt }
}

function keyOf({ labels }: Standing): string {
  return JSON.stringify(labels)
}

function portfolioOf(scope: string): string | undefined {
  return /^portfolio:(.+)$/.exec(scope)?.[1]
}
