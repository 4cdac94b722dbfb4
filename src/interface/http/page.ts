import { Problem } from './problem.js'

/** The value of a filter, where it is one of those there are; throws a Problem that names them. */
export function oneOf<T extends string>(name: string, all: readonly T[], got: string): T {
  const found = all.find((one) => one === got)
  if (found !== undefined) return found
  const detail = `expected one of ${all.join(', ')}, got ${JSON.stringify(got)}`
  throw new Problem(400, 'invalid-request', `/${name}: ${detail}`, [{ pointer: `/${name}`, detail }])
}

/** For a cursor that names nothing of the list. */
export function refuseBefore(expected: string, got: string): Problem {
  const detail = `expected ${expected}, got ${got}; take the \`next\` of the page before`
  return new Problem(400, 'invalid-request', `/before: ${detail}`, [{ pointer: '/before', detail }])
}
