/** Somebody's word that they have looked at a late transfer. The money stays in transit, and is looked for as before. */
export interface Investigation {
  readonly transferId: string
  /** A subject. */
  readonly by: string
  readonly reason: string
  readonly note: string | undefined
  /** Milliseconds since 1970. */
  readonly at: number
}
