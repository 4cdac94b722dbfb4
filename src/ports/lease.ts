/** Something acted for a lease that another process has taken since. The process must end. */
export class StaleLeaseError extends Error {
  override readonly name = 'StaleLeaseError'
}

/** A newer build works, or has worked, with this database. The process must end before it touches anything. */
export class BuildFenceError extends Error {
  override readonly name = 'BuildFenceError'
}

/** The right to be the one writer. Every state change names the epoch it was made under. */
export abstract class Lease {
  /** Takes the lease if nobody holds it. True when held after the call. Rejects with BuildFenceError. */
  abstract acquire(): Promise<boolean>
  /** Whether it is held, by this process' own monotonic clock; false in good time before it can be taken away. */
  abstract isHeld(): boolean
  /** Rejects with StaleLeaseError once another process has taken it. */
  abstract renew(): Promise<void>
  abstract release(): Promise<void>
  abstract epoch(): number
  /** Host name of the process that holds the lease, this one or another, by what is written down; undefined where none does. */
  abstract leader(): Promise<string | undefined>
}
