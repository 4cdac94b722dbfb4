import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { CrashPoint } from '../../src/ports/failpoints.js'

/** Where a daemon dies; see daemon.mjs. */
export interface Death {
  readonly point: CrashPoint
  readonly hit: number
  readonly drain?: number
  readonly commit?: string
}

export interface Victim {
  /** Resolves to how the process ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
  readonly hasEnded: () => boolean
  /** Asks for a pause as an operator would. False when the daemon does not answer. */
  readonly pause: (level: 'new' | 'hard') => Promise<boolean>
  readonly kill: () => Promise<void>
  /** The newest lines of its log and what it said on its way out. */
  readonly lastWords: () => string
}

const adminToken = 'token-of-the-matrix'
const keptLines = 60
/** A short life is spent on reading code and answers; with room for the young it spends a third less. */
const flags = ['--max-semi-space-size=64']

/** Starts the daemon of the bundle on a configuration and a database, to die where it is told. */
export function startVictim(options: {
  bundle: string
  config: string
  databaseUrl: string
  death?: Death | undefined
  /** Gets a line for every point that is passed. */
  record?: string | undefined
}): Victim {
  const { bundle, config, databaseUrl, death, record } = options
  const child = spawn(process.execPath, [...flags, bundle, config], {
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: databaseUrl,
      EVENKEEL_ADMIN_TOKEN: adminToken,
      EVENKEEL_CRASH: JSON.stringify({ ...death, record }),
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.on('error', () => undefined)
  const lines: string[] = []
  let admin: string | undefined
  let isOver = false
  const keep = (line: string) => {
    lines.push(line)
    if (lines.length > keptLines) lines.shift()
  }
  createInterface({ input: child.stdout }).on('line', (line) => {
    try {
      const told = JSON.parse(line) as { level: string; msg: string; admin?: string; err?: { message: string } }
      admin ??= told.admin
      keep([told.level, told.msg, told.err?.message ?? ''].join(' ').trim())
    } catch {
      keep(line)
    }
  })
  createInterface({ input: child.stderr }).on('line', (line) => keep(`stderr ${line.slice(0, 300)}`))
  const ended = new Promise<Awaited<Victim['ended']>>((resolve) => {
    child.once('close', (code, signal) => {
      isOver = true
      resolve({ code, signal })
    })
  })
  return {
    ended,
    hasEnded: () => isOver,
    async pause(level) {
      if (admin === undefined || isOver) return false
      try {
        const { ok } = await fetch(`${admin}/v1/pause`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${adminToken}` },
          body: JSON.stringify({ reason: 'The crash matrix pauses.', level }),
        })
        return ok
      } catch {
        return false
      }
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    lastWords: () => lines.join('\n'),
  }
}
