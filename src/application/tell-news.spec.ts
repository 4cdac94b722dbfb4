import { expect, test } from '@jest/globals'
import { NOW } from '../../test/support/builders.js'
import { FakeClock } from '../../test/support/fake-clock.js'
import { RecordingObserver } from '../../test/support/fake-ports.js'
import { MemoryAuditLog } from '../../test/support/memory-access.js'
import { MemoryEventFeed, MemoryOutbox } from '../../test/support/memory-admin.js'
import { arrived, tripped } from '../../test/support/told-events.js'
import type { Event } from '../domain/events.js'
import { AuditEvents } from './audit-events.js'
import { recordConfig } from './record-config.js'
import { TellNews } from './tell-news.js'
import { WriteBehind } from './write-behind.js'

const settle = (one: { settled: (signal: AbortSignal) => Promise<void> }) => one.settled(new AbortController().signal)
const noPlan = (portfolio: string, cycleId = 'c'): Event => ({ type: 'no-plan', portfolio, cycleId, reasons: [] })

function newsIn() {
  const outbox = new MemoryOutbox()
  const feed = new MemoryEventFeed(outbox)
  const observer = new RecordingObserver()
  const subscriptions = [
    { channel: 'all', on: ['decision', 'breaker', 'transfer'] as const, portfolios: undefined },
    { channel: 'core', on: ['decision'] as const, portfolios: ['core'] },
  ]
  const news = new TellNews({ feed, subscriptions, clock: new FakeClock(NOW), observer })
  return { outbox, feed, observer, news }
}

test('what is news is in the feed in order, and in the outbox of whoever wants it', async () => {
  const { outbox, feed, news, observer } = newsIn()
  for (const event of [noPlan('core'), noPlan('other'), tripped, arrived('late'), arrived('full')]) news.notify(event)
  expect(feed.events).toEqual([])
  await settle(news)
  expect(feed.events.map(({ type, portfolio }) => `${type} ${portfolio}`)).toEqual([
    'no-plan core',
    'no-plan other',
    'breaker-tripped core',
    'transfer-changed core',
    'transfer-changed core',
  ])
  const messages = outbox.rows.map(({ message }) => `${message.channel} ${message.event.sequence}`)
  expect(messages).toEqual(['all 1', 'core 1', 'all 2', 'all 3', 'all 4', 'all 5'])
  // A process that starts hears of the same transfer again.
  const again = new TellNews({
    feed,
    subscriptions: [{ channel: 'all', on: ['transfer'], portfolios: undefined }],
    clock: new FakeClock(NOW),
    observer,
  })
  again.notify(arrived('late'))
  await settle(again)
  expect([feed.events.length, outbox.rows.length]).toEqual([6, 6])
})

test('a feed that cannot be written holds nobody up and loses nothing', async () => {
  const { feed, news, observer } = newsIn()
  feed.failures.push(new Error('gone'), new Error('gone'))
  for (const id of ['a', 'b']) news.notify(noPlan('core', id))
  await settle(news)
  expect(feed.events.map(({ data }) => data['cycleId'])).toEqual(['a', 'b'])
  expect(observer.of('failed')).toMatchObject([{ what: 'writing the feed of events', isRetried: true }])
})

test('an event that cannot be told of is told as that', () => {
  const { news, observer } = newsIn()
  news.notify({ type: 'no-plan', portfolio: 'core', cycleId: 'c' } as unknown as Event)
  expect(observer.of('failed')).toMatchObject([{ what: 'telling of no-plan' }])
})

test('what is too much is dropped, counted, and missing where it is said to be', async () => {
  const written: string[] = []
  const observer = new RecordingObserver()
  const behind = new WriteBehind<string>({
    what: 'x',
    place: 'feed',
    write: (items) => Promise.resolve(void written.push(...items)),
    gapOf: (count) => `gap of ${count}`,
    clock: new FakeClock(),
    observer,
    most: 3,
    batch: 2,
  })
  for (const item of ['a', 'b', 'c', 'd', 'e']) behind.add(item)
  await settle(behind)
  behind.add('f')
  await settle(behind)
  expect(written).toEqual(['a', 'b', 'c', 'gap of 2', 'f'])
  expect(observer.of('events-dropped').map(({ count }) => count)).toEqual([1, 1])
})

test('an end does not wait for a database that never comes back', async () => {
  const { feed, news } = newsIn()
  feed.append = () => new Promise(() => undefined)
  news.notify(noPlan('core'))
  await news.settled(AbortSignal.timeout(10))
  expect(feed.events).toEqual([])
})

test('5.4: what the daemon did by itself is in the audit log, and what somebody asked for is not there twice', async () => {
  const audit = new MemoryAuditLog()
  const observer = new RecordingObserver()
  const events = new AuditEvents({ audit, clock: new FakeClock(), build: '1.0.0', observer })
  const state = { scope: 'all', level: 'halted', reason: 'x', since: NOW, by: 'breaker' } as const
  const asked: Event[] = [
    { type: 'scope-changed', state, isEarlier: false, isAudited: true },
    { type: 'scope-changed', state, isEarlier: true },
    { ...tripped, isEarlier: true } as Event,
    { type: 'breaker-cleared', code: 'B-01', scope: 'all', by: 'operator: seen' },
    noPlan('core'),
  ]
  const own: Event[] = [
    tripped,
    { type: 'scope-changed', state, isEarlier: false },
    { type: 'breaker-cleared', code: 'B-09', scope: 'asset:ETH', by: 'the daemon: the condition has passed' },
  ]
  for (const event of [...asked, ...own]) events.notify(event)
  await settle(events)
  expect(audit.chain.map(({ actor, action, resource, result }) => [actor, action, resource, result])).toEqual([
    ['daemon', 'breaker.trip', 'portfolio:core', 'done'],
    ['daemon', 'state.change', 'all', 'done'],
    ['daemon', 'breaker.clear', 'asset:ETH', 'done'],
  ])
})

test('5.4: each load of a configuration is in the audit log with the hash before it', async () => {
  const audit = new MemoryAuditLog()
  const observer = new RecordingObserver()
  const load = (hash: string) => recordConfig({ audit, observer, build: '1.0.0' }, { hash, mode: 'live' })
  await load('aa')
  await load('bb')
  expect(audit.chain.map(({ action, detail }) => [action, detail['previousHash'], detail['hash']])).toEqual([
    ['config.load', null, 'aa'],
    ['config.load', 'aa', 'bb'],
  ])
  audit.isReadOnly = true
  await load('cc')
  expect([audit.chain.length, observer.of('failed').length]).toEqual([2, 1])
})
