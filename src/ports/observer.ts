import type { Event } from '../domain/events.js'

/** Hears everything that happens. Never throws, never delays. */
export abstract class Observer {
  abstract notify(event: Event): void
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
}
