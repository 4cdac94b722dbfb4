import type { NextFunction, Request, Response } from 'express'
import type { Observer } from '../../../ports/observer.js'
import { actionOf, type RouteRules } from './route.js'

const rulesFor = new WeakMap<Request, RouteRules>()

/** Remembers what holds for a request, for whoever measures it. */
export function noteRules(request: Request, rules: RouteRules | undefined): void {
  if (rules) rulesFor.set(request, rules)
}

/**
 * Middleware that tells of every answer once it is written, with the pattern of its path and never the path itself. A
 * stream that was opened is no answer that ends; one that was refused is told of.
 */
export function measureRequests(observer: Observer) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const begun = performance.now()
    response.once('finish', () => {
      const rules = rulesFor.get(request)
      const { statusCode: status } = response
      if (rules?.isStream && status < 400) return
      const route = request.route as { readonly path: unknown } | undefined
      observer.notify({
        type: 'request-answered',
        method: request.method,
        route: typeof route?.path === 'string' ? route.path : undefined,
        action: rules && actionOf(rules),
        status,
        seconds: (performance.now() - begun) / 1000,
      })
    })
    next()
  }
}
