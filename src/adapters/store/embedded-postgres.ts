import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmod, chown, lstat, mkdir, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { canUse, EmbeddedPostgresError, postgresInstall, type ServerUser, serverUser } from './embedded-binaries.js'

const run = promisify(execFile)

export interface EmbeddedPostgresOptions {
  /** A folder for nothing else. Created when missing; what an earlier run left in it is used on. */
  readonly dir: string
  /** Without one, any free port. */
  readonly port?: number
  /** For tests: a crash may lose writes, and the folder is removed when the server ends. */
  readonly isDisposable?: boolean
}

export interface EmbeddedPostgres {
  readonly url: string
  /** Where the data is: `dir`, or a folder for temporary files where the server's user cannot reach `dir`. */
  readonly dir: string
  /** Ends the server in order. */
  readonly stop: () => Promise<void>
}

/**
 * Runs the server, then waits for the process that started it to close the pipe and ends the server in order. The pipe
 * closes however that process ends, so that no server outlives it. Own session: a Ctrl-C in the terminal does not
 * reach the server, which so stays up while its client finishes.
 */
const guard = `
log=$1 leftover=$2; shift 2
"$@" 2>>"$log" & server=$!
echo $server; exec >/dev/null 2>&1
read -r _; kill -INT $server; wait $server
[ -z "$leftover" ] || rm -rf "$leftover"`

const START_TIMEOUT_MS = 20_000
const STOP_TIMEOUT_MS = 10_000
/** How many ports are tried. */
const MOST_PICKS = 3

/**
 * Postgres of the development install, on loopback, for as long as this process lives. Takes no signal from this
 * process and does not keep it alive. One process at a time has a folder; a server left there by one that died is
 * ended first. Where no port is named, one that somebody else takes meanwhile is no failure: another is picked.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
  pickPort = freePort,
  picks = MOST_PICKS,
): Promise<EmbeddedPostgres> {
  const user = await serverUser()
  const dir = await makeFolder(resolve(options.dir), user)
  const data = join(dir, 'data')
  await claim(dir)
  try {
    await endLeftServer(data)
    const install = await postgresInstall(user, dir)
    const password = await initialise(dir, install, user, options.isDisposable ?? false)
    const port = options.port ?? (await pickPort())
    const child = await launch({ dir, install, user, port, isDisposable: options.isDisposable ?? false })
    const stop = async () => {
      await end(child)
      await rm(join(dir, 'owner'), { force: true })
    }
    return { url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`, dir, stop }
  } catch (error) {
    await rm(options.isDisposable ? dir : join(dir, 'owner'), { recursive: true, force: true })
    if (!(error instanceof PortInUseError) || options.port !== undefined || picks <= 1) throw error
    return startEmbeddedPostgres(options, pickPort, picks - 1)
  }
}

/** A folder that the server's user may enter and nobody else may read. */
async function makeFolder(wanted: string, user: ServerUser): Promise<string> {
  const name = `evenkeel-postgres-${createHash('sha256').update(wanted).digest('hex').slice(0, 12)}`
  for (const dir of [wanted, join(tmpdir(), name)]) {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    const { uid } = await lstat(dir)
    if (uid !== process.getuid?.() && uid !== user?.uid)
      throw new EmbeddedPostgresError(`Folder ${dir} belongs to another user. Remove it or name another one.`)
    if (user) await chown(dir, user.uid, user.gid)
    await chmod(dir, 0o700)
    if (await canUse(user, dir, '-w')) return dir
  }
  throw new EmbeddedPostgresError(`Postgres can write neither to ${wanted} nor to ${tmpdir()}. Set DATABASE_URL.`)
}

/** Writes down that this process has the folder. */
async function claim(dir: string): Promise<void> {
  const file = join(dir, 'owner')
  for (;;) {
    try {
      return await writeFile(file, String(process.pid), { flag: 'wx' })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const owner = Number(await readFile(file, 'utf8').catch(() => ''))
    if (owner > 0 && isAlive(owner))
      throw new EmbeddedPostgresError(`Process ${owner} has the database in ${dir}. End it or name another folder.`)
    await rm(file, { force: true })
  }
}

/** Its owner is dead, so nobody waits for it. It may be ending already. */
async function endLeftServer(data: string): Promise<void> {
  const pid = Number((await statusLines(data))[0])
  const deadline = Date.now() + STOP_TIMEOUT_MS
  while (pid > 0 && (await isServerOf(pid, data))) {
    if (Date.now() > deadline)
      throw new EmbeddedPostgresError(`Postgres ${pid}, left by an earlier run in ${data}, does not end. Kill it.`)
    interrupt(pid)
    await sleep(50)
  }
}

/** Process numbers are used again, so the process is asked for what it runs on. */
async function isServerOf(pid: number, data: string): Promise<boolean> {
  if (!isAlive(pid)) return false
  try {
    if (process.platform === 'linux') return (await readlink(`/proc/${pid}/cwd`)) === data
    return (await run('ps', ['-o', 'command=', '-p', String(pid)])).stdout.includes(data)
  } catch {
    return false
  }
}

function interrupt(pid: number): void {
  try {
    process.kill(pid, 'SIGINT')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** The password of the data folder, which is created when it is missing. */
async function initialise(dir: string, install: string, user: ServerUser, isDisposable: boolean): Promise<string> {
  const file = join(dir, 'password')
  const data = join(dir, 'data')
  const isComplete = await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => undefined)
  if (isComplete !== undefined) return readFile(file, 'utf8')
  const password = randomBytes(16).toString('hex')
  await writeFile(file, password, { mode: 0o600 })
  if (user) await chown(file, user.uid, user.gid)
  const flags = ['--encoding=UTF8', '--locale=C', '--auth=scram-sha-256', '--username=postgres', `--pwfile=${file}`]
  try {
    await run(join(install, 'bin', 'initdb'), [`--pgdata=${data}`, ...flags, ...(isDisposable ? ['--no-sync'] : [])], {
      cwd: dir,
      ...user,
    })
  } catch (cause) {
    await rm(data, { recursive: true, force: true })
    const { stderr = '' } = cause as { stderr?: string }
    throw new EmbeddedPostgresError(`Postgres could not create ${data}: ${stderr.trim().split('\n').at(-1)}`, { cause })
  }
  return password
}

async function launch(options: {
  dir: string
  install: string
  user: ServerUser
  port: number
  isDisposable: boolean
}): Promise<ChildProcess> {
  const { dir, install, user, port, isDisposable } = options
  const data = join(dir, 'data')
  const log = join(dir, 'postgres.log')
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', `port=${port}`]
  if (isDisposable) settings.push('fsync=off', 'full_page_writes=off')
  const server = [join(install, 'bin', 'postgres'), '-D', data, ...settings.flatMap((setting) => ['-c', setting])]
  const child = spawn('sh', ['-c', guard, 'evenkeel-postgres', log, isDisposable ? dir : '', ...server], {
    cwd: dir,
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
    ...user,
  })
  child.stdin.on('error', () => undefined)

  let pid: string | undefined
  let hasEnded = false
  child.stdout.on('data', (chunk: Buffer) => (pid ??= chunk.toString().trim()))
  child.stdout.once('end', () => (hasEnded = true))
  const deadline = Date.now() + START_TIMEOUT_MS
  for (;;) {
    const lines = await statusLines(data)
    if (pid !== undefined && lines[0] === pid && lines[7]?.trim() === 'ready') break
    if (hasEnded || Date.now() > deadline) {
      const words = (await readFile(log, 'utf8').catch(() => '')).trim().split('\n').slice(-5).join(' | ')
      await end(child)
      if (/Address already in use/.test(words))
        throw new PortInUseError(
          `Port ${port} is in use, so Postgres cannot listen on it. Free it or choose another one.`,
        )
      throw new EmbeddedPostgresError(`Postgres did not start in ${data}. Its last words: ${words}`)
    }
    await sleep(20)
  }
  child.unref()
  for (const pipe of [child.stdin, child.stdout]) (pipe as { unref?: () => void }).unref?.()
  return child
}

/** What the server writes about itself: process number first, readiness in line 8. */
async function statusLines(data: string): Promise<string[]> {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')
  return text.split('\n')
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.ref()
  child.stdin?.end()
  await once(child, 'exit')
}

class PortInUseError extends EmbeddedPostgresError {}

/** Asked of the system; the server, unlike others, cannot pick one itself. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new EmbeddedPostgresError('The system has no free port.')
  return address.port
}
