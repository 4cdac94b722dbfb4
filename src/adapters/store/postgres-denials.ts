import { sql } from 'kysely'
import { type Denial, Denials } from '../../ports/denials.js'
import type { Database, Transaction } from './database.js'

/** Any number that nothing else in the database locks. */
const WORD_LOCK = 7_246_195_004

/** The words on people as rows. Every change is one transaction, committed when the promise fulfils. */
export class PostgresDenials extends Denials {
  constructor(private readonly database: Database) {
    super()
  }

  override deny({ subject, reason, since }: Denial): Promise<boolean> {
    return this.say({ subject, is_denied: true, reason, at: new Date(since) })
  }

  override allow(subject: string, reason: string, at: number): Promise<boolean> {
    return this.say({ subject, is_denied: false, reason, at: new Date(at) })
  }

  override async list(): Promise<readonly Denial[]> {
    const rows = await this.database
      .selectFrom('person_words as word')
      .select(['subject', 'reason', 'at'])
      .where('is_denied', '=', true)
      .where((is) =>
        is.not(
          is.exists(
            is
              .selectFrom('person_words as later')
              .select('sequence')
              .whereRef('later.subject', '=', 'word.subject')
              .whereRef('later.sequence', '>', 'word.sequence'),
          ),
        ),
      )
      .orderBy('sequence', 'desc')
      .execute()
    return rows.map(({ subject, reason, at }) => ({ subject, reason, since: at.getTime() }))
  }

  /** One word after another, so that each is judged by what the one before left. */
  private say(word: { subject: string; is_denied: boolean; reason: string; at: Date }): Promise<boolean> {
    return this.database
      .transaction()
      .setIsolationLevel('read committed')
      .execute(async (tx) => {
        await sql`select pg_advisory_xact_lock(${sql.lit(WORD_LOCK)})`.execute(tx)
        if ((await isDenied(tx, word.subject)) === word.is_denied) return false
        await tx.insertInto('person_words').values(word).execute()
        return true
      })
  }
}

async function isDenied(tx: Transaction, subject: string): Promise<boolean> {
  const row = await tx
    .selectFrom('person_words')
    .select('is_denied')
    .where('subject', '=', subject)
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.is_denied ?? false
}
