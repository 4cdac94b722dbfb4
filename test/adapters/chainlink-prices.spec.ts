import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { encodeFunctionData, parseAbi } from 'viem'
import { chainTraits, type SandboxChain, startChain } from '../../sandbox/chains.js'
import { type CompiledContracts, contractNamed, loadContracts } from '../../sandbox/solidity.js'
import {
  ChainlinkPrices,
  type ChainlinkPricesOptions,
  type Feed,
  type ReadContracts,
} from '../../src/adapters/oracles/chainlink-prices.js'
import type { Address } from '../../src/domain/assets.js'
import type { SourceReading } from '../../src/domain/portfolio/snapshot.js'

const feedAbi = parseAbi(['function setRound(int256 answer, uint256 startedAt, uint256 updatedAt)'])
const now = 1_800_000_000
const clock = { now: () => now * 1000 + 999, sleep: () => Promise.resolve() }

let chain: SandboxChain
let contracts: CompiledContracts
let asked: number[]

const read: ReadContracts = (key, calls) => {
  if (key !== 'bay') throw new Error(`No endpoint of ${key} answers.`)
  asked.push(calls.length)
  return chain.publicClient.multicall({ contracts: calls, allowFailure: true })
}

beforeAll(async () => {
  contracts = await loadContracts()
  chain = await startChain(chainTraits.bay, 0)
  await chain.deploy(contractNamed(contracts, 'CallBatcher'))
}, 60_000)

afterAll(() => chain.stop())

beforeEach(() => {
  asked = []
})

async function deployFeed(
  round?: { answer: bigint; startedAt?: number; updatedAt?: number },
  decimals = 8,
): Promise<Address> {
  const address = await chain.deploy(contractNamed(contracts, 'PriceFeed'), ['TEST / USD', decimals])
  if (round) await write(address, round)
  await chain.settle()
  return address
}

async function write(
  address: Address,
  { answer, startedAt = now, updatedAt = now }: { answer: bigint; startedAt?: number; updatedAt?: number },
): Promise<void> {
  const args = [answer, BigInt(startedAt), BigInt(updatedAt)] as const
  await chain.send('deployer', {
    to: address,
    data: encodeFunctionData({ abi: feedAbi, functionName: 'setRound', args }),
  })
}

function feed(asset: string, address: Address, changes: Partial<Feed> = {}): Feed {
  return { asset, chain: 'bay', address, decimals: 8, heartbeatSeconds: 3600, ...changes }
}

function unusable(reason: RegExp): object {
  return { status: 'unusable', reason: expect.stringMatching(reason) }
}

async function pricesOf(
  feeds: Feed[],
  sequencerFeeds: ChainlinkPricesOptions['sequencerFeeds'] = {},
): Promise<readonly SourceReading[]> {
  const assets = feeds.map(({ asset }) => asset)
  return new ChainlinkPrices({ feeds, sequencerFeeds, read, clock }).read(assets)
}

describe('prices of feeds', () => {
  test('are read in one multicall and scaled to 18 decimals exactly', async () => {
    const eth = await deployFeed({ answer: 300_012_345_678n, updatedAt: now - 10 })
    const link = await deployFeed({ answer: 1n }, 18)
    expect(await pricesOf([feed('ETH', eth), feed('LINK', link, { decimals: 18 })])).toEqual([
      {
        asset: 'ETH',
        source: 'chainlink',
        status: 'usable',
        price: 3_000_123_456_780_000_000_000n,
        timestamp: now - 10,
      },
      { asset: 'LINK', source: 'chainlink', status: 'usable', price: 1n, timestamp: now },
    ])
    expect(asked).toEqual([4])
  })

  test('F-69 of a feed with other decimals than configured do not count', async () => {
    const address = await deployFeed({ answer: 300_012_345_678n }, 18)
    expect(await pricesOf([feed('ETH', address)])).toMatchObject([
      unusable(/^The feed of ETH on bay has 18 decimals, prices\.feeds\.ETH\.decimals says 8\. Correct it\.$/),
    ])
  })

  test('F-69 of a feed with other decimals than configured are found at start; what does not answer is no finding', async () => {
    const wrong = await deployFeed({ answer: 1n }, 18)
    const right = await deployFeed()
    const feeds = [
      feed('ETH', wrong),
      feed('BTC', right),
      feed('CODELESS', '0x00000000000000000000000000000000000000ff'),
      feed('FAR', wrong, { chain: 'reef' }),
    ]
    expect(await new ChainlinkPrices({ feeds, sequencerFeeds: {}, read, clock }).misconfigured()).toEqual([
      'The feed of ETH on bay has 18 decimals, prices.feeds.ETH.decimals says 8. Correct it.',
    ])
  })

  test('are read for the assets asked alone', async () => {
    const address = await deployFeed({ answer: 1n })
    const prices = new ChainlinkPrices({
      feeds: [feed('ETH', address), feed('BTC', address)],
      sequencerFeeds: {},
      read,
      clock,
    })
    expect(await prices.read(['BTC', 'DAI'])).toHaveLength(1)
    expect(asked).toEqual([2])
  })

  test.each([
    ['at the end of its heartbeat and a tenth of it', { answer: 1n, updatedAt: now - 3960 }],
    ['a minute ahead of our clock', { answer: 1n, updatedAt: now + 60 }],
  ])('are usable %s', async (_, round) => {
    expect(await pricesOf([feed('WETH', await deployFeed(round))])).toMatchObject([{ status: 'usable' }])
  })

  test.each([
    [
      'older than that (F-66)',
      { answer: 1n, updatedAt: now - 4012 },
      'Price of WETH is 4,012 s old, feed allows 3,960 s. Check the feed or raise heartbeatSeconds.',
    ],
    [
      'of the future',
      { answer: 1n, updatedAt: now + 61 },
      "Price of WETH is dated 61 s in the future, 60 s are allowed. Check this host's clock and the feed.",
    ],
    [
      'of zero (F-67)',
      { answer: 0n },
      'The feed of WETH on bay answers 0 with 8 decimals; a price is positive. Check the feed and its decimals.',
    ],
    [
      'below zero (F-67)',
      { answer: -5n },
      'The feed of WETH on bay answers -5 with 8 decimals; a price is positive. Check the feed and its decimals.',
    ],
  ])('are unusable %s', async (_, round, reason) => {
    expect(await pricesOf([feed('WETH', await deployFeed(round))])).toEqual([
      { asset: 'WETH', source: 'chainlink', status: 'unusable', reason },
    ])
  })

  test('are unusable when the round was never finished (F-67)', async () => {
    const unfinished: ReadContracts = () =>
      Promise.resolve([
        { status: 'success', result: [1n, 5n, BigInt(now), 0n, 1n] },
        { status: 'success', result: 8 },
      ])
    const address = await deployFeed()
    const prices = new ChainlinkPrices({ feeds: [feed('ETH', address)], sequencerFeeds: {}, read: unfinished, clock })
    expect(await prices.read(['ETH'])).toMatchObject([unusable(/no finished round/)])
  })

  test('go on beside a feed that reverts, one without code and a chain that does not answer', async () => {
    const good = await deployFeed({ answer: 1n })
    const empty = await deployFeed()
    const readings = await pricesOf([
      feed('REVERTS', empty),
      feed('CODELESS', '0x00000000000000000000000000000000000000ff'),
      feed('GOOD', good),
      feed('FAR', good, { chain: 'reef' }),
    ])
    expect(readings).toMatchObject([
      { asset: 'REVERTS', ...unusable(/^The feed of REVERTS on bay did not answer: /) },
      { asset: 'CODELESS', ...unusable(/^The feed of CODELESS on bay did not answer: /) },
      { asset: 'GOOD', status: 'usable' },
      { asset: 'FAR', ...unusable(/^Chain reef did not answer .* No endpoint of reef answers\./) },
    ])
    expect(readings.map((reading) => 'reason' in reading && reading.reason.includes('\n'))).not.toContain(true)
  })

  test('of one asset come from one feed', () => {
    const twice = [
      feed('ETH', '0x00000000000000000000000000000000000000aa'),
      feed('ETH', '0x00000000000000000000000000000000000000bb'),
    ]
    expect(() => new ChainlinkPrices({ feeds: twice, sequencerFeeds: {}, read, clock })).toThrow(
      'ETH has two feeds; one source gives one price. Configure one feed per asset.',
    )
  })
})

describe('a chain with a sequencer', () => {
  const graceSeconds = 3600

  test.each([
    ['up for the grace time', { answer: 0n, startedAt: now - graceSeconds }, undefined],
    [
      'up for less',
      { answer: 0n, startedAt: now - 3599 },
      'The sequencer of bay is up for 3,599 s, prices count after 3,600 s. Wait.',
    ],
    [
      'down',
      { answer: 1n, startedAt: now - 7200 },
      'The sequencer of bay is reported down since 7,200 s. Prices of bay count again 3,600 s after it is back.',
    ],
  ])('F-39: that is %s', async (_, round, reason) => {
    const price = await deployFeed({ answer: 1n })
    const address = await deployFeed(round)
    const feeds = [feed('ETH', price), feed('BTC', price)]
    const readings = await pricesOf(feeds, { bay: { address, graceSeconds } })
    expect(readings.map((reading) => ('reason' in reading ? reading.reason : undefined))).toEqual([reason, reason])
    expect(asked).toEqual([5])
  })

  test('whose uptime feed does not answer gives no prices', async () => {
    const price = await deployFeed({ answer: 1n })
    const address = await deployFeed()
    expect(await pricesOf([feed('ETH', price)], { bay: { address, graceSeconds } })).toMatchObject([
      unusable(/^The sequencer feed of bay did not answer: /),
    ])
  })

  test('whose uptime feed was never written gives no prices', async () => {
    const silent: ReadContracts = () =>
      Promise.resolve([
        { status: 'success', result: [1n, 5n, BigInt(now), BigInt(now), 1n] },
        { status: 'success', result: [0n, 0n, 0n, 0n, 0n] },
      ])
    const address = '0x00000000000000000000000000000000000000aa'
    const prices = new ChainlinkPrices({
      feeds: [feed('ETH', address)],
      sequencerFeeds: { bay: { address, graceSeconds } },
      read: silent,
      clock,
    })
    expect(await prices.read(['ETH'])).toMatchObject([unusable(/has no round yet/)])
  })
})
