import { beforeEach, describe, expect, test } from '@jest/globals'
import type { CallHandler, ExecutionContext } from '@nestjs/common'
import { firstValueFrom, NEVER, of, Subject, throwError } from 'rxjs'
import { z } from 'zod'
import { Problem } from '../problem.js'
import { ExchangeInterceptor } from './exchange.interceptor.js'
import { etagOf, requireMatch } from './match.js'
import { Route } from './route.js'
import { FreshnessInterceptor, SharedAnswers } from './shared-answers.js'

class Handlers {
  @Route({ scope: 'status:read', bucket: 'read', summary: 'The same for all', answer: z.number() })
  common(this: void) {
    return 0
  }

  @Route({ scope: 'status:read', bucket: 'read', summary: 'Of the caller', isPersonal: true, answer: z.number() })
  personal(this: void) {
    return 0
  }
}
const { common, personal } = Handlers.prototype

const response = { type: () => response, set: () => response }
const contextOf = (method: string, originalUrl = '/v1/state', handler: () => unknown = common) =>
  ({
    getHandler: () => handler,
    switchToHttp: () => ({ getRequest: () => ({ method, originalUrl, query: {} }), getResponse: () => response }),
  }) as unknown as ExecutionContext

test('a read that does not end is given up; what changes something is waited for', async () => {
  const interceptor = new ExchangeInterceptor(new SharedAnswers(), undefined, 20)
  const read = firstValueFrom(interceptor.intercept(contextOf('GET'), { handle: () => NEVER }))
  await expect(read).rejects.toMatchObject({ status: 503, code: 'unavailable' })
  const deed = interceptor.intercept(contextOf('POST'), { handle: () => of('done') })
  expect(await firstValueFrom(deed)).toBe('done')
})

describe('who asks the same within half a second', () => {
  let now = 0
  let made = 0
  const answers = new SharedAnswers(500, () => now)
  const exchange = new ExchangeInterceptor(answers)
  const count = { handle: () => of((made += 1)) }
  const read = (path?: string, handler?: () => unknown, next: CallHandler = count) =>
    firstValueFrom(exchange.intercept(contextOf('GET', path, handler), next))

  beforeEach(() => {
    now += 10_000
    made = 0
  })

  test('gets the same answer; who asks for something else or later gets another', async () => {
    expect(await Promise.all([read(), read(), read('/v1/state?limit=1')])).toEqual(['1', '1', '2'])
    now += 499
    expect(await read()).toBe('1')
    now += 501
    expect(await read()).toBe('3')
  })

  test('gets the last one for another half second while one is made anew, once', async () => {
    expect(await read()).toBe('1')
    now += 500
    const making = new Subject<string>()
    const slow = { handle: () => making }
    expect(await Promise.all([read(undefined, undefined, slow), read(), read()])).toEqual(['1', '1', '1'])
    now += 100
    making.next('new')
    making.complete()
    await Promise.resolve()
    expect([await read(), made]).toEqual(['"new"', 1])
    // It is as old as its beginning.
    now += 400
    expect(await read()).toBe('"new"')
    expect(await read()).toBe('2')
  })

  test('waits for a new one where that was not made in time, and where it failed is given the last one until then', async () => {
    expect(await read()).toBe('1')
    now += 500
    const failing = { handle: () => throwError(() => new Error('down')) }
    expect(await read(undefined, undefined, failing)).toBe('1')
    await new Promise(setImmediate)
    now += 499
    expect(await read(undefined, undefined, { handle: () => NEVER })).toBe('1')
    now += 1
    expect(await read()).toBe('2')
  })

  test('gets the same answer while it is made, and the same failure, which is not kept', async () => {
    const making = new Subject<string>()
    const both = Promise.all([read(undefined, undefined, { handle: () => making }), read()])
    making.next('late')
    expect(await both).toEqual(['"late"', '"late"'])
    now += 1_000
    const failing = { handle: () => throwError(() => new Error('down')) }
    await expect(read(undefined, undefined, failing)).rejects.toThrow('down')
    expect(await read()).toBe('1')
  })

  test('gets an own answer where it depends on the caller', async () => {
    expect([await read('/v1/me', personal), await read('/v1/me', personal)]).toEqual(['1', '2'])
  })

  test('gets a fresh answer after a change, done or failed', async () => {
    const freshness = new FreshnessInterceptor(answers)
    const change = (next: CallHandler) => firstValueFrom(freshness.intercept(contextOf('POST'), next))
    expect(await read()).toBe('1')
    await change({ handle: () => of('done') })
    expect(await read()).toBe('2')
    await expect(change({ handle: () => throwError(() => new Error('half')) })).rejects.toThrow('half')
    expect(await read()).toBe('3')
  })

  test('gets a fresh answer after a change, whatever was being made before it', async () => {
    const freshness = new FreshnessInterceptor(answers)
    expect(await read()).toBe('1')
    now += 500
    const making = new Subject<string>()
    expect(await read(undefined, undefined, { handle: () => making })).toBe('1')
    await firstValueFrom(freshness.intercept(contextOf('POST'), { handle: () => of('done') }))
    making.next('from before')
    making.complete()
    await new Promise(setImmediate)
    expect(await read()).toBe('2')
  })
})

test('A-10: a change goes through only where it is made to what the caller looked at', () => {
  const seen = { state: 'open' }
  const tag = etagOf(JSON.stringify(seen))
  const refusal = (given: string | undefined, current: object) => {
    try {
      requireMatch(given, current)
      return undefined
    } catch (error) {
      return (error as Problem).status
    }
  }
  expect(refusal(tag, seen)).toBeUndefined()
  expect(refusal(`"other", ${tag}`, seen)).toBeUndefined()
  expect(refusal(tag, { state: 'ended' })).toBe(412)
  expect(refusal(`W/${tag}`, seen)).toBe(412)
  for (const given of [undefined, '', '*', 'untagged']) expect(refusal(given, seen)).toBe(400)
})
