import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { type IdentityProvider, startIdentityProvider } from '../../sandbox/identity-provider.js'

let provider: IdentityProvider
beforeAll(async () => {
  provider = await startIdentityProvider(0)
})
afterAll(() => provider.stop())

const post = (body: string) => fetch(`${provider.issuer}/token`, { method: 'POST', body })

describe('the identity provider', () => {
  it('describes itself, and serves a public key alone', async () => {
    const document = (await (await fetch(`${provider.issuer}/.well-known/openid-configuration`)).json()) as object
    expect(document).toMatchObject({ issuer: provider.issuer, jwks_uri: `${provider.issuer}/jwks` })
    const { keys } = (await (await fetch(`${provider.issuer}/jwks`)).json()) as { keys: object[] }
    expect(keys).toEqual([expect.objectContaining({ kty: 'EC', alg: 'ES256', use: 'sig' })])
    expect(keys[0]).not.toHaveProperty('d')
  })

  it('gives an access token for whoever is asked for, good for 15 minutes', async () => {
    const answer = await post('{"subject":"ada","scopes":["pause","status:read"]}')
    expect(answer.status).toBe(200)
    const body = (await answer.json()) as { access_token: string }
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 900, scope: 'pause status:read' })
    const { payload, protectedHeader } = await jwtVerify(
      body.access_token,
      createRemoteJWKSet(new URL(`${provider.issuer}/jwks`)),
    )
    expect(protectedHeader).toMatchObject({ alg: 'ES256', typ: 'at+jwt' })
    expect(payload).toMatchObject({
      iss: provider.issuer,
      aud: provider.audience,
      sub: 'ada',
      scope: 'pause status:read',
    })
    expect(payload.exp! - payload.iat!).toBe(900)
  })

  it.each([
    '',
    '{}',
    '{"subject":"","scopes":[]}',
    '{"subject":"ada","scopes":["a b"]}',
    '{"subject":"ada","scopes":[],"x":1}',
  ])('refuses %j with what was expected', async (body) => {
    const answer = await post(body)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ detail: expect.stringContaining('Expected {"subject":"ada"') })
  })

  it('has nothing else', async () => {
    expect((await fetch(`${provider.issuer}/token`)).status).toBe(404)
  })
})
