/** The reasons for which no targets are set, a closed set: those in force stay. */
export const TARGET_REFUSAL_CODES = [
  'unknown-setter',
  'bad-parameter',
  'bad-asset',
  'bad-number',
  'covariance-unknown',
  'covariance-contradictory',
  'no-variance',
  'no-risk-to-share',
  'no-stable-asset',
  'nav-unknown',
  'bad-limit',
  'limits-infeasible',
  'no-convergence',
  'source-unavailable',
  'source-malformed',
  'source-unsigned',
  'source-foreign',
  'source-stale',
  'source-future',
  'source-replayed',
  'source-weights',
] as const
export type TargetRefusalCode = (typeof TARGET_REFUSAL_CODES)[number]

export interface TargetRefusal {
  readonly status: 'refused'
  readonly code: TargetRefusalCode
  /** What was expected, what came, what to do. */
  readonly detail: string
}

export function refuseTargets(code: TargetRefusalCode, detail: string): TargetRefusal {
  return { status: 'refused', code, detail }
}
