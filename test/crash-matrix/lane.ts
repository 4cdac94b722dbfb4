import { join } from 'node:path'
import { startBooks } from './books.js'
import type { Flow, Run } from './cells.js'
import { playRun, pointsPassed, type Result } from './play.js'
import type { Stage } from './scene.js'
import { startMatrixWorld } from './world.js'

/** Plays runs one after the other in a world of its own. A failed run takes its world with it. */
export class Lane {
  private current: Stage | undefined

  constructor(private readonly bundle: string) {}

  async play(run: Run): Promise<Result> {
    const result = await playRun(await this.stage(), run)
    if (result.failures.length > 0) await this.leave()
    return result
  }

  async pointsPassed(flow: Flow): Promise<string[]> {
    return pointsPassed(await this.stage(), flow, 1)
  }

  async leave(): Promise<void> {
    const old = this.current
    this.current = undefined
    await old?.books.stop()
    await old?.world.stop()
  }

  private async stage(): Promise<Stage> {
    if (this.current) return this.current
    const world = await startMatrixWorld()
    try {
      const books = await startBooks(join(world.dir, 'postgres'))
      return (this.current = { world, books, bundle: this.bundle })
    } catch (error) {
      await world.stop()
      throw error
    }
  }
}

/** Does the work on so many lanes at once; each takes the next piece as soon as it is done with the one before. */
export async function onLanes<T>(
  bundle: string,
  count: number,
  work: readonly T[],
  act: (lane: Lane, piece: T) => Promise<void>,
): Promise<void> {
  const waiting = [...work]
  const run = async () => {
    const lane = new Lane(bundle)
    try {
      for (let piece = waiting.shift(); piece !== undefined; piece = waiting.shift()) await act(lane, piece)
    } finally {
      await lane.leave()
    }
  }
  await Promise.all(Array.from({ length: count }, run))
}
