import { expect, test } from '@jest/globals'
import { minimalConfig } from '../../test/support/minimal-config.js'
import { checkConsistency } from './check.js'
import { configSchema } from './schema.js'
import { tracesHeaders } from './traces-findings.js'

const withTraces = (traces?: object) => configSchema.parse({ ...minimalConfig(), ...(traces && { traces }) })
const findings = (url: string) => checkConsistency(withTraces({ url })).filter((one) => one.startsWith('traces'))
const headersTo = (url: string, text: string | undefined) => tracesHeaders(withTraces({ url }), text)

test('without a section there are none', () => {
  expect(withTraces()).not.toHaveProperty('traces')
})

test.each(['http://collector.observability:4318/v1/traces', 'https://collector.example/otlp/v1/traces'])(
  'go to any collector: %s',
  (url) => {
    expect(withTraces({ url }).traces).toEqual({ url })
    expect(findings(url)).toEqual([])
  },
)

test('go to an address without credentials', () => {
  expect(findings('https://user:hunter2@collector.example/v1/traces')).toEqual([
    'traces.url: expected an address without user and password; put headers into EVENKEEL_TRACES_HEADERS',
  ])
})

test.each([{ url: 'ftp://collector.example' }, { url: 'https://collector.example', sampling: 0.1 }, {}])(
  'are refused in another form: %j',
  (traces) => {
    expect(() => withTraces(traces)).toThrow(/traces/)
  },
)

test('have the headers of their variable, one in each line', () => {
  const text = 'Authorization: Bearer abc:def==\n\n  X-Tenant :fund one \r\n'
  expect(headersTo('https://collector.example', text)).toEqual({
    headers: { authorization: 'Bearer abc:def==', 'x-tenant': 'fund one' },
    findings: [],
  })
  expect(headersTo('https://collector.example', undefined)).toEqual({ headers: undefined, findings: [] })
})

test.each([
  'no colon',
  ': no name',
  'no-value:',
  'two words: hunter2',
  'x: hunt\ter2',
  'x: hüntér2',
  'x: a\nX: hunter2',
  'Content-Type: text/hunter2',
  'host: hunter2',
])('take nothing else for headers, and quote none of it: %j', (text) => {
  const line = text.split('\n').length
  expect(headersTo('https://collector.example', text).findings).toEqual([
    `EVENKEEL_TRACES_HEADERS: expected a header of its own in each line, as name: value, got something else in line ${line}`,
  ])
})

test('send headers nowhere that somebody can listen', () => {
  const open =
    'traces.url: expected https, or plain http to this machine only, for EVENKEEL_TRACES_HEADERS is sent there'
  expect(headersTo('http://collector.observability:4318/v1/traces', 'x: y').findings).toEqual([open])
  expect(headersTo('http://127.0.0.1:4318/v1/traces', 'x: y').findings).toEqual([])
  expect(tracesHeaders(withTraces(), 'x: y').findings).toEqual([])
})
