import type { Provider } from '@nestjs/common'
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core'
import { Authenticate } from '../../../application/authenticate.js'
import { AuditLog } from '../../../ports/audit-log.js'
import { Clock } from '../../../ports/clock.js'
import { Idempotency } from '../../../ports/idempotency.js'
import { Observer } from '../../../ports/observer.js'
import { RateLimits } from '../../../ports/rate-limits.js'
import { AccessGuard } from './access.guard.js'
import { AuditInterceptor } from './audit.interceptor.js'
import { AuditTrail } from './audit-trail.js'
import { type Aside, ExchangeInterceptor } from './exchange.interceptor.js'
import { IdempotencyInterceptor } from './idempotency.interceptor.js'
import { FreshnessInterceptor, SharedAnswers } from './shared-answers.js'

/**
 * What every request to a module's controllers passes, in this order: who asks and whether they may, the audit log, the
 * idempotency key, what may come in and how it goes out. Needs Authenticate, RateLimits, AuditLog, Idempotency, Observer
 * and Clock in the module. A change makes every read after it a fresh one. Reads are made `aside`.
 */
export function gateProviders(build: string, answers = new SharedAnswers(), aside?: Aside): Provider[] {
  return [
    {
      provide: AuditTrail,
      useFactory: (log: AuditLog, observer: Observer, clock: Clock) => new AuditTrail({ log, observer, clock, build }),
      inject: [AuditLog, Observer, Clock],
    },
    {
      provide: APP_GUARD,
      useFactory: (authenticate: Authenticate, limits: RateLimits, audit: AuditTrail, observer: Observer) =>
        new AccessGuard({ authenticate, limits, audit, observer }),
      inject: [Authenticate, RateLimits, AuditTrail, Observer],
    },
    { provide: APP_INTERCEPTOR, useFactory: () => new FreshnessInterceptor(answers) },
    {
      provide: APP_INTERCEPTOR,
      useFactory: (audit: AuditTrail) => new AuditInterceptor(audit),
      inject: [AuditTrail],
    },
    {
      provide: APP_INTERCEPTOR,
      useFactory: (idempotency: Idempotency, clock: Clock, observer: Observer) =>
        new IdempotencyInterceptor({ idempotency, clock, observer }),
      inject: [Idempotency, Clock, Observer],
    },
    { provide: APP_INTERCEPTOR, useFactory: () => new ExchangeInterceptor(answers, aside) },
  ]
}
