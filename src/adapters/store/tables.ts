import type { ColumnType, Generated, GeneratedAlways } from 'kysely'
import type { KeyScope } from '../../domain/access/scopes.js'
import type { Address, ChainKey, Hex } from '../../domain/assets.js'
import type { Cycle, CycleOutcome, LegState } from '../../domain/execution/cycle.js'
import type { IntentState, StepKind } from '../../domain/execution/intent.js'
import type { LedgerAccount } from '../../domain/execution/ledger.js'
import type { TransferState } from '../../domain/execution/transfer.js'
import type { BreakerCode } from '../../domain/policy/breakers.js'
import type { Author, OperatingLevel, Scope, ScopeState } from '../../domain/policy/operating.js'
import type { TargetRefusalCode } from '../../domain/targets/target-refusal.js'
import type { TargetSet } from '../../domain/targets/target-set.js'
import type { PayloadClass } from '../../ports/signer.js'

/** Written with `toJson`, read with `fromJson`. */
type Json = ColumnType<unknown, string, string>
/** Whole number of any size; the driver hands it out as text. */
type Whole = ColumnType<string, bigint | number | string, bigint | number | string>
type Fixed<T> = ColumnType<T, T, never>

export interface Tables {
  schema_migrations: { name: string; applied_at: GeneratedAlways<Date> }
  lease: LeaseRow
  scope_states: ScopeStateRow
  timed_pauses: TimedPauseRow
  breakers: BreakerRow
  cycles: CycleRow
  plans: { id: Fixed<string>; cycle_id: Fixed<string>; plan: ColumnType<unknown, string, never> }
  legs: LegRow
  accounts: { chain: Fixed<ChainKey>; account: Fixed<string>; next_nonce: Whole }
  intents: IntentRow
  attempts: AttemptRow
  transfers: TransferRow
  arrivals: ArrivalRow
  transfer_investigations: InvestigationRow
  postings: PostingRow
  intent_events: IntentEventRow
  broadcasts: BroadcastRow
  cancel_orders: CancelOrderRow
  signer_epoch: { epoch: Whole }
  signer_journal: JournalRow
  spends: SpendRow
  code_pins: { chain: Fixed<ChainKey>; contract: Fixed<string>; selector: Fixed<Hex>; fingerprint: Fixed<Hex> }
  curves: CurveRow
  price_days: PriceDayRow
  unit_days: UnitDayRow
  target_sets: TargetSetRow
  target_documents: TargetDocumentRow
  audit_log: AuditRow
  audit_head: { sequence: Whole; hash: string }
  api_keys: ApiKeyRow
  person_words: PersonWordRow
  idempotency_keys: IdempotencyRow
  events: EventRow
  event_head: { sequence: Whole }
  notifications: NotificationRow
  proposals: ProposalRow
  reconciliations: { portfolio: Fixed<string>; chain: Fixed<ChainKey>; at: Date; is_short: boolean }
}

/** Who said it: both or neither. */
interface AuthorColumns {
  author_kind: Author['kind'] | null
  author: string | null
}

export interface ScopeStateRow extends AuthorColumns {
  scope: Scope
  level: OperatingLevel
  reason: string
  since: Date
  set_by: ScopeState['by']
}

/** A person's pause that ends by itself: it holds while `expires_at` is ahead by the database's clock. */
export interface TimedPauseRow extends AuthorColumns {
  id: GeneratedAlways<string>
  scope: Fixed<Scope>
  level: Fixed<Exclude<OperatingLevel, 'running'>>
  reason: Fixed<string>
  since: Date
  expires_at: Fixed<Date>
}

export interface CancelOrderRow {
  intent_id: Fixed<string>
  ordered_by: Fixed<string>
  reason: Fixed<string>
  at: Fixed<Date>
}

export interface InvestigationRow {
  transfer_id: Fixed<string>
  investigated_by: string
  reason: string
  note: string | null
  at: Date
}

/** One row. Free when it has no holder or `expires_at` has passed by the database's clock. */
export interface LeaseRow {
  holder: string | null
  epoch: Whole
  expires_at: Date
  build: string | null
  schema_version: string | null
}

export interface CycleRow {
  id: Fixed<string>
  portfolio: Fixed<string>
  mode: Fixed<Cycle['mode']>
  started_at: Fixed<Date>
  ended_at: Date | null
  outcome: CycleOutcome | null
  is_unfinished: ColumnType<boolean, boolean | undefined, boolean>
  valuation: Json
  drift: Json
  decision: Json
  market: Json
  plan_reasons: Json
  nav_usd: GeneratedAlways<string>
  decision_code: GeneratedAlways<string>
}

/** `run` holds everything; the columns after it are read out of it by the database. */
export interface LegRow {
  id: Fixed<string>
  cycle_id: Fixed<string>
  /** Place in the plan, from 0. */
  index: Fixed<number>
  version: Generated<number>
  run: Json
  realised: Json | null
  state: GeneratedAlways<LegState>
  kind: GeneratedAlways<string>
  venue: GeneratedAlways<string>
  chain: GeneratedAlways<ChainKey>
  sell_units: GeneratedAlways<string>
  expected_units: GeneratedAlways<string>
}

export interface IntentRow {
  /** Order of writing. */
  sequence: GeneratedAlways<string>
  id: Fixed<string>
  cycle_id: Fixed<string | null>
  leg_id: Fixed<string | null>
  kind: Fixed<StepKind>
  ordinal: Fixed<number>
  chain: Fixed<ChainKey>
  account: Fixed<Address>
  nonce: ColumnType<string, number, never>
  call: ColumnType<unknown, string, never>
  gas_limit: ColumnType<string, bigint, never>
  reserved_at: Fixed<Date>
  expires_at: Fixed<Date | null>
  state: IntentState
  version: Generated<number>
  /** Lease under which the row was last changed. */
  epoch: Whole
  inclusion: Json | null
}

export interface AttemptRow {
  intent_id: Fixed<string>
  /** From 1, in order of signing. */
  ordinal: Fixed<number>
  hash: Fixed<Hex>
  raw: Fixed<Hex>
  gas_limit: ColumnType<string, bigint, never>
  max_fee_per_gas: ColumnType<string, bigint, never>
  max_priority_fee_per_gas: ColumnType<string, bigint, never>
  signed_at: Fixed<Date>
  payload: Fixed<PayloadClass>
}

export interface BreakerRow {
  id: GeneratedAlways<string>
  code: Fixed<BreakerCode>
  scope: Fixed<Scope>
  level: Exclude<OperatingLevel, 'running'>
  reason: string
  tripped_at: Fixed<Date>
  cleared_at: Date | null
  cleared_by: string | null
}

/** Written with every change of an intent's state. */
export interface IntentEventRow {
  sequence: GeneratedAlways<string>
  intent_id: Fixed<string>
  state: Fixed<IntentState>
  epoch: Whole
  evidence: Fixed<string>
  at: GeneratedAlways<Date>
}

export interface BroadcastRow {
  sequence: GeneratedAlways<string>
  intent_id: Fixed<string>
  hash: Fixed<Hex>
  endpoint: Fixed<string>
  answer: Fixed<string>
  at: Fixed<Date>
}

/** What was ever signed for a nonce. Only ever added to. */
export interface JournalRow {
  sequence: GeneratedAlways<string>
  chain_id: Whole
  account: Fixed<string>
  nonce: Whole
  payload: Fixed<PayloadClass>
  digest: Fixed<Hex>
  max_fee_per_gas: ColumnType<string, bigint, never>
  max_priority_fee_per_gas: ColumnType<string, bigint, never>
  epoch: Whole
  intent_id: Fixed<string>
  at: GeneratedAlways<Date>
}

/** USD with 18 decimals as whole numbers, as everywhere. */
export interface SpendRow {
  intent_id: Fixed<string>
  portfolio: Fixed<string>
  cycle_id: Fixed<string>
  chain: Fixed<ChainKey>
  account: Fixed<string>
  asset: Fixed<string>
  venue: Fixed<string>
  bridge: Fixed<string | null>
  turnover: ColumnType<string, bigint, never>
  gas: ColumnType<string, bigint, never>
  gas_wei: ColumnType<string, bigint, never>
  sold: Fixed<string | null>
  bought: Fixed<string | null>
  at: Fixed<Date>
}

/** `transfer` holds everything; the columns after it are read out of it by the database. */
export interface TransferRow {
  sequence: GeneratedAlways<string>
  id: Fixed<string>
  cycle_id: Fixed<string>
  version: Generated<number>
  transfer: Json
  state: GeneratedAlways<TransferState>
  bridge: GeneratedAlways<string>
  origin: GeneratedAlways<ChainKey>
  destination: GeneratedAlways<ChainKey>
}

/** Which transfer each payout is evidence for: an index over the documents, written with them. */
export interface ArrivalRow {
  chain: Fixed<ChainKey>
  hash: Fixed<Hex>
  log: Fixed<number>
  transfer_id: Fixed<string>
}

/** Addresses in lower case: letter case is no difference, so it must not split a sum or hide a repetition. */
export interface PostingRow {
  cause: Fixed<string>
  owner: Fixed<Address>
  chain: Fixed<ChainKey>
  token: Fixed<Address>
  account: Fixed<LedgerAccount>
  units: ColumnType<string, bigint, never>
  booked_at: GeneratedAlways<Date>
  book: Fixed<'provisional' | 'final'>
  /** Order of writing. */
  sequence: GeneratedAlways<string>
}

/** `record` holds everything; `chain` is read out of it by the database. Rows are replaced and deleted. */
export interface CurveRow {
  key: Fixed<string>
  chain: GeneratedAlways<ChainKey>
  record: Json
  updated_at: Date
}

/** A decimal number; the driver hands it out as text. */
type Decimal = ColumnType<string, string, string>
/** A `date`; `day.ts` reads and writes it as a number of days, because the driver reads it in a time zone. */
type Day = ColumnType<Date, Date, Date>

/** Price in USD. */
export interface PriceDayRow {
  asset: Fixed<string>
  day: Day
  price: Decimal
  observed_at: Date
  origin: 'observed' | 'imported'
}

/** The fund on a day: value of a unit, NAV and what came in from outside, in USD; `parts` is what it was made of. */
export interface UnitDayRow {
  portfolio: Fixed<string>
  day: Day
  observed_at: Date
  since: Day
  unit: Decimal
  nav: Decimal
  flow: Decimal
  parts: Json
}

/** Only ever added to. `inputs` and `setting` are canonical texts. */
export interface TargetSetRow {
  /** Order of writing. */
  sequence: GeneratedAlways<string>
  portfolio: Fixed<string>
  set_at: Fixed<Date>
  day: GeneratedAlways<Date>
  setter: Fixed<string>
  setting: Fixed<string>
  status: Fixed<TargetSet['status']>
  code: Fixed<TargetRefusalCode | null>
  weights: ColumnType<unknown, string | null, never>
  exposure: Fixed<number | null>
  document: ColumnType<unknown, string | null, never>
  inputs: Fixed<string>
  /** SHA-256 of the inputs. */
  inputs_hash: Fixed<string>
  reasons: ColumnType<unknown, string, never>
}

/** The newest document of each portfolio that passed. */
export interface TargetDocumentRow {
  portfolio: Fixed<string>
  set_at: Date
  weights: Json
}

/** Only ever added to; the trigger sees to it. `record` is the text that `hash` is over. */
export interface AuditRow {
  sequence: ColumnType<string, number, never>
  record: ColumnType<unknown, string, never>
  hash: Fixed<string>
  subject: GeneratedAlways<string>
  action: GeneratedAlways<string>
  result: GeneratedAlways<string>
}

/** That a person is shut out or let in again. */
export interface PersonWordRow {
  /** Order of writing. */
  sequence: GeneratedAlways<string>
  subject: Fixed<string>
  is_denied: Fixed<boolean>
  reason: Fixed<string>
  at: Fixed<Date>
}

export interface ApiKeyRow {
  id: Fixed<string>
  name: Fixed<string>
  hash: Fixed<string>
  scopes: ColumnType<KeyScope[], readonly KeyScope[], never>
  created_at: Fixed<Date>
  expires_at: Fixed<Date>
  revoked_at: Date | null
  last_used_at: Date | null
  networks: ColumnType<string[], readonly string[], never>
}

/** `status` and `body` are null while the call is under way. */
export interface IdempotencyRow {
  subject: Fixed<string>
  key: Fixed<string>
  fingerprint: string
  claimed_at: Date
  status: number | null
  body: string | null
}

export interface EventRow {
  sequence: ColumnType<string, string, never>
  at: Fixed<Date>
  type: Fixed<string>
  portfolio: Fixed<string | null>
  data: ColumnType<unknown, string, never>
}

/** `event` holds what is sent; `outcome` and `ended_at` are null while it waits. */
export interface NotificationRow {
  /** Order of writing. */
  id: GeneratedAlways<string>
  channel: Fixed<string>
  key: Fixed<string | null>
  event: ColumnType<unknown, string, never>
  created_at: Fixed<Date>
  due_at: Date
  attempts: Generated<number>
  outcome: 'delivered' | 'given_up' | null
  ended_at: Date | null
}

/** `proposal` holds everything. */
export interface ProposalRow {
  /** Order of writing. */
  sequence: GeneratedAlways<string>
  id: Fixed<string>
  proposal: Json
  state: GeneratedAlways<string>
  kind: GeneratedAlways<string>
}
