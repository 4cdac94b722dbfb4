import { parseDecimal } from '../units/decimal.js'
import { absoluteThresholdPolicy } from './absolute-threshold-policy.js'
import { calendarPolicy } from './calendar-policy.js'
import { hybridPolicy } from './hybrid-policy.js'
import { impulseBandPolicy } from './impulse-band-policy.js'
import { expectParameter, type SharedParameters } from './parameters.js'
import type { PolicyKind, PolicyServices, PolicyTerm } from './policy-kind.js'
import { quadraticPolicy } from './quadratic-policy.js'
import type { RebalancingPolicy } from './rebalancing-policy.js'
import { relativeThresholdPolicy } from './relative-threshold-policy.js'
import { trackingErrorPolicy } from './tracking-error-policy.js'

/** Every policy by the name it is configured with. */
export const POLICIES = {
  'impulse-band': impulseBandPolicy,
  'absolute-threshold': absoluteThresholdPolicy,
  'relative-threshold': relativeThresholdPolicy,
  calendar: calendarPolicy,
  hybrid: hybridPolicy,
  'tracking-error': trackingErrorPolicy,
  'quadratic-program': quadraticPolicy,
} as const

export type PolicyName = keyof typeof POLICIES

export const DEFAULT_POLICY: PolicyName = 'impulse-band'

/** A policy by name, with the parameters that differ from its defaults; `readPolicy` makes one of what somebody wrote. */
export interface PolicyChoice {
  readonly name: PolicyName
  readonly parameters: Partial<SharedParameters>
}

/** Throws RebalancingInputError for a parameter outside its range, or a service the policy needs and does not get. */
export function createPolicy({ name, parameters }: PolicyChoice, services: PolicyServices = {}): RebalancingPolicy {
  return kindOf(name).create(parameters, services)
}

/** What a policy says about itself, whichever it is. */
export function kindOf(name: PolicyName): PolicyKind {
  return POLICIES[name]
}

/**
 * A choice of a policy from its own parameters as somebody wrote them: shares as decimal texts, numbers as numbers. Throws
 * RebalancingInputError naming one that the policy does not have or that is not what it should be; ranges are checked
 * where the policy is made.
 */
export function readPolicy(
  name: PolicyName,
  shared: Partial<SharedParameters>,
  given: Readonly<Record<string, string | number>>,
): PolicyChoice {
  const terms: Readonly<Record<string, PolicyTerm>> = POLICIES[name].terms
  const own = Object.entries(given).map(([parameter, value]) => {
    const term = Object.hasOwn(terms, parameter) ? terms[parameter] : undefined
    const known = Object.keys(terms).join(', ') || 'none of its own'
    expectParameter(term !== undefined, `The ${name} policy takes ${known}`, parameter)
    if (term?.kind === 'share') {
      const share = typeof value === 'string' ? parseDecimal(value, 18) : undefined
      expectParameter(share !== undefined, `${parameter} is a share in quotes, such as '0.05'`, JSON.stringify(value))
      return [parameter, share]
    }
    expectParameter(typeof value === 'number', `${parameter} is a number without quotes`, JSON.stringify(value))
    return [parameter, value]
  })
  return { name, parameters: { ...shared, ...Object.fromEntries(own) } }
}

/** When a calendar is due: a cron expression with seconds, read in a time zone. */
export interface Calendar {
  readonly schedule: string
  readonly timeZone: string
}

/** A policy as it is configured. */
export interface ConfiguredPolicy {
  readonly choice: PolicyChoice
  readonly calendar: Calendar | undefined
}
