import type { Registry } from 'prom-client'
import { type Address, type ChainKey, sameAddress } from '../../domain/assets.js'
import type { Event } from '../../domain/events.js'
import { metricMakers } from './metric-makers.js'
import type { MetricLabels } from './metrics.js'
import type { OpenWork } from './open-work.js'

/** What the chain says of our nonces beside what we gave out. Nothing is shown of an account before it was compared. */
export class NonceMetrics {
  private readonly lag
  private readonly used
  /** Latest comparison, by chain and alias of the account. */
  private readonly latest = new Map<string, { chain: ChainKey; account: string; next: number; onChain: number }>()

  constructor(
    registry: Registry,
    private readonly labels: MetricLabels,
    private readonly openWork: OpenWork,
  ) {
    const { gauge } = metricMakers(registry)
    this.lag = gauge(
      'account_nonce_lag',
      'Next nonce that we give out, minus the transactions of the account in blocks as a quorum counted them last.',
      ['chain', 'account'],
      (self) => {
        self.reset()
        for (const { chain, account, next, onChain } of this.latest.values())
          self.set({ chain, account }, Math.max(next, this.nextOfOpen(chain, account)) - onChain)
      },
    )
    this.used = gauge('account_nonce', 'Transactions of an account in blocks, as a quorum counted them last.', [
      'chain',
      'account',
    ])
  }

  compared({ chain, account: address, next, onChain }: Extract<Event, { type: 'nonces-compared' }>): void {
    const account = this.aliasOf(address)
    if (account === undefined) return
    this.latest.set(`${chain} ${account}`, { chain, account, next, onChain })
    this.used.set({ chain, account }, onChain)
  }

  /** Another process compares now. */
  stoodDown(): void {
    this.latest.clear()
    this.used.reset()
  }

  /** Behind the highest nonce given out since the comparison; 0 where there is none. */
  private nextOfOpen(chain: ChainKey, account: string): number {
    const nonces = this.openWork
      .intents()
      .filter((one) => one.chain === chain && one.state !== 'mined' && this.aliasOf(one.account) === account)
    return Math.max(0, ...nonces.map(({ nonce }) => nonce + 1))
  }

  private aliasOf(address: Address): string | undefined {
    return this.labels.portfolios.find((one) => sameAddress(one.address, address))?.account
  }
}
