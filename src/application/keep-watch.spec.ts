import { describe, expect, test } from '@jest/globals'
import { OWNER } from '../../test/support/builders.js'
import { ALPHA, aPortfolio, FakeWorld } from '../../test/support/fake-world.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import { InvariantError } from '../domain/errors.js'
import { ChainError } from '../ports/chain.js'
import { ForeignNonceError } from '../ports/store.js'
import { KeepWatch } from './keep-watch.js'

const EVERY = 60_000

function start(portfolio: Portfolio = aPortfolio()) {
  const world = FakeWorld.drifted()
  const process = world.start()
  const { observer, lease, reconcile, sweepAllowances, tripBreaker, store } = process
  const { chain, clock } = world
  const portfolios = [portfolio]
  const deps = { reconcile, sweepAllowances, chain, tripBreaker, store, lease, clock, observer, portfolios }
  const looks: number[] = []
  const run = reconcile.run.bind(reconcile)
  reconcile.run = (one) => {
    looks.push(clock.now())
    return run(one)
  }
  return { world, process, looks, watch: new KeepWatch({ ...deps, everyMs: EVERY, pollMs: 1_000 }) }
}
/** Runs until so much time has passed. */
async function during({ world, watch }: ReturnType<typeof start>, ms: number) {
  const stop = new AbortController()
  const until = world.clock.now() + ms
  world.clock.onPass(() => {
    if (world.clock.now() >= until) stop.abort()
  })
  await watch.run(stop.signal)
}

describe('KeepWatch', () => {
  test('looks at once and then at its pace, while the lease is held', async () => {
    const at = start()
    const began = at.world.clock.now()
    await during(at, 150_000)
    expect(at.looks.map((when) => when - began)).toEqual([0, EVERY, 2 * EVERY])
    at.process.lease.isOurs = false
    await during(at, 150_000)
    expect(at.looks).toHaveLength(3)
  })

  test('sees a revocation through that was begun before the portfolio became a dry run', async () => {
    const at = start(aPortfolio({ mode: 'dry-run' }))
    const { chain, rows } = at.world
    const call = chain.approval(ALPHA.usdc, at.world.swaps.contract, 0n)
    const kept = { id: 'sweep.revoke.0', cycleId: undefined, legId: undefined, kind: 'revoke', ordinal: 0 } as const
    const when = { reservedAt: at.world.clock.now(), expiresAt: undefined }
    await at.process.store.reserveIntent(
      { ...kept, ...when, chain: 'alpha', account: OWNER, call, gasLimit: 100_000n },
      0,
    )
    await during(at, 6 * EVERY)
    expect(rows.looseIntents).toMatchObject([{ state: 'final_ok' }])
    expect(at.looks).toEqual([])
  })

  test('leaves the account of a dry run alone', async () => {
    const at = start(aPortfolio({ mode: 'dry-run' }))
    at.world.chain.give(ALPHA.eth, OWNER, -5n * 10n ** 18n)
    await during(at, EVERY)
    expect(at.looks).toEqual([])
    expect(at.process.observer.events).toEqual([])
  })

  test('B-18: a chain that is short of coin begins nothing new, until it is topped up', async () => {
    const at = start()
    const short = 5n * 10n ** 18n - 10n ** 15n
    at.world.chain.give(ALPHA.eth, OWNER, -short)
    await at.watch.look()
    await at.watch.look()
    expect(await at.process.store.operatingStates()).toMatchObject([{ scope: 'chain:alpha', level: 'paused_new' }])
    expect(at.process.observer.of('breaker-tripped')).toMatchObject([{ trip: { code: 'B-18' } }])
    at.world.chain.give(ALPHA.eth, OWNER, short)
    await at.watch.look()
    expect(await at.process.store.operatingStates()).toEqual([])
    expect(at.process.observer.of('breaker-cleared')).toMatchObject([{ code: 'B-18', scope: 'chain:alpha' }])
  })

  test('F-54: an invariant that breaks in a revocation halts its portfolio', async () => {
    const at = start()
    at.process.sweepAllowances.run = () => Promise.reject(new InvariantError('Signed by somebody else.'))
    await at.watch.look()
    expect(await at.process.store.operatingStates()).toMatchObject([
      { scope: 'portfolio:core', level: 'halted', reason: 'An invariant broke: Signed by somebody else.' },
    ])
    expect(at.process.observer.of('scope-changed')).toHaveLength(1)
  })

  test('B-04: a nonce that somebody else used, met by a revocation, halts everything', async () => {
    const at = start()
    at.process.sweepAllowances.run = () => Promise.reject(new ForeignNonceError('alpha', OWNER, 3, 0))
    await at.watch.look()
    expect(at.process.observer.of('breaker-tripped')).toMatchObject([{ trip: { code: 'B-04', scope: 'all' } }])
  })

  test('what fails is told, and keeps nothing else from being looked at', async () => {
    const at = start()
    at.process.reconcile.run = () => Promise.reject(new ChainError('alpha', 'alpha does not answer.'))
    at.world.chain.silent.add('beta')
    at.world.chain.give(ALPHA.eth, OWNER, -5n * 10n ** 18n)
    await at.watch.look()
    expect(at.process.observer.of('failed').map(({ what, isRetried }) => [what, isRetried])).toEqual([
      ['reconciling core', true],
      ['watching the coin on beta', true],
    ])
    expect(at.process.observer.of('breaker-tripped')).toMatchObject([{ trip: { scope: 'chain:alpha' } }])
  })
})
