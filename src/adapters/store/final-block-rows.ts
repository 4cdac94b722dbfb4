import type { ChainKey } from '../../domain/assets.js'
import type { Inclusion } from '../../domain/execution/intent.js'
import type { BlockRef } from '../../domain/portfolio/snapshot.js'
import type { Database } from './database.js'
import { fromJson } from './json.js'

/** So many of each chain: a block that changed takes all later ones with it. */
const PER_CHAIN = 3

/** Newest first. */
export async function loadFinalBlocks(db: Database): Promise<{ chain: ChainKey; block: BlockRef }[]> {
  const rows = await db
    .with('ended', (one) =>
      one
        .selectFrom('intents')
        .select(['chain', 'sequence', 'inclusion'])
        .select(({ fn }) =>
          fn
            .agg<string>('row_number')
            .over((over) => over.partitionBy('chain').orderBy('sequence', 'desc'))
            .as('place'),
        )
        .where('state', 'in', ['final_ok', 'final_reverted', 'final_cancelled']),
    )
    .selectFrom('ended')
    .select(['chain', 'inclusion'])
    .where('place', '<=', String(PER_CHAIN))
    .orderBy('sequence', 'desc')
    .execute()
  return rows.map(({ chain, inclusion }) => ({ chain, block: (fromJson(inclusion) as Inclusion).block }))
}
