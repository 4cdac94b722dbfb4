import { agree, candidateHeights } from '../../domain/evidence/quorum.js'
import type { Endpoint } from './clients.js'
import { blockAt, contentsOf, type SeenBlock } from './seen-block.js'

/** A block that an endpoint names as the last of its chain, or of the final part of it. */
export interface Tip {
  readonly endpoint: Endpoint
  readonly block: SeenBlock
}

export interface AgreedBlock {
  readonly block: SeenBlock
  readonly agreeing: readonly Endpoint[]
  /** Those with another block at its height. */
  readonly outvoted: readonly Endpoint[]
  /** Those that tell the very block otherwise, which no fork explains. */
  readonly lying: readonly Endpoint[]
}

/** The highest block that a quorum has in its chain and tells alike; undefined when there is none. */
export async function agreeOnBlock(tips: readonly Tip[], quorum: number): Promise<AgreedBlock | undefined> {
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
    const having = tips.filter(({ endpoint }) => verdict.agreeing.includes(endpoint.name))
    const told = await agreeOnContents(having, height, verdict.key, quorum)
    if (!told) continue
    const lying = named(told.lying)
    const agreeing = named(verdict.agreeing).filter((one) => !lying.includes(one))
    return { block: told.block, agreeing, outvoted: named(verdict.outvoted), lying }
  }
  return undefined
}

/** The block as a quorum tells it. Who has not told it yet is asked only where too few have told it alike. */
async function agreeOnContents(
  having: readonly Tip[],
  height: bigint,
  hash: string,
  quorum: number,
): Promise<{ block: SeenBlock; lying: readonly string[] } | undefined> {
  const at = having.flatMap(({ endpoint, block }) => (block.number === height ? [{ endpoint, block }] : []))
  const judge = (told: readonly Tip[]) =>
    agree(
      told.map(({ endpoint, block }) => ({ endpoint: endpoint.name, key: contentsOf(block) })),
      quorum,
    )
  const first = judge(at)
  const others = first.isAgreed ? [] : having.filter(({ block }) => block.number !== height)
  const asked = await Promise.all(
    others.map(async ({ endpoint }) => {
      const block = await blockAt(endpoint, height).catch(() => undefined)
      return block?.hash === hash ? [{ endpoint, block }] : []
    }),
  )
  const told = [...at, ...asked.flat()]
  const verdict = judge(told)
  const block = verdict.isAgreed ? told.find((one) => contentsOf(one.block) === verdict.key)?.block : undefined
  return verdict.isAgreed && block ? { block, lying: verdict.outvoted } : undefined
}
