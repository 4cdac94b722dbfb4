import { expect, test } from '@jest/globals'
import type { ExecutionContext } from '@nestjs/common'
import { firstValueFrom, NEVER, of } from 'rxjs'
import { Problem } from '../problem.js'
import { ExchangeInterceptor } from './exchange.interceptor.js'
import { etagOf, requireMatch } from './match.js'

const contextOf = (method: string) =>
  ({
    getHandler: () => () => undefined,
    switchToHttp: () => ({ getRequest: () => ({ method, query: {} }), getResponse: () => undefined }),
  }) as unknown as ExecutionContext

test('a read that does not end is given up; what changes something is waited for', async () => {
  const interceptor = new ExchangeInterceptor(20)
  const read = firstValueFrom(interceptor.intercept(contextOf('GET'), { handle: () => NEVER }))
  await expect(read).rejects.toMatchObject({ status: 503, code: 'unavailable' })
  const deed = interceptor.intercept(contextOf('POST'), { handle: () => of('done') })
  expect(await firstValueFrom(deed)).toBe('done')
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
