import { type ChainKey, sameAddress } from '../domain/assets.js'
import {
  type Difference,
  differencesOf,
  isBookedUpTo,
  isMissing,
  lossPostings,
  nameOf,
  unattributedPostings,
} from '../domain/execution/reconciliation.js'
import { ALL_OPEN, lastClearedByPerson } from '../domain/policy/breakers.js'
import { LOSS_ACCEPTED } from '../domain/policy/resume.js'
import { type Portfolio, tokensOn } from '../domain/policy/portfolio.js'
import type { Balances } from '../ports/balances.js'
import { type Chain, ChainError } from '../ports/chain.js'
import type { Clock } from '../ports/clock.js'
import type { Observer } from '../ports/observer.js'
import type { Store } from '../ports/store.js'
import type { TripBreaker } from './trip-breaker.js'

/**
 * Compares what is written down with the chains at their finalised blocks, to the base unit (4.13): the final book with the
 * balances, our nonces with the chain's, also while work is under way. What is missing halts everything (B-03), and so does
 * a nonce that somebody else used (B-04); once a person who was told has given up the one, or cleared the other, it is taken into the books. What
 * came in from nobody knows where is booked as such. One run at a time: another one that sees the same inflow must see it
 * booked.
 */
export class Reconcile {
  private last: Promise<void> = Promise.resolve()
  private readonly reported = new Set<string>()
  /** What is missing, by account, chain and token: base units, and when this process saw so much of it missing first. */
  private readonly missing = new Map<string, { readonly units: bigint; readonly since: number }>()

  constructor(
    private readonly deps: {
      balances: Balances
      chain: Chain
      store: Store
      tripBreaker: TripBreaker
      observer: Observer
      clock: Clock
    },
  ) {}

  run(portfolio: Portfolio): Promise<void> {
    const work = this.last.then(() => this.reconcile(portfolio))
    this.last = work.catch(() => undefined)
    return work
  }

  private async reconcile(portfolio: Portfolio): Promise<void> {
    const { store, observer, clock } = this.deps
    const booked = await store.walletBalances(portfolio.account)
    const chains = portfolio.chains.map(({ key }) => key).filter((chain) => booked.some((one) => one.chain === chain))
    // Told of all of them first, so that what keeps one from being compared hides none.
    for (const chain of chains) observer.notify({ type: 'books-found', portfolio: portfolio.id, chain })
    for (const chain of chains) {
      try {
        const at = clock.now()
        await this.checkAccount(portfolio, chain)
        const found = await this.look(portfolio, chain)
        if (!found) continue
        const mismatches = found.differences.map(({ token, ledger, onChain }) => ({
          token: nameOf(token),
          asset: token.asset,
          decimals: token.decimals,
          ledger,
          onChain,
        }))
        observer.notify({ type: 'reconciled', portfolio: portfolio.id, chain, mismatches, at: clock.now() })
        const isShort = await this.settle(portfolio, chain, found)
        if (isShort !== undefined) await store.noteReconciled({ portfolio: portfolio.id, chain, at, isShort })
      } catch (error) {
        // Nothing is concluded from silence; the next run asks again.
        if (!(error instanceof ChainError)) throw error
        observer.notify({ type: 'failed', what: `reconciling ${chain}`, isRetried: true, error })
      }
    }
  }

  /** The differences at one finalised block, or undefined while a booking up to it is still to come. */
  private async look(
    portfolio: Portfolio,
    chain: ChainKey,
  ): Promise<{ readonly block: bigint; readonly differences: readonly Difference[] } | undefined> {
    const { balances, store } = this.deps
    const owner = portfolio.account
    const [booked, nextNonce, openCycles, looseIntents, openTransfers] = await Promise.all([
      store.walletBalances(owner),
      this.nextNonce(portfolio, chain),
      store.openCycles(),
      store.looseIntents(),
      store.openTransfers(),
    ])
    const here = booked.filter((one) => one.chain === chain)
    const written = { owner, chain, booked: here, openCycles, looseIntents, openTransfers, nextNonce }
    const reading = await balances.read(chain, owner, tokensOn(portfolio, chain), 'finalized')
    if (reading.status === 'unknown') return undefined
    const { finalized } = await this.deps.chain.nonces(chain, owner)
    if (!isBookedUpTo(written, finalized)) return undefined
    return { block: reading.block.number, differences: differencesOf(written, reading.holdings) }
  }

  /** A nonce above ours was used by somebody who has our key (F-44); code on the account is somebody's delegation. */
  private async checkAccount({ account }: Portfolio, chain: ChainKey): Promise<void> {
    const { tripBreaker, observer } = this.deps
    // The chain is asked first: whatever we send is written down before.
    const { latest } = await this.deps.chain.nonces(chain, account)
    const next = await this.nextNonce({ account }, chain)
    if (Number.isFinite(next)) observer.notify({ type: 'nonces-compared', chain, account, next, onChain: latest })
    if (latest > next) {
      const reason = `Account ${account} is at nonce ${latest} on ${chain}, ours ended before ${next}: somebody else uses its key.`
      await tripBreaker.foreignNonce({ chain, account }, latest, reason)
    }
    if (!(await this.deps.chain.hasCode(chain, account))) this.reported.delete(chain)
    else if (!this.reported.has(chain)) {
      this.reported.add(chain)
      const error = new Error(`Account ${account} has code on ${chain}; an account without any was expected.`)
      observer.notify({ type: 'failed', what: `the account on ${chain}`, isRetried: false, error })
    }
  }

  /** The next nonce to be given out; as far as the chain says for an account that none was given out of. */
  private async nextNonce({ account }: Pick<Portfolio, 'account'>, chain: ChainKey): Promise<number> {
    const known = (await this.deps.store.nonces()).find(
      (one) => one.chain === chain && sameAddress(one.account, account),
    )
    return known?.next ?? Number.POSITIVE_INFINITY
  }

  /** Resolves to whether the books are short of what is there; to undefined where that cannot be told yet. */
  private async settle(
    portfolio: Portfolio,
    chain: ChainKey,
    found: { readonly block: bigint; readonly differences: readonly Difference[] },
  ): Promise<boolean | undefined> {
    const { store, tripBreaker } = this.deps
    if (!found.differences.some(isMissing)) this.forget(portfolio, chain, [])
    else {
      // Looked at once more, so that a halt never rests on one look.
      const again = await this.look(portfolio, chain)
      if (!again) return undefined
      const missing = again.differences.filter(isMissing)
      this.forget(portfolio, chain, missing)
      const unaccepted = await this.bookLosses(portfolio, chain, missing)
      if (unaccepted.length === 0) return false
      const lines = unaccepted.map(({ token, ledger, onChain }) => `${nameOf(token)}: ${onChain}, booked ${ledger}`)
      const reason = `At block ${again.block} of ${chain} account ${portfolio.account} holds less than the ledger says (base units): ${lines.join('; ')}. Find out who moved it and bring it back, or give it up: a resume with "acceptLoss" books it as lost.`
      await tripBreaker.run({ code: 'B-03', scope: 'all', level: 'halted', reason })
      return true
    }
    const postings = found.differences.flatMap((one) => unattributedPostings(portfolio.account, one, found.block))
    if (postings.length > 0) await store.post(postings)
    return false
  }

  /**
   * Books what a person has given up by a B-03 cleared since so much was missing. Resolves to the others. A process that
   * starts has seen nothing missing yet, so that it halts once more.
   */
  private async bookLosses(
    { id, account }: Portfolio,
    chain: ChainKey,
    missing: readonly Difference[],
  ): Promise<readonly Difference[]> {
    const { store, observer, clock } = this.deps
    const breakers = await store.breakers({ isOpen: false, limit: ALL_OPEN })
    const cleared = lastClearedByPerson(breakers, 'B-03', ['all', `portfolio:${id}`])
    const isGivenUp = cleared?.clearedBy.startsWith(LOSS_ACCEPTED)
    const unaccepted: Difference[] = []
    for (const one of missing) {
      const { address: token } = one.token
      const units = one.ledger - one.onChain
      const key = keyOf(account, one)
      const seen = this.missing.get(key)
      const isSeen = seen !== undefined && units <= seen.units
      if (isSeen && cleared && isGivenUp && cleared.clearedAt >= seen.since) {
        await store.post(lossPostings(account, one, cleared.id))
        this.missing.delete(key)
        observer.notify({ type: 'loss-booked', portfolio: id, chain, token, units, by: cleared.clearedBy })
        continue
      }
      if (!isSeen) this.missing.set(key, { units, since: clock.now() })
      unaccepted.push(one)
    }
    return unaccepted
  }

  /** What is not missing any more: if it goes again, that is another loss. */
  private forget({ account }: Portfolio, chain: ChainKey, missing: readonly Difference[]): void {
    const kept = new Set(missing.map((one) => keyOf(account, one)))
    for (const key of this.missing.keys())
      if (key.startsWith(placeOf(account, chain)) && !kept.has(key)) this.missing.delete(key)
  }
}

function keyOf(account: string, { token: { chain, address } }: Difference): string {
  return `${placeOf(account, chain)}${address}`
}

function placeOf(account: string, chain: ChainKey): string {
  return `${account.toLowerCase()} ${chain} `
}
