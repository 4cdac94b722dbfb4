import 'reflect-metadata'
import { HttpCode } from '@nestjs/common'
import type { z } from 'zod'
import type { AccessScope } from '../../../domain/access/scopes.js'
import type { RateBucket } from '../../../ports/rate-limits.js'

/** What holds for one route: who may ask, what it counts as, what comes in and what goes out. */
export interface RouteRules {
  readonly scope: AccessScope
  /** `pause` is for what makes things safer: it goes through whatever else does not work (F-77). */
  readonly bucket: Exclude<RateBucket, 'failed-login'>
  /** What the audit log calls it: `pause`, `plan.approve`, … Needed for everything that is not GET. */
  readonly action?: string
  /** What it is done to, in the audit log: `portfolio:core`. Default: the path of the request. */
  readonly resource?: (asked: AskedFor) => string
  readonly summary: string
  readonly description?: string
  /** An object schema; its members are the parameters of the path. For the document: handlers say what is not there. */
  readonly params?: z.ZodType
  /** A strict object schema. Without one every query parameter is refused. */
  readonly query?: z.ZodType
  /** A strict object schema. Without one every body is refused. */
  readonly body?: z.ZodType
  readonly answer: z.ZodType
  /** Of the answer. Default 200. */
  readonly status?: number
  /** Statuses of the handler's own Problems; those of the gate are documented anyway. */
  readonly refusals?: readonly number[]
  /** Needs `If-Match`: the handler compares it by `requireMatch`. */
  readonly needsMatch?: boolean
  /** The answer to a read depends on who asks, so nobody shares it. */
  readonly isPersonal?: boolean
  /** The answer is a stream of server-sent events that stays open; `answer` is the schema of one event's data. */
  readonly isStream?: boolean
}

/** A request as its route's `resource` sees it: nothing in it was checked yet. */
export interface AskedFor {
  readonly params: Readonly<Record<string, string | undefined>>
  readonly body: unknown
}

/** What may be answered for a schema: its output, of which nothing has to be mutable. */
export type Answered<T> = T extends readonly (infer One)[]
  ? readonly Answered<One>[]
  : T extends object
    ? { readonly [Name in keyof T]: Answered<T[Name]> }
    : T

/** A method whose answer fits, whatever it is given. */
interface Handler<Answer> {
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly value?: (...given: any[]) => Answer | Promise<Answer>
}

/** What the audit log calls a request that changes nothing. */
export const READ = 'read'

export function actionOf({ action }: RouteRules): string {
  return action ?? READ
}

const RULES = 'evenkeel:route'

/**
 * Declares a handler as a route of the API. What the handler gives must fit the schema of its answer, or it does not
 * compile. A handler without this answers nobody.
 */
export function Route<const Schema extends z.ZodType>(
  rules: RouteRules & { readonly answer: Schema; readonly isStream: true },
): MethodDecorator
export function Route<const Schema extends z.ZodType>(
  rules: RouteRules & { readonly answer: Schema; readonly isStream?: false },
): (target: object, name: string | symbol, descriptor: Handler<Answered<z.output<Schema>>>) => void
export function Route(rules: RouteRules): MethodDecorator {
  return (target, name, descriptor) => {
    Reflect.defineMetadata(RULES, rules, descriptor.value as object)
    HttpCode(rules.status ?? 200)(target, name, descriptor)
  }
}

/** The rules of a handler; undefined for one that declares none. */
export function rulesOf(handler: object): RouteRules | undefined {
  return Reflect.getMetadata(RULES, handler) as RouteRules | undefined
}
