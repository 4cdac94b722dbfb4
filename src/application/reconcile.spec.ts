import { describe, expect, test } from '@jest/globals'
import { aToken, hashOf, OWNER } from '../../test/support/builders.js'
import { journey, openCycle, plannedLeg } from '../../test/support/fake-legs.js'
import { ALPHA, aPortfolio, BETA, type FakeProcess, FakeWorld, TOKENS } from '../../test/support/fake-world.js'
import type { Token } from '../domain/assets.js'
import { openingPostings } from '../domain/execution/ledger.js'

const portfolio = aPortfolio()
const CYCLE = 'cycle-1'

/** A world whose ledger has opened with what the account holds, some blocks ago. */
async function opened(world = FakeWorld.drifted()) {
  const process = world.start()
  for (const chain of ['alpha', 'beta'])
    await process.store.openLedger(
      OWNER,
      openingPostings(
        OWNER,
        chain,
        TOKENS.filter((token) => token.chain === chain).map((token) => ({
          token: token.address,
          units: world.chain.balance(token, OWNER),
        })),
      ),
    )
  pass(world)
  return { world, process }
}
/** Until what happened is final. */
const pass = (world: FakeWorld) => {
  for (let block = 0; block < 4; block++) world.clock.pass(1_000)
}
const told = ({ observer }: FakeProcess) =>
  observer.of('reconciled').map(({ chain, mismatches }) => [chain, mismatches])
const trips = ({ observer }: FakeProcess) => observer.of('breaker-tripped').map(({ trip }) => trip)
const booked = async ({ store }: FakeProcess, token: Token) =>
  (await store.walletBalances(OWNER)).find((one) => one.chain === token.chain && one.token === token.address)?.units

describe('Reconcile', () => {
  test('finds nothing where the ledger equals the chains, native coin included', async () => {
    const { process } = await opened()
    await process.reconcile.run(portfolio)
    expect(told(process)).toEqual([
      ['alpha', []],
      ['beta', []],
    ])
    expect(trips(process)).toEqual([])
  })

  test('tells of all books before one of them fails, and of none where nothing was ever booked', async () => {
    const { world, process } = await opened()
    const found = () => process.observer.of('books-found').map(({ portfolio: id, chain }) => [id, chain])
    world.chain.nonces = () => Promise.reject(new Error('It broke.'))
    await expect(process.reconcile.run(portfolio)).rejects.toThrow('It broke.')
    expect(told(process)).toEqual([])
    expect(found()).toEqual([
      [portfolio.id, 'alpha'],
      [portfolio.id, 'beta'],
    ])
    await process.reconcile.run({ ...portfolio, id: 'young', account: `0x${'9'.repeat(40)}` })
    expect(found()).toHaveLength(2)
  })

  test('B-03: a balance below the ledger halts everything and names token, ledger and chain', async () => {
    const { world, process } = await opened()
    world.chain.give(BETA.eth, OWNER, -11n)
    pass(world)
    await process.reconcile.run(portfolio)
    const [ledger, onChain] = [5n * 10n ** 18n, 5n * 10n ** 18n - 11n]
    expect(told(process)).toEqual([
      ['alpha', []],
      ['beta', [{ token: 'native', asset: 'ETH', decimals: 18, ledger, onChain }]],
    ])
    expect(trips(process)).toMatchObject([{ code: 'B-03', scope: 'all', level: 'halted' }])
    expect(trips(process)[0]?.reason).toContain(`native: ${onChain}, booked ${ledger}`)
    expect(await booked(process, BETA.eth)).toBe(ledger)
  })

  test('a loss that is not final yet is none, and one that a second look does not find is none either', async () => {
    const { world, process } = await opened()
    world.chain.give(ALPHA.usdc, OWNER, -100n)
    await process.reconcile.run(portfolio)
    world.chain.give(ALPHA.usdc, OWNER, 100n)
    const honest = world.balances.read.bind(world.balances)
    let isFirst = true
    world.balances.read = async (chain, account, tokens, at) => {
      const reading = await honest(chain, account, tokens, at)
      if (!isFirst || reading.status === 'unknown') return reading
      isFirst = false
      return { ...reading, holdings: reading.holdings.map((one) => ({ ...one, units: 0n })) }
    }
    await process.reconcile.run(portfolio)
    expect(trips(process)).toEqual([])
  })

  test('dust that rounding took is booked away, so that it does not add up (D-31)', async () => {
    const { world, process } = await opened()
    world.chain.give(ALPHA.usdc, OWNER, -10n)
    pass(world)
    await process.reconcile.run(portfolio)
    expect(trips(process)).toEqual([])
    expect(await booked(process, ALPHA.usdc)).toBe(world.chain.balance(ALPHA.usdc, OWNER))
  })

  test('what came from nobody knows where is booked as unattributed, once', async () => {
    const { world, process } = await opened()
    world.chain.give(ALPHA.usdc, OWNER, 5n)
    pass(world)
    await Promise.all([process.reconcile.run(portfolio), process.reconcile.run(portfolio)])
    pass(world)
    await process.reconcile.run(portfolio)
    expect(await booked(process, ALPHA.usdc)).toBe(world.chain.balance(ALPHA.usdc, OWNER))
    const found = (await process.store.ledger({ account: OWNER, limit: 100 })).filter(
      ({ account }) => account === 'unattributed',
    )
    expect(found).toMatchObject([{ units: -5n, token: ALPHA.usdc.address, book: 'final' }])
    expect(trips(process)).toEqual([])
  })

  test('F-82: tokens that nobody configured are ignored, whatever they are called', async () => {
    const { world, process } = await opened()
    const poison = aToken({ ...ALPHA.usdc, address: '0x00000000000000000000000000000000000bad01' })
    world.chain.give(poison, OWNER, 10n ** 12n)
    pass(world)
    await process.reconcile.run(portfolio)
    expect(told(process)).toEqual([
      ['alpha', []],
      ['beta', []],
    ])
    expect(await booked(process, poison)).toBeUndefined()
    const { chains } = await process.takeSnapshot.run(portfolio, { transfers: [], unattributed: [] })
    const held = chains.flatMap((one) => (one.status === 'known' ? one.holdings : []))
    expect(held.map(({ token }) => token.address)).not.toContain(poison.address)
  })

  test('at every moment of a journey over two chains it finds nothing (4.13)', async () => {
    const { world, process } = await opened()
    await openCycle(world, journey(world))
    const looks: Promise<void>[] = []
    world.clock.onPass(() => void looks.push(process.reconcile.run(portfolio)))
    await process.drive(portfolio, CYCLE)
    await Promise.all(looks)
    pass(world)
    await process.reconcile.run(portfolio)
    expect(process.observer.of('reconciled').length).toBeGreaterThan(10)
    expect(process.observer.of('reconciled').flatMap(({ mismatches }) => mismatches)).toEqual([])
    expect(trips(process)).toEqual([])
    for (const token of TOKENS) expect(await booked(process, token)).toBe(world.chain.balance(token, OWNER))
  })

  test('a chain whose latest final transaction is not booked yet is not judged', async () => {
    const { world, process } = await opened()
    const cycle = await openCycle(world, [plannedLeg(world, 1, 'swap', ALPHA.eth, 10n ** 18n, ALPHA.usdc)])
    await process.offerLeg.run(portfolio, cycle, cycle.legs[0]!, cycle.legs[0]!.leg.sell)
    const stored = await process.store.cycle(CYCLE)
    await process.settleIntent.run(portfolio, stored, stored!.intents[0]!, undefined)
    pass(world)
    await process.reconcile.run(portfolio)
    expect(told(process).map(([chain]) => chain)).toEqual(['beta'])
    expect(trips(process)).toEqual([])
  })

  test('B-04, F-44: a nonce that somebody else used halts everything', async () => {
    const { world, process } = await opened()
    await openCycle(world, [plannedLeg(world, 1, 'swap', ALPHA.eth, 10n ** 18n, ALPHA.usdc)])
    await process.drive(portfolio, CYCLE)
    await process.reconcile.run(portfolio)
    expect(trips(process)).toEqual([])
    expect(process.observer.of('nonces-compared')).toMatchObject([
      { chain: 'alpha', account: OWNER, next: 1, onChain: 1 },
    ])
    const honest = world.chain.nonces.bind(world.chain)
    world.chain.nonces = async (chain, account) => {
      const { latest, finalized } = await honest(chain, account)
      return chain === 'alpha' ? { latest: latest + 1, finalized } : { latest, finalized }
    }
    await process.reconcile.run(portfolio)
    expect(trips(process)).toMatchObject([{ code: 'B-04', scope: 'all', level: 'halted' }])
    expect(trips(process)[0]?.reason).toContain('is at nonce 2 on alpha, ours ended before 1')
  })

  test('B-03: a person who gives the money up after having been told has it booked as lost, once; more of it halts anew', async () => {
    const { world, process } = await opened()
    const clear = (by: string) => process.store.clearBreakers('all', 'B-03', by, world.clock.now())
    const losses = async () =>
      (await process.store.ledger({ account: OWNER, limit: 100 })).filter(({ account }) => account === 'loss')
    world.chain.give(BETA.eth, OWNER, -1_000n)
    pass(world)
    await process.reconcile.run(portfolio)
    await clear('the daemon: the condition has passed')
    await process.reconcile.run(portfolio)
    expect([trips(process).length, await losses()]).toEqual([2, []])
    // A word that gives nothing up books nothing, whatever was found meanwhile.
    await clear('operator: it is back')
    await process.reconcile.run(portfolio)
    expect([trips(process).length, await losses()]).toEqual([3, []])
    await clear('operator: accepts the loss: it was me')
    await process.reconcile.run(portfolio)
    expect(process.observer.of('loss-booked')).toMatchObject([
      {
        portfolio: 'core',
        chain: 'beta',
        token: BETA.eth.address,
        units: 1_000n,
        by: 'operator: accepts the loss: it was me',
      },
    ])
    expect(await losses()).toMatchObject([{ units: 1_000n, token: BETA.eth.address, book: 'final' }])
    expect(await booked(process, BETA.eth)).toBe(world.chain.balance(BETA.eth, OWNER))
    await process.reconcile.run(portfolio)
    expect(trips(process)).toHaveLength(3)
    pass(world)
    world.chain.give(BETA.eth, OWNER, -900n)
    pass(world)
    await process.reconcile.run(portfolio)
    expect([trips(process).length, (await losses()).length]).toEqual([4, 1])
  })

  test('each look is written down: short until the money is back or given up, and not at all where nothing can be told', async () => {
    const { world, process } = await opened()
    const looks = async () =>
      (await process.store.lastReconciled()).map(({ chain, at, isShort }) => [chain, at, isShort])
    const began = world.clock.now()
    world.chain.give(BETA.eth, OWNER, -1_000n)
    pass(world)
    const at = world.clock.now()
    await process.reconcile.run(portfolio)
    expect(at).toBeGreaterThan(began)
    expect(await looks()).toEqual([
      ['alpha', at, false],
      ['beta', at, true],
    ])
    world.chain.give(BETA.eth, OWNER, 1_000n)
    pass(world)
    const later = world.clock.now()
    const honest = world.balances.read.bind(world.balances)
    world.balances.read = (chain, ...rest) =>
      chain === 'alpha'
        ? Promise.resolve({ chain, status: 'unknown', reason: 'Nobody answers.' })
        : honest(chain, ...rest)
    await process.reconcile.run(portfolio)
    expect(await looks()).toEqual([
      ['alpha', at, false],
      ['beta', later, false],
    ])
  })

  test('B-04: a person who clears it after having been told lets the account go on after the foreign nonce; a later one halts anew', async () => {
    const { world, process } = await opened()
    world.rows.nextNonces.set(`alpha:${OWNER.toLowerCase()}`, 1)
    let latest = 3
    const honest = world.chain.nonces.bind(world.chain)
    world.chain.nonces = (chain, account) =>
      chain === 'alpha' ? Promise.resolve({ latest, finalized: 1 }) : honest(chain, account)
    const clear = () => process.store.clearBreakers('all', 'B-04', 'operator: seen', world.clock.now())
    await process.reconcile.run(portfolio)
    await clear()
    latest = 4
    pass(world)
    await process.reconcile.run(portfolio)
    expect(trips(process).map(({ code }) => code)).toEqual(['B-04', 'B-04'])
    await clear()
    await process.reconcile.run(portfolio)
    expect(process.observer.of('nonce-adopted')).toMatchObject([{ chain: 'alpha', next: 4, by: 'operator: seen' }])
    expect(await process.store.nonces()).toMatchObject([{ chain: 'alpha', next: 4 }])
    await process.reconcile.run(portfolio)
    expect(trips(process)).toHaveLength(2)
    latest = 5
    await process.reconcile.run(portfolio)
    expect(trips(process)).toHaveLength(3)
  })

  test('code on the account is told, once', async () => {
    const { world, process } = await opened()
    world.chain.codes.set(OWNER, hashOf(1))
    await process.reconcile.run(portfolio)
    await process.reconcile.run(portfolio)
    const failures = process.observer.of('failed')
    expect(failures.map(({ what, isRetried }) => [what, isRetried])).toEqual([
      ['the account on alpha', false],
      ['the account on beta', false],
    ])
  })

  test('says nothing about a chain that does not answer, and asks none the ledger has not met', async () => {
    const { world, process } = await opened()
    world.chain.silent.add('beta')
    world.balances.unknown.set('alpha', 'timeout')
    await process.reconcile.run(portfolio)
    expect(told(process)).toEqual([])
    expect(process.observer.of('failed')).toMatchObject([{ what: 'reconciling beta', isRetried: true }])

    const blank = FakeWorld.drifted()
    await blank.start().reconcile.run(portfolio)
    expect(blank.balances.asked).toEqual([])
  })
})
