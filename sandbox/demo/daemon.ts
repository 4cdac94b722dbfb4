import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SandboxStartError } from '../start-error.js'
import type { CycleView, PortfolioView } from './views.js'

const entry = join(import.meta.dirname, '..', '..', 'dist', 'main.js')

/**
 * Runs the daemon, and tells it to end when this process closes the pipe, which happens however this process ends: no
 * daemon outlives its demo. Ends with the daemon's exit code.
 */
const guard =
  'exec 3<&0; "$@" <&- & node=$!; (read -r _ <&3; kill -TERM $node) & reader=$!; wait $node; code=$?; kill $reader 2>/dev/null; exit $code'

export interface DaemonOptions {
  configFile: string
  databaseUrl: string
  adminUrl: string
  metricsUrl: string
  adminToken: string
  /** Where its log goes. */
  logFile: string
}

/** The built daemon as a process of its own, and its HTTP API. */
export class DaemonProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly options: DaemonOptions,
  ) {}

  /** Migrates the database and starts the daemon; resolves once it says that it is ready. */
  static async start(options: DaemonOptions): Promise<DaemonProcess> {
    const env = { ...process.env, DATABASE_URL: options.databaseUrl, EVENKEEL_ADMIN_TOKEN: options.adminToken }
    const log = openSync(options.logFile, 'a')
    const run = (command: string) =>
      spawn(
        'sh',
        [
          '-c',
          guard,
          'demo-daemon',
          process.execPath,
          '--enable-source-maps',
          entry,
          command,
          '--config',
          options.configFile,
        ],
        {
          env,
          detached: true,
          stdio: ['pipe', log, log],
        },
      )
    const [migrated] = (await once(run('migrate'), 'exit')) as [number | null]
    const refuse = () => new SandboxStartError(`The daemon did not start; ${options.logFile} says why.`)
    if (migrated !== 0) throw refuse()
    const daemon = new DaemonProcess(run('start'), options)
    closeSync(log)
    for (let waited = 0; waited < 20_000 && daemon.child.exitCode === null; waited += 100) {
      const answer = await fetch(`${options.metricsUrl}/readyz`).catch(() => undefined)
      if (answer?.ok) return daemon
      await sleep(100)
    }
    await daemon.stop()
    throw refuse()
  }

  portfolio(id: string): Promise<PortfolioView> {
    return this.get(`/v1/portfolios/${id}`)
  }

  /** Newest first. */
  async cycles(): Promise<{ id: string; outcome: string | null; legs: number }[]> {
    const { cycles } = await this.get<{ cycles: { id: string; outcome: string | null; legs: number }[] }>('/v1/cycles')
    return cycles
  }

  cycle(id: string): Promise<CycleView> {
    return this.get(`/v1/cycles/${id}`)
  }

  async tell(verb: 'pause' | 'resume', reason: string): Promise<void> {
    const answer = await fetch(`${this.options.adminUrl}/v1/${verb}`, {
      method: 'POST',
      headers: { ...this.credential(), 'content-type': 'application/json', 'idempotency-key': randomUUID() },
      body: JSON.stringify({ reason }),
    })
    if (!answer.ok) throw new Error(`The daemon refused to ${verb}: ${await answer.text()}`)
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const ended = once(this.child, 'exit')
    this.child.stdin?.end()
    const kill = setTimeout(() => this.child.pid !== undefined && process.kill(-this.child.pid, 'SIGKILL'), 10_000)
    await ended
    clearTimeout(kill)
  }

  private credential() {
    return { authorization: `Bearer ${this.options.adminToken}` }
  }

  private async get<T>(path: string): Promise<T> {
    if (this.child.exitCode !== null)
      throw new Error(`The daemon ended with ${this.child.exitCode}; ${this.options.logFile} says why.`)
    const answer = await fetch(`${this.options.adminUrl}${path}`, { headers: this.credential() })
    if (!answer.ok) throw new Error(`GET ${path} answered ${answer.status}: ${await answer.text()}`)
    return (await answer.json()) as T
  }
}

/** Ports that were free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  const ports = servers.map((server) => {
    const address = server.address()
    return typeof address === 'object' && address ? address.port : 0
  })
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}
