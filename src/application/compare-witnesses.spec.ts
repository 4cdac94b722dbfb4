import { describe, expect, test } from '@jest/globals'
import { NOW, OWNER } from '../../test/support/builders.js'
import { FakeClock } from '../../test/support/fake-clock.js'
import { FakeSigner, RecordingObserver } from '../../test/support/fake-ports.js'
import { MemoryStore } from '../../test/support/memory-store.js'
import type { ChainKey } from '../domain/assets.js'
import { Chain, ChainError } from '../ports/chain.js'
import type { JournalEntry } from '../ports/signer.js'
import { CompareWitnesses, type NoncePlace } from './compare-witnesses.js'
import { TripBreaker } from './trip-breaker.js'

const CHAIN_IDS: Readonly<Record<ChainKey, number>> = { alpha: 1, beta: 2 }
const PLACES: NoncePlace[] = [
  { chain: 'alpha', account: OWNER },
  { chain: 'beta', account: OWNER },
]
const entry = (nonce: number): JournalEntry => ({
  chainId: 1,
  account: OWNER,
  nonce,
  payload: 'step',
  digest: '0x01',
  maxFeePerGas: 1n,
  maxPriorityFeePerGas: 1n,
  epoch: 1,
  intentId: `leg-${nonce}.swap.1`,
})

/** Three witnesses of one account on two chains; `chain` is what each chain expects next, undefined while it is silent. */
function witnesses({
  database,
  journal,
  chain,
  final = {},
}: {
  database: Partial<Record<ChainKey, number>>
  journal: readonly JournalEntry[]
  chain: Record<ChainKey, number | undefined>
  /** Nonces that are final, by chain. */
  final?: Record<ChainKey, number>
}) {
  const [store, observer, signer] = [new MemoryStore(), new RecordingObserver(), new FakeSigner(OWNER)]
  store.nonces = () =>
    Promise.resolve(
      Object.entries(database).map(([key, next]) => ({
        chain: key,
        account: OWNER.toLowerCase() as never,
        next: next!,
      })),
    )
  signer.journal.push(...journal)
  const opened: number[] = []
  signer.admit = ((chainId: number) => opened.push(chainId)) as never
  const asked = {
    chainId: (key: ChainKey) => CHAIN_IDS[key]!,
    nonces: (key: ChainKey) => {
      const latest = chain[key]
      return latest === undefined
        ? Promise.reject(new ChainError(key, 'No quorum.'))
        : Promise.resolve({ latest, finalized: final[key] ?? 0 })
    },
  } as unknown as Chain
  const tripBreaker = new TripBreaker({ store, clock: new FakeClock(), observer })
  const compare = new CompareWitnesses({ chain: asked, signer, store, tripBreaker, observer, places: PLACES })
  const trips = () => observer.of('breaker-tripped').map(({ trip }) => trip)
  return { compare, opened, trips, observer, chain, final, store }
}

describe('CompareWitnesses', () => {
  test.each<[string, number | undefined, readonly number[], number]>([
    ['an account that nobody has used', undefined, [], 0],
    ['one that others used before us', undefined, [], 17],
    ['everything mined', 5, [4], 5],
    ['a reserved nonce that was never signed', 5, [3], 4],
    ['one signed and not mined', 5, [3, 4], 3],
    ['a chain that lags behind', 5, [4], 0],
    ['an account of an earlier build, which kept no journal', 5, [], 5],
  ])('R-15: %s is opened to signatures', async (_name, database, journal, chain) => {
    const { compare, opened, trips } = witnesses({
      database: database === undefined ? { beta: 1 } : { alpha: database, beta: 1 },
      journal: journal.map((nonce) => entry(nonce)),
      chain: { alpha: chain, beta: 1 },
    })
    expect(await compare.run()).toEqual([])
    expect([new Set(opened), trips()]).toEqual([new Set([1, 2]), []])
  })

  test.each([
    ['a nonce that it gives out next', 5, 5],
    ['an account that it does not know', undefined, 0],
  ])('F-49, B-15: a journal that knows %s halts everything', async (_name, database, journaled) => {
    const { compare, opened, trips } = witnesses({
      database: database === undefined ? {} : { alpha: database },
      journal: [entry(journaled)],
      chain: { alpha: 9, beta: 0 },
    })
    expect(await compare.run()).toEqual([PLACES[0]])
    expect(opened).toEqual([2])
    expect(trips()).toEqual([
      expect.objectContaining({
        code: 'B-15',
        scope: 'all',
        level: 'halted',
        reason: expect.stringContaining('restored'),
      }),
    ])
    expect(trips()[0]!.reason).toContain(`has signed for nonce ${journaled} (leg-${journaled}.swap.1)`)
  })

  test('F-49, B-15: so it does when the chain is silent', async () => {
    const { compare, trips } = witnesses({
      database: { alpha: 5 },
      journal: [entry(7)],
      chain: { alpha: undefined, beta: 0 },
    })
    expect(await compare.run()).toEqual([PLACES[0]])
    expect(trips()).toMatchObject([{ code: 'B-15' }])
  })

  test('F-44, B-04: a chain beyond what database and journal know halts everything', async () => {
    const { compare, opened, trips } = witnesses({
      database: { alpha: 5 },
      journal: [entry(4)],
      chain: { alpha: 6, beta: 0 },
    })
    expect(await compare.run()).toEqual([PLACES[0]])
    expect(opened).toEqual([2])
    expect(trips()).toEqual([expect.objectContaining({ code: 'B-04', scope: 'all', level: 'halted' })])
    expect(trips()[0]!.reason).toMatch(/nonces of .* on alpha up to 4, .* the chain expects nonce 6/)
  })

  test('a chain that does not answer leaves its account shut, and is compared again', async () => {
    const { compare, opened, trips, observer, chain } = witnesses({
      database: { alpha: 5 },
      journal: [entry(4)],
      chain: { alpha: undefined, beta: 0 },
    })
    const shut = await compare.run()
    expect([shut, opened, trips()]).toEqual([[PLACES[0]], [2], []])
    expect(observer.of('failed')).toMatchObject([
      { what: `comparing the witnesses of ${OWNER} on alpha`, isRetried: true },
    ])
    chain['alpha'] = 5
    expect(await compare.run(shut)).toEqual([])
    expect(opened).toEqual([2, 1])
  })

  test('B-15: a halt is told once, however often the same is found', async () => {
    const { compare, trips } = witnesses({ database: { alpha: 5 }, journal: [entry(5)], chain: { alpha: 5, beta: 0 } })
    const shut = await compare.run()
    expect(await compare.run(shut)).toEqual(shut)
    expect(trips()).toHaveLength(1)
  })

  test.each([
    ['the account goes on behind it', { alpha: 5, beta: 1 }],
    ['an account the database does not know begins where the chain is', { beta: 1 }],
  ])('B-15: once a person has cleared it and the chain shows it as final, %s', async (_name, database) => {
    const at = { database: { ...database }, journal: [entry(6)], chain: { alpha: 7, beta: 1 } }
    const { compare, opened, trips, final, store } = witnesses(at)
    const adopted: unknown[] = []
    store.adoptNonce = (...nonce) => Promise.resolve(adopted.push(nonce) > 0)
    const clear = () => store.clearBreakers('all', 'B-15', 'operator: examined', NOW)
    const shut = await compare.run()
    await clear()
    // Not final yet: what a person says about it is not enough.
    expect(await compare.run(shut)).toEqual(shut)
    final['alpha'] = 7
    await clear()
    expect(await compare.run(shut)).toEqual(shut)
    await clear()
    expect(await compare.run(shut)).toEqual([])
    expect([opened.includes(1), trips().length]).toEqual([true, 3])
    expect(adopted).toEqual('alpha' in database ? [['alpha', OWNER, 7]] : [])
  })

  test('B-15: an epoch that the signer knows and the database does not halts everything', async () => {
    const { compare, trips } = witnesses({ database: {}, journal: [], chain: { alpha: 0, beta: 0 } })
    await compare.haltForEpoch(3, 'The signer serves epoch 9, asked for epoch 3.')
    expect(trips()).toEqual([expect.objectContaining({ code: 'B-15', scope: 'all', level: 'halted' })])
    expect(trips()[0]!.reason).toMatch(/lease of epoch 3 is the latest by the database.*serves epoch 9/)
  })
})
