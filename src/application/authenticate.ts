import { keyState } from '../domain/access/key-terms.js'
import { idOfKey } from '../domain/access/key-text.js'
import type { Principal } from '../domain/access/principal.js'
import { ACCESS_SCOPES, isKeyScope } from '../domain/access/scopes.js'
import type { ApiKey, ApiKeys } from '../ports/api-keys.js'
import type { Clock } from '../ports/clock.js'
import type { Identities } from '../ports/identities.js'
import type { Observer } from '../ports/observer.js'
import type { DenyList } from './deny-list.js'

/** What a request says about who sends it. */
export interface Credentials {
  /** What follows `Bearer ` in the header; undefined without one. */
  readonly bearer: string | undefined
  /** Address of the caller. */
  readonly source: string | undefined
}

export type Authentication =
  | { readonly status: 'known'; readonly principal: Principal }
  /** Nobody learns why, not even from the time it took. `keyId` is the one the caller named, for the audit log: it need not exist. */
  | { readonly status: 'unknown'; readonly keyId: string | undefined }

/** Compared with the digest of a key that names no known id, so that it takes what a wrong key takes. */
const NO_DIGEST = '0'.repeat(64)

const OPERATOR: Principal = {
  kind: 'operator',
  subject: 'operator',
  keyId: undefined,
  scopes: new Set(ACCESS_SCOPES),
  expiresAt: undefined,
}

/**
 * Says who sends a request: the shared operator token, an API key, or a person's access token.
 *
 * Guarantees: an unknown, wrong, expired or revoked key and one from a foreign network are refused with the same answer
 * after the same steps; secrets are compared as digests of one length, in constant time; a revoked key is refused
 * from the next call on, and so is, within seconds, a person who is shut out, by the same answer. Rejects where keys
 * cannot be read, where nothing was ever read of who is shut out, and with IdentitiesError where the identity provider does
 * not answer: then nobody knows who asks, and nobody may be let in.
 */
export class Authenticate {
  private readonly operatorDigest: string | undefined

  constructor(
    private readonly deps: {
      keys: ApiKeys
      identities: Identities
      denyList: DenyList
      clock: Clock
      observer: Observer
      /** Of everybody who operates, where there is no identity provider. */
      operatorToken: string | undefined
      /** SHA-256 in hexadecimal. */
      hash: (text: string) => string
      /** Whether two digests are the same, in constant time. */
      isSameDigest: (one: string, other: string) => boolean
      /** Whether an address lies in one of the networks (CIDR). */
      isWithin: (address: string, networks: readonly string[]) => boolean
    },
  ) {
    const { operatorToken, hash } = deps
    this.operatorDigest = operatorToken === undefined ? undefined : hash(operatorToken)
  }

  async run({ bearer, source }: Credentials): Promise<Authentication> {
    if (bearer === undefined) return refused()
    const { identities, denyList, hash, isSameDigest } = this.deps
    const digest = hash(bearer)
    if (this.operatorDigest !== undefined && isSameDigest(digest, this.operatorDigest)) return known(OPERATOR)
    const keyId = idOfKey(bearer)
    if (keyId !== undefined) return this.ofKey(keyId, digest, source)
    const person = await identities.identify(bearer)
    if (!person || (await denyList.has(person.subject))) return refused()
    const { subject, scopes, expiresAt } = person
    return known({ kind: 'person', subject, keyId: undefined, scopes: new Set(scopes), expiresAt })
  }

  private async ofKey(id: string, digest: string, source: string | undefined): Promise<Authentication> {
    const { keys, clock, observer, isSameDigest } = this.deps
    const key = await keys.byId(id)
    const isRight = isSameDigest(digest, key?.hash ?? NO_DIGEST)
    const now = clock.now()
    if (!key || !isRight || keyState(key, now) !== 'active' || !this.isHome(key, source)) return refused(id)
    // Not waited for: a pause has to be heard while the database cannot be written.
    void keys.used(id, now).catch((error: unknown) => {
      observer.notify({ type: 'failed', what: 'remembering the use of an API key', isRetried: true, error })
    })
    // Whatever the records say, no key holds what is for people.
    const { name: subject, expiresAt } = key
    return known({ kind: 'key', subject, keyId: id, scopes: new Set(key.scopes.filter(isKeyScope)), expiresAt })
  }

  private isHome({ networks }: ApiKey, source: string | undefined): boolean {
    return networks.length === 0 || (source !== undefined && this.deps.isWithin(source, networks))
  }
}

function known(principal: Principal): Authentication {
  return { status: 'known', principal }
}

function refused(keyId?: string): Authentication {
  return { status: 'unknown', keyId }
}
