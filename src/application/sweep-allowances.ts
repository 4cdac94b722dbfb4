import { type Address, type ChainKey, sameAddress, type Token } from '../domain/assets.js'
import { hasEnded } from '../domain/execution/funding.js'
import { type Intent, isLive } from '../domain/execution/intent.js'
import { revocationGas } from '../domain/policy/gas.js'
import { maySign, strictest } from '../domain/policy/operating.js'
import { type Portfolio, tokensOn } from '../domain/policy/portfolio.js'
import { ofIntent } from '../domain/purpose.js'
import { type Chain, ChainError, SimulationError } from '../ports/chain.js'
import type { Clock } from '../ports/clock.js'
import { type Lease } from '../ports/lease.js'
import type { Observer } from '../ports/observer.js'
import { NonceGapError, type Store } from '../ports/store.js'
import type { SettleIntent } from './settle-intent.js'
import type { TripBreaker } from './trip-breaker.js'

/** An allowance that stands after so many revocations is one that cannot be taken back (B-05). */
const REVOCATIONS = 2

interface Approved {
  readonly chain: ChainKey
  readonly token: Address
  readonly spender: Address
}

/**
 * Leaves no allowance behind, whatever happened to the leg that gave it (C-14): reads every one that was ever given, and
 * takes back those that no leg under way explains. Each revocation is an intent of its own, that no cycle asked for; its
 * nonce is signed when every earlier one is in a block, like any other.
 */
export class SweepAllowances {
  /**
   * How often in turn an allowance was found standing with nothing under way against it, and the revocation that was
   * reserved for it the last time.
   */
  private readonly found = new Map<string, { readonly times: number; readonly revocation?: string }>()

  constructor(
    private readonly deps: {
      chain: Chain
      store: Store
      settleIntent: SettleIntent
      tripBreaker: TripBreaker
      lease: Lease
      clock: Clock
      observer: Observer
    },
  ) {}

  /** Moves the revocations under way as far as the chain shows. Resolves to whether some are not in a block yet. */
  async settle(portfolio: Portfolio): Promise<boolean> {
    const { store, settleIntent, lease, observer } = this.deps
    for (const intent of await this.ours(portfolio))
      if (lease.isHeld())
        await observer.during(ofIntent(portfolio.id, intent), () =>
          this.tolerate(`revocation ${intent.id}`, () => settleIntent.run(portfolio, undefined, intent, undefined)),
        )
    return (await store.looseIntents()).some(
      (intent) => sameAddress(intent.account, portfolio.account) && isLive(intent) && intent.state !== 'mined',
    )
  }

  async run(portfolio: Portfolio): Promise<void> {
    const { store, observer } = this.deps
    const approved = await store.approvals(portfolio.account)
    for (const { key: chain } of portfolio.chains) {
      const here = approved.filter((one) => one.chain === chain)
      if (here.length === 0) continue
      await this.tolerate(`sweeping the allowances on ${chain}`, async () => {
        const standing = await this.standing(portfolio, here)
        observer.notify({ type: 'allowances-swept', portfolio: portfolio.id, chain, standing: standing.length })
        for (const one of standing) await this.takeBack(portfolio, one)
      })
    }
    await this.settle(portfolio)
  }

  /** Allowances that are not zero at the finalised block nor now, and that nothing under way accounts for. */
  private async standing(portfolio: Portfolio, approved: readonly Approved[]): Promise<readonly Approved[]> {
    const { chain, store } = this.deps
    const runs = (await store.openCycles()).flatMap(({ legs }) => legs).filter((run) => !hasEnded(run))
    const standing: Approved[] = []
    for (const one of approved) {
      const token = tokenOf(portfolio, one)
      const isUsed = runs.some(
        ({ leg, offer }) =>
          leg.sell.token.chain === one.chain &&
          sameAddress(leg.sell.token.address, one.token) &&
          offer?.spender !== undefined &&
          sameAddress(offer.spender, one.spender),
      )
      const isStanding =
        !isUsed &&
        (await chain.finalizedAllowance(token, portfolio.account, one.spender)) > 0n &&
        (await chain.allowance(token, portfolio.account, one.spender)) > 0n
      if (isStanding) standing.push(one)
      else this.found.delete(keyOf(portfolio, one))
    }
    return standing
  }

  private async takeBack(portfolio: Portfolio, one: Approved): Promise<void> {
    const { chain, store, tripBreaker, clock, observer } = this.deps
    const { account } = portfolio
    const underWay = [...(await store.openCycles()).flatMap(({ intents }) => intents), ...(await this.ours(portfolio))]
    if (underWay.some((intent) => intent.chain === one.chain && isLive(intent) && intent.state !== 'mined')) return
    const subject = { portfolio: portfolio.id, chains: [one.chain] }
    if (!maySign(strictest(await store.operatingStates(), subject)?.level ?? 'running', 'revoke')) return
    const key = keyOf(portfolio, one)
    const times = await this.timesFound(key)
    this.found.set(key, { times })
    if (times > REVOCATIONS)
      await tripBreaker.run({
        code: 'B-05',
        scope: `portfolio:${portfolio.id}`,
        level: 'paused_hard',
        reason: `${one.spender} still has an allowance over ${one.token} on ${one.chain} after ${times - 1} revocations. Take it back by hand, or move what it covers.`,
      })
    const call = chain.approval(tokenOf(portfolio, one), one.spender, 0n)
    const gasLimit = revocationGas(portfolio, one.chain, await chain.estimateGas(account, call))
    const { latest } = await chain.nonces(one.chain, account)
    const ordinal = await this.ordinal(key)
    const reserved = await store.reserveIntent(
      {
        id: `${key}.revoke.${ordinal}`,
        cycleId: undefined,
        legId: undefined,
        kind: 'revoke',
        ordinal,
        chain: one.chain,
        account,
        call,
        gasLimit,
        reservedAt: clock.now(),
        expiresAt: undefined,
      },
      latest,
    )
    this.found.set(key, { times, revocation: reserved.id })
    observer.notify({ type: 'intent-changed', portfolio: portfolio.id, intent: reserved, at: clock.now() })
  }

  /** With this time; a revocation that was given up without doing anything says nothing about the allowance. */
  private async timesFound(key: string): Promise<number> {
    const { times = 0, revocation } = this.found.get(key) ?? {}
    const last = revocation === undefined ? undefined : await this.deps.store.intent(revocation)
    return last?.state === 'released' || last?.state === 'final_cancelled' ? times : times + 1
  }

  /** Counts the revocations of this allowance before this one, as the records have them. */
  private async ordinal(key: string): Promise<number> {
    let ordinal = 0
    while (await this.deps.store.intent(`${key}.revoke.${ordinal}`)) ordinal += 1
    return ordinal
  }

  private async ours({ account }: Portfolio): Promise<readonly Intent[]> {
    return (await this.deps.store.looseIntents()).filter((intent) => sameAddress(intent.account, account))
  }

  /** A chain that is silent, or a token that refuses, keeps nobody from the others; the next sweep tries again. */
  private async tolerate(what: string, act: () => Promise<unknown>): Promise<void> {
    try {
      await act()
    } catch (error) {
      if (!(error instanceof ChainError || error instanceof SimulationError || error instanceof NonceGapError))
        throw error
      this.deps.observer.notify({ type: 'failed', what, isRetried: true, error })
    }
  }
}

function keyOf({ account }: Portfolio, { chain, token, spender }: Approved): string {
  return ['sweep', account, chain, token, spender].join('-').toLowerCase()
}

/** A token that the configuration does not name any more is as good as its address. */
function tokenOf(portfolio: Portfolio, { chain, token }: Approved): Token {
  const known = tokensOn(portfolio, chain).find(({ address }) => sameAddress(address, token))
  return known ?? { chain, asset: token, symbol: token, address: token, decimals: 0 }
}
