import { CallReader } from './adapters/aggregators/call-reader.js'
import { QuorumReader } from './adapters/chains/quorum-reader.js'
import { QuorumStandings } from './adapters/chains/quorum-standings.js'
import { PostgresRecords } from './adapters/store/postgres-records.js'
import type { Parts } from './app.module.js'
import { PriceBoard } from './application/price-board.js'
import { portfoliosOf, priceGuardsOf } from './config/portfolios.js'
import { withoutSecrets } from './config/without-secrets.js'
import { Installation } from './interface/http/installation.js'
import { Calls } from './ports/calls.js'
import { ChainStandings } from './ports/chain-standings.js'
import { Clock } from './ports/clock.js'
import { Records } from './ports/records.js'
import { Store } from './ports/store.js'

/** What people and programs look at, beside the records that the daemon itself works by. */
export function readProviders({ config, database, build }: Parts) {
  const { file, secrets, hash: configHash, revision } = config
  const chains = Object.entries(file.chains).map(([chain, { chainId }]) => ({ chain, chainId }))
  // Prices have the same rules in every portfolio.
  const rules = portfoliosOf(file)[0]?.priceRules ?? []
  return [
    { provide: Records, useFactory: () => new PostgresRecords(database) },
    { provide: Calls, useFactory: () => new CallReader(chains) },
    {
      provide: ChainStandings,
      useFactory: (quorum: QuorumReader) => new QuorumStandings(quorum),
      inject: [QuorumReader],
    },
    {
      provide: PriceBoard,
      useFactory: (store: Store, clock: Clock) => new PriceBoard({ rules, guards: priceGuardsOf(file), store, clock }),
      inject: [Store, Clock],
    },
    {
      provide: Installation,
      useFactory: () =>
        new Installation({
          version: build.version,
          revision,
          schema: build.schema,
          configHash,
          config: withoutSecrets(file, secrets),
        }),
    },
  ]
}
