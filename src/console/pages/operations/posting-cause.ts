import type { Posting } from './api.js'

/** What a posting was booked for, where it is a transaction or a transfer of ours. */
export interface PostingCause {
  readonly stepId: string
  /** `gas`, `settled`, `arrived`, `gas, undone`; empty for what the transaction moved. */
  readonly what: string
}

const STEP = /^(?!loss\.)([a-zA-Z0-9-]+\.\d+(?:\.(?:approve|swap|bridge|revoke)\.\d+)?)(?:@\d+)?((?::[^:]+)*)$/

/** Undefined for causes that name none: `opening`, `classified.…`, `loss.…`, housekeeping. */
export function postingCause(cause: string): PostingCause | undefined {
  const [, stepId, rest = ''] = STEP.exec(cause) ?? []
  if (stepId === undefined) return undefined
  const words = rest.split(':').filter((word) => /^[a-z]+$/.test(word))
  return { stepId, what: words.join(', ') }
}

type Booked = Pick<Posting, 'bookedAt' | 'cause' | 'chain' | 'token' | 'account' | 'units' | 'book'>

/** Which booking a cause is of, whether in the provisional book or in the final one. */
const bookingOf = (cause: string) => cause.replace(/@\d+/, '').replace(/:undone$/, '')

/** What is booked together is stamped row by row. */
const TOGETHER_MS = 1_000

/**
 * The provisional postings that were taken back because the final book has them from the same moment on. What else is
 * undone left its block. `postings` are newest first, so that a final one is among them before what it replaces.
 */
export function movedToFinal<T extends Booked>(postings: readonly T[]): ReadonlySet<T> {
  const keyOf = ({ cause, chain, token, account }: Booked, units: bigint) =>
    [bookingOf(cause), chain, token, account, units].join(' ')
  const final = new Map<string, T[]>()
  for (const one of postings)
    if (one.book === 'final') {
      const key = keyOf(one, BigInt(one.units))
      final.set(key, [...(final.get(key) ?? []), one])
    }
  const isTogether = (one: T) => (other: T) =>
    Math.abs(Date.parse(one.bookedAt) - Date.parse(other.bookedAt)) <= TOGETHER_MS
  return new Set(
    postings.filter(
      (one) =>
        one.book === 'provisional' &&
        one.cause.endsWith(':undone') &&
        final.get(keyOf(one, -BigInt(one.units)))?.some(isTogether(one)),
    ),
  )
}
