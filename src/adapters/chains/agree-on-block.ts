import { agree, candidateHeights } from '../../domain/evidence/quorum.js'
import type { Endpoint } from './clients.js'
import { blockAt, type SeenBlock } from './seen-block.js'

/** A block that an endpoint names as the last of its chain, or of the final part of it. */
export interface Tip {
  readonly endpoint: Endpoint
  readonly block: SeenBlock
}

/** The highest block that a quorum has in its chain; undefined when there is none. */
export async function agreeOnBlock(
  tips: readonly Tip[],
  quorum: number,
): Promise<{ block: SeenBlock; agreeing: readonly Endpoint[]; outvoted: readonly Endpoint[] } | undefined> {
  for (const height of candidateHeights(
    tips.map(({ block }) => block.number),
    quorum,
  )) {
    const hashes = await Promise.all(
      tips.map(async ({ endpoint, block }) => {
        if (block.number < height) return undefined
        if (block.number === height) return block.hash
        if (block.number === height + 1n) return block.parentHash
        return blockAt(endpoint, height).then(
          (one) => one?.hash,
          () => undefined,
        )
      }),
    )
    const verdict = agree(
      tips.map(({ endpoint }, index) => ({ endpoint: endpoint.name, key: hashes[index] })),
      quorum,
    )
    if (!verdict.isAgreed) continue
    const named = (names: readonly string[]) =>
      tips.flatMap(({ endpoint }) => (names.includes(endpoint.name) ? [endpoint] : []))
    const agreeing = named(verdict.agreeing)
    const tip = tips.find(({ block }) => block.hash === verdict.key)?.block
    const block = tip ?? (await blockAt(agreeing[0]!, height))
    if (block?.hash === verdict.key) return { block, agreeing, outvoted: named(verdict.outvoted) }
  }
  return undefined
}
