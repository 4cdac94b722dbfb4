import type { Request, Response } from 'express'
import ipaddr from 'ipaddr.js'
import type { Principal } from '../../../domain/access/principal.js'

/** How long a pause waits for each thing that it could do without: counters, the audit log. */
export const PAUSE_PATIENCE_MS = 250

export const REQUEST_ID = 'X-Request-Id'
export const REPLAYED = 'Idempotent-Replayed'

/** The credential of the `Authorization` header; nowhere else is looked. */
export function bearerOf({ headers }: Request): string | undefined {
  return /^Bearer +([\x21-\x7e]{1,8192})$/i.exec(headers.authorization ?? '')?.[1]
}

/**
 * What failed logins are counted by: an IPv4 address, in whatever notation, or the /64 network of an IPv6 address, of which
 * whoever has one address has all. Nothing for what is no address.
 */
export function sourceOf(ip: string | undefined): string {
  if (ip === undefined || !ipaddr.isValid(ip)) return ''
  const address = ipaddr.process(ip)
  return address instanceof ipaddr.IPv6
    ? ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/64`).toString()
    : address.toString()
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
