import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createLogger } from './log.js'
import { hideKeysInUrls } from './log-secrets.js'

function capture(options: { level?: 'debug' | 'info'; pretty?: boolean; secrets?: readonly string[] } = {}) {
  let written = ''
  const destination = { write: (text: string) => void (written += text) }
  const { level = 'info', pretty = false, secrets = [] } = options
  const log = createLogger({ level, pretty, destination, secrets })
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
    ['a header in a text', { text: 'authorization: Bearer hunter2.abc' }],
    ['a variable as a shell writes it', { text: 'LIFI_API_KEY=hunter2 node main.js' }],
    ['a variable in a text that is JSON itself', { text: JSON.stringify({ env: { ZEROX_API_KEY: 'hunter2' } }) }],
    ['a key of the admin API', { text: 'ek_abcdefgh2345_hunter2hunter2hunter2hunter2hunter2hunter2A' }],
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

describe('a secret that is known', () => {
  const secret = 'tr0ub4dor "and" 3\\'

  test.each([
    ['a text', { text: `The token is ${secret}.` }],
    ['the name of a field', { [secret]: 1 }],
    ['a list', { list: [[{ deep: { deeper: { deepest: secret } } }]] }],
    ['JSON within a text', { body: JSON.stringify({ token: secret }) }],
    ['an address', { url: `https://api.example/${encodeURIComponent(secret)}` }],
    ['a message', { err: new Error(`Refused: ${secret}`) }],
    ['a cause', { err: new Error('No.', { cause: new Error(secret) }) }],
  ])('is in no line, whatever its level, in %s', (_, fields) => {
    for (const pretty of [false, true])
      for (const level of ['debug', 'info', 'warn', 'error', 'fatal'] as const) {
        const { log, text } = capture({ level: 'debug', pretty, secrets: [secret, 'short'] })
        log[level](fields, `Not for people: ${secret}; a short word is no secret.`)
        expect(text()).toContain('short')
        for (const form of [secret, JSON.stringify(secret).slice(1, -1), 'tr0ub4dor'])
          expect(text()).not.toContain(form)
      }
  })

  test('P-30: is in no line of any object graph', () => {
    const value = fc.object({
      key: fc.constantFrom('a', 'b', 'headers', secret),
      values: [fc.constantFrom(secret, `x${secret}y`, JSON.stringify({ secret }), 'word'), fc.bigInt(), fc.string()],
      maxDepth: 4,
    })
    fc.assert(
      fc.property(value, fc.boolean(), (fields, pretty) => {
        const { log, text } = capture({ pretty, secrets: [secret] })
        log.info(fields, 'Written.')
        expect(text()).toContain('Written.')
        expect(text()).not.toContain('tr0ub4dor')
      }),
      { numRuns: 300 },
    )
  })
})

test.each([
  'Basic rules of a bearer market.',
  'The bearer of the token waits.',
  'ETH_API_KEYS are 3',
  'EVENKEEL_ADMIN_TOKEN: expected none beside server.auth.oidc',
])('a sentence stays as it is: %s', (text) => {
  const { log, line } = capture()
  log.info(text)
  expect(line()['msg']).toBe(text)
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
