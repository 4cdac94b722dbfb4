import type { AccessScope } from '../domain/access/scopes.js'

/** A person as the identity provider vouches for them. */
export interface Identity {
  readonly subject: string
  readonly scopes: readonly AccessScope[]
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** The identity provider's keys cannot be had, so that nothing can be said about a token. The message holds no secret. */
export class IdentitiesError extends Error {
  override readonly name = 'IdentitiesError'
}

/** Says who an access token belongs to. */
export abstract class Identities {
  /**
   * Undefined for whatever is not a valid access token for us, without a word why. Rejects with IdentitiesError
   * where the provider's keys cannot be had.
   */
  abstract identify(token: string): Promise<Identity | undefined>
}

/** Where no identity provider is configured. */
export class NoIdentities extends Identities {
  override identify(): Promise<undefined> {
    return Promise.resolve(undefined)
  }
}
