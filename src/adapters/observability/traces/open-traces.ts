import { hostname } from 'node:os'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import type { SpanExporter } from '@opentelemetry/sdk-trace-base'
import type { Clock } from '../../../ports/clock.js'
import type { Observer } from '../../../ports/observer.js'
import { secretHider } from '../log-secrets.js'
import { BoundedExport, EXPORT_TIMEOUT_MS } from './bounded-export.js'
import { SpanWriter } from './span-writer.js'
import type { TraceIds } from './trace-ids.js'
import { TraceObserver } from './trace-observer.js'

const END_WITHIN_MS = 2_000

export interface TracesOptions {
  readonly ids: TraceIds
  readonly clock: Clock
  readonly version: string
  readonly environment: string
  /** Texts that no span may hold. */
  readonly secrets: readonly string[]
  /** Hears what becomes of spans. Must not lead back to here. */
  readonly observer: Observer
}

/** Traces to a collector that takes OTLP as JSON over HTTP. */
export function openTraces(
  options: TracesOptions & { readonly url: string; readonly headers: Readonly<Record<string, string>> | undefined },
): TraceObserver {
  const { url, headers } = options
  const exporter = new OTLPTraceExporter({
    url,
    ...(headers && { headers: { ...headers } }),
    timeoutMillis: EXPORT_TIMEOUT_MS,
    // The next batch waits for the one before.
    concurrencyLimit: 2,
  })
  return tracesTo(exporter, options)
}

export function tracesTo(
  exporter: SpanExporter,
  { ids, clock, version, environment, secrets, observer }: TracesOptions,
): TraceObserver {
  const writer = new SpanWriter({
    resource: resourceFromAttributes({
      'service.name': 'evenkeel',
      'service.version': version,
      'service.instance.id': `${hostname()}:${process.pid}`,
      'deployment.environment.name': environment,
    }),
    processor: new BoundedExport(exporter, (event) => observer.notify(event)),
    hide: secretHider(secrets),
  })
  return new TraceObserver({
    ids,
    clock,
    write: (span) => writer.write(span),
    end: () => within(END_WITHIN_MS, writer.shutdown()),
    onFailure: (error) => observer.notify({ type: 'failed', what: 'making a trace', isRetried: false, error }),
  })
}

/** Waits for something no longer than that. Whether it succeeds is told elsewhere. */
async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)))
  await Promise.race([work.catch(() => undefined), over])
  clearTimeout(timer)
}
