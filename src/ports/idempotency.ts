export interface StoredAnswer {
  readonly status: number
  /** JSON text. */
  readonly body: string
}

/** One call's hold on a key. What ends it names the moment too, so that it ends no other call's. */
export interface Claim {
  readonly subject: string
  readonly key: string
  /** When it was begun, in milliseconds since 1970. */
  readonly at: number
}

/** How long a claim without an answer is that of a call under way. */
export const CLAIM_MS = 60_000

/** The calls that changed something, by the key that the caller gave them (4.10). Kept for seven days. */
export abstract class Idempotency {
  /**
   * Claims a key for one call. `begun`: go on, then `finish` or `abandon`. `finished`: the stored answer is the answer.
   * `running`: the same call is under way. `mismatch`: the key was used for another call. `left`: the same call was begun
   * at `since`, a minute ago or longer, and has no answer: its process died or it still runs, so nobody knows what it did.
   * No key is claimed a second time but one that was freed.
   */
  abstract begin(
    claim: Claim & {
      /** SHA-256 over method, path and body. */
      readonly fingerprint: string
    },
  ): Promise<
    | { readonly status: 'begun' | 'running' | 'mismatch' }
    | { readonly status: 'left'; readonly since: number }
    | { readonly status: 'finished'; readonly answer: StoredAnswer }
  >
  /** The first answer stays. Nothing where the claim is no more. */
  abstract finish(claim: Claim, answer: StoredAnswer): Promise<void>
  /** Frees a key of which nothing was done; nothing where it has an answer or the claim is no more. */
  abstract abandon(claim: Claim): Promise<void>
}
