export interface StoredAnswer {
  readonly status: number
  /** JSON text. */
  readonly body: string
}

/** The calls that changed something, by the key that the caller gave them (4.10). Kept for seven days. */
export abstract class Idempotency {
  /**
   * Claims a key for one call. `begun`: go on, then `finish` or `abandon`. `finished`: the stored answer is the answer.
   * `running`: the same call is under way. `mismatch`: the key was used for another call. A claim whose process died is
   * free again after a minute.
   */
  abstract begin(call: {
    readonly subject: string
    readonly key: string
    /** SHA-256 over method, path and body. */
    readonly fingerprint: string
    readonly at: number
  }): Promise<
    | { readonly status: 'begun' | 'running' | 'mismatch' }
    | { readonly status: 'finished'; readonly answer: StoredAnswer }
  >
  abstract finish(subject: string, key: string, answer: StoredAnswer): Promise<void>
  /** Frees a key of which nothing was done. */
  abstract abandon(subject: string, key: string): Promise<void>
}
