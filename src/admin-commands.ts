import { isNetwork } from './adapters/access/networks.js'
import { sha256, unforeseeable } from './adapters/access/secrets.js'
import type { Database } from './adapters/store/database.js'
import { PostgresApiKeys } from './adapters/store/postgres-api-keys.js'
import { PostgresAuditLog } from './adapters/store/postgres-audit-log.js'
import { PostgresDenials } from './adapters/store/postgres-denials.js'
import { SystemClock } from './adapters/time/system-clock.js'
import type { AccessManager } from './application/audited-deed.js'
import { ManageKeys } from './application/manage-keys.js'
import { ManagePeople } from './application/manage-people.js'
import { type Command, UsageError } from './interface/cli.js'
import { keyListJson, keyListText, keyNotice } from './interface/key-report.js'
import { DENIAL_NOTICE, denialListJson, denialListText } from './interface/person-report.js'

type Of<Name extends Command['name']> = Extract<Command, { name: Name }>

/** Where a command writes: `say` what was asked for, `note` what a person should know beside it. */
export interface Output {
  readonly say: (text: string) => void
  readonly note: (text: string) => void
}

/** Makes, lists or revokes keys of machines. A new key is the only thing that is said, so that a script can take it. */
export async function manageKeys(command: Of<'key'>, database: Database, build: string, output: Output): Promise<void> {
  const { say, note } = output
  const clock = new SystemClock()
  const [kept, audit] = [new PostgresApiKeys(database), new PostgresAuditLog(database)]
  const manage = new ManageKeys({ keys: kept, audit, clock, hash: sha256, unforeseeable, isNetwork })
  const manager = commandLine(build)
  switch (command.act) {
    case 'create': {
      const made = await manage.create(command.wish, manager)
      if (made.status === 'refused') throw new UsageError(made.findings.map((one) => `--${one}`).join('\n'))
      say(made.text)
      note(keyNotice(made.key))
      return
    }
    case 'list': {
      const all = await manage.list()
      say(command.json ? keyListJson(all, clock.now()) : keyListText(all, clock.now()))
      return
    }
    case 'revoke':
      if (!(await manage.revoke(command.id, manager)))
        throw new UsageError(
          `--id: expected a key that is not revoked, got ${command.id}. evenkeel key list shows them.`,
        )
      say(`${command.id} is revoked: it is refused from now on.`)
  }
}

/** Shuts people out, lets them in again, or lists who is shut out. */
export async function managePeople(
  command: Of<'person'>,
  database: Database,
  build: string,
  { say, note }: Output,
): Promise<void> {
  const [denials, audit] = [new PostgresDenials(database), new PostgresAuditLog(database)]
  const manage = new ManagePeople({ denials, audit, clock: new SystemClock() })
  if (command.act === 'list') {
    const all = await manage.list()
    say(command.json ? denialListJson(all) : denialListText(all))
    return
  }
  const { act, subject, reason } = command
  const change = await manage[act]({ subject, reason }, commandLine(build))
  if (change.status === 'refused') throw new UsageError(change.findings.map((one) => `--${one}`).join('\n'))
  if (change.status === 'unchanged') {
    const expected = act === 'deny' ? 'a person who is not shut out yet' : 'a person who is shut out'
    throw new UsageError(`--subject: expected ${expected}, got ${subject}. evenkeel person list shows who is.`)
  }
  if (act === 'allow') return say(`${subject} is let in again, within 30 seconds.`)
  say(`${subject} is shut out: their access tokens are refused within 30 seconds.`)
  note(DENIAL_NOTICE)
}

function commandLine(build: string): AccessManager {
  return { actor: 'operator', subject: 'cli', keyId: undefined, source: undefined, requestId: undefined, build }
}

/** Reads the whole audit log. The exit code: 0 intact, 1 broken. */
export async function verifyAudit(database: Database, { say, note }: Output): Promise<number> {
  const found = await new PostgresAuditLog(database).verify()
  if (found.status === 'intact') {
    say(`The audit log is intact: ${found.count} records, head ${found.head}.`)
    return 0
  }
  const { sequence, reason } = found.fault
  note(`The audit log is broken at record ${sequence}: ${reason}`)
  return 1
}
