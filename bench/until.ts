import { setTimeout as sleep } from 'node:timers/promises'

/** Asks every `everyMs` until there is an answer; throws after `limitMs` without one. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  { everyMs = 200, limitMs = 60_000 } = {},
): Promise<T> {
  const deadline = performance.now() + limitMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (performance.now() > deadline)
      throw new Error(`Waited ${limitMs / 1000} s in vain for ${what}; the daemon's log says what it was doing.`)
    await sleep(everyMs)
  }
}
