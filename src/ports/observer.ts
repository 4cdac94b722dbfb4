import type { Event } from '../domain/events.js'

/** Hears everything that happens. Never throws, never delays. */
export abstract class Observer {
  abstract notify(event: Event): void
}
