import { encodeFunctionData, parseAbi } from 'viem'
import { chainKeys, type ChainKey, type SandboxChain } from './chains.js'
import { assets, type AssetSymbol, type ReferencePrices } from './prices.js'
import { contractNamed, loadContracts } from './solidity.js'
import type { WorldFeed } from './world.js'

const decimals = 8
const heartbeatSeconds = 120
/** A feed is written when the price has moved by more than this share of the last answer, or when half the heartbeat passed. */
const deviation = 0.0005
/** Enough for a round of a feed: two fresh storage slots of data, one counter. */
const roundGas = 200_000n

const feedAbi = parseAbi(['function setRound(int256 answer, uint256 startedAt, uint256 updatedAt)'])

/** The price feeds of all chains and the sequencer feeds of the L2s. All are written by `deployer`. */
export interface Feeds {
  described: WorldFeed[]
  has(chain: string, asset: string): boolean
  /** Writes the feeds that are due, on chains that make blocks. */
  push(): Promise<void>
  isFrozen(chain: ChainKey, asset: string): boolean
  /** A frozen feed keeps its last answer, which grows stale. */
  setFrozen(chain: ChainKey, asset: string, frozen: boolean): void
  /** Writes this answer, in USD, and freezes the feed. `updatedAt` is Unix seconds; without it, the block's time. */
  write(chain: ChainKey, asset: string, usd: number, updatedAt?: number): Promise<void>
  /** `startedAt`, Unix seconds, is since when the sequencer has that state; without it, the block's time. */
  setSequencer(chain: ChainKey, up: boolean, startedAt?: number): Promise<void>
}

interface Feed {
  chain: SandboxChain
  asset: AssetSymbol
  frozen: boolean
  last: { usd: number; at: number } | undefined
}

/** Deploys a feed for each asset that has a token on the chain. They have no answer before the first `push`. */
export async function deployFeeds(chains: readonly SandboxChain[], prices: ReferencePrices): Promise<Feeds> {
  const artifact = contractNamed(await loadContracts(), 'PriceFeed')
  const described: WorldFeed[] = []
  const feeds: Feed[] = []
  await Promise.all(
    chains.map(async (chain) => {
      const known = new Set(Object.values(chain.tokens).map((token) => token.asset))
      for (const asset of assets.filter((candidate) => known.has(candidate))) {
        chain.contracts[`feed-${asset}`] = await chain.deploy(artifact, [`${asset} / USD`, decimals])
        feeds.push({ chain, asset, frozen: false, last: undefined })
      }
      if (chain.isLayer2) {
        chain.contracts['sequencer-feed'] = await chain.deploy(artifact, ['L2 Sequencer Uptime Status Feed', 0])
        await writeRound(chain, 'sequencer-feed', 0n, Math.floor(Date.now() / 1000) - sequencerUpSince)
      }
    }),
  )
  feeds.sort((left, right) => chainKeys.indexOf(left.chain.key) - chainKeys.indexOf(right.chain.key))
  for (const { chain, asset } of feeds) {
    described.push({ chain: chain.key, asset, address: chain.contract(`feed-${asset}`), decimals, heartbeatSeconds })
  }

  const find = (key: string, asset: string) => feeds.find((feed) => feed.chain.key === key && feed.asset === asset)
  const feedOf = (key: ChainKey, asset: string): Feed => {
    const feed = find(key, asset)
    if (!feed) throw new Error(`There is no feed of ${asset} on ${key}.`)
    return feed
  }
  const chainOf = (key: ChainKey): SandboxChain => {
    const chain = chains.find((candidate) => candidate.key === key)
    if (!chain) throw new Error(`There is no chain ${key}.`)
    return chain
  }

  return {
    described,
    has: (key, asset) => find(key, asset) !== undefined,
    async push() {
      const due = feeds.filter(
        (feed) =>
          !feed.frozen && isDue(feed, prices) && (feed.chain.blocks.isRunning() || !feed.chain.blocks.isStarted()),
      )
      await Promise.all(
        due.map(async (feed) => {
          const usd = prices.usd(feed.asset)
          feed.last = { usd, at: Date.now() }
          await writeRound(feed.chain, `feed-${feed.asset}`, answerOf(usd))
        }),
      )
    },
    isFrozen: (key, asset) => feedOf(key, asset).frozen,
    setFrozen(key, asset, frozen) {
      const feed = feedOf(key, asset)
      feed.frozen = frozen
      feed.last = undefined
    },
    async write(key, asset, usd, updatedAt) {
      const feed = feedOf(key, asset)
      feed.frozen = true
      await writeRound(feed.chain, `feed-${asset}`, answerOf(usd), updatedAt, updatedAt)
    },
    setSequencer: (key, up, startedAt) => writeRound(chainOf(key), 'sequencer-feed', up ? 0n : 1n, startedAt),
  }
}

/** Seconds the sequencers have been up when the world starts, which is past any usual grace period. */
const sequencerUpSince = 24 * 3600

function isDue({ asset, last }: Feed, prices: ReferencePrices): boolean {
  if (!last) return true
  const moved = Math.abs(prices.usd(asset) / last.usd - 1)
  return moved > deviation || Date.now() - last.at > (heartbeatSeconds / 2) * 1000
}

function answerOf(usd: number): bigint {
  return BigInt(Math.round(usd * 10 ** decimals))
}

async function writeRound(
  chain: SandboxChain,
  feed: string,
  answer: bigint,
  startedAt = 0,
  updatedAt = 0,
): Promise<void> {
  const args = [answer, BigInt(startedAt), BigInt(updatedAt)] as const
  await chain.submit('deployer', {
    to: chain.contract(feed),
    data: encodeFunctionData({ abi: feedAbi, functionName: 'setRound', args }),
    gas: roundGas,
  })
}
