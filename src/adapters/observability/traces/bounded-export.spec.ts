import { ROOT_CONTEXT } from '@opentelemetry/api'
import { emptyResource } from '@opentelemetry/resources'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base'
import { expect, test } from '@jest/globals'
import type { Event } from '../../../domain/events.js'
import { BoundedExport } from './bounded-export.js'

type Answer = Parameters<SpanExporter['export']>[1]

const span = { spanContext: () => ({ traceFlags: 1 }), resource: emptyResource() } as unknown as ReadableSpan

/** A collector that answers when it is told to. */
function exportTo(given?: Parameters<Answer>[0]) {
  let answerAtOnce = given
  const open: { count: number; answer: Answer }[] = []
  const told: Event[] = []
  const collector: SpanExporter = {
    export: (spans, answer) => {
      if (answerAtOnce) answer(answerAtOnce)
      else open.push({ count: spans.length, answer })
    },
    shutdown: () => Promise.resolve(),
  }
  const spans = new BoundedExport(collector, (event) => told.push(event))
  const end = (count: number) => {
    for (let index = 0; index < count; index++) spans.onEnd(span)
  }
  const answerAll = () => {
    answerAtOnce = { code: 0 }
    for (const { answer } of open) answer(answerAtOnce)
    return spans.shutdown()
  }
  return { spans, open, told, end, answerAll }
}

test('spans that no room is left for are dropped, counted, and told of once', async () => {
  const { open, told, end, answerAll } = exportTo()
  end(5_000)
  // One batch is on its way, and as many as may wait do.
  expect(open.map(({ count }) => count)).toEqual([512])
  const dropped = told.filter((event) => event.type === 'spans-sent' && event.outcome === 'dropped')
  expect(dropped).toHaveLength(5_000 - 512 - 4_096)
  expect(dropped.filter((event) => event.type === 'spans-sent' && event.isNews)).toHaveLength(1)
  await answerAll()
  const sent = told.map((event) => (event.type === 'spans-sent' && event.outcome === 'sent' ? event.count : 0))
  expect(sent.reduce((sum, one) => sum + one, 0)).toBe(512 + 4_096)
})

test('a collector that fails is news once, and so is one that takes them again', async () => {
  const { spans, open, told, end } = exportTo()
  const answers = [{ code: 1, error: new Error('No.') }, { code: 1 }, { code: 0 }, { code: 0 }] as const
  for (const answer of answers) {
    end(3)
    const flushed = spans.forceFlush()
    open.shift()!.answer(answer)
    await flushed.catch(() => undefined)
  }
  const sent = { type: 'spans-sent', count: 3 }
  expect(told).toEqual([
    { ...sent, outcome: 'failed', isNews: true, detail: 'No.' },
    { ...sent, outcome: 'failed', isNews: false, detail: 'The collector does not say why.' },
    { ...sent, outcome: 'sent', isNews: true, detail: '' },
    { ...sent, outcome: 'sent', isNews: false, detail: '' },
  ])
})

test('what waits is sent at the end, and nothing after it', async () => {
  const { spans, told, end } = exportTo({ code: 0 })
  spans.onStart(span, ROOT_CONTEXT)
  end(700)
  await spans.shutdown()
  end(1)
  const counts = told.map((event) => event.type === 'spans-sent' && event.count)
  expect(counts).toEqual([512, 188])
})
