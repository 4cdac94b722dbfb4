import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { until } from '../support/until.js'

/** A program of this run. It is ended by its own id, and with it when this process ends. */
export interface Running {
  readonly hasEnded: () => boolean
  readonly stop: () => Promise<void>
}

const alive = new Set<() => void>()
process.on('exit', () => {
  for (const kill of alive) kill()
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))

/** Has `kill` called when this process ends, however it is asked to; answers with what takes that back. */
export function endWithUs(kill: () => void): () => void {
  alive.add(kill)
  return () => void alive.delete(kill)
}

/** Starts a program and resolves once `url` answers. Fails with what the program said when it ends before. */
export async function startProgram(path: string, args: readonly string[], url: string): Promise<Running> {
  const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const words: string[] = []
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => void words.splice(0, words.length - 20, text))
  const ended = once(child, 'close')
  const kill = () => void child.kill('SIGKILL')
  const forget = endWithUs(kill)
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  const stop = async () => {
    forget()
    if (!hasEnded()) child.kill('SIGTERM')
    const late = setTimeout(kill, 5_000)
    await ended
    clearTimeout(late)
  }
  try {
    await until(`${path} to answer`, 30_000, async () => {
      if (hasEnded()) throw new Error(`${path} ended: ${words.join('')}`)
      return (await fetch(url).catch(() => undefined))?.ok ? true : undefined
    })
    return { hasEnded, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
