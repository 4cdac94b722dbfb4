import { describe, expect, jest, test } from '@jest/globals'
import { aPortfolio, FakeWorld } from '../../test/support/fake-world.js'
import { sha256 } from '../adapters/access/secrets.js'
import { APPROVAL_MS, type Proposal } from '../domain/access/proposal.js'
import { ONE_USD } from '../domain/units/usd.js'
import { type Answered, AnswerProposal } from './answer-proposal.js'
import { CancelIntent } from './cancel-intent.js'
import { Operations } from './operations.js'

jest.setTimeout(30_000)

const portfolio = aPortfolio({ planApproval: { people: 1, above: 1_000n * ONE_USD } })
const alive = () => new AbortController().signal

/** A process, and people who look at what is proposed after it was looked at so many times. */
function office(world: FakeWorld) {
  const process = world.start()
  const { store, observer } = process
  const { clock, proposals } = world
  const failpoints = { reach: () => Promise.resolve() }
  const operations = new Operations({ store, clock, observer, failpoints })
  const answers = new AnswerProposal({
    proposals,
    operations,
    cancelIntent: new CancelIntent({ store, clock }),
    store,
    clock,
    observer,
    hash: sha256,
    newId: () => '1',
  })
  const heard: Answered[] = []
  const onLook = (look: number, act: (proposal: Proposal) => Promise<Answered>) => {
    const byId = proposals.byId.bind(proposals)
    let looks = 0
    proposals.byId = async (id) => {
      const found = await byId(id)
      looks += 1
      if (found && looks === look) heard.push(await act(found))
      return byId(id)
    }
  }
  const word = ({ id, kind, digest }: Proposal, subject: string) => ({ id, kind, digest, subject })
  return { process, answers, heard, onLook, word }
}
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
    await process.runCycle.ask(two, alive(), { by: 'ops', isDry: false })
    await process.runCycle.idle()
    expect(heard).toMatchObject([
      { status: 'refused', code: 'own' },
      { status: 'taken', proposal: { state: 'open' } },
      { status: 'refused', code: 'twice' },
      { status: 'taken', proposal: { state: 'approved', approvedBy: ['ada', 'bob'] } },
    ])
    expect([...world.rows.cycles.values()][0]).toMatchObject({ outcome: 'traded' })
  })

  test('F-76: a word for another digest counts for nothing, and prices that move meanwhile end the plan', async () => {
    const world = FakeWorld.drifted()
    const { process, answers, heard, onLook, word } = office(world)
    onLook(3, async (proposal) => {
      heard.push(await answers.approve({ ...word(proposal, 'ada'), digest: '00' }))
      world.prices.set('ETH', (world.prices.get('ETH')! * 3n) / 2n)
      return answers.approve(word(proposal, 'ada'))
    })
    const careful = { ...portfolio, policy: { ...portfolio.policy, replanMove: 10n ** 16n } }
    const stop = new AbortController()
    const notify = process.observer.notify.bind(process.observer)
    process.observer.notify = (event) => {
      notify(event)
      if (event.type === 'cycle-ended') stop.abort()
    }
    await process.runCycle.run(careful, stop.signal)
    expect(heard[0]).toMatchObject({ status: 'refused', code: 'other-digest' })
    expect(legs(world)[0]!.failure?.code).toBe('REPLANNED')
    expect(world.signer.signed).toEqual([])
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
