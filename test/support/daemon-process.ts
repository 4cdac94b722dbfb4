import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { CrashPoint } from '../../src/ports/failpoints.js'
import { until } from './until.js'

const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
const shippedDaemon = pathOf('../../dist/main.js')
const crashingDaemon = pathOf('./crash-daemon.mjs')

export const adminToken = 'token-of-the-tests'

export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** One line of the daemon's log. */
export interface LogLine {
  readonly level: string
  readonly msg: string
  readonly event?: string
  readonly [field: string]: unknown
}

export interface DaemonProcess {
  readonly adminUrl: string
  readonly metricsUrl: string
  readonly logs: readonly LogLine[]
  /** Resolves when the process is gone. */
  readonly ended: Promise<Ending>
  signal(name: NodeJS.Signals): void
  /** Ends the process at once if it still runs. */
  kill(): Promise<void>
  /** The answer of the admin API, parsed; any status. With the shared token unless another one is given. */
  get(path: string, token?: string): Promise<{ status: number; type: string; body: unknown }>
  /** A new deed each time; without a token unless one is given. */
  post(path: string, body: unknown, token?: string): Promise<{ status: number; type: string; body: unknown }>
}

export interface DaemonOptions {
  readonly config: string
  readonly databaseUrl: string
  readonly environment?: Readonly<Record<string, string>>
  /** Dies by SIGKILL when it reaches this point for the `hit`-th time. */
  readonly crash?: { readonly point: CrashPoint; readonly hit: number }
}

const startTimeoutMs = 30_000

/**
 * Runs a command of the shipped program to its end, with nothing of this process's environment but the search path. When
 * `told` comes it is sent SIGTERM.
 */
export function runDaemonCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  told?: Promise<unknown>,
): Promise<Ending> {
  const child = launch([shippedDaemon, ...args], environment)
  void told?.then(() => child.kill('SIGTERM'))
  return follow(child).ended
}

/** The daemon as its own process, ready when it listens. Rejects, with what it said, when it ends before. */
export async function startDaemon(options: DaemonOptions): Promise<DaemonProcess> {
  const { crash, config } = options
  const program = crash ? [crashingDaemon, crash.point, String(crash.hit)] : [shippedDaemon]
  const child = launch([...program, 'start', '--config', config], {
    DATABASE_URL: options.databaseUrl,
    EVENKEEL_ADMIN_TOKEN: adminToken,
    ...options.environment,
  })
  const { logs, ended } = follow(child)
  let ending: Ending | undefined
  void ended.then((result) => (ending = result))
  const kill = async () => {
    child.kill('SIGKILL')
    await ended
  }
  try {
    const { admin, metrics } = await until('the daemon to listen', startTimeoutMs, () => {
      if (ending) throw new Error(`The daemon ended with ${ending.code ?? ending.signal}: ${ending.stderr}`)
      return logs.find(({ msg }) => msg === 'listening')
    })
    const ask = async (path: string, init: RequestInit = {}) => {
      const answer = await fetch(`${String(admin)}${path}`, init)
      const text = await answer.text()
      const type = answer.headers.get('content-type') ?? ''
      return { status: answer.status, type, body: type.includes('json') ? (JSON.parse(text) as unknown) : text }
    }
    return {
      adminUrl: String(admin),
      metricsUrl: String(metrics),
      logs,
      ended,
      signal: (name) => void child.kill(name),
      kill,
      get: (path, token = adminToken) => ask(path, { headers: { authorization: `Bearer ${token}` } }),
      post: (path, body, token) =>
        ask(path, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'idempotency-key': randomUUID(),
            ...(token !== undefined && { authorization: `Bearer ${token}` }),
          },
          body: JSON.stringify(body),
        }),
    }
  } catch (error) {
    await kill()
    throw error
  }
}

type Child = ChildProcessByStdio<null, Readable, Readable>

function launch(args: readonly string[], environment: Readonly<Record<string, string>>): Child {
  return spawn(process.execPath, ['--enable-source-maps', ...args], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

function follow(child: Child): { logs: LogLine[]; ended: Promise<Ending> } {
  const logs: LogLine[] = []
  let stdout = ''
  let stderr = ''
  createInterface({ input: child.stdout }).on('line', (line) => {
    stdout += `${line}\n`
    if (line.startsWith('{')) {
      try {
        logs.push(JSON.parse(line) as LogLine)
      } catch {
        // A line cut off by the process's death, or one of a printed report.
      }
    }
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = new Promise<Ending>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
  return { logs, ended }
}
