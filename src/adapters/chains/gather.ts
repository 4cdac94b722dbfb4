import { setTimeout as sleep } from 'node:timers/promises'
import type { Endpoint } from './clients.js'

export type Gathered<T> =
  | { readonly endpoint: Endpoint; readonly isAnswer: true; readonly value: T }
  | { readonly endpoint: Endpoint; readonly isAnswer: false; readonly error: unknown }

/**
 * Asks as many endpoints at a time as are `missing`, in the given order: one more for each that fails, disagrees or has
 * not answered within `lateMs`. Resolves when nothing is missing or everybody has been heard.
 */
export function askAsNeeded<T>(
  endpoints: readonly Endpoint[],
  lateMs: number,
  missing: (answers: readonly Gathered<T>[]) => number,
  ask: (endpoint: Endpoint) => Promise<T>,
): Promise<readonly Gathered<T>[]> {
  return new Promise((resolve) => {
    const answers: Gathered<T>[] = []
    const waiting = [...endpoints]
    let open = 0
    let isOver = false
    const settle = () => {
      if (isOver) return
      const needed = missing(answers)
      while (open < needed && waiting.length > 0) start()
      if (needed > 0 && open > 0) return
      isOver = true
      clearInterval(late)
      resolve([...answers])
    }
    const start = () => {
      const endpoint = waiting.shift()
      if (!endpoint) return
      open++
      void listen(endpoint, ask).then((answer) => {
        open--
        answers.push(answer)
        settle()
      })
    }
    const late = setInterval(start, lateMs)
    settle()
  })
}

/** Asks all at once. Who has not answered `graceMs` after `enough` of them did is not waited for. */
export async function askAll<T>(
  endpoints: readonly Endpoint[],
  { enough, graceMs }: { readonly enough: number; readonly graceMs: number },
  ask: (endpoint: Endpoint) => Promise<T>,
): Promise<readonly Gathered<T>[]> {
  const answers: Gathered<T>[] = []
  const over = new AbortController()
  let isGrace = false
  const all = Promise.all(
    endpoints.map(async (endpoint) => {
      const answer = await listen(endpoint, ask)
      if (over.signal.aborted) return
      answers.push(answer)
      if (!isGrace && answers.filter((one) => one.isAnswer).length >= enough) {
        isGrace = true
        void sleep(graceMs, undefined, { signal: over.signal }).then(
          () => over.abort(),
          () => undefined,
        )
      }
    }),
  )
  const cut = new Promise<void>((resolve) => over.signal.addEventListener('abort', () => resolve(), { once: true }))
  await Promise.race([all, cut])
  over.abort()
  return answers
}

async function listen<T>(endpoint: Endpoint, ask: (endpoint: Endpoint) => Promise<T>): Promise<Gathered<T>> {
  try {
    return { endpoint, isAnswer: true, value: await ask(endpoint) }
  } catch (error) {
    return { endpoint, isAnswer: false, error }
  }
}
