import type { BlockRef } from '../portfolio/snapshot.js'

/** What is taken as final on one chain. */
export interface Finality {
  readonly final: BlockRef
  /** Why what is said now cannot be true together with what was taken as final (B-08); undefined when all is well. */
  readonly contradiction: string | undefined
}

/**
 * What is final after one more agreed sight of the finalised block. `ancestor` is the hash that the same chain has at the
 * height of what was final before; undefined when it could not be learned.
 *
 * The height never decreases, and it grows only along a chain that contains everything taken as final before: a sight
 * that is lower changes nothing, one that cannot be connected is not believed yet, one that contradicts is told and not
 * followed. A contradiction stays until somebody starts anew.
 */
export function trackFinality<T extends BlockRef>(
  known: { readonly final: T; readonly contradiction: string | undefined } | undefined,
  seen: T,
  ancestor: Finality['final']['hash'] | undefined,
): { readonly final: T; readonly contradiction: string | undefined } {
  if (!known) return { final: seen, contradiction: undefined }
  if (known.contradiction !== undefined || seen.number < known.final.number) return known
  const found = seen.number === known.final.number ? seen.hash : ancestor
  if (found === undefined) return known
  if (found !== known.final.hash)
    return {
      ...known,
      contradiction: `block ${known.final.number} was final with hash ${known.final.hash}, the endpoints now agree on ${found}`,
    }
  return seen.number === known.final.number ? known : { final: seen, contradiction: undefined }
}
