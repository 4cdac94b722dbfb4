import { absoluteThresholdPolicy } from './absolute-threshold-policy.js'
import { calendarPolicy } from './calendar-policy.js'
import { hybridPolicy } from './hybrid-policy.js'
import { impulseBandPolicy } from './impulse-band-policy.js'
import type { PolicyKind, PolicyServices } from './policy-kind.js'
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
export type PolicyParameters<N extends PolicyName> = (typeof POLICIES)[N]['defaults']

export const DEFAULT_POLICY: PolicyName = 'impulse-band'

/** A policy by name, with the parameters that differ from its defaults. */
export type PolicyChoice = {
  [N in PolicyName]: { readonly name: N; readonly parameters: Partial<PolicyParameters<N>> }
}[PolicyName]

/** Throws RebalancingInputError for a parameter outside its range, or a service the policy needs and does not get. */
export function createPolicy({ name, parameters }: PolicyChoice, services: PolicyServices = {}): RebalancingPolicy {
  const kind: PolicyKind<object> = POLICIES[name]
  return kind.create(parameters, services)
}
