import { createHash, timingSafeEqual } from 'node:crypto'
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common'
import type { Request } from 'express'
import { Problem } from './problem.js'

/** The configured bearer token, as an injection token. */
export class AdminToken {
  constructor(readonly value: string | undefined) {}
}

/** Lets a request pass that carries the configured bearer token. Without a configured token nothing passes. */
@Injectable()
export class AdminGuard implements CanActivate {
  constructor(private readonly token: AdminToken) {}

  canActivate(context: ExecutionContext): boolean {
    if (this.token.value === undefined)
      throw new Problem(
        401,
        'unauthorised',
        'No admin token is configured: set EVENKEEL_ADMIN_TOKEN or EVENKEEL_ADMIN_TOKEN_FILE and restart.',
      )
    const header = context.switchToHttp().getRequest<Request>().headers.authorization ?? ''
    const given = /^Bearer (.+)$/.exec(header)?.[1]
    if (given === undefined || !timingSafeEqual(digest(given), digest(this.token.value)))
      throw new Problem(401, 'unauthorised', 'Send the admin token as "Authorization: Bearer <token>".')
    return true
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
