import type { Clock } from '../ports/clock.js'
import type { EventFeed, FeedEvent } from '../ports/event-feed.js'
import type { Observer } from '../ports/observer.js'

const READ_EVERY_MS = 500
const BEAT_MS = 15_000
/** A credential that was revoked is found out within 30 seconds. */
const RECHECK_MS = 20_000
const PAGE = 200
/** Events kept for those who come back after a moment. */
const MOST_RECENT = 2_000
const MOST_UNSENT_BYTES = 1_048_576
const MOST_STALLED_MS = 30_000
const MOST_FOLLOWERS = 200
const MOST_OF_ONE = 10

/** How a stream begins: what follows comes after `position`. */
export type Opening =
  | { readonly type: 'opened'; readonly position: string; readonly isResumed: boolean }
  | { readonly type: 'reset'; readonly position: string; readonly reason: 'expired' | 'unknown' }

/** Somebody who listens. None of this throws. */
export interface Listener {
  /** Whose places are counted together. */
  readonly account: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number | undefined
  /** Whether the credential still counts; rejects where that cannot be said. */
  isAllowed(): Promise<boolean>
  wants(event: FeedEvent): boolean
  begin(opening: Opening): void
  send(event: FeedEvent): void
  beat(): void
  /** Bytes that were sent and not taken yet. */
  unsent(): number
  /** Resolves once everything sent was taken, or nobody listens any more. */
  taken(): Promise<void>
  end(): void
  /** At once, whatever was not taken. */
  cut(): void
}

export type Joined =
  | { readonly status: 'following'; readonly leave: () => void }
  | { readonly status: 'refused'; readonly code: 'full' | 'own-full' | 'ending' }

interface Follower {
  readonly listener: Listener
  /** Everything up to here was sent, or was not wanted. */
  position: bigint
  isCatchingUp: boolean
  beatAt: number
  recheckAt: number
  stalledSince: number | undefined
}

/**
 * Hands the feed to everybody who listens, each from where they left off: in the order of the feed, no event twice and none
 * missing. One reader serves all of them; only who was away for long is read for apart. Whoever takes too little of what is
 * sent, or whose credential ends, is let go.
 */
export class FollowEvents {
  private readonly followers = new Set<Follower>()
  private readonly places = new Map<string, number>()
  private taken = 0
  private recent: FeedEvent[] = []
  /** `recent` has everything from behind the first of these up to the second. */
  private recentAfter = 0n
  private read = 0n
  private reading: Promise<void> | undefined
  private readonly ending = new AbortController()

  constructor(
    private readonly deps: {
      feed: EventFeed
      clock: Clock
      observer: Observer
      /** Aborts when the process is asked to end. */
      stopping: AbortSignal
      readEveryMs?: number
      mostOfOne?: number
      most?: number
    },
  ) {
    deps.stopping.addEventListener('abort', () => this.end(), { once: true })
  }

  /** From after that event on; from now on for undefined. An event that is not known, or is followed by gaps, is told as a reset. */
  async join(listener: Listener, after: string | undefined): Promise<Joined> {
    const code = this.refusal(listener.account)
    if (code) return { status: 'refused', code }
    const giveBack = this.takePlace(listener.account)
    try {
      const bounds = await this.deps.feed.bounds()
      if (this.ending.signal.aborted) return refused('ending', giveBack)
      const opening = openingOf(after, bounds)
      const now = this.deps.clock.now()
      const follower: Follower = {
        listener,
        position: BigInt(opening.position),
        isCatchingUp: false,
        beatAt: now + BEAT_MS,
        recheckAt: now + RECHECK_MS,
        stalledSince: undefined,
      }
      listener.begin(opening)
      this.followers.add(follower)
      this.reading ??= this.readOn(BigInt(bounds.latest))
      const leave = () => {
        if (this.followers.delete(follower)) giveBack()
      }
      return { status: 'following', leave }
    } catch (error) {
      giveBack()
      throw error
    }
  }

  /** Nobody is followed any more. */
  end(): void {
    this.ending.abort()
    for (const { listener } of this.followers) listener.end()
  }

  private refusal(account: string): 'full' | 'own-full' | 'ending' | undefined {
    const { most = MOST_FOLLOWERS, mostOfOne = MOST_OF_ONE } = this.deps
    if (this.ending.signal.aborted) return 'ending'
    if ((this.places.get(account) ?? 0) >= mostOfOne) return 'own-full'
    return this.taken >= most ? 'full' : undefined
  }

  private takePlace(account: string): () => void {
    this.taken += 1
    this.places.set(account, (this.places.get(account) ?? 0) + 1)
    return () => {
      this.taken -= 1
      const left = (this.places.get(account) ?? 1) - 1
      if (left > 0) this.places.set(account, left)
      else this.places.delete(account)
    }
  }

  /** Reads for all, as long as there is anybody. */
  private async readOn(from: bigint): Promise<void> {
    const { clock, observer, readEveryMs = READ_EVERY_MS } = this.deps
    this.recent = []
    this.recentAfter = from
    this.read = from
    let isWell = true
    while (this.followers.size > 0 && !this.ending.signal.aborted) {
      const isRead = await this.readMore().then(
        () => true,
        (error: unknown) => {
          if (isWell) observer.notify({ type: 'failed', what: 'reading the feed of events', isRetried: true, error })
          return false
        },
      )
      isWell = isRead
      for (const follower of this.followers) this.serve(follower)
      await clock.sleep(readEveryMs, this.ending.signal)
    }
    this.reading = undefined
  }

  private async readMore(): Promise<void> {
    for (;;) {
      const events = await this.deps.feed.since(String(this.read), PAGE)
      this.recent.push(...events)
      this.read = BigInt(events.at(-1)?.sequence ?? this.read)
      const gone = this.recent.splice(0, Math.max(0, this.recent.length - MOST_RECENT))
      this.recentAfter = BigInt(gone.at(-1)?.sequence ?? this.recentAfter)
      if (events.length < PAGE) return
    }
  }

  private serve(follower: Follower): void {
    const { listener } = follower
    const now = this.deps.clock.now()
    if (listener.expiresAt !== undefined && now >= listener.expiresAt) return listener.end()
    if (now >= follower.recheckAt) this.recheck(follower, now)
    if (!follower.isCatchingUp) {
      if (this.isNear(follower)) this.sendAll(follower, this.recent)
      else void this.catchUp(follower)
    }
    if (now >= follower.beatAt) {
      listener.beat()
      follower.beatAt = now + BEAT_MS
    }
    follower.stalledSince = listener.unsent() === 0 ? undefined : (follower.stalledSince ?? now)
    const isStalled = now - (follower.stalledSince ?? now) >= MOST_STALLED_MS
    if (isStalled || listener.unsent() > MOST_UNSENT_BYTES) listener.cut()
  }

  /** So little is missing that it may be sent at once, from memory. */
  private isNear({ position }: Follower): boolean {
    return position >= this.recentAfter && this.read - position <= BigInt(PAGE)
  }

  private recheck(follower: Follower, now: number): void {
    const { listener } = follower
    follower.recheckAt = now + RECHECK_MS
    void listener.isAllowed().then(
      (isAllowed) => (isAllowed ? undefined : listener.end()),
      // Nobody stays whose credential cannot be looked up.
      () => listener.end(),
    )
  }

  private sendAll(follower: Follower, events: readonly FeedEvent[]): void {
    for (const event of events) {
      const sequence = BigInt(event.sequence)
      if (sequence <= follower.position) continue
      if (follower.listener.wants(event)) follower.listener.send(event)
      follower.position = sequence
    }
  }

  /** Page by page, each once the one before was taken, up to where everybody is. */
  private async catchUp(follower: Follower): Promise<void> {
    const { feed, observer } = this.deps
    follower.isCatchingUp = true
    try {
      while (!this.isNear(follower) && this.followers.has(follower)) {
        this.sendAll(follower, await feed.since(String(follower.position), PAGE))
        await follower.listener.taken()
      }
    } catch (error) {
      observer.notify({ type: 'failed', what: 'reading what a listener missed', isRetried: true, error })
      follower.listener.end()
    } finally {
      follower.isCatchingUp = false
    }
  }
}

function refused(code: 'ending', giveBack: () => void): Joined {
  giveBack()
  return { status: 'refused', code }
}

function openingOf(after: string | undefined, { kept, latest }: Awaited<ReturnType<EventFeed['bounds']>>): Opening {
  if (after === undefined) return { type: 'opened', position: latest, isResumed: false }
  const isKnown = /^\d{1,18}$/.test(after) && BigInt(after) <= BigInt(latest)
  if (!isKnown) return { type: 'reset', position: latest, reason: 'unknown' }
  if (BigInt(after) < BigInt(kept)) return { type: 'reset', position: latest, reason: 'expired' }
  return { type: 'opened', position: after, isResumed: true }
}
