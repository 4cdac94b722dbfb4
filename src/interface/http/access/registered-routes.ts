import { type INestApplicationContext, RequestMethod, type Type } from '@nestjs/common'
import { METHOD_METADATA } from '@nestjs/common/constants.js'
import { ModulesContainer } from '@nestjs/core'
import { type RouteRules, rulesOf } from './route.js'

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
  return modules
    .flatMap(({ controllers }) => [...controllers.values()].map(({ metatype }) => metatype as Type))
    .flatMap((controller) =>
      handlersOf(controller).map(([name, handler]) => ({
        name: routeName(controller.name, name),
        isRead: Reflect.getMetadata(METHOD_METADATA, handler) === RequestMethod.GET,
        rules: rulesOf(handler),
      })),
    )
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
