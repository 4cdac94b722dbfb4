export { seededRandom } from '../src/domain/statistics/seeded-random.js'

/** Standard normal numbers made of a uniform sequence; each takes two of it (Box and Muller). */
export function gaussian(uniform: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
}

/** A seed for a purpose, so that two users of one world's seed do not draw the same numbers. */
export function seedFor(seed: number, purpose: string): number {
  let mixed = (0x811c9dc5 ^ seed) >>> 0
  for (let i = 0; i < purpose.length; i++) mixed = Math.imul(mixed ^ purpose.charCodeAt(i), 0x01000193) >>> 0
  return mixed
}
