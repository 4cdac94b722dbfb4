import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { type ProcessUsage, usageOf } from './process-usage.js'
import { until } from './until.js'

const entry = join(import.meta.dirname, '..', 'dist', 'main.js')

export interface DaemonPlace {
  readonly configFile: string
  readonly databaseUrl: string
  readonly adminPort: number
  readonly metricsPort: number
  readonly logFile: string
}

/** The built daemon as a process of its own, started as the image starts it, watched from outside. */
export class MeasuredDaemon {
  private constructor(
    private readonly child: ChildProcess,
    private readonly place: DaemonPlace,
    /** From the start of the process until it first says that it is ready. */
    readonly readyMs: number,
  ) {}

  static async migrate(place: DaemonPlace): Promise<void> {
    const [code] = (await once(run(place, 'migrate', []), 'exit')) as [number | null]
    if (code !== 0) throw new Error(`The migration ended with ${code}; ${place.logFile} says why.`)
  }

  /** Expects a migrated database. `profileDir` receives a processor profile when the daemon ends. */
  static async start(place: DaemonPlace, profileDir?: string): Promise<MeasuredDaemon> {
    const startedAt = performance.now()
    const child = run(
      place,
      'start',
      profileDir === undefined ? [] : ['--cpu-prof', '--cpu-prof-interval=2000', `--cpu-prof-dir=${profileDir}`],
    )
    try {
      await until('the daemon to be ready', () => isReady(child, place), { everyMs: 10, limitMs: 30_000 })
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    }
    return new MeasuredDaemon(child, place, performance.now() - startedAt)
  }

  usage(): Promise<ProcessUsage> {
    return usageOf(this.child.pid!)
  }

  async tell(verb: 'pause' | 'resume'): Promise<void> {
    const answer = await fetch(`http://127.0.0.1:${this.place.adminPort}/v1/${verb}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${adminToken}`,
        'content-type': 'application/json',
        'idempotency-key': randomUUID(),
      },
      body: JSON.stringify({ reason: 'A measurement.' }),
    })
    if (!answer.ok) throw new Error(`The daemon refused to ${verb}: ${await answer.text()}`)
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const ended = once(this.child, 'exit')
    this.child.kill('SIGTERM')
    const kill = setTimeout(() => this.child.kill('SIGKILL'), 15_000)
    await ended
    clearTimeout(kill)
  }
}

export const adminToken = 'bench'

function run({ configFile, databaseUrl, logFile }: DaemonPlace, command: string, flags: readonly string[]) {
  const log = openSync(logFile, 'a')
  const child = spawn(process.execPath, ['--enable-source-maps', ...flags, entry, command, '--config', configFile], {
    env: { ...process.env, DATABASE_URL: databaseUrl, EVENKEEL_ADMIN_TOKEN: adminToken },
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  return child
}

async function isReady(child: ChildProcess, { metricsPort, logFile }: DaemonPlace): Promise<true | undefined> {
  if (child.exitCode !== null || child.signalCode !== null)
    throw new Error(`The daemon ended with ${child.exitCode ?? child.signalCode}; ${logFile} says why.`)
  const answer = await fetch(`http://127.0.0.1:${metricsPort}/readyz`).catch(() => undefined)
  return answer?.ok === true ? true : undefined
}
