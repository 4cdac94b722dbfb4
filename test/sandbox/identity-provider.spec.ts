import { createHash } from 'node:crypto'
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

  it('gives a browser a code for whoever is chosen on its page, good once and with its verifier alone', async () => {
    const verifier = 'v'.repeat(43)
    const asked = {
      response_type: 'code',
      client_id: 'console',
      redirect_uri: 'http://127.0.0.1:3000/console/',
      scope: 'pause status:read',
      state: 'a&"<',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    }
    const authorize = (more: object = {}) =>
      fetch(`${provider.issuer}/authorize?${new URLSearchParams({ ...asked, ...more }).toString()}`, {
        redirect: 'manual',
      })
    expect(await (await authorize()).text()).toMatch(/ada.*bob.*cleo/)
    expect((await authorize({ redirect_uri: 'https://elsewhere.example/' })).status).toBe(400)
    expect((await authorize({ code_challenge_method: 'plain' })).status).toBe(400)

    const codeFor = async (subject: string) => {
      const back = new URL((await authorize({ subject })).headers.get('location') ?? '')
      expect(back.searchParams.get('state')).toBe(asked.state)
      return back.searchParams.get('code') ?? ''
    }
    const redeem = (code: string, codeVerifier = verifier) => {
      const { client_id, redirect_uri } = asked
      const form = { grant_type: 'authorization_code', code, client_id, redirect_uri, code_verifier: codeVerifier }
      return post(new URLSearchParams(form).toString())
    }
    const code = await codeFor('ada')
    const answer = await redeem(code)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(await answer.json()).toMatchObject({ token_type: 'Bearer', scope: 'pause status:read' })
    expect((await redeem(code)).status).toBe(400)
    expect((await redeem(await codeFor('bob'), 'w'.repeat(43))).status).toBe(400)
    expect(await (await redeem(await codeFor('cleo'))).json()).toMatchObject({ scope: 'status:read' })
  })

  it('has nothing else', async () => {
    expect((await fetch(`${provider.issuer}/token`)).status).toBe(404)
  })
})
