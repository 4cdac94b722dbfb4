import { type Assess, byConfiguredBands } from './assessment.js'
import { conclude } from './conclude.js'
import type { NextDue } from './due-times.js'
import { checkShared, type SharedParameters } from './parameters.js'
import { viewOf } from './portfolio-view.js'
import type { QuadraticSolver } from './quadratic-program.js'
import type { RebalancingPolicy } from './rebalancing-policy.js'

/** What some policies need from outside; each throws at construction when what it needs is missing. */
export interface PolicyServices {
  readonly nextDue?: NextDue
  readonly solve?: QuadraticSolver
}

/** A policy that can be configured. */
export interface PolicyKind<P> {
  readonly defaults: P
  /** What is not given keeps its default. Throws RebalancingInputError for a parameter outside its range. */
  create(parameters: Partial<P>, services?: PolicyServices): RebalancingPolicy
}

/**
 * A policy is what it makes of a state; the rest is shared. `prepare` checks the policy's own parameters and returns its
 * assessment, which is asked only about portfolios of two assets and more.
 */
export function definePolicy<P extends SharedParameters>(
  defaults: P,
  prepare: (parameters: P, services: PolicyServices) => Assess,
): PolicyKind<P> {
  return {
    defaults,
    create(given, services = {}) {
      const parameters: P = { ...defaults, ...given }
      checkShared(parameters)
      const assess = prepare(parameters, services)
      return {
        decide: (state) => {
          const view = viewOf(state, parameters)
          const assessment = view.assets.length < 2 ? byConfiguredBands(view, parameters) : assess(view)
          return conclude(view, assessment, parameters)
        },
      }
    },
  }
}
