import { isWithin } from './adapters/access/networks.js'
import { OidcIdentities } from './adapters/access/oidc-identities.js'
import { isSameDigest, sha256 } from './adapters/access/secrets.js'
import { PostgresApiKeys } from './adapters/store/postgres-api-keys.js'
import { PostgresDenials } from './adapters/store/postgres-denials.js'
import type { Parts } from './app.module.js'
import { Authenticate } from './application/authenticate.js'
import { DenyList } from './application/deny-list.js'
import { isPrivate } from './config/private-address.js'
import { ApiKeys } from './ports/api-keys.js'
import { Clock } from './ports/clock.js'
import { Denials } from './ports/denials.js'
import { Identities, NoIdentities } from './ports/identities.js'
import { Observer } from './ports/observer.js'

/** Who asks: machines by their keys, people by the identity provider, or everybody by the one shared token. */
export function accessProviders({ config: { file, secrets }, database }: Parts) {
  const { oidc } = file.server.auth
  return [
    { provide: ApiKeys, useFactory: () => new PostgresApiKeys(database) },
    {
      provide: Identities,
      useFactory: (clock: Clock) =>
        oidc ? new OidcIdentities({ ...oidc, jwksUrl: oidc.jwksUrl, isPrivate }, clock) : new NoIdentities(),
      inject: [Clock],
    },
    { provide: Denials, useFactory: () => new PostgresDenials(database) },
    {
      provide: DenyList,
      useFactory: (denials: Denials, clock: Clock, observer: Observer) => new DenyList({ denials, clock, observer }),
      inject: [Denials, Clock, Observer],
    },
    {
      provide: Authenticate,
      useFactory: (keys: ApiKeys, identities: Identities, denyList: DenyList, clock: Clock, observer: Observer) =>
        new Authenticate({
          keys,
          identities,
          denyList,
          clock,
          observer,
          operatorToken: secrets.adminToken,
          hash: sha256,
          isSameDigest,
          isWithin,
        }),
      inject: [ApiKeys, Identities, DenyList, Clock, Observer],
    },
  ]
}
