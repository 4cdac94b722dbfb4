import { describe, expect, test } from '@jest/globals'
import { hashOf, NOW } from '../../test/support/builders.js'
import { FakeClock } from '../../test/support/fake-clock.js'
import { FakeLease, RecordingObserver } from '../../test/support/fake-ports.js'
import { MemoryRows, MemoryStore } from '../../test/support/memory-store.js'
import type { Hex } from '../domain/assets.js'
import { maySign } from '../domain/policy/operating.js'
import type { BlockRef } from '../domain/portfolio/snapshot.js'
import { type Chain, ChainError, type ChainView } from '../ports/chain.js'
import { TripBreaker } from './trip-breaker.js'
import { WatchChains } from './watch-chains.js'

const blockAt = (number: number, timestamp: number): BlockRef => ({
  number: BigInt(number),
  hash: hashOf(number),
  timestamp,
})

/** One chain whose view and hashes a test sets, watched every five seconds. */
function world() {
  const clock = new FakeClock()
  const observer = new RecordingObserver()
  const rows = new MemoryRows()
  const store = new MemoryStore(rows)
  const seen: { view: ChainView | undefined; hashes: Map<bigint, Hex>; final: { chain: string; block: BlockRef }[] } = {
    view: undefined,
    hashes: new Map(),
    final: [],
  }
  store.finalBlocks = () => Promise.resolve(seen.final)
  const chain: Pick<Chain, 'view' | 'blockHash'> = {
    view: () =>
      seen.view ? Promise.resolve(seen.view) : Promise.reject(new ChainError('bay', 'Chain bay: nobody answers.')),
    blockHash: (_chain, number) => Promise.resolve(seen.hashes.get(number)),
  }
  let isLeading = true
  const lease = new FakeLease()
  lease.isHeld = () => isLeading
  const watcher = () =>
    new WatchChains({
      chains: [{ key: 'bay', headAgeMs: 60_000, finalitySeconds: 10 }],
      quorumLossMs: 120_000,
      watchMs: 5_000,
      chain: chain as Chain,
      store,
      tripBreaker: new TripBreaker({ store, clock, observer }),
      lease,
      clock,
      observer,
    })
  let watch = watcher()
  return {
    clock,
    observer,
    store,
    /** What the endpoints agree on; nothing when they do not. */
    see: (head?: BlockRef, finalized = head, contradiction?: string) => {
      seen.view = head && {
        head,
        finalized: finalized!,
        agreeing: ['amber', 'birch'],
        quarantined: [],
        ...(contradiction !== undefined && { contradiction }),
      }
    },
    hash: (number: number, hash: Hex) => seen.hashes.set(BigInt(number), hash),
    end: (number: number, hash: Hex) =>
      seen.final.push({ chain: 'bay', block: { number: BigInt(number), hash, timestamp: NOW / 1000 } }),
    look: () => watch.look(),
    restart: () => {
      watch = watcher()
    },
    lead: (does: boolean) => {
      isLeading = does
    },
    run: (signal: AbortSignal) => watch.run(signal),
    open: async () =>
      (await store.breakers({ isOpen: true, limit: 10 })).map(({ code, scope, level }) => [code, scope, level]),
  }
}

describe('B-06: a chain without new blocks', () => {
  test('F-38: is paused after its time, all the while, and goes on with the next block', async () => {
    const { see, look, clock, open } = world()
    see(blockAt(7, 700))
    await look()
    clock.pass(60_000)
    await look()
    expect(await open()).toEqual([])
    for (let minutes = 0; minutes < 120; minutes++) {
      clock.pass(60_000)
      await look()
      expect(await open()).toEqual([['B-06', 'chain:bay', 'paused_new']])
    }
    see(blockAt(8, 7_900))
    await look()
    expect(await open()).toEqual([])
  })

  test('is not let go by a process that has not seen a new block itself', async () => {
    const { see, look, clock, open, restart } = world()
    see(blockAt(7, 700))
    await look()
    clock.pass(60_001)
    await look()
    restart()
    await look()
    expect(await open()).toEqual([['B-06', 'chain:bay', 'paused_new']])
    see(blockAt(8, 760))
    await look()
    expect(await open()).toEqual([])
  })
})

describe('B-07: finality that falls behind', () => {
  test('F-40: pauses new legs after three times the usual lag, while what is signed goes on', async () => {
    const { see, look, open } = world()
    see(blockAt(50, 1_030), blockAt(40, 1_000))
    await look()
    expect(await open()).toEqual([])
    see(blockAt(51, 1_031), blockAt(40, 1_000))
    await look()
    expect(await open()).toEqual([['B-07', 'chain:bay', 'paused_new']])
    expect(maySign('paused_new', 'step')).toBe(false)
    expect(maySign('paused_new', 'replacement')).toBe(true)
    see(blockAt(900, 1_900), blockAt(40, 1_000))
    await look()
    expect(await open()).toHaveLength(1)
    see(blockAt(901, 1_901), blockAt(890, 1_890))
    await look()
    expect(await open()).toEqual([])
  })
})

describe('B-10: no quorum', () => {
  test('pauses the chain after its time and is let go with the first agreement', async () => {
    const { see, look, clock, open, observer } = world()
    see()
    await look()
    clock.pass(120_000)
    await look()
    expect(await open()).toEqual([])
    clock.pass(1)
    await look()
    expect(await open()).toEqual([['B-10', 'chain:bay', 'paused_new']])
    see(blockAt(7, 700))
    await look()
    expect(await open()).toEqual([])
    expect(observer.events.map(({ type }) => type)).toEqual([
      'breaker-tripped',
      'scope-changed',
      'breaker-cleared',
      'scope-changed',
    ])
    expect(observer.of('scope-changed').at(-1)).toMatchObject({ state: { level: 'running', by: 'breaker' } })
  })

  test('for a moment now and then is nothing', async () => {
    const { see, look, clock, open } = world()
    for (let round = 0; round < 10; round++) {
      see()
      await look()
      clock.pass(100_000)
      see(blockAt(round, round))
      await look()
    }
    expect(await open()).toEqual([])
  })
})

describe('B-08: a block that was taken as final and changed', () => {
  test('F-37: halts everything, once, and does not let go', async () => {
    const { see, look, open, store } = world()
    see(blockAt(7, 700), blockAt(5, 699), 'block 5 was final with another hash')
    await look()
    expect(await open()).toEqual([['B-08', 'all', 'halted']])
    see(blockAt(8, 701))
    await look()
    expect(await open()).toEqual([['B-08', 'all', 'halted']])
    await store.clearBreakers('all', 'B-08', 'a person', NOW + 1)
    see(blockAt(9, 702), blockAt(5, 699), 'block 5 was final with another hash')
    await look()
    expect(await open()).toEqual([])
  })

  test('F-37: is found after a start by the blocks in which intents ended', async () => {
    const { see, look, open, hash, end } = world()
    see(blockAt(9, 900))
    hash(4, hashOf(4))
    hash(6, hashOf(666))
    end(6, hashOf(6))
    end(4, hashOf(4))
    await look()
    expect(await open()).toEqual([['B-08', 'all', 'halted']])
  })

  test('is looked for until the endpoints have come to those blocks', async () => {
    const { see, look, open, hash, end } = world()
    see(blockAt(5, 900))
    end(6, hashOf(6))
    await look()
    expect(await open()).toEqual([])
    hash(6, hashOf(666))
    await look()
    expect(await open()).toHaveLength(1)
  })

  test('that a person has looked at and cleared is not told again', async () => {
    const { see, look, open, hash, end, restart, store } = world()
    see(blockAt(9, 900))
    hash(6, hashOf(666))
    end(6, hashOf(6))
    await look()
    await store.clearBreakers('all', 'B-08', 'a person', NOW + 60_000)
    restart()
    await look()
    expect(await open()).toEqual([])
  })
})

test('only a process that leads looks', async () => {
  const { see, run, lead, open, clock, observer } = world()
  see(blockAt(7, 700), blockAt(5, 600))
  lead(false)
  const stop = new AbortController()
  let looks = 0
  clock.onPass(() => {
    if (looks < 3) expect(observer.events).toEqual([])
    if (++looks === 3) lead(true)
    if (looks === 5) stop.abort()
  })
  const running = run(stop.signal)
  await running
  expect(await open()).toEqual([['B-07', 'chain:bay', 'paused_new']])
})
