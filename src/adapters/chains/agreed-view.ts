import type { ChainKey, Hex } from '../../domain/assets.js'
import type { Event } from '../../domain/events.js'
import { trackFinality } from '../../domain/evidence/finality.js'
import { agree } from '../../domain/evidence/quorum.js'
import { ChainError, type ChainView } from '../../ports/chain.js'
import { type AgreedBlock, agreeOnBlock, type Tip } from './agree-on-block.js'
import type { Endpoint } from './clients.js'
import { reasonOf } from './endpoint-transport.js'
import type { Endpoints } from './endpoints.js'
import { askAll, type Gathered } from './gather.js'
import { isSeen, OwnWords, type Seen, type Sight } from './own-words.js'
import { blockAt, type SeenBlock } from './seen-block.js'

/** What the endpoints agree on, with those that have it. */
export interface AgreedView extends ChainView {
  readonly head: SeenBlock
  readonly finalized: SeenBlock
  /** Endpoints whose chain contains the head, each first in turn. */
  readonly endpoints: readonly Endpoint[]
}

/** What came of asking the endpoints of a chain for the last time. */
export interface Look {
  /** Milliseconds since 1970. */
  readonly at: number
  /** Of each endpoint that was heard, its latest block as it told it last. */
  readonly heads: ReadonlyMap<Endpoint, SeenBlock>
  /** The last one that was agreed on, now or earlier. */
  readonly view: AgreedView | undefined
  /** Why none was agreed on now. */
  readonly failure: string | undefined
}

interface Memory {
  look: Look | undefined
  finality: { readonly final: SeenBlock; readonly contradiction: string | undefined } | undefined
  /** Highest block in which one of our transactions was seen. */
  floor: bigint
  agreeing: readonly Endpoint[]
  running: Promise<AgreedView> | undefined
  /** Milliseconds since some moment, never set back. */
  viewedAt: number
}

export interface ViewsOptions {
  /** A view is used for so long; 250 ms when absent. */
  readonly maxAgeMs?: number
  /** Who has not answered so long after a quorum did is left out; 400 ms when absent. */
  readonly graceMs?: number
  readonly notify?: (event: Event) => void
}

/** An endpoint that is behind the agreed head by more than so many blocks and so much time is of no use (F-23). */
const LATE_BLOCKS = 10
const LATE_SECONDS = 10

/**
 * Head and finalised block of each chain, by agreement on number and hash (C-20): the highest block that a quorum of
 * endpoints has in its chain. One that is behind does not disagree; one that contradicts itself or, below finality, the
 * others, is put in quarantine (C-22).
 */
export class Views {
  private readonly memories = new Map<ChainKey, Memory>()
  private readonly words = new OwnWords()
  private readonly maxAgeMs: number
  private readonly graceMs: number
  private readonly notify: (event: Event) => void

  constructor(
    private readonly health: Endpoints,
    { maxAgeMs = 250, graceMs = 400, notify = () => undefined }: ViewsOptions = {},
  ) {
    this.maxAgeMs = maxAgeMs
    this.graceMs = graceMs
    this.notify = notify
  }

  /** Rejects with ChainError when there is no quorum, or none that knows our latest transaction. */
  async of(chain: ChainKey): Promise<AgreedView> {
    const view = await this.recent(chain)
    if (view.head.number >= this.floorOf(chain)) return view
    const fresh = await this.renew(chain)
    const floor = this.floorOf(chain)
    if (fresh.head.number < floor)
      throw new ChainError(
        chain,
        `Chain ${chain}: the endpoints are at block ${fresh.head.number} and have been at ${floor}, or do not know ours in it yet; wait or replace them.`,
      )
    return fresh
  }

  private floorOf(chain: ChainKey): bigint {
    const { floor, finality } = this.memory(chain)
    return finality && finality.final.number > floor ? finality.final.number : floor
  }

  /** Endpoints of the last view, in the order in which they are to be asked; empty before there was one. */
  endpoints(chain: ChainKey): readonly Endpoint[] {
    return this.memory(chain).agreeing
  }

  /** Undefined before the endpoints were asked. */
  lastLook(chain: ChainKey): Look | undefined {
    return this.memory(chain).look
  }

  /** Remembers a block in which one of our transactions was seen: no view from below it is believed. */
  noteInclusion(chain: ChainKey, block: bigint): void {
    const memory = this.memory(chain)
    if (block > memory.floor) memory.floor = block
  }

  private recent(chain: ChainKey): Promise<AgreedView> {
    const { running, viewedAt } = this.memory(chain)
    return running && performance.now() - viewedAt < this.maxAgeMs ? running : this.renew(chain)
  }

  private renew(chain: ChainKey): Promise<AgreedView> {
    const memory = this.memory(chain)
    const running = this.look(chain)
    memory.running = running
    memory.viewedAt = Infinity
    const settle = () => {
      // Whoever asks while it is under way shares it; its age counts from when it is there.
      if (memory.running === running) memory.viewedAt = performance.now()
    }
    running.then(settle, () => {
      if (memory.running === running) memory.running = undefined
    })
    return running
  }

  private async look(chain: ChainKey): Promise<AgreedView> {
    const { quorum } = this.health.chain(chain)
    let seen: readonly Seen[] = []
    try {
      const ready = await this.health.ready(chain)
      const answers = await askAll(ready, { enough: quorum, graceMs: this.graceMs }, (one) => this.sight(one))
      const inTurn = ready.flatMap((one) => answers.filter(({ endpoint }) => endpoint === one).filter(isSeen))
      seen = this.judgeAlone(chain, inTurn)
      const head = await agreeOnBlock(
        seen.map(({ endpoint, value }) => ({ endpoint, block: value.head })),
        quorum,
      )
      if (!head) throw this.noQuorum(chain, answers)
      this.judgeContents(head)
      this.judgeAge(chain, seen, head.block)
      const finalized = await this.finalizedOf(chain, seen, head)
      const memory = this.memory(chain)
      const view: AgreedView = {
        head: head.block,
        finalized: finalized.final,
        agreeing: head.agreeing.map(({ name }) => name),
        quarantined: this.health.quarantined(chain),
        endpoints: head.agreeing,
        ...(finalized.contradiction !== undefined && { contradiction: finalized.contradiction }),
      }
      memory.finality = finalized
      memory.agreeing = head.agreeing
      this.remember(chain, seen, view)
      this.tell(chain, seen, view)
      return view
    } catch (cause) {
      const error =
        cause instanceof ChainError
          ? cause
          : new ChainError(chain, `Chain ${chain} does not answer: ${reasonOf(cause)}`, { cause })
      this.remember(chain, seen, error)
      this.tell(chain, seen, undefined)
      throw error
    }
  }

  private async sight(endpoint: Endpoint): Promise<Sight> {
    const isTagged = this.health.chain(endpoint.chain).finality === 'finalized'
    const [head, finalized] = await Promise.all([
      blockAt(endpoint, 'latest'),
      isTagged ? blockAt(endpoint, 'finalized') : undefined,
    ])
    if (!head || (isTagged && !finalized)) throw new Error('it does not show its latest or finalised block')
    if (!finalized || finalized.number <= head.number) return { head, finalized }
    // Both were asked for at once; where blocks are final at once the later answer may be the newer one.
    return { head: (await blockAt(endpoint, 'latest')) ?? head, finalized }
  }

  /** Leaves out endpoints that contradict themselves (F-34); a quorum of them contradicts what was final (B-08). */
  private judgeAlone(chain: ChainKey, seen: readonly Seen[]): readonly Seen[] {
    const { honest, caught, backwards } = this.words.judge(seen)
    const memory = this.memory(chain)
    if (backwards.length >= this.health.chain(chain).quorum) {
      const heights = backwards.map(({ value }) => value.finalized?.number).join(', ')
      if (memory.finality && memory.finality.contradiction === undefined)
        memory.finality = {
          ...memory.finality,
          contradiction: `block ${memory.finality.final.number} was final, and ${backwards.length} endpoints moved their finalised block back to ${heights}`,
        }
      return [...honest, ...backwards]
    }
    for (const { endpoint, reason } of caught) this.health.quarantine(endpoint, reason)
    return honest
  }

  private judgeContents({ block, lying }: AgreedBlock): void {
    for (const endpoint of lying)
      this.health.quarantine(endpoint, `it tells block ${block.number} otherwise than others`)
  }

  private judgeAge(chain: ChainKey, seen: readonly Seen[], head: SeenBlock): void {
    const most = Math.max(LATE_BLOCKS, LATE_SECONDS / this.health.chain(chain).blockTimeSeconds)
    for (const { endpoint, value } of seen) {
      const behind = head.number - value.head.number
      this.health.complain(
        endpoint,
        Number(behind) > most ? `its head ${value.head.number} is ${behind} blocks behind ${head.number}` : undefined,
      )
    }
  }

  private async finalizedOf(
    chain: ChainKey,
    seen: readonly Seen[],
    head: { readonly block: SeenBlock; readonly agreeing: readonly Endpoint[] },
  ): Promise<NonNullable<Memory['finality']>> {
    const known = this.memory(chain).finality
    const tips = await this.finalTips(chain, seen, head)
    const final = tips && (await agreeOnBlock(tips, this.health.chain(chain).quorum))
    if (!final) {
      if (known) return known
      throw new ChainError(chain, `Chain ${chain}: the endpoints do not agree on a finalised block; wait.`)
    }
    this.judgeContents(final)
    for (const endpoint of final.outvoted)
      this.health.quarantine(endpoint, `its finalised block ${final.block.number} is not the one others agree on`)
    return trackFinality(known, final.block, await this.ancestorOf(chain, final.block, final.agreeing, known?.final))
  }

  /** What each endpoint calls final. Where finality is a depth, nothing new is asked for while the head is the same. */
  private async finalTips(
    chain: ChainKey,
    seen: readonly Seen[],
    head: { readonly block: SeenBlock; readonly agreeing: readonly Endpoint[] },
  ): Promise<readonly Tip[] | undefined> {
    const { finality } = this.health.chain(chain)
    if (finality === 'finalized')
      return seen.flatMap(({ endpoint, value }) => (value.finalized ? [{ endpoint, block: value.finalized }] : []))
    const height = head.block.number > BigInt(finality) ? head.block.number - BigInt(finality) : 0n
    if (this.memory(chain).finality?.final.number === height) return undefined
    const blocks = await Promise.all(head.agreeing.map((endpoint) => blockAt(endpoint, height).catch(() => undefined)))
    return head.agreeing.flatMap((endpoint, index) => (blocks[index] ? [{ endpoint, block: blocks[index] }] : []))
  }

  /** Hash, by quorum, that the chain of `block` has at the height of what was final before. */
  private async ancestorOf(
    chain: ChainKey,
    block: SeenBlock,
    agreeing: readonly Endpoint[],
    known: SeenBlock | undefined,
  ): Promise<Hex | undefined> {
    if (!known || block.number <= known.number) return undefined
    if (block.number === known.number + 1n) return block.parentHash
    const answers = await Promise.all(
      agreeing.map(async (endpoint) => ({
        endpoint: endpoint.name,
        key: await blockAt(endpoint, known.number).then(
          (one) => one?.hash,
          () => undefined,
        ),
      })),
    )
    const verdict = agree(answers, this.health.chain(chain).quorum)
    return verdict.isAgreed ? (verdict.key as Hex) : undefined
  }

  private noQuorum(chain: ChainKey, answers: readonly Gathered<Sight>[]): ChainError {
    const { quorum } = this.health.chain(chain)
    const told = answers.map((one) =>
      one.isAnswer
        ? `${one.endpoint.name} is at block ${one.value.head.number}`
        : `${one.endpoint.name} does not answer (${reasonOf(one.error)})`,
    )
    const caught = this.health.quarantined(chain).map(({ endpoint, reason }) => `${endpoint}: ${reason}`)
    return new ChainError(
      chain,
      `Chain ${chain}: ${quorum} endpoints have to agree on a block and do not: ${[...told, ...caught].join(', ')}; check chains.${chain}.rpc and the network.`,
    )
  }

  private remember(chain: ChainKey, seen: readonly Seen[], outcome: AgreedView | ChainError): void {
    const memory = this.memory(chain)
    const isAgreed = !(outcome instanceof ChainError)
    memory.look = {
      at: this.health.time(),
      heads: new Map([
        ...(memory.look?.heads ?? []),
        ...seen.map(({ endpoint, value }) => [endpoint, value.head] as const),
      ]),
      view: isAgreed ? outcome : memory.look?.view,
      failure: isAgreed ? undefined : outcome.message,
    }
  }

  private tell(chain: ChainKey, seen: readonly Seen[], view: AgreedView | undefined): void {
    this.notify({
      type: 'chain-viewed',
      chain,
      isQuorum: view !== undefined,
      heads: seen.map(({ endpoint, value: { head } }) => ({
        endpoint: endpoint.name,
        number: head.number,
        timestamp: head.timestamp,
      })),
      finalizedTimestamp: view?.finalized.timestamp,
    })
  }

  private memory(chain: ChainKey): Memory {
    const known = this.memories.get(chain)
    if (known) return known
    const fresh: Memory = {
      look: undefined,
      finality: undefined,
      floor: 0n,
      agreeing: [],
      running: undefined,
      viewedAt: 0,
    }
    this.memories.set(chain, fresh)
    return fresh
  }
}
