import type { Endpoint } from './clients.js'
import type { Gathered } from './gather.js'
import type { SeenBlock } from './seen-block.js'

/** What one endpoint calls its latest and its finalised block. */
export interface Sight {
  readonly head: SeenBlock
  /** Undefined where finality is a depth below the head. */
  readonly finalized: SeenBlock | undefined
}

export type Seen = Extract<Gathered<Sight>, { isAnswer: true }>

export function isSeen(answer: Gathered<Sight>): answer is Seen {
  return answer.isAnswer
}

/** Holds what each endpoint says against what it said before (C-22, F-34). */
export class OwnWords {
  private readonly told = new Map<Endpoint, { readonly head: bigint; readonly finalized: bigint }>()

  /**
   * `caught` are those that contradict themselves: a finalised block above the latest one, or one that moved back; the
   * latter once more as `backwards`.
   */
  judge(seen: readonly Seen[]): {
    readonly honest: readonly Seen[]
    readonly caught: readonly { readonly endpoint: Endpoint; readonly reason: string }[]
    readonly backwards: readonly Seen[]
  } {
    const above = seen.filter(({ value: { head, finalized } }) => finalized && finalized.number > head.number)
    const backwards = seen.filter((one) => !above.includes(one) && this.isBackwards(one))
    const caught = [
      ...above.map(({ endpoint, value: { head, finalized } }) => ({
        endpoint,
        reason: `its finalised block ${finalized?.number} is above its latest one, ${head.number}`,
      })),
      ...backwards.map(({ endpoint, value: { finalized } }) => ({
        endpoint,
        reason: `its finalised block moved back from ${this.told.get(endpoint)?.finalized} to ${finalized?.number}`,
      })),
    ]
    const honest = seen.filter((one) => !above.includes(one) && !backwards.includes(one))
    for (const { endpoint, value } of honest)
      this.told.set(endpoint, { head: value.head.number, finalized: value.finalized?.number ?? 0n })
    return { honest, caught, backwards }
  }

  /** A head that moved back as well is another, slower machine behind the same address: it lags and does not lie. */
  private isBackwards({ endpoint, value: { head, finalized } }: Seen): boolean {
    const told = this.told.get(endpoint)
    return (
      told !== undefined && finalized !== undefined && finalized.number < told.finalized && head.number >= told.head
    )
  }
}
