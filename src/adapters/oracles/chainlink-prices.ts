import type { Abi } from 'viem'
import { z } from 'zod'
import type { Address, AssetKey, ChainKey } from '../../domain/assets.js'
import { InvariantError } from '../../domain/errors.js'
import type { SourceReading } from '../../domain/portfolio/snapshot.js'
import { mulDiv } from '../../domain/units/ratio.js'
import { USD_DECIMALS } from '../../domain/units/usd.js'
import type { Clock } from '../../ports/clock.js'
import { PriceSource } from '../../ports/prices.js'

export interface ContractCall {
  readonly address: Address
  readonly abi: Abi
  readonly functionName: string
}

export type ContractAnswer =
  { readonly status: 'success'; readonly result: unknown } | { readonly status: 'failure'; readonly error: Error }

/** Asks one chain all calls in one multicall, and answers in their order. Rejects when the chain does not answer. */
export type ReadContracts = (chain: ChainKey, calls: readonly ContractCall[]) => Promise<readonly ContractAnswer[]>

export interface Feed {
  readonly asset: AssetKey
  readonly chain: ChainKey
  /** The proxy of a USD feed. */
  readonly address: Address
  readonly decimals: number
  /** The feed is written at least this often. */
  readonly heartbeatSeconds: number
}

export interface SequencerFeed {
  readonly address: Address
  /** How long a sequencer must be up again before prices of its chain count. */
  readonly graceSeconds: number
}

export interface ChainlinkPricesOptions {
  /** At most one per asset. */
  readonly feeds: readonly Feed[]
  /** Uptime feeds of the chains that have a sequencer. */
  readonly sequencerFeeds: Readonly<Record<ChainKey, SequencerFeed>>
  readonly read: ReadContracts
  readonly clock: Clock
}

/** How far a feed's clock may run ahead of ours. */
const MAX_AHEAD_SECONDS = 60n

const feedAbi = [
  { type: 'function', name: 'decimals', stateMutability: 'view', inputs: [], outputs: [{ name: '', type: 'uint8' }] },
  {
    type: 'function',
    name: 'latestRoundData',
    stateMutability: 'view',
    inputs: [],
    outputs: [
      { name: 'roundId', type: 'uint80' },
      { name: 'answer', type: 'int256' },
      { name: 'startedAt', type: 'uint256' },
      { name: 'updatedAt', type: 'uint256' },
      { name: 'answeredInRound', type: 'uint80' },
    ],
  },
] as const satisfies Abi

const roundSchema = z
  .tuple([z.bigint(), z.bigint(), z.bigint(), z.bigint(), z.bigint()])
  .transform(([, answer, startedAt, updatedAt]) => ({ answer, startedAt, updatedAt }))
type Round = z.infer<typeof roundSchema>

/**
 * Prices of Chainlink-style push feeds: one read per chain, all feeds and the sequencer's uptime feed in it.
 *
 * Guarantees: a reading is usable only if the feed has the configured decimals, the answer is positive and its age lies within the feed's heartbeat and a
 * tenth of it (C-32), and the chain's sequencer is up and has been for its grace time (C-34). A feed or chain that
 * fails leaves the readings of the others as they are. It does not check that the address is the feed of that asset.
 */
export class ChainlinkPrices extends PriceSource {
  readonly name = 'chainlink'

  constructor(private readonly options: ChainlinkPricesOptions) {
    super()
    const assets = options.feeds.map(({ asset }) => asset)
    const twice = assets.find((asset, index) => assets.indexOf(asset) !== index)
    if (twice !== undefined)
      throw new InvariantError(`${twice} has two feeds; one source gives one price. Configure one feed per asset.`)
  }

  async read(assets: readonly AssetKey[]): Promise<readonly SourceReading[]> {
    const feeds = this.options.feeds.filter(({ asset }) => assets.includes(asset))
    const chains = [...new Set(feeds.map(({ chain }) => chain))]
    const readings = await Promise.all(
      chains.map((chain) =>
        this.readChain(
          chain,
          feeds.filter((feed) => feed.chain === chain),
        ),
      ),
    )
    return readings.flat()
  }

  /** For each feed with other decimals than configured, what was expected and what came. Silence is no finding (F-69). */
  async misconfigured(): Promise<readonly string[]> {
    const chains = [...new Set(this.options.feeds.map(({ chain }) => chain))]
    const findings = await Promise.all(
      chains.map(async (chain) => {
        const feeds = this.options.feeds.filter((feed) => feed.chain === chain)
        let answers: readonly ContractAnswer[] = []
        try {
          answers = await this.options.read(chain, feeds.map(decimalsCall))
        } catch {
          // Every reading looks again.
        }
        return feeds.flatMap((feed, index) => {
          const found = decimalsOf(answers[index])
          return found === undefined || found === feed.decimals ? [] : [otherDecimals(feed, found)]
        })
      }),
    )
    return findings.flat()
  }

  private async readChain(chain: ChainKey, feeds: readonly Feed[]): Promise<SourceReading[]> {
    const sequencer = this.options.sequencerFeeds[chain]
    const rounds = [...feeds, ...(sequencer ? [sequencer] : [])]
    const calls = [
      ...rounds.map(({ address }) => ({ address, abi: feedAbi, functionName: 'latestRoundData' })),
      ...feeds.map(decimalsCall),
    ]
    let answers: readonly ContractAnswer[]
    try {
      answers = await this.options.read(chain, calls)
    } catch (error) {
      const reason = `Chain ${chain} did not answer for the feeds: ${messageOf(error)} Check its endpoint.`
      return feeds.map((feed) => this.unusable(feed, reason))
    }
    const now = BigInt(Math.floor(this.options.clock.now() / 1000))
    const outage = sequencer && outageOf(chain, sequencer, answers[feeds.length], now)
    return feeds.map((feed, index) => {
      if (outage !== undefined) return this.unusable(feed, outage)
      return this.judge(feed, roundOf(answers[index]), decimalsOf(answers[rounds.length + index]), now)
    })
  }

  private judge(feed: Feed, round: Round | string, found: number | undefined, now: bigint): SourceReading {
    const { asset, chain, decimals, heartbeatSeconds } = feed
    const refuse = (reason: string) => this.unusable(feed, reason)
    if (typeof round === 'string') return refuse(`The feed of ${asset} on ${chain} did not answer: ${round}`)
    const { answer, updatedAt } = round
    if (found !== decimals) return refuse(otherDecimals(feed, found))
    if (updatedAt === 0n)
      return refuse(`The feed of ${asset} on ${chain} has no finished round. Check the feed's address.`)
    if (updatedAt - now > MAX_AHEAD_SECONDS)
      return refuse(
        `Price of ${asset} is dated ${seconds(updatedAt - now)} in the future, ${seconds(MAX_AHEAD_SECONDS)} are allowed. Check this host's clock and the feed.`,
      )
    const allowed = BigInt(heartbeatSeconds + Math.floor(heartbeatSeconds / 10))
    if (now - updatedAt > allowed)
      return refuse(
        `Price of ${asset} is ${seconds(now - updatedAt)} old, feed allows ${seconds(allowed)}. Check the feed or raise heartbeatSeconds.`,
      )
    const price = mulDiv(answer, 10n ** BigInt(USD_DECIMALS), 10n ** BigInt(decimals), 'down')
    if (price <= 0n)
      return refuse(
        `The feed of ${asset} on ${chain} answers ${answer} with ${decimals} decimals; a price is positive. Check the feed and its decimals.`,
      )
    return { asset, source: this.name, status: 'usable', price, timestamp: Number(updatedAt) }
  }

  private unusable({ asset }: Feed, reason: string): SourceReading {
    return { asset, source: this.name, status: 'unusable', reason }
  }
}

/** Why no price of the chain counts, or undefined when its sequencer is well. An answer of 0 means up. */
function outageOf(
  chain: ChainKey,
  { graceSeconds }: SequencerFeed,
  given: ContractAnswer | undefined,
  now: bigint,
): string | undefined {
  const round = roundOf(given)
  if (typeof round === 'string') return `The sequencer feed of ${chain} did not answer: ${round}`
  if (round.startedAt === 0n) return `The sequencer feed of ${chain} has no round yet. Check its address.`
  if (round.answer !== 0n)
    return `The sequencer of ${chain} is reported down since ${seconds(now - round.startedAt)}. Prices of ${chain} count again ${seconds(graceSeconds)} after it is back.`
  if (now - round.startedAt < BigInt(graceSeconds))
    return `The sequencer of ${chain} is up for ${seconds(now - round.startedAt)}, prices count after ${seconds(graceSeconds)}. Wait.`
  return undefined
}

function decimalsCall({ address }: Feed): ContractCall {
  return { address, abi: feedAbi, functionName: 'decimals' }
}

function otherDecimals({ asset, chain, decimals }: Feed, found: number | undefined): string {
  return `The feed of ${asset} on ${chain} has ${found ?? 'unknown'} decimals, prices.feeds.${asset}.decimals says ${decimals}. Correct it.`
}

function decimalsOf(given: ContractAnswer | undefined): number | undefined {
  return given?.status === 'success' && typeof given.result === 'number' ? given.result : undefined
}

/** The round, or why there is none. */
function roundOf(given: ContractAnswer | undefined): Round | string {
  if (!given) return 'the chain left its answer out.'
  if (given.status === 'failure') return messageOf(given.error)
  const parsed = roundSchema.safeParse(given.result)
  return parsed.success ? parsed.data : 'it is not the round of a price feed. Check its address.'
}

/** First line only: what follows names the endpoint and the call data. */
function messageOf(error: unknown): string {
  const line = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
  return line.endsWith('.') ? line : `${line}.`
}

function seconds(count: bigint | number): string {
  return `${count.toLocaleString('en-US')} s`
}
