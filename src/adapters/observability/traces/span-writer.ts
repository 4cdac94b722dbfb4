import {
  type Context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Tracer,
} from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  type IdGenerator,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import type { Attributes, AttributeValue, SpanRecord } from './span-record.js'

/** Longer texts are cut. */
const LONGEST_TEXT = 1_000

/** Gives out the ids that were chosen for the span about to be made. */
class ChosenIds implements IdGenerator {
  traceId = ''
  spanId = ''
  readonly generateTraceId = () => this.traceId
  readonly generateSpanId = () => this.spanId
}

/** Makes spans of OpenTelemetry of records, under the ids of these; every one is kept. */
export class SpanWriter {
  private readonly ids = new ChosenIds()
  private readonly provider: BasicTracerProvider
  private readonly tracer: Tracer

  constructor(
    private readonly options: {
      readonly resource: Resource
      readonly processor: SpanProcessor
      /** Takes out of a text what must not be read. */
      readonly hide: (text: string) => string
    },
  ) {
    const limits = { attributeValueLengthLimit: LONGEST_TEXT, attributeCountLimit: 128 }
    this.provider = new BasicTracerProvider({
      resource: options.resource,
      sampler: new AlwaysOnSampler(),
      idGenerator: this.ids,
      generalLimits: limits,
      spanLimits: { ...limits, eventCountLimit: 128, linkCountLimit: 0 },
      spanProcessors: [options.processor],
    })
    this.tracer = this.provider.getTracer('evenkeel')
  }

  write(record: SpanRecord): void {
    const { traceId, spanId, parentId, name, isCall, startedAt, endedAt, events = [], failure } = record
    Object.assign(this.ids, { traceId, spanId })
    const span = this.tracer.startSpan(
      name,
      {
        // As dates: a number before the start of this process would be taken for a time since then.
        startTime: new Date(startedAt),
        kind: isCall ? SpanKind.CLIENT : SpanKind.INTERNAL,
        attributes: this.named(record.attributes),
      },
      parentId === undefined ? ROOT_CONTEXT : below(traceId, parentId),
    )
    for (const event of events) span.addEvent(event.name, this.named(event.attributes ?? {}), new Date(event.at))
    if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: this.options.hide(failure) })
    span.end(new Date(endedAt))
  }

  /** Sends what waits and takes no more. */
  shutdown(): Promise<void> {
    return this.provider.shutdown()
  }

  private named(attributes: Attributes): Record<string, string | number | boolean | string[]> {
    return Object.fromEntries(
      Object.entries(attributes).flatMap(([name, value]) =>
        value === undefined ? [] : [[`evenkeel.${name}`, this.clean(value)]],
      ),
    )
  }

  private clean(value: AttributeValue): string | number | boolean | string[] {
    if (typeof value === 'string') return this.options.hide(value)
    return typeof value === 'object' ? value.map((one) => this.options.hide(one)) : value
  }
}

function below(traceId: string, spanId: string): Context {
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true })
}
