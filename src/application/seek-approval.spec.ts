import { describe, expect, jest, test } from '@jest/globals'
import { OWNER } from '../../test/support/builders.js'
import { ALPHA, aPortfolio, FakeWorld } from '../../test/support/fake-world.js'
import { sha256 } from '../adapters/access/secrets.js'
import { APPROVAL_MS, isExpired, timedOut, type Proposal, usedUp } from '../domain/access/proposal.js'
import { ratioOfBasisPoints } from '../domain/units/ratio.js'
import { ONE_USD } from '../domain/units/usd.js'
import { type Answered, AnswerProposal } from './answer-proposal.js'
import { CancelIntent } from './cancel-intent.js'
import { ClassifyInflow } from './classify-inflow.js'
import { InvestigateTransfer } from './investigate-transfer.js'
import { Operations } from './operations.js'
import { EndProposals } from './end-proposals.js'

jest.setTimeout(30_000)

const portfolio = aPortfolio({ planApproval: { people: 1, above: 1_000n * ONE_USD } })
const alive = () => new AbortController().signal

/** A process, and people who look at what is proposed after it was looked at so many times. */
function office(world: FakeWorld) {
  const process = world.start()
  const { store, observer } = process
  const { clock, proposals } = world
  const failpoints = { reach: () => Promise.resolve() }
  const endProposals = new EndProposals({ store, proposals, clock, observer })
  const operations = new Operations({ store, clock, observer, failpoints, endProposals })
  const answers = new AnswerProposal({
    proposals,
    operations,
    cancelIntent: new CancelIntent({ store, clock }),
    investigateTransfer: new InvestigateTransfer({ store, clock }),
    classifyInflow: new ClassifyInflow({ store, observer }),
    endProposals,
    store,
    clock,
    observer,
    hash: sha256,
    newId: () => '1',
  })
  const heard: Answered[] = []
  const onLook = (look: number, act: (proposal: Proposal) => Promise<Answered | undefined>) => {
    const byId = proposals.byId.bind(proposals)
    let looks = 0
    proposals.byId = async (id) => {
      const found = await byId(id)
      looks += 1
      const answer = found && looks === look ? await act(found) : undefined
      if (answer) heard.push(answer)
      return byId(id)
    }
  }
  const word = ({ id, kind, digest }: Proposal, subject: string) => ({ id, kind, digest, subject })
  return { process, answers, heard, onLook, word }
}
/** The cycle that goes on where the first one stopped is not waited for. */
function untilEnded({ observer }: ReturnType<FakeWorld['start']>): AbortSignal {
  const stop = new AbortController()
  const notify = observer.notify.bind(observer)
  observer.notify = (event) => {
    notify(event)
    if (event.type === 'cycle-ended') stop.abort()
  }
  return stop.signal
}
/** A process that ends at the moment at which somebody has approved what it proposed. */
async function approvedAndDead(world: FakeWorld, of: typeof portfolio): Promise<void> {
  const { process, answers, onLook, word } = office(world)
  const stopping = new AbortController()
  onLook(3, async (proposal) => {
    await answers.approve(word(proposal, 'ada'))
    stopping.abort()
    throw new Error('The power is gone.')
  })
  await process.runCycle.run(of, stopping.signal)
}
const careful = { ...portfolio, policy: { ...portfolio.policy, replanMove: 10n ** 16n } }
const legs = (world: FakeWorld) => [...world.rows.cycles.values()][0]!.legs

describe('a plan that people have to approve', () => {
  test('is not begun before they have, and then carried out', async () => {
    const world = FakeWorld.drifted()
    const { process, answers, heard, onLook, word } = office(world)
    let signedBefore = -1
    onLook(5, (proposal) => {
      signedBefore = world.signer.signed.length
      return answers.approve(word(proposal, 'ada'))
    })
    await process.runCycle.run(portfolio, alive())
    expect(signedBefore).toBe(0)
    expect(heard).toMatchObject([{ status: 'taken', proposal: { state: 'approved', approvedBy: ['ada'] } }])
    expect([...world.rows.cycles.values()]).toMatchObject([{ outcome: 'traded' }])
    expect(await world.proposals.list({ limit: 9 })).toMatchObject([{ state: 'used', proposedBy: 'daemon' }])
    expect(process.observer.of('approval-wanted')).toHaveLength(1)
  })

  test('is given up when they turn it down, with their reason', async () => {
    const world = FakeWorld.drifted()
    const { process, answers, onLook, word } = office(world)
    onLook(3, (proposal) => answers.reject({ ...word(proposal, 'ada'), reason: 'Not before the close.' }))
    await process.runCycle.run(portfolio, alive())
    expect(world.signer.signed).toEqual([])
    for (const { state, failure } of legs(world)) {
      expect(state).toBe('skipped')
      expect(failure).toEqual({ code: 'NOT_APPROVED', detail: 'The plan was turned down: ada: Not before the close.' })
    }
    expect([...world.rows.cycles.values()]).toMatchObject([{ outcome: 'rejected' }])
  })

  test('is given up when nobody answers in fifteen minutes, and a later word does nothing (A-07)', async () => {
    const world = FakeWorld.drifted()
    const { process, answers, word } = office(world)
    const before = world.clock.now()
    await process.runCycle.run(portfolio, alive())
    expect(world.clock.now() - before).toBeGreaterThanOrEqual(APPROVAL_MS)
    expect(world.signer.signed).toEqual([])
    expect(legs(world)[0]!.failure).toMatchObject({ code: 'NOT_APPROVED' })
    const [proposal] = await world.proposals.list({ limit: 1 })
    expect(await answers.approve(word(proposal!, 'ada'))).toMatchObject({ status: 'refused', code: 'expired' })
    expect(proposal).toMatchObject({ state: 'expired', reason: legs(world)[0]!.failure!.detail })
    expect(process.observer.of('approval-answered')).toMatchObject([{ portfolio: portfolio.id, proposal }])
  })

  test('is given up just the same where somebody else wrote down first that its time is over', async () => {
    const world = FakeWorld.drifted()
    const { process } = office(world)
    const byId = world.proposals.byId.bind(world.proposals)
    world.proposals.byId = async (id) => {
      const read = await byId(id)
      if (read && isExpired(read, world.clock.now())) await world.proposals.save(read, timedOut(read))
      return read
    }
    await process.runCycle.run(portfolio, alive())
    expect(legs(world)[0]!.failure).toMatchObject({ code: 'NOT_APPROVED', detail: expect.stringContaining('in time') })
    expect(process.observer.of('approval-answered')).toEqual([])
    expect(process.observer.of('failed')).toEqual([])
  })

  test('C-53: is asked about no more once the balances have moved, and what is planned anew is asked for itself', async () => {
    const world = FakeWorld.drifted()
    const { process, word, answers } = office(world)
    const open = world.proposals.open.bind(world.proposals)
    let opened = 0
    world.proposals.open = (proposal) => {
      if (opened++ === 0) world.chain.give(ALPHA.usdc, OWNER, 1_000_000n * 10n ** 6n)
      return open(proposal)
    }
    await process.runCycle.run(
      { ...portfolio, limits: { ...portfolio.limits, balanceMove: ratioOfBasisPoints(50) } },
      alive(),
    )
    const [second, first] = await world.proposals.list({ limit: 9 })
    expect(first).toMatchObject({ state: 'void', reason: 'Its cycle has ended.' })
    expect(second).toMatchObject({ state: 'expired' })
    expect(await answers.approve(word(first!, 'ada'))).toMatchObject({ status: 'refused', code: 'ended' })
  })

  describe('A-08: is all of what was approved, or nothing', () => {
    const chain = 'chain:beta' as const
    const nothing = async (world: FakeWorld) => {
      expect(world.signer.signed).toEqual([])
      expect([...world.rows.cycles.values()]).toMatchObject([{ outcome: 'rejected' }])
      const [proposal] = await world.proposals.list({ limit: 1 })
      return proposal!
    }

    test('a part of it that was held for a moment while it waited', async () => {
      const world = FakeWorld.drifted()
      const { process, answers, word } = office(world)
      let passes = 0
      world.clock.onPass(() => {
        passes += 1
        if (passes === 3) world.hold('A blip.', 'paused_new', chain)
        if (passes === 4) world.rows.scopes.clear()
      })
      await process.runCycle.run(portfolio, alive())
      const proposal = await nothing(world)
      expect(proposal).toMatchObject({ state: 'void', reason: expect.stringContaining('(A blip.)') })
      expect(await answers.approve(word(proposal, 'ada'))).toMatchObject({ status: 'refused', code: 'ended' })
      expect(process.observer.of('approval-answered')).toMatchObject([{ proposal: { state: 'void' } }])
      expect(legs(world).some(({ failure }) => failure?.code === 'NOT_APPROVED')).toBe(true)
    })

    test('a part of it that is held in the moment of the approval', async () => {
      const world = FakeWorld.drifted()
      const { process, answers, word } = office(world)
      const operatingStates = process.store.operatingStates.bind(process.store)
      process.store.operatingStates = async () => {
        const [proposal] = await world.proposals.list({ state: 'open', limit: 1 })
        if (proposal) {
          await answers.approve(word(proposal, 'ada'))
          world.hold('A blip.', 'paused_new', chain)
        }
        return operatingStates()
      }
      await process.runCycle.run(portfolio, alive())
      expect(await nothing(world)).toMatchObject({ state: 'void', approvedBy: ['ada'] })
    })

    test('a part of it that is held when somebody takes over', async () => {
      const world = FakeWorld.drifted()
      await approvedAndDead(world, portfolio)
      world.hold('A blip.', 'paused_new', chain)
      await world.start().runCycle.run(portfolio, alive())
      expect(await nothing(world)).toMatchObject({ approvedBy: ['ada'] })
    })
  })

  test('a restart between proposal and approval asks nobody twice', async () => {
    const world = FakeWorld.drifted()
    const { process, answers, onLook, word } = office(world)
    const stopping = new AbortController()
    onLook(3, (proposal) => {
      stopping.abort()
      return answers.approve(word(proposal, 'ada'))
    })
    await process.runCycle.run(portfolio, stopping.signal)
    const next = world.start()
    await next.runCycle.run(portfolio, alive())
    expect(next.observer.of('approval-wanted')).toEqual([])
    expect([...world.rows.cycles.values()][0]).toMatchObject({ outcome: 'traded' })
  })

  test('F-75: takes as many different people as are wanted, and never the one who asked for it', async () => {
    const world = FakeWorld.drifted()
    const { process, answers, heard, onLook, word } = office(world)
    onLook(3, async (proposal) => {
      heard.push(await answers.approve(word(proposal, 'ops')))
      heard.push(await answers.approve(word(proposal, 'ada')))
      heard.push(await answers.approve(word(proposal, 'ada')))
      return answers.approve(word(proposal, 'bob'))
    })
    const two = aPortfolio({ planApproval: { people: 2, above: 0n } })
    await process.runCycle.ask(two, alive(), { by: 'ops', byKind: 'person', isDry: false })
    await process.runCycle.idle()
    expect(heard).toMatchObject([
      { status: 'refused', code: 'own' },
      { status: 'taken', proposal: { state: 'open' } },
      { status: 'refused', code: 'twice' },
      { status: 'taken', proposal: { state: 'approved', approvedBy: ['ada', 'bob'] } },
    ])
    expect([...world.rows.cycles.values()][0]).toMatchObject({ outcome: 'traded' })
  })

  test('A-07: a plan that a key asked for takes one person more, and the name of the key is nobody of them', async () => {
    const world = FakeWorld.drifted()
    const { process, answers, heard, onLook, word } = office(world)
    onLook(3, async (proposal) => {
      heard.push(await answers.approve(word(proposal, 'ada')))
      return answers.approve(word(proposal, 'night-watch'))
    })
    await process.runCycle.ask(portfolio, alive(), { by: 'night-watch', byKind: 'key', isDry: false })
    await process.runCycle.idle()
    expect(heard).toMatchObject([
      { status: 'taken', proposal: { state: 'open', needs: 2 } },
      { status: 'taken', proposal: { state: 'approved', approvedBy: ['ada', 'night-watch'] } },
    ])
    expect([...world.rows.cycles.values()][0]).toMatchObject({ outcome: 'traded' })
  })

  test('a big one takes two people although its portfolio wants one, and one more where a key asked for it', async () => {
    const big = aPortfolio({ planApproval: { people: 1, above: 0n, bigAbove: 1_000n * ONE_USD } })
    for (const [byKind, needs] of [
      ['person', 2],
      ['key', 3],
    ] as const) {
      const world = FakeWorld.drifted()
      const { process, answers, heard, onLook, word } = office(world)
      onLook(3, async (proposal) => {
        for (const who of ['ada', 'bob', 'eve'].slice(0, needs - 1))
          heard.push(await answers.approve(word(proposal, who)))
        return undefined
      })
      await process.runCycle.ask(big, alive(), { by: 'ops', byKind, isDry: false })
      await process.runCycle.idle()
      expect(heard.at(-1)).toMatchObject({ status: 'taken', proposal: { state: 'open', needs } })
      expect(world.signer.signed).toEqual([])
    }
  })

  test('A-08: is approved under the configuration it was made under', async () => {
    const world = FakeWorld.drifted()
    await approvedAndDead(world, portfolio)
    world.configHash = 'd'.repeat(64)
    const next = world.start()
    await next.runCycle.run(portfolio, untilEnded(next))
    expect(legs(world)[0]!.failure).toMatchObject({ code: 'NOT_APPROVED' })
    expect(world.signer.signed).toEqual([])
  })

  test('A-08: goes through the venue that was approved, though another one is cheaper by then', async () => {
    const world = FakeWorld.drifted()
    const { process, answers, onLook, word } = office(world)
    let planned: readonly string[] = []
    onLook(3, (proposal) => {
      planned = legs(world).map(({ leg }) => leg.venue)
      for (const venue of [world.swaps, world.rival]) venue.charge(planned.includes(venue.venue) ? 12 : 1)
      return answers.approve(word(proposal, 'ada'))
    })
    await process.runCycle.run(portfolio, alive())
    expect(legs(world).map(({ offer }) => offer?.venue)).toEqual(planned)
  })

  test('F-76: a word for another digest counts for nothing, and prices that move meanwhile end the plan', async () => {
    const world = FakeWorld.drifted()
    const { process, answers, heard, onLook, word } = office(world)
    onLook(3, async (proposal) => {
      heard.push(await answers.approve({ ...word(proposal, 'ada'), digest: '00' }))
      world.prices.set('ETH', (world.prices.get('ETH')! * 3n) / 2n)
      return answers.approve(word(proposal, 'ada'))
    })
    await process.runCycle.run(careful, untilEnded(process))
    expect(heard[0]).toMatchObject({ status: 'refused', code: 'other-digest' })
    expect(legs(world)[0]!.failure?.code).toBe('REPLANNED')
    expect(world.signer.signed).toEqual([])
  })

  test('F-76: prices that nobody can read meanwhile are waited for, and what they show then counts', async () => {
    const world = FakeWorld.drifted()
    const { process, answers, onLook, word } = office(world)
    onLook(3, async (proposal) => {
      for (const source of world.sources) source.isDead = true
      return answers.approve(word(proposal, 'ada'))
    })
    let passes = 0
    world.clock.onPass(() => {
      if (!world.sources[0].isDead || (passes += 1) < 5) return
      expect(world.signer.signed).toEqual([])
      world.prices.set('ETH', (world.prices.get('ETH')! * 3n) / 2n)
      for (const source of world.sources) source.isDead = false
    })
    await process.runCycle.run(careful, untilEnded(process))
    expect(passes).toBeGreaterThanOrEqual(5)
    expect(legs(world)[0]!.failure?.code).toBe('REPLANNED')
  })

  test('F-76: a process that takes over holds an approved plan against the prices of now', async () => {
    const world = FakeWorld.drifted()
    await approvedAndDead(world, careful)
    world.prices.set('ETH', (world.prices.get('ETH')! * 3n) / 2n)
    const next = world.start()
    await next.runCycle.run(careful, untilEnded(next))
    expect(legs(world)[0]!.failure?.code).toBe('REPLANNED')
  })

  test('A-07: an approval that was used and not begun in time is no longer one', async () => {
    const world = FakeWorld.drifted()
    await approvedAndDead(world, portfolio)
    const approved = (await world.proposals.list({ limit: 1 }))[0]!
    await world.proposals.save(approved, usedUp(approved))
    world.clock.pass(APPROVAL_MS)
    const next = world.start()
    await next.runCycle.run(portfolio, untilEnded(next))
    expect(legs(world)[0]!.failure).toMatchObject({
      code: 'NOT_APPROVED',
      detail: expect.stringContaining('had to begin by'),
    })
    expect(world.signer.signed).toEqual([])
  })

  test('A-08: nothing is sold for less than was approved, whatever prices do meanwhile', async () => {
    const world = FakeWorld.drifted()
    const { process, answers, onLook, word } = office(world)
    const relaxed = { ...portfolio, policy: { ...portfolio.policy, replanMove: 10n ** 17n } }
    onLook(3, async (proposal) => {
      world.prices.set('ETH', (world.prices.get('ETH')! * 97n) / 100n)
      return answers.approve(word(proposal, 'ada'))
    })
    await process.runCycle.run(relaxed, untilEnded(process))
    const sale = legs(world).find(({ leg }) => leg.sell.token.asset === 'ETH')!
    expect(sale.failure).toMatchObject({ code: 'MIN_OUT_TOO_LOW', detail: expect.stringContaining('was approved') })
    expect(sale.sold).toBeUndefined()
  })

  test('A-08: the floor is what was approved, whatever the configuration asks for by now', async () => {
    const world = FakeWorld.drifted()
    const process = world.start()
    const free = aPortfolio({ planApproval: { people: 0, above: 0n } })
    const [stopping, venues] = [new AbortController(), [world.swaps, world.rival]]
    world.clock.onPass(() => {
      if (world.rows.cycles.size > 0 && legs(world).some(({ state }) => state === 'done')) stopping.abort()
    })
    await process.runCycle.run(free, stopping.signal)
    expect(legs(world).some(({ state }) => state === 'waiting')).toBe(true)
    for (const venue of venues) venue.charge(25)
    // Nobody was asked about it: with people in the configuration since, it goes on as it began.
    const next = world.start()
    await next.runCycle.run(portfolio, untilEnded(next))
    expect(legs(world).map(({ failure }) => failure?.detail ?? '')).not.toContainEqual(
      expect.stringContaining('approved'),
    )
    expect(next.observer.of('approval-wanted')).toEqual([])
  })

  test('small plans, dry runs and portfolios that want nobody are not asked about', async () => {
    for (const planApproval of [
      { people: 1, above: 10n ** 9n * ONE_USD },
      { people: 0, above: 0n },
    ]) {
      const world = FakeWorld.drifted()
      const process = world.start()
      await process.runCycle.run(aPortfolio({ planApproval }), alive())
      expect(process.observer.of('approval-wanted')).toEqual([])
    }
  })
})

describe('a resume that two people have to want', () => {
  const order = { scope: 'all', reason: 'Looked at it.', clear: [] } as const

  test('is done when another person approves it, once, with both names', async () => {
    const world = FakeWorld.drifted()
    const { answers, word } = office(world)
    world.hold('Odd quotes.')
    world.clock.pass(1_000)
    const proposed = await answers.proposeResume(order, { by: 'ada', needs: 1 })
    if (proposed.status !== 'proposed') throw new Error('It was not proposed.')
    expect(await answers.approve(word(proposed.proposal, 'ada'))).toMatchObject({ status: 'refused', code: 'own' })
    expect(world.rows.scopes.size).toBe(1)
    const done = await answers.approve(word(proposed.proposal, 'bob'))
    expect(done).toMatchObject({ status: 'taken', resumed: { status: 'resumed', state: { level: 'running' } } })
    expect(world.rows.scopes.size).toBe(0)
    expect(await answers.approve(word(proposed.proposal, 'eve'))).toMatchObject({ status: 'refused', code: 'ended' })
  })

  test('A-11: is void once the scope was held anew', async () => {
    const world = FakeWorld.drifted()
    const { answers, word } = office(world)
    const proposed = await answers.proposeResume(order, { by: 'ada', needs: 1 })
    if (proposed.status !== 'proposed') throw new Error('It was not proposed.')
    world.clock.pass(1_000)
    world.hold('Again.')
    expect(await answers.approve(word(proposed.proposal, 'bob'))).toMatchObject({ status: 'refused', code: 'ended' })
    expect(world.rows.scopes.size).toBe(1)
  })

  test('A-11: lets go of no pause that comes while it is being approved', async () => {
    const world = FakeWorld.drifted()
    const { answers, word } = office(world)
    world.hold('Odd quotes.')
    const proposed = await answers.proposeResume(order, { by: 'ada', needs: 1 })
    if (proposed.status !== 'proposed') throw new Error('It was not proposed.')
    const save = world.proposals.save.bind(world.proposals)
    world.proposals.save = (before, after) => {
      world.clock.pass(1)
      world.hold('Again.')
      return save(before, after)
    }
    const approved = await answers.approve(word(proposed.proposal, 'bob'))
    expect(approved).toMatchObject({ resumed: { state: { level: 'paused_new', reason: 'Again.' } } })
  })

  test('an unknown id, and one of another kind', async () => {
    const { answers } = office(FakeWorld.drifted())
    const word = { id: 'nothing', kind: 'plan', digest: '', subject: 'ada' } as const
    expect(await answers.approve(word)).toEqual({ status: 'unknown' })
    expect(await answers.reject({ ...word, reason: '' })).toEqual({ status: 'unknown' })
  })
})
