/**
 * A policy was given what it cannot decide on: a state whose numbers contradict each other, or parameters outside their
 * range. The message says what was expected, what came and what to do.
 */
export class RebalancingInputError extends Error {
  override readonly name = 'RebalancingInputError'

  constructor(
    readonly subject: 'state' | 'parameters',
    message: string,
  ) {
    super(message)
  }
}
