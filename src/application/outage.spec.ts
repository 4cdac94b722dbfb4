import { describe, expect, test } from '@jest/globals'
import { CYCLE_ID, openCycle, plannedLeg, written } from '../../test/support/fake-legs.js'
import { ALPHA, aPortfolio, FakeWorld } from '../../test/support/fake-world.js'

const portfolio = aPortfolio()

/** A sale under way on records that can be away. */
async function selling() {
  const world = FakeWorld.drifted()
  const store = world.records()
  world.records = () => store
  await openCycle(world, [plannedLeg(world, 1, 'swap', ALPHA.weth, 10n ** 19n, ALPHA.usdc)])
  return { world, store, process: world.start() }
}
const away = () => Promise.reject(new Error('Postgres does not take a connection.'))

describe('DriveCycle while the database is away (F-48, D-35)', () => {
  test('what is signed is looked after again as soon as it is back, by the same run', async () => {
    const { world, store, process } = await selling()
    const [states, cycle] = [store.operatingStates.bind(store), store.cycle.bind(store)]
    let outages = 0
    const isAway = () => written(world).intents.some(({ state }) => state === 'signed') && outages++ < 3
    store.operatingStates = () => (isAway() ? away() : states())
    store.cycle = (id) => (isAway() ? away() : cycle(id))
    await process.drive(portfolio, CYCLE_ID)
    expect(outages).toBeGreaterThan(3)
    expect(written(world)).toMatchObject({ outcome: 'traded', legs: [{ state: 'done' }] })
    expect(process.observer.of('failed')).toContainEqual(expect.objectContaining({ isRetried: true }))
    expect(world.chain.standingAllowances()).toEqual([])
  })

  test('K-09: a cycle of which the end was written without an answer is not ended twice', async () => {
    const { world, store, process } = await selling()
    const close = store.closeCycle.bind(store)
    let ends = 0
    store.closeCycle = async (...how) => {
      ends += 1
      await close(...how)
      if (ends === 1) await away()
    }
    await process.drive(portfolio, CYCLE_ID)
    expect([ends, written(world).outcome]).toEqual([1, 'traded'])
  })
})
