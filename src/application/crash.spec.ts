import { describe, expect, jest, test } from '@jest/globals'
import { NOW, OWNER } from '../../test/support/builders.js'
import { CYCLE_ID, journey, openCycle, reservedSale, written } from '../../test/support/fake-legs.js'
import { ALPHA, aPortfolio, BETA, FakeWorld } from '../../test/support/fake-world.js'
import { type Death, leavesTrace, Life } from '../../test/support/life.js'
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
  expectWritten(world)
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

/** Around every call that leaves something behind, or around each `stride`-th of them. */
const everyMoment = (moment: 'before' | 'after', calls = undisturbed.calls, stride = 1): Death[] =>
  calls
    .flatMap((call, index): Death[] => (leavesTrace(call) ? [{ at: 'call', index, moment }] : []))
    .filter((_, place) => place % stride === 0)

/** All that ever reached an endpoint was written down before it did. */
function expectWritten(world: FakeWorld): void {
  const signed = written(world).intents.flatMap(({ attempts }) => attempts.map(({ raw }) => raw))
  expect(world.chain.heard.filter(({ raw }) => !signed.includes(raw))).toEqual([])
}

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
    { point: 'K-11', durable: 'signed bytes that somebody has seen' },
    { point: 'K-12', durable: 'signed bytes that were sent, without the answers' },
    { point: 'K-13', durable: 'signed bytes on their way' },
    { point: 'K-14', durable: 'signed bytes whose receipt was seen' },
    { point: 'K-15', durable: 'a mined transaction' },
    { point: 'K-25', durable: 'a final send without its transfer' },
    { point: 'K-26', durable: 'a transfer whose payout is seen and not booked' },
  ]
  const environments: { name: string; isWorst?: boolean; happens: (world: FakeWorld) => void }[] = [
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
      isWorst: true,
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

  /** Each passage of a point meets every third of them, so that all meet the point and the worst meets every passage. */
  const meanwhile = environments.map((one, place) => ({ ...one, place }))
  const sameAsOthers = new Set<CrashPoint>(['K-11', 'K-12', 'K-14'])
  for (const { point, durable } of table)
    test.each(sameAsOthers.has(point) ? meanwhile.filter(({ isWorst }) => isWorst) : meanwhile)(
      `${point}, with ${durable}: $name`,
      async ({ happens, isWorst, place }) => {
        const times = undisturbed.points.filter((one) => one === point).length
        expect(times).toBeGreaterThan(0)
        for (let index = isWorst ? 0 : place % Math.min(3, times); index < times; index += isWorst ? 1 : 3) {
          const world = await readyWorld()
          await dieAndResume(world, { at: 'point', point, index }, happens)
          expectUndisturbed(world)
        }
      },
    )

  // Just before a call is just after the one before it, save where two are under way at once.
  test.each([
    ['after', 2],
    ['before', 5],
  ] as const)('at any call to the outside, just %s it took effect (each %i.)', async (moment, stride) => {
    for (const death of everyMoment(moment, undisturbed.calls, stride)) {
      const world = await readyWorld()
      await dieAndResume(world, death, () => undefined)
      expectUndisturbed(world)
    }
  })

  test('at each third call to the outside, with a reorg before the restart', async () => {
    for (const death of everyMoment('after', undisturbed.calls, 3)) {
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
    for (const death of everyMoment('after', life.calls)) {
      const world = await dearWorld()
      await world.start(new Life(death)).drive(strict, CYCLE_ID)
      if (written(world).endedAt === undefined) await world.start().drive(strict, CYCLE_ID)
      expect(ends(world)).toEqual(ends(calm))
      expect(world.holdings()).toEqual(calm.holdings())
      expect(world.chain.standingAllowances()).toEqual([])
    }
  })
})

describe('A process that dies while its transaction does not go through', () => {
  interface Flow {
    readonly name: string
    /** Crash points that it passes besides the ordinary ones. */
    readonly points: readonly CrashPoint[]
    readonly begin: () => Promise<FakeWorld>
  }

  const once = (world: FakeWorld, when: () => boolean, happen: () => void) => {
    let isOver = false
    world.clock.onPass(() => {
      if (isOver || !when()) return
      isOver = true
      happen()
    })
  }
  const flows: readonly Flow[] = [
    {
      name: 'replacement',
      points: ['K-10', 'K-17', 'K-18', 'K-19', 'K-20'],
      begin: async () => {
        const { world } = await reservedSale()
        world.chain.stalls = ({ maxFeePerGas }) => maxFeePerGas < 2_500_000_000n
        return world
      },
    },
    {
      name: 'cancel',
      points: ['K-17', 'K-18', 'K-20', 'K-21'],
      begin: async () => {
        const { world } = await reservedSale({ expiresAt: NOW + 6_000 })
        world.chain.stalls = ({ data }) => data !== '0x'
        return world
      },
    },
    {
      name: 'cancel whose step lands after all',
      points: ['K-21'],
      begin: async () => {
        const { world } = await reservedSale({ expiresAt: NOW + 6_000 })
        world.chain.stalls = () => true
        world.clock.onPass(() => {
          const { nonce, attempts } = written(world).intents[0]!
          const isMined = world.chain.receipts().some(({ transaction }) => transaction?.nonce === nonce)
          const isLate = world.clock.now() > NOW + 20_000
          if (isLate && !isMined && attempts[0]) world.chain.mineOnly('alpha', attempts[0].raw)
        })
        return world
      },
    },
    {
      name: 'reorg of a mined one',
      points: ['K-14', 'K-15', 'K-16'],
      begin: async () => {
        const { world } = await reservedSale()
        once(
          world,
          () => written(world).intents[0]?.state === 'mined',
          () => world.chain.reorg('alpha', 2, 'forgotten'),
        )
        return world
      },
    },
  ]
  const meanwhile: readonly [string, (world: FakeWorld) => void][] = [
    ['quiet', () => undefined],
    ['a reorg that forgets it', (world) => world.chain.reorg('alpha', 2, 'forgotten')],
    ['a base fee that doubles', (world) => world.chain.setBaseFee('alpha', 2_000_000_000n)],
    ['the next broadcast lost', (world) => world.chain.fates.push('lost-in-silence')],
  ]
  const endOf = (world: FakeWorld) => {
    const { legs, intents, outcome } = written(world)
    return {
      effects: world.effects(),
      holdings: world.holdings(),
      outcome,
      legs: legs.map(({ state, failure }) => [state, failure?.code]),
      intents: intents.map(({ state, nonce }) => [state, nonce]),
    }
  }

  for (const flow of flows)
    test(`${flow.name}: ${flow.points.join(', ')} and every other effect, whatever happens meanwhile`, async () => {
      const calm = await flow.begin()
      const life = new Life()
      await calm.start(life).drive(portfolio, CYCLE_ID)
      expect(flow.points.filter((point) => !life.points.includes(point))).toEqual([])
      const deaths: Death[] = life.points.map((point, place) => ({
        at: 'point',
        point,
        index: life.points.slice(0, place).filter((one) => one === point).length,
      }))
      const firstDeaths = deaths.filter((death) => death.at === 'point' && death.index === 0)
      for (const [name, happens] of meanwhile)
        for (const death of name === 'quiet' ? [...deaths, ...everyMoment('after', life.calls, 3)] : firstDeaths) {
          const world = await flow.begin()
          await dieAndResume(world, death, happens)
          expect(endOf(world)).toEqual(endOf(calm))
          expectWritten(world)
          for (const payloads of world.chain.payloads().values()) expect(payloads.size).toBeLessThanOrEqual(2)
          expect(world.chain.payloads().size).toBe(1)
          const books = (book: string) =>
            world.rows.postings
              .filter((one) => one.book === book && one.account === 'wallet' && one.token === ALPHA.usdc.address)
              .reduce((sum, { units }) => sum + units, 0n)
          const gained = world.chain.balance(ALPHA.usdc, OWNER) - FakeWorld.drifted().chain.balance(ALPHA.usdc, OWNER)
          expect([books('provisional'), books('final')]).toEqual([0n, gained])
        }
    })
})
