import type { CanActivate, ExecutionContext } from '@nestjs/common'
import type { Request, Response } from 'express'
import type { Authenticate, Authentication } from '../../../application/authenticate.js'
import type { Principal } from '../../../domain/access/principal.js'
import type { Observer } from '../../../ports/observer.js'
import type { RateBucket, RateLimits, RateStanding } from '../../../ports/rate-limits.js'
import { Problem } from '../problem.js'
import { auditedOf, type AuditTrail } from './audit-trail.js'
import { setCaller } from './caller.js'
import { noteRules } from './measure.js'
import { refusalOf } from './refusal.js'
import { accountOf, bearerOf, PAUSE_PATIENCE_MS, sourceOf } from './request.js'
import { type RouteRules, rulesOf } from './route.js'
import { within } from './within.js'

const UNAVAILABLE_RETRY_SECONDS = 5

/**
 * Everybody passes here. Nobody gets in without a credential, a scope that the route declares, and a request left in the
 * bucket of their own; a route that declares none is closed. Failed logins are counted by address, and an address
 * with too many of them is turned away before anything is looked up. For a pause the credential is looked at first, so
 * that the failed logins of others never shut it out, and counters that do not answer do not hold it up (F-77). What is wrong
 * with a body is said to those who get in (F-73).
 */
export class AccessGuard implements CanActivate {
  constructor(
    private readonly deps: { authenticate: Authenticate; limits: RateLimits; audit: AuditTrail; observer: Observer },
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp()
    const request = http.getRequest<Request>()
    const response = http.getResponse<Response>()
    const rules = rulesOf(context.getHandler())
    noteRules(request, rules)
    const caller = await this.callerOf(request, response, rules)
    setCaller(request, caller)
    try {
      await this.count(response, rules?.bucket ?? 'mutate', accountOf(caller))
    } catch (refusal) {
      if (refusal instanceof Problem)
        await this.deps.audit.tryAppendFirst(request, response, { rules, status: refusal.status })
      throw refusal
    }
    if (rules && caller.scopes.has(rules.scope)) {
      const refusal = refusalOf(request)
      if (!refusal) return true
      await this.deps.audit.tryAppendFirst(request, response, { rules, status: refusal.status })
      throw refusal
    }
    const detail = rules
      ? `This needs the scope ${rules.scope}; ${caller.subject} has ${[...caller.scopes].join(', ') || 'none'}.`
      : 'This path declares no scope, so it is open to nobody.'
    await this.deps.audit.tryAppend(auditedOf(request, response, rules), {
      result: 'denied',
      detail: { status: 403, needs: rules?.scope ?? null },
      isPause: false,
    })
    throw new Problem(403, 'forbidden', detail)
  }

  private async callerOf(request: Request, response: Response, rules: RouteRules | undefined): Promise<Principal> {
    const source = sourceOf(request.ip)
    const isPause = rules?.bucket === 'pause'
    if (!isPause) refuseFlood(await this.counted(() => this.deps.limits.waiting('failed-login', source)))
    const answer = await this.authenticate(request)
    if (answer.status === 'known') return answer.principal
    const { retryAfterMs } = await this.counted(() => this.deps.limits.take('failed-login', source))
    refuseFlood(retryAfterMs)
    const audited = { ...auditedOf(request, response, rules), keyId: answer.keyId, action: 'authenticate' }
    const detail = { status: 401, method: request.method }
    await this.deps.audit.tryAppend(audited, { result: 'denied', detail, isPause: false })
    throw new Problem(
      401,
      'unauthorised',
      'Send a valid access token or API key as "Authorization: Bearer <token>".',
      [],
      { headers: { 'WWW-Authenticate': 'Bearer' } },
    )
  }

  private async authenticate(request: Request): Promise<Authentication> {
    try {
      return await this.deps.authenticate.run({ bearer: bearerOf(request), source: request.ip })
    } catch (error) {
      this.tell('checking a credential', error)
      throw unavailable('Credentials cannot be checked at the moment.')
    }
  }

  /** Takes one from the bucket and says in the headers what is left of it. */
  private async count(response: Response, bucket: RateBucket, account: string): Promise<void> {
    const taken =
      bucket === 'pause'
        ? await this.countPause(account)
        : await this.counted(() => this.deps.limits.take(bucket, account))
    if (taken?.standing) response.set(standingHeaders(bucket, taken.standing))
    if (taken?.retryAfterMs === undefined) return
    throw tooMany(taken.retryAfterMs, `The requests of ${account} in the bucket "${bucket}" are used up.`)
  }

  private async countPause(account: string) {
    try {
      return await within(PAUSE_PATIENCE_MS, 'Counting requests', this.deps.limits.take('pause', account))
    } catch (error) {
      this.tell('counting a pause; it goes through', error)
      return undefined
    }
  }

  private async counted<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      this.tell('counting requests', error)
      throw unavailable('Requests cannot be counted at the moment.')
    }
  }

  private tell(what: string, error: unknown): void {
    this.deps.observer.notify({ type: 'failed', what, isRetried: false, error })
  }
}

function refuseFlood(waitMs: number | undefined): void {
  if (waitMs !== undefined) throw tooMany(waitMs, 'There were too many failed logins from this address.')
}

function tooMany(waitMs: number, why: string): Problem {
  const retryAfter = Math.max(1, Math.ceil(waitMs / 1000))
  return new Problem(429, 'rate-limited', `${why} Try again in ${retryAfter} s.`, [], { retryAfter })
}

function unavailable(why: string): Problem {
  const retryAfter = UNAVAILABLE_RETRY_SECONDS
  return new Problem(503, 'unavailable', `${why} Nothing was done; try again in ${retryAfter} s.`, [], { retryAfter })
}

/** The fields of draft-ietf-httpapi-ratelimit-headers. */
function standingHeaders(bucket: RateBucket, { limit, windowMs, remaining, resetMs }: RateStanding) {
  const seconds = (ms: number) => Math.ceil(ms / 1000)
  return {
    'RateLimit-Policy': `"${bucket}";q=${limit};w=${seconds(windowMs)}`,
    RateLimit: `"${bucket}";r=${remaining};t=${seconds(resetMs)}`,
  }
}
