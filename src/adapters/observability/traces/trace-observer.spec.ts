import { describe, expect, jest, test } from '@jest/globals'
import { aCycle, anArrival, anIntent, aRun, aTransfer, NOW } from '../../../../test/support/builders.js'
import { FakeClock } from '../../../../test/support/fake-clock.js'
import { ALPHA, aPortfolio, type FakeProcess, FakeWorld } from '../../../../test/support/fake-world.js'
import { Life } from '../../../../test/support/life.js'
import { TRACE_IDS, traced, type TracedSpan } from '../../../../test/support/traced.js'
import { newProposal } from '../../../domain/access/proposal.js'
import { ONE_USD } from '../../../domain/units/usd.js'
import { TraceIds } from './trace-ids.js'
import { TraceObserver } from './trace-observer.js'

jest.setTimeout(30_000)

const portfolio = aPortfolio()
const cycleId = 'core-20261120T120000Z'
const alive = () => new AbortController().signal

/** A process whose cycle is traced until it ends or dies. */
function tracedProcess(world: FakeWorld, life = new Life()) {
  const process = world.start(life)
  const traces = traced(world.clock, { isOver: () => life.isOver })
  process.observer.also = traces.observer
  return { process, ...traces }
}

const run = (process: FakeProcess) => process.runCycle.run(portfolio, alive())
const names = (spans: readonly TracedSpan[]) => spans.map(({ name }) => name)
const ids = (spans: readonly TracedSpan[]) => spans.map(({ spanId }) => spanId)
const parentOf = (spans: readonly TracedSpan[], { parentId }: TracedSpan) =>
  spans.find(({ spanId }) => spanId === parentId)?.name
const ofCycle = (all: readonly TracedSpan[]) => all.filter(({ traceId }) => traceId === TRACE_IDS.trace(cycleId))

/** One root from the first look to the last settlement, each span once, and those that lie in no other. */
function orphansOfTree(spans: readonly TracedSpan[], endedAt: number): readonly TracedSpan[] {
  const roots = spans.filter(({ parentId }) => parentId === undefined)
  expect(roots).toMatchObject([{ name: 'cycle', startedAt: NOW, endedAt }])
  expect(new Set(ids(spans)).size).toBe(spans.length)
  for (const { startedAt, endedAt: end } of spans) expect([startedAt >= NOW, end >= startedAt]).toEqual([true, true])
  return spans.filter(({ parentId }) => parentId !== undefined && !ids(spans).includes(parentId))
}

describe('a cycle over a bridge', () => {
  const whole = (async () => {
    const world = FakeWorld.drifted()
    const { process, spans, failures } = tracedProcess(world)
    await run(process)
    return { cycle: [...world.rows.cycles.values()][0]!, spans: spans(), failures, events: process.observer.events }
  })()

  test('is one trace from balances to settlement', async () => {
    const { cycle, spans, failures } = await whole
    expect(cycle.outcome).toBe('traded')
    expect(failures).toEqual([])
    expect(ofCycle(spans)).toHaveLength(spans.length)
    expect(orphansOfTree(spans, cycle.endedAt!)).toEqual([])
    expect(new Set(names(spans))).toEqual(
      new Set([
        'cycle',
        'look',
        'balances on alpha',
        'balances on beta',
        'prices',
        'decide',
        'plan',
        'quotes',
        'solve',
        'simulate',
        'quote of swaps',
        'quote of rival',
        'quote of crossings',
        'leg swap on alpha',
        'leg bridge on alpha',
        'leg swap on beta',
        'offer on alpha',
        'offer on beta',
        'approve on alpha',
        'approve on beta',
        'swap on alpha',
        'swap on beta',
        'bridge on alpha',
        'transfer from alpha to beta',
      ]),
    )
  })

  test.each([
    ['look', 'cycle'],
    ['balances on beta', 'look'],
    ['prices', 'look'],
    ['decide', 'cycle'],
    ['plan', 'cycle'],
    ['quotes', 'plan'],
    ['solve', 'plan'],
    ['leg bridge on alpha', 'cycle'],
    ['bridge on alpha', 'leg bridge on alpha'],
    ['transfer from alpha to beta', 'leg bridge on alpha'],
    ['swap on beta', 'leg swap on beta'],
  ])('has %s inside %s', async (name, parent) => {
    const { spans } = await whole
    const own = spans.filter((span) => span.name === name)
    expect(new Set(own.map((span) => parentOf(spans, span)))).toEqual(new Set([parent]))
  })

  test('has quotes in the round or the offer that asked for them', async () => {
    const { spans, events } = await whole
    const quotes = spans.filter(({ name }) => name.startsWith('quote of'))
    expect(quotes).toHaveLength(events.filter(({ type }) => type === 'quoted').length)
    expect(new Set(quotes.map((span) => parentOf(spans, span)))).toEqual(
      new Set(['quotes', 'simulate', 'offer on alpha', 'offer on beta']),
    )
  })

  test('has every intent and transfer as one span, with the row’s id and its states as events', async () => {
    const { cycle, spans } = await whole
    for (const intent of cycle.intents) {
      const span = spans.find(({ spanId }) => spanId === TRACE_IDS.span('intent', intent.id))!
      expect(span).toMatchObject({ startedAt: intent.reservedAt, failure: undefined })
      expect(span.attributes).toMatchObject({
        'evenkeel.portfolio': 'core',
        'evenkeel.cycle': cycle.id,
        'evenkeel.leg': intent.legId,
        'evenkeel.intent': intent.id,
        'evenkeel.state': 'final_ok',
      })
      expect(span.events.map(({ name }) => name)).toEqual(['signed', 'mined', 'final'])
      expect(span.events[0]!.at).toBe(intent.attempts[0]!.signedAt)
      expect(span.endedAt).toBe(span.events[2]!.at)
    }
    for (const transfer of cycle.transfers) {
      const span = spans.find(({ spanId }) => spanId === TRACE_IDS.span('transfer', transfer.id))!
      expect(span.startedAt).toBe(transfer.sentAt)
      expect(span.attributes).toMatchObject({ 'evenkeel.bridge': 'swift', 'evenkeel.state': 'full' })
      expect(span.events.map(({ name }) => name)).toEqual(['arrived', 'final'])
    }
    expect(cycle.transfers.length).toBeGreaterThan(0)
  })

  test('has legs around all that was done for them, with amounts as decimal text', async () => {
    const { cycle, spans } = await whole
    for (const { leg, state } of cycle.legs) {
      const span = spans.find(({ spanId }) => spanId === TRACE_IDS.span('leg', leg.id))!
      const below = spans.filter(({ parentId }) => parentId === span.spanId)
      expect(below.length).toBeGreaterThan(1)
      expect(span.startedAt).toBe(Math.min(...below.map(({ startedAt }) => startedAt)))
      expect(span.endedAt).toBeGreaterThanOrEqual(Math.max(...below.map(({ endedAt }) => endedAt)))
      expect(span.attributes).toMatchObject({
        'evenkeel.plan': cycle.plan!.id,
        'evenkeel.state': state,
        'evenkeel.sold': expect.stringMatching(/^\d+(\.\d+)? [A-Z]+$/),
        'evenkeel.cost.usd': expect.stringMatching(/^-?\d+(\.\d+)?$/),
      })
    }
  })

  test('tells on its root what was decided and what came of it', async () => {
    const { cycle, spans } = await whole
    const root = spans.find(({ name }) => name === 'cycle')!
    expect(root.attributes).toMatchObject({
      'evenkeel.outcome': 'traded',
      'evenkeel.mode': 'live',
      'evenkeel.decision.code': cycle.decision.code,
      'evenkeel.decision.reasons': cycle.decision.reasons,
      'evenkeel.plan': cycle.plan!.id,
      'evenkeel.plan.legs': cycle.legs.length,
      'evenkeel.nav.usd': expect.stringMatching(/^\d+(\.\d+)?$/),
    })
    expect(root.events.map(({ name }) => name)).toEqual(['decided', 'planned'])
    for (const { attributes } of spans)
      expect(Object.keys(attributes).filter((name) => !name.startsWith('evenkeel.'))).toEqual([])
  })
})

describe('a process that dies', () => {
  test.each([
    ['with bytes on their way', 'K-13', 2],
    ['with a transfer in flight', 'K-26', 0],
  ] as const)('%s is followed by one that goes on with its trace', async (_name, point, index) => {
    const world = FakeWorld.drifted()
    const first = tracedProcess(world, new Life({ at: 'point', point, index }))
    await run(first.process)
    expect(ofCycle(first.spans()).some(({ name }) => name === 'cycle')).toBe(false)
    world.clock.pass(5_000)
    const second = tracedProcess(world)
    await run(second.process)
    const cycle = world.rows.cycles.get(cycleId)!
    expect(cycle.outcome).toBe('traded')
    const spans = ofCycle([...first.spans(), ...second.spans()])
    // An offer under way dies with its process; what it had asked the venues is told of.
    const orphans = orphansOfTree(spans, cycle.endedAt!)
    expect(
      orphans.filter((span) => !span.name.startsWith('quote of') || !ids(first.spans()).includes(span.spanId)),
    ).toEqual([])
    expect(names(first.spans())).toContain('look')
    expect(names(second.spans())).toContain('transfer from alpha to beta')
    for (const [kind, rows] of [
      ['intent', cycle.intents],
      ['transfer', cycle.transfers],
      ['leg', cycle.legs.map(({ leg }) => leg)],
    ] as const)
      for (const { id } of rows) expect(ids(spans)).toContain(TRACE_IDS.span(kind, id))
  })

  test('before its cycle is written leaves no whole trace, and the next cycle is another one', async () => {
    const world = FakeWorld.drifted()
    const first = tracedProcess(world, new Life({ at: 'point', point: 'K-01', index: 0 }))
    await run(first.process)
    world.clock.pass(1_000)
    const second = tracedProcess(world)
    await run(second.process)
    const roots = [...first.spans(), ...second.spans()].filter(({ name }) => name === 'cycle')
    expect(roots).toMatchObject([{ startedAt: NOW + 1_000 }])
  })
})

describe('a cycle that trades nothing', () => {
  test('is a trace of its look and its decision', async () => {
    const world = FakeWorld.drifted()
    await run(world.start())
    world.clock.pass(3_600_000)
    const { process, spans } = tracedProcess(world)
    await run(process)
    expect(process.observer.of('cycle-ended')).toMatchObject([{ outcome: 'within_band' }])
    expect(names(spans()).toSorted()).toEqual([
      'balances on alpha',
      'balances on beta',
      'cycle',
      'decide',
      'look',
      'prices',
    ])
  })

  test('and fails has an error on what failed and on the whole', async () => {
    const world = FakeWorld.drifted()
    world.balances.read = () => Promise.reject(new TypeError('The wire is cut.'))
    const { process, spans } = tracedProcess(world)
    await run(process)
    expect(spans().filter(({ failure }) => failure !== undefined)).toMatchObject([
      { name: 'balances on alpha', failure: 'TypeError' },
      { name: 'balances on beta', failure: 'TypeError' },
      { name: 'look', failure: 'TypeError' },
      { name: 'cycle', failure: 'error', parentId: undefined, events: [{ name: 'failed' }] },
    ])
  })

  test('because it is paused is none', async () => {
    const world = FakeWorld.drifted()
    world.hold('A rumour.')
    const { process, spans } = tracedProcess(world)
    await run(process)
    expect(process.observer.of('cycle-skipped')).toMatchObject([{ outcome: 'paused' }])
    expect(spans()).toEqual([])
  })

  test('since balances are not final is one that says so', async () => {
    const world = FakeWorld.drifted()
    const { process, spans } = tracedProcess(world)
    for (let block = 0; block < 6; block++) world.clock.pass(1_000)
    world.chain.give(ALPHA.usdc, portfolio.account, 10n ** 9n)
    await run(process)
    const root = spans().find(({ name }) => name === 'cycle')
    expect(root).toMatchObject({ attributes: { 'evenkeel.outcome': 'stale_data' }, failure: undefined })
  })
})

describe('what is told of rows', () => {
  const clock = new FakeClock()
  const cycle = aCycle()
  const leg = cycle.legs[0]!
  const transfer = aTransfer(cycle, leg)
  const rowsOf = (portfolioId = 'core') => {
    const { observer, spans } = traced(clock)
    return {
      spans,
      observer,
      moveTransfer: (state: 'in_flight' | 'full', at: number) =>
        observer.notify({
          type: 'transfer-changed',
          portfolio: portfolioId,
          transfer: { ...transfer, state, arrivals: state === 'full' ? [anArrival(transfer.expected)] : [] },
          usd: 1_000n * ONE_USD,
          at,
        }),
    }
  }

  test('a transfer that outlives its cycle is part of its trace, whoever sees it arrive', () => {
    const late = transfer.sentAt + transfer.expectedSeconds * 3_000 + 60_000
    const first = rowsOf()
    first.moveTransfer('in_flight', NOW)
    first.observer.notify({ type: 'cycle-ended', portfolio: 'core', cycle, outcome: 'traded', seconds: 100 })
    const second = rowsOf()
    second.moveTransfer('in_flight', NOW + 200_000)
    second.moveTransfer('full', late + 5_000)
    const [span] = second.spans()
    expect(second.spans()).toHaveLength(1)
    expect(span).toMatchObject({ startedAt: transfer.sentAt, endedAt: late + 5_000 })
    expect(span!.events.map(({ name }) => name)).toContain('late')
    const legSpan = first.spans().find(({ spanId }) => spanId === span!.parentId)
    expect(legSpan).toMatchObject({ name: 'leg swap on alpha', traceId: span!.traceId })
  })

  test('what had ended before it was heard of is told of by nobody a second time', () => {
    const { observer, spans, moveTransfer } = rowsOf()
    const ended = anIntent({ state: 'released', attempts: [] })
    observer.notify({ type: 'intent-changed', portfolio: 'core', intent: ended, at: NOW })
    moveTransfer('full', NOW)
    expect(spans()).toEqual([])
  })

  test('housekeeping, which no cycle asked for, is in no trace', () => {
    const { observer, spans } = rowsOf()
    for (const state of ['reserved', 'released'] as const) {
      const intent = anIntent({ state, attempts: [], cycleId: undefined, legId: undefined })
      observer.notify({ type: 'intent-changed', portfolio: 'core', intent, at: NOW })
    }
    expect(spans()).toEqual([])
  })

  test('a leg of which nothing was begun lies at the end, with the reason', () => {
    const { observer, spans } = rowsOf()
    const skipped = aRun({ state: 'skipped', failure: { code: 'PAUSED', detail: 'A rumour.' } })
    const event = { cycle: { ...cycle, legs: [skipped] }, outcome: 'paused', seconds: 2 } as const
    observer.notify({ type: 'cycle-ended', portfolio: 'core', ...event })
    expect(spans()[0]).toMatchObject({
      name: 'leg swap on alpha',
      startedAt: NOW + 2_000,
      endedAt: NOW + 2_000,
      attributes: { 'evenkeel.state': 'skipped', 'evenkeel.code': 'PAUSED', 'evenkeel.detail': 'A rumour.' },
      failure: undefined,
    })
  })

  test('the wait for people is a span from the question to the last word', () => {
    const { observer, spans } = rowsOf()
    const content = { portfolio: 'core' }
    const asked = { id: cycle.id, kind: 'plan', digest: 'd', proposedBy: 'daemon', needs: 1, reason: '' } as const
    const proposal = newProposal({ ...asked, content, proposedAt: NOW - 60_000 })
    observer.notify({ type: 'approval-answered', portfolio: 'core', proposal })
    const approved = { ...proposal, state: 'approved', approvedBy: ['ada'] } as const
    observer.notify({ type: 'approval-answered', portfolio: 'core', proposal: approved })
    observer.notify({ type: 'approval-answered', portfolio: undefined, proposal: { ...approved, kind: 'resume' } })
    expect(spans()).toMatchObject([
      { name: 'approval', startedAt: NOW - 60_000, parentId: TRACE_IDS.span('cycle', cycle.id) },
    ])
  })

  test('another environment has other ids for the same rows, and one has one id for one row', () => {
    const [one, again, other] = [new TraceIds('a'), new TraceIds('a'), new TraceIds('b')]
    expect(one.trace('c')).toMatch(/^[0-9a-f]{32}$/)
    expect(one.span('leg', 'c.0')).toMatch(/^[0-9a-f]{16}$/)
    expect(again.trace('c')).toBe(one.trace('c'))
    expect(other.trace('c')).not.toBe(one.trace('c'))
    expect(one.span('transfer', 'c.0')).not.toBe(one.span('leg', 'c.0'))
  })
})

describe('whoever is observed', () => {
  const clock = new FakeClock()
  const inCycle = { portfolio: 'core', cycleId: 'c' }

  test('gets what it did or threw, and does it once', async () => {
    const { observer, spans } = traced(clock)
    const act = jest.fn(() => Promise.resolve(7))
    expect(await observer.during({ ...inCycle, stage: 'look' }, act)).toBe(7)
    expect(act).toHaveBeenCalledTimes(1)
    const error = new Error('No.')
    await expect(observer.during({ ...inCycle, stage: 'plan' }, () => Promise.reject(error))).rejects.toBe(error)
    expect(spans()).toMatchObject([{ name: 'look' }, { name: 'plan', failure: 'Error' }])
  })

  test('hears nothing of a trace that cannot be made; one line tells of it', async () => {
    const failures: unknown[] = []
    const broken = new TraceObserver({
      ids: TRACE_IDS,
      clock,
      write: () => {
        throw new Error('No room.')
      },
      end: () => Promise.resolve(),
      onFailure: (error) => failures.push(error),
    })
    expect(await broken.during({ ...inCycle, stage: 'look' }, () => Promise.resolve(7))).toBe(7)
    broken.notify({ type: 'cycle-ended', portfolio: 'core', cycle: aCycle(), outcome: 'traded', seconds: 1 })
    expect(failures).toEqual([new Error('No room.')])
  })

  test('is in no trace outside of a cycle', async () => {
    const { observer, spans } = traced(clock)
    await observer.during({ portfolio: 'core', stage: 'look' }, async () =>
      observer.notify({ type: 'quoted', venue: 'lifi', chain: 'bay', outcome: 'ok', seconds: 1, detail: '' }),
    )
    expect(spans()).toEqual([])
  })

  test('gives away no secret, in whatever text it stands', async () => {
    const secret = 'correct-horse-battery'
    const { observer, spans } = traced(clock, { secrets: [secret] })
    const leaky = `https://u:${secret}@rpc.example/v2/0123456789abcdef0123?key=k ${secret} Bearer abc123def`
    await observer.during({ ...inCycle, stage: 'offer', legId: 'c.0' }, async () => {
      observer.notify({ type: 'failed', what: leaky, isRetried: true, error: new Error(leaky) })
      const ofLeg = { portfolio: 'core', cycleId: 'c', legId: 'c.0', code: 'NO_QUOTE' as const, detail: leaky }
      observer.notify({ type: 'offer-refused', ...ofLeg })
      observer.notify({ type: 'quoted', venue: 'v', chain: 'bay', outcome: 'malformed', seconds: 1, detail: leaky })
    })
    const text = JSON.stringify(spans())
    expect(spans().map(({ name }) => name)).toEqual(['quote of v', 'offer'])
    expect(text).toContain('rpc.example')
    for (const hidden of [secret, '0123456789abcdef0123', 'key=k', 'abc123def']) expect(text).not.toContain(hidden)
  })

  test('fills no span with what fails over and over', async () => {
    const { observer, spans } = traced(clock)
    await observer.during({ ...inCycle, stage: 'offer', legId: 'c.0' }, async () => {
      for (let count = 0; count < 1_000; count++)
        observer.notify({ type: 'failed', what: 'a step', isRetried: true, error: 'No.' })
    })
    expect(spans()[0]!.events).toHaveLength(50)
  })
})
