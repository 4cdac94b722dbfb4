import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { exportSPKI, importJWK, type JWK, SignJWT, UnsecuredJWT } from 'jose'
import { type HttpAnswer, type RunningServer, startHttpServer } from '../../sandbox/http-server.js'
import { type IdentityProvider, startIdentityProvider } from '../../sandbox/identity-provider.js'
import { OidcIdentities, type OidcOptions } from '../../src/adapters/access/oidc-identities.js'
import { IdentitiesError } from '../../src/ports/identities.js'
import { FakeClock } from '../support/fake-clock.js'

let provider: IdentityProvider
let stranger: IdentityProvider
beforeAll(async () => {
  ;[provider, stranger] = await Promise.all([startIdentityProvider(0), startIdentityProvider(0)])
})
afterAll(() => Promise.all([provider.stop(), stranger.stop()]))

const isPrivate = ({ protocol, hostname }: URL) => protocol === 'https:' || hostname === '127.0.0.1'
const identitiesWith = (changes: Partial<OidcOptions> = {}, clock = new FakeClock(Date.now())) =>
  new OidcIdentities(
    {
      issuer: provider.issuer,
      audience: provider.audience,
      jwksUrl: undefined,
      scopesClaim: 'scope',
      algorithms: ['ES256', 'RS256'],
      tokenType: 'at+jwt',
      isPrivate,
      ...changes,
    },
    clock,
  )
const identify = (token: string, changes: Partial<OidcOptions> = {}) => identitiesWith(changes).identify(token)
const now = () => Math.floor(Date.now() / 1000)
const sound = { sub: 'ada', scope: 'pause status:read' }

describe('a sound access token', () => {
  test('is a person with the scopes that exist', async () => {
    const token = await provider.tokenFor('ada', ['status:read', 'policy:approve', 'openid', 'resume:approve'])
    const person = await identify(token)
    expect(person).toEqual({ subject: 'ada', scopes: ['status:read', 'resume:approve'], expiresAt: expect.any(Number) })
    expect(person!.expiresAt / 1000 - now()).toBeGreaterThan(890)
  })

  test.each<[string, unknown, string[]]>([
    ['a list', ['pause', 'status:read', 7], ['status:read', 'pause']],
    ['a text', 'pause  status:read', ['status:read', 'pause']],
    ['part of a name', 'paus pause:all PAUSE', []],
    ['one that there is not', ['key:admin', 'pause'], ['pause']],
    ['nothing', undefined, []],
    ['a number', 7, []],
    ['an object', { pause: true }, []],
  ])('F-73: scopes as %s', async (_, permissions, scopes) => {
    const token = await provider.mint({ sub: 'ada', scope: 'audit:read', permissions })
    expect(await identify(token, { scopesClaim: 'permissions' })).toMatchObject({ subject: 'ada', scopes })
  })

  test('for several audiences, and of the type that is configured', async () => {
    const token = await provider.mint({ ...sound, aud: ['others', provider.audience] }, { typ: 'JWT' })
    expect(await identify(token, { tokenType: 'JWT' })).toMatchObject({ subject: 'ada' })
    expect(await identify(token)).toBeUndefined()
  })

  test('with keys from the configured address, without a discovery document', async () => {
    const issuer = 'https://identity.invalid'
    const token = await provider.mint({ ...sound, iss: issuer })
    expect(await identify(token, { issuer, jwksUrl: `${provider.issuer}/jwks` })).toMatchObject({ subject: 'ada' })
  })

  test('A-03: counts for 15 minutes from its issue, however long it says, with 30 s of leeway', async () => {
    const token = await provider.mint({ ...sound, exp: now() + 86_400 })
    const clock = new FakeClock(Date.now())
    const identities = identitiesWith({}, clock)
    expect((await identities.identify(token))!.expiresAt / 1000 - now()).toBeLessThanOrEqual(900)
    clock.pass(925_000)
    expect(await identities.identify(token)).toMatchObject({ subject: 'ada' })
    clock.pass(10_000)
    expect(await identities.identify(token)).toBeUndefined()
  })
})

describe('F-73, A-03: is nobody', () => {
  test.each<[string, object]>([
    ['an expired token', { exp: now() - 31 }],
    ['one without an end', { exp: undefined }],
    ['one issued too long ago', { iat: now() - 931, exp: now() + 3600 }],
    ['one without the time of its issue', { iat: undefined }],
    ['one issued in the future', { iat: now() + 60 }],
    ['one of a time to come', { nbf: now() + 60 }],
    ['one for another audience', { aud: 'others' }],
    ['one for no audience', { aud: undefined }],
    ['one of another issuer', { iss: 'https://identity.invalid' }],
    ['one of an issuer that is called nearly the same', { iss: 'http://127.0.0.1' }],
    ['one of no issuer', { iss: undefined }],
    ['one without a subject', { sub: undefined }],
    ['one with an empty subject', { sub: '' }],
    ['one with a line break in its subject', { sub: 'ada\noperator' }],
    ['one with a half of a surrogate pair in its subject', { sub: 'ada\ud83d' }],
    ['one with a mark that turns the direction of its subject', { sub: 'ada\u202egnp' }],
    ['one with a mark of no width in its subject', { sub: 'a\u200bda' }],
    ['one with a line separator in its subject', { sub: 'ada\u2028operator' }],
    ['one with a character of private use in its subject', { sub: 'ada\ue000' }],
    ['one with a character that there is not in its subject', { sub: 'ada\uffff' }],
    ['one with a subject that is no text', { sub: 7 }],
    ['one with a subject without end', { sub: 'a'.repeat(256) }],
  ])('%s', async (_, claims) => {
    expect(await identify(await provider.mint({ ...sound, ...claims }))).toBeUndefined()
  })

  test.each<[string, object]>([
    ['another type', { typ: 'JWT' }],
    ['the type of an identity token', { typ: 'id+jwt' }],
    ['no type', { typ: undefined }],
    ['an unknown key', { kid: 'another' }],
  ])('one with %s', async (_, header) => {
    expect(await identify(await provider.mint(sound, header))).toBeUndefined()
  })

  test('one without a signature', async () => {
    const claims = { ...sound, iss: provider.issuer, aud: provider.audience, iat: now(), exp: now() + 60 }
    expect(await identify(new UnsecuredJWT(claims).encode())).toBeUndefined()
    const [, payload] = (await provider.mint(sound)).split('.')
    for (const alg of ['none', 'None', 'NONE', '']) {
      const header = Buffer.from(JSON.stringify({ alg, typ: 'at+jwt' })).toString('base64url')
      expect(await identify(`${header}.${payload}.`)).toBeUndefined()
    }
  })

  test('one that is signed with the public key as a shared secret', async () => {
    const { keys } = (await (await fetch(`${provider.issuer}/jwks`)).json()) as { keys: JWK[] }
    const pem = await exportSPKI((await importJWK(keys[0]!, 'ES256')) as CryptoKey)
    for (const secret of [pem, pem.trim(), JSON.stringify(keys[0])]) {
      const claims = { ...sound, iss: provider.issuer, aud: provider.audience, iat: now(), exp: now() + 60 }
      const token = await new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: 'sandbox-1' })
        .sign(new TextEncoder().encode(secret))
      expect(await identify(token)).toBeUndefined()
      // Even where somebody configured it.
      expect(await identify(token, { algorithms: ['ES256', 'HS256'] })).toBeUndefined()
    }
  })

  test('one of an algorithm that is not among the configured ones', async () => {
    expect(await identify(await provider.mint(sound), { algorithms: ['RS256'] })).toBeUndefined()
  })

  test('one of a stranger who says where his keys are, and nobody looks there', async () => {
    const { keys } = (await (await fetch(`${stranger.issuer}/jwks`)).json()) as { keys: JWK[] }
    const asked: string[] = []
    const trap = await startHttpServer({
      name: 'the trap',
      port: 0,
      handle: ({ url }) => {
        asked.push(url.pathname)
        return { status: 200, body: { keys } }
      },
    })
    const forged = { ...sound, iss: provider.issuer }
    for (const header of [{}, { jku: `${trap.url}/jku` }, { x5u: `${trap.url}/x5u` }, { jwk: keys[0]! }])
      for (const kid of ['sandbox-1', 'sandbox-2', undefined])
        expect(await identify(await stranger.mint(forged, { ...header, kid: kid as string }))).toBeUndefined()
    await trap.stop()
    expect(asked).toEqual([])
  })

  test('one in which anything was changed', async () => {
    const token = await provider.mint(sound)
    const identities = identitiesWith()
    expect(await identities.identify(token)).toBeDefined()
    const change = fc.tuple(fc.nat(token.length - 2), fc.constantFrom(...'AZaz09-_.= '))
    await fc.assert(
      fc.asyncProperty(change, async ([place, character]) => {
        fc.pre(token[place] !== character)
        const changed = token.slice(0, place) + character + token.slice(place + 1)
        expect(await identities.identify(changed)).toBeUndefined()
      }),
      { numRuns: 150 },
    )
  })

  test('any other text', async () => {
    const identities = identitiesWith()
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.constant('.'), fc.constant('..')), async (text) => {
        expect(await identities.identify(text)).toBeUndefined()
      }),
    )
  })
})

describe('the provider', () => {
  /** A provider that answers as it is told; sound where nothing is said. */
  const answering = async (changes: Record<string, (server: RunningServer) => HttpAnswer>) => {
    const server: RunningServer = await startHttpServer({
      name: 'a provider',
      port: 0,
      handle: async ({ url }) => {
        const change = changes[url.pathname]
        if (change) return change(server)
        const body: unknown = await (await fetch(`${provider.issuer}/jwks`)).json()
        return { status: 200, body }
      },
    })
    return server
  }
  const DISCOVERY = '/.well-known/openid-configuration'
  const document = (changes: object) => (server: RunningServer) => ({
    status: 200,
    body: { issuer: server.url, jwks_uri: `${server.url}/jwks`, ...changes },
  })

  test.each<[string, Record<string, (server: RunningServer) => HttpAnswer>, string]>([
    ['speaks for another issuer', { [DISCOVERY]: document({ issuer: 'https://identity.invalid' }) }, 'is not one of'],
    ['names no keys', { [DISCOVERY]: document({ jwks_uri: undefined }) }, 'is not one of'],
    ['has keys that anybody could change', { [DISCOVERY]: document({ jwks_uri: 'http://192.0.2.1/jwks' }) }, 'https'],
    ['fails', { [DISCOVERY]: () => ({ status: 500, body: 'broken' }) }, 'status 500 came'],
    [
      'sends elsewhere',
      { [DISCOVERY]: () => ({ status: 302, headers: { location: '/there' }, body: '' }) },
      'status 302',
    ],
    ['answers with a page', { [DISCOVERY]: () => ({ status: 200, body: '<html></html>' }) }, 'the answer is not JSON'],
    [
      'sends its keys elsewhere',
      { [DISCOVERY]: document({}), '/jwks': () => ({ status: 302, headers: { location: '/there' }, body: '' }) },
      'status 302',
    ],
    [
      'has no keys',
      { [DISCOVERY]: document({}), '/jwks': () => ({ status: 200, body: { keys: 1 } }) },
      'ERR_JWKS_INVALID',
    ],
    [
      'answers without end',
      { [DISCOVERY]: document({}), '/jwks': () => ({ status: 200, body: 'x'.repeat(300_000) }) },
      'larger than 262144 bytes',
    ],
  ])('one that %s is an error, which says what came', async (_, changes, message) => {
    const server = await answering(changes)
    const token = await provider.mint({ ...sound, iss: server.url })
    const outcome = await identify(token, { issuer: server.url }).catch((error: unknown) => error)
    await server.stop()
    expect(outcome).toBeInstanceOf(IdentitiesError)
    expect((outcome as Error).message).toContain(`The keys of ${server.url} cannot be had: `)
    expect((outcome as Error).message).toContain(message)
  })

  test('that does not answer is an error; once it answers again it is asked again', async () => {
    const changes: Record<string, (server: RunningServer) => HttpAnswer> = { [DISCOVERY]: document({}) }
    const server = await answering(changes)
    const identities = identitiesWith({ issuer: server.url })
    const token = await provider.mint({ ...sound, iss: server.url })
    changes['/jwks'] = () => ({ status: 503, body: 'later' })
    await expect(identities.identify(token)).rejects.toThrow(IdentitiesError)
    delete changes['/jwks']
    expect(await identities.identify(token)).toMatchObject({ subject: 'ada' })
    await server.stop()
    // Its keys are known for a while.
    expect(await identities.identify(token)).toMatchObject({ subject: 'ada' })
    await expect(identify(token, { issuer: server.url })).rejects.toThrow(/cannot be had: (ECONN|UND_ERR)/)
  })

  test('is asked once for many tokens at once, and not again for made-up keys', async () => {
    let asked = 0
    const keys: unknown = await (await fetch(`${provider.issuer}/jwks`)).json()
    const server = await answering({
      [DISCOVERY]: document({}),
      '/jwks': () => {
        asked += 1
        return { status: 200, body: keys }
      },
    })
    const identities = identitiesWith({ issuer: server.url })
    const token = await provider.mint({ ...sound, iss: server.url })
    await Promise.all(Array.from({ length: 20 }, () => identities.identify(token)))
    const madeUp = await provider.mint({ ...sound, iss: server.url }, { kid: 'made-up' })
    for (let time = 0; time < 20; time += 1) expect(await identities.identify(madeUp)).toBeUndefined()
    await server.stop()
    expect(asked).toBe(1)
  })
})
