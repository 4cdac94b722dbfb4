/** Longest id that is shown whole. */
const WHOLE = 28

/**
 * An id as it is told from its neighbours. Of a cycle that is how it begins; what belongs to a plan has the end of the
 * plan's id and everything after it: `…025510Z.5.approve.0`.
 */
export function shortId(id: string): string {
  if (id.length <= WHOLE) return id
  const dot = id.indexOf('.')
  if (dot < 0) return `${id.slice(0, 8)}…`
  return dot <= 8 ? id : `…${id.slice(dot - 7)}`
}
