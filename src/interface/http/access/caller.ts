import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import type { Request } from 'express'
import type { Principal } from '../../../domain/access/principal.js'
import { InvariantError } from '../../../domain/errors.js'

const callers = new WeakMap<Request, Principal>()

/** Remembers who asks, for the handlers of this request. */
export function setCaller(request: Request, caller: Principal): void {
  callers.set(request, caller)
}

/** Undefined before the gate knows who it is. Whoever it knows may still be refused. */
export function callerOf(request: Request): Principal | undefined {
  return callers.get(request)
}

/** Who asks: a parameter of a handler. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const caller = callerOf(context.switchToHttp().getRequest<Request>())
  if (!caller) throw new InvariantError('A handler was reached without passing the gate.')
  return caller
})
