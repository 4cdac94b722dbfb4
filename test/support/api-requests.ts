import fc from 'fast-check'
import type { OpenAPIObject } from '@nestjs/swagger'
import { operatorToken } from './gate-app.js'

/** What one schema says, as far as requests use it. */
interface Schema {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: Schema
  readonly maxItems?: number
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
}

interface Parameter {
  readonly name: string
  readonly in: string
  readonly schema: Schema
}

interface Operation {
  readonly operationId: string
  readonly parameters: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
  readonly responses: Readonly<Record<string, object>>
}

export interface ApiRequest {
  readonly operation: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  /** Statuses that the document knows for it. */
  readonly documented: readonly number[]
}

/** Names that mean something to JavaScript, to paths or to databases, and nothing to the API. */
const NASTY = ['__proto__', 'constructor', 'prototype', '\0', '%00', "'; --", '\u202e', '𝕏', 'x'.repeat(500), '-1', ' ']

const text = fc.oneof(fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }), fc.constantFrom(...NASTY))

/** JSON with the names that reach into prototypes, which no object literal can have. */
const nastyJson = fc.oneof(
  fc.json({ maxDepth: 3 }),
  fc.constantFrom(
    '{"__proto__":{"polluted":true},"reason":"x"}',
    '{"constructor":{"prototype":{"polluted":true}},"reason":"x"}',
    '{"reason":"x","reason":"y","scope":{"__proto__":null}}',
    '{"reason":',
    'null',
    '[]',
    '"text"',
    '',
    '{"reason":"\\ud800"}',
    `${'['.repeat(40)}${']'.repeat(40)}`,
    `{"reason":"${'x'.repeat(40_000)}"}`,
  ),
)

/** Every kind of request to an API, from its document: as it is meant, and wrong in each part. `samples` are names that exist. */
export function apiRequests(document: OpenAPIObject, samples: readonly string[]): fc.Arbitrary<ApiRequest> {
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Operation>).map(([method, operation]) =>
      requestTo(path, method.toUpperCase(), operation, samples),
    ),
  )
  return fc.oneof(...operations)
}

/**
 * One request, or, of four draws one, two that are sent at the same moment: the same one twice by one key, as whoever tries
 * again sends it, the same one by two keys, as two people send it, or any two of them.
 */
export function pairsOf(requests: fc.Arbitrary<ApiRequest>): fc.Arbitrary<readonly ApiRequest[]> {
  const anew = (one: ApiRequest, key: string): ApiRequest => ({
    ...one,
    headers: { ...one.headers, ...(one.method !== 'GET' && { 'idempotency-key': key }) },
  })
  return fc.oneof(
    { weight: 12, arbitrary: requests.map((one) => [one]) },
    { weight: 1, arbitrary: requests.map((one) => [one, one]) },
    { weight: 2, arbitrary: fc.tuple(requests, fc.uuid()).map(([one, key]) => [one, anew(one, key)]) },
    { weight: 1, arbitrary: fc.tuple(requests, requests).map((two) => [...two]) },
  )
}

function requestTo(
  path: string,
  method: string,
  { operationId, parameters, requestBody, responses }: Operation,
  samples: readonly string[],
): fc.Arbitrary<ApiRequest> {
  const inPath = parameters.filter((one) => one.in === 'path')
  const inQuery = parameters.filter((one) => one.in === 'query')
  const schema = requestBody?.content['application/json']?.schema
  const valueOf = valuesOf(samples)
  const segment = mostly(fc.constantFrom(...samples), text).filter((one) => one !== '.' && one !== '..')
  return fc
    .record({
      path: fc.tuple(...inPath.map(() => segment)),
      query: fc.tuple(...inQuery.map((one) => fc.option(mostly(valueOf(one.schema), text), { freq: 1 }))),
      strange: mostly(fc.constant(undefined), fc.tuple(text, text)),
      token: mostly(
        fc.constant(operatorToken),
        fc.constantFrom(undefined, 'wrong', `ek_aaaaaaaaaaaa_${'A'.repeat(43)}`),
      ),
      key: mostly(fc.uuid(), fc.constantFrom(undefined, 'a', 'b', 'k'.repeat(300), 'two words')),
      type: mostly(
        fc.constant('application/json'),
        fc.constantFrom('text/plain', 'application/json; charset=latin1', 'x'),
      ),
      match: mostly(fc.constant(undefined), fc.constantFrom('*', '"a"', 'W/"a"', 'a')),
      body: mostly(schema ? valueOf(schema).map((one) => JSON.stringify(one)) : fc.constant(undefined), nastyJson),
    })
    .map(({ path: segments, query, strange, token, key, type, match, body }) => {
      const names = inPath.map(({ name }) => name)
      const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encoded(String(segments[names.indexOf(name)])))
      const asked = new URLSearchParams()
      for (const [index, one] of inQuery.entries()) {
        const value = query[index]
        if (value !== null && value !== undefined) asked.append(one.name, sayable(textOf(value)))
      }
      if (strange) asked.append(sayable(strange[0]), sayable(strange[1]))
      const isRead = method === 'GET'
      return {
        operation: operationId,
        method,
        path: asked.size > 0 ? `${filled}?${asked}` : filled,
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(!isRead && key !== undefined && { 'idempotency-key': key }),
          ...(!isRead && { 'content-type': type }),
          ...(isRead && match !== undefined && { 'if-none-match': match }),
          ...(!isRead && match !== undefined && { 'if-match': match }),
        },
        body: isRead ? undefined : body,
        documented: Object.keys(responses).map(Number),
      }
    })
}

/** Seldom something that is wrong. */
function mostly<T, U>(right: fc.Arbitrary<T>, wrong: fc.Arbitrary<U>): fc.Arbitrary<T | U> {
  return fc.oneof({ weight: 12, arbitrary: right }, { weight: 1, arbitrary: wrong })
}

/** Makes values that fit a schema; free texts are often samples. */
function valuesOf(samples: readonly string[]): (schema: Schema) => fc.Arbitrary<unknown> {
  const valueOf = (schema: Schema): fc.Arbitrary<unknown> => {
    if (schema.const !== undefined) return fc.constant(schema.const)
    if (schema.enum) return fc.constantFrom(...schema.enum)
    if (schema.anyOf) return fc.oneof(...schema.anyOf.map(valueOf))
    const { minLength = 0, maxLength = 60, minimum = -1_000, maximum = 1_000 } = schema
    const { properties = {}, required = [] } = schema
    switch (schema.type ?? 'any') {
      case 'string':
        if (schema.pattern !== undefined) {
          const pattern = new RegExp(schema.pattern)
          const fitting = samples.filter((one) => pattern.test(one))
          const made = fc.stringMatching(pattern)
          return fitting.length > 0 ? fc.oneof(fc.constantFrom(...fitting), made) : made
        }
        return fc.oneof(
          fc.constantFrom(...samples),
          fc.string({ minLength, maxLength: Math.min(maxLength, minLength + 40) }),
        )
      case 'integer':
        return fc.integer({ min: minimum, max: Math.min(maximum, 2 ** 31 - 1) })
      case 'number':
        return fc.double({ min: minimum, max: maximum, noNaN: true })
      case 'boolean':
        return fc.boolean()
      case 'array':
        return fc.array(valueOf(schema.items ?? {}), { maxLength: Math.min(schema.maxItems ?? 5, 5) })
      case 'object':
        return fc.record(Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, valueOf(one)])), {
          requiredKeys: [...required],
        })
      default:
        return fc.jsonValue({ maxDepth: 2 })
    }
  }
  return valueOf
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
/** Halves of surrogate pairs cannot stand in a URL. */
const sayable = (one: string) => one.replaceAll(/\p{Cs}/gu, '�')
const encoded = (one: string) => encodeURIComponent(sayable(one))
