import type { ColumnType, Generated, GeneratedAlways } from 'kysely'
import type { Address, ChainKey, Hex } from '../../domain/assets.js'
import type { Cycle, CycleOutcome, LegState } from '../../domain/execution/cycle.js'
import type { IntentState, StepKind } from '../../domain/execution/intent.js'
import type { LedgerAccount } from '../../domain/execution/ledger.js'
import type { TransferState } from '../../domain/execution/transfer.js'
import type { OperatingState } from '../../ports/store.js'

/** Written with `toJson`, read with `fromJson`. */
type Json = ColumnType<unknown, string, string>
/** Whole number of any size; the driver hands it out as text. */
type Whole = ColumnType<string, bigint | number | string, bigint | number | string>
type Fixed<T> = ColumnType<T, T, never>

export interface Tables {
  schema_migrations: { name: string; applied_at: GeneratedAlways<Date> }
  lease: LeaseRow
  operating_state: { state: OperatingState['state']; reason: string; since: Date }
  cycles: CycleRow
  plans: { id: Fixed<string>; cycle_id: Fixed<string>; plan: ColumnType<unknown, string, never> }
  legs: LegRow
  accounts: { chain: Fixed<ChainKey>; account: Fixed<string>; next_nonce: Whole }
  intents: IntentRow
  attempts: AttemptRow
  transfers: TransferRow
  postings: PostingRow
  curves: CurveRow
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
  cycle_id: Fixed<string>
  leg_id: Fixed<string>
  kind: Fixed<StepKind>
  ordinal: Fixed<number>
  chain: Fixed<ChainKey>
  account: Fixed<Address>
  nonce: ColumnType<string, number, never>
  call: ColumnType<unknown, string, never>
  gas_limit: ColumnType<string, bigint, never>
  reserved_at: Fixed<Date>
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
  arrival_chain: GeneratedAlways<ChainKey | null>
  arrival_hash: GeneratedAlways<Hex | null>
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
}

/** `record` holds everything; `chain` is read out of it by the database. Rows are replaced and deleted. */
export interface CurveRow {
  key: Fixed<string>
  chain: GeneratedAlways<ChainKey>
  record: Json
  updated_at: Date
}
