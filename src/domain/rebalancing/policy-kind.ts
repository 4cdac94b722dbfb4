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

/** What one of a policy's own parameters may be: a share as a decimal text, or a number. */
export interface PolicyTerm {
  readonly kind: 'share' | 'number'
  readonly about: string
}

/**
 * The one setting by which a policy is made tight or loose, as policies are compared at equal tracking error: swept from
 * tight to loose in equal proportions.
 */
export interface Dial<P> {
  /** Name of the setting, for people. */
  readonly name: string
  readonly unit: 'share of NAV' | 'share of the target' | 'days' | 'aversion' | 'per √year'
  readonly tight: number
  readonly loose: number
  readonly at: (value: number) => { readonly parameters: Partial<P>; readonly everyDays?: number }
}

/** What a policy says about itself. */
export interface PolicyFacts<P extends SharedParameters> {
  /** One sentence for whoever has to choose. */
  readonly about: string
  readonly defaults: P
  /** Defaults that follow from what is given, before the others. */
  derived?(given: Partial<P>): Partial<P>
  /** Its own parameters, as a configuration names them; those that all policies share are not among them. */
  readonly terms: Readonly<Record<Exclude<keyof P, keyof SharedParameters> & string, PolicyTerm>>
  readonly dial: Dial<P>
}

/** A policy that can be configured. */
export interface PolicyKind<P extends SharedParameters = SharedParameters> extends PolicyFacts<P> {
  /** All parameters: what is not given has its default. */
  complete(given: Partial<P>): P
  /** What is not given keeps its default. Throws RebalancingInputError for a parameter outside its range. */
  create(parameters: Partial<P>, services?: PolicyServices): RebalancingPolicy
}

/**
 * A policy is what it makes of a state; the rest is shared. `prepare` checks the policy's own parameters and returns its
 * assessment, which is asked only about portfolios of two assets and more.
 */
export function definePolicy<P extends SharedParameters>(
  facts: PolicyFacts<P>,
  prepare: (parameters: P, services: PolicyServices) => Assess,
): PolicyKind<P> {
  const complete = (given: Partial<P>): P => ({ ...facts.defaults, ...facts.derived?.(given), ...given })
  return {
    ...facts,
    complete,
    create(given, services = {}) {
      const parameters = complete(given)
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
