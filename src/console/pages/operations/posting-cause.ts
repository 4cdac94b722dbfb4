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
