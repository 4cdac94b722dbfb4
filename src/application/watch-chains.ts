import type { ChainKey } from '../domain/assets.js'
import { ALL_OPEN, type BreakerCode } from '../domain/policy/breakers.js'
import type { Chain, ChainView } from '../ports/chain.js'
import type { Clock } from '../ports/clock.js'
import type { Lease } from '../ports/lease.js'
import type { Observer } from '../ports/observer.js'
import type { Store } from '../ports/store.js'
import type { TripBreaker } from './trip-breaker.js'

export interface WatchedChain {
  readonly key: ChainKey
  /** Without a new block for longer it stands still (B-06). */
  readonly headAgeMs: number
  /** Usual age of its last final block; more than three times as much is a stall (B-07). */
  readonly finalitySeconds: number
}

/** Most that finality may lag, in times of what is usual. */
const MOST_LAG = 3

interface Watched {
  /** The head as it was seen first, and whether an earlier one was seen before it. */
  head: { readonly hash: string; readonly since: number; readonly isNew: boolean } | undefined
  /** Since when no quorum agrees, in milliseconds since 1970. */
  lostSince: number | undefined
  /** Breakers known to be let go of. */
  readonly cleared: Set<BreakerCode>
  isEvidenceChecked: boolean
  /** Contradictions that were told: whoever resumes after one has looked at it. */
  readonly told: Set<string>
}

/**
 * Looks at head and finality of every chain while this process leads, and stops a chain that stands still (B-06), is not
 * finalised (B-07) or on which no quorum agrees (B-10) until it is well again. A block that was taken as final and
 * changed stops everything for good (B-08): what the books say may never have happened.
 */
export class WatchChains {
  private readonly watched = new Map<ChainKey, Watched>()

  constructor(
    private readonly deps: {
      chains: readonly WatchedChain[]
      /** Longest time without a quorum (B-10). */
      quorumLossMs: number
      /** Pause between two looks. */
      watchMs: number
      chain: Chain
      store: Store
      tripBreaker: TripBreaker
      lease: Lease
      clock: Clock
      observer: Observer
    },
  ) {}

  /** Ends when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { lease, clock, watchMs } = this.deps
    while (!signal.aborted) {
      if (lease.isHeld()) await this.look()
      // What was seen before another process led says nothing about how long a chain has been as it is.
      else this.watched.clear()
      await clock.sleep(watchMs, signal)
    }
  }

  /** One look at every chain. A failure is told and looked at again. */
  async look(): Promise<void> {
    const { chains, observer } = this.deps
    await Promise.all(
      chains.map((one) =>
        this.lookAt(one).catch((error: unknown) =>
          observer.notify({ type: 'failed', what: `watching ${one.key}`, isRetried: true, error }),
        ),
      ),
    )
  }

  private async lookAt(one: WatchedChain): Promise<void> {
    const { chain, clock } = this.deps
    const watched = this.watchedOf(one.key)
    const view = await chain
      .view(one.key)
      .catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))))
    const now = clock.now()
    if (view instanceof Error) return this.judgeSilence(one.key, watched, view, now)
    watched.lostSince = undefined
    await this.clear(one.key, watched, 'B-10')
    await this.judgeHead(one, watched, view, now)
    await this.judgeFinality(one, watched, view)
    if (view.contradiction !== undefined) await this.halt(one.key, watched, view.contradiction)
    if (!watched.isEvidenceChecked) watched.isEvidenceChecked = await this.checkEvidence(one.key, watched)
  }

  private async judgeSilence(key: ChainKey, watched: Watched, error: Error, now: number): Promise<void> {
    watched.lostSince ??= now
    const lost = now - watched.lostSince
    if (lost > this.deps.quorumLossMs)
      await this.trip(key, watched, 'B-10', `No quorum on ${key} for ${seconds(lost)}. ${error.message}`)
  }

  private async judgeHead(one: WatchedChain, watched: Watched, { head }: ChainView, now: number): Promise<void> {
    if (watched.head?.hash !== head.hash)
      watched.head = { hash: head.hash, since: now, isNew: watched.head !== undefined }
    const age = now - watched.head.since
    if (age > one.headAgeMs)
      await this.trip(
        one.key,
        watched,
        'B-06',
        `No new block on ${one.key} after ${head.number} for ${seconds(age)}, ${seconds(one.headAgeMs)} are allowed. It goes on by itself with the next block.`,
      )
    // The first head seen may be an old one.
    else if (watched.head.isNew) await this.clear(one.key, watched, 'B-06')
  }

  private async judgeFinality(one: WatchedChain, watched: Watched, { head, finalized }: ChainView): Promise<void> {
    const lag = head.timestamp - finalized.timestamp
    const most = MOST_LAG * one.finalitySeconds
    if (lag <= most) return this.clear(one.key, watched, 'B-07')
    await this.trip(
      one.key,
      watched,
      'B-07',
      `The last final block of ${one.key}, ${finalized.number}, is ${lag} s behind its head, ${most} s are allowed. It goes on by itself when finality catches up.`,
    )
  }

  /** Whether the blocks that ended intents are still part of the chain. False when that could not be learned yet. */
  private async checkEvidence(key: ChainKey, watched: Watched): Promise<boolean> {
    const { store, chain } = this.deps
    const seen = await store.breakers({ isOpen: false, limit: ALL_OPEN })
    const looked = Math.max(0, ...seen.map(({ code, clearedAt }) => (code === 'B-08' ? (clearedAt ?? 0) : 0)))
    const blocks = (await store.finalBlocks()).filter((one) => one.chain === key && one.block.timestamp * 1000 > looked)
    for (const { block } of blocks) {
      const found = await chain.blockHash(key, block.number)
      if (found === undefined) return false
      if (found !== block.hash)
        await this.halt(
          key,
          watched,
          `a transaction of ours is final in block ${block.number} with hash ${block.hash}, the endpoints now agree on ${found}`,
        )
    }
    return true
  }

  private async halt(key: ChainKey, watched: Watched, contradiction: string): Promise<void> {
    if (watched.told.has(contradiction)) return
    await this.deps.tripBreaker.run({
      code: 'B-08',
      scope: 'all',
      level: 'halted',
      reason: `On ${key} ${contradiction}. Compare books and chain by hand, clear the breaker, then start anew.`,
    })
    watched.told.add(contradiction)
  }

  private async trip(key: ChainKey, watched: Watched, code: BreakerCode, reason: string): Promise<void> {
    watched.cleared.delete(code)
    await this.deps.tripBreaker.run({ code, scope: `chain:${key}`, level: 'paused_new', reason })
  }

  /** Also lets go of what an earlier process stopped. */
  private async clear(key: ChainKey, watched: Watched, code: BreakerCode): Promise<void> {
    if (watched.cleared.has(code)) return
    await this.deps.tripBreaker.clear(`chain:${key}`, code)
    watched.cleared.add(code)
  }

  private watchedOf(key: ChainKey): Watched {
    const known = this.watched.get(key)
    if (known) return known
    const fresh: Watched = {
      head: undefined,
      lostSince: undefined,
      cleared: new Set(),
      isEvidenceChecked: false,
      told: new Set(),
    }
    this.watched.set(key, fresh)
    return fresh
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`
}
