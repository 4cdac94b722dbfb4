import { type Selectable, sql } from 'kysely'
import { InvariantError } from '../../domain/errors.js'
import { EventFeed, type FeedEvent, type NewEvent } from '../../ports/event-feed.js'
import type { Database, Transaction } from './database.js'
import { insertMessages } from './message-rows.js'
import type { EventRow } from './tables.js'

const KEPT_MS = 7 * 24 * 3_600_000
/** How many events are added between two times that old ones are deleted. */
const PRUNE_EVERY = 50n

/**
 * The events as rows. Whoever writes takes the next sequences from the head, whose lock they hold until they commit: events
 * become visible in the order of their sequences and without gaps, so that nobody who reads on from the last one they saw
 * misses one that commits late. Deleted are the oldest, up to some sequence; the head stays where it is.
 */
export class PostgresEventFeed extends EventFeed {
  constructor(private readonly database: Database) {
    super()
  }

  override async append(events: readonly NewEvent[]): Promise<void> {
    if (events.length === 0) return
    await this.database
      .transaction()
      .setIsolationLevel('read committed')
      .execute(async (tx) => {
        const last = await takeSequences(tx, events.length)
        const first = last - BigInt(events.length) + 1n
        const placed = events.map((event, index) => ({ ...event, sequence: String(first + BigInt(index)) }))
        await tx
          .insertInto('events')
          .values(
            placed.map(({ sequence, at, type, portfolio, data }) => ({
              sequence,
              at: new Date(at),
              type,
              portfolio: portfolio ?? null,
              data: JSON.stringify(data),
            })),
          )
          .execute()
        await insertMessages(tx, placed)
        if (first / PRUNE_EVERY !== (last + 1n) / PRUNE_EVERY) await prune(tx, events.at(-1)!.at - KEPT_MS)
      })
  }

  override async since(sequence: string, limit: number): Promise<readonly FeedEvent[]> {
    const rows = await this.database
      .selectFrom('events')
      .selectAll()
      .where('sequence', '>', sequence)
      .orderBy('sequence')
      .limit(limit)
      .execute()
    return rows.map(eventOf)
  }

  override async told(type: string, from: number): Promise<readonly FeedEvent[]> {
    const rows = await this.database
      .selectFrom('events')
      .selectAll()
      .where('type', '=', type)
      .where('at', '>=', new Date(from))
      .execute()
    return rows.map(eventOf)
  }

  override async bounds(): Promise<{ readonly kept: string; readonly latest: string }> {
    const { rows } = await sql<{ kept: string; latest: string }>`
      select sequence as latest, coalesce((select min(sequence) - 1 from events), sequence) as kept
      from event_head`.execute(this.database)
    return rows[0] ?? { kept: '0', latest: '0' }
  }
}

async function takeSequences(tx: Transaction, count: number): Promise<bigint> {
  const { rows } = await sql<{ sequence: string }>`
    update event_head set sequence = sequence + ${count} returning sequence`.execute(tx)
  if (!rows[0]) throw new InvariantError('The feed of events has lost its head. Restore the table event_head.')
  return BigInt(rows[0].sequence)
}

/** Milliseconds since 1970. */
async function prune(tx: Transaction, until: number): Promise<void> {
  await sql`
    delete from events where sequence <= (select max(sequence) from events where at <= ${new Date(until)})`.execute(tx)
  await tx.deleteFrom('notifications').where('created_at', '<=', new Date(until)).execute()
}

function eventOf({ sequence, at, type, portfolio, data }: Selectable<EventRow>): FeedEvent {
  return { sequence, at: at.getTime(), type, portfolio: portfolio ?? undefined, data: data as FeedEvent['data'] }
}
