import type { LegRun } from './cycle.js'

/** How far the legs of a cycle have come. What was skipped is no longer to be done. */
export interface Progress {
  readonly planned: number
  /** Planned and not skipped. */
  readonly toDo: number
  readonly done: number
  readonly failed: number
  /** Legs that were never begun and will not be, by what stopped them, in the order of the plan. */
  readonly skipped: readonly { readonly code: string; readonly detail: string; readonly legs: number }[]
}

export function progressOf(legs: readonly LegRun[]): Progress {
  const count = (state: LegRun['state']) => legs.filter((run) => run.state === state).length
  const skipped = new Map<string, Progress['skipped'][number]>()
  for (const { state, failure } of legs) {
    if (state !== 'skipped') continue
    const { code, detail } = failure ?? { code: 'UNKNOWN', detail: 'No reason was written down.' }
    const key = `${code} ${detail}`
    skipped.set(key, { code, detail, legs: (skipped.get(key)?.legs ?? 0) + 1 })
  }
  const planned = legs.length
  const toDo = planned - count('skipped')
  return { planned, toDo, done: count('done'), failed: count('failed'), skipped: [...skipped.values()] }
}
