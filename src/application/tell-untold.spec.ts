import { expect, test } from '@jest/globals'
import { aProposal } from '../../test/support/admin-contract.js'
import { NOW } from '../../test/support/builders.js'
import { FakeClock } from '../../test/support/fake-clock.js'
import { FakeLease, RecordingObserver } from '../../test/support/fake-ports.js'
import { MemoryEventFeed, MemoryOutbox, MemoryProposals } from '../../test/support/memory-admin.js'
import { MemoryRows, MemoryStore } from '../../test/support/memory-store.js'
import { Failpoints } from '../ports/failpoints.js'
import { Observers } from '../ports/observer.js'
import { Operations } from './operations.js'
import { TellNews } from './tell-news.js'
import { TellUntold } from './tell-untold.js'
import { TripBreaker } from './trip-breaker.js'
import { EndProposals } from './end-proposals.js'

const DAY = 86_400_000
const trip = { code: 'B-12', scope: 'portfolio:core', level: 'paused_new', reason: 'Drift stayed.' } as const

/** Records and a feed that outlive processes; \`start\` is a process on them, deaf where it dies before it tells. */
function office() {
  const clock = new FakeClock(NOW)
  const rows = new MemoryRows()
  const proposals = new MemoryProposals()
  const outbox = new MemoryOutbox()
  const feed = new MemoryEventFeed(outbox)
  const start = ({ isDeaf = false } = {}) => {
    const observer = new RecordingObserver()
    const store = new MemoryStore(rows, undefined, () => clock.now())
    const subscriptions = [{ channel: 'desk', on: ['breaker', 'state', 'approval'] as const, portfolios: undefined }]
    const news = new TellNews({ feed, subscriptions, clock, observer })
    const all = isDeaf ? observer : new Observers([observer, news])
    const endProposals = new EndProposals({ store, proposals, clock, observer: all })
    const operations = new Operations({ store, clock, observer: all, failpoints: new Failpoints(), endProposals })
    const tripBreaker = new TripBreaker({ store, clock, observer: all })
    const lease = new FakeLease()
    const tellUntold = new TellUntold({ store, proposals, feed, news, lease, clock, observer })
    const settled = () => news.settled(new AbortController().signal)
    return { store, operations, tripBreaker, tellUntold, lease, observer, settled }
  }
  const told = () => feed.events.map(({ type, data }) => [type, data['scope'] ?? data['proposal']])
  return { clock, proposals, outbox, feed, start, told }
}

test('what a process wrote down and died before telling is told by the next one, once', async () => {
  const { clock, proposals, outbox, start, told } = office()
  const first = start({ isDeaf: true })
  await first.tripBreaker.run(trip)
  await first.operations.pause('chain:alpha', 'paused_hard', 'Odd quotes.')
  const proposal = aProposal({ content: { portfolio: 'core' } })
  await proposals.open(proposal)
  await proposals.open({ ...proposal, id: 'cycle-2', state: 'rejected' })
  clock.pass(60_000)
  for (const next of [start(), start()]) {
    await next.tellUntold.look(clock.now())
    await next.settled()
    expect(told()).toEqual([
      ['breaker-tripped', 'portfolio:core'],
      ['scope-changed', 'chain:alpha'],
      ['scope-changed', 'portfolio:core'],
      ['approval-wanted', proposal.id],
    ])
    clock.pass(60_000)
  }
  expect(await outbox.waiting()).toEqual(new Map([['desk', 4]]))
})

test('what was told is not told again; what tripped anew since is', async () => {
  const { clock, start, told } = office()
  const first = start()
  await first.tripBreaker.run(trip)
  await first.settled()
  clock.pass(1_000)
  await first.tellUntold.look(clock.now())
  await first.settled()
  expect(told()).toHaveLength(2)
  await first.tripBreaker.clear(trip.scope, trip.code)
  await first.settled()
  clock.pass(1_000)
  await start({ isDeaf: true }).tripBreaker.run(trip)
  const before = told().length
  await first.tellUntold.look(clock.now())
  await first.settled()
  expect(told().slice(before)).toEqual([
    ['breaker-tripped', 'portfolio:core'],
    ['scope-changed', 'portfolio:core'],
  ])
})

test('nothing is told of what is too old for the feed to know, and of what another process is about to tell', async () => {
  const { clock, start, told } = office()
  await start({ isDeaf: true }).tripBreaker.run(trip)
  const { tellUntold, settled } = start()
  await tellUntold.look(NOW - 1)
  clock.pass(6 * DAY)
  await tellUntold.look(clock.now())
  await settled()
  expect(told()).toEqual([])
})

test('it looks once with every lease that it takes, and again where that fails', async () => {
  const { clock, feed, start, told } = office()
  await start({ isDeaf: true }).tripBreaker.run(trip)
  clock.pass(1_000)
  const { tellUntold, lease, observer, settled } = start()
  const stopping = new AbortController()
  let looks = 0
  const look = tellUntold.look.bind(tellUntold)
  tellUntold.look = (until) => {
    looks += 1
    feed.isDown = looks === 1
    return look(until)
  }
  clock.onPass(() => {
    if (clock.now() >= NOW + 30_000) lease.isOurs = true
    if (clock.now() >= NOW + 120_000) stopping.abort()
  })
  await tellUntold.run(stopping.signal)
  await settled()
  expect(looks).toBe(2)
  expect(observer.of('failed')).toMatchObject([{ what: 'telling what nobody was told', isRetried: true }])
  expect(told()).toHaveLength(2)
})
