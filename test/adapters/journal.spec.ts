import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import { PostgresJournal } from '../../src/adapters/store/postgres-journal.js'
import type { Address } from '../../src/domain/assets.js'
import type { NonceClaim } from '../../src/domain/execution/equivocation.js'
import type { NonceJournal } from '../../src/ports/journal.js'
import { addressOf, hashOf } from '../support/builders.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'
import { MemoryJournal } from '../support/memory-journal.js'

const ACCOUNT: Address = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'
const claim = (changes: Partial<NonceClaim> = {}): NonceClaim => ({
  chainId: 1,
  account: ACCOUNT,
  nonce: 7,
  payload: 'step',
  digest: hashOf(1),
  maxFeePerGas: 2n ** 200n,
  maxPriorityFeePerGas: 10n,
  epoch: 3,
  intentId: 'leg-1.swap.1',
  to: addressOf(0xf1),
  value: 0n,
  data: '0x12',
  ...changes,
})
const entryOf = ({ to: _to, value: _value, data: _data, ...entry }: NonceClaim) => entry
const kind = (answer: { kind: string } | undefined) => answer?.kind ?? 'allowed'

function describeJournal(name: string, make: () => Promise<NonceJournal>): void {
  describe(`NonceJournal: ${name}`, () => {
    test('R-10: remembers what it allowed, per chain and account, the latest of the highest nonce first', async () => {
      const journal = await make()
      const other = claim({ chainId: 2, nonce: 1 })
      const dearer = claim({ maxPriorityFeePerGas: 12n, epoch: 4 })
      for (const one of [claim({ nonce: 6, digest: hashOf(6), epoch: 2 }), claim(), dearer, other])
        expect(await journal.record({ ...one, epoch: 4 })).toBeUndefined()
      const lower = ACCOUNT.toLowerCase() as Address
      const last = await journal.last(1, lower)
      expect({ ...last, account: ACCOUNT }).toEqual(entryOf(dearer))
      expect(last?.account.toLowerCase()).toBe(lower)
      expect(await journal.last(2, ACCOUNT)).toMatchObject({ nonce: 1 })
      expect(await journal.last(3, ACCOUNT)).toBeUndefined()
      expect(await journal.last(1, addressOf(0xb))).toBeUndefined()
      expect(await Promise.all([5, 6, 7].map((nonce) => journal.has(1, ACCOUNT, nonce)))).toEqual([false, true, true])
    })

    test('R-10: refuses by the rule, and what it refused is not remembered', async () => {
      const journal = await make()
      await journal.record(claim())
      expect(kind(await journal.record(claim({ digest: hashOf(2) })))).toBe('refused')
      expect(kind(await journal.record(claim({ nonce: 6 })))).toBe('refused')
      expect(kind(await journal.record(claim({ nonce: 8, payload: 'cancel' })))).toBe('refused')
      expect(await journal.last(1, ACCOUNT)).toMatchObject({ nonce: 7, digest: hashOf(1) })
      expect(await journal.has(1, ACCOUNT, 6)).toBe(false)
    })

    test('P-12: an epoch is raised by a fence or a claim, on any account, and never falls', async () => {
      const journal = await make()
      expect(await journal.fence(5)).toBeUndefined()
      expect(await journal.fence(5)).toBeUndefined()
      expect(kind(await journal.record(claim({ epoch: 4 })))).toBe('fenced')
      expect(kind(await journal.fence(4))).toBe('fenced')
      expect(kind(await journal.record(claim({ epoch: 6 })))).toBe('allowed')
      expect(kind(await journal.fence(5))).toBe('fenced')
      expect(kind(await journal.record(claim({ chainId: 2, epoch: 5 })))).toBe('fenced')
    })

    test('R-10: of many payloads that ask for one nonce at once, one is allowed', async () => {
      const journal = await make()
      const asked = Array.from({ length: 8 }, (_, index) => claim({ digest: hashOf(index + 1) }))
      const answers = await Promise.all(asked.map((one) => journal.record(one)))
      expect(answers.map(kind).filter((one) => one === 'allowed')).toHaveLength(1)
      const allowed = asked[answers.findIndex((one) => one === undefined)]!
      expect(await journal.last(1, ACCOUNT)).toMatchObject({ digest: allowed.digest })
    })
  })
}

describeJournal('in memory', () => Promise.resolve(new MemoryJournal()))

describe('PostgresJournal', () => {
  let db: TestDatabase
  beforeAll(async () => {
    db = await createTestDatabase()
  }, 60_000)
  afterAll(() => db.drop())
  const empty = async () => {
    await sql`truncate signer_journal`.execute(db.database)
    await sql`update signer_epoch set epoch = 0`.execute(db.database)
    return new PostgresJournal(db.database)
  }

  describeJournal('on Postgres', empty)

  test('R-01, K-31: what it allowed is committed to disk, for the next process to find', async () => {
    const journal = await empty()
    const settings = await sql<{ value: string }>`show synchronous_commit`.execute(db.database)
    expect(settings.rows).toEqual([{ synchronous_commit: 'on' }])
    await journal.record(claim())
    const next = new PostgresJournal(db.database)
    expect(await next.has(1, ACCOUNT, 7)).toBe(true)
    expect(kind(await next.record(claim({ digest: hashOf(2) })))).toBe('refused')
    expect(kind(await next.record(claim({ epoch: 2 })))).toBe('fenced')
  })

  test('4.11: a claim that is being judged is finished before a fence, and judged after it otherwise', async () => {
    const journal = await empty()
    const answers = await Promise.all(
      [claim({ epoch: 1 }), claim({ chainId: 2, epoch: 1 }), claim({ chainId: 3, epoch: 1 })].flatMap((one, index) =>
        index === 1 ? [journal.fence(2), journal.record(one)] : [journal.record(one)],
      ),
    )
    const rows = await db.database.selectFrom('signer_journal').select('epoch').execute()
    expect(rows).toHaveLength(answers.filter((one) => one === undefined).length - 1)
    expect(kind(await journal.record(claim({ chainId: 4, epoch: 1 })))).toBe('fenced')
  })
})
