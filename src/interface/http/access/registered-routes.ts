import { type INestApplicationContext, RequestMethod, type Type } from '@nestjs/common'
import { METHOD_METADATA } from '@nestjs/common/constants.js'
import { ModulesContainer } from '@nestjs/core'
import { actionOf, type RouteRules, rulesOf } from './route.js'

/** A handler as it is registered, with or without rules. */
export interface RegisteredRoute {
  /** `Cycles.list`: the controller and the handler. */
  readonly name: string
  readonly isRead: boolean
  readonly rules: RouteRules | undefined
}

/** Every handler of every controller of an app. */
export function registeredRoutes(app: INestApplicationContext): RegisteredRoute[] {
  const modules = [...app.get(ModulesContainer, { strict: false }).values()]
  return routesOf(
    modules.flatMap(({ controllers }) => [...controllers.values()].map(({ metatype }) => metatype as Type)),
  )
}

export function routesOf(controllers: readonly Type[]): RegisteredRoute[] {
  return controllers.flatMap((controller) =>
    handlersOf(controller).map(([name, handler]) => ({
      name: routeName(controller.name, name),
      isRead: Reflect.getMetadata(METHOD_METADATA, handler) === RequestMethod.GET,
      rules: rulesOf(handler),
    })),
  )
}

/** What the audit log calls the requests that these controllers take: `read` for those that change nothing. */
export function actionsOf(controllers: readonly Type[]): string[] {
  const actions = routesOf(controllers).flatMap(({ rules }) => (rules ? [actionOf(rules)] : []))
  return [...new Set(actions)].toSorted()
}

export function routeName(controller: string, handler: string): string {
  return `${controller.replace(/Controller$/, '')}.${handler}`
}

function handlersOf({ prototype }: Type): (readonly [string, object])[] {
  return Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const member: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value
    return typeof member === 'function' && Reflect.hasMetadata(METHOD_METADATA, member) ? [[name, member] as const] : []
  })
}
