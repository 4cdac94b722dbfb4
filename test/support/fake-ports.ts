import type { Address, AssetKey, ChainKey, Token } from '../../src/domain/assets.js'
import type { Event } from '../../src/domain/events.js'
import type { ChainReading, SourceReading } from '../../src/domain/portfolio/snapshot.js'
import { type JournalEntry, judgeClaim, judgeEpoch } from '../../src/domain/execution/equivocation.js'
import type { Purpose } from '../../src/domain/purpose.js'
import { Balances, type ReadAt } from '../../src/ports/balances.js'
import type { UnsignedTransaction } from '../../src/ports/chain.js'
import { Lease, StaleLeaseError } from '../../src/ports/lease.js'
import { NoObserver, Observer } from '../../src/ports/observer.js'
import { PriceSource } from '../../src/ports/prices.js'
import { Signer, SignerError, type SignRequest } from '../../src/ports/signer.js'
import type { FakeChain } from './fake-chain.js'
import { digestOf, encodeTransaction } from './fake-contracts.js'

/** Reads a fake chain; chains named in `unknown` answer nothing. */
export class FakeBalances extends Balances {
  readonly asked: ChainKey[] = []
  readonly unknown = new Map<ChainKey, string>()

  constructor(private readonly chain: FakeChain) {
    super()
  }

  override async read(
    chain: ChainKey,
    account: Address,
    tokens: readonly Token[],
    at: ReadAt = 'latest',
  ): Promise<ChainReading> {
    await Promise.resolve()
    this.asked.push(chain)
    const reason = this.unknown.get(chain)
    const found = reason === undefined ? this.chain.holdingsAt(chain, account, tokens, at) : undefined
    if (!found) return { chain, status: 'unknown', reason: reason ?? `${chain} has no such block.` }
    return { chain, status: 'known', ...found, baseFee: 1_000_000_000n, problems: [] }
  }
}

/** One source with the prices it is given; assets it has no price for are unusable. */
export class FakePrices extends PriceSource {
  asked = 0
  isDead = false
  private readonly shifts = new Map<AssetKey, bigint>()

  constructor(
    override readonly name: string,
    private readonly prices: ReadonlyMap<AssetKey, bigint>,
  ) {
    super()
  }

  /** From now on this source is so many basis points above the others. */
  shift(asset: AssetKey, basisPoints: number): void {
    this.shifts.set(asset, BigInt(basisPoints))
  }

  override async read(assets: readonly AssetKey[]): Promise<readonly SourceReading[]> {
    await Promise.resolve()
    this.asked += 1
    if (this.isDead) throw new Error(`${this.name} does not answer.`)
    return assets.map((asset): SourceReading => {
      const price = this.prices.get(asset)
      const base = { asset, source: this.name }
      if (price === undefined) return { ...base, status: 'unusable', reason: 'no price' }
      const shifted = price + (price * (this.shifts.get(asset) ?? 0n)) / 10_000n
      return { ...base, status: 'usable', price: shifted, timestamp: 0 }
    })
  }
}

/** Signs for one account, in the notation of the fake chains, with a journal that outlives processes. */
export class FakeSigner extends Signer {
  readonly signed: UnsignedTransaction[] = []
  readonly requests: SignRequest[] = []
  readonly journal: JournalEntry[] = []
  /** Failures of the next signatures; none when empty. `lost`: journaled and signed, but no answer comes. */
  readonly failures: ('refused' | 'fenced' | 'unavailable' | 'lost')[] = []
  private highestEpoch = 0

  constructor(private readonly account: Address) {
    super()
  }

  override accounts(): readonly Address[] {
    return [this.account]
  }

  override admit(): void {}

  override async sign(request: SignRequest) {
    await Promise.resolve()
    this.requests.push(request)
    const failure = this.failures.shift()
    if (failure === 'refused' || failure === 'fenced' || failure === 'unavailable')
      throw new SignerError(failure, `The fake signer was told: ${failure}.`)
    const { account, payload, transaction, epoch, intentId } = request
    if (account !== this.account) throw new SignerError('refused', `The fake signer has no key of ${account}.`)
    const { chainId, nonce, to, value, data, maxFeePerGas, maxPriorityFeePerGas } = transaction
    const digest = digestOf([chainId, nonce, to, value, data].join(' '))
    const fees = { maxFeePerGas, maxPriorityFeePerGas }
    const entry = { chainId, account, nonce, payload, digest, ...fees, epoch, intentId }
    const own = this.journal.filter((one) => one.chainId === chainId)
    const view = {
      epoch: this.highestEpoch,
      highest: own.length === 0 ? undefined : Math.max(...own.map((one) => one.nonce)),
      entries: own.filter((one) => one.nonce === nonce),
    }
    const objection = judgeClaim(view, { ...entry, to, value, data })
    if (objection) throw new SignerError(objection.kind, objection.detail)
    this.highestEpoch = epoch
    this.journal.push(entry)
    this.signed.push(transaction)
    if (failure === 'lost') throw new SignerError('unavailable', 'The answer of the fake signer is lost.')
    const raw = encodeTransaction({ ...transaction, from: account })
    return { raw, hash: digestOf(raw) }
  }

  override async fence(epoch: number): Promise<void> {
    await Promise.resolve()
    const objection = judgeEpoch(this.highestEpoch, epoch)
    if (objection) throw new SignerError(objection.kind, objection.detail)
    this.highestEpoch = epoch
  }

  override async lastJournaled(chainId: number): Promise<JournalEntry | undefined> {
    await Promise.resolve()
    return this.journal.filter((one) => one.chainId === chainId).toSorted((a, b) => b.nonce - a.nonce)[0]
  }

  override async isJournaled(chainId: number, _account: Address, nonce: number): Promise<boolean> {
    await Promise.resolve()
    return this.journal.some((one) => one.chainId === chainId && one.nonce === nonce)
  }
}

/** Held until a test takes it away. */
export class FakeLease extends Lease {
  isTaken = false
  isOurs = false
  readonly calls: string[] = []

  override async acquire(): Promise<boolean> {
    await Promise.resolve()
    this.calls.push('acquire')
    this.isOurs = !this.isTaken
    return this.isOurs
  }

  override isHeld(): boolean {
    return this.isOurs && !this.isTaken
  }

  override async renew(): Promise<void> {
    await Promise.resolve()
    this.calls.push('renew')
    if (this.isTaken) throw new StaleLeaseError('Another process has taken the lease.')
  }

  override async release(): Promise<void> {
    await Promise.resolve()
    this.calls.push('release')
    this.isOurs = false
  }

  override epoch(): number {
    return 1
  }

  override leader(): Promise<string | undefined> {
    if (this.isTaken) return Promise.resolve('another-host')
    return Promise.resolve(this.isOurs ? 'this-host' : undefined)
  }
}

/** Remembers what it is told. */
export class RecordingObserver extends Observer {
  readonly events: Event[] = []
  /** Hears the same. */
  also: Observer = new NoObserver()

  override notify(event: Event): void {
    this.events.push(event)
    this.also.notify(event)
  }

  override during<T>(purpose: Purpose, act: () => Promise<T>): Promise<T> {
    return this.also.during(purpose, act)
  }

  of<T extends Event['type']>(type: T): Extract<Event, { type: T }>[] {
    return this.events.filter((event): event is Extract<Event, { type: T }> => event.type === type)
  }
}
