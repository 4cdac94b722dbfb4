/** The APIs of the sandbox that can be told to misbehave. */
export const apiNames = ['lifi', 'zeroex', 'prices'] as const
export type ApiName = (typeof apiNames)[number]

/** In which way an answer lies. The price service knows only `amount`. */
export const wrongKinds = ['receiver', 'min-out', 'spender', 'target', 'better-than-real', 'amount'] as const
export type WrongKind = (typeof wrongKinds)[number]

/** How an API misbehaves until told otherwise. */
export type Fault =
  /** Answers correctly, `ms` milliseconds late. */
  | { kind: 'slow'; ms: number }
  /** Closes the connection without an answer. */
  | { kind: 'dead' }
  /** Answers every request with this HTTP status and an error body. */
  | { kind: 'error'; status: number }
  /** Answers 429 in the API's own shape. */
  | { kind: 'rate-limited'; retryAfterSeconds: number }
  /** Answers 200 with HTML. */
  | { kind: 'garbage' }
  /** Answers well-formed, but with something that must not be trusted. */
  | { kind: 'wrong'; what: WrongKind }

export interface FaultSwitch {
  set(fault: Fault | null): void
  current(): Fault | null
}

export function createFaultSwitch(): FaultSwitch {
  let active: Fault | null = null
  return {
    set(fault) {
      active = fault
    },
    current: () => active,
  }
}

export interface RecordedRequest {
  /** Unix milliseconds. */
  at: number
  method: string
  /** Path and query, as received. */
  url: string
  headers: Record<string, string>
  /** Empty when the request had none. */
  body: string
}

export interface RequestRecorder {
  record(request: RecordedRequest): void
  /** Oldest first. */
  all(): RecordedRequest[]
  clear(): void
}

/** Keeps the last `limit` requests. */
export function createRequestRecorder(limit = 2000): RequestRecorder {
  const requests: RecordedRequest[] = []
  return {
    record(request) {
      requests.push(request)
      if (requests.length > limit) requests.shift()
    },
    all: () => [...requests],
    clear() {
      requests.length = 0
    },
  }
}

/** What a bridge does with transfers whose delivery it has not sent yet. */
export const bridgeOutcomes = ['deliver', 'refund', 'partial', 'short', 'silent'] as const
export type BridgeOutcome = (typeof bridgeOutcomes)[number]

export interface BridgeBehaviour {
  outcome: BridgeOutcome
  /** Seconds from the origin's finality to the outcome; the bridge's own delay when absent. */
  delaySeconds?: number
}

export interface BridgeControl {
  /** Keys of the bridges there are. */
  keys(): string[]
  set(bridge: string, behaviour: BridgeBehaviour): void
  current(bridge: string): BridgeBehaviour
}
