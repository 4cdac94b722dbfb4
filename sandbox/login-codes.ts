import { createHash, randomUUID } from 'node:crypto'
import { z } from 'zod'
import { type HttpAnswer, problem } from './http-server.js'

/** Who may be played. Each gets what is asked for; who only looks gets no more than that. */
const people = [
  { subject: 'ada', may: 'everything', scopes: (asked: readonly string[]) => asked },
  { subject: 'bob', may: 'everything', scopes: (asked: readonly string[]) => asked },
  {
    subject: 'cleo',
    may: 'look only',
    scopes: (asked: readonly string[]) => asked.filter((one) => one.endsWith(':read')),
  },
]
const codeMs = 60_000

const authorisation = z.object({
  response_type: z.literal('code'),
  client_id: z.string().min(1),
  /** Whoever gets the code is on this machine. */
  redirect_uri: z.url({ protocol: /^http$/, hostname: /^(127\.0\.0\.1|localhost)$/ }),
  scope: z.string().default(''),
  state: z.string().default(''),
  code_challenge: z.string().min(43),
  code_challenge_method: z.literal('S256'),
  subject: z.string().optional(),
})
type Authorisation = z.output<typeof authorisation>

const exchange = z.object({
  grant_type: z.literal('authorization_code'),
  code: z.string(),
  redirect_uri: z.string(),
  client_id: z.string(),
  code_verifier: z.string(),
})

/** Who logged in, and what they were given. */
export interface Login {
  readonly subject: string
  readonly scopes: readonly string[]
}

interface Waiting extends Login {
  readonly asked: Authorisation
  readonly until: number
}

/** The authorisation code flow with PKCE for public clients: a page to choose who to be, and codes that are good once. */
export class LoginCodes {
  private readonly waiting = new Map<string, Waiting>()

  /** The page, or, once somebody is chosen on it, the way back with a code. */
  authorize(query: URLSearchParams): HttpAnswer {
    const read = authorisation.safeParse(Object.fromEntries(query))
    if (!read.success)
      return problem(400, `Expected an authorisation request with PKCE: ${z.prettifyError(read.error)}`)
    const asked = read.data
    const person = people.find(({ subject }) => subject === asked.subject)
    if (!person) return pageFor(asked.client_id, query)
    const code = randomUUID()
    const scopes = person.scopes(asked.scope.split(' ').filter((one) => one !== ''))
    this.waiting.set(code, { subject: person.subject, scopes, asked, until: Date.now() + codeMs })
    const back = new URL(asked.redirect_uri)
    back.searchParams.set('code', code)
    back.searchParams.set('state', asked.state)
    return { status: 302, headers: { location: back.href, 'content-type': 'text/plain' }, body: '' }
  }

  /** Whose code it is; undefined for one that is unknown, used, too old, or not this client's. */
  redeem(form: URLSearchParams): Login | undefined {
    const read = exchange.safeParse(Object.fromEntries(form))
    if (!read.success) return undefined
    const { code, code_verifier: verifier, client_id: client, redirect_uri: redirect } = read.data
    const found = this.waiting.get(code)
    this.waiting.delete(code)
    if (!found || found.until < Date.now()) return undefined
    const { asked, subject, scopes } = found
    const challenge = createHash('sha256').update(verifier).digest('base64url')
    const isTheirs = asked.code_challenge === challenge && asked.client_id === client && asked.redirect_uri === redirect
    return isTheirs ? { subject, scopes } : undefined
  }
}

function pageFor(client: string, query: URLSearchParams): HttpAnswer {
  const links = people.map(({ subject, may }) => {
    const address = `?${new URLSearchParams({ ...Object.fromEntries(query), subject }).toString()}`
    return `<li><a href="${escaped(address)}">${subject}</a> (${may})</li>`
  })
  const body = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sandbox login</title>
<body style="font: 18px system-ui; max-width: 30em; margin: 10vh auto; padding: 0 1em"><h1>Who are you?</h1>
<p>${escaped(client)} asks. This is a sandbox: nobody has a password.</p><ul>${links.join('')}</ul></body></html>`
  return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body }
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
}
