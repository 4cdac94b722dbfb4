import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { isWithin } from '../adapters/access/networks.js'
import { isSameDigest, sha256 } from '../adapters/access/secrets.js'
import { FakeClock } from '../../test/support/fake-clock.js'
import { RecordingObserver } from '../../test/support/fake-ports.js'
import { MemoryApiKeys, MemoryDenials } from '../../test/support/memory-access.js'
import { keyOf } from '../domain/access/key-text.js'
import { ACCESS_SCOPES, type KeyScope } from '../domain/access/scopes.js'
import { Identities, IdentitiesError, type Identity } from '../ports/identities.js'
import { Authenticate } from './authenticate.js'
import { DenyList } from './deny-list.js'

const ADA: Identity = { subject: 'ada', scopes: ['resume:propose', 'status:read'], expiresAt: 1 }

class FakeIdentities extends Identities {
  isDown = false
  override async identify(token: string) {
    await Promise.resolve()
    if (this.isDown) throw new IdentitiesError('The identity provider does not answer.')
    return token === 'token-of-ada' ? ADA : undefined
  }
}

const DAY = 86_400_000

function setUp(operatorToken: string | null = 'the-shared-token') {
  const clock = new FakeClock()
  const keys = new MemoryApiKeys()
  const identities = new FakeIdentities()
  const observer = new RecordingObserver()
  const { events } = observer
  const denials = new MemoryDenials()
  /** Every comparison, so that two refusals can be held against each other. */
  const compared: string[][] = []
  const authenticate = new Authenticate({
    keys,
    identities,
    denyList: new DenyList({ denials, clock, observer }),
    clock,
    observer,
    operatorToken: operatorToken ?? undefined,
    hash: sha256,
    isSameDigest: (one, other) => {
      compared.push([one, other])
      return isSameDigest(one, other)
    },
    isWithin,
  })
  let made = 0
  const makeKey = async (changes: { networks?: string[]; scopes?: string[] } = {}) => {
    made += 1
    const { id, text } = keyOf(new Uint8Array(8).fill(made), new Uint8Array(32).fill(made))
    const createdAt = clock.now()
    const { networks = [], scopes = ['pause'] } = changes
    const expiresAt = createdAt + 30 * DAY
    await keys.create({
      id,
      name: 'bot',
      hash: sha256(text),
      scopes: scopes as KeyScope[],
      createdAt,
      expiresAt,
      networks,
    })
    return { id, text }
  }
  const run = (bearer: string | undefined, source: string | undefined = '127.0.0.1') =>
    authenticate.run({ bearer, source })
  return { clock, keys, identities, denials, events, compared, makeKey, run, authenticate }
}

describe('Authenticate', () => {
  test('nobody, without a token', async () => {
    const { run, keys } = setUp()
    expect(await run(undefined)).toEqual({ status: 'unknown', keyId: undefined })
    expect(await run('')).toEqual({ status: 'unknown', keyId: undefined })
    expect(keys.asked).toEqual([])
  })

  test('the shared token is the operator with every scope, and nothing close to it is', async () => {
    const { run } = setUp()
    expect(await run('the-shared-token')).toEqual({
      status: 'known',
      principal: {
        kind: 'operator',
        subject: 'operator',
        keyId: undefined,
        scopes: new Set(ACCESS_SCOPES),
        expiresAt: undefined,
      },
    })
    for (const other of ['the-shared-toke', 'the-shared-token ', 'The-shared-token', 'undefined'])
      expect(await run(other)).toEqual({ status: 'unknown', keyId: undefined })
  })

  test('without a shared token no text is the operator', async () => {
    const { authenticate } = setUp(null)
    for (const bearer of ['', 'undefined', 'the-shared-token', sha256('')])
      expect((await authenticate.run({ bearer, source: '127.0.0.1' })).status).toBe('unknown')
  })

  test('an access token is a person with the scopes of the token', async () => {
    const { run } = setUp()
    expect(await run('token-of-ada')).toEqual({
      status: 'known',
      principal: {
        kind: 'person',
        subject: 'ada',
        keyId: undefined,
        scopes: new Set(ADA.scopes),
        expiresAt: ADA.expiresAt,
      },
    })
  })

  test('a silent identity provider says nothing about anybody, and keys and the operator need none', async () => {
    const { run, identities, makeKey } = setUp()
    const { text } = await makeKey()
    identities.isDown = true
    await expect(run('token-of-ada')).rejects.toThrow(IdentitiesError)
    expect((await run(text)).status).toBe('known')
    expect((await run('the-shared-token')).status).toBe('known')
  })

  test('a key is known by its name, its id and its scopes, and its use is remembered', async () => {
    const { run, makeKey, keys, clock } = setUp()
    const { id, text } = await makeKey({ scopes: ['pause', 'status:read'] })
    expect(await run(text)).toEqual({
      status: 'known',
      principal: {
        kind: 'key',
        subject: 'bot',
        keyId: id,
        scopes: new Set(['pause', 'status:read']),
        expiresAt: clock.now() + 30 * DAY,
      },
    })
    await setImmediate()
    expect((await keys.list())[0]!.lastUsedAt).toBe(clock.now())
  })

  test('A-04: a key whose record was given more than a key may hold does not hold it', async () => {
    const { run, makeKey } = setUp()
    const { text } = await makeKey({ scopes: ['pause', 'resume:approve', 'plan:approve'] })
    expect(await run(text)).toMatchObject({ principal: { scopes: new Set(['pause']) } })
  })

  test('F-73, A-04: unknown, wrong, expired, revoked and foreign are one answer after one look-up and one comparison', async () => {
    const { run, makeKey, keys, compared, clock } = setUp()
    const nobody = keyOf(new Uint8Array(8).fill(0xaa), new Uint8Array(32))
    const [right, foreign, revoked] = [await makeKey(), await makeKey({ networks: ['10.0.0.0/8'] }), await makeKey()]
    await keys.revoke(revoked.id, clock.now())
    const expired = await makeKey()
    clock.pass(31 * DAY)
    const fresh = await makeKey()
    const wrong = { id: fresh.id, text: `ek_${fresh.id}_${'A'.repeat(43)}` }

    expect((await run(fresh.text)).status).toBe('known')
    for (const { id, text } of [nobody, wrong, expired, revoked, foreign, right]) {
      keys.asked.length = compared.length = 0
      expect(await run(text)).toEqual({ status: 'unknown', keyId: id })
      expect(keys.asked).toEqual([id])
      // The operator's token, then the key's digest: always of digests of one length.
      expect(compared.map((pair) => pair.map((one) => one.length))).toEqual([
        [64, 64],
        [64, 64],
      ])
    }
  })

  test('A-04: a key that is bound to networks comes from there alone', async () => {
    const { run, makeKey } = setUp()
    const { text } = await makeKey({ networks: ['10.0.0.0/8', '::1/128'] })
    for (const source of ['10.200.0.1', '::ffff:10.200.0.1', '::1'])
      expect((await run(text, source)).status).toBe('known')
    for (const source of ['11.0.0.1', '127.0.0.1', 'unknown']) expect((await run(text, source)).status).toBe('unknown')
  })

  test('a key that is bound to networks is refused to a caller without an address', async () => {
    const { authenticate, makeKey } = setUp()
    const [bound, free] = [await makeKey({ networks: ['0.0.0.0/0'] }), await makeKey()]
    const from = (bearer: string) => authenticate.run({ bearer, source: undefined })
    expect((await from(bound.text)).status).toBe('unknown')
    expect((await from(free.text)).status).toBe('known')
  })

  test('A-06: a revoked key is refused from the next call on', async () => {
    const { run, makeKey, keys, clock } = setUp()
    const { id, text } = await makeKey()
    expect((await run(text)).status).toBe('known')
    await keys.revoke(id, clock.now())
    expect((await run(text)).status).toBe('unknown')
  })

  test('A-06: a person who is shut out is nobody, whatever their token says, until they are let in again', async () => {
    const { run, denials, clock } = setUp()
    expect((await run('token-of-ada')).status).toBe('known')
    await denials.deny({ subject: 'ada', reason: 'Leaves.', since: clock.now() })
    clock.pass(29_999)
    expect(await run('token-of-ada')).toEqual({ status: 'unknown', keyId: undefined })
    expect((await run('the-shared-token')).status).toBe('known')
    await denials.allow('ada')
    clock.pass(29_999)
    expect((await run('token-of-ada')).status).toBe('known')
  })

  test('F-77: a person is known, and one who is shut out is not, while the database answers nothing', async () => {
    const { run, denials, clock } = setUp()
    expect((await run('token-of-ada')).status).toBe('known')
    denials.isDown = true
    clock.pass(3_600_000)
    expect((await run('token-of-ada')).status).toBe('known')
    denials.isDown = false
    await denials.deny({ subject: 'ada', reason: 'Leaves.', since: clock.now() })
    clock.pass(30_000)
    expect((await run('token-of-ada')).status).toBe('unknown')
    denials.isDown = true
    clock.pass(3_600_000)
    expect((await run('token-of-ada')).status).toBe('unknown')
  })

  test('where nothing was ever read of who is shut out no person is let in', async () => {
    const { run, denials } = setUp()
    denials.isDown = true
    await expect(run('token-of-ada')).rejects.toThrow('does not answer')
  })

  test('F-77: a key is known while the database cannot be written', async () => {
    const { run, makeKey, keys, events } = setUp()
    const { text } = await makeKey()
    keys.isReadOnly = true
    expect((await run(text)).status).toBe('known')
    await setImmediate()
    expect(events).toMatchObject([{ type: 'failed', what: 'remembering the use of an API key' }])
  })

  test('where keys cannot be read nobody is let in', async () => {
    const { run, makeKey, keys } = setUp()
    const { text } = await makeKey()
    keys.byId = () => Promise.reject(new Error('The database does not answer.'))
    await expect(run(text)).rejects.toThrow('does not answer')
  })
})
