import { inspect } from 'node:util'
import { describe, expect, jest, test } from '@jest/globals'
import { OWNER } from '../../test/support/builders.js'
import { ALPHA, aPortfolio, FakeWorld } from '../../test/support/fake-world.js'
import { MemoryHistory } from '../../test/support/memory-history.js'
import { previewIn } from '../../test/support/previews.js'
import { amountOf } from '../domain/units/amount.js'
import type { QuoteRequest } from '../domain/planning/quote.js'
import { QuoteError } from '../ports/quotes.js'
import { IdleQuotes } from './idle-quotes.js'
import type { PreviewAnswer } from './preview-plan.js'

// The solver's thread takes a while to start on a busy machine.
jest.setTimeout(60_000)

const { signal } = new AbortController()
const previewed = (answer: PreviewAnswer) => {
  if (answer.status !== 'previewed') throw new Error(`Expected a preview, got ${answer.status}.`)
  return answer
}
const targets = { ETH: '0.1', USD: '0.1', BTC: '0.8' }

describe('PreviewPlan', () => {
  test('answers what a cycle of the same portfolio would do, one at a time', async () => {
    const world = FakeWorld.drifted()
    const preview = previewIn(world)
    const answers = await Promise.all([1, 2].map(() => preview.run('core', {}, signal)))
    expect(answers.map(({ status }) => status)).toEqual(['previewed', 'busy'])
    const { proposal, differences, heldBack } = previewed(answers[0]!)
    await world.start().runCycle.run(aPortfolio({ mode: 'dry-run' }), signal)
    const [cycle] = [...world.rows.cycles.values()]
    expect(proposal.decision.code).toBe(cycle!.decision.code)
    expect(proposal.plan?.legs.map(({ sell, minimumOut }) => [sell, minimumOut])).toEqual(
      cycle!.plan?.legs.map(({ sell, minimumOut }) => [sell, minimumOut]),
    )
    expect([differences, heldBack]).toEqual([[], undefined])
  })

  test('leaves no trace: records, history and what others are told are as before', async () => {
    const world = FakeWorld.drifted()
    const process = world.start()
    await process.runCycle.run(aPortfolio({ mode: 'dry-run' }), signal)
    world.hold('Lunch.', 'paused_new', 'venue:rival')
    const history = new MemoryHistory(world.rows)
    const content = () => {
      history.reads = 0
      const things = [world.rows, world.proposals, history, process.observer, world.signer, world.chain.heard]
      return inspect(things, { depth: null, maxArrayLength: null })
    }
    const before = content()
    const { proposal, differences } = previewed(await previewIn(world, { history }).run('core', { targets }, signal))
    expect(proposal.drift.assets.map(({ asset, target }) => [asset, Number(target) / 1e18])).toEqual([
      ['ETH', 0.1],
      ['USD', 0.1],
      ['BTC', 0.8],
    ])
    expect(differences.map(({ path, tried }) => [path, tried])).toContainEqual(['targets.ETH.weight', '0.1'])
    expect(proposal.plan?.legs.length).toBeGreaterThan(0)
    expect(proposal.curves.length).toBeGreaterThan(0)
    expect(content()).toBe(before)
  })

  test('says why no cycle would begin, and uses little of venues and solver', async () => {
    const world = FakeWorld.drifted()
    world.hold('Lunch.', 'paused_hard', 'portfolio:core')
    const planning = { maxQuotes: 2_000, deadlineMs: 120_000, solverSeconds: 60 }
    const greedy = aPortfolio({ policy: { ...aPortfolio().policy, planning } })
    const variantOf = () => ({ portfolio: greedy, differences: [] })
    const { heldBack, proposal } = previewed(await previewIn(world, { variantOf }).run('core', {}, signal))
    expect(heldBack).toBe('portfolio:core is paused_hard: Lunch.')
    expect(proposal.portfolio.policy.planning).toEqual({ maxQuotes: 60, deadlineMs: 5_000, solverSeconds: 2 })
  })

  test('while all is paused names that scope alone, and still says what a cycle would do', async () => {
    const world = FakeWorld.drifted()
    const free = previewed(await previewIn(world).run('core', {}, signal))
    world.hold('Month end.', 'paused_new', 'all')
    const { heldBack, proposal } = previewed(await previewIn(world).run('core', {}, signal))
    expect(heldBack).toBe('all is paused_new: Month end.')
    expect(proposal.decision.reasons).toEqual(free.proposal.decision.reasons)
    expect(proposal.plan?.legs).toEqual(free.proposal.plan?.legs)
    expect(proposal.plan?.legs.length).toBeGreaterThan(0)
    expect(inspect([proposal.notes, proposal.planReasons, proposal.drift], { depth: null })).not.toContain('paused')
  })

  test('leaves out an asset that is paused also while all is', async () => {
    const world = FakeWorld.drifted()
    world.hold('Month end.', 'paused_new', 'all')
    world.hold('Depeg.', 'paused_new', 'asset:ETH')
    const { proposal } = previewed(await previewIn(world).run('core', {}, signal))
    expect(proposal.drift.assets.map(({ asset }) => asset)).not.toContain('ETH')
  })

  test('what is tried is held against everything that a configuration is held against', async () => {
    const findings = [{ pointer: '/targets', detail: 'expected weights that sum to 1, got 1.1' }]
    const preview = previewIn(FakeWorld.drifted(), { variantOf: () => ({ findings }) })
    expect(await preview.run('core', {}, signal)).toEqual({ status: 'invalid', findings })
  })
})

describe('IdleQuotes', () => {
  const request: QuoteRequest = {
    kind: 'swap',
    account: OWNER,
    sell: amountOf(ALPHA.weth, 10n ** 18n),
    buy: ALPHA.usdc,
    maxSlippage: 0n,
  }

  test('asks one after another, and nothing while the venue is needed', async () => {
    const world = new FakeWorld()
    let [isNeeded, underWay, most] = [true, 0, 0]
    const indicate = world.swaps.indicate.bind(world.swaps)
    const asked: number[] = []
    world.swaps.indicate = async (one) => {
      asked.push(world.clock.now())
      most = Math.max(most, (underWay += 1))
      await Promise.resolve()
      underWay -= 1
      return indicate(one)
    }
    const idle = new IdleQuotes(world.swaps, { isNeeded: () => isNeeded, clock: world.clock, signal })
    const start = world.clock.now()
    world.clock.onPass(() => {
      if (world.clock.now() - start >= 200) isNeeded = false
    })
    await Promise.all([1, 2, 3].map(() => idle.indicate(request)))
    expect([asked.length, most]).toEqual([3, 1])
    expect(Math.min(...asked) - start).toBeGreaterThanOrEqual(200)
  })

  test('asks nothing more once it is over, and one failure is no other', async () => {
    const world = new FakeWorld()
    const end = new AbortController()
    const idle = new IdleQuotes(world.swaps, { isNeeded: () => true, clock: world.clock, signal: end.signal })
    const waiting = [idle.indicate(request), idle.order(request)]
    end.abort()
    const outcomes = await Promise.allSettled(waiting)
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(QuoteError) })
  })
})
