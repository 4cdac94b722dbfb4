import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { sql } from 'kysely'
import { stringify } from 'yaml'
import { createKeystore } from '../../src/adapters/signers/keystore-signer.js'
import { runCommand } from '../../src/commands.js'
import { Failpoints } from '../../src/ports/failpoints.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'
import { minimalConfig } from '../support/minimal-config.js'

describe('evenkeel keystore', () => {
  let folder: string
  let db: TestDatabase
  const path = (name: string) => join(folder, name)
  beforeAll(async () => {
    db = await createTestDatabase()
    folder = await mkdtemp(join(tmpdir(), 'evenkeel-command-'))
    await writeFile(path('password'), 'correct horse\n')
    await writeFile(path('wrong'), 'battery staple\n')
  }, 60_000)
  afterAll(async () => {
    await rm(folder, { recursive: true })
    await db.drop()
  })

  /** Runs one command line in this process; what it said, and how it ended. */
  const run = async (...args: string[]) => {
    const said = { out: '', err: '' }
    const listen = (stream: NodeJS.WriteStream, to: keyof typeof said) =>
      jest.spyOn(stream, 'write').mockImplementation((text) => {
        said[to] += String(text)
        return true
      })
    const spies = [listen(process.stdout, 'out'), listen(process.stderr, 'err')]
    try {
      const environment = { DATABASE_URL: db.url }
      const code = await runCommand(args, { version: '0.0.0', failpoints: new Failpoints(), environment })
      return { code, ...said }
    } finally {
      for (const spy of spies) spy.mockRestore()
    }
  }
  /** Starts with a keystore and a password that lie beside the configuration file. */
  const start = async (file: string, passwordFile: string) => {
    const config = { ...minimalConfig(), signer: { kind: 'keystore', file, passwordFile } }
    await writeFile(path('evenkeel.yaml'), stringify(config))
    return run('start', '--config', path('evenkeel.yaml'))
  }

  test('create writes a key once, show names its address, and a start that cannot use it ends with 2 and one line', async () => {
    const created = await run('keystore', 'create', '--out', path('key.json'), '--password-file', path('password'))
    const address = /^.*key\.json holds the new key of (0x[0-9a-fA-F]{40})\.\n$/.exec(created.out)?.[1]
    expect(created).toMatchObject({ code: 0, err: '' })
    expect(address).toBeDefined()
    expect(await run('keystore', 'show', '--file', path('key.json'))).toEqual({ code: 0, out: `${address}\n`, err: '' })
    const before = await readFile(path('key.json'), 'utf8')
    const again = await run('keystore', 'create', '--out', path('key.json'), '--password-file', path('password'))
    expect(again).toMatchObject({ code: 2, out: '', err: expect.stringContaining('never overwritten') })
    expect(await readFile(path('key.json'), 'utf8')).toBe(before)

    await createKeystore({ file: path('quick.json'), passwordFile: path('password') }, 1_024)
    for (const [file, passwordFile, message] of [
      ['quick.json', 'wrong', `The password in ${path('wrong')} does not open ${path('quick.json')}.`],
      ['none.json', 'password', `${path('none.json')} cannot be read (ENOENT); expected the keystore.`],
      ['password', 'password', `${path('password')} is no keystore;`],
    ] as const) {
      const { code, err } = await start(file, passwordFile)
      expect({ code, lines: err.trim().split('\n').length }).toEqual({ code: 2, lines: 1 })
      expect(err).toContain(message)
    }
  }, 60_000)

  test('key and audit reach the configured database', async () => {
    await writeFile(path('evenkeel.yaml'), stringify(minimalConfig()))
    const config = ['--config', path('evenkeel.yaml')]
    const created = await run('key', 'create', '--name', 'bot', '--scopes', 'pause', ...config)
    expect(created).toMatchObject({ code: 0, out: expect.stringMatching(/^ek_\S{56}\n$/) })
    expect(await run('key', 'list', ...config)).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringContaining(' bot '),
    })
    expect(await run('key', 'revoke', '--id', 'nobody', ...config)).toMatchObject({ code: 2, out: '' })
    expect(await run('audit', 'verify', ...config)).toMatchObject({
      code: 0,
      out: expect.stringContaining('is intact: 4 records'),
    })
    await sql`update audit_head set sequence = 3`.execute(db.database)
    expect(await run('audit', 'verify', ...config)).toMatchObject({ code: 1, out: '' })
  })
})
