import { describe, expect, test } from '@jest/globals'
import { OWNER } from '../../test/support/builders.js'
import { ALPHA, aPortfolio, BETA, FakeWorld } from '../../test/support/fake-world.js'
import { openingPostings } from '../domain/execution/ledger.js'

const portfolio = aPortfolio()

/** A world whose ledger has opened with what the account holds. */
async function openedWorld() {
  const world = FakeWorld.drifted()
  const process = world.start()
  for (const tokens of [ALPHA, BETA])
    await process.store.openLedger(
      OWNER,
      openingPostings(
        OWNER,
        Object.values(tokens)[0]!.chain,
        Object.values(tokens).map((token) => ({ token: token.address, units: world.chain.balance(token, OWNER) })),
      ),
    )
  return { world, reconcile: process.reconcile, observer: process.observer }
}

describe('Reconcile', () => {
  test('finds nothing where the ledger equals the chains, native coin included', async () => {
    const { reconcile, observer } = await openedWorld()
    await reconcile.run(portfolio)
    expect(observer.of('reconciled').map(({ chain, mismatches }) => [chain, mismatches])).toEqual([
      ['alpha', []],
      ['beta', []],
    ])
  })

  test('names token, ledger and chain of a difference of one base unit, in either direction', async () => {
    const { world, reconcile, observer } = await openedWorld()
    world.chain.give(ALPHA.usdc, OWNER, 1n)
    world.chain.give(BETA.eth, OWNER, -1n)
    await reconcile.run(portfolio)
    expect(observer.of('reconciled').flatMap(({ mismatches }) => mismatches)).toEqual([
      { token: 'USDC', ledger: 100_000_000_000n, onChain: 100_000_000_001n },
      { token: 'native', ledger: 5n * 10n ** 18n, onChain: 5n * 10n ** 18n - 1n },
    ])
  })

  test('says nothing about a chain that does not answer, and asks none the ledger has not met', async () => {
    const { world, reconcile, observer } = await openedWorld()
    world.balances.unknown.set('beta', 'timeout')
    await reconcile.run(portfolio)
    expect(observer.of('reconciled').map(({ chain }) => chain)).toEqual(['alpha'])

    const blank = FakeWorld.drifted()
    await blank.start().reconcile.run(portfolio)
    expect(blank.balances.asked).toEqual([])
  })
})
