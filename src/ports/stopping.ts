/** Set once the process is asked to end: from then on nothing is signed any more, and what is under way is left to the rows. */
export class Stopping {
  private readonly controller = new AbortController()

  get signal(): AbortSignal {
    return this.controller.signal
  }

  begin(): void {
    this.controller.abort()
  }
}
