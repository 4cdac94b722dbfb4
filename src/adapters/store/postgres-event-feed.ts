import { type Selectable, sql } from 'kysely'
import { InvariantError } from '../../domain/errors.js'
import { EventFeed, type FeedEvent } from '../../ports/event-feed.js'
import type { Database } from './database.js'
import type { EventRow } from './tables.js'

const KEPT_MS = 7 * 24 * 3_600_000
/** How many events are added between two times that old ones are deleted. */
const PRUNE_EVERY = 50n

/**
 * The events as rows. One statement takes the next sequence from the head's row, whose lock it holds until it commits, and
 * writes the event: events become visible in the order of their sequences and without gaps, so that nobody who reads on
 * from the last one they saw misses one that commits late. Deleted events leave the head where it is.
 */
export class PostgresEventFeed extends EventFeed {
  constructor(private readonly database: Database) {
    super()
  }

  override async append({ at, type, portfolio, data }: Omit<FeedEvent, 'sequence'>): Promise<void> {
    const { rows } = await sql<{ sequence: string }>`
      with next as (
        update event_head set sequence = sequence + 1 returning sequence
      )
      insert into events (sequence, at, type, portfolio, data)
      select sequence, ${new Date(at)}::timestamptz, ${type}::text, ${portfolio ?? null}::text, ${JSON.stringify(data)}::json
      from next
      returning sequence`.execute(this.database)
    if (!rows[0]) throw new InvariantError('The feed of events has lost its head. Restore the table event_head.')
    if (BigInt(rows[0].sequence) % PRUNE_EVERY !== 0n) return
    await this.database
      .deleteFrom('events')
      .where('at', '<=', new Date(at - KEPT_MS))
      .execute()
  }

  override async since(sequence: string | undefined, limit: number): Promise<readonly FeedEvent[]> {
    if (sequence === undefined) return []
    const rows = await this.database
      .selectFrom('events')
      .selectAll()
      .where('sequence', '>', sequence)
      .orderBy('sequence')
      .limit(limit)
      .execute()
    return rows.map(eventOf)
  }

  override async latest(): Promise<string> {
    const row = await this.database.selectFrom('event_head').select('sequence').executeTakeFirst()
    return row?.sequence ?? '0'
  }
}

function eventOf({ sequence, at, type, portfolio, data }: Selectable<EventRow>): FeedEvent {
  return { sequence, at: at.getTime(), type, portfolio: portfolio ?? undefined, data: data as FeedEvent['data'] }
}
