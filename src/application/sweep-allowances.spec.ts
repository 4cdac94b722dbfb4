import { describe, expect, test } from '@jest/globals'
import { addressOf, OWNER } from '../../test/support/builders.js'
import { openCycle, plannedLeg, written } from '../../test/support/fake-legs.js'
import { ALPHA, aPortfolio, type FakeProcess, FakeWorld } from '../../test/support/fake-world.js'
import { Life } from '../../test/support/life.js'
import { SimulationError } from '../ports/chain.js'

const portfolio = aPortfolio()
const CYCLE = 'cycle-1'

/** A world in which a sale was made, its cycle is closed, and its spender has an allowance again. */
async function left(units = 7n) {
  const world = FakeWorld.drifted()
  await openCycle(world, [plannedLeg(world, 1, 'swap', ALPHA.weth, 10n ** 19n, ALPHA.usdc)])
  await world.start().drive(portfolio, CYCLE)
  const process = world.start(new Life())
  await process.store.closeCycle(CYCLE, 'traded', world.clock.now()).catch(() => undefined)
  world.chain.allow(ALPHA.weth, OWNER, world.swaps.contract, units)
  for (let block = 0; block < 4; block++) world.clock.pass(1_000)
  return { world, process }
}
const trips = ({ observer }: FakeProcess) => observer.of('breaker-tripped').map(({ trip }) => trip)
const standing = ({ observer }: FakeProcess) => observer.of('allowances-swept').map((event) => event.standing)
/** Sweeps, then lets the revocation go its way for some blocks. */
async function sweep({ world, process }: Awaited<ReturnType<typeof left>>, blocks = 6) {
  await process.sweepAllowances.run(portfolio)
  for (let block = 0; block < blocks; block++) {
    world.clock.pass(1_000)
    await process.sweepAllowances.settle(portfolio)
  }
}

describe('C-14: SweepAllowances', () => {
  test('an allowance that nothing explains is taken back by an intent of its own, to the end', async () => {
    const at = await left()
    await sweep(at)
    expect(at.world.chain.standingAllowances()).toEqual([])
    const { looseIntents } = at.world.rows
    expect(looseIntents).toMatchObject([{ kind: 'revoke', state: 'final_ok', cycleId: undefined, legId: undefined }])
    await sweep(at)
    expect(standing(at.process)).toEqual([1, 0])
    expect(at.world.rows.looseIntents).toHaveLength(1)
    expect(trips(at.process)).toEqual([])
  })

  test('what was signed by a process that ended is carried on by the next', async () => {
    const { world, process } = await left()
    await process.sweepAllowances.run(portfolio)
    const next = { world, process: world.start() }
    await sweep(next, 6)
    expect(world.chain.standingAllowances()).toEqual([])
    expect(world.rows.looseIntents).toHaveLength(1)
  })

  test('one that a leg under way uses is left alone', async () => {
    const world = FakeWorld.drifted()
    const cycle = await openCycle(world, [plannedLeg(world, 1, 'swap', ALPHA.weth, 10n ** 19n, ALPHA.usdc)])
    const process = world.start()
    await process.offerLeg.run(portfolio, cycle, cycle.legs[0]!, cycle.legs[0]!.leg.sell)
    for (let block = 0; block < 6; block++) {
      await process.settleIntent.run(portfolio, written(world), written(world).intents[0]!, undefined)
      world.clock.pass(1_000)
    }
    expect(world.chain.standingAllowances()).toHaveLength(1)
    await process.sweepAllowances.run(portfolio)
    expect(standing(process)).toEqual([0])
    expect(world.rows.looseIntents).toEqual([])
    expect(written(world).intents).toHaveLength(1)
  })

  test('one that is not final yet is no find, and neither is one that is gone but not yet finally', async () => {
    const { world, process } = await left(0n)
    world.chain.allow(ALPHA.weth, OWNER, world.swaps.contract, 7n)
    await process.sweepAllowances.run(portfolio)
    for (let block = 0; block < 4; block++) world.clock.pass(1_000)
    world.chain.allow(ALPHA.weth, OWNER, world.swaps.contract, 0n)
    await process.sweepAllowances.run(portfolio)
    expect(standing(process)).toEqual([0, 0])
  })

  test('B-05: one that stands after two revocations stops the portfolio, and is tried on', async () => {
    const at = await left()
    const keep = () => at.world.chain.allow(ALPHA.weth, OWNER, at.world.swaps.contract, 7n)
    at.world.clock.onPass(keep)
    await sweep(at)
    await sweep(at)
    expect(trips(at.process)).toEqual([])
    await sweep(at)
    expect(trips(at.process)).toMatchObject([{ code: 'B-05', scope: 'portfolio:core', level: 'paused_hard' }])
    expect(trips(at.process)[0]?.reason).toContain(at.world.swaps.contract)
    expect(at.world.rows.looseIntents.map(({ id }) => id.split('.').at(-1))).toEqual(['0', '1', '2'])
    expect(new Set(at.world.rows.looseIntents.map(({ nonce }) => nonce)).size).toBe(3)
  })

  test('B-05: so does one whose revocation the token refuses', async () => {
    const at = await left()
    at.world.chain.estimateGas = () => Promise.reject(new SimulationError('It would fail.'))
    for (let times = 0; times < 3; times++) await sweep(at)
    expect(trips(at.process)).toMatchObject([{ code: 'B-05' }])
    expect(at.world.rows.looseIntents).toEqual([])
  })

  test('B-05: a halt, in which nothing is signed, reserves no revocation and counts none', async () => {
    const at = await left()
    at.world.hold('Halted by a person.', 'halted')
    for (let times = 0; times < 5; times++) await sweep(at)
    expect(at.world.rows.looseIntents).toEqual([])
    at.world.rows.scopes.clear()
    await sweep(at)
    expect(at.world.chain.standingAllowances()).toEqual([])
    expect(trips(at.process)).toEqual([])
  })

  test('B-05: revocations that were given up unsigned, because gas is dear, are none', async () => {
    const at = await left()
    const fees = at.world.chain.fees.bind(at.world.chain)
    at.world.chain.fees = () => Promise.resolve({ baseFee: 10n ** 18n, priorityFee: 0n })
    for (let times = 0; times < 5; times++) await sweep(at)
    expect(at.world.rows.looseIntents.map(({ state }) => state)).toContain('released')
    at.world.chain.fees = fees
    await sweep(at)
    expect(at.world.chain.standingAllowances()).toEqual([])
    expect(trips(at.process)).toEqual([])
  })

  test('R-09: no second nonce is taken while one of the account waits on the chain', async () => {
    const at = await left()
    at.world.chain.hold('alpha', 4)
    await at.process.sweepAllowances.run(portfolio)
    await at.process.sweepAllowances.run(portfolio)
    expect(at.world.rows.looseIntents).toHaveLength(1)
  })

  test('C-10: a revocation signed with too little gas is replaced by one with as much as it needs', async () => {
    const at = await left()
    const honest = at.world.chain.estimateGas.bind(at.world.chain)
    at.world.chain.estimateGas = () => Promise.resolve(2n)
    at.world.chain.hold('alpha', 30)
    await sweep(at, 1)
    at.world.chain.estimateGas = honest
    await sweep(at, 40)
    expect(at.world.rows.looseIntents).toMatchObject([
      { state: 'final_ok', gasLimit: 3n, attempts: [{ gasLimit: 3n }, { gasLimit: 125_000n }] },
    ])
    expect(at.world.chain.standingAllowances()).toEqual([])
    expect(new Set(at.world.signer.journal.slice(-2).map(({ digest }) => digest)).size).toBe(1)
  })

  test('C-10: one that would fail by now keeps the gas it was reserved with', async () => {
    const at = await left()
    const honest = at.world.chain.estimateGas.bind(at.world.chain)
    let answers = 1
    at.world.chain.estimateGas = (account, call) =>
      answers-- > 0 ? honest(account, call) : Promise.reject(new SimulationError('It would fail.'))
    await sweep(at)
    expect(at.world.rows.looseIntents).toMatchObject([{ state: 'final_ok', attempts: [{ gasLimit: 125_000n }] }])
  })

  test('C-10: more gas than the chain is given is never signed, and no more than the account can pay', async () => {
    const at = await left()
    const honest = at.world.chain.estimateGas.bind(at.world.chain)
    at.world.chain.estimateGas = () => Promise.resolve(10n ** 12n)
    at.world.chain.setBaseFee('alpha', 200n * 10n ** 9n)
    await sweep(at)
    expect(at.world.rows.looseIntents).toMatchObject([{ state: 'reserved', gasLimit: 2n ** 24n }])
    expect(at.process.observer.of('failed').at(-1)).toMatchObject({
      isRetried: true,
      error: { message: expect.stringMatching(/^Revocation .* may cost 6710\d+ wei on alpha, the account holds/) },
    })
    at.world.chain.estimateGas = honest
    await sweep(at)
    expect(at.world.rows.looseIntents).toMatchObject([{ state: 'final_ok', attempts: [{ gasLimit: 125_000n }] }])
  })

  test('a chain that is silent keeps no other from being swept', async () => {
    const at = await left()
    at.world.chain.silent.add('alpha')
    await at.process.sweepAllowances.run(portfolio)
    expect(at.process.observer.of('failed')).toMatchObject([{ isRetried: true }])
    at.world.chain.silent.clear()
    await sweep(at)
    expect(at.world.chain.standingAllowances()).toEqual([])
  })

  test('only allowances that we gave are looked at', async () => {
    const at = await left(0n)
    at.world.chain.allow(ALPHA.usdc, OWNER, addressOf(0xbad), 5n)
    for (let block = 0; block < 4; block++) at.world.clock.pass(1_000)
    await at.process.sweepAllowances.run(portfolio)
    expect(standing(at.process)).toEqual([0])
  })
})
