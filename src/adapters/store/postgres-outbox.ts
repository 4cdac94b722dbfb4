import { type Selectable, sql } from 'kysely'
import type { FeedEvent } from '../../ports/event-feed.js'
import { type Message, Outbox } from '../../ports/outbox.js'
import type { Database } from './database.js'
import type { NotificationRow } from './tables.js'

type Row = Pick<Selectable<NotificationRow>, 'id' | 'channel' | 'event' | 'created_at' | 'attempts'>

/**
 * The outbox as rows. Taking a message puts off the time at which it is due, in the statement that gives it out: a process
 * that dies while it sends one leaves it to the next, and nothing is locked while something is sent.
 */
export class PostgresOutbox extends Outbox {
  constructor(private readonly database: Database) {
    super()
  }

  override async take(
    channel: string,
    { now, until }: { readonly now: number; readonly until: number },
    limit: number,
  ): Promise<readonly Message[]> {
    const { rows } = await sql<Row>`
      update notifications set due_at = ${new Date(until)}, attempts = attempts + 1
      where id in (
        select id from notifications
        where channel = ${channel} and ended_at is null and due_at <= ${new Date(now)}
        order by id limit ${limit} for update skip locked
      )
      returning id, channel, event, created_at, attempts`.execute(this.database)
    return rows.map(messageOf).toSorted((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1))
  }

  override async postpone(id: string, dueAt: number): Promise<void> {
    await this.database
      .updateTable('notifications')
      .set({ due_at: new Date(dueAt) })
      .where('id', '=', id)
      .where('ended_at', 'is', null)
      .execute()
  }

  override async end(id: string, outcome: 'delivered' | 'given_up', at: number): Promise<void> {
    await this.database
      .updateTable('notifications')
      .set({ outcome, ended_at: new Date(at) })
      .where('id', '=', id)
      .where('ended_at', 'is', null)
      .execute()
  }

  override async waiting(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.database
      .selectFrom('notifications')
      .select(['channel', (select) => select.fn.countAll<string>().as('count')])
      .where('ended_at', 'is', null)
      .groupBy('channel')
      .execute()
    return new Map(rows.map(({ channel, count }) => [channel, Number(count)]))
  }
}

function messageOf({ id, channel, event, created_at, attempts }: Row): Message {
  return { id, channel, event: event as FeedEvent, createdAt: created_at.getTime(), attempt: attempts }
}
