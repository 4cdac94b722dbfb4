import type { Cycle } from '../domain/execution/cycle.js'
import { firstFee } from '../domain/execution/fees.js'
import { type Attempt, type Intent, judgeIntent } from '../domain/execution/intent.js'
import { intentPostings } from '../domain/execution/ledger.js'
import { weiCost } from '../domain/planning/cost.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import type { Chain } from '../ports/chain.js'
import type { Clock } from '../ports/clock.js'
import type { Failpoints } from '../ports/failpoints.js'
import type { Lease } from '../ports/lease.js'
import type { Observer } from '../ports/observer.js'
import type { Signer } from '../ports/signer.js'
import type { Store } from '../ports/store.js'

/**
 * Moves one intent as far as the evidence allows. Guarantees: signed bytes are committed before anyone sees them; the
 * nonce is signed for one payload only; the same bytes may be sent any number of times; an unclear answer moves
 * nothing. Does not guarantee inclusion: bytes that pay too little wait.
 */
export class SettleIntent {
  /** When this process last sent an intent's bytes. Forgetting it costs one more harmless send. */
  private readonly sentAt = new Map<string, number>()

  constructor(
    private readonly deps: {
      chain: Chain
      signer: Signer
      store: Store
      clock: Clock
      observer: Observer
      lease: Lease
      failpoints: Failpoints
      resendMs: number
    },
  ) {}

  /** `bridge` names the bridge of a sending transaction, for the ledger. Resolves to whether anything was written. */
  async run(portfolio: Portfolio, cycle: Cycle, intent: Intent, bridge: string | undefined): Promise<boolean> {
    switch (intent.state) {
      case 'reserved':
        await this.sign(portfolio, cycle, intent)
        return true
      case 'signed':
      case 'mined':
        return this.watch(portfolio, intent, bridge)
      case 'final_ok':
      case 'final_reverted':
      case 'released':
        return false
    }
  }

  /** In a pause and in dry-run nothing new is signed, except what takes an allowance back. */
  private async isHeld(portfolio: Portfolio, { kind }: Intent): Promise<boolean> {
    if (kind === 'revoke') return false
    return portfolio.mode === 'dry-run' || (await this.deps.store.operatingState()).state !== 'running'
  }

  /**
   * An intent that may not be signed now is given back: without signed bytes its nonce is unused. That is one whose
   * offer is stale, whose gas became dearer than the limit, or that a pause came before.
   */
  private async sign(portfolio: Portfolio, cycle: Cycle, intent: Intent): Promise<void> {
    const { chain, signer, store, clock, lease, failpoints } = this.deps
    const fee = firstFee(await chain.fees(intent.chain))
    const isTooDear = weiCost(cycle.market, intent.chain, intent.gasLimit * fee.maxFeePerGas) > portfolio.policy.maxGas
    if (
      isTooDear ||
      clock.now() - intent.reservedAt > portfolio.maxQuoteAgeMs ||
      (await this.isHeld(portfolio, intent))
    ) {
      this.tell(portfolio, await store.releaseIntent(intent))
      return
    }
    if (!lease.isHeld()) return
    const { raw, hash } = await signer.sign(intent.account, {
      chainId: chain.chainId(intent.chain),
      nonce: intent.nonce,
      to: intent.call.to,
      data: intent.call.data,
      value: intent.call.value,
      gasLimit: intent.gasLimit,
      ...fee,
    })
    await failpoints.reach('K-08')
    const attempt: Attempt = { hash, raw, gasLimit: intent.gasLimit, ...fee, signedAt: clock.now() }
    const signed = await store.recordAttempt(intent, attempt)
    this.tell(portfolio, signed)
    await failpoints.reach('K-10')
    await this.send(signed, attempt)
    await failpoints.reach('K-13')
  }

  private async watch(portfolio: Portfolio, intent: Intent, bridge: string | undefined): Promise<boolean> {
    const { chain, store, clock, failpoints, resendMs } = this.deps
    const sightings = await Promise.all(intent.attempts.map(({ hash }) => chain.inclusion(intent, hash)))
    const inclusion = sightings.find((one) => one !== undefined)
    const finalizedBlock = inclusion ? await chain.finalizedBlock(intent.chain) : 0n
    const next = judgeIntent(intent, { inclusion, finalizedBlock })
    if (next !== intent) {
      await store.moveIntent(intent, next, intentPostings(next, bridge))
      this.tell(portfolio, next)
      if (next.state === 'mined') await failpoints.reach('K-15')
      return true
    }
    const last = intent.attempts.at(-1)
    if (intent.state === 'signed' && last && clock.now() - (this.sentAt.get(intent.id) ?? 0) >= resendMs)
      await this.send(intent, last)
    return false
  }

  private async send(intent: Intent, attempt: Attempt): Promise<void> {
    const { chain, clock, observer, lease } = this.deps
    if (!lease.isHeld()) return
    this.sentAt.set(intent.id, clock.now())
    const answer = await chain.broadcast(intent.chain, attempt.raw)
    observer.notify({ type: 'broadcast', intentId: intent.id, chain: intent.chain, hash: attempt.hash, answer })
  }

  private tell(portfolio: Portfolio, intent: Intent): void {
    if (intent.state === 'final_ok' || intent.state === 'final_reverted') this.sentAt.delete(intent.id)
    this.deps.observer.notify({ type: 'intent-changed', portfolio: portfolio.id, intent, at: this.deps.clock.now() })
  }
}
