import { createHash } from 'node:crypto'

export type RowKind = 'cycle' | 'approval' | 'leg' | 'intent' | 'transfer'

/**
 * Ids of traces and spans, made of what they are about: whichever process tells of a row, it is the same span of the same
 * trace. Installations that share a collector are told apart by their environment.
 */
export class TraceIds {
  constructor(private readonly environment: string) {}

  /** Of the trace that a cycle is: 16 bytes in hexadecimal. */
  trace(cycleId: string): string {
    return this.hash('trace', cycleId).slice(0, 32)
  }

  /** Of the span that a row is: 8 bytes in hexadecimal. */
  span(kind: RowKind, id: string): string {
    return this.hash(kind, id).slice(0, 16)
  }

  private hash(...parts: readonly string[]): string {
    return createHash('sha256')
      .update(JSON.stringify([this.environment, ...parts]))
      .digest('hex')
  }
}
