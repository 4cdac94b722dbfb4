import { describe, expect, jest, test } from '@jest/globals'
import fc from 'fast-check'
import { CYCLE_ID, journey, openCycle, plannedLeg, written } from '../../test/support/fake-legs.js'
import { ALPHA, aPortfolio, FakeWorld } from '../../test/support/fake-world.js'
import type { Intent } from '../domain/execution/intent.js'
import { HELD_CODES } from '../domain/policy/budgets.js'
import { CancelIntent } from './cancel-intent.js'

jest.setTimeout(60_000)

const portfolio = aPortfolio()
const sale = (world: FakeWorld) => [plannedLeg(world, 1, 'swap', ALPHA.weth, 10n ** 19n, ALPHA.usdc)]
const states = (world: FakeWorld) => written(world).legs.map(({ state, failure }) => [state, failure?.code])
const kinds = (world: FakeWorld) => written(world).intents.map(({ id, state }) => [id, state])
const CANCELLED = ['failed', 'CANCELLED_BY_PERSON']
const order = { by: 'alice', reason: 'Not now.' }
const cancelIn = (world: FakeWorld) => new CancelIntent({ store: world.records(), clock: world.clock })

/** Plays a cycle in which somebody cancels the first intent that `isMeant`. */
async function cancelling(isMeant: (intent: Intent) => boolean, prepare: (world: FakeWorld) => void = () => undefined) {
  const world = FakeWorld.drifted()
  prepare(world)
  await openCycle(world, sale(world))
  const process = world.start()
  const ordered: string[] = []
  world.clock.onPass(() => {
    const intent = written(world).intents.find(isMeant)
    if (!intent || ordered.length > 0) return
    ordered.push(intent.id)
    void cancelIn(world).run({ id: intent.id, ...order })
  })
  await process.drive(portfolio, CYCLE_ID)
  expect(ordered).toHaveLength(1)
  return { world, process }
}

describe('CancelIntent', () => {
  test('an intent that nothing is signed for gives its nonce back, and its leg ends by a person', async () => {
    const { world } = await cancelling(({ kind, state }) => kind === 'swap' && state === 'reserved')
    expect(states(world)).toEqual([CANCELLED])
    expect(written(world).legs[0]!.failure?.detail).toBe('alice cancelled plan-1.1.swap.0: Not now.')
    expect(kinds(world).slice(0, 2)).toEqual([
      ['plan-1.1.approve.0', 'final_ok'],
      ['plan-1.1.swap.0', 'released'],
    ])
    expect(world.effects()).toEqual([])
    expect(world.chain.standingAllowances()).toEqual([])
  })

  test.each(['approve', 'swap'] as const)('a signed %s is replaced by a cancel, and its leg ends', async (wanted) => {
    const isMeant = ({ kind, state }: Intent) => kind === wanted && state === 'signed'
    const { world } = await cancelling(isMeant, ({ chain, clock, rows }) => {
      let isStuck = false
      clock.onPass(() => {
        const intents = rows.cycles.get(CYCLE_ID)?.intents ?? []
        if (isStuck || !intents.some(({ kind, state }) => kind === wanted && state === 'reserved')) return
        isStuck = true
        chain.hold('alpha', 30)
      })
    })
    expect(states(world)).toEqual([CANCELLED])
    const intent = written(world).intents.find(({ kind }) => kind === wanted)!
    expect(intent.state).toBe('final_cancelled')
    expect([...new Set(intent.attempts.map(({ payload }) => payload))]).toEqual(['step', 'cancel'])
    expect(world.effects()).toEqual([])
    expect(world.chain.standingAllowances()).toEqual([])
    expect(HELD_CODES).toContain('CANCELLED_BY_PERSON')
  })

  test('under a halt nothing is signed for it, not even its cancel', async () => {
    const world = FakeWorld.drifted()
    await openCycle(world, sale(world))
    const end = new AbortController()
    let ticks = 0
    world.clock.onPass(() => {
      ticks += 1
      if (ticks === 120) end.abort()
      if (world.rows.cancelOrders.length > 0) return
      const intent = written(world).intents.find(({ state }) => state === 'signed')
      if (!intent) return
      world.chain.hold('alpha', 1_000)
      world.hold('The key may be known.', 'halted')
      void cancelIn(world).run({ id: intent.id, ...order })
    })
    await world.start().driveCycle.run(portfolio, CYCLE_ID, end.signal)
    expect(world.rows.cancelOrders).toHaveLength(1)
    expect(world.signer.requests.map(({ payload }) => payload)).toEqual(['step'])
  })

  test('a step that is in a block before its cancel stands, once', async () => {
    const { world } = await cancelling(({ kind, state }) => kind === 'swap' && state === 'signed')
    expect(states(world)).toEqual([['done', undefined]])
    expect(world.effects()).toHaveLength(1)
  })

  test('nothing follows an approval whose cancel came too late', async () => {
    const { world } = await cancelling(({ kind, state }) => kind === 'approve' && state === 'signed')
    expect(kinds(world)).toEqual([
      ['plan-1.1.approve.0', 'final_ok'],
      ['plan-1.1.revoke.0', 'final_ok'],
    ])
    expect(states(world)).toEqual([CANCELLED])
    expect(world.chain.standingAllowances()).toEqual([])
  })

  test('what is in a block, has ended, takes an allowance back or is unknown is refused', async () => {
    const { world } = await cancelling(({ kind, state }) => kind === 'approve' && state === 'signed')
    const cancel = cancelIn(world)
    for (const { id, state } of written(world).intents)
      expect(await cancel.run({ id, ...order })).toEqual({
        status: 'refused',
        reason: `${id} is ${state}: only an intent that is reserved or signed can be cancelled.`,
      })
    expect(await cancel.run({ id: 'nothing', ...order })).toEqual({ status: 'unknown' })
    const revoke = { ...written(world).intents[1]!, id: 'r', kind: 'revoke', state: 'reserved', attempts: [] } as Intent
    world.rows.looseIntents.push({ ...revoke, cycleId: undefined, legId: undefined })
    expect(await cancel.run({ id: 'r', ...order })).toMatchObject({ status: 'refused' })
    expect(world.rows.cancelOrders.map(({ intentId }) => intentId)).toEqual(['plan-1.1.approve.0'])
  })

  test('whenever it comes, and over however many processes: nothing is spent twice, and every leg has an end', async () => {
    const moments = fc.record({
      order: fc.integer({ min: 1, max: 60 }),
      which: fc.nat(3),
      slow: fc.integer({ min: 0, max: 20 }),
      restart: fc.integer({ min: 1, max: 60 }),
    })
    await fc.assert(
      fc.asyncProperty(moments, async ({ order: orderAt, which, slow, restart }) => {
        const world = FakeWorld.drifted()
        world.chain.hold('alpha', slow)
        await openCycle(world, journey(world))
        const cancel = cancelIn(world)
        let ticks = 0
        let isUnsigned = false
        const first = world.start()
        world.clock.onPass(() => {
          ticks += 1
          if (ticks === restart) first.life.isOver = true
          const live = written(world).intents.filter(({ state }) => state === 'reserved' || state === 'signed')
          const meant = live[which % Math.max(1, live.length)]
          if (ticks < orderAt || world.rows.cancelOrders.length > 0 || !meant) return
          isUnsigned = meant.state === 'reserved'
          void cancel.run({ id: meant.id, ...order })
        })
        await first.drive(portfolio, CYCLE_ID)
        if (written(world).endedAt === undefined) await world.start().drive(portfolio, CYCLE_ID)
        const cycle = written(world)
        expect(cycle.endedAt).toBeDefined()
        expect(new Set(world.effects()).size).toBe(world.effects().length)
        expect(world.chain.standingAllowances()).toEqual([])
        const [ordered] = world.rows.cancelOrders
        const intent = cycle.intents.find(({ id }) => id === ordered?.intentId)
        const run = cycle.legs.find(({ leg }) => leg.id === intent?.legId)
        // The order came before the step was signed, or the step was faster.
        if (run && intent && (isUnsigned || intent.state !== 'final_ok'))
          expect([intent.state, run.failure?.code]).toEqual([intent.state, 'CANCELLED_BY_PERSON'])
        if (isUnsigned) expect(intent?.state).toMatch(/^(released|final_cancelled)$/)
        for (const [, payloads] of world.chain.payloads()) expect(payloads.size).toBeLessThanOrEqual(2)
      }),
      { numRuns: 20 },
    )
  })
})
