import type { Event } from '../domain/events.js'
import type { Purpose } from '../domain/purpose.js'

/** Hears everything that happens. Never throws, never delays. */
export abstract class Observer {
  abstract notify(event: Event): void

  /**
   * Does something and says what for: every event told meanwhile belongs to it. Purposes lie inside one another, an inner
   * one has the last word. `act` is called once; what it gives or throws is passed on as it is.
   */
  during<T>(_purpose: Purpose, act: () => Promise<T>): Promise<T> {
    return act()
  }
}

/** Tells nobody. */
export class NoObserver extends Observer {
  override notify(): void {}
}

/** Tells several, in their order. */
export class Observers extends Observer {
  constructor(private readonly all: readonly Observer[]) {
    super()
  }

  override notify(event: Event): void {
    for (const one of this.all) one.notify(event)
  }

  override during<T>(purpose: Purpose, act: () => Promise<T>): Promise<T> {
    const all = this.all.reduceRight<() => Promise<T>>((inner, one) => () => one.during(purpose, inner), act)
    return all()
  }
}
