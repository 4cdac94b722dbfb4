/** A person who is shut out, whatever the identity provider says of them. */
export interface Denial {
  readonly subject: string
  readonly reason: string
  /** Milliseconds since 1970. */
  readonly since: number
}

/** Who was shut out and let in again. What was said is only added to; of a subject the last word counts. */
export abstract class Denials {
  /** False where the subject is shut out already: nothing is written then. */
  abstract deny(denial: Denial): Promise<boolean>
  /** False where the subject is not shut out: nothing is written then. */
  abstract allow(subject: string, reason: string, at: number): Promise<boolean>
  /** Those who are shut out, the latest first. */
  abstract list(): Promise<readonly Denial[]>
}
