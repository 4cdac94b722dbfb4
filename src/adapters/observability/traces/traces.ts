import { Observer } from '../../../ports/observer.js'

/** Hears events and makes traces of them, or none. */
export abstract class Traces extends Observer {
  /** Sends what still waits. Takes two seconds at most and never rejects. */
  abstract end(): Promise<void>
}

/** Makes none. */
export class NoTraces extends Traces {
  override notify(): void {}

  override async end(): Promise<void> {}
}
