/** The APIs of the sandbox that can be told to misbehave. */
export const apiNames = ['lifi', 'zeroex', 'prices'] as const
export type ApiName = (typeof apiNames)[number]

/** In which way an answer lies. The price service knows only `amount`. */
export const wrongKinds = [
  /** The calldata pays somebody else. */
  'receiver',
  /** The calldata accepts any output, whatever the answer promises. */
  'min-out',
  /** Somebody else is to be given the allowance. */
  'spender',
  /** The call goes to a contract nobody knows. */
  'target',
  /** The call is itself an endless approval, of the sold token, for somebody else. */
  'allowance',
  /** Coin is asked for beside the sale of a token. */
  'value-on-erc20',
  /** Bytes follow the calldata that mean nothing. */
  'trailing-bytes',
  /** A function of the right contract that is none of those for trades. */
  'selector',
  /** A bridge is told another chain. Of LI.FI's bridges only. */
  'destination',
  /** The bridge's own part of the calldata pays somebody else than the general part says. Of LI.FI's bridges only. */
  'bridge-recipient',
  /** The answer promises 30 % more than there is. */
  'better-than-real',
  /** The calldata sells a tenth more. */
  'amount',
  /** The router behaves while it is simulated and steals when it is executed. */
  'thief',
  /** The router pays four fifths of the minimum and does not revert. */
  'under-deliver',
  /** The router pays the minimum and not a unit more, which nobody can refuse. */
  'sandwiched',
] as const
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
  /**
   * Answers well-formed, but with something that must not be trusted: to every request, or to those for one kind of leg.
   * `bridge` is what answers about bridges lie about, where that is something else.
   */
  | { kind: 'wrong'; what: WrongKind; on?: 'swap' | 'bridge' | undefined; bridge?: WrongKind | undefined }

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
export const bridgeOutcomes = [
  'deliver',
  // Delivers ten times as late.
  'delayed',
  'silent',
  // Delivers 3 % less than promised.
  'short',
  'other-token',
  // Delivers 60 % and refunds the rest.
  'partial',
  // Less a fee, to the origin.
  'refund',
  'refund-on-destination',
  'refund-other-token',
] as const
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
