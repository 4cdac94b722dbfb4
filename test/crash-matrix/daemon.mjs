/**
 * The shipped daemon with deaths in it, for a process of its own: EVENKEEL_CRASH holds where to die, as JSON. The process
 * ends by SIGKILL, as in a power cut; nothing is told, closed or flushed.
 */
import 'reflect-metadata'
import { appendFileSync } from 'node:fs'
import pg from 'pg'
import { runCommand } from '../../dist/commands.js'
import { Failpoints } from '../../dist/ports/failpoints.js'

/**
 * `point` and `hit`: die when it is passed for the hit-th time. `record`: a file that gets a line for every point passed.
 * `drain`: at that moment ask the process to end in order, and let it live so many milliseconds more, or until it passes
 * K-28. `commit`: die at the hit-th commit of a statement that begins like this, after it was sent and before its answer, so
 * that the outcome is unknown.
 */
const { point, hit = 1, record, drain, commit } = JSON.parse(process.env['EVENKEEL_CRASH'] ?? '{}')
delete process.env['EVENKEEL_CRASH']

let hits = 0
let isDraining = false

function die() {
  process.kill(process.pid, 'SIGKILL')
  return new Promise(() => undefined)
}

class Death extends Failpoints {
  async reach(reached) {
    if (record !== undefined) appendFileSync(record, `${reached}\n`)
    if (isDraining && reached === 'K-28') await die()
    if (commit !== undefined || reached !== point || ++hits !== hit) return
    if (drain === undefined) await die()
    isDraining = true
    process.kill(process.pid, 'SIGTERM')
    setTimeout(() => void die(), drain)
  }
}

if (commit !== undefined) {
  const inside = new WeakSet()
  const { value: query } = Object.getOwnPropertyDescriptor(pg.Client.prototype, 'query')
  pg.Client.prototype.query = function (config, ...rest) {
    const text = typeof config === 'string' ? config : config?.text
    if (String(text).startsWith(commit)) inside.add(this)
    const isLast = text === 'commit' && inside.delete(this) && ++hits === hit
    const answer = query.call(this, config, ...rest)
    if (!isLast) return answer
    setImmediate(() => void die())
    return new Promise(() => undefined)
  }
}

// Whoever started this holds the other end: without it nobody would ever end the process. It keeps nothing alive by itself.
process.stdin.on('end', () => void die()).resume()
process.stdin.unref()

process.exitCode = await runCommand(['start', '--config', process.argv[2]], {
  version: '0.0.0-crash',
  failpoints: new Death(),
  environment: process.env,
})
