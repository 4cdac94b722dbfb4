import type { State } from '../api/answers.js'

/** Whoever holds a scope, as one says it: nobody's name where none is known. */
export function authorText({ by, byKind }: Pick<State, 'by' | 'byKind'>): string {
  switch (byKind) {
    case 'person':
      return by
    case 'key':
      return `the key ${by}`
    case 'operator':
      return 'the holder of the admin token'
    case 'daemon':
      return 'the daemon itself'
  }
}
