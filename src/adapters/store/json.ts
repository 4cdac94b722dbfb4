import { InvariantError } from '../../domain/errors.js'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/**
 * Writes a value of the domain as JSON text that a jsonb column takes and `fromJson` reads back as an equal value.
 *
 * A bigint becomes the string `123n`, undefined becomes null, a Map becomes `{"~map": [[key, value], …]}`. A string that
 * would read as one of these, or that jsonb refuses, is written `~"…` with its awkward characters escaped. Throws
 * InvariantError for anything else: null, NaN and infinities, class instances, functions. Negative zero becomes zero.
 */
export function toJson(value: unknown): string {
  return JSON.stringify(encode(value, '$'))
}

/** The value that `toJson` wrote, from JSON the driver has parsed. */
export function fromJson(json: unknown): unknown {
  return decode(json as Json)
}

const MAP = '~map'

function encode(value: unknown, path: string): Json {
  switch (typeof value) {
    case 'bigint':
      return `${value}n`
    case 'undefined':
      return null
    case 'boolean':
      return value
    case 'string':
      return encodeText(value)
    case 'number':
      if (Number.isFinite(value)) return value
      break
    case 'object':
      if (Array.isArray(value)) return value.map((item, index) => encode(item, `${path}[${index}]`))
      if (isMap(value))
        return { [MAP]: [...value].map(([key, item]) => [encode(key, `${path}.key`), encode(item, `${path}.value`)]) }
      if (isPlain(value))
        return Object.fromEntries(
          Object.entries(value).map(([key, item]) => [encodeText(key), encode(item, `${path}.${key}`)]),
        )
      break
    case 'function':
    case 'symbol':
      break
  }
  throw new InvariantError(
    `${value === null ? 'null' : typeof value} at ${path} is nothing the domain keeps, so it cannot be written as JSON.`,
  )
}

function decode(json: Json): unknown {
  if (json === null) return undefined
  if (typeof json === 'string') return /^-?\d+n$/.test(json) ? BigInt(json.slice(0, -1)) : decodeText(json)
  if (typeof json !== 'object') return json
  if (Array.isArray(json)) return json.map(decode)
  if (MAP in json) return new Map((json[MAP] as [Json, Json][]).map(([key, item]) => [decode(key), decode(item)]))
  return Object.fromEntries(Object.entries(json).map(([key, item]) => [decodeText(key), decode(item)]))
}

function encodeText(text: string): string {
  if (!/^~|^-?\d+n$|\p{Surrogate}/u.test(text) && !text.includes('\0')) return text
  const escaped = text.replaceAll(/[\\\p{Surrogate}\p{Cc}]/gu, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
  return `~"${escaped}`
}

function decodeText(text: string): string {
  if (!text.startsWith('~"')) return text
  return text
    .slice(2)
    .replaceAll(/\\u([0-9a-f]{4})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}

function isMap(value: object | null): value is Map<unknown, unknown> {
  return Object.prototype.toString.call(value) === '[object Map]'
}

/** An object literal, from whichever realm it comes. */
function isPlain(value: object | null): value is Record<string, unknown> {
  if (value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
