import {
  BaseError,
  InvalidRequestRpcError,
  MethodNotFoundRpcError,
  MethodNotSupportedRpcError,
  type PublicClient,
  RpcRequestError,
} from 'viem'
import type { Address, ChainKey } from '../../domain/assets.js'
import type { Call } from '../../domain/planning/quote.js'
import type { Rehearsal, Watch } from '../../domain/policy/rehearsal.js'
import type { BlockRef } from '../../domain/portfolio/snapshot.js'
import { ChainError, SimulationError } from '../../ports/chain.js'
import { isSilence } from './endpoint-transport.js'
import { lookAround, type Play, type Played, playProbed, playSimulated } from './play-calls.js'

export interface Endpoint {
  readonly name: string
  readonly client: PublicClient
}

/** Endpoints whose answers have to agree, where there are as many (D-14). */
const AGREEING = 2

/**
 * How an endpoint says that it lacks a method: geth, Nethermind, Erigon, reth and anvil by the first, some providers by the
 * second. Alchemy uses the third, which others answer to any request: it is not remembered.
 */
const WITHOUT_METHOD: readonly number[] = [
  MethodNotFoundRpcError.code,
  MethodNotSupportedRpcError.code,
  InvalidRequestRpcError.code,
]

interface Performance {
  readonly endpoint: string
  readonly played: Played
}

type Answer =
  | Performance
  /** Why nothing may be played from the account. */
  | { readonly endpoint: string; readonly delegated: string }
  /** Silent, or not able to play: nothing is known from this one. */
  | { readonly endpoint: string; readonly reason: string; readonly isSilent: boolean }

/**
 * Plays calls on one agreed block, on two endpoints where there are two, and believes only what they agree on (C-09). Where
 * two differ the next is asked as well, so that none alone keeps everything from being signed.
 * `eth_simulateV1` is asked for first; an endpoint that says it does not have it is asked with `eth_call` and code on the
 * account instead, which shows no events. Any other error says nothing about the method: it has not played this time.
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
    const answers = await this.agreeing(chain, play, block)
    const { played } = answers[0]
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

  /** As many endpoints as have to agree; one that is silent, cannot play or stands alone is followed by the next. */
  private async agreeing(
    chain: ChainKey,
    play: Play,
    { number }: BlockRef,
  ): Promise<readonly [Performance, ...Performance[]]> {
    const waiting = [...this.deps.endpoints(chain)]
    const needed = Math.min(AGREEING, Math.max(1, waiting.length))
    const known: Performance[] = []
    const failures: Extract<Answer, { reason: string }>[] = []
    const delegated: string[] = []
    while (waiting.length > 0 && delegated.length < needed) {
      const asked = waiting.splice(0, Math.max(1, needed - known.length))
      for (const answer of await Promise.all(asked.map((endpoint) => this.ask(chain, endpoint, play))))
        if ('played' in answer) known.push(answer)
        else if ('delegated' in answer) delegated.push(answer.delegated)
        else failures.push(answer)
      const agreed = agreedOf(known, needed)
      if (agreed) return agreed
    }
    if (delegated[0] !== undefined) throw new SimulationError(delegated[0])
    if (known.length >= needed)
      throw new SimulationError(
        `${known.map(({ endpoint }) => endpoint).join(' and ')} play the same calls on block ${number} of ${chain} with different results; nothing is signed while they disagree.`,
        { disagrees: true },
      )
    const why = failures.map(({ endpoint, reason }) => `${endpoint}: ${reason}`).join(' | ') || 'no endpoint is healthy'
    const message = `${needed} endpoints of ${chain} have to play the calls, ${known.length} did: ${why}`
    if (failures.length === 0 || failures.some(({ isSilent }) => isSilent)) throw new ChainError(chain, message)
    throw new SimulationError(message)
  }

  private async ask(chain: ChainKey, { name, client }: Endpoint, play: Play): Promise<Answer> {
    try {
      const { code, setting } = await lookAround(client, play.account, play.blockHash)
      if (code !== '0x')
        return {
          endpoint: name,
          delegated: `Account ${play.account} on ${chain} has code; an account without any was expected. Find out who delegated it before anything is signed.`,
        }
      const key = `${chain} ${name}`
      if (!this.withoutSimulation.has(key))
        try {
          return { endpoint: name, played: await playSimulated(client, play, setting) }
        } catch (error) {
          const code = codeOf(error)
          if (code === undefined || !WITHOUT_METHOD.includes(code)) throw error
          if (code !== InvalidRequestRpcError.code) this.withoutSimulation.add(key)
        }
      return { endpoint: name, played: await playProbed(client, play, setting) }
    } catch (error) {
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

/** The first of those that saw the same, in as great a number as is needed. */
function agreedOf(known: readonly Performance[], needed: number): readonly [Performance, ...Performance[]] | undefined {
  for (const [index, first] of known.entries()) {
    const alike = known.slice(index + 1).filter(({ played }) => areEqual(first.played, played))
    if (alike.length + 1 >= needed) return [first, ...alike.slice(0, needed - 1)]
  }
  return undefined
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

/** The code of the error that the endpoint answered with, if it did. */
function codeOf(error: unknown): number | undefined {
  const answer = error instanceof BaseError ? error.walk((one) => one instanceof RpcRequestError) : null
  return answer instanceof RpcRequestError ? answer.code : undefined
}
