import { setImmediate } from 'node:timers/promises'
import { Clock } from '../../src/ports/clock.js'
import { NOW } from './builders.js'

/**
 * Time passes only when somebody sleeps or a test says so; whatever happens with time listens. A sleep that can be ended
 * early lets everybody else go as far as they get without time passing.
 */
export class FakeClock extends Clock {
  private readonly listeners: ((ms: number) => void)[] = []

  constructor(private time = NOW) {
    super()
  }

  override now(): number {
    return this.time
  }

  override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await (signal ? setImmediate() : Promise.resolve())
    if (!signal?.aborted) this.pass(ms)
  }

  pass(ms: number): void {
    this.time += ms
    for (const listener of this.listeners) listener(ms)
  }

  onPass(listener: (ms: number) => void): void {
    this.listeners.push(listener)
  }
}
