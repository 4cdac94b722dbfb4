import type { Hex, Token } from '../../src/domain/assets.js'
import type { Arrival, Transfer } from '../../src/domain/execution/transfer.js'
import { amountOf } from '../../src/domain/units/amount.js'
import { Transfers } from '../../src/ports/transfers.js'
import { type FakeChain, FINALITY_DEPTH } from './fake-chain.js'
import { digestOf } from './fake-contracts.js'

export type BridgeOutcome = 'full' | 'short' | 'other-token' | 'refund' | 'never'

/** Pays out what was sent into a bridge, some time after the sending block is final, once per deposit. */
export class FakeBridges {
  outcome: BridgeOutcome = 'full'
  delayMs = 5_000
  private readonly paid = new Set<Hex>()
  private readonly seenAt = new Map<Hex, number>()

  constructor(
    private readonly chain: FakeChain,
    private readonly tokens: readonly Token[],
    private readonly now: () => number,
  ) {}

  /** Looks for deposits that are due. */
  relay(): void {
    for (const { chain, block, hash, action, transaction, isSuccess } of this.chain.receipts()) {
      if (!isSuccess || action?.do !== 'send' || !transaction || this.paid.has(hash)) continue
      if (block.number + BigInt(FINALITY_DEPTH) > this.chain.headOf(chain).number) continue
      const seenAt = this.seenAt.get(hash) ?? this.now()
      this.seenAt.set(hash, seenAt)
      if (this.outcome === 'never' || this.now() - seenAt < this.delayMs) continue
      this.paid.add(hash)
      const pay = (token: Token, units: bigint) =>
        this.chain.pay({ for: hash, hash: digestOf(`payout ${hash}`), token, owner: transaction.from, units })
      const bought = this.token(action.destination, ({ address }) => address === action.buy)
      switch (this.outcome) {
        case 'full':
          pay(bought, action.out)
          break
        case 'short':
          pay(bought, action.out / 2n)
          break
        case 'other-token':
          pay(
            this.token(action.destination, ({ address }) => address !== action.buy),
            1_000n,
          )
          break
        case 'refund':
          pay(
            this.token(chain, ({ address }) => address === action.sell),
            action.units - 1n,
          )
          break
      }
    }
  }

  private token(chain: string, fits: (token: Token) => boolean): Token {
    const token = this.tokens.find((one) => one.chain === chain && fits(one))
    if (!token) throw new Error(`The fake bridge has no such token on ${chain}.`)
    return token
  }
}

/** Finds a payout by the deposit it belongs to. */
export class FakeTransfers extends Transfers {
  constructor(private readonly chain: FakeChain) {
    super()
  }

  override async find(transfer: Transfer, claimed: readonly Hex[]): Promise<Arrival | undefined> {
    await Promise.resolve()
    const found = this.chain
      .receipts()
      .find(({ hash, payout }) => payout?.for === transfer.originHash && !claimed.includes(hash))
    if (!found?.payout) return undefined
    const { token, units } = found.payout
    return { chain: found.chain, hash: found.hash, block: found.block, amount: amountOf(token, units) }
  }
}
