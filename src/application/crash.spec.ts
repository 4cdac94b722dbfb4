import { describe, expect, jest, test } from '@jest/globals'
import { OWNER } from '../../test/support/builders.js'
import { CYCLE_ID, journey, openCycle, written } from '../../test/support/fake-legs.js'
import { ALPHA, aPortfolio, BETA, FakeWorld } from '../../test/support/fake-world.js'
import { type Death, Life } from '../../test/support/life.js'
import { NATIVE } from '../domain/assets.js'
import { ratioOfBasisPoints } from '../domain/units/ratio.js'
import type { CrashPoint } from '../ports/failpoints.js'

jest.setTimeout(60_000)

const portfolio = aPortfolio()

/** A world with a cycle of four legs to work on: an approved sale, a bridge, a purchase behind it, a native sale. */
async function readyWorld(): Promise<FakeWorld> {
  const world = FakeWorld.drifted()
  await openCycle(world, journey(world))
  return world
}

/** What the world looks like when nobody dies, and every moment at which somebody could. */
const undisturbed = await (async () => {
  const world = await readyWorld()
  const life = new Life()
  await world.start(life).drive(portfolio, CYCLE_ID)
  return { holdings: world.holdings(), effects: world.effects(), calls: life.calls, points: life.points }
})()

/** Starts a process that dies, lets something happen meanwhile, and starts another that finishes. */
async function dieAndResume(world: FakeWorld, death: Death, meanwhile: (world: FakeWorld) => void): Promise<void> {
  const life = new Life(death)
  await world.start(life).drive(portfolio, CYCLE_ID)
  expect(life.isOver).toBe(true)
  meanwhile(world)
  await resume(world)
}

async function resume(world: FakeWorld, life?: Life): Promise<void> {
  const process = world.start(life)
  if (written(world).endedAt === undefined) await process.drive(portfolio, CYCLE_ID)
}

/** I-1, I-2, I-4, I-5 of the safety catalogue, read from the chains; the records only for the ledger. */
function expectUndisturbed(world: FakeWorld): void {
  expect(world.effects()).toEqual(undisturbed.effects)
  expect(world.holdings()).toEqual(undisturbed.holdings)
  expect(world.chain.standingAllowances()).toEqual([])
  for (const [, payloads] of world.chain.payloads()) expect(payloads.size).toBe(1)
  for (const chain of ['alpha', 'beta']) {
    const nonces = world.chain
      .receipts()
      .flatMap((receipt) => (receipt.chain === chain && receipt.transaction ? [receipt.transaction.nonce] : []))
    expect(nonces).toEqual(nonces.map((_, index) => index))
    const intents = written(world).intents.filter((one) => one.chain === chain && one.state !== 'released')
    expect(intents.map(({ nonce }) => nonce).toSorted((a, b) => a - b)).toEqual(nonces)
  }
  expect(written(world).outcome).toBe('traded')
  expect(written(world).legs.map(({ state }) => state)).toEqual(['done', 'done', 'done', 'done'])
  expectLedgerMoved(world)
}

/** The ledger has moved by exactly what the account has: P-15. */
function expectLedgerMoved(world: FakeWorld): void {
  const before = FakeWorld.drifted()
  for (const token of [...Object.values(ALPHA), ...Object.values(BETA)]) {
    const booked = world.rows.postings
      .filter((one) => one.account === 'wallet' && one.chain === token.chain && one.token === token.address)
      .reduce((sum, { units }) => sum + units, 0n)
    expect(booked).toBe(world.chain.balance(token, OWNER) - before.chain.balance(token, OWNER))
  }
}

const everyMoment = (moment: 'before' | 'after'): Death[] =>
  undisturbed.calls.map((_, index) => ({ at: 'call', index, moment }))

describe('A cycle of which nobody dies', () => {
  test('does every step once and ends with nothing standing', async () => {
    const world = await readyWorld()
    await world.start().drive(portfolio, CYCLE_ID)
    expectUndisturbed(world)
    expect(undisturbed.effects).toHaveLength(4)
    expect(world.chain.balance(ALPHA.eth, OWNER)).toBeLessThan(4n * 10n ** 18n)
    expect(world.chain.receipts().some(({ action }) => action?.do === 'trade' && action.sell === NATIVE)).toBe(true)
  })
})

describe('A process that dies and another that finishes (P-09, P-10, P-23)', () => {
  const table: { point: CrashPoint; durable: string }[] = [
    { point: 'K-03', durable: 'nothing of the step' },
    { point: 'K-05', durable: 'a reserved nonce' },
    { point: 'K-08', durable: 'a reserved nonce; the signature is lost' },
    { point: 'K-10', durable: 'signed bytes nobody has seen' },
    { point: 'K-13', durable: 'signed bytes on their way' },
    { point: 'K-15', durable: 'a mined transaction' },
    { point: 'K-25', durable: 'a final send without its transfer' },
    { point: 'K-26', durable: 'a transfer whose payout is seen and not booked' },
  ]
  const meanwhile: { name: string; happens: (world: FakeWorld) => void }[] = [
    { name: 'quiet', happens: () => undefined },
    { name: 'a minute down', happens: (world) => world.clock.pass(60_000) },
    {
      name: 'reorg while down',
      happens: (world) => {
        for (const chain of ['alpha', 'beta']) world.chain.reorg(chain, 2)
      },
    },
    {
      name: 'reorg while down that forgets our transactions',
      happens: (world) => {
        for (const chain of ['alpha', 'beta']) world.chain.reorg(chain, 2, 'forgotten')
      },
    },
    {
      name: 'first broadcast afterwards lost',
      happens: (world) => world.chain.fates.push('lost-in-silence', 'lost-with-an-error'),
    },
    {
      name: 'first broadcast afterwards taken with an error',
      happens: (world) => world.chain.fates.push('taken-with-an-error'),
    },
  ]

  for (const { point, durable } of table)
    test.each(meanwhile)(`${point}, with ${durable}: $name`, async ({ happens }) => {
      const times = undisturbed.points.filter((one) => one === point).length
      expect(times).toBeGreaterThan(0)
      for (let index = 0; index < times; index++) {
        const world = await readyWorld()
        await dieAndResume(world, { at: 'point', point, index }, happens)
        expectUndisturbed(world)
      }
    })

  test.each(['before', 'after'] as const)('at any call to the outside, just %s it took effect', async (moment) => {
    for (const death of everyMoment(moment)) {
      const world = await readyWorld()
      await dieAndResume(world, death, () => undefined)
      expectUndisturbed(world)
    }
  })

  test('at any call to the outside, with a reorg before the restart', async () => {
    for (const death of everyMoment('after')) {
      const world = await readyWorld()
      await dieAndResume(world, death, () => {
        for (const chain of ['alpha', 'beta']) world.chain.reorg(chain, 2, 'forgotten')
      })
      expectUndisturbed(world)
    }
  })

  test('dying again and again, at every point once', async () => {
    const world = await readyWorld()
    for (const { point } of table) await resume(world, new Life({ at: 'point', point, index: 0 }))
    await resume(world)
    expectUndisturbed(world)
  })
})

describe('A cycle whose rest is to be planned anew', () => {
  const strict = aPortfolio({ policy: { ...portfolio.policy, replanMove: ratioOfBasisPoints(5) } })

  /** The venues charge more than the plan reckoned with. */
  async function dearWorld(): Promise<FakeWorld> {
    const world = await readyWorld()
    world.swaps.charge(18)
    return world
  }

  test('ends the same legs for the same reason, whenever its process dies', async () => {
    const calm = await dearWorld()
    const life = new Life()
    await calm.start(life).drive(strict, CYCLE_ID)
    const ends = (world: FakeWorld) => written(world).legs.map(({ state, failure }) => [state, failure])
    expect(ends(calm).map(([state]) => state)).toEqual(['done', 'skipped', 'skipped', 'skipped'])
    for (const moment of ['before', 'after'] as const)
      for (const index of life.calls.keys()) {
        const world = await dearWorld()
        await world.start(new Life({ at: 'call', index, moment })).drive(strict, CYCLE_ID)
        if (written(world).endedAt === undefined) await world.start().drive(strict, CYCLE_ID)
        expect(ends(world)).toEqual(ends(calm))
        expect(world.holdings()).toEqual(calm.holdings())
        expect(world.chain.standingAllowances()).toEqual([])
      }
  })
})
