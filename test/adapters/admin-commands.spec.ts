import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import { sha256 } from '../../src/adapters/access/secrets.js'
import { PostgresApiKeys } from '../../src/adapters/store/postgres-api-keys.js'
import { PostgresAuditLog } from '../../src/adapters/store/postgres-audit-log.js'
import { manageKeys, managePeople, verifyAudit } from '../../src/admin-commands.js'
import { parseCommand, UsageError } from '../../src/interface/cli.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
}, 60_000)
afterAll(() => db.drop())

function listen() {
  const out: string[] = []
  const err: string[] = []
  return {
    out,
    err,
    output: { say: (text: string) => void out.push(text), note: (text: string) => void err.push(text) },
  }
}

/** Runs `evenkeel key …`; what was said. */
async function key(...args: string[]): Promise<{ out: string; err: string }> {
  const command = parseCommand(['key', ...args, '--config', 'unread.yaml'])
  if (command.name !== 'key') throw new Error(`Expected key, got ${command.name}.`)
  const { out, err, output } = listen()
  await manageKeys(command, db.database, '1.0.0', output)
  return { out: out.join('\n'), err: err.join('\n') }
}
const create = (...more: string[]) => key('create', '--name', 'alert-bot', '--scopes', 'pause,status:read', ...more)

async function verify() {
  const { out, err, output } = listen()
  return { code: await verifyAudit(db.database, output), out: out.join('\n'), err: err.join('\n') }
}

describe('evenkeel key', () => {
  test('without keys says how to make one', async () => {
    expect((await key('list')).out).toBe('There are no keys. evenkeel key create makes one.')
  })

  test('create prints the key alone, once; what is kept is its digest', async () => {
    const { out: text, err } = await create('--networks', '10.0.0.0/8', '--days', '7')
    expect(text).toMatch(/^ek_[a-z2-7]{12}_[A-Za-z0-9_-]{43}$/)
    const id = text.slice(3, 15)
    expect(err).toContain(`Key ${id} of alert-bot may ask for pause, status:read from 10.0.0.0/8 until 20`)
    const kept = (await new PostgresApiKeys(db.database).byId(id))!
    expect(kept).toMatchObject({ name: 'alert-bot', hash: sha256(text), networks: ['10.0.0.0/8'] })
    expect(kept.expiresAt - kept.createdAt).toBe(7 * 86_400_000)
    const listed = `${(await key('list')).out}${(await key('list', '--json')).out}`
    expect(listed).toContain(id)
    expect(listed).not.toContain(text.slice(16))
    expect(listed).not.toContain(kept.hash)
  })

  test('revoke ends it, once', async () => {
    const id = (await create()).out.slice(3, 15)
    expect((await key('revoke', '--id', id)).out).toBe(`${id} is revoked: it is refused from now on.`)
    await expect(key('revoke', '--id', id)).rejects.toThrow(UsageError)
    await expect(key('revoke', '--id', 'nobody')).rejects.toThrow(
      '--id: expected a key that is not revoked, got nobody.',
    )
    const { keys } = JSON.parse((await key('list', '--json')).out) as { keys: { id: string; state: string }[] }
    expect(keys.find((one) => one.id === id)).toMatchObject({ state: 'revoked', revokedAt: expect.any(String) })
    expect((await key('list')).out).toMatch(new RegExp(`^${id} +alert-bot +revoked `, 'm'))
  })

  test('A-04: what no key may hold is refused with what was expected, and none is made', async () => {
    const before = (await key('list')).out
    await expect(key('create', '--name', 'bot', '--scopes', 'resume:approve,')).rejects.toThrow(
      /^--scopes: expected some of .*, got "resume:approve".*\n--scopes: .* got ""/,
    )
    await expect(create('--networks', 'home')).rejects.toThrow('--networks: expected an address and a prefix')
    expect((await key('list')).out).toBe(before)
  })

  test('every deed is in the audit log', async () => {
    const id = (await create()).out.slice(3, 15)
    const [last] = await new PostgresAuditLog(db.database).records({ limit: 1 })
    expect(last).toMatchObject({
      actor: 'operator',
      subject: 'cli',
      action: 'key.create',
      resource: `key:${id}`,
      result: 'done',
    })
  })
})

/** Runs `evenkeel person …`; what was said. */
async function person(...args: string[]): Promise<{ out: string; err: string }> {
  const command = parseCommand(['person', ...args, '--config', 'unread.yaml'])
  if (command.name !== 'person') throw new Error(`Expected person, got ${command.name}.`)
  const { out, err, output } = listen()
  await managePeople(command, db.database, '1.0.0', output)
  return { out: out.join('\n'), err: err.join('\n') }
}

describe('evenkeel person', () => {
  test('A-06: deny shuts out, allow lets in again, each once and in the audit log', async () => {
    const word = ['--subject', 'ada', '--reason', 'Leaves today.']
    expect((await person('list')).out).toBe('Nobody is shut out.')
    const { out, err } = await person('deny', ...word)
    expect(out).toBe('ada is shut out: their access tokens are refused within 30 seconds.')
    expect(err).toContain('compare it with "subject" in the audit log')
    await expect(person('deny', ...word)).rejects.toThrow(
      '--subject: expected a person who is not shut out yet, got ada.',
    )
    expect((await person('list')).out).toMatch(/^ada +\d{4}-\d\d-\d\dT[\d:.]+Z +Leaves today\.$/m)
    expect(JSON.parse((await person('list', '--json')).out)).toEqual({
      denied: [{ subject: 'ada', reason: 'Leaves today.', since: expect.any(String) }],
    })
    const back = ['--subject', 'ada', '--reason', 'It was a mistake.']
    expect((await person('allow', ...back)).out).toBe('ada is let in again, within 30 seconds.')
    await expect(person('allow', ...back)).rejects.toThrow('--subject: expected a person who is shut out, got ada.')
    expect((await person('list')).out).toBe('Nobody is shut out.')
    const told = (await new PostgresAuditLog(db.database).records({ limit: 8 })).toReversed()
    const deeds = [
      ['person.deny', 'allowed', 'Leaves today.'],
      ['person.deny', 'done', 'Leaves today.'],
      ['person.deny', 'allowed', 'Leaves today.'],
      ['person.deny', 'failed', 'Leaves today.'],
      ['person.allow', 'allowed', 'It was a mistake.'],
      ['person.allow', 'done', 'It was a mistake.'],
      ['person.allow', 'allowed', 'It was a mistake.'],
      ['person.allow', 'failed', 'It was a mistake.'],
    ] as const
    expect(told).toMatchObject(
      deeds.map(([action, result, reason]) => ({
        actor: 'operator',
        subject: 'cli',
        resource: 'person:ada',
        build: '1.0.0',
        action,
        result,
        detail: { reason },
      })),
    )
  })
})

describe('evenkeel audit verify', () => {
  test('F-81: 0 with count and head of a log that was only added to, 1 with the record that was edited', async () => {
    const [last] = await new PostgresAuditLog(db.database).records({ limit: 1 })
    expect(await verify()).toEqual({
      code: 0,
      out: `The audit log is intact: ${last!.sequence} records, head ${last!.hash}.`,
      err: '',
    })
    await db.database.transaction().execute(async (tx) => {
      await sql`alter table audit_log disable trigger audit_log_only_grows`.execute(tx)
      await sql`update audit_log set record = replace(record::text, 'cli', 'eve')::json where sequence = 2`.execute(tx)
    })
    expect(await verify()).toEqual({
      code: 1,
      out: '',
      err: expect.stringMatching(/^The audit log is broken at record 2: /),
    })
  })
})
