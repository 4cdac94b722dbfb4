import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { ApiClient, pathOf } from './client.js'
import { ApiProblem } from './problem.js'
import { EVENT_TYPES, isStaleBy } from './stale.js'

const real = globalThis.fetch
afterEach(() => {
  globalThis.fetch = real
})

/** Answers one after the other, and what was asked. */
function answers(...responses: (Response | Error)[]): Request[] {
  const asked: Request[] = []
  globalThis.fetch = (input, init) => {
    asked.push(new Request(new URL(input as string, 'http://127.0.0.1'), init))
    const next = responses.shift()
    return next instanceof Response ? Promise.resolve(next) : Promise.reject(next ?? new Error('no answer is left'))
  }
  return asked
}

const json = (body: unknown, init: ResponseInit = {}) => new Response(JSON.stringify(body), init)

describe('the client of the API', () => {
  test('brings the token, and gives the same object while nothing has changed', async () => {
    const asked = answers(
      json({ nav: '1' }, { headers: { ETag: '"one"' } }),
      new Response(null, { status: 304 }),
      json({ nav: '2' }, { headers: { ETag: '"two"' } }),
    )
    const client = new ApiClient('secret', () => undefined)
    const first = await client.read('/v1/portfolios')
    expect(await client.read('/v1/portfolios')).toBe(first)
    expect(await client.read('/v1/portfolios')).toEqual({ nav: '2' })
    expect(asked.map(({ headers }) => headers.get('If-None-Match'))).toEqual([null, '"one"', '"one"'])
    expect(asked.map(({ headers }) => headers.get('Authorization'))).toEqual(Array(3).fill('Bearer secret'))
    expect(client.etagOf('/v1/portfolios')).toBe('"two"')
  })

  test('posts under the key it is given, with the ETag of what was looked at', async () => {
    const asked = answers(json({ state: 'running' }, { headers: { 'Idempotent-Replayed': 'true' } }))
    const acted = await new ApiClient('secret', () => undefined).act(
      '/v1/resume',
      { scope: 'all' },
      { key: 'k', ifMatch: '"e"' },
    )
    expect(acted).toEqual({ answer: { state: 'running' }, isReplayed: true })
    expect(asked[0]?.headers.get('Idempotency-Key')).toBe('k')
    expect(asked[0]?.headers.get('If-Match')).toBe('"e"')
    expect(await asked[0]?.json()).toEqual({ scope: 'all' })
  })

  test('a refusal is a problem with all that it says, and a token that does not count is told of', async () => {
    const onRefused = jest.fn()
    const told = { status: 401, code: 'unauthorised', title: 'T', detail: 'D', instance: 'i', retryAfter: 3 }
    answers(json(told, { status: 401 }), json({ ...told, status: 403, code: 'forbidden' }, { status: 403 }))
    const client = new ApiClient('secret', onRefused)
    await expect(client.read('/v1/me')).rejects.toMatchObject({ ...told, name: 'ApiProblem' })
    await expect(client.read('/v1/me')).rejects.toMatchObject({ code: 'forbidden' })
    expect(onRefused).toHaveBeenCalledTimes(1)
  })

  test('no answer, and one that is no problem, are problems too', async () => {
    answers(new TypeError('refused'), new Response('<html>', { status: 502 }))
    const client = new ApiClient('secret', () => undefined)
    await expect(client.read('/v1/me')).rejects.toMatchObject({ status: 0, code: 'no-answer', message: 'refused' })
    await expect(client.read('/v1/me')).rejects.toMatchObject({ status: 502, code: 'unknown' })
    await expect(client.read('/v1/me')).rejects.toBeInstanceOf(ApiProblem)
  })

  test('paths leave out what is undefined', () => {
    expect(pathOf('/v1/transfers', { portfolio: 'a b', state: undefined, limit: 5 })).toBe(
      '/v1/transfers?portfolio=a+b&limit=5',
    )
    expect(pathOf('/v1/transfers', { state: undefined })).toBe('/v1/transfers')
  })
})

describe('what an event makes stale', () => {
  test('what it is about, and nothing else', () => {
    expect(isStaleBy('scope-changed', '/v1/state')).toBe(true)
    expect(isStaleBy('scope-changed', '/v1/config')).toBe(false)
    expect(isStaleBy('transfer-changed', '/v1/transfers?portfolio=core')).toBe(true)
    expect(isStaleBy('opened', '/v1/state')).toBe(false)
  })

  test('after a gap everything', () => {
    for (const path of ['/v1/state', '/v1/config', '/v1/portfolios/core']) expect(isStaleBy('reset', path)).toBe(true)
    expect(new Set(EVENT_TYPES).size).toBe(EVENT_TYPES.length)
  })
})
