import type { FeedEvent, NewEvent } from '../../ports/event-feed.js'
import type { Transaction } from './database.js'

/** Writes what is to be sent of these events; what a channel has a message of already is not written again. */
export async function insertMessages(
  tx: Transaction,
  events: readonly (FeedEvent & Pick<NewEvent, 'messages'>)[],
): Promise<void> {
  const rows = events.flatMap(({ messages, sequence, at, type, portfolio, data }) => {
    const event = JSON.stringify({ sequence, at, type, portfolio, data })
    return messages.map(({ channel, key }) => ({
      channel,
      key: key ?? null,
      event,
      created_at: new Date(at),
      due_at: new Date(at),
    }))
  })
  if (rows.length === 0) return
  await tx
    .insertInto('notifications')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}
