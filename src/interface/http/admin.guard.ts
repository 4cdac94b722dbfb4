import { createHash, timingSafeEqual } from 'node:crypto'
import type { CanActivate, ExecutionContext } from '@nestjs/common'
import type { Request } from 'express'
import { Problem } from './problem.js'

/** Lets a request pass that carries the configured bearer token. Without a configured token nothing passes. */
export class AdminGuard implements CanActivate {
  constructor(private readonly token: string | undefined) {}

  canActivate(context: ExecutionContext): boolean {
    if (this.token === undefined)
      throw new Problem(
        401,
        'unauthorised',
        'No admin token is configured: set EVENKEEL_ADMIN_TOKEN or EVENKEEL_ADMIN_TOKEN_FILE and restart.',
      )
    const header = context.switchToHttp().getRequest<Request>().headers.authorization ?? ''
    const given = /^Bearer (.+)$/.exec(header)?.[1]
    if (given === undefined || !timingSafeEqual(digest(given), digest(this.token)))
      throw new Problem(401, 'unauthorised', 'Send the admin token as "Authorization: Bearer <token>".')
    return true
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
