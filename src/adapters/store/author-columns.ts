import type { Author, ScopeState } from '../../domain/policy/operating.js'
import type { ScopeStateRow } from './tables.js'

type Columns = Pick<ScopeStateRow, 'author' | 'author_kind'>

export const NO_AUTHOR: Columns = { author: null, author_kind: null }

export function authorColumns(author: Author | undefined): Columns {
  return author ? { author: author.subject, author_kind: author.kind } : NO_AUTHOR
}

/** The member of a state; none for a row from before there were authors. */
export function authorMember({ author, author_kind }: Columns): Pick<ScopeState, 'author'> {
  return author === null || author_kind === null ? {} : { author: { kind: author_kind, subject: author } }
}
