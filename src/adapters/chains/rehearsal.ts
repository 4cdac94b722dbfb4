import { BaseError, HttpRequestError, type PublicClient, TimeoutError } from 'viem'
import type { Address, ChainKey } from '../../domain/assets.js'
import type { Call } from '../../domain/planning/quote.js'
import type { Rehearsal, Watch } from '../../domain/policy/rehearsal.js'
import type { BlockRef } from '../../domain/portfolio/snapshot.js'
import { ChainError, SimulationError } from '../../ports/chain.js'
import { lookAround, type Play, type Played, playProbed, playSimulated } from './play-calls.js'

export interface Endpoint {
  readonly name: string
  readonly client: PublicClient
}

/** Endpoints whose answers have to agree, where there are as many (D-14). */
const AGREEING = 2

type Answer =
  | { readonly endpoint: string; readonly played: Played }
  /** Silent, or not able to play: nothing is known from this one. */
  | { readonly endpoint: string; readonly reason: string; readonly isSilent: boolean }

/**
 * Plays calls on one agreed block, on two endpoints where there are two, and believes only what they agree on (C-09).
 * `eth_simulateV1` is asked for first; an endpoint that does not have it is remembered as one that is asked with
 * `eth_call` and code on the account instead.
 */
export class Rehearser {
  private readonly withoutSimulation = new Set<string>()

  constructor(
    private readonly deps: {
      /** Healthy endpoints of a chain, those to ask first in front. */
      endpoints: (chain: ChainKey) => readonly Endpoint[]
      agreedBlock: (chain: ChainKey) => Promise<BlockRef>
      multicall: (chain: ChainKey) => Address
    },
  ) {}

  /** Rejects with SimulationError or ChainError as `Chain.rehearse` says, with RangeError for calls on several chains. */
  async rehearse(account: Address, calls: readonly Call[], watch: Watch): Promise<Rehearsal> {
    const chain = commonChain(calls)
    const block = await this.deps.agreedBlock(chain)
    const play = { account, calls, watch, blockHash: block.hash, multicall: this.deps.multicall(chain) }
    const answers = await this.agreeing(chain, play)
    const [first] = answers
    const { played } = first
    if (answers.some((one) => !areEqual(one.played, played)))
      throw new SimulationError(
        `${answers.map(({ endpoint }) => endpoint).join(' and ')} play the same calls on block ${block.number} of ${chain} with different results; nothing is signed while they disagree.`,
        { disagrees: true },
      )
    const failed = calls[played.made]
    if (failed)
      throw new SimulationError(
        `The call to ${failed.to} on ${chain} would fail, played on block ${block.number}: ${played.reason}.`,
        { index: played.made },
      )
    const steps = calls.map((_, index) => ({
      changes: watch.tokens.map(
        (_token, place) => played.balances[index + 1]![place]! - played.balances[index]![place]!,
      ),
      gasUsed: answers.map((one) => one.played.gasUsed[index]!).reduce((most, gas) => (gas > most ? gas : most)),
    }))
    const { allowances, allowancesBefore } = played
    const approvals = answers.find((one) => one.played.approvals !== undefined)?.played.approvals
    return { block, steps, allowances, allowancesBefore, approvals, endpoints: answers.map(({ endpoint }) => endpoint) }
  }

  /** As many endpoints as have to agree; one that is silent or cannot play is replaced by the next. */
  private async agreeing(chain: ChainKey, play: Play) {
    const waiting = [...this.deps.endpoints(chain)]
    const needed = Math.min(AGREEING, Math.max(1, waiting.length))
    const known: Extract<Answer, { played: unknown }>[] = []
    const failures: Extract<Answer, { reason: string }>[] = []
    while (known.length < needed && waiting.length > 0) {
      const asked = waiting.splice(0, needed - known.length)
      for (const answer of await Promise.all(asked.map((endpoint) => this.ask(chain, endpoint, play))))
        if ('played' in answer) known.push(answer)
        else failures.push(answer)
    }
    const [first, ...rest] = known
    if (first && known.length === needed) return [first, ...rest] as const
    const why = failures.map(({ endpoint, reason }) => `${endpoint}: ${reason}`).join(' | ') || 'no endpoint is healthy'
    const message = `${needed} endpoints of ${chain} have to play the calls, ${known.length} did: ${why}`
    if (failures.length === 0 || failures.some(({ isSilent }) => isSilent)) throw new ChainError(chain, message)
    throw new SimulationError(message)
  }

  private async ask(chain: ChainKey, { name, client }: Endpoint, play: Play): Promise<Answer> {
    try {
      const { code, setting } = await lookAround(client, play.account, play.blockHash)
      if (code !== '0x')
        throw new SimulationError(
          `Account ${play.account} on ${chain} has code; an account without any was expected. Find out who delegated it before anything is signed.`,
        )
      const key = `${chain} ${name}`
      if (this.withoutSimulation.has(key)) return { endpoint: name, played: await playProbed(client, play, setting) }
      try {
        return { endpoint: name, played: await playSimulated(client, play, setting) }
      } catch (error) {
        if (isSilence(error)) throw error
        const played = await playProbed(client, play, setting).catch((other: unknown) => {
          // A plain error is about what was seen, one of viem about the method.
          throw isSilence(other) || error instanceof BaseError ? other : error
        })
        this.withoutSimulation.add(key)
        return { endpoint: name, played }
      }
    } catch (error) {
      if (error instanceof SimulationError) throw error
      const reason = error instanceof BaseError ? error.shortMessage : error instanceof Error ? error.message : ''
      return { endpoint: name, reason, isSilent: isSilence(error) }
    }
  }
}

function commonChain(calls: readonly Call[]): ChainKey {
  const [first, ...rest] = calls
  if (!first || rest.some(({ chain }) => chain !== first.chain))
    throw new RangeError('Calls are rehearsed one after another on one chain; at least one is expected.')
  return first.chain
}

/** The same effect on the account. Gas may differ, and events count where both show them. */
function areEqual(one: Played, other: Played): boolean {
  const effect = ({ made, balances, allowances, allowancesBefore }: Played) =>
    [made, ...balances, allowances, allowancesBefore].map(String).join(' | ')
  const approvals = (played: Played) =>
    played.approvals?.map(({ token, spender, units }) => `${token} ${spender} ${units}`.toLowerCase()).join(', ')
  const isComparable = one.approvals !== undefined && other.approvals !== undefined
  return effect(one) === effect(other) && (!isComparable || approvals(one) === approvals(other))
}

/** The endpoint did not answer at all, which says nothing about the calls. */
function isSilence(error: unknown): boolean {
  return (
    error instanceof BaseError &&
    error.walk((one) => one instanceof HttpRequestError || one instanceof TimeoutError) !== null
  )
}
