import { describe, expect, test } from '@jest/globals'
import { noAnswer, problemOf } from './problem.js'

describe('whether the daemon has ended a call, so that the next attempt is another one', () => {
  const told = { type: 'about:blank', title: 'Told', detail: 'As it is.', code: 'conflict' }
  const of = (status: number, body: object | string) =>
    problemOf(new Response(typeof body === 'string' ? body : JSON.stringify({ ...told, status, ...body }), { status }))

  test.each([
    ['a refusal', 409, {}, true],
    ['a failure of which nobody knows what it did', 500, { code: 'internal' }, true],
    ['the same call is still running', 409, { retryAfter: 1 }, false],
    ['it cannot be done now', 503, { code: 'unavailable', retryAfter: 5 }, false],
    ['a proxy gave it up', 504, '<html></html>', false],
  ])('%s', async (_, status, body, hasEnded) => {
    expect((await of(status, body)).hasEnded).toBe(hasEnded)
  })

  test('nobody answered', () => {
    expect(noAnswer(new TypeError('fetch failed')).hasEnded).toBe(false)
  })
})
