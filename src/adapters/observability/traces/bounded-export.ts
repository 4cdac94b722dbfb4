import type { Context } from '@opentelemetry/api'
import {
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import type { Event } from '../../../domain/events.js'

type SpansSent = Extract<Event, { type: 'spans-sent' }>

/** Spans that wait at most; beyond that new ones are dropped. */
const MOST_WAITING = 4_096
const BATCH = 512
const PAUSE_MS = 1_000
/** For one batch, what is tried again included. */
export const EXPORT_TIMEOUT_MS = 5_000

/** Sends spans in batches behind the back of whoever ends them, and tells what becomes of them. */
export class BoundedExport implements SpanProcessor {
  private readonly batches: BatchSpanProcessor
  private waiting = 0
  /** Whether the last batch was taken; undefined before the first. */
  private isTaken: boolean | undefined
  private isDropping = false

  constructor(
    private readonly exporter: SpanExporter,
    private readonly tell: (event: SpansSent) => void,
  ) {
    const counted: SpanExporter = {
      export: (spans, done) => {
        this.waiting -= spans.length
        this.exporter.export(spans, (result) => {
          this.answered(spans.length, result.error, result.code === 0)
          done(result)
        })
      },
      forceFlush: async () => this.exporter.forceFlush?.(),
      shutdown: () => this.exporter.shutdown(),
    }
    this.batches = new BatchSpanProcessor(counted, {
      maxQueueSize: MOST_WAITING,
      maxExportBatchSize: BATCH,
      scheduledDelayMillis: PAUSE_MS,
      exportTimeoutMillis: EXPORT_TIMEOUT_MS,
    })
  }

  onStart(_span: unknown, _context: Context): void {}

  onEnd(span: ReadableSpan): void {
    if (this.waiting >= MOST_WAITING) return this.dropped()
    this.isDropping = false
    this.waiting += 1
    this.batches.onEnd(span)
  }

  forceFlush(): Promise<void> {
    return this.batches.forceFlush()
  }

  shutdown(): Promise<void> {
    return this.batches.shutdown()
  }

  private answered(count: number, error: Error | undefined, isTaken: boolean): void {
    const isNews = isTaken ? this.isTaken === false : this.isTaken !== false
    this.isTaken = isTaken
    const detail = isTaken ? '' : (error?.message ?? 'The collector does not say why.')
    this.tell({ type: 'spans-sent', outcome: isTaken ? 'sent' : 'failed', count, isNews, detail })
  }

  private dropped(): void {
    const isNews = !this.isDropping
    this.isDropping = true
    const detail = `${MOST_WAITING} wait to be sent already.`
    this.tell({ type: 'spans-sent', outcome: 'dropped', count: 1, isNews, detail })
  }
}
