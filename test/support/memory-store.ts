import { isDeepStrictEqual } from 'node:util'
import { type Address, type ChainKey, type Hex, sameAddress } from '../../src/domain/assets.js'
import { InvariantError } from '../../src/domain/errors.js'
import type { Cycle, CycleOutcome, LegRun } from '../../src/domain/execution/cycle.js'
import { assertEdge, type Attempt, type Intent, type NewIntent } from '../../src/domain/execution/intent.js'
import type { Posting } from '../../src/domain/execution/ledger.js'
import { isTransferOpen, type Transfer } from '../../src/domain/execution/transfer.js'
import type { Cost } from '../../src/domain/planning/cost.js'
import type { CurveRecord } from '../../src/domain/planning/curve-record.js'
import {
  ConflictError,
  CURVE_LIFETIME_MS,
  NonceGapError,
  type CycleSummary,
  type OperatingState,
  Store,
} from '../../src/ports/store.js'

/** What outlives a store: hand the same rows to a new one to play a restart. */
export class MemoryRows {
  cycles = new Map<string, Cycle>()
  costs = new Map<string, Cost>()
  nextNonces = new Map<string, number>()
  postings: Posting[] = []
  curves = new Map<string, { record: CurveRecord; updatedAt: number }>()
  operatingState: OperatingState = { state: 'running', reason: 'Nobody has paused it.', since: 0 }
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

  closeCycle(id: string, outcome: CycleOutcome, at: number): Promise<void> {
    return this.change('closeCycle', () => {
      const cycle = this.rows.cycles.get(id)
      if (!cycle || cycle.endedAt !== undefined) throw new ConflictError(`Cycle ${id} is not open.`)
      this.rows.cycles.set(id, { ...cycle, endedAt: at, outcome })
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

  cycles(query: { portfolio?: string; before?: string; limit: number }): Promise<readonly CycleSummary[]> {
    const all = this.newestFirst()
    const last = all.findIndex(({ id }) => id === query.before)
    const page = query.before === undefined ? all : last < 0 ? [] : all.slice(last + 1)
    return Promise.resolve(
      page
        .filter(({ portfolio }) => query.portfolio === undefined || portfolio === query.portfolio)
        .slice(0, query.limit)
        .map(({ id, portfolio, mode, startedAt, endedAt, outcome, decision, planReasons, legs }) => ({
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

  reserveIntent(intent: NewIntent, chainNonce: number, leg: { before: LegRun; after: LegRun }): Promise<Intent> {
    return this.change('reserveIntent', () => {
      const cycle = this.existing(intent.cycleId)
      const account = accountKey(intent)
      const nonce = this.rows.nextNonces.get(account) ?? chainNonce
      if (chainNonce > nonce) throw new InvariantError(`B-04: ${account} is at ${chainNonce}, not at ${nonce}.`)
      const unmined = this.allIntents().filter(
        (one) => accountKey(one) === account && (one.state === 'reserved' || one.state === 'signed'),
      ).length
      if (chainNonce + unmined < nonce)
        throw new NonceGapError(intent.chain, intent.account, chainNonce, nonce, unmined)
      if (this.allIntents().some(({ id }) => id === intent.id)) throw new ConflictError(`Intent ${intent.id} exists.`)
      if (!this.legIn(intent.legId)) throw new InvariantError(`Leg ${intent.legId} of ${intent.id} does not exist.`)
      const isTrade = (kind: Intent['kind']) => kind === 'swap' || kind === 'bridge'
      const traded = this.allIntents().some(
        ({ legId, kind, state }) =>
          legId === intent.legId && isTrade(kind) && state !== 'released' && state !== 'final_reverted',
      )
      if (isTrade(intent.kind) && traded) throw new InvariantError(`R-03: leg ${intent.legId} trades already.`)
      this.replaceLeg(cycle.id, leg.before, leg.after)
      const reserved: Intent = { ...intent, nonce, state: 'reserved', attempts: [] }
      this.rows.nextNonces.set(account, nonce + 1)
      this.update(cycle.id, ({ intents }) => ({ intents: [...intents, reserved] }))
      return reserved
    })
  }

  recordAttempt(intent: Intent, attempt: Attempt): Promise<Intent> {
    return this.change('recordAttempt', () => {
      if (intent.state !== 'reserved') throw new InvariantError(`Intent ${intent.id} is ${intent.state}.`)
      const signed: Intent = { ...intent, state: 'signed', attempts: [attempt] }
      this.expectIntent(intent)
      if (this.allIntents().some(({ attempts }) => attempts.some(({ hash }) => hash === attempt.hash)))
        throw new InvariantError(`Attempt ${attempt.hash} exists.`)
      this.replaceIntent(intent, signed)
      return signed
    })
  }

  releaseIntent(intent: Intent): Promise<Intent> {
    return this.change('releaseIntent', () => {
      const account = accountKey(intent)
      if (this.rows.nextNonces.get(account) !== intent.nonce + 1)
        throw new ConflictError(`Nonce ${intent.nonce} is not the last one given.`)
      assertEdge(intent.state, 'released')
      const released: Intent = { ...intent, state: 'released', attempts: [] }
      this.replaceIntent(intent, released)
      this.rows.nextNonces.set(account, intent.nonce)
      return released
    })
  }

  moveIntent(before: Intent, after: Intent, postings: readonly Posting[]): Promise<void> {
    return this.change('moveIntent', () => {
      if (before.id !== after.id || before.nonce !== after.nonce || before.state === 'reserved')
        throw new InvariantError(`Intent ${before.id} (${before.state}) cannot become ${after.id} (${after.state}).`)
      if (before.state !== 'mined' || after.state !== 'mined') assertEdge(before.state, after.state)
      this.expectIntent(before)
      this.book(postings)
      this.replaceIntent(before, after)
    })
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
        ({ id, arrival }) =>
          id !== after.id &&
          arrival !== undefined &&
          arrival.chain === after.arrival?.chain &&
          arrival.hash === after.arrival.hash,
      )
      if (claims.length > 0) throw new ConflictError(`Arrival ${after.arrival?.hash} is taken.`)
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
      this.allTransfers().flatMap(({ arrival }) => (arrival?.chain === chain ? [arrival.hash] : [])),
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

  walletBalances(account: Address): Promise<readonly { chain: ChainKey; token: Address; units: bigint }[]> {
    const sums = new Map<string, { chain: ChainKey; token: Address; units: bigint }>()
    for (const { chain, token, units } of this.wallet(account)) {
      const key = `${chain} ${token.toLowerCase()}`
      sums.set(key, { chain, token: token.toLowerCase() as Address, units: (sums.get(key)?.units ?? 0n) + units })
    }
    return Promise.resolve([...sums].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum))
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

  operatingState(): Promise<OperatingState> {
    return Promise.resolve(this.rows.operatingState)
  }

  setOperatingState(state: OperatingState): Promise<void> {
    return this.change('setOperatingState', () => {
      this.rows.operatingState = state
    })
  }

  /** One change, all or nothing: `act` checks everything before it writes anything. */
  private async change<T>(method: StoreMethod, act: () => T): Promise<T> {
    await Promise.resolve()
    this.interrupt(method, 'before')
    const result = act()
    this.interrupt(method, 'after')
    return result
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
    return [...this.rows.cycles.values()].flatMap(({ intents }) => intents)
  }

  private expectIntent(before: Intent): void {
    const held = this.allIntents().find(({ id }) => id === before.id)
    const block = (intent: Intent | undefined) => (intent && 'inclusion' in intent ? intent.inclusion : undefined)
    if (held?.state !== before.state || !isDeepStrictEqual(block(held), block(before)))
      throw new ConflictError(`Intent ${before.id} has changed.`)
  }

  private replaceIntent(before: Intent, after: Intent): void {
    this.expectIntent(before)
    this.update(before.cycleId, ({ intents }) => ({
      intents: intents.map((intent) => (intent.id === before.id ? after : intent)),
    }))
  }

  private allTransfers(): Transfer[] {
    return [...this.rows.cycles.values()].flatMap(({ transfers }) => transfers)
  }

  private wallet(owner: Address): Posting[] {
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
    this.rows.postings.push(...postings)
  }
}

function accountKey({ chain, account }: { chain: ChainKey; account: Address }): string {
  return `${chain}:${account.toLowerCase()}`
}
