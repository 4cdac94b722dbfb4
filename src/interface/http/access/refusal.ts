import type { Request } from 'express'
import type { Problem } from '../problem.js'

const refusals = new WeakMap<Request, Problem>()

/** Remembers what is wrong with a request, for the gate to say to whom it knows. */
export function setRefusal(request: Request, refusal: Problem): void {
  refusals.set(request, refusal)
}

export function refusalOf(request: Request): Problem | undefined {
  return refusals.get(request)
}
