import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { sha256 } from '../../src/adapters/access/secrets.js'
import { type AuditEntry, auditText, FIRST_AUDIT_HASH } from '../../src/domain/access/audit-entry.js'
import type { ApiKeys } from '../../src/ports/api-keys.js'
import type { AuditLog } from '../../src/ports/audit-log.js'
import type { Denials } from '../../src/ports/denials.js'
import type { EventFeed } from '../../src/ports/event-feed.js'
import type { Outbox } from '../../src/ports/outbox.js'
import type { Idempotency } from '../../src/ports/idempotency.js'
import type { Proposal, Proposals } from '../../src/ports/proposals.js'
import { ConflictError } from '../../src/ports/store.js'
import { NOW } from './builders.js'

export interface AdminRows {
  readonly audit: AuditLog
  readonly keys: ApiKeys
  readonly denials: Denials
  readonly idempotency: Idempotency
  readonly feed: EventFeed
  readonly outbox: Outbox
  readonly proposals: Proposals
  readonly close: () => Promise<void>
}

export const anEntry = (changes: Partial<AuditEntry> = {}): AuditEntry => ({
  actor: 'person',
  subject: 'ada',
  keyId: undefined,
  source: '127.0.0.1',
  requestId: 'r-1',
  action: 'pause',
  resource: 'portfolio:core',
  result: 'done',
  detail: { reason: 'Lunch.', until: null, levels: ['paused_new'], weight: 0.1 },
  build: 'test',
  ...changes,
})

export const aProposal = (changes: Partial<Proposal> = {}): Proposal => ({
  id: 'cycle-1',
  kind: 'plan',
  digest: 'd'.repeat(64),
  content: { legs: [{ id: '12n', sell: 5n, spender: undefined }] },
  proposedBy: 'daemon',
  proposedAt: NOW,
  expiresAt: NOW + 900_000,
  approvedBy: [],
  needs: 2,
  state: 'open',
  reason: 'Drift.\0',
  ...changes,
})

const DAY = 86_400_000

/** What holds for everything that the admin API writes down, wherever it is written. */
export function describeAdminRows(where: string, make: () => Promise<AdminRows>): void {
  describe(`admin rows ${where}`, () => {
    let rows: AdminRows
    beforeAll(async () => {
      rows = await make()
    }, 60_000)
    afterAll(() => rows.close())

    test('the audit log binds each record to the one before and gives back what was written', async () => {
      const { audit } = rows
      const first = await audit.append(anEntry())
      const second = await audit.append(anEntry({ subject: 'bot', keyId: 'k', actor: 'key', result: 'denied' }))
      const third = await audit.append(anEntry({ action: 'config.load', actor: 'daemon', source: undefined }))
      expect(first).toMatchObject({ ...anEntry(), sequence: 1, previousHash: FIRST_AUDIT_HASH })
      for (const record of [first, second, third]) expect(record.hash).toBe(sha256(auditText(record)))
      expect([second.previousHash, third.previousHash]).toEqual([first.hash, second.hash])
      expect(await audit.records({ limit: 10 })).toEqual([third, second, first])
      expect(await audit.records({ before: 3, limit: 1 })).toEqual([second])
      expect(await audit.records({ subject: 'ada', limit: 10 })).toEqual([third, first])
      expect(await audit.records({ subject: 'ada', action: 'pause', limit: 10 })).toEqual([first])
      expect(await audit.records({ result: 'denied', limit: 10 })).toEqual([second])
      expect(await audit.records({ from: first.at, to: third.at + 1, limit: 2 })).toEqual([third, second])
      expect(await audit.records({ from: first.at, to: third.at + 1, before: 2, limit: 2 })).toEqual([first])
      expect(await audit.records({ from: third.at + 1, limit: 10 })).toEqual([])
      expect(await audit.records({ to: first.at, limit: 10 })).toEqual([])
      expect(await audit.verify()).toEqual({ status: 'intact', count: 3, head: third.hash })
    })

    test('a key is kept with what it may do until it is revoked, once', async () => {
      const { keys } = rows
      const given = { hash: 'a'.repeat(64), scopes: ['pause', 'tx:cancel'] as const, networks: ['10.0.0.0/8'] }
      const key = { id: 'k1', name: 'bot', createdAt: NOW, expiresAt: NOW + DAY, ...given }
      await keys.create(key)
      await keys.create({ ...key, id: 'k2', createdAt: NOW + 1, scopes: [], networks: [] })
      expect(await keys.byId('k1')).toEqual({ ...key, revokedAt: undefined, lastUsedAt: undefined })
      expect(await keys.byId('nobody')).toBeUndefined()
      expect((await keys.list()).map(({ id }) => id)).toEqual(['k2', 'k1'])
      expect(await keys.revoke('k1', NOW + 5)).toBe(true)
      expect(await keys.revoke('k1', NOW + 6)).toBe(false)
      expect(await keys.revoke('nobody', NOW)).toBe(false)
      expect((await keys.byId('k1'))!.revokedAt).toBe(NOW + 5)
      expect((await keys.byId('k2'))!.revokedAt).toBeUndefined()
    })

    test('that a key was used is written once a minute', async () => {
      const { keys } = rows
      const lastUsed = async () => (await keys.byId('k2'))!.lastUsedAt
      for (const at of [NOW, NOW + 59_999]) await keys.used('k2', at)
      expect(await lastUsed()).toBe(NOW)
      await keys.used('k2', NOW + 60_000)
      expect(await lastUsed()).toBe(NOW + 60_000)
    })

    test('A-06: a person is shut out and let in again by the last word on them, each of which changes something', async () => {
      const { denials } = rows
      const [ada, bea] = ['ada', 'Bea|ü'].map((subject, index) => ({ subject, reason: 'Leaves.', since: NOW + index }))
      expect(await denials.list()).toEqual([])
      expect(await denials.allow('ada', 'Never left.', NOW)).toBe(false)
      expect(await denials.deny(ada!)).toBe(true)
      expect(await denials.deny({ ...ada!, reason: 'Leaves again.' })).toBe(false)
      expect(await denials.deny(bea!)).toBe(true)
      expect(await denials.list()).toEqual([bea, ada])
      expect(await denials.allow('ada', 'Came back.', NOW + 2)).toBe(true)
      expect(await denials.allow('ADA', 'Came back.', NOW + 2)).toBe(false)
      expect(await denials.list()).toEqual([bea])
      const again = { ...ada!, reason: 'Leaves again.', since: NOW + 3 }
      const words = await Promise.all([1, 2, 3, 4].map(() => denials.deny(again)))
      expect(words.filter((isNew) => isNew)).toEqual([true])
      expect(await denials.list()).toEqual([again, bea])
    })

    test('F-74: a call is done once: its answer is given again, and its key is for no other call', async () => {
      const { idempotency } = rows
      const call = { subject: 'ada', key: 'one', fingerprint: 'a', at: NOW }
      expect(await idempotency.begin(call)).toEqual({ status: 'begun' })
      expect(await idempotency.begin({ ...call, at: NOW + 59_999 })).toEqual({ status: 'running' })
      expect(await idempotency.begin({ ...call, fingerprint: 'b' })).toEqual({ status: 'mismatch' })
      expect(await idempotency.begin({ ...call, subject: 'bea', fingerprint: 'b' })).toEqual({ status: 'begun' })
      const answer = { status: 201, body: JSON.stringify({ reason: 'Lunch.\0' }) }
      await idempotency.finish(call, answer)
      await idempotency.finish(call, { status: 500, body: '{}' })
      await idempotency.abandon(call)
      expect(await idempotency.begin({ ...call, at: NOW + 7 * DAY - 1 })).toEqual({ status: 'finished', answer })
      expect(await idempotency.begin({ ...call, fingerprint: 'b' })).toEqual({ status: 'mismatch' })
      expect(await idempotency.begin({ ...call, fingerprint: 'b', at: NOW + 7 * DAY })).toEqual({ status: 'begun' })
    })

    test('a key is free again when nothing was done, for any call, and one of many at once has it', async () => {
      const { idempotency } = rows
      const call = { subject: 'ada', key: 'two', fingerprint: 'a', at: NOW }
      await idempotency.begin(call)
      await idempotency.abandon(call)
      const again = { ...call, fingerprint: 'b', at: NOW + 1 }
      const answers = await Promise.all([1, 2, 3, 4].map(() => idempotency.begin(again)))
      expect(answers.map(({ status }) => status).toSorted()).toEqual(['begun', 'running', 'running', 'running'])
    })

    test('a call without an answer is never begun anew: after a minute nobody knows what it did', async () => {
      const { idempotency } = rows
      const call = { subject: 'ada', key: 'three', fingerprint: 'a', at: NOW }
      await idempotency.begin(call)
      const left = { status: 'left', since: NOW }
      expect(await idempotency.begin({ ...call, at: NOW + 60_000 })).toEqual(left)
      expect(await idempotency.begin({ ...call, at: NOW + 60_000, fingerprint: 'b' })).toEqual({ status: 'mismatch' })
      expect(await idempotency.begin({ ...call, at: NOW + 7 * DAY - 1 })).toEqual(left)
      const answer = { status: 500, body: '{}' }
      await idempotency.finish(call, answer)
      await idempotency.abandon(call)
      expect(await idempotency.begin({ ...call, at: NOW + 60_000 })).toEqual({ status: 'finished', answer })
    })

    test('a call ends its own claim and no other', async () => {
      const { idempotency } = rows
      const first = { subject: 'ada', key: 'four', fingerprint: 'a', at: NOW }
      const second = { ...first, at: NOW + 10 }
      await idempotency.begin(first)
      await idempotency.abandon(first)
      expect(await idempotency.begin(second)).toEqual({ status: 'begun' })
      await idempotency.abandon(first)
      await idempotency.finish(first, { status: 200, body: '"first"' })
      expect(await idempotency.begin({ ...first, at: NOW + 20 })).toEqual({ status: 'running' })
      const answer = { status: 200, body: '"second"' }
      await idempotency.finish(second, answer)
      expect(await idempotency.begin({ ...first, at: NOW + 20 })).toEqual({ status: 'finished', answer })
    })

    test('the feed gives what happened after an event, in order', async () => {
      const { feed } = rows
      expect(await feed.bounds()).toEqual({ kept: '0', latest: '0' })
      const data = { text: 'A\0', none: null, list: [1, 'x'] }
      const event = (type: string) => ({ at: NOW, type, portfolio: undefined, data, messages: [] })
      await feed.append([event('one'), event('two')])
      await feed.append([])
      await feed.append([event('three')])
      expect(await feed.since('0', 10)).toMatchObject([{ type: 'one', data }, { type: 'two' }, { type: 'three' }])
      expect(await feed.since('1', 1)).toEqual([{ sequence: '2', at: NOW, type: 'two', portfolio: undefined, data }])
      expect(await feed.bounds()).toEqual({ kept: '0', latest: '3' })
      expect(await feed.told('two', NOW)).toEqual([{ sequence: '2', at: NOW, type: 'two', portfolio: undefined, data }])
      expect(await feed.told('two', NOW + 1)).toEqual([])
      expect(await feed.since('3', 10)).toEqual([])
    })

    test('a message is with one sender at a time, until it has ended', async () => {
      const { feed, outbox } = rows
      const event = (type: string, key?: string) => ({
        at: NOW,
        type,
        portfolio: 'core',
        data: { cost: '0.1' },
        messages: ['ops', 'risk'].map((channel) => ({ channel, key })),
      })
      const last = Number((await feed.bounds()).latest)
      await feed.append([event('one'), event('two', 'k'), event('three', 'k')])
      await feed.append([event('two', 'k'), event('four')])
      const take = (now: number, limit = 10) => outbox.take('ops', { now, until: now + 60_000 }, limit)
      expect(await take(NOW - 1)).toEqual([])
      const [first, ...others] = [...(await take(NOW, 2)), ...(await take(NOW))]
      expect(first).toEqual({
        id: expect.any(String),
        channel: 'ops',
        event: { sequence: String(last + 1), at: NOW, type: 'one', portfolio: 'core', data: { cost: '0.1' } },
        createdAt: NOW,
        attempt: 1,
      })
      expect(others.map((one) => one.event.type)).toEqual(['two', 'four'])
      expect(await take(NOW + 59_999)).toEqual([])
      expect(await outbox.waiting()).toEqual(
        new Map([
          ['ops', 3],
          ['risk', 3],
        ]),
      )
      await outbox.end(first!.id, 'delivered', NOW)
      await outbox.end(others[0]!.id, 'given_up', NOW)
      await outbox.postpone(first!.id, NOW)
      await outbox.postpone(others[1]!.id, NOW + 70_000)
      expect(await take(NOW + 60_000)).toEqual([])
      expect(await take(NOW + 70_000)).toMatchObject([{ id: others[1]!.id, attempt: 2 }])
      expect(await outbox.waiting()).toEqual(
        new Map([
          ['ops', 1],
          ['risk', 3],
        ]),
      )
    })

    test('a proposal changes only from what it was read as', async () => {
      const { proposals } = rows
      const proposal = aProposal()
      expect(await proposals.open(proposal)).toBe(true)
      expect(await proposals.open(aProposal({ digest: 'e'.repeat(64) }))).toBe(false)
      expect(await proposals.open(aProposal({ id: 'cycle-2' }))).toBe(true)
      const read = (await proposals.byId('cycle-1'))!
      expect(read).toEqual(proposal)
      const words = ['ada', 'bea'].map((subject) => proposals.save(read, { ...read, approvedBy: [subject] }))
      const outcomes = await Promise.allSettled(words)
      expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
      const refused = outcomes.find((one) => one.status === 'rejected')
      expect(refused?.reason).toBeInstanceOf(ConflictError)
      const now = (await proposals.byId('cycle-1'))!
      await proposals.save(now, { ...now, state: 'rejected' })
      expect((await proposals.list({ limit: 9 })).map(({ id }) => id)).toEqual(['cycle-2', 'cycle-1'])
      expect((await proposals.list({ state: 'open', limit: 9 })).map(({ id }) => id)).toEqual(['cycle-2'])
      expect((await proposals.list({ limit: 1 })).map(({ id }) => id)).toEqual(['cycle-2'])
      expect((await proposals.list({ limit: 1, before: 'cycle-2' })).map(({ id }) => id)).toEqual(['cycle-1'])
      expect(await proposals.list({ limit: 1, before: 'cycle-1' })).toEqual([])
      expect(await proposals.list({ limit: 1, before: 'cycle-3' })).toEqual([])
      await proposals.open(aProposal({ id: 'resume-1', kind: 'resume' }))
      const found = async (query: object) => (await proposals.list({ limit: 9, ...query })).map(({ id }) => id)
      expect(await found({ kind: 'plan' })).toEqual(['cycle-2', 'cycle-1'])
      expect(await found({ kind: 'plan', limit: 1 })).toEqual(['cycle-2'])
      expect(await found({ kind: 'plan', before: 'cycle-2' })).toEqual(['cycle-1'])
      expect(await found({ kind: 'resume' })).toEqual(['resume-1'])
      expect(await found({ kind: 'plan', state: 'open' })).toEqual(['cycle-2'])
      expect(await found({ kind: 'cancel' })).toEqual([])
      expect(await proposals.byId('cycle-3')).toBeUndefined()
      await expect(proposals.save(aProposal({ id: 'cycle-3' }), now)).rejects.toBeInstanceOf(ConflictError)
    })
  })
}
