import { z } from 'zod'
import { configSchema } from '../src/config/schema.js'

type JsonSchema = z.core.JSONSchema.JSONSchema

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What tells people, not Helm. */
const UNTOLD: ReadonlySet<string> = new Set(['$schema', 'description', 'default', 'title'])
const NOT_A_FILE = '(?<!_FILE)$'

/**
 * The configuration file as a JSON schema of draft 07 that every Helm 3 takes: without what the regular expressions of Go
 * lack, and with choices told apart by what is chosen, so that a finding names the key that is wrong, not the choice. It
 * judges the form alone: whether values fit each other is judged by the daemon.
 */
export function chartConfigSchema(): JsonSchema {
  const schema = z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' })
  return forHelm(schema) as JsonSchema
}

function forHelm(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(forHelm)
  if (!isObject(value)) return value
  const told = Object.entries(value).filter(([key, one]) => !(UNTOLD.has(key) && typeof one !== 'object'))
  // Names of properties may be those words; a default may be an object.
  const kept = told.filter(([key]) => !(key === 'default' && 'type' in value))
  const result = Object.fromEntries(
    kept.map(([key, one]) => [key, key === 'properties' ? mapped(one as Record<string, unknown>) : forHelm(one)]),
  )
  return byChoice(withoutLookbehind(withoutSafeBounds(result)))
}

const mapped = (properties: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, forHelm(one)]))

/** Every whole number that JavaScript can hold is one to Helm, too. */
function withoutSafeBounds(schema: Record<string, unknown>): Record<string, unknown> {
  const isBound = ([key, value]: [string, unknown]) =>
    ['minimum', 'maximum'].includes(key) && Math.abs(value as number) === Number.MAX_SAFE_INTEGER
  return Object.fromEntries(Object.entries(schema).filter((entry) => !isBound(entry)))
}

function withoutLookbehind(schema: Record<string, unknown>): Record<string, unknown> {
  const { pattern } = schema
  if (typeof pattern !== 'string' || !pattern.includes('(?')) return schema
  if (!pattern.endsWith(NOT_A_FILE)) throw new Error(`The regular expressions of Go may not know ${pattern}.`)
  return { ...schema, pattern: `${pattern.slice(0, -NOT_A_FILE.length)}$`, not: { pattern: '_FILE$' } }
}

/** A choice by `kind`, or between a text and an object, as what holds for each of them. */
function byChoice(schema: Record<string, unknown>): Record<string, unknown> {
  const { anyOf, oneOf, ...rest } = schema
  const options = ((anyOf ?? oneOf) as Record<string, unknown>[] | undefined) ?? []
  if (options.length === 0) return schema
  const kinds = options.map(
    ({ properties }) => (properties as Record<string, { const?: unknown }> | undefined)?.['kind'],
  )
  if (kinds.every((kind) => kind?.const !== undefined))
    return {
      ...rest,
      type: 'object',
      required: ['kind'],
      properties: { kind: { enum: kinds.map((kind) => kind!.const) } },
      allOf: options.map((option, index) =>
        rule({ required: ['kind'], properties: { kind: { const: kinds[index]!.const } } }, option),
      ),
    }
  const text = options.find(({ type }) => type === 'string')
  const other = options.find(({ type }) => type === 'object')
  if (options.length === 2 && text && other) return { ...rest, ...rule({ type: 'string' }, text), else: other }
  return schema
}

function rule(condition: object, result: object): Record<string, unknown> {
  // A keyword of JSON schema, which nobody awaits.
  // oxlint-disable-next-line unicorn/no-thenable
  return { if: condition, then: result }
}
