import type { OperatingLevel, Scope } from './operating.js'

/** Automatic breakers, by the rule that trips them (safety catalogue 3.8). */
export const BREAKER_CODES = [
  'B-01',
  'B-02',
  'B-03',
  'B-04',
  'B-05',
  'B-06',
  'B-07',
  'B-08',
  'B-09',
  'B-10',
  'B-11',
  'B-12',
  'B-13',
  'B-14',
  'B-15',
  'B-16',
  'B-18',
] as const
export type BreakerCode = (typeof BREAKER_CODES)[number]

/** What a breaker stops, and why. */
export interface Trip {
  readonly code: BreakerCode
  readonly scope: Scope
  readonly level: Exclude<OperatingLevel, 'running'>
  /** What was expected, what came, what to do. */
  readonly reason: string
}

/** A breaker that tripped. It holds its scope until it is cleared. */
export interface Breaker extends Trip {
  readonly id: number
  /** Milliseconds since 1970. */
  readonly trippedAt: number
  readonly clearedAt: number | undefined
  readonly clearedBy: string | undefined
}

/** Breakers that say that something is wrong with keys, records or chain: nobody resumes past them without naming them. */
export const GRAVE_BREAKERS: readonly BreakerCode[] = ['B-03', 'B-04', 'B-08', 'B-15', 'B-16']

/** What holds a resume of a scope back: grave breakers of it that are open and were not named to be cleared. */
export function holdingBack(open: readonly Breaker[], scope: Scope, named: readonly BreakerCode[]): Breaker[] {
  return open.filter((one) => one.scope === scope && GRAVE_BREAKERS.includes(one.code) && !named.includes(one.code))
}

/** More than may ever be open at once: one of each code for each configured name. */
export const ALL_OPEN = 10_000

/** What `clearedBy` begins with when a person cleared it. */
export const BY_PERSON = 'operator: '

/** The newest breaker of a code over these scopes, if a person has cleared it. `newestFirst`: open ones and ended ones. */
export function lastClearedByPerson(
  newestFirst: readonly Breaker[],
  code: BreakerCode,
  scopes: readonly Scope[],
): (Breaker & { readonly clearedAt: number; readonly clearedBy: string }) | undefined {
  const last = newestFirst.find((one) => one.code === code && scopes.includes(one.scope))
  if (last?.clearedAt === undefined || !last.clearedBy?.startsWith(BY_PERSON)) return undefined
  return { ...last, clearedAt: last.clearedAt, clearedBy: last.clearedBy }
}
