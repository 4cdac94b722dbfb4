import { Problem } from './problem.js'

/** For a cursor that names nothing of the list. */
export function refuseBefore(expected: string, got: string): Problem {
  const detail = `expected ${expected}, got ${got}; take the \`next\` of the page before`
  return new Problem(400, 'invalid-request', `/before: ${detail}`, [{ pointer: '/before', detail }])
}
