import { describe, expect, test } from '@jest/globals'
import { aCycle } from '../../test/support/builders.js'
import { aPortfolio, FakeWorld } from '../../test/support/fake-world.js'
import { MemoryProposals } from '../../test/support/memory-admin.js'
import { newProposal, type Proposal } from '../domain/access/proposal.js'
import { FILLING_CAPS } from '../domain/policy/cap-use.js'
import { ONE_USD, shareOf } from '../domain/units/usd.js'
import { TakeStock } from './take-stock.js'

const EVERY = 30_000

function start() {
  const world = FakeWorld.drifted()
  const process = world.start()
  const { observer, lease, store } = process
  const { clock } = world
  const proposals = new MemoryProposals()
  const stock = new TakeStock({
    store,
    proposals,
    lease,
    clock,
    observer,
    portfolios: [aPortfolio()],
    everyMs: EVERY,
  })
  const told = (type: string) => observer.events.filter((event) => event.type === type)
  const propose = (id: string, kind: Proposal['kind']) =>
    proposals.open(
      newProposal({
        id,
        kind,
        digest: 'd',
        content: {},
        proposedBy: 'alice',
        proposedAt: clock.now(),
        needs: 1,
        reason: 'r',
      }),
    )
  return { world, process, stock, proposals, told, propose }
}

/** Looks once, and again while so much time is left. */
async function during({ world, stock }: ReturnType<typeof start>, ms = EVERY) {
  const stop = new AbortController()
  const until = world.clock.now() + ms
  world.clock.onPass(() => {
    if (world.clock.now() >= until) stop.abort()
  })
  await stock.run(stop.signal)
}

describe('TakeStock', () => {
  test('counts what waits for people, and nothing that has expired', async () => {
    const at = start()
    await at.propose('p1', 'plan')
    await during(at)
    expect(at.told('proposals-counted')).toEqual([
      { type: 'proposals-counted', open: { resume: 0, plan: 1, cancel: 0, investigation: 0, inflow: 0 } },
    ])
    at.world.clock.pass(15 * 60_000)
    await at.propose('r1', 'resume')
    await during(at)
    expect(at.told('proposals-counted').at(-1)).toMatchObject({ open: { resume: 1, plan: 0, cancel: 0 } })
  })

  test('tells how full the caps are once a cycle has told what they are shares of', async () => {
    const at = start()
    await during(at)
    expect(at.told('caps-read')).toEqual([])
    await at.process.store.openCycle(aCycle({ id: 'core-1', portfolio: 'core' }))
    const budgetUse = at.process.store.budgetUse.bind(at.process.store)
    at.process.store.budgetUse = async (spend) => ({ ...(await budgetUse(spend)), dayLoss: 12n * ONE_USD })
    await during(at)
    const [caps] = at.process.observer.of('caps-read')
    const nav = aCycle().valuation.nav
    expect(caps).toMatchObject({ portfolio: 'core', dayLoss: shareOf(12n * ONE_USD, nav, 'up') })
    expect(Object.keys(caps!.use)).toEqual([...FILLING_CAPS])
    expect(caps!.use['loss-day']).toBeGreaterThan(0n)
  })

  test('is silent without the lease, and a failed look is told and made again', async () => {
    const at = start()
    at.process.lease.isOurs = false
    await during(at)
    expect(at.process.observer.events).toEqual([])
    at.process.lease.isOurs = true
    const list = at.proposals.list.bind(at.proposals)
    at.proposals.list = () => Promise.reject(new Error('no database'))
    await during(at)
    expect(at.told('failed')).toMatchObject([{ what: 'counting what waits for people', isRetried: true }])
    at.proposals.list = list
    await during(at)
    expect(at.told('proposals-counted')).toHaveLength(1)
  })
})
