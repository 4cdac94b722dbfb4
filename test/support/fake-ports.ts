import type { Address, AssetKey, ChainKey, Token } from '../../src/domain/assets.js'
import type { Event } from '../../src/domain/events.js'
import type { ChainReading, SourceReading } from '../../src/domain/portfolio/snapshot.js'
import { amountOf } from '../../src/domain/units/amount.js'
import { Balances } from '../../src/ports/balances.js'
import type { UnsignedTransaction } from '../../src/ports/chain.js'
import { Lease, StaleLeaseError } from '../../src/ports/lease.js'
import { Observer } from '../../src/ports/observer.js'
import { PriceSource } from '../../src/ports/prices.js'
import { Signer } from '../../src/ports/signer.js'
import type { FakeChain } from './fake-chain.js'
import { digestOf, encodeTransaction } from './fake-contracts.js'

/** Reads a fake chain; chains named in `unknown` answer nothing. */
export class FakeBalances extends Balances {
  readonly asked: ChainKey[] = []
  readonly unknown = new Map<ChainKey, string>()

  constructor(private readonly chain: FakeChain) {
    super()
  }

  override async read(chain: ChainKey, account: Address, tokens: readonly Token[]): Promise<ChainReading> {
    await Promise.resolve()
    this.asked.push(chain)
    const reason = this.unknown.get(chain)
    if (reason !== undefined) return { chain, status: 'unknown', reason }
    const holdings = tokens.map((token) => amountOf(token, this.chain.balance(token, account)))
    const block = this.chain.headOf(chain)
    return { chain, status: 'known', block, baseFee: 1_000_000_000n, holdings, problems: [] }
  }
}

/** One source with the prices it is given; assets it has no price for are unusable. */
export class FakePrices extends PriceSource {
  asked = 0
  isDead = false

  constructor(
    override readonly name: string,
    private readonly prices: ReadonlyMap<AssetKey, bigint>,
  ) {
    super()
  }

  override async read(assets: readonly AssetKey[]): Promise<readonly SourceReading[]> {
    await Promise.resolve()
    this.asked += 1
    if (this.isDead) throw new Error(`${this.name} does not answer.`)
    return assets.map((asset): SourceReading => {
      const price = this.prices.get(asset)
      const base = { asset, source: this.name }
      if (price === undefined) return { ...base, status: 'unusable', reason: 'no price' }
      return { ...base, status: 'usable', price, timestamp: 0 }
    })
  }
}

/** Signs for one account, in the notation of the fake chains. */
export class FakeSigner extends Signer {
  readonly signed: UnsignedTransaction[] = []

  constructor(private readonly account: Address) {
    super()
  }

  override accounts(): readonly Address[] {
    return [this.account]
  }

  override async sign(account: Address, transaction: UnsignedTransaction) {
    await Promise.resolve()
    if (account !== this.account) throw new Error(`The fake signer has no key of ${account}.`)
    this.signed.push(transaction)
    const raw = encodeTransaction({ ...transaction, from: account })
    return { raw, hash: digestOf(raw) }
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
}

/** Remembers what it is told. */
export class RecordingObserver extends Observer {
  readonly events: Event[] = []

  override notify(event: Event): void {
    this.events.push(event)
  }

  of<T extends Event['type']>(type: T): Extract<Event, { type: T }>[] {
    return this.events.filter((event): event is Extract<Event, { type: T }> => event.type === type)
  }
}
