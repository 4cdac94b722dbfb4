import { resourceFromAttributes } from '@opentelemetry/resources'
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { secretHider } from '../../src/adapters/observability/log-secrets.js'
import { SpanWriter } from '../../src/adapters/observability/traces/span-writer.js'
import { TraceIds } from '../../src/adapters/observability/traces/trace-ids.js'
import { TraceObserver } from '../../src/adapters/observability/traces/trace-observer.js'
import type { Clock } from '../../src/ports/clock.js'

/** A span as a collector would have it. Times in milliseconds since 1970. */
export interface TracedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentId: string | undefined
  readonly name: string
  readonly startedAt: number
  readonly endedAt: number
  readonly attributes: Readonly<Record<string, unknown>>
  readonly events: readonly { readonly name: string; readonly at: number; readonly attributes: object }[]
  readonly failure: string | undefined
}

export const TRACE_IDS = new TraceIds('test')

/** An observer that makes traces, and the spans it made. Nothing is made once `isOver` says that the process has ended. */
export function traced(
  clock: Clock,
  options: { readonly isOver?: () => boolean; readonly secrets?: readonly string[] } = {},
) {
  const { isOver = () => false, secrets = [] } = options
  const memory = new InMemorySpanExporter()
  const writer = new SpanWriter({
    resource: resourceFromAttributes({}),
    processor: new SimpleSpanProcessor(memory),
    hide: secretHider(secrets),
  })
  const failures: unknown[] = []
  const observer = new TraceObserver({
    ids: TRACE_IDS,
    clock,
    write: (span) => {
      if (!isOver()) writer.write(span)
    },
    end: () => writer.shutdown(),
    onFailure: (error) => failures.push(error),
  })
  return { observer, failures, spans: () => memory.getFinishedSpans().map(spanOf) }
}

function spanOf(span: ReadableSpan): TracedSpan {
  const { traceId, spanId } = span.spanContext()
  return {
    traceId,
    spanId,
    parentId: span.parentSpanContext?.spanId,
    name: span.name,
    startedAt: msOf(span.startTime),
    endedAt: msOf(span.endTime),
    attributes: span.attributes,
    events: span.events.map(({ name, time, attributes = {} }) => ({ name, at: msOf(time), attributes })),
    failure: span.status.message,
  }
}

function msOf([seconds, nanoseconds]: readonly [number, number]): number {
  return seconds * 1_000 + nanoseconds / 1_000_000
}
