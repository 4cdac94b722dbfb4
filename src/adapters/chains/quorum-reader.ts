import type { PublicClient } from 'viem'
import type { ChainKey, Hex } from '../../domain/assets.js'
import { InvariantError } from '../../domain/errors.js'
import { agree, missingVotes } from '../../domain/evidence/quorum.js'
import type { BlockRef } from '../../domain/portfolio/snapshot.js'
import { ChainError } from '../../ports/chain.js'
import { type AgreedView, Views, type ViewsOptions } from './agreed-view.js'
import type { ChainOptions, Endpoint } from './clients.js'
import { reasonOf } from './endpoint-transport.js'
import { Endpoints, type EndpointsOptions } from './endpoints.js'
import { askAsNeeded, type Gathered } from './gather.js'
import { blockAt, contentsOf, type SeenBlock } from './seen-block.js'

export interface QuorumReaderOptions extends EndpointsOptions, ViewsOptions {
  /** After so long without an answer the next endpoint is asked as well; 1 s when absent. */
  readonly lateMs?: number
}

/** One question to every endpoint of a quorum. */
export interface Question<T> {
  /** What is asked for, for people: `the balance of 0x…`. */
  readonly what: string
  readonly ask: (client: PublicClient, block: BlockRef) => Promise<T>
  /** Answers are the same when their keys are; their text when absent. */
  readonly keyOf?: (value: T) => string
  /** False where honest endpoints may differ for a moment: then nobody is put in quarantine over it. */
  readonly isJudged?: boolean
}

/**
 * Reads a chain's state at a block that a quorum agrees on, from a quorum of its endpoints, and answers what they agree on
 * (C-20, C-21). Who answers otherwise about the same block is put in quarantine (F-21). Everything rejects with ChainError
 * when too few answer or they do not agree: what is not known stays unknown.
 */
export class QuorumReader {
  readonly endpoints: Endpoints
  readonly views: Views
  readonly lateMs: number

  constructor(chains: readonly ChainOptions[], { lateMs = 1_000, ...options }: QuorumReaderOptions = {}) {
    this.endpoints = new Endpoints(chains, options)
    this.views = new Views(this.endpoints, options)
    this.lateMs = lateMs
  }

  chain(chain: ChainKey): ChainOptions {
    return this.endpoints.chain(chain)
  }

  view(chain: ChainKey): Promise<AgreedView> {
    return this.views.of(chain)
  }

  /** State at the agreed head. */
  async atHead<T>(chain: ChainKey, question: Question<T>): Promise<T> {
    const view = await this.view(chain)
    return this.at(chain, view.head, view.endpoints, question)
  }

  /** State at the agreed finalised block. */
  async atFinalized<T>(chain: ChainKey, question: Question<T>): Promise<T> {
    const view = await this.view(chain)
    return this.at(chain, view.finalized, view.endpoints, question)
  }

  /** State at a block that the endpoints given have in their chain. */
  async at<T>(
    chain: ChainKey,
    block: BlockRef,
    endpoints: readonly Endpoint[],
    { what, ask, keyOf = String, isJudged = true }: Question<T>,
  ): Promise<T> {
    const { quorum } = this.chain(chain)
    const answers = await askAsNeeded<Keyed<T>>(
      endpoints,
      this.lateMs,
      (so) => missingVotes(votesOf(so), quorum),
      keyed(({ client }) => ask(client, block), keyOf),
    )
    const verdict = agree(votesOf(answers), quorum)
    if (!verdict.isAgreed) throw this.disagreement(chain, what, block, answers)
    for (const { endpoint } of answers)
      if (isJudged && verdict.outvoted.includes(endpoint.name))
        this.endpoints.quarantine(
          endpoint,
          `about ${what} at block ${block.number} it says something else than ${verdict.agreeing.join(' and ')}`,
        )
    return valueOf(answers, verdict.key)
  }

  /** The canonical block at a height, by quorum; undefined when the agreed chain has not come so far. */
  async blockAt(chain: ChainKey, number: bigint): Promise<SeenBlock | undefined> {
    const { head, finalized, endpoints } = await this.view(chain)
    if (number > head.number) return undefined
    const known = [head, finalized].find((one) => one.number === number)
    if (known) return known
    const { quorum } = this.chain(chain)
    const answers = await askAsNeeded<Keyed<SeenBlock>>(
      endpoints,
      this.lateMs,
      (so) => missingVotes(votesOf(so), quorum),
      keyed(async (endpoint) => {
        const block = await blockAt(endpoint, number)
        if (!block) throw new Error('it does not know the block')
        return block
      }, contentsOf),
    )
    // A fork between two of the questions is no lie.
    const verdict = agree(votesOf(answers), quorum)
    if (verdict.isAgreed) return valueOf(answers, verdict.key)
    throw this.disagreement(chain, 'the block itself', { number }, answers)
  }

  private disagreement(
    chain: ChainKey,
    what: string,
    { number }: { readonly number: bigint },
    answers: readonly Gathered<Keyed<unknown>>[],
  ): ChainError {
    const told = answers.map((one) => {
      const said = one.isAnswer ? `says ${one.value.key}` : `does not answer (${reasonOf(one.error)})`
      return `${one.endpoint.name} ${said.slice(0, 160)}`
    })
    return new ChainError(
      chain,
      `Chain ${chain}: ${this.chain(chain).quorum} endpoints have to agree on ${what} at block ${number} and do not: ${told.join(', ') || 'none was asked'}; check chains.${chain}.rpc and the network.`,
    )
  }
}

/** What an endpoint said, with the text by which it is compared. */
export interface Keyed<T> {
  readonly value: T
  readonly key: string
}

/** Asks and works the key out as well: what cannot be compared is a failure of the endpoint, and nobody else's. */
export function keyed<T>(
  ask: (endpoint: Endpoint) => Promise<T>,
  keyOf: (value: T) => string,
): (endpoint: Endpoint) => Promise<Keyed<T>> {
  return async (endpoint) => {
    const value = await ask(endpoint)
    return { value, key: keyOf(value) }
  }
}

/** Failures have no vote. */
export function votesOf(answers: readonly Gathered<Keyed<unknown>>[]) {
  return answers.map((one) => ({
    endpoint: one.endpoint.name,
    key: one.isAnswer ? one.value.key : undefined,
  }))
}

function valueOf<T>(answers: readonly Gathered<Keyed<T>>[], key: string): T {
  for (const one of answers) if (one.isAnswer && one.value.key === key) return one.value.value
  throw new InvariantError(`A quorum agreed on ${key}, which nobody said.`)
}

/** `eth_call` at a block, by its hash (EIP-1898); the bytes as they come. */
export function callAt(client: PublicClient, { hash }: BlockRef, call: { to: Hex; data: Hex }): Promise<Hex> {
  return client.request({ method: 'eth_call', params: [call, { blockHash: hash }] })
}
