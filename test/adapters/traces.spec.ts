import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { openTraces } from '../../src/adapters/observability/traces/open-traces.js'
import { TraceIds } from '../../src/adapters/observability/traces/trace-ids.js'
import { aCycle } from '../support/builders.js'
import { FakeClock } from '../support/fake-clock.js'
import { RecordingObserver } from '../support/fake-ports.js'
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp-receiver.js'

jest.setTimeout(20_000)

const cycle = aCycle()
const ids = new TraceIds('test')
let receiver: OtlpReceiver
let observer: RecordingObserver

beforeEach(async () => {
  receiver = await startOtlpReceiver()
  observer = new RecordingObserver()
})
afterEach(() => receiver.stop())

const open = (url = receiver.url) =>
  openTraces({
    ids,
    clock: new FakeClock(),
    version: '1.2.3',
    environment: 'test',
    secrets: ['the-token-of-the-collector'],
    observer,
    url,
    headers: { authorization: 'Bearer the-token-of-the-collector' },
  })
const trace = async (traces: ReturnType<typeof open>) => {
  const purpose = { portfolio: cycle.portfolio, cycleId: cycle.id }
  await traces.during({ ...purpose, stage: 'look' }, () => Promise.resolve())
  traces.notify({ type: 'cycle-ended', portfolio: cycle.portfolio, cycle, outcome: 'traded', seconds: 3.5 })
}

test('a collector gets whole spans as JSON, with what it wants to see', async () => {
  const traces = open()
  await trace(traces)
  await traces.end()
  expect(receiver.requests).toHaveLength(1)
  expect(receiver.requests[0]).toMatchObject({
    path: '/v1/traces',
    headers: { 'content-type': 'application/json', authorization: 'Bearer the-token-of-the-collector' },
  })
  const [look, leg, whole] = receiver.spans
  expect(receiver.spans.map(({ name }) => name)).toEqual(['look', 'leg swap on alpha', 'cycle'])
  expect(new Set(receiver.spans.map(({ traceId }) => traceId))).toEqual(new Set([ids.trace(cycle.id)]))
  expect(whole).toMatchObject({
    spanId: ids.span('cycle', cycle.id),
    startTimeUnixNano: `${cycle.startedAt}000000`,
    endTimeUnixNano: `${cycle.startedAt + 3_500}000000`,
    attributes: {
      'evenkeel.portfolio': 'core',
      'evenkeel.cycle': cycle.id,
      'evenkeel.nav.usd': '25000000.000000000000000001',
    },
    resource: {
      'service.name': 'evenkeel',
      'service.version': '1.2.3',
      'service.instance.id': expect.stringMatching(/:\d+$/),
      'deployment.environment.name': 'test',
    },
  })
  expect(whole!.parentSpanId ?? '').toBe('')
  for (const inner of [look, leg]) expect(inner!.parentSpanId).toBe(whole!.spanId)
  expect(JSON.stringify(receiver.spans)).not.toContain('the-token-of-the-collector')
  expect(observer.events).toEqual([{ type: 'spans-sent', outcome: 'sent', count: 3, isNews: false, detail: '' }])
})

test('spans are sent while the process goes on', async () => {
  const traces = open()
  const startedAt = Date.now()
  await trace(traces)
  expect(Date.now() - startedAt).toBeLessThan(500)
  expect(receiver.requests).toEqual([])
  while (receiver.spans.length < 3 && Date.now() - startedAt < 5_000)
    await new Promise((resolve) => setTimeout(resolve, 20))
  expect(receiver.spans).toHaveLength(3)
  await traces.end()
})

test('a collector that takes nothing is told of, and holds nobody up', async () => {
  receiver.status = 400
  const traces = open()
  await trace(traces)
  await traces.end()
  expect(observer.events).toMatchObject([{ type: 'spans-sent', outcome: 'failed', count: 3, isNews: true }])
})

test('a collector that never answers keeps the end of the process for two seconds', async () => {
  receiver.status = undefined
  const traces = open()
  await trace(traces)
  const startedAt = Date.now()
  await traces.end()
  expect(Date.now() - startedAt).toBeGreaterThan(1_900)
  expect(Date.now() - startedAt).toBeLessThan(3_000)
})
