import { describe, expect, test } from '@jest/globals'
import { isNetwork } from '../adapters/access/networks.js'
import { sha256, unforeseeable } from '../adapters/access/secrets.js'
import { FakeClock } from '../../test/support/fake-clock.js'
import { MANAGER, MemoryApiKeys, MemoryAuditLog } from '../../test/support/memory-access.js'
import { idOfKey } from '../domain/access/key-text.js'
import { ManageKeys } from './manage-keys.js'

const WISH = { name: 'alert-bot', scopes: ['pause'], days: 30, networks: ['10.0.0.0/8'] }

function setUp() {
  const clock = new FakeClock()
  const keys = new MemoryApiKeys()
  const audit = new MemoryAuditLog()
  const manage = new ManageKeys({ keys, audit, clock, hash: sha256, unforeseeable, isNetwork })
  const create = async (changes: object = {}) => {
    const made = await manage.create({ ...WISH, ...changes }, MANAGER)
    if (made.status === 'refused') throw new Error(made.findings.join('; '))
    return made
  }
  const deeds = () => audit.chain.map(({ action, resource, result }) => [action, resource, result])
  return { clock, keys, audit, manage, create, deeds }
}

describe('ManageKeys', () => {
  test('A-04: a key is given once, and kept as its digest', async () => {
    const { create, keys, clock } = setUp()
    const { text, key } = await create()
    expect(key).toEqual({
      id: idOfKey(text),
      name: 'alert-bot',
      hash: sha256(text),
      scopes: ['pause'],
      createdAt: clock.now(),
      expiresAt: clock.now() + 30 * 86_400_000,
      networks: ['10.0.0.0/8'],
      revokedAt: undefined,
      lastUsedAt: undefined,
    })
    expect(await keys.byId(key.id)).toEqual(key)
    expect(JSON.stringify(await keys.list())).not.toContain(text.slice(16))
  })

  test('what may not be is refused, and no key is made', async () => {
    const { manage, audit } = setUp()
    expect(await manage.create({ ...WISH, scopes: ['resume:approve'], days: 91 }, MANAGER)).toEqual({
      status: 'refused',
      findings: [expect.stringContaining('scopes: '), expect.stringContaining('days: ')],
    })
    expect(await manage.list()).toEqual([])
    expect(audit.chain).toEqual([])
  })

  test('deeds are in the audit log before and after, without the key', async () => {
    const { manage, create, audit, deeds } = setUp()
    const { key, text } = await create()
    expect(await manage.revoke(key.id, MANAGER)).toBe(true)
    expect(await manage.revoke(key.id, MANAGER)).toBe(false)
    const resource = `key:${key.id}`
    expect(deeds()).toEqual([
      ['key.create', resource, 'allowed'],
      ['key.create', resource, 'done'],
      ['key.revoke', resource, 'allowed'],
      ['key.revoke', resource, 'done'],
      ['key.revoke', resource, 'allowed'],
      ['key.revoke', resource, 'failed'],
    ])
    expect(audit.chain[0]).toMatchObject({ ...MANAGER, detail: WISH })
    expect(JSON.stringify(audit.chain)).not.toContain(text.slice(16))
    expect(JSON.stringify(audit.chain)).not.toContain(key.hash)
  })

  test('where the audit log cannot be written nothing is done', async () => {
    const { manage, create, audit, keys } = setUp()
    const { key } = await create()
    audit.isReadOnly = true
    await expect(create()).rejects.toThrow('read-only')
    await expect(manage.revoke(key.id, MANAGER)).rejects.toThrow('read-only')
    expect(await keys.list()).toEqual([key])
  })

  test('a key that could not be written is told as failed', async () => {
    const { create, keys, deeds } = setUp()
    keys.isReadOnly = true
    await expect(create()).rejects.toThrow('read-only')
    expect(deeds().map(([, , result]) => result)).toEqual(['allowed', 'failed'])
  })
})
