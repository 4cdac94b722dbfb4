import { createHash } from 'node:crypto'
import {
  type AuditEntry,
  type AuditFault,
  type AuditRecord,
  auditText,
  FIRST_AUDIT_HASH,
} from '../../domain/access/audit-entry.js'
import type { AuditEnd, AuditPlace } from '../../ports/audit-log.js'

/** A record as it is written: the exact text, and the SHA-256 of that text in hexadecimal. */
export interface Sealed {
  readonly text: string
  readonly hash: string
}

/** An entry bound to the record before it. Throws InvariantError for an entry with functions in it. */
export function seal(
  entry: AuditEntry,
  { sequence, at, previousHash }: Pick<AuditRecord, 'sequence' | 'at' | 'previousHash'>,
): Sealed {
  const { actor, subject, keyId, source, requestId, action, resource, result, detail, build } = entry
  const said = { actor, subject, keyId, source, requestId, action, resource, result, detail, build }
  const text = auditText({ ...(legible(said) as AuditEntry), sequence, at, previousHash })
  return { text, hash: hashOf(text) }
}

/** The record that a text says, given as the text parsed. */
export function recordOf(said: unknown, hash: string): AuditRecord {
  const { keyId, source, requestId, ...others } = said as Omit<AuditRecord, 'hash'>
  return { ...others, keyId, source, requestId, hash }
}

/** A copy in which every text is one that Postgres can compare: without NUL and without halves of surrogate pairs. */
export function legible(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll(/[\0\p{Surrogate}]/gu, '\u{fffd}')
  if (Array.isArray(value)) return value.map(legible)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [legible(name) as string, legible(one)]))
}

/**
 * Follows a chain, from its first record on or after one that was read before, and says where it breaks. What stands after
 * a break is judged by what stands there now. A record that was changed and given a new hash is found at the one after it,
 * or at the head. Does not find a chain that was written anew from some record to the head, the head included: whoever can
 * do that has to be measured by a head that was noted elsewhere.
 */
export class AuditChain {
  constructor(private last: AuditPlace = { sequence: 0, hash: FIRST_AUDIT_HASH }) {}

  /** Takes the next row, in order of sequence. */
  next(row: Sealed & { readonly sequence: number }): AuditFault[] {
    const { sequence, hash } = row
    const expected = this.last.sequence + 1
    const isNext = sequence === expected
    const own = this.faultOf(row, isNext)
    this.last = { sequence, hash }
    const gap = { sequence: expected, reason: `Record ${expected} is missing; the next one is ${sequence}.` }
    return [...(isNext ? [] : [gap]), ...(own ? [own] : [])]
  }

  private faultOf({ sequence, text, hash }: Sealed & AuditPlace, isNext: boolean): AuditFault | undefined {
    if (hashOf(text) !== hash)
      return { sequence, reason: 'Its hash is not that of its text, so one of them was changed.' }
    const said = Object(JSON.parse(text)) as Partial<AuditRecord>
    if (said.sequence !== sequence)
      return { sequence, reason: `It stands in the place of record ${sequence} and was written as ${said.sequence}.` }
    if (isNext && said.previousHash !== this.last.hash)
      return { sequence, reason: 'It does not follow the record before it, so one of the two was changed.' }
    return undefined
  }

  /** Compares what was read with what has to stand at its end: the head, or a record, whose hash need not be known. */
  end(head: AuditEnd | undefined): AuditFault | undefined {
    const { sequence, hash } = this.last
    if (!head) return { sequence, reason: 'The head of the chain is missing; this is the last record there is.' }
    if (head.sequence > sequence)
      return {
        sequence: sequence + 1,
        reason: `Record ${sequence + 1} is missing, and all after it up to record ${head.sequence}.`,
      }
    if (head.sequence < sequence)
      return { sequence: head.sequence + 1, reason: `It stands beyond the head, which is record ${head.sequence}.` }
    if (head.hash !== undefined && head.hash !== hash)
      return {
        sequence,
        reason: 'It is not the record that stood there, or that the head was taken from: one was changed.',
      }
    return undefined
  }

  get head(): AuditPlace {
    return this.last
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex')
}
