import { setTimeout as sleep } from 'node:timers/promises'

/** Asks again and again until there is an answer; after `withinMs` fails, saying what was awaited and what was last seen. */
export async function until<T>(
  awaited: string,
  withinMs: number,
  ask: () => Promise<T | undefined> | T | undefined,
  describe: () => string = () => '',
): Promise<T> {
  const deadline = Date.now() + withinMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > deadline) throw new Error(`Waited ${withinMs / 1000} s for ${awaited}. ${describe()}`.trim())
    await sleep(100)
  }
}
