import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import { openDatabase } from '../../src/adapters/store/database.js'
import { EmbeddedPostgresError } from '../../src/adapters/store/embedded-binaries.js'
import { startEmbeddedPostgres } from '../../src/adapters/store/embedded-postgres.js'

const run = promisify(execFile)
const source = new URL('../../src/adapters/store/embedded-postgres.ts', import.meta.url)

describe('embedded Postgres', () => {
  let dir: string
  const owners: ChildProcess[] = []
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'evenkeel-embedded-'))
  })
  afterEach(async () => {
    await Promise.all(owners.splice(0).map(kill))
    await rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  })

  /** Another process that starts the server, says where it is, and on SIGTERM says so and goes on. */
  const anotherProcess = async (): Promise<{ owner: ChildProcess; url: string }> => {
    const script = `
      import { startEmbeddedPostgres } from '${source.href}'
      process.on('SIGTERM', () => console.log('told to end'))
      setInterval(() => undefined, 1000)
      startEmbeddedPostgres({ dir: ${JSON.stringify(dir)} }).then(({ url }) => console.log(url))`
    const owner = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    owners.push(owner)
    return { owner, url: await nextLine(owner) }
  }
  const nextLine = async ({ stdout }: ChildProcess): Promise<string> => {
    const [chunk] = (await once(stdout!, 'data')) as [Buffer]
    return chunk.toString().trim()
  }
  const kill = async (process: ChildProcess): Promise<void> => {
    if (process.exitCode !== null || process.signalCode !== null) return
    process.kill('SIGKILL')
    await once(process, 'exit')
  }
  const query = async (url: string, statement: string): Promise<unknown[]> => {
    const database = openDatabase({ url, poolSize: 1 })
    try {
      return (await sql.raw(statement).execute(database)).rows
    } finally {
      await database.destroy()
    }
  }
  const serverPid = async () => Number((await readFile(join(dir, 'data', 'postmaster.pid'), 'utf8')).split('\n')[0])

  test('keeps what was committed when its process is killed, and the next process goes on with it', async () => {
    const { owner, url } = await anotherProcess()
    await query(url, 'create table kept as select 42 as number')
    await expect(startEmbeddedPostgres({ dir })).rejects.toThrow(`Process ${owner.pid} has the database`)
    await kill(owner)
    const next = await startEmbeddedPostgres({ dir })
    expect(await query(next.url, 'select number from kept')).toEqual([{ number: 42 }])
    await next.stop()
    expect(existsSync(join(dir, 'data', 'postmaster.pid'))).toBe(false)
    expect(existsSync(join(dir, 'owner'))).toBe(false)
    await expect(query(next.url, 'select 1')).rejects.toThrow('does not take a connection')
  }, 60_000)

  test('ends a server that was left alone', async () => {
    const { owner } = await anotherProcess()
    const left = await serverPid()
    // Whoever would end the server with its process is the server's parent.
    const parent = await run('ps', ['-o', 'ppid=', '-p', String(left)])
    process.kill(Number(parent.stdout), 'SIGKILL')
    await kill(owner)
    const next = await startEmbeddedPostgres({ dir })
    expect(await serverPid()).not.toBe(left)
    expect(await query(next.url, 'select 1 as one')).toEqual([{ one: 1 }])
    await next.stop()
  }, 60_000)

  test('leaves signals to the process that starts it', async () => {
    const { owner, url } = await anotherProcess()
    owner.kill('SIGTERM')
    expect(await nextLine(owner)).toBe('told to end')
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }])
  }, 60_000)

  test('removes a disposable folder when it stops', async () => {
    const { stop, dir: used } = await startEmbeddedPostgres({ dir: join(dir, 'gone'), isDisposable: true })
    expect(existsSync(used)).toBe(true)
    await stop()
    expect(existsSync(used)).toBe(false)
  }, 60_000)

  test('says that a port is in use', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const failure = await startEmbeddedPostgres({ dir, port }).catch((error: unknown) => error)
    taken.close()
    expect(failure).toBeInstanceOf(EmbeddedPostgresError)
    expect((failure as Error).message).toContain(`Port ${port} is in use`)
  }, 60_000)

  test.each([false, true])(
    'picks another port when the one it found is taken meanwhile (disposable: %s)',
    async (isDisposable) => {
      const taken = createServer().listen(0, '127.0.0.1')
      await once(taken, 'listening')
      const { port } = taken.address() as AddressInfo
      let picks = 0
      const pick = async () => {
        if (picks++ === 0) return port
        const probe = createServer().listen(0, '127.0.0.1')
        await once(probe, 'listening')
        const free = (probe.address() as AddressInfo).port
        probe.close()
        return free
      }
      const server = await startEmbeddedPostgres({ dir, isDisposable }, pick)
      taken.close()
      await server.stop()
      expect([picks, new URL(server.url).port]).toEqual([2, expect.not.stringMatching(`^${port}$`)])
    },
    60_000,
  )
})
