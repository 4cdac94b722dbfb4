export type AttributeValue = string | number | boolean | readonly string[]
/** By name without `evenkeel.`; what is undefined is left out. */
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>

/** Something that happened during a span. `at` in milliseconds since 1970, as all times here. */
export interface SpanEvent {
  readonly name: string
  readonly at: number
  readonly attributes?: Attributes
}

/** A span that is over. */
export interface SpanRecord {
  readonly traceId: string
  readonly spanId: string
  /** Undefined for the span that is the whole trace. */
  readonly parentId: string | undefined
  readonly name: string
  /** Whether it is the wait for somebody else's answer. */
  readonly isCall?: boolean
  readonly startedAt: number
  readonly endedAt: number
  readonly attributes: Attributes
  readonly events?: readonly SpanEvent[]
  /** Why it did not do what it was for. */
  readonly failure?: string | undefined
}
