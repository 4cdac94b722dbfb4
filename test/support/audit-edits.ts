import fc from 'fast-check'
import { sha256 } from '../../src/adapters/access/secrets.js'

/** A row of the audit log. */
export interface AuditRow {
  readonly sequence: number
  readonly text: string
  readonly hash: string
}

/** What somebody does to the rows who does not go through the log. */
export type AuditEdit = (rows: readonly AuditRow[]) => readonly AuditRow[]

/** Edits of a log that was written like this, none of which makes hashes anew. Some change nothing. */
export function auditEdits(written: readonly AuditRow[]): fc.Arbitrary<AuditEdit> {
  const count = written.length
  const place = fc.nat(count - 1)
  const texts = fc.constantFrom(['ada', 'eve'], ['127.0.0.1', '10.0.0.1'], ['}', '} '], ['"done"', '"denied"'])
  const retold = fc
    .tuple(place, texts)
    .map(([at, [from, to]]) => changing(at, (row) => ({ ...row, text: row.text.replace(from!, to!) })))
  const rehashed = fc
    .tuple(place, fc.stringMatching(/^[0-9a-f]{64}$/))
    .map(([at, hash]) => changing(at, (row) => ({ ...row, hash })))
  const moved = place.map((at) => changing(at, (row) => ({ ...row, sequence: row.sequence + 2 * count })))
  const removed = fc.tuple(place, fc.integer({ min: 1, max: count })).map(
    ([at, gone]): AuditEdit =>
      (rows) =>
        rows.toSpliced(at, gone),
  )
  const inserted = fc.tuple(fc.nat(count), place).map(
    ([at, copied]): AuditEdit =>
      (rows) =>
        rows.toSpliced(at, 0, written[copied]!).map((row, index) => ({ ...row, sequence: index + 1 })),
  )
  const swapped = fc.tuple(place, place).map(
    ([a, b]): AuditEdit =>
      (rows) =>
        rows.map((row, index) => {
          const other = index === a ? rows[b] : index === b ? rows[a] : undefined
          return other ? { ...other, sequence: row.sequence } : row
        }),
  )
  return fc.oneof(retold, rehashed, moved, removed, inserted, swapped)
}

/** The place at which a log is first another one than what was written. */
export function firstChange(written: readonly AuditRow[], rows: readonly AuditRow[]): number | undefined {
  const at = (log: readonly AuditRow[], place: number) => JSON.stringify(log.find(({ sequence }) => sequence === place))
  const changed = [...written, ...rows]
    .map(({ sequence }) => sequence)
    .filter((place) => at(written, place) !== at(rows, place))
  return changed.length === 0 ? undefined : Math.min(...changed)
}

/** The row with another text and the hash that goes with it. */
export function rewritten({ sequence, text }: AuditRow, change: object): AuditRow {
  const forged = JSON.stringify({ ...(JSON.parse(text) as object), ...change })
  return { sequence, text: forged, hash: sha256(forged) }
}

function changing(at: number, change: (row: AuditRow) => AuditRow): AuditEdit {
  return (rows) => rows.map((row, index) => (index === at ? change(row) : row))
}
