import type { Portfolio } from '../domain/policy/portfolio.js'
import type { NamedPolicy, Policies } from '../domain/policy/trigger.js'
import type { NextDue } from '../domain/rebalancing/due-times.js'
import type { QuadraticSolver } from '../domain/rebalancing/quadratic-program.js'
import { type Calendar, type ConfiguredPolicy, createPolicy } from '../domain/rebalancing/registry.js'

/** What policies need from outside. */
export interface PolicyNeeds {
  readonly nextDueOf?: (calendar: Calendar) => NextDue
  readonly solve?: QuadraticSolver
}

/** The policies of every portfolio, each made once. */
export class PolicyBook {
  private readonly made = new Map<ConfiguredPolicy, NamedPolicy>()

  /** A portfolio whose policy needs more than there is cannot be asked for. */
  constructor(private readonly needs: PolicyNeeds = {}) {}

  /** Throws RebalancingInputError for what a checked configuration cannot hold. */
  of({ rebalancing, shadow }: Portfolio): Policies {
    return { live: this.make(rebalancing), shadow: shadow && this.make(shadow) }
  }

  private make(configured: ConfiguredPolicy): NamedPolicy {
    const known = this.made.get(configured)
    if (known) return known
    const { choice, calendar } = configured
    const { nextDueOf, solve } = this.needs
    const policy = createPolicy(choice, {
      ...(calendar && nextDueOf && { nextDue: nextDueOf(calendar) }),
      ...(solve && { solve }),
    })
    const named = { name: choice.name, policy }
    this.made.set(configured, named)
    return named
  }
}
