import { InvariantError } from '../errors.js'

/** What one endpoint says, or that it says nothing usable. Answers are the same when their keys are. */
export interface Answer {
  readonly endpoint: string
  /** Undefined when it failed, was late or cannot know. Silence is never a vote. */
  readonly key: string | undefined
}

export type Verdict =
  | {
      readonly isAgreed: true
      readonly key: string
      readonly agreeing: readonly string[]
      /** Those that gave another answer to the same question. */
      readonly outvoted: readonly string[]
    }
  | { readonly isAgreed: false; readonly keys: readonly string[] }

/**
 * The answer that at least `quorum` endpoints give, if there is exactly one (C-20). With a quorum of f + 1 out of 2f + 1
 * and at most f liars, that is the honest answer or none at all. An endpoint named twice counts once.
 */
export function agree(answers: readonly Answer[], quorum: number): Verdict {
  if (!Number.isInteger(quorum) || quorum < 1)
    throw new InvariantError(`A quorum is a whole number from 1, got ${quorum}.`)
  const votes = new Map<string, Set<string>>()
  for (const { endpoint, key } of answers)
    if (key !== undefined) votes.set(key, (votes.get(key) ?? new Set()).add(endpoint))
  const winners = [...votes].filter(([, voters]) => voters.size >= quorum)
  const [winner] = winners
  if (!winner || winners.length > 1) return { isAgreed: false, keys: [...votes.keys()] }
  const [key, agreeing] = winner
  const outvoted = [...votes].flatMap(([other, voters]) => (other === key ? [] : [...voters]))
  return {
    isAgreed: true,
    key,
    agreeing: [...agreeing],
    outvoted: [...new Set(outvoted)].filter((endpoint) => !agreeing.has(endpoint)),
  }
}

/** How many more equal answers are needed at least, before a quorum is possible. */
export function missingVotes(answers: readonly Answer[], quorum: number): number {
  const votes = new Map<string, number>()
  for (const { key } of answers) if (key !== undefined) votes.set(key, (votes.get(key) ?? 0) + 1)
  return Math.max(0, quorum - Math.max(0, ...votes.values()))
}

/**
 * Heights at which `quorum` endpoints may agree, highest first: each is the head of one of them, and at least `quorum`
 * heads are as high.
 */
export function candidateHeights(heads: readonly bigint[], quorum: number): readonly bigint[] {
  const sorted = ascending(heads).toReversed()
  return [...new Set(sorted.slice(quorum - 1))]
}

/**
 * A value that one liar cannot push below what the others say, nor above it where there are three: the middle one, of two
 * middle ones the larger, or the `quorum`-th from below where that is larger still. Undefined of fewer than `quorum`.
 */
export function upperMedian(values: readonly bigint[], quorum: number): bigint | undefined {
  const sorted = ascending(values)
  return sorted[Math.max(quorum - 1, Math.floor(sorted.length / 2))]
}

/** The middle value; of two middle ones the smaller. Undefined of none. */
export function lowerMedian(values: readonly bigint[]): bigint | undefined {
  return ascending(values)[Math.floor((values.length - 1) / 2)]
}

function ascending(values: readonly bigint[]): bigint[] {
  return values.toSorted((a, b) => (a === b ? 0 : a < b ? -1 : 1))
}
