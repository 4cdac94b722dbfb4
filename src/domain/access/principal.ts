import type { AccessScope } from './scopes.js'

/** Who asks. Two people are two subjects, however many tokens they hold. */
export interface Principal {
  /** `person`: an access token of the identity provider. `key`: an API key. `operator`: the one shared admin token. */
  readonly kind: 'person' | 'key' | 'operator'
  /** Of a person what the provider calls them, of a key its name, `operator` of the shared token. */
  readonly subject: string
  /** Of a key. */
  readonly keyId: string | undefined
  readonly scopes: ReadonlySet<AccessScope>
  /** When the credential ends by itself, in milliseconds since 1970; undefined for the shared token. */
  readonly expiresAt: number | undefined
}
