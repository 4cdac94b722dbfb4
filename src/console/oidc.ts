import * as oauth from 'oauth4webapi'
import type { ProviderLogin, Session } from './session.js'

/** What has to outlive the way to the provider and back. Removed when somebody comes back, or another login begins. */
const PENDING = 'evenkeel.login'
/** Older tokens the daemon does not take, however long the provider says they are good for. */
const MOST_AGE_SECONDS = 15 * 60

interface Pending {
  readonly state: string
  readonly verifier: string
  /** Where somebody was: `#/plan/…`. */
  readonly hash: string
}

const redirectUri = () => `${window.location.origin}/console/`

/** Sends the browser to the provider. */
export async function beginLogin(login: ProviderLogin): Promise<void> {
  const provider = await discover(login)
  if (provider.authorization_endpoint === undefined) throw new Error(`${login.issuer} names no authorization_endpoint.`)
  const pending: Pending = {
    state: oauth.generateRandomState(),
    verifier: oauth.generateRandomCodeVerifier(),
    hash: window.location.hash,
  }
  sessionStorage.setItem(PENDING, JSON.stringify(pending))
  const address = new URL(provider.authorization_endpoint)
  const asked = {
    client_id: login.clientId,
    redirect_uri: redirectUri(),
    response_type: 'code',
    scope: login.scopes.join(' '),
    audience: login.audience,
    state: pending.state,
    code_challenge: await oauth.calculatePKCECodeChallenge(pending.verifier),
    code_challenge_method: 'S256',
  }
  for (const [name, value] of Object.entries(asked)) address.searchParams.set(name, value)
  window.location.assign(address)
}

/** Makes a session of what the provider sent along. The address is as it was before the login, whatever comes of it. */
export async function finishLogin(login: ProviderLogin): Promise<Session> {
  const address = new URL(window.location.href)
  const pending = JSON.parse(sessionStorage.getItem(PENDING) ?? '{}') as Partial<Pending>
  sessionStorage.removeItem(PENDING)
  window.history.replaceState(null, '', `${address.pathname}${pending.hash ?? ''}`)
  if (pending.state === undefined || pending.verifier === undefined)
    throw new Error('Nobody began this login here. Begin it again.')
  const provider = await discover(login)
  const client = { client_id: login.clientId }
  const parameters = oauth.validateAuthResponse(provider, client, address, pending.state)
  const asked = Date.now()
  const response = await oauth.authorizationCodeGrantRequest(
    provider,
    client,
    oauth.None(),
    parameters,
    redirectUri(),
    pending.verifier,
    optionsFor(login),
  )
  const { access_token, expires_in } = await oauth.processAuthorizationCodeResponse(provider, client, response)
  const seconds = Math.min(expires_in ?? MOST_AGE_SECONDS, MOST_AGE_SECONDS)
  return { token: access_token, from: 'provider', expiresAt: asked + seconds * 1000 }
}

async function discover(login: ProviderLogin): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(login.issuer)
  return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, optionsFor(login)))
}

/** The daemon takes a provider without TLS on its own machine alone. */
function optionsFor({ issuer }: ProviderLogin) {
  return { [oauth.allowInsecureRequests]: issuer.startsWith('http:') }
}
