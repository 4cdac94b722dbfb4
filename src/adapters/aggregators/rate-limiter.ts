import type { Clock } from '../../ports/clock.js'
import { Circuit } from './circuit.js'

/** Why a request may not be sent, and after how long it may. */
export interface TooEarly {
  readonly reason: string
  readonly waitMs: number
}

interface Pace {
  readonly requestsPerSecond: number
  /** At most `burst` requests in any `windowMs`. */
  readonly burst: number
  readonly windowMs: number
}

/** Requests that travel unequally long still reach the service in different windows. */
const JITTER_MS = 50

/** Shortest and longest time a service is left alone, whatever its headers say. */
const SHORTEST_MS = 1_000
const LONGEST_MS = 7_200_000
/** A service that refuses again right after a pause is given twice as long, up to this much beyond what it names. */
const LONGEST_BACKOFF_MS = 64_000
/** How long a service that keeps failing is left alone, when nothing is configured. */
const CIRCUIT_MS = 30_000

/**
 * Keeps all requests of this process to one service under one key within the service's limit.
 *
 * Guarantees: after an answer of 429, or one that leaves no request, none is sent until the time the service named. With a
 * pace, no window of a second sees more requests than it allows; requests then wait for their turn in the order they
 * came, and are turned down at once when the turn would come after the end of their call. Without a pace nothing waits.
 *
 * Does not guarantee that the service never answers 429: others may use the same key, and it counts requests when they
 * arrive.
 */
export class RateLimiter {
  #pace: Pace | undefined
  /** Milliseconds since 1970. */
  #closedUntil = 0
  #limit: string | undefined
  /** Pauses after an answer of 429 since the last answer that was none. */
  #strikes = 0
  /** Turns given out and requests sent, the latest `burst` of each. */
  #promised: readonly number[] = []
  #sent: readonly number[] = []
  /** Settles when everybody who came before has gone. */
  #queue: Promise<unknown> = Promise.resolve()

  /** Whether the service is well enough to be asked at all. */
  readonly circuit: Circuit

  constructor(
    private readonly clock: Clock,
    circuitMs = CIRCUIT_MS,
    /** From 0 up to 1. */
    private readonly random: () => number = Math.random,
  ) {
    this.circuit = new Circuit(clock, circuitMs, random)
  }

  /** Milliseconds since 1970, by the clock that turns are reckoned with. */
  now(): number {
    return this.clock.now()
  }

  /** Sets the pace, unless a slower one is set already. */
  slowTo(requestsPerSecond: number): void {
    if (this.#pace && this.#pace.requestsPerSecond <= requestsPerSecond) return
    const burst = Math.max(1, Math.floor(requestsPerSecond))
    this.#pace = { requestsPerSecond, burst, windowMs: 1_000 / Math.min(1, requestsPerSecond) + JITTER_MS }
  }

  /** Resolves when a request may be sent now, or tells why it may not before `endsAt`. */
  async admit(endsAt: number): Promise<TooEarly | undefined> {
    const now = this.clock.now()
    const tooEarly = this.#tooEarly(this.#promised, now, endsAt)
    if (tooEarly || !this.#pace) return tooEarly
    this.#promised = [...this.#promised, this.#turn(this.#promised, now)].slice(-this.#pace.burst)
    const turn = this.#queue.then(() => this.#waitForTurn(endsAt))
    this.#queue = turn
    return turn
  }

  /** Reads what an answer says about the limit. */
  note(status: number, headers: Headers): void {
    this.#limit = headers.get('ratelimit-limit')?.match(/^\d{1,9}/)?.[0] ?? this.#limit
    if (status !== 429) this.#strikes = 0
    if (status !== 429 && headers.get('ratelimit-remaining')?.trim() !== '0') return
    // Of the answers to requests that were sent together, the first one counts.
    if (status === 429 && this.clock.now() >= this.#closedUntil) this.#strikes += 1
    const named = [headers.get('ratelimit-reset'), headers.get('retry-after')].map((text) => this.#millisecondsOf(text))
    const waitMs = Math.min(Math.max(this.#backoff(), ...named), LONGEST_MS)
    this.#closedUntil = Math.max(this.#closedUntil, this.clock.now() + waitMs)
  }

  /** The first pause is the shortest there is; later ones double, stretched by chance up to a half. */
  #backoff(): number {
    if (this.#strikes <= 1) return SHORTEST_MS
    const doubled = Math.min(SHORTEST_MS * 2 ** (this.#strikes - 1), LONGEST_BACKOFF_MS)
    return Math.round(doubled * (1 + this.random() / 2))
  }

  async #waitForTurn(endsAt: number): Promise<TooEarly | undefined> {
    for (;;) {
      const now = this.clock.now()
      const tooEarly = this.#tooEarly(this.#sent, now, endsAt)
      if (tooEarly) return tooEarly
      const waitMs = this.#turn(this.#sent, now) - now
      if (waitMs <= 0) {
        this.#sent = [...this.#sent, now].slice(-(this.#pace?.burst ?? 1))
        return undefined
      }
      await this.clock.sleep(waitMs)
    }
  }

  /** The clock is read once for a judgement: a millisecond that passes meanwhile makes nothing too early. */
  #turn(earlier: readonly number[], now: number): number {
    const first = this.#pace && earlier.at(-this.#pace.burst)
    const paced = this.#pace && first !== undefined ? first + this.#pace.windowMs : 0
    return Math.max(now, this.#closedUntil, paced)
  }

  #tooEarly(earlier: readonly number[], now: number, endsAt: number): TooEarly | undefined {
    const turn = this.#turn(earlier, now)
    if (turn <= (this.#pace ? endsAt : now)) return undefined
    const reason =
      this.#closedUntil > now
        ? `its rate limit${this.#limit === undefined ? '' : ` of ${this.#limit} requests`} is used up`
        : `the ${this.#pace?.requestsPerSecond} requests per second it allows us are taken until after the end of the call`
    return { reason, waitMs: turn - now }
  }

  /** A number of seconds, or the date of HTTP; nothing else says anything. */
  #millisecondsOf(text: string | null): number {
    if (text === null) return 0
    if (/^\s*\d{1,9}\s*$/.test(text)) return Number(text) * 1_000
    const date = Date.parse(text)
    return Number.isNaN(date) ? 0 : date - this.clock.now()
  }
}

/** The limiters of a process: one for each service and key, whoever asks. */
export class RateLimiters {
  readonly #limiters = new Map<string, RateLimiter>()

  constructor(private readonly clock: Clock) {}

  /** Services differ by the origin of their address. Of several paces asked for, the slowest holds for all. */
  of(service: {
    readonly url: string
    readonly apiKey?: string | undefined
    readonly requestsPerSecond?: number | undefined
    readonly circuitMs?: number | undefined
  }): RateLimiter {
    const key = `${new URL(service.url).origin} ${service.apiKey ?? ''}`
    const limiter = this.#limiters.get(key) ?? new RateLimiter(this.clock, service.circuitMs)
    this.#limiters.set(key, limiter)
    if (service.requestsPerSecond !== undefined) limiter.slowTo(service.requestsPerSecond)
    return limiter
  }
}
