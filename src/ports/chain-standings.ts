import type { ChainKey } from '../domain/assets.js'
import type { BlockRef } from '../domain/portfolio/snapshot.js'

/** How one endpoint of a chain stands. */
export interface EndpointStanding {
  readonly name: string
  /** Of its address. Path and query, which may hold a key, are told nowhere. */
  readonly host: string
  /** It showed the right chain, is not in quarantine, and nothing is held against it. */
  readonly isHealthy: boolean
  /** What was found against it last. */
  readonly reason: string | undefined
  /** Its chain contained the head that was agreed on last. */
  readonly isAgreeing: boolean
  /** Its latest block, as it told it last; `timestamp` in seconds since 1970. */
  readonly head: Pick<BlockRef, 'number' | 'timestamp'> | undefined
  /** Milliseconds since 1970. */
  readonly quarantinedUntil: number | undefined
}

/** How a chain stood when its endpoints were asked last. */
export interface ChainStanding {
  readonly chain: ChainKey
  readonly chainId: number
  /** Endpoints that have to agree. */
  readonly quorum: number
  /** Milliseconds since 1970; undefined before they were asked. */
  readonly lookedAt: number | undefined
  /** Whether a quorum agreed then. */
  readonly isAgreed: boolean
  /** Why it did not. */
  readonly reason: string | undefined
  /** The last blocks that were agreed on. */
  readonly head: BlockRef | undefined
  readonly finalized: BlockRef | undefined
  readonly endpoints: readonly EndpointStanding[]
}

/** What the daemon remembers of its endpoints. */
export abstract class ChainStandings {
  /** In the order of the configuration. Asks nobody. */
  abstract all(): readonly ChainStanding[]
}
