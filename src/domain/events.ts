import type { Proposal } from './access/proposal.js'
import type { Address, AssetKey, ChainKey } from './assets.js'
import type { Cycle, CycleOutcome, LegRun } from './execution/cycle.js'
import type { Intent } from './execution/intent.js'
import type { Transfer } from './execution/transfer.js'
import type { Cost } from './planning/cost.js'
import type { Plan } from './planning/plan.js'
import type { QuoteFailureKind, VenueKey } from './planning/quote.js'
import type { RefusalCode } from './errors.js'
import type { BreakerCode, Trip } from './policy/breakers.js'
import type { FillingCap } from './policy/cap-use.js'
import type { Scope, ScopeState } from './policy/operating.js'
import type { Decision } from './policy/trigger.js'
import type { Drift } from './portfolio/drift.js'
import type { Snapshot } from './portfolio/snapshot.js'
import type { Valuation } from './portfolio/valuation.js'
import type { OfIntent } from './purpose.js'
import type { Risk } from './risk/risk.js'
import type { TargetRefusalCode } from './targets/target-refusal.js'
import type { Ratio } from './units/ratio.js'

/** Kinds of statements told apart. `other` is what begins and ends transactions, and what is written as text. */
export const QUERY_OPERATIONS = ['select', 'insert', 'update', 'delete', 'other'] as const
export type QueryOperation = (typeof QUERY_OPERATIONS)[number]

/** What becomes of the spans of traces. */
export const SPAN_OUTCOMES = ['sent', 'failed', 'dropped'] as const
export type SpanOutcome = (typeof SPAN_OUTCOMES)[number]

/** Everything that happens and means something to an operator. One adapter turns each into a log line and metrics. */
export type Event =
  | {
      readonly type: 'daemon-started'
      readonly version: string
      readonly configHash: string
      readonly mode: 'live' | 'dry-run'
    }
  /** Asked to end by a signal; portfolios whose steps under way are waited for. */
  | { readonly type: 'daemon-stopping'; readonly signal: string; readonly waitsFor: readonly string[] }
  /** `isComplete` is false where it took too long and the rest is left to the next process. */
  | {
      readonly type: 'daemon-stopped'
      readonly waitedFor: readonly string[]
      readonly seconds: number
      readonly isComplete: boolean
    }
  | { readonly type: 'lease-taken'; readonly epoch: number }
  | { readonly type: 'lease-lost'; readonly reason: string }
  /** `state.by` says who; `isEarlier` when it is told anew after a start. */
  | {
      readonly type: 'scope-changed'
      readonly state: ScopeState
      readonly isEarlier: boolean
      /** The audit log has it already, with whoever asked for it. */
      readonly isAudited?: boolean
    }
  /** `isEarlier` when one that is open is told anew after a start: it has not tripped again. */
  | { readonly type: 'breaker-tripped'; readonly trip: Trip; readonly at: number; readonly isEarlier: boolean }
  /** What the records say is stopped, whoever stopped it: scopes that are not named run, breakers that are not named let go. */
  | {
      readonly type: 'stops-seen'
      readonly states: readonly ScopeState[]
      readonly trips: readonly Trip[]
      readonly at: number
    }
  /** Processes that the signer refused since the last look because somebody led after them; they have ended. */
  | { readonly type: 'leaders-fenced'; readonly count: number }
  /** Late transfers that somebody says they have looked into, all of them. */
  | {
      readonly type: 'investigations-seen'
      readonly transfers: readonly Pick<Transfer, 'id' | 'bridge' | 'state'>[]
    }
  /** Whether this process may act at this moment. */
  | { readonly type: 'lease-seen'; readonly isHeld: boolean }
  | { readonly type: 'breaker-cleared'; readonly code: BreakerCode; readonly scope: Scope; readonly by: string }
  | {
      readonly type: 'signer-answered'
      readonly outcome: 'signed' | 'refused' | 'fenced' | 'error'
      readonly seconds: number
    }
  | (OfIntent & {
      readonly type: 'replaced'
      readonly reason: 'fee_bump' | 'cancel'
      readonly hash: string
    })
  | (OfIntent & { readonly type: 'reorged' })
  | {
      readonly type: 'rpc-answered'
      readonly chain: ChainKey
      readonly endpoint: string
      readonly method: string
      readonly outcome: 'ok' | 'error' | 'timeout'
      readonly seconds: number
    }
  | {
      readonly type: 'endpoint-judged'
      readonly chain: ChainKey
      readonly endpoint: string
      readonly isHealthy: boolean
      readonly reason: string
    }
  | {
      readonly type: 'allowances-swept'
      readonly portfolio: string
      readonly chain: ChainKey
      /** Allowances that are not zero and that no live transaction explains. */
      readonly standing: number
    }
  | {
      readonly type: 'nonces-compared'
      readonly chain: ChainKey
      readonly account: Address
      /** What we give out next, as it is written down. */
      readonly next: number
      /** Transactions of the account in blocks, by quorum. */
      readonly onChain: number
    }
  | {
      readonly type: 'chain-viewed'
      readonly chain: ChainKey
      readonly isQuorum: boolean
      /** Per endpoint that answered: its head. Timestamps in seconds since 1970. */
      readonly heads: readonly { readonly endpoint: string; readonly number: bigint; readonly timestamp: number }[]
      readonly finalizedTimestamp: number | undefined
    }
  | { readonly type: 'chain-unknown'; readonly portfolio: string; readonly chain: ChainKey; readonly reason: string }
  | { readonly type: 'price-unknown'; readonly portfolio: string; readonly asset: AssetKey; readonly reason: string }
  | { readonly type: 'approval-wanted'; readonly portfolio: string | undefined; readonly proposal: Proposal }
  /** Somebody answered a proposal, or it became void; `proposal` as it is then. */
  | { readonly type: 'approval-answered'; readonly portfolio: string | undefined; readonly proposal: Proposal }
  /** A stable asset has left its peg (C-36); whether it is still traded is another matter. */
  | { readonly type: 'off-peg'; readonly asset: AssetKey; readonly detail: string }
  | {
      readonly type: 'portfolio-measured'
      readonly portfolio: string
      readonly snapshot: Snapshot
      readonly valuation: Valuation
      readonly drift: Drift
    }
  | { readonly type: 'decided'; readonly portfolio: string; readonly cycleId: string; readonly decision: Decision }
  | {
      readonly type: 'quoted'
      readonly venue: VenueKey
      readonly chain: ChainKey
      readonly outcome: 'ok' | QuoteFailureKind
      readonly seconds: number
      readonly detail: string
    }
  | { readonly type: 'plan-proposed'; readonly portfolio: string; readonly cycleId: string; readonly plan: Plan }
  | {
      readonly type: 'no-plan'
      readonly portfolio: string
      readonly cycleId: string
      readonly reasons: readonly string[]
    }
  /** One venue's firm quote that may not be signed; another venue's may be. */
  | {
      readonly type: 'quote-refused'
      readonly portfolio: string
      readonly cycleId: string
      readonly legId: string
      readonly venue: VenueKey
      readonly code: RefusalCode
      readonly detail: string
    }
  | {
      readonly type: 'offer-refused'
      readonly portfolio: string
      readonly cycleId: string
      readonly legId: string
      readonly code: RefusalCode
      readonly detail: string
    }
  | { readonly type: 'intent-changed'; readonly portfolio: string; readonly intent: Intent; readonly at: number }
  | (OfIntent & {
      readonly type: 'broadcast'
      readonly hash: string
      readonly answers: readonly { readonly endpoint: string; readonly answer: string }[]
    })
  | (OfIntent & { readonly type: 'gas-spent'; readonly kind: string; readonly usd: bigint })
  | {
      readonly type: 'transfer-changed'
      readonly portfolio: string
      readonly transfer: Transfer
      readonly usd: bigint
      readonly at: number
    }
  | {
      readonly type: 'leg-ended'
      readonly portfolio: string
      readonly cycleId: string
      readonly run: LegRun
      readonly realised: Cost | undefined
      readonly notional: bigint
    }
  | {
      readonly type: 'cycle-ended'
      readonly portfolio: string
      readonly cycle: Cycle
      readonly outcome: CycleOutcome
      readonly seconds: number
    }
  | {
      readonly type: 'cycle-skipped'
      readonly portfolio: string
      readonly outcome: 'paused' | 'standby' | 'stale_data' | 'error'
      readonly reason: string
      /** What it would have been, where its thinking had begun; nothing of it is written down. */
      readonly unwritten?: { readonly cycleId: string; readonly startedAt: number }
    }
  /** A portfolio has bookings on a chain, which the process that leads has to compare with it from now on. */
  | { readonly type: 'books-found'; readonly portfolio: string; readonly chain: ChainKey }
  | {
      readonly type: 'reconciled'
      readonly portfolio: string
      readonly chain: ChainKey
      readonly mismatches: readonly {
        readonly token: string
        readonly asset: AssetKey
        readonly decimals: number
        readonly ledger: bigint
        readonly onChain: bigint
      }[]
      readonly at: number
    }
  /** Money is missing, and a person who was told of it by this breaker has cleared it: the loss is taken into the books. */
  | {
      readonly type: 'loss-booked'
      readonly portfolio: string
      readonly chain: ChainKey
      readonly token: Address
      /** Base units. */
      readonly units: bigint
      readonly by: string
    }
  /** Somebody else used nonces of the account, and a person who was told of it has cleared that: we go on after them. */
  | {
      readonly type: 'nonce-adopted'
      readonly chain: ChainKey
      readonly account: Address
      readonly next: number
      readonly by: string
    }
  /** Proposals that wait for the word of people and have not expired. */
  | { readonly type: 'proposals-counted'; readonly open: Readonly<Record<Proposal['kind'], number>> }
  /** How full each cap of a portfolio is, and the losses of its last 24 hours as a share of NAV. Scaled by 10^18. */
  | {
      readonly type: 'caps-read'
      readonly portfolio: string
      readonly use: Readonly<Record<FillingCap, Ratio>>
      readonly dayLoss: Ratio
    }
  /** The admin port answered. `route` is the pattern of the path, undefined where no route took it. */
  | {
      readonly type: 'request-answered'
      readonly method: string
      readonly route: string | undefined
      /** What the audit log calls it, `read` for what changes nothing; undefined where no route took it. */
      readonly action: string | undefined
      readonly status: number
      readonly seconds: number
    }
  /** The database answered a statement or refused it. */
  | { readonly type: 'queried'; readonly operation: QueryOperation; readonly seconds: number }
  /** A person took money found on the account for the fund's own. */
  | {
      readonly type: 'inflow-classified'
      readonly portfolio: string
      readonly chain: ChainKey
      readonly token: Address
      /** Base units. */
      readonly units: bigint
      readonly reason: string
    }
  /** What the price history says of the risk of a portfolio, as it is about to be weighed. */
  | { readonly type: 'risk-read'; readonly portfolio: string; readonly risk: Risk }
  /** Targets came into force. Weights by asset, scaled by 10^18. */
  | {
      readonly type: 'targets-set'
      readonly portfolio: string
      readonly setter: string
      readonly weights: Readonly<Record<AssetKey, Ratio>>
      readonly reasons: readonly string[]
    }
  /** Those in force stay. Told once a day for each setting and reason. */
  | {
      readonly type: 'targets-refused'
      readonly portfolio: string
      readonly setter: string
      readonly code: TargetRefusalCode
      readonly detail: string
    }
  /** The audit log was read, as far as `count` records, and nothing new is wrong with it. Milliseconds since 1970. */
  | { readonly type: 'audit-verified'; readonly count: number; readonly at: number }
  /** What happened faster than it could be written down, for the feed of events or the audit log. */
  | { readonly type: 'events-dropped'; readonly place: 'feed' | 'audit'; readonly count: number }
  /** An attempt at a notification. */
  | {
      readonly type: 'notified'
      readonly channel: string
      readonly outcome: 'delivered' | 'retried' | 'given_up'
      readonly detail: string
    }
  /** How many notifications of a channel wait to be delivered. */
  | { readonly type: 'notifications-waiting'; readonly channel: string; readonly count: number }
  /** Spans of traces left the process, were not taken, or found no room to wait. `isNews` when it was otherwise before. */
  | {
      readonly type: 'spans-sent'
      readonly outcome: SpanOutcome
      readonly count: number
      readonly isNews: boolean
      readonly detail: string
    }
  | {
      readonly type: 'failed'
      readonly what: string
      readonly error: unknown
      /** The same is tried again by itself, without loss. */
      readonly isRetried: boolean
    }
