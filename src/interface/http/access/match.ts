import { createHash } from 'node:crypto'
import { Problem } from '../problem.js'

/** The strong ETag of an answer: a hash of its text. */
export function etagOf(text: string): string {
  return `"${createHash('sha256').update(text).digest('base64url')}"`
}

/**
 * Lets a change through only where it is made to what the caller looked at. `given` is the `If-Match` header,
 * `current` what a GET of the thing answers now.
 */
export function requireMatch(given: string | undefined, current: unknown): void {
  const tags = (given ?? '').split(',').map((tag) => tag.trim())
  if (!tags.every((tag) => /^(W\/)?"[^"]*"$/.test(tag)))
    throw new Problem(
      400,
      'invalid-request',
      `expected an If-Match header with the ETag of what you looked at, got ${given === undefined ? 'none' : JSON.stringify(given.slice(0, 100))}; GET it, then send its ETag`,
    )
  const tag = etagOf(JSON.stringify(current))
  if (tags.includes(tag)) return
  throw new Problem(412, 'precondition-failed', `It is ${tag} now. Look at it again, then decide anew.`)
}
