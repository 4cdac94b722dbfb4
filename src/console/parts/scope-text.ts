import { capital } from './capital.js'

/** What is held, as one says it within a sentence: `everything`, `portfolio treasury`, `venue zeroex`. */
export function scopeText(scope: string): string {
  return scope === 'all' ? 'everything' : scope.replace(':', ' ')
}

/** The same where a sentence or a line begins with it. */
export function scopeTitle(scope: string): string {
  return capital(scopeText(scope))
}
