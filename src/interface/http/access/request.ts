import type { Request, Response } from 'express'
import type { Principal } from '../../../domain/access/principal.js'

/** How long a pause waits for each thing that it could do without: counters, the audit log, idempotency keys. */
export const PAUSE_PATIENCE_MS = 250

export const REQUEST_ID = 'X-Request-Id'
export const REPLAYED = 'Idempotent-Replayed'

/** The credential of the `Authorization` header; nowhere else is looked. */
export function bearerOf({ headers }: Request): string | undefined {
  return /^Bearer +([\x21-\x7e]{1,8192})$/i.exec(headers.authorization ?? '')?.[1]
}

/** Given to every answer before anything else is done. */
export function requestIdOf(response: Response): string | undefined {
  const id = response.getHeader(REQUEST_ID)
  return typeof id === 'string' ? id : undefined
}

export const isRead = ({ method }: Request): boolean => method === 'GET' || method === 'HEAD'

/** What counters and idempotency keys belong to. A person is one whatever token they hold; a key is not its owner. */
export function accountOf({ kind, subject, keyId }: Principal): string {
  return `${kind}:${keyId ?? subject}`
}
