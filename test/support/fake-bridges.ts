import type { Hex, Token } from '../../src/domain/assets.js'
import type { Payout, Transfer } from '../../src/domain/execution/transfer.js'
import { amountOf } from '../../src/domain/units/amount.js'
import { Transfers } from '../../src/ports/transfers.js'
import { type FakeChain, FINALITY_DEPTH } from './fake-chain.js'
import { digestOf } from './fake-contracts.js'

export const FAKE_OUTCOMES = [
  'full',
  'short',
  'other-token',
  'partial',
  'refund',
  'refund-there',
  'refund-other-token',
  'never',
] as const
export type BridgeOutcome = (typeof FAKE_OUTCOMES)[number]

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
      const pay = (token: Token, units: bigint, isRefund = false) =>
        this.chain.pay({
          for: hash,
          hash: digestOf(`payout ${hash} ${token.chain} ${token.symbol}`),
          token,
          owner: transaction.from,
          units,
          isRefund,
        })
      const sold = this.token(chain, ({ address }) => address === action.sell)
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
        case 'partial':
          pay(bought, action.out / 4n)
          pay(sold, action.units / 2n, true)
          break
        case 'refund':
          pay(sold, action.units - 1n, true)
          break
        case 'refund-there':
          pay(bought, action.out - 1n, true)
          break
        case 'refund-other-token':
          pay(
            this.token(chain, ({ address }) => address !== action.sell),
            1_000n,
            true,
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

/** Finds payouts by the deposit they belong to. */
export class FakeTransfers extends Transfers {
  constructor(private readonly chain: FakeChain) {
    super()
  }

  override async find(transfer: Transfer): Promise<readonly Payout[]> {
    await Promise.resolve()
    return this.chain.receipts().flatMap(({ chain, hash, block, payout }): Payout[] => {
      if (payout?.for !== transfer.originHash) return []
      return [
        {
          chain,
          hash,
          log: 0,
          block,
          amount: amountOf(payout.token, payout.units),
          isRefund: payout.isRefund === true,
        },
      ]
    })
  }
}
