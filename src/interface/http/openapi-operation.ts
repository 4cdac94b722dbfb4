import type { OpenAPIObject } from '@nestjs/swagger'
import { z } from 'zod'
import { IDEMPOTENCY_KEY } from './access/idempotency.interceptor.js'
import type { RouteRules } from './access/route.js'
import { LARGEST_BODY_KIB } from './hygiene.js'
import { problemSchema } from './problem.js'

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>
type Parameters = NonNullable<Operation['parameters']>
type Responses = Operation['responses']
type JsonSchema = z.core.JSONSchema.JSONSchema
/** Of the document's types, which know the schemas of 3.0 only. */
type DocumentSchema = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string]

const PROBLEMS: Readonly<Record<number, string>> = {
  400: 'Something in the request is not as this document says; `errors` tells what.',
  401: 'There is no valid credential in the request.',
  403: 'The caller lacks the scope, or may not do this.',
  404: 'There is no such thing.',
  408: 'The request did not come in time.',
  409: 'Something has to be put right first, or the same request is still running.',
  412: 'It has changed since it was looked at.',
  413: `The body is larger than ${LARGEST_BODY_KIB} KiB.`,
  415: 'The body is of another type than JSON.',
  417: 'The request expects something else than `100-continue`.',
  422: 'The `Idempotency-Key` was used for another request.',
  429: 'There were too many requests, or failed logins from this address; `Retry-After` says when to try again.',
  431: 'Path and headers are larger than 16 KiB.',
  500: 'Something went wrong on our side; the log says what, under the id of the request.',
  503: 'A needed service does not answer; nothing was changed.',
}

const responseName = (status: number) => `Problem${status}`

/** What operations refer to. */
export const COMPONENTS: NonNullable<OpenAPIObject['components']> = {
  schemas: { Problem: schemaOf(problemSchema, 'output') },
  responses: Object.fromEntries(
    Object.entries(PROBLEMS).map(([status, description]) => [
      responseName(Number(status)),
      {
        description,
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        ...((status === '429' || status === '503') && {
          headers: { 'Retry-After': { description: 'Whole seconds.', schema: { type: 'integer', minimum: 0 } } },
        }),
      },
    ]),
  ),
}

/** An operation of the document, from the rules of its route. */
export function operationOf({ tags, operationId }: Operation, rules: RouteRules, isRead: boolean): Operation {
  const { scope, summary, description, params, query, body } = rules
  return {
    operationId,
    ...(tags && { tags }),
    summary,
    ...(description !== undefined && { description }),
    security: [{ bearer: [scope] }],
    parameters: [
      ...parametersOf('path', params),
      ...parametersOf('query', query),
      ...headersOf(rules, isRead),
    ] as Parameters,
    ...(body && {
      requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body, 'input') } } },
    }),
    responses: responsesOf(rules, isRead),
  } as Operation
}

function parametersOf(place: 'path' | 'query', schema: z.ZodType | undefined) {
  if (!schema) return []
  const { properties = {}, required = [] } = jsonSchemaOf(schema, 'input')
  return Object.entries(properties).map(([name, one]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: one as DocumentSchema,
  }))
}

function headersOf({ bucket, needsMatch, isStream }: RouteRules, isRead: boolean) {
  const header = (name: string, required: boolean, description: string, pattern?: RegExp) => ({
    name,
    in: 'header',
    required,
    description,
    schema: { type: 'string', ...(pattern && { pattern: pattern.source }) },
  })
  if (isRead)
    return isStream
      ? [header('Last-Event-ID', false, 'Of the last event that came: the stream goes on after it.')]
      : [header('If-None-Match', false, 'An ETag: answered by 304 where nothing has changed since.')]
  const key = 'New for each deed, the same for each attempt at it. The answer is kept for seven days.'
  return [
    ...(bucket === 'pause' ? [] : [header('Idempotency-Key', true, key, IDEMPOTENCY_KEY)]),
    ...(needsMatch ? [header('If-Match', true, 'The ETag of what is to be changed, as a GET gave it.')] : []),
  ]
}

function responsesOf(
  { answer, status = 200, bucket, isStream, params, needsMatch, refusals = [] }: RouteRules,
  isRead: boolean,
) {
  const problems = new Set([
    400,
    401,
    403,
    408,
    417,
    429,
    431,
    500,
    503,
    ...(params ? [404] : []),
    ...(isRead ? [] : [413, 415]),
    ...(isRead || bucket === 'pause' ? [] : [409, 422]),
    ...(needsMatch ? [412] : []),
    ...refusals,
  ])
  const content = { [isStream ? 'text/event-stream' : 'application/json']: { schema: schemaOf(answer, 'output') } }
  const isTagged = isRead && !isStream
  return {
    [status]: {
      description: 'Done.',
      content,
      ...(isTagged && { headers: { ETag: { description: 'Of this answer.', schema: { type: 'string' } } } }),
    },
    ...(isTagged && { 304: { description: 'Nothing has changed since the ETag of If-None-Match.' } }),
    // Numbers as names of an object stand in their order.
    ...Object.fromEntries([...problems].map((one) => [one, { $ref: `#/components/responses/${responseName(one)}` }])),
  } as Responses
}

function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io }) as JsonSchema
  return rest
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): DocumentSchema {
  return jsonSchemaOf(schema, io) as DocumentSchema
}
