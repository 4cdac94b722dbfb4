import { describe, expect, test } from '@jest/globals'
import { createLogger, hideKeysInUrls } from './log.js'

function capture(options: { level?: 'debug' | 'info'; pretty?: boolean } = {}) {
  let written = ''
  const destination = { write: (text: string) => void (written += text) }
  const log = createLogger({ level: options.level ?? 'info', pretty: options.pretty ?? false, destination })
  return { log, text: () => written, line: () => JSON.parse(written) as Record<string, unknown> }
}

test('a line is JSON with the level as a word and the time in UTC', () => {
  const { log, line } = capture()
  log.info({ portfolio: 'main' }, 'Traded.')
  expect(line()).toMatchObject({ level: 'info', portfolio: 'main', msg: 'Traded.' })
  expect(line()['time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
})

test('lines under the level are not written', () => {
  const { log, text } = capture({ level: 'info' })
  log.debug('Detail.')
  expect(text()).toBe('')
})

test('a bigint anywhere does not stop a line', () => {
  const { log, line } = capture()
  log.info({ nested: { units: 5n } }, 'Amount.')
  expect(line()).toMatchObject({ msg: 'Amount.' })
})

test('a terminal gets lines for people, written before the call returns', () => {
  const { log, text } = capture({ pretty: true })
  log.warn({ chain: 'bay' }, 'Left out.')
  expect(text()).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] .*WARN.*Left out\./)
  expect(text()).toContain('bay')
})

describe('secrets stay inside', () => {
  test.each([
    ['a field', { apiKey: 'hunter2' }],
    ['a field of the configuration', { config: { venues: { apiKey: 'hunter2' } } }],
    ['a header', { request: { headers: { authorization: 'Bearer hunter2' } } }],
    ['a variable', { env: { DATABASE_URL: 'hunter2' } }],
    ['the token of a source', { env: { EVENKEEL_TARGETS_TOKEN: 'hunter2' } }],
    ['a token that another source names', { a: { b: { c: { d: { EVENKEEL_TARGETS_TOKEN_B2: 'x"hunter2\\' } } } } }],
    ['an address of a database', { url: 'postgres://evenkeel:hunter2@db:5432/evenkeel' }],
    ['a password with signs of its own', { url: 'postgres://evenkeel:a@hunter2:b@db:5432/evenkeel' }],
    ['the query of an address', { url: 'https://rpc.example/?key=hunter2' }],
    ['the path of an address', { url: 'https://rpc.example/v2/hunter2hunter2hunter2' }],
    ['an error', { err: new Error('Request to https://rpc.example/v2/hunter2hunter2hunter2 failed.') }],
    ['the cause of an error', { err: new Error('No.', { cause: new Error('wss://u:hunter2@rpc.example') }) }],
    ['something thrown that is no error', { err: { config: { key: 'hunter2' } } }],
    ['the fields of an error', { err: Object.assign(new Error('No.'), { config: { key: 'hunter2' } }) }],
  ])('in %s', (_, fields) => {
    for (const pretty of [false, true]) {
      const { log, text } = capture({ pretty })
      log.error(fields, 'Something failed.')
      expect(text()).toContain('Something failed.')
      expect(text()).not.toContain('hunter2')
    }
  })
})

test('an error keeps its type, message, stack and cause', () => {
  const { log, line } = capture()
  log.error({ err: new TypeError('No answer.', { cause: new Error('Closed.') }) }, 'Failed.')
  expect(line()['err']).toEqual({
    type: 'TypeError',
    message: 'No answer.: Closed.',
    stack: expect.stringMatching(/TypeError: No answer\.[^]*caused by: Error: Closed\./),
  })
})

test.each([
  ['see https://api.example/v1/prices?assets=ETH, then', 'see https://api.example/v1/prices then'],
  ['(http://127.0.0.1:8545)', '(http://127.0.0.1:8545)'],
  ['at file:///srv/evenkeel/dist/main.js:3:1', 'at file:///srv/evenkeel/dist/main.js:3:1'],
  ['https://h/0123456789abcdef/x', 'https://h/…/x'],
])('an address keeps what leads to the service: %s', (text, expected) => {
  expect(hideKeysInUrls(text)).toBe(expected)
})
