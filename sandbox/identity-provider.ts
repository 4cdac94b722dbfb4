import { exportJWK, generateKeyPair, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose'
import { z } from 'zod'
import { createFaultSwitch, type FaultSwitch } from './faults.js'
import { problem, startHttpServer, type HttpAnswer, type HttpRequest } from './http-server.js'
import { LoginCodes } from './login-codes.js'

/** Whom the tokens are for. */
export const sandboxAudience = 'evenkeel-sandbox'
const tokenSeconds = 15 * 60
const keyId = 'sandbox-1'
/** Pages of other addresses may read the answer: the console asks from its own. */
const forPages = { 'access-control-allow-origin': '*' }

export interface IdentityProvider {
  /** Its address, without a trailing slash. */
  readonly issuer: string
  readonly audience: string
  readonly faults: FaultSwitch
  /** An access token with which a subject may ask for these scopes, good for 15 minutes. */
  tokenFor(subject: string, scopes: readonly string[]): Promise<string>
  /** A token that says whatever is given, in place of what a sound one says; a member that is undefined is left out. */
  mint(claims: object, header?: Partial<JWTHeaderParameters>): Promise<string>
  stop(): Promise<void>
}

const tokenBody = z.strictObject({
  subject: z.string().min(1).max(255),
  scopes: z.array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'a scope without spaces')).max(32),
})

/**
 * A small OpenID provider, so that several people can be played on one machine: whoever asks `POST /token` gets an access
 * token for any subject, and a browser is shown a page to choose one, by authorisation code and PKCE. It serves its
 * discovery document and its public key, and makes a new key pair at every start.
 */
export async function startIdentityProvider(port: number): Promise<IdentityProvider> {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: keyId, alg: 'ES256', use: 'sig' }] }
  const faults = createFaultSwitch()

  const mint = (claims: object, header: Partial<JWTHeaderParameters> = {}) => {
    const now = Math.floor(Date.now() / 1000)
    const usual = { iss: server.url, aud: sandboxAudience, iat: now, exp: now + tokenSeconds }
    return new SignJWT(withoutUndefined({ ...usual, ...claims }))
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: keyId, ...header })
      .sign(privateKey)
  }
  const tokenFor = (subject: string, scopes: readonly string[]) => mint({ sub: subject, scope: scopes.join(' ') })
  const codes = new LoginCodes()
  const give = async ({ subject, scopes }: z.output<typeof tokenBody>) => ({
    access_token: await tokenFor(subject, scopes),
    token_type: 'Bearer',
    expires_in: tokenSeconds,
    scope: scopes.join(' '),
  })

  const handle = async ({ method, url, body }: HttpRequest): Promise<HttpAnswer> => {
    switch (`${method} ${url.pathname}`) {
      case 'GET /.well-known/openid-configuration':
        return { status: 200, headers: forPages, body: describeProvider(server.url) }
      case 'GET /jwks':
        return { status: 200, headers: forPages, body: keys }
      case 'GET /authorize':
        return codes.authorize(url.searchParams)
      case 'POST /token': {
        const form = new URLSearchParams(body)
        if (form.has('grant_type')) {
          const login = codes.redeem(form)
          return login
            ? {
                status: 200,
                headers: { ...forPages, 'cache-control': 'no-store' },
                body: await give({ ...login, scopes: [...login.scopes] }),
              }
            : { status: 400, headers: forPages, body: { error: 'invalid_grant' } }
        }
        const asked = tokenBody.safeParse(parsed(body))
        if (!asked.success)
          return problem(400, `Expected {"subject":"ada","scopes":["pause"]}: ${z.prettifyError(asked.error)}`)
        return { status: 200, headers: { 'cache-control': 'no-store' }, body: await give(asked.data) }
      }
      default:
        return problem(
          404,
          `Expected POST /token {"subject":"ada","scopes":["pause"]}, came ${method} ${url.pathname}.`,
        )
    }
  }

  const server = await startHttpServer({ name: 'the identity provider', port, handle, faults })
  return { issuer: server.url, audience: sandboxAudience, faults, tokenFor, mint, stop: () => server.stop() }
}

function describeProvider(issuer: string): object {
  return {
    issuer,
    jwks_uri: `${issuer}/jwks`,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  }
}

function withoutUndefined(claims: object): JWTPayload {
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
