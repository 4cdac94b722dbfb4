import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import type { NestExpressApplication } from '@nestjs/platform-express'
import type { NextFunction, Request, Response } from 'express'
import helmet from 'helmet'
import type { Observer } from '../../ports/observer.js'
import { AuditTrail } from './access/audit-trail.js'
import { measureRequests } from './access/measure.js'
import { setRefusal } from './access/refusal.js'
import { REQUEST_ID } from './access/request.js'
import { Connections, HEADERS_TIMEOUT_MS, REQUEST_TIMEOUT_MS } from './connections.js'
import { ErrorFilter, refusalIn } from './error.filter.js'
import { Problem } from './problem.js'

export const LARGEST_BODY_KIB = 32
const DEEPEST_BODY = 16
const KEEP_ALIVE_MS = 5_000
const CHECKING_INTERVAL_MS = 1_000
const MAX_CONNECTIONS = 1_000
const MAX_CONNECTIONS_PER_CLIENT = 100

export interface HygieneOptions {
  readonly observer: Observer
  /** How many proxies stand in front; each adds one address to `X-Forwarded-For`. */
  readonly trustedProxies: number
}

/**
 * What holds for every request and every answer, whatever route it is for (5.3). To be called before the app listens; its
 * module has an AuditTrail.
 */
export function applyHygiene(app: NestExpressApplication, { observer, trustedProxies }: HygieneOptions): void {
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('trust proxy', trustedProxies)
  app.use(measureRequests(observer), giveRequestId, secureHeaders)
  app.use('/v1', forbidStoring)
  app.use(requireHost, refuseExpectations, requireJson)
  app.useBodyParser('json', { limit: `${LARGEST_BODY_KIB}kb`, inflate: false })
  // The framework would add one that reads forms.
  app.useBodyParser('urlencoded', { type: () => false })
  app.use(refuseDeepBodies)
  app.use('/v1', leaveToTheGate)
  app.useGlobalFilters(new ErrorFilter(observer, app.get(AuditTrail, { strict: false })))
  const server: Server = app.getHttpServer()
  Object.assign(server, {
    requestTimeout: REQUEST_TIMEOUT_MS,
    headersTimeout: HEADERS_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Said by `requireHost`, as a problem.
    requireHostHeader: false,
    // Time-outs are looked for this often. Read when it begins to listen; the declared type lacks it.
    connectionsCheckingInterval: CHECKING_INTERVAL_MS,
  })
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
  // Behind a proxy every connection is the proxy's.
  const ofClient = trustedProxies === 0 ? MAX_CONNECTIONS_PER_CLIENT : MAX_CONNECTIONS
  new Connections({ ofAll: MAX_CONNECTIONS, ofClient }).of(server)
}

/** Nothing may be loaded, but what a page says. Middleware for the paths of pages. */
export function contentPolicy(directives: Readonly<Record<string, readonly string[]>> = {}) {
  return helmet.contentSecurityPolicy({
    useDefaults: false,
    directives: {
      'default-src': ["'none'"],
      'base-uri': ["'none'"],
      'form-action': ["'none'"],
      'frame-ancestors': ["'none'"],
      ...directives,
    },
  })
}

const otherHeaders = helmet({ contentSecurityPolicy: false, xFrameOptions: { action: 'deny' } })
const strictPolicy = contentPolicy()

function secureHeaders(request: Request, response: Response, next: NextFunction): void {
  otherHeaders(request, response, () => strictPolicy(request, response, next))
}

/** The caller's own where it is well-formed, so that both find the request by it. */
function giveRequestId(request: Request, response: Response, next: NextFunction): void {
  const given = request.header(REQUEST_ID)
  response.set(REQUEST_ID, given !== undefined && /^[a-zA-Z0-9._-]{8,100}$/.test(given) ? given : randomUUID())
  next()
}

function forbidStoring(_request: Request, response: Response, next: NextFunction): void {
  response.set('Cache-Control', 'no-store')
  next()
}

function requireHost({ headers, httpVersion }: Request, _response: Response, next: NextFunction): void {
  if (headers.host !== undefined || httpVersion === '1.0') return next()
  next(new Problem(400, 'invalid-request', 'expected a Host header, got none'))
}

function refuseExpectations({ headers: { expect } }: Request, _response: Response, next: NextFunction): void {
  if (expect === undefined || /^100-continue$/i.test(expect)) return next()
  next(
    new Problem(417, 'expectation-failed', `expected no Expect header but 100-continue, got ${expect.slice(0, 100)}`),
  )
}

function requireJson(request: Request, _response: Response, next: NextFunction): void {
  const { headers } = request
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  if (!hasBody || request.is('application/json') !== false) return next()
  const got = headers['content-type'] === undefined ? 'none' : headers['content-type'].slice(0, 100)
  next(new Problem(415, 'unsupported-media-type', `expected the Content-Type application/json, got ${got}`))
}

function refuseDeepBodies({ body }: Request, _response: Response, next: NextFunction): void {
  if (!isDeeperThan(DEEPEST_BODY, body)) return next()
  next(new Problem(400, 'invalid-request', `expected at most ${DEEPEST_BODY} levels of objects and lists in the body`))
}

/** Nobody learns what is wrong with a request before it is known who they are (F-73). */
function leaveToTheGate(error: unknown, request: Request, _response: Response, next: NextFunction): void {
  const refusal = refusalIn(error)
  if (!refusal) return next(error)
  setRefusal(request, refusal)
  request.body = undefined
  next()
}

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((one) => isDeeperThan(levels - 1, one))
}
