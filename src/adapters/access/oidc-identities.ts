import { type JWTPayload, jwtVerify } from 'jose'
import { ACCESS_SCOPES, type AccessScope } from '../../domain/access/scopes.js'
import { isSubject } from '../../domain/access/subject.js'
import type { Clock } from '../../ports/clock.js'
import { Identities, IdentitiesError, type Identity } from '../../ports/identities.js'
import { ProviderKeys, type ProviderKeysOptions } from './provider-keys.js'

/** Access tokens are for one sitting: an older one counts no more, whatever it says itself. */
const MOST_AGE_SECONDS = 15 * 60
/** Clocks of provider and daemon may differ by this much. */
const LEEWAY_SECONDS = 30

export interface OidcOptions extends ProviderKeysOptions {
  /** Whom tokens have to be for. */
  readonly audience: string
  /** The claim with the scopes: a text with spaces between them, or a list. */
  readonly scopesClaim: string
  /** Of signatures; none that is symmetric. */
  readonly algorithms: readonly string[]
  /** Header `typ` of access tokens. */
  readonly tokenType: string
}

/**
 * People by the access tokens of one OpenID provider.
 *
 * Guarantees: a token counts if its signature is by a key of the pinned provider and of a pinned algorithm, it is of the
 * pinned type, from the issuer, for the audience, issued within 15 minutes, not expired, not before its time, and names a
 * subject; anything else is undefined, without a word why. Scopes that do not exist are left out.
 */
export class OidcIdentities extends Identities {
  private readonly keys: ProviderKeys

  constructor(
    private readonly options: OidcOptions,
    private readonly clock: Clock,
  ) {
    super()
    this.keys = new ProviderKeys(options)
  }

  override async identify(token: string): Promise<Identity | undefined> {
    const { issuer, audience, algorithms, tokenType } = this.options
    try {
      const { payload } = await jwtVerify(token, (header, input) => this.keys.keyFor(header, input), {
        issuer,
        audience,
        algorithms: [...algorithms],
        typ: tokenType,
        requiredClaims: ['sub', 'exp'],
        maxTokenAge: MOST_AGE_SECONDS,
        clockTolerance: LEEWAY_SECONDS,
        currentDate: new Date(this.clock.now()),
      })
      return this.identityOf(payload)
    } catch (error) {
      if (error instanceof IdentitiesError) throw error
      return undefined
    }
  }

  private identityOf({ sub, exp, iat, ...claims }: JWTPayload): Identity | undefined {
    if (typeof sub !== 'string' || !isSubject(sub)) return undefined
    const endsAt = Math.min(exp!, iat! + MOST_AGE_SECONDS)
    return { subject: sub, scopes: scopesOf(claims[this.options.scopesClaim]), expiresAt: endsAt * 1000 }
  }
}

function scopesOf(claim: unknown): AccessScope[] {
  const named: readonly unknown[] = typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : []
  return ACCESS_SCOPES.filter((scope) => named.includes(scope))
}
