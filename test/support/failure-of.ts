import { QuoteError } from '../../src/ports/quotes.js'

/** The failure a promise must end with; a result in its place fails the test. */
export async function failureOf(promise: Promise<unknown>): Promise<QuoteError> {
  const outcome = await promise.then(
    (result) => ({ result }),
    (error: unknown) => ({ error }),
  )
  if ('result' in outcome)
    throw new Error(`Expected a QuoteError, got ${JSON.stringify(outcome.result, bigintAsText)}.`)
  if (!(outcome.error instanceof QuoteError)) throw outcome.error
  return outcome.error
}

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
