import { isDeepStrictEqual } from 'node:util'
import { type Address, type ChainKey, type Hex, sameAddress } from '../../src/domain/assets.js'
import { InvariantError } from '../../src/domain/errors.js'
import { type CancelOrder, reasonNotToCancel } from '../../src/domain/execution/cancel-order.js'
import type { Cycle, CycleOutcome, LegRun } from '../../src/domain/execution/cycle.js'
import {
  assertEdge,
  type Attempt,
  type Intent,
  isLive,
  type NewIntent,
  releasedIntent,
  reservedIntent,
  withAttempt,
} from '../../src/domain/execution/intent.js'
import type { Investigation } from '../../src/domain/execution/investigation.js'
import { depositPostings, type Posting } from '../../src/domain/execution/ledger.js'
import type { BooksLook } from '../../src/domain/execution/reconciliation.js'
import { isOverdue, isTransferOpen, payoutKey, type Transfer } from '../../src/domain/execution/transfer.js'
import { MOST_FOLLOW_UPS, type PastLook } from '../../src/domain/rebalancing/due-times.js'
import type { Cost } from '../../src/domain/planning/cost.js'
import type { CurveRecord } from '../../src/domain/planning/curve-record.js'
import type { Breaker, BreakerCode, Trip } from '../../src/domain/policy/breakers.js'
import type { BudgetClaim, BudgetUse, Spend } from '../../src/domain/policy/budgets.js'
import {
  DAEMON,
  isStricter,
  type OperatingLevel,
  type Scope,
  type ScopeState,
  stricter,
} from '../../src/domain/policy/operating.js'
import { isOver, statesOf, type TimedPause } from '../../src/domain/policy/timed-pauses.js'
import type { BookedUnits } from '../../src/domain/portfolio/tradable.js'
import type { BroadcastAnswer } from '../../src/ports/chain.js'
import {
  type BroadcastRecord,
  BudgetError,
  ConflictError,
  CURVE_LIFETIME_MS,
  type CycleSummary,
  type DecisionRecord,
  ForeignNonceError,
  type IntentEvent,
  type LedgerEntry,
  NonceGapError,
  Store,
} from '../../src/ports/store.js'
import { NOW } from './builders.js'
import { spenderOf } from './fake-contracts.js'
import { budgetUseOf } from './memory-budgets.js'

/** What outlives a store: hand the same rows to a new one to play a restart. */
export class MemoryRows {
  cycles = new Map<string, Cycle>()
  unfinished = new Set<string>()
  costs = new Map<string, Cost>()
  nextNonces = new Map<string, number>()
  looseIntents: Intent[] = []
  events: (IntentEvent & { readonly intentId: string })[] = []
  broadcasts: (BroadcastRecord & { readonly intentId: string })[] = []
  postings: LedgerEntry[] = []
  spends: (Spend & { readonly intentId: string })[] = []
  scopes = new Map<Scope, ScopeState>()
  timedPauses: TimedPause[] = []
  lastPauseId = 0
  breakers: Breaker[] = []
  cancelOrders: CancelOrder[] = []
  investigations = new Map<string, Investigation>()
  pins = new Map<string, Hex>()
  looks = new Map<string, BooksLook>()
  curves = new Map<string, { record: CurveRecord; updatedAt: number }>()
}

export type StoreMethod = Exclude<keyof MemoryStore, 'rows'>

/**
 * Behaves as the Store on Postgres does, lease aside. `interrupt` is called around every change: throwing `before`
 * leaves nothing written, throwing `after` leaves it written without the caller being told, as a crash would.
 */
export class MemoryStore extends Store {
  constructor(
    readonly rows = new MemoryRows(),
    private readonly interrupt: (method: StoreMethod, moment: 'before' | 'after') => void = () => undefined,
    /** The database's clock. */
    private readonly now: () => number = () => NOW,
    private readonly epoch: () => number = () => 1,
  ) {
    super()
  }

  openCycle(cycle: Cycle): Promise<boolean> {
    return this.change('openCycle', () => {
      if (cycle.intents.length > 0 || cycle.transfers.length > 0)
        throw new InvariantError(`Cycle ${cycle.id} opens with intents or transfers.`)
      if (this.rows.cycles.has(cycle.id)) return false
      const others = [...this.rows.cycles.values()]
      if (cycle.plan && others.some(({ plan }) => plan?.id === cycle.plan?.id))
        throw new InvariantError(`Plan ${cycle.plan.id} exists.`)
      if (cycle.legs.some(({ leg }) => this.legIn(leg.id))) throw new InvariantError(`A leg of ${cycle.id} exists.`)
      this.rows.cycles.set(cycle.id, cycle)
      return true
    })
  }

  closeCycle(id: string, outcome: CycleOutcome, at: number, isUnfinished = false): Promise<void> {
    return this.change('closeCycle', () => {
      const cycle = this.rows.cycles.get(id)
      if (!cycle || cycle.endedAt !== undefined) throw new ConflictError(`Cycle ${id} is not open.`)
      this.rows.cycles.set(id, { ...cycle, endedAt: at, outcome })
      if (isUnfinished) this.rows.unfinished.add(id)
    })
  }

  cycle(id: string): Promise<Cycle | undefined> {
    return Promise.resolve(this.rows.cycles.get(id))
  }

  openCycles(): Promise<readonly Cycle[]> {
    return Promise.resolve(
      this.newestFirst()
        .filter(({ endedAt }) => endedAt === undefined)
        .toReversed(),
    )
  }

  /** Newest first. */
  private pageOf({ portfolio, outcome, mode, before, limit }: Parameters<Store['cycles']>[0]): Cycle[] {
    const all = this.newestFirst()
    const last = all.findIndex(({ id }) => id === before)
    const page = before === undefined ? all : last < 0 ? [] : all.slice(last + 1)
    return page
      .filter(
        (cycle) =>
          (portfolio === undefined || cycle.portfolio === portfolio) &&
          (outcome === undefined || (cycle.outcome ?? null) === outcome) &&
          (mode === undefined || cycle.mode === mode),
      )
      .slice(0, limit)
  }

  decisions(query: { portfolio: string; before?: string; limit: number }): Promise<readonly DecisionRecord[]> {
    return Promise.resolve(
      this.pageOf(query).map(({ id, startedAt, outcome, decision, drift }) => ({
        cycleId: id,
        decidedAt: startedAt,
        outcome,
        decision,
        drift,
      })),
    )
  }

  cycles(query: Parameters<Store['cycles']>[0]): Promise<readonly CycleSummary[]> {
    return Promise.resolve(
      this.pageOf(query).map(({ id, portfolio, mode, startedAt, endedAt, outcome, decision, planReasons, legs }) => ({
        id,
        portfolio,
        mode,
        startedAt,
        endedAt,
        outcome,
        reasons: [...decision.reasons, ...planReasons],
        legs: legs.length,
      })),
    )
  }

  lastTradedAt(portfolio: string): Promise<number | undefined> {
    const ends = [...this.rows.cycles.values()]
      .filter((cycle) => cycle.portfolio === portfolio && cycle.mode === 'live' && cycle.outcome === 'traded')
      .flatMap(({ endedAt }) => endedAt ?? [])
    return Promise.resolve(ends.length === 0 ? undefined : Math.max(...ends))
  }

  lastLooks({ portfolio, mode, policy }: Parameters<Store['lastLooks']>[0]): Promise<readonly PastLook[]> {
    const isLook = ({ outcome, decision }: Cycle) =>
      outcome === (mode === 'live' ? 'traded' : 'planned') || (outcome === 'within_band' && decision.policy === policy)
    return Promise.resolve(
      [...this.rows.cycles.values()]
        .filter((one) => one.portfolio === portfolio && one.mode === mode && isLook(one))
        .flatMap(({ id, endedAt }) =>
          endedAt === undefined ? [] : { endedAt, isUnfinished: this.rows.unfinished.has(id) },
        )
        .toSorted((a, b) => b.endedAt - a.endedAt)
        .slice(0, MOST_FOLLOW_UPS + 1),
    )
  }

  saveLeg(cycleId: string, before: LegRun, after: LegRun, realised?: Cost): Promise<void> {
    return this.change('saveLeg', () => {
      this.replaceLeg(cycleId, before, after)
      if (realised) this.rows.costs.set(before.leg.id, realised)
    })
  }

  realisedCosts(cycleId: string): Promise<ReadonlyMap<string, Cost>> {
    const costs = (this.rows.cycles.get(cycleId)?.legs ?? []).flatMap(({ leg }): [string, Cost][] => {
      const cost = this.rows.costs.get(leg.id)
      return cost ? [[leg.id, cost]] : []
    })
    return Promise.resolve(new Map(costs))
  }

  reserveIntent(
    intent: NewIntent,
    chainNonce: number,
    leg?: { before: LegRun; after: LegRun },
    budget?: BudgetClaim,
  ): Promise<Intent> {
    return this.change('reserveIntent', () => {
      const cycle = intent.cycleId === undefined ? undefined : this.existing(intent.cycleId)
      const account = accountKey(intent)
      const nonce = this.rows.nextNonces.get(account) ?? chainNonce
      if (chainNonce > nonce) throw new ForeignNonceError(intent.chain, intent.account, chainNonce, nonce)
      const unmined = this.allIntents().filter(
        (one) => accountKey(one) === account && (one.state === 'reserved' || one.state === 'signed'),
      ).length
      if (chainNonce + unmined < nonce)
        throw new NonceGapError(intent.chain, intent.account, chainNonce, nonce, unmined)
      if (this.allIntents().some(({ id }) => id === intent.id)) throw new ConflictError(`Intent ${intent.id} exists.`)
      if (intent.legId !== undefined && !this.legIn(intent.legId))
        throw new InvariantError(`Leg ${intent.legId} of ${intent.id} does not exist.`)
      const isTrade = (kind: Intent['kind']) => kind === 'swap' || kind === 'bridge'
      const hasNoEffect = new Set<Intent['state']>(['released', 'final_reverted', 'final_cancelled'])
      const traded = this.allIntents().some(
        ({ legId, kind, state }) =>
          legId !== undefined && legId === intent.legId && isTrade(kind) && !hasNoEffect.has(state),
      )
      if (isTrade(intent.kind) && traded) throw new InvariantError(`R-03: leg ${intent.legId} trades already.`)
      const objection = budget?.judge(this.useOf(budget.spend))
      if (objection) throw new BudgetError(objection.refusal, objection.trip)
      if (leg) this.replaceLeg(intent.cycleId ?? '', leg.before, leg.after)
      const reserved = reservedIntent(intent, nonce)
      this.rows.nextNonces.set(account, nonce + 1)
      if (budget) this.rows.spends.push({ ...budget.spend, intentId: intent.id })
      if (cycle) this.update(cycle.id, ({ intents }) => ({ intents: [...intents, reserved] }))
      else this.rows.looseIntents.push(reserved)
      this.record(reserved, `nonce ${nonce}`)
      return reserved
    })
  }

  adoptNonce(chain: ChainKey, account: Address, next: number): Promise<boolean> {
    return this.change('adoptNonce', () => {
      const key = accountKey({ chain, account })
      const isAbove = this.allIntents().some((one) => accountKey(one) === key && isLive(one) && one.nonce >= next)
      if (isAbove || (this.rows.nextNonces.get(key) ?? next) >= next) return false
      this.rows.nextNonces.set(key, next)
      return true
    })
  }

  recordAttempt(intent: Intent, attempt: Attempt): Promise<Intent> {
    return this.change('recordAttempt', () => {
      const signed = withAttempt(intent, attempt)
      this.expectIntent(intent)
      if (this.allIntents().some(({ attempts }) => attempts.some(({ hash }) => hash === attempt.hash)))
        throw new InvariantError(`Attempt ${attempt.hash} exists.`)
      this.replaceIntent(intent, signed, `${attempt.payload} ${attempt.hash}`)
      return signed
    })
  }

  releaseIntent(intent: Intent, reason: string): Promise<Intent> {
    return this.change('releaseIntent', () => {
      const account = accountKey(intent)
      if (this.rows.nextNonces.get(account) !== intent.nonce + 1)
        throw new ConflictError(`Nonce ${intent.nonce} is not the last one given.`)
      const released = releasedIntent(intent)
      this.replaceIntent(intent, released, reason)
      this.rows.nextNonces.set(account, intent.nonce)
      return released
    })
  }

  moveIntent(before: Intent, after: Intent, postings: readonly Posting[], evidence: string): Promise<void> {
    return this.change('moveIntent', () => {
      if (before.id !== after.id || before.nonce !== after.nonce || after.version !== before.version + 1)
        throw new InvariantError(`Intent ${before.id} (${before.state}) cannot become ${after.id} (${after.state}).`)
      if (before.state === 'reserved' && after.state !== 'foreign')
        throw new InvariantError(`Intent ${before.id} is reserved: evidence cannot make it ${after.state}.`)
      assertEdge(before.state, after.state)
      this.expectIntent(before)
      this.book(postings)
      this.replaceIntent(before, after, evidence)
    })
  }

  noteIntent(intent: Intent, evidence: string): Promise<void> {
    return this.change('noteIntent', () => {
      this.expectIntent(intent)
      this.record(intent, evidence)
    })
  }

  recordBroadcast(intentId: string, hash: Hex, answers: readonly BroadcastAnswer[], at: number): Promise<void> {
    return this.change('recordBroadcast', () => {
      this.rows.broadcasts.push(...answers.map((answer) => ({ ...answer, intentId, hash, at })))
    })
  }

  intent(id: string): Promise<Intent | undefined> {
    return Promise.resolve(this.allIntents().find((intent) => intent.id === id))
  }

  intentEvents(id: string): Promise<readonly IntentEvent[]> {
    return Promise.resolve(
      this.rows.events.filter(({ intentId }) => intentId === id).map(({ intentId: _id, ...event }) => event),
    )
  }

  broadcasts(id: string): Promise<readonly BroadcastRecord[]> {
    return Promise.resolve(
      this.rows.broadcasts.filter(({ intentId }) => intentId === id).map(({ intentId: _id, ...record }) => record),
    )
  }

  looseIntents(): Promise<readonly Intent[]> {
    return Promise.resolve(this.rows.looseIntents.filter(isLive))
  }

  nonces(): Promise<readonly { chain: ChainKey; account: Address; next: number }[]> {
    return Promise.resolve(
      [...this.rows.nextNonces]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, next]) => {
          const [chain = '', account = ''] = key.split(':')
          return { chain, account: account as Address, next }
        }),
    )
  }

  approvals(account: Address): Promise<readonly { chain: ChainKey; token: Address; spender: Address }[]> {
    const given = this.allIntents()
      .filter((one) => one.kind === 'approve' && one.attempts.length > 0 && sameAddress(one.account, account))
      .flatMap(({ chain, call }) => {
        const spender = spenderOf(call.data)
        const lower = (address: Address) => address.toLowerCase() as Address
        return spender ? [{ chain, token: lower(call.to), spender: lower(spender) }] : []
      })
    const keyOf = (one: (typeof given)[number]) => [one.chain, one.token, one.spender].join(' ')
    const distinct = new Map(given.map((one) => [keyOf(one), one]))
    return Promise.resolve([...distinct].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one))
  }

  budgetUse(spend: Spend): Promise<BudgetUse> {
    return Promise.resolve(this.useOf(spend))
  }

  openTransfer(transfer: Transfer): Promise<boolean> {
    return this.change('openTransfer', () => {
      if (this.allTransfers().some(({ id }) => id === transfer.id)) return false
      if (!this.rows.cycles.has(transfer.cycleId) || !this.legIn(transfer.id))
        throw new InvariantError(`Transfer ${transfer.id} has no leg or no cycle.`)
      this.update(transfer.cycleId, ({ transfers }) => ({ transfers: [...transfers, transfer] }))
      return true
    })
  }

  moveTransfer(before: Transfer, after: Transfer, postings: readonly Posting[]): Promise<void> {
    return this.change('moveTransfer', () => {
      if (before.id !== after.id || !isTransferOpen(before))
        throw new InvariantError(`Transfer ${before.id} (${before.state}) cannot become ${after.id} (${after.state}).`)
      const held = this.allTransfers().find(({ id }) => id === before.id)
      if (!isDeepStrictEqual(held, before)) throw new ConflictError(`Transfer ${before.id} has changed.`)
      const claims = this.allTransfers().filter(
        ({ id, arrivals }) =>
          id !== after.id &&
          arrivals.some((one) => after.arrivals.some((other) => payoutKey(one) === payoutKey(other))),
      )
      if (claims.length > 0) throw new ConflictError(`An arrival of ${after.id} is taken.`)
      this.book(postings)
      this.update(before.cycleId, ({ transfers }) => ({
        transfers: transfers.map((transfer) => (transfer.id === before.id ? after : transfer)),
      }))
    })
  }

  openTransfers(portfolio?: string): Promise<readonly Transfer[]> {
    return Promise.resolve(
      [...this.rows.cycles.values()]
        .filter((cycle) => portfolio === undefined || cycle.portfolio === portfolio)
        .flatMap(({ transfers }) => transfers)
        .filter(isTransferOpen),
    )
  }

  claimedArrivals(chain: ChainKey): Promise<readonly Hex[]> {
    return Promise.resolve(
      this.allTransfers().flatMap(({ arrivals }) =>
        arrivals.filter((one) => one.chain === chain).map(({ hash }) => hash),
      ),
    )
  }

  openLedger(account: Address, postings: readonly Posting[]): Promise<void> {
    return this.change('openLedger', () => {
      if (postings.some(({ owner }) => !sameAddress(owner, account)))
        throw new InvariantError(`The ledger of ${account} cannot open with a posting of somebody else.`)
      const isMet = (posting: Posting) =>
        this.wallet(account).some(({ chain, token }) => chain === posting.chain && sameAddress(token, posting.token))
      this.book(postings.filter((posting) => !isMet(posting)))
    })
  }

  walletBalances(account: Address): Promise<readonly BookedUnits[]> {
    return Promise.resolve(this.sums(this.wallet(account)))
  }

  unattributed(owner: Address): Promise<readonly BookedUnits[]> {
    const sums = this.sums(this.found(owner))
    return Promise.resolve(sums.flatMap((one) => (one.units < 0n ? [{ ...one, units: -one.units }] : [])))
  }

  classifyInflow({ units: seen, ...on }: Parameters<Store['classifyInflow']>[0]): Promise<bigint> {
    return this.change('classifyInflow', () => {
      const entries = this.found(on.owner).filter(
        ({ chain, token }) => chain === on.chain && sameAddress(token, on.token),
      )
      const units = -entries.reduce((sum, one) => sum + one.units, 0n)
      if (units <= 0n) return 0n
      if (units === seen) this.book(depositPostings(on, units, entries.length))
      return units
    })
  }

  private found(owner: Address): LedgerEntry[] {
    return this.rows.postings.filter(
      (one) => one.account === 'unattributed' && one.book === 'final' && sameAddress(one.owner, owner),
    )
  }

  private sums(entries: readonly LedgerEntry[]): BookedUnits[] {
    const sums = new Map<string, BookedUnits>()
    for (const { chain, token, units, book } of entries) {
      if (book !== 'final') continue
      const key = `${chain} ${token.toLowerCase()}`
      sums.set(key, { chain, token: token.toLowerCase() as Address, units: (sums.get(key)?.units ?? 0n) + units })
    }
    return [...sums].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum)
  }

  post(postings: readonly Posting[]): Promise<void> {
    return this.change('post', () => this.book(postings))
  }

  ledger(query: Parameters<Store['ledger']>[0]) {
    const entries = this.rows.postings
      .map((entry, index) => ({ ...entry, place: String(index + 1) }))
      .filter(({ owner, chain, token, place }) => {
        const isOlder = query.before === undefined || Number(place) < Number(query.before)
        const isThere = query.chain === undefined || chain === query.chain
        const isAsked = query.tokens?.some((one) => one.chain === chain && sameAddress(one.address, token)) ?? true
        return isOlder && isThere && isAsked && sameAddress(owner, query.account)
      })
    return Promise.resolve(entries.toReversed().slice(0, query.limit))
  }

  curves(): Promise<readonly CurveRecord[]> {
    const rows = [...this.rows.curves].toSorted(([a], [b]) => (a < b ? -1 : 1))
    return Promise.resolve(rows.map(([, { record }]) => record))
  }

  saveCurves(records: readonly CurveRecord[], at: number): Promise<void> {
    return this.change('saveCurves', () => {
      for (const record of records) this.rows.curves.set(record.key, { record, updatedAt: at })
      for (const [key, { updatedAt }] of this.rows.curves)
        if (updatedAt <= at - CURVE_LIFETIME_MS) this.rows.curves.delete(key)
    })
  }

  orderCancel(order: CancelOrder): Promise<CancelOrder | undefined> {
    return this.change('orderCancel', () => {
      const known = this.rows.cancelOrders.find(({ intentId }) => intentId === order.intentId)
      const intent = this.allIntents().find(({ id }) => id === order.intentId)
      if (known || !intent || reasonNotToCancel(intent) !== undefined) return known
      this.rows.cancelOrders.push(order)
      return order
    })
  }

  cancelOrders(intentIds: readonly string[]): Promise<readonly CancelOrder[]> {
    return Promise.resolve(this.rows.cancelOrders.filter(({ intentId }) => intentIds.includes(intentId)))
  }

  markInvestigated(mark: Investigation): Promise<boolean> {
    return this.change('markInvestigated', () => {
      const transfer = this.allTransfers().find(({ id }) => id === mark.transferId)
      if (!transfer || !isOverdue(transfer)) return false
      this.rows.investigations.set(mark.transferId, mark)
      return true
    })
  }

  investigations(transferIds: readonly string[]): Promise<readonly Investigation[]> {
    return Promise.resolve(transferIds.flatMap((id) => this.rows.investigations.get(id) ?? []))
  }

  finalBlocks() {
    const ended = this.allIntents().flatMap((one) =>
      'inclusion' in one && !isLive(one) ? [{ chain: one.chain, block: one.inclusion.block }] : [],
    )
    return Promise.resolve(ended.toReversed())
  }

  operatingStates(): Promise<readonly ScopeState[]> {
    const pauses = this.rows.timedPauses.map(({ id: _id, ...pause }) => pause)
    return Promise.resolve(this.holds.beside(statesOf([...this.rows.scopes.values(), ...pauses], this.now())))
  }

  setOperatingState(state: ScopeState): Promise<void> {
    return this.change('setOperatingState', () => {
      const { expiresAt } = state
      if (expiresAt !== undefined && state.level !== 'running') return this.pauseUntil({ ...state, expiresAt })
      const held = this.rows.scopes.get(state.scope)
      if (state.level === 'running') {
        const stays = ({ scope, since }: ScopeState) => scope !== state.scope || since > state.since
        this.rows.timedPauses = this.rows.timedPauses.filter(stays)
        return held?.by === 'operator' && held.since > state.since ? undefined : this.lower(state.scope)
      }
      if (held?.by === 'operator' && isStricter(held.level, state.level)) {
        this.rows.scopes.set(state.scope, { ...held, since: Math.max(held.since, state.since) })
        return
      }
      this.rows.scopes.set(state.scope, { ...state, level: stricter(state.level, held?.level ?? 'running') })
    })
  }

  expiredPauses(): Promise<readonly TimedPause[]> {
    const over = this.rows.timedPauses.filter((one) => isOver(one, this.now()))
    return Promise.resolve(over.toSorted((a, b) => a.expiresAt - b.expiresAt || a.id - b.id))
  }

  forgetPause(id: number): Promise<void> {
    return this.change('forgetPause', () => {
      this.rows.timedPauses = this.rows.timedPauses.filter((one) => one.id !== id)
    })
  }

  tripBreaker(trip: Trip, at: number): Promise<boolean> {
    return this.change('tripBreaker', () => {
      const { code, scope, level, reason } = trip
      const held = this.rows.breakers.findIndex(
        (one) => one.code === code && one.scope === scope && one.clearedAt === undefined,
      )
      const isHeld = held !== -1
      const id = this.rows.breakers.length + 1
      if (isHeld && isStricter(level, this.rows.breakers[held]!.level))
        this.rows.breakers[held] = { ...this.rows.breakers[held]!, level, reason }
      if (!isHeld) this.rows.breakers.push({ ...trip, id, trippedAt: at, clearedAt: undefined, clearedBy: undefined })
      const before = this.rows.scopes.get(scope)
      if (isStricter(level, before?.level ?? 'running')) {
        const by = before?.by ?? 'breaker'
        this.rows.scopes.set(scope, { scope, level, reason: `${code}: ${reason}`, since: at, by, author: DAEMON })
      }
      return !isHeld
    })
  }

  breakers(query: Parameters<Store['breakers']>[0]): Promise<readonly Breaker[]> {
    const { isOpen, code, scope, before = Infinity, limit } = query
    const found = this.rows.breakers.filter(
      (one) =>
        one.id < before &&
        (!isOpen || one.clearedAt === undefined) &&
        (code === undefined || one.code === code) &&
        (scope === undefined || one.scope === scope),
    )
    return Promise.resolve(found.toReversed().slice(0, limit))
  }

  clearBreakers(scope: Scope, code: BreakerCode | undefined, by: string, at: number): Promise<readonly Breaker[]> {
    return this.change('clearBreakers', () => {
      const cleared: Breaker[] = []
      this.rows.breakers = this.rows.breakers.map((one) => {
        const isMeant = one.scope === scope && one.clearedAt === undefined && (code === undefined || one.code === code)
        if (!isMeant) return one
        const ended = { ...one, clearedAt: at, clearedBy: by }
        cleared.push(ended)
        return ended
      })
      if (cleared.length > 0 && this.rows.scopes.get(scope)?.by === 'breaker') this.lower(scope)
      return cleared.toReversed()
    })
  }

  pinCode(chain: ChainKey, contract: Address, selector: Hex, fingerprint: Hex): Promise<Hex> {
    return this.change('pinCode', () => {
      const key = [chain, contract.toLowerCase(), selector].join(' ')
      const pinned = this.rows.pins.get(key) ?? fingerprint
      this.rows.pins.set(key, pinned)
      return pinned
    })
  }

  noteReconciled(look: BooksLook): Promise<void> {
    return this.change('noteReconciled', () => {
      const place = `${look.portfolio} ${look.chain}`
      const before = this.rows.looks.get(place)
      if (before === undefined || before.at <= look.at) this.rows.looks.set(place, look)
    })
  }

  lastReconciled(): Promise<readonly BooksLook[]> {
    return Promise.resolve([...this.rows.looks.values()])
  }

  /** One change, all or nothing: `act` checks everything before it writes anything. */
  private async change<T>(method: StoreMethod, act: () => T): Promise<T> {
    await Promise.resolve()
    this.interrupt(method, 'before')
    const result = act()
    this.interrupt(method, 'after')
    return result
  }

  private pauseUntil(pause: Omit<TimedPause, 'id'>): void {
    const isSame = (one: TimedPause) => one.scope === pause.scope && one.level === pause.level
    const isLonger = (one: TimedPause) => isSame(one) && one.expiresAt > pause.expiresAt
    const { timedPauses } = this.rows
    if (timedPauses.some(isLonger)) {
      this.rows.timedPauses = timedPauses.map((one) =>
        isLonger(one) ? { ...one, since: Math.max(one.since, pause.since) } : one,
      )
      return
    }
    const others = timedPauses.filter((one) => !isSame(one) || isOver(one, this.now()))
    this.rows.timedPauses = [...others, { ...pause, by: 'operator', id: ++this.rows.lastPauseId }]
  }

  /** To what open breakers still hold. */
  private lower(scope: Scope): void {
    const level = this.rows.breakers
      .filter((one) => one.scope === scope && one.clearedAt === undefined)
      .reduce<OperatingLevel>((most, one) => stricter(most, one.level), 'running')
    const state = this.rows.scopes.get(scope)
    if (level === 'running' || !state) this.rows.scopes.delete(scope)
    else this.rows.scopes.set(scope, { ...state, level, by: 'breaker', author: DAEMON })
  }

  private newestFirst(): Cycle[] {
    return [...this.rows.cycles.values()].toSorted((a, b) => b.startedAt - a.startedAt || (a.id < b.id ? 1 : -1))
  }

  private existing(id: string): Cycle {
    const cycle = this.rows.cycles.get(id)
    if (!cycle) throw new InvariantError(`Cycle ${id} does not exist.`)
    return cycle
  }

  private update(id: string, change: (cycle: Cycle) => Partial<Cycle>): void {
    const cycle = this.existing(id)
    this.rows.cycles.set(id, { ...cycle, ...change(cycle) })
  }

  private legIn(id: string): LegRun | undefined {
    return [...this.rows.cycles.values()].flatMap(({ legs }) => legs).find(({ leg }) => leg.id === id)
  }

  private replaceLeg(cycleId: string, before: LegRun, after: LegRun): void {
    if (before.leg.id !== after.leg.id) throw new InvariantError(`Leg ${before.leg.id} cannot become ${after.leg.id}.`)
    const held = this.rows.cycles.get(cycleId)?.legs.find(({ leg }) => leg.id === before.leg.id)
    if (!isDeepStrictEqual(held, before)) throw new ConflictError(`Leg ${before.leg.id} has changed.`)
    this.update(cycleId, ({ legs }) => ({ legs: legs.map((run) => (run === held ? after : run)) }))
  }

  private allIntents(): Intent[] {
    return [...[...this.rows.cycles.values()].flatMap(({ intents }) => intents), ...this.rows.looseIntents]
  }

  private useOf(spend: Spend): BudgetUse {
    return budgetUseOf(this.rows, spend)
  }

  private record({ id, state }: Intent, evidence: string): void {
    this.rows.events.push({ intentId: id, at: this.now(), state, epoch: this.epoch(), evidence })
  }

  private expectIntent(before: Intent): void {
    const held = this.allIntents().find(({ id }) => id === before.id)
    if (held?.state !== before.state || held.version !== before.version)
      throw new ConflictError(`Intent ${before.id} has changed.`)
  }

  private replaceIntent(before: Intent, after: Intent, evidence: string): void {
    this.expectIntent(before)
    const replace = (intents: readonly Intent[]) => intents.map((one) => (one.id === before.id ? after : one))
    if (before.cycleId === undefined) this.rows.looseIntents = replace(this.rows.looseIntents)
    else this.update(before.cycleId, ({ intents }) => ({ intents: replace(intents) }))
    this.record(after, evidence)
  }

  private allTransfers(): Transfer[] {
    return [...this.rows.cycles.values()].flatMap(({ transfers }) => transfers)
  }

  private wallet(owner: Address): LedgerEntry[] {
    return this.rows.postings.filter((posting) => posting.account === 'wallet' && sameAddress(posting.owner, owner))
  }

  private book(postings: readonly Posting[]): void {
    const keyOf = ({ cause, owner, chain, token, account }: Posting) =>
      [cause, owner.toLowerCase(), chain, token.toLowerCase(), account].join(' ')
    const keys = new Set(this.rows.postings.map(keyOf))
    const sums = new Map<string, bigint>()
    for (const posting of postings) {
      const token = `${posting.chain}:${posting.token.toLowerCase()}`
      sums.set(token, (sums.get(token) ?? 0n) + posting.units)
      if (keys.has(keyOf(posting))) throw new InvariantError(`${posting.cause} is booked already.`)
      keys.add(keyOf(posting))
    }
    for (const [token, sum] of sums) if (sum !== 0n) throw new InvariantError(`Postings of ${token} sum to ${sum}.`)
    this.rows.postings.push(...postings.map((posting) => ({ ...posting, bookedAt: this.now() })))
  }
}

function accountKey({ chain, account }: { chain: ChainKey; account: Address }): string {
  return `${chain}:${account.toLowerCase()}`
}
