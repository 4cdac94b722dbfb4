import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { aCycle, aRun, aTransfer, NOW, sendingRun } from '../support/builders.js'
import { FakeClock } from '../support/fake-clock.js'
import { RecordingObserver } from '../support/fake-ports.js'
import { MemoryOutbox, MemoryProposals } from '../support/memory-admin.js'
import { MemoryStore } from '../support/memory-store.js'
import { TOLD_EVENTS } from '../support/told-events.js'
import { KeepAlerts } from '../../src/application/keep-alerts.js'
import { SendNotifications } from '../../src/application/send-notifications.js'
import { newProposal } from '../../src/domain/access/proposal.js'
import { NewsDesk } from '../../src/domain/news/news-desk.js'
import { ALERT_KINDS } from '../../src/domain/news/notice.js'
import type { Channel } from '../../src/ports/channels.js'
import type { FeedEvent } from '../../src/ports/event-feed.js'
import { Alertmanager } from '../../src/adapters/notifications/alertmanager.js'
import { SlackChannel } from '../../src/adapters/notifications/slack-channel.js'
import { WebhookChannel } from '../../src/adapters/notifications/webhook-channel.js'

interface Call {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

let server: Server
let url: string
let calls: Call[]
/** What the next calls are answered by: a status, or silence. 200 when none is left. */
let answers: (number | 'silence')[]
const never = new AbortController().signal

/** One for each test: what a test gave up on may still come. */
beforeEach(async () => {
  const [got, given] = [[] as Call[], [] as typeof answers]
  calls = got
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      got.push({ path: request.url ?? '', headers: request.headers, body })
      const answer = given.shift() ?? 200
      if (answer === 'silence') return
      response.writeHead(answer, answer === 302 ? { location: `${url}/elsewhere` } : { 'retry-after': '120' })
      response.end('x'.repeat(100_000))
    })
  })
  answers = given
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

const eventOf = (sequence: number, changes: Partial<FeedEvent> = {}): FeedEvent => ({
  sequence: String(sequence),
  at: NOW,
  type: 'no-plan',
  portfolio: 'core',
  data: { cycleId: `c${sequence}`, reasons: [] },
  ...changes,
})

function sendingTo(channel: Channel, outbox = new MemoryOutbox(), clock = new FakeClock(NOW)) {
  const observer = new RecordingObserver()
  const send = new SendNotifications({ outbox, channels: [channel], clock, observer, random: () => 1 })
  const outcomes = () => observer.of('notified').map(({ outcome }) => outcome)
  return { outbox, clock, observer, send, outcomes, due: () => send.sendDue(channel, never) }
}

const secret = 'a-secret-of-the-tests'
const webhook = (timeoutMs?: number) =>
  new WebhookChannel({ name: 'ops', url, secret, ...(timeoutMs !== undefined && { timeoutMs }) })

describe('a webhook', () => {
  test('gets the event with its id, signed over time and body', async () => {
    const { outbox, due } = sendingTo(webhook())
    outbox.add('ops', undefined, eventOf(7))
    expect(await due()).toBe(1)
    const [{ headers, body }] = calls as [Call]
    expect(JSON.parse(body)).toEqual({
      id: '7',
      type: 'no-plan',
      at: new Date(NOW).toISOString(),
      portfolio: 'core',
      cycleId: 'c7',
      reasons: [],
    })
    const timestamp = String(NOW / 1000)
    const signature = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'evenkeel-event-id': '7',
      'evenkeel-attempt': '1',
      'evenkeel-timestamp': timestamp,
      'evenkeel-signature': `v1=${signature}`,
    })
    expect(await due()).toBe(0)
  })

  test('that fails twice is tried after ever longer pauses, with the same id; others go on meanwhile', async () => {
    const { outbox, clock, due, outcomes } = sendingTo(webhook())
    answers.push(401, 200, 401)
    outbox.add('ops', undefined, eventOf(1))
    outbox.add('ops', undefined, eventOf(2))
    await due()
    expect(outcomes()).toEqual(['retried', 'delivered'])
    // It said itself when to come back.
    clock.pass(119_000)
    expect(await due()).toBe(0)
    clock.pass(1_000)
    await due()
    clock.pass(120_000)
    await due()
    expect(outcomes()).toEqual(['retried', 'delivered', 'retried', 'delivered'])
    expect(calls.map(({ headers }) => [headers['evenkeel-event-id'], headers['evenkeel-attempt']])).toEqual([
      ['1', '1'],
      ['2', '1'],
      ['1', '2'],
      ['1', '3'],
    ])
    expect(await outbox.waiting()).toEqual(new Map())
  })

  test.each([400, 404, 410])('that answers %d is not asked again', async (status) => {
    const { outbox, due, outcomes } = sendingTo(webhook())
    answers.push(status)
    outbox.add('ops', undefined, eventOf(1))
    await due()
    expect([outcomes(), outbox.rows[0]!.outcome]).toEqual([['given_up'], 'given_up'])
  })

  test('that redirects is not followed', async () => {
    const { outbox, due, observer } = sendingTo(webhook())
    answers.push(302)
    outbox.add('ops', undefined, eventOf(1))
    await due()
    expect(calls.map(({ path }) => path)).toEqual(['/'])
    expect(observer.of('notified')).toMatchObject([{ outcome: 'retried', detail: expect.stringContaining('302') }])
  })

  test('that says nothing, or is not there, is waited for no longer than its time, and its address is told to nobody', async () => {
    const { outbox, due, observer } = sendingTo(webhook(50))
    answers.push('silence')
    outbox.add('ops', undefined, eventOf(1))
    await due()
    const gone = new WebhookChannel({ name: 'ops', url: 'http://127.0.0.1:1/secret-path', secret })
    const other = sendingTo(gone)
    other.outbox.add('ops', undefined, eventOf(1))
    await other.due()
    const details = [...observer.of('notified'), ...other.observer.of('notified')].map(({ detail }) => detail)
    expect(details).toEqual([
      'The receiver did not answer within 0.05 s.',
      expect.stringMatching(/^The receiver cannot be reached \(.+\)\.$/),
    ])
    expect(details.join()).not.toContain('secret-path')
  })

  test('is given up after a day, the pauses never longer than a quarter of an hour', async () => {
    const gone = new WebhookChannel({ name: 'ops', url: 'http://127.0.0.1:1', secret })
    const { outbox, clock, due, outcomes } = sendingTo(gone)
    outbox.add('ops', undefined, eventOf(1))
    const pauses: number[] = []
    while (outbox.rows[0]!.outcome === undefined) {
      await due()
      pauses.push(outbox.rows[0]!.dueAt - clock.now())
      clock.pass(pauses.at(-1)!)
    }
    expect(pauses.slice(0, 10)).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 512, 900].map((seconds) => seconds * 1000))
    expect([outcomes().length, outcomes().at(-1)]).toEqual([105, 'given_up'])
  })

  test('a process that ends in the middle leaves the rest to the next one', async () => {
    const outbox = new MemoryOutbox()
    outbox.add('ops', undefined, eventOf(1))
    outbox.add('ops', undefined, eventOf(2))
    answers.push('silence')
    const first = sendingTo(webhook(), outbox)
    const stopping = new AbortController()
    const running = first.send.run(stopping.signal)
    while (calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    stopping.abort()
    await running
    const second = sendingTo(webhook(), outbox, new FakeClock(first.clock.now()))
    await second.due()
    expect(calls.map(({ headers }) => headers['evenkeel-event-id'])).toEqual(['1', '1', '2'])
    expect(second.outcomes()).toEqual(['delivered', 'delivered'])
    // One that dies has no time to leave anything.
    outbox.add('ops', undefined, eventOf(3))
    await outbox.take('ops', { now: NOW, until: second.clock.now() + 90_000 }, 1)
    expect(await second.due()).toBe(0)
    second.clock.pass(90_000)
    expect(await second.due()).toBe(1)
  })

  test('how many wait is told', async () => {
    const { outbox, send, observer } = sendingTo(webhook())
    answers.push(500)
    outbox.add('ops', undefined, eventOf(1))
    const stopping = new AbortController()
    const running = send.run(stopping.signal)
    while (observer.of('notifications-waiting').length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    stopping.abort()
    await running
    expect(observer.of('notifications-waiting')[0]).toEqual({ type: 'notifications-waiting', channel: 'ops', count: 1 })
  })
})

describe('Slack', () => {
  const said = async (event: FeedEvent) => {
    const slack = new SlackChannel({ name: 'slack', url, environment: 'prod' })
    const { outbox, due } = sendingTo(slack)
    outbox.add('slack', undefined, event)
    await due()
    return (JSON.parse(calls.at(-1)!.body) as { text: string }).text
  }
  const told = TOLD_EVENTS.flatMap((event) => new NewsDesk().newsOf(event, NOW))
  const sayNews = (type: string) => {
    const { portfolio, data } = told.find((one) => one.type === type)!
    return said({ sequence: '1', at: NOW, type, portfolio, data: { ...data } })
  }

  test('gets a sentence with rounded amounts, in which nothing is a link', async () => {
    expect(await sayNews('breaker-tripped')).toBe(
      '[prod] Breaker B-13 tripped, portfolio:core begins nothing new. 3 legs failed &lt;in a row&gt; &amp; more.',
    )
    expect(await sayNews('transfer-changed')).toMatch(/\(1,234\.33 USD\) over swift from \w+ to \w+ is late/)
    expect(await sayNews('leg-ended')).toMatch(/^\[prod\] core: swap of [\d,.]+ \w+ on \w+ for [\d,.]+ \w+ on \w+/)
  })

  test('gets a sentence of everything, none of them endless', async () => {
    for (const { type, portfolio, data } of told) {
      const text = await said({ sequence: '1', at: NOW, type, portfolio, data: { ...data } })
      expect(text).not.toMatch(/undefined|NaN|\[object/)
      expect(text.length).toBeGreaterThan(20)
    }
    const reasons = Array(20).fill('x'.repeat(500))
    expect((await said(eventOf(1, { data: { cycleId: 'c', reasons } }))).length).toBeLessThan(2_600)
  })
})

describe('Alertmanager', () => {
  interface Sent {
    readonly labels: Record<string, string>
    readonly startsAt: string
    readonly endsAt: string
  }
  const sent = (call = calls.at(-1)) => JSON.parse(call!.body) as Sent[]
  const minutes = (count: number) => new Date(NOW + count * 60_000).toISOString()

  function keeping(on: readonly (typeof ALERT_KINDS)[number][] = ALERT_KINDS, portfolios?: string[]) {
    const store = new MemoryStore()
    const proposals = new MemoryProposals()
    const clock = new FakeClock(NOW)
    const observer = new RecordingObserver()
    const receiver = new Alertmanager({ name: 'am', url: `${url}/`, labels: { environment: 'prod' } })
    const subscription = { receiver, on, portfolios }
    const keep = new KeepAlerts({
      subscriptions: [subscription],
      portfolios: ['core'],
      store,
      proposals,
      clock,
      observer,
    })
    const keeper = keep.keeperFor(subscription)
    return { store, proposals, clock, observer, look: () => keeper(never), keep }
  }
  const trip = { code: 'B-13', scope: 'portfolio:core', level: 'paused_new', reason: '3 legs failed.' } as const

  test('an alert fires while a breaker is open, is told again each minute, and ends when it is cleared', async () => {
    const { store, clock, look } = keeping(['breaker'])
    await look()
    expect(calls).toEqual([])
    await store.tripBreaker(trip, NOW)
    await look()
    const labels = {
      environment: 'prod',
      alertname: 'EvenkeelBreakerTripped',
      severity: 'critical',
      breaker: 'B-13',
      scope: 'portfolio:core',
    }
    expect(calls[0]!.path).toBe('/api/v2/alerts')
    expect(sent()).toMatchObject([{ labels, startsAt: minutes(0), endsAt: minutes(5) }])
    clock.pass(30_000)
    await look()
    expect(calls).toHaveLength(1)
    clock.pass(30_000)
    await look()
    expect(sent()).toMatchObject([{ labels, startsAt: minutes(0), endsAt: minutes(6) }])
    clock.pass(60_000)
    await store.clearBreakers('portfolio:core', 'B-13', 'operator: seen', clock.now())
    await look()
    expect(sent()).toMatchObject([{ labels, endsAt: minutes(2) }])
    clock.pass(60_000)
    await look()
    expect(calls).toHaveLength(3)
  })

  test('an end that is not taken is told until it is', async () => {
    const { store, look, observer } = keeping(['breaker'])
    await store.tripBreaker(trip, NOW)
    await look()
    await store.clearBreakers('portfolio:core', 'B-13', 'operator: seen', NOW)
    answers.push(500, 500)
    for (const _ of Array(4)) await look()
    expect(calls.map((call) => sent(call).map(({ endsAt }) => endsAt))).toEqual([
      [minutes(5)],
      ...Array(3).fill([minutes(0)]),
    ])
    expect(observer.of('notified').map(({ outcome }) => outcome)).toEqual([
      'delivered',
      'retried',
      'retried',
      'delivered',
    ])
  })

  test('a late transfer that somebody looked into is an alert no more', async () => {
    const { store, look } = keeping(['transfer'])
    const transfer = aTransfer(aCycle(), sendingRun(aRun()))
    const late = { ...transfer, state: 'late' as const }
    store.rows.cycles.set(transfer.cycleId, aCycle({ id: transfer.cycleId, transfers: [late] }))
    await look()
    expect(sent()).toMatchObject([{ labels: { alertname: 'EvenkeelTransferLate' }, endsAt: minutes(5) }])
    await store.markInvestigated({ transferId: transfer.id, by: 'ada', reason: 'Asked.', note: undefined, at: NOW })
    await look()
    expect(sent()).toMatchObject([{ labels: { alertname: 'EvenkeelTransferLate' }, endsAt: minutes(0) }])
  })

  test('a late transfer, a pause and a wanted approval are alerts until they are over', async () => {
    const { store, proposals, look } = keeping()
    const transfer = aTransfer(aCycle(), sendingRun(aRun()))
    const put = (state: 'late' | 'full') =>
      store.rows.cycles.set(transfer.cycleId, aCycle({ id: transfer.cycleId, transfers: [{ ...transfer, state }] }))
    put('late')
    await store.setOperatingState({ scope: 'all', level: 'paused_new', reason: 'x', since: NOW, by: 'operator' })
    const proposal = newProposal({
      id: 'resume-1',
      kind: 'resume',
      digest: 'd',
      content: {},
      proposedBy: 'ada',
      proposedAt: NOW,
      needs: 1,
      reason: 'x',
    })
    await proposals.open(proposal)
    await look()
    const names = new Set(sent().map(({ labels }) => labels['alertname']))
    expect(names).toEqual(new Set(['EvenkeelApprovalWanted', 'EvenkeelNotRunning', 'EvenkeelTransferLate']))
    put('full')
    await store.setOperatingState({ scope: 'all', level: 'running', reason: 'x', since: NOW, by: 'operator' })
    await proposals.save(proposal, { ...proposal, state: 'approved' })
    await look()
    expect(sent().map(({ endsAt }) => endsAt)).toEqual(Array(3).fill(minutes(0)))
  })

  test('of another portfolio nothing is told, of what is of none everything', async () => {
    const { store, look } = keeping(['breaker'], ['other'])
    await store.tripBreaker(trip, NOW)
    await look()
    expect(calls).toEqual([])
    await store.tripBreaker({ ...trip, scope: 'all' }, NOW)
    await look()
    expect(sent()).toMatchObject([{ labels: { scope: 'all' } }])
  })

  test('records that cannot be read are told of, and looked at again', async () => {
    const { store, keep, observer } = keeping(['breaker'])
    store.breakers = () => Promise.reject(new Error('gone'))
    const stopping = new AbortController()
    const running = keep.run(stopping.signal)
    while (observer.of('failed').length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
    stopping.abort()
    await running
    expect(observer.of('failed')[0]).toMatchObject({ what: 'keeping the alerts of am', isRetried: true })
  })
})
