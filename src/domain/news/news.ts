import type { Proposal } from '../access/proposal.js'
import type { Address, ChainKey, Hex } from '../assets.js'
import type { CycleOutcome, LegState } from '../execution/cycle.js'
import type { IntentState, StepKind } from '../execution/intent.js'
import type { TransferState } from '../execution/transfer.js'
import type { LegKind } from '../planning/quote.js'
import type { BreakerCode } from '../policy/breakers.js'
import type { Author, OperatingLevel, Scope } from '../policy/operating.js'
import type { DecisionCode } from '../policy/trigger.js'

/** An amount for people: exact decimal text and the symbol of its token. */
export interface AmountTold {
  readonly chain: ChainKey
  readonly symbol: string
  readonly amount: string
}

interface Found {
  readonly chain: ChainKey
  readonly token: Address
  /** Base units. */
  readonly units: string
}

interface Trip {
  readonly breaker: BreakerCode
  readonly scope: Scope
}

/** What is told of each type, as plain JSON: USD and shares are decimal texts, times are ISO 8601, absent is null. */
export interface NewsData {
  readonly 'daemon-started': {
    readonly version: string
    readonly configHash: string
    readonly mode: 'live' | 'dry-run'
  }
  readonly 'daemon-stopping': { readonly signal: string; readonly waitsFor: readonly string[] }
  readonly 'scope-changed': {
    readonly scope: Scope
    readonly state: OperatingLevel
    readonly reason: string
    readonly by: string
    readonly byKind: Author['kind']
    readonly expiresAt: string | null
  }
  readonly 'breaker-tripped': Trip & { readonly state: OperatingLevel; readonly reason: string }
  readonly 'breaker-cleared': Trip & { readonly by: string }
  readonly decided: {
    readonly cycleId: string
    readonly act: boolean
    readonly code: DecisionCode
    readonly reasons: readonly string[]
  }
  readonly 'plan-proposed': {
    readonly cycleId: string
    readonly planId: string
    readonly method: string
    readonly legs: number
    readonly costUsd: string
  }
  readonly 'no-plan': { readonly cycleId: string; readonly reasons: readonly string[] }
  readonly 'approval-wanted': {
    readonly proposal: string
    readonly kind: Proposal['kind']
    readonly digest: string
    readonly needs: number
    readonly proposedBy: string
    readonly expiresAt: string
    readonly reason: string
  }
  readonly 'approval-answered': {
    readonly proposal: string
    readonly kind: Proposal['kind']
    readonly state: Proposal['state']
    readonly approvedBy: readonly string[]
    readonly reason: string
  }
  readonly 'leg-ended': {
    readonly cycleId: string
    readonly legId: string
    readonly kind: LegKind
    readonly state: LegState
    readonly venue: string
    readonly sold: AmountTold | null
    readonly received: AmountTold | null
    readonly notionalUsd: string
    readonly costUsd: string | null
    readonly code: string | null
  }
  readonly 'intent-changed': {
    readonly intentId: string
    readonly cycleId: string | null
    readonly legId: string | null
    readonly chain: ChainKey
    readonly kind: StepKind
    readonly nonce: number
    readonly state: IntentState
    readonly hash: Hex | null
  }
  readonly 'transfer-changed': {
    readonly transferId: string
    readonly cycleId: string
    readonly bridge: string
    readonly origin: ChainKey
    readonly destination: ChainKey
    readonly state: TransferState
    readonly sent: AmountTold
    readonly valueUsd: string
    readonly expectedSeconds: number
    readonly originHash: Hex
  }
  readonly 'cycle-ended': {
    readonly cycleId: string
    readonly outcome: CycleOutcome
    readonly mode: 'live' | 'dry-run'
    readonly seconds: number
    readonly legs: number
  }
  readonly 'cycle-skipped': { readonly outcome: 'paused' | 'stale_data' | 'error'; readonly reason: string }
  readonly reconciled: {
    readonly chain: ChainKey
    readonly mismatches: readonly {
      readonly token: string
      readonly ledgerUnits: string
      readonly chainUnits: string
    }[]
  }
  readonly 'loss-booked': Found & { readonly by: string }
  readonly 'nonce-adopted': {
    readonly chain: ChainKey
    readonly account: Address
    readonly next: number
    readonly by: string
  }
  readonly 'inflow-classified': Found & { readonly reason: string }
  readonly 'targets-set': {
    readonly setter: string
    readonly weights: Readonly<Record<string, string>>
    readonly reasons: readonly string[]
  }
  readonly 'targets-refused': { readonly setter: string; readonly code: string; readonly detail: string }
  readonly 'price-unknown': { readonly asset: string; readonly reason: string }
  readonly 'price-known': { readonly asset: string }
  readonly 'chain-unknown': { readonly chain: ChainKey; readonly reason: string }
  readonly 'chain-known': { readonly chain: ChainKey }
  readonly 'endpoint-judged': {
    readonly chain: ChainKey
    readonly endpoint: string
    readonly isHealthy: boolean
    readonly reason: string
  }
  readonly 'events-dropped': { readonly count: number }
  readonly failed: { readonly what: string; readonly error: string; readonly isRetried: boolean }
}

export type NewsType = keyof NewsData

/** Something that happened, as people and programs outside are told of it. */
export type News = {
  readonly [Type in NewsType]: {
    readonly type: Type
    readonly portfolio: string | undefined
    readonly data: NewsData[Type]
  }
}[NewsType]

export const NEWS_TYPES = [
  'daemon-started',
  'daemon-stopping',
  'scope-changed',
  'breaker-tripped',
  'breaker-cleared',
  'decided',
  'plan-proposed',
  'no-plan',
  'approval-wanted',
  'approval-answered',
  'leg-ended',
  'intent-changed',
  'transfer-changed',
  'cycle-ended',
  'cycle-skipped',
  'reconciled',
  'loss-booked',
  'nonce-adopted',
  'inflow-classified',
  'targets-set',
  'targets-refused',
  'price-unknown',
  'price-known',
  'chain-unknown',
  'chain-known',
  'endpoint-judged',
  'events-dropped',
  'failed',
] as const satisfies readonly NewsType[]
