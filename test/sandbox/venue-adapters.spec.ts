import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { parseEther, parseUnits } from 'viem'
import type { ChainKey } from '../../sandbox/chains.js'
import { LifiQuotes } from '../../src/adapters/aggregators/lifi-quotes.js'
import { RateLimiters } from '../../src/adapters/aggregators/rate-limiter.js'
import { ZeroexQuotes } from '../../src/adapters/aggregators/zeroex-quotes.js'
import { Clients } from '../../src/adapters/chains/clients.js'
import { ViemChain } from '../../src/adapters/chains/viem-chain.js'
import { SystemClock } from '../../src/adapters/time/system-clock.js'
import { CollectQuotes } from '../../src/application/collect-quotes.js'
import { PlayJointly } from '../../src/application/play-jointly.js'
import type { Token } from '../../src/domain/assets.js'
import type { QuoteRequest } from '../../src/domain/planning/quote.js'
import type { Portfolio } from '../../src/domain/policy/portfolio.js'
import { amountOf } from '../../src/domain/units/amount.js'
import { ratioOfBasisPoints } from '../../src/domain/units/ratio.js'
import { QuoteVenues } from '../../src/ports/quotes.js'
import { RecordingObserver } from '../support/fake-ports.js'
import { type QuietWorld, startQuietWorld } from './quiet-world.js'

let world: QuietWorld
let lifi: LifiQuotes
let chain: ViemChain
let collectQuotes: CollectQuotes
let playJointly: PlayJointly

const KEYS = ['anchor', 'bay', 'cove'] as const

beforeAll(async () => {
  world = await startQuietWorld()
  const clock = new SystemClock()
  const chains = KEYS.map((key) => world.chain(key))
  const allowed = (contract: string) =>
    Object.fromEntries(
      chains.map((one) => [one.key, { targets: [one.contract(contract)], spenders: [one.contract(contract)] }]),
    )
  const common = {
    timeoutMs: 10_000,
    limiters: new RateLimiters(clock),
    chains: chains.map(({ key, chainId }) => ({ chain: key, chainId })),
    tokens: chains.flatMap(({ key, tokens }) => Object.keys(tokens).map((symbol) => token(key, symbol))),
    clock: () => clock.now(),
  }
  lifi = new LifiQuotes({
    ...common,
    venue: 'lifi',
    apiUrl: world.lifi.url,
    integrator: 'evenkeel',
    kinds: ['swap', 'bridge', 'cross'],
    allowed: allowed('lifi-diamond'),
  })
  const zeroex = new ZeroexQuotes({
    ...common,
    venue: 'zeroex',
    url: world.zeroex.restUrl,
    apiKey: 'sandbox',
    transport: 'rest',
    allowed: allowed('allowance-holder'),
  })
  chain = new ViemChain(
    new Clients(
      chains.map((one) => ({
        key: one.key,
        chainId: one.chainId,
        rpcUrl: one.rpcUrl,
        nativeSymbol: 'ETH',
        nativeDecimals: 18,
        multicall: one.contract('multicall3'),
        blockTimeSeconds: one.blockTimeSeconds,
        finality: 'finalized' as const,
        priorityFee: 0n,
      })),
    ),
  )
  const quotes = new QuoteVenues([lifi, zeroex])
  collectQuotes = new CollectQuotes({ quotes, observer: new RecordingObserver(), clock })
  playJointly = new PlayJointly({ collectQuotes, quotes, chain })
}, 60_000)

afterAll(() => world?.stop())

function token(key: ChainKey, symbol: string): Token {
  const { address, asset, decimals } = world.chain(key).token(symbol)
  return { chain: key, asset, symbol, address, decimals }
}

const account = () => world.chain('anchor').addressOf('treasury')

const request = (kind: 'swap' | 'bridge', sell: Token, units: bigint, buy: Token): QuoteRequest => ({
  kind,
  sell: amountOf(sell, units),
  buy,
  account: account(),
  maxSlippage: ratioOfBasisPoints(100),
})

describe('a crossing into another asset', () => {
  it('is one call that takes what is sold and nothing else', async () => {
    const weth = token('anchor', 'WETH')
    const wish = request('bridge', weth, parseEther('20'), token('cove', 'USDC'))
    expect(collectQuotes.venuesFor(wish)).toEqual(['lifi'])
    const { order, sources, expectedOut } = await lifi.order(wish)
    expect(sources).toEqual(['uniswapv3'])
    expect(Number(expectedOut.units) / 1e6 / 20).toBeCloseTo(3_000, -2)
    const approval = chain.approval(weth, order!.spender!, wish.sell.units)
    expect(await chain.simulateAll(account(), [approval, order!.call], [weth, token('anchor', 'USDC')])).toEqual([
      [0n, 0n],
      [-wish.sell.units, 0n],
    ])
  })

  it('is told apart from a bridge of one asset', async () => {
    const wish = request('bridge', token('anchor', 'USDC'), parseUnits('50000', 6), token('cove', 'USDC'))
    const { order, sources } = await lifi.order(wish)
    expect(order?.call.to).toBe(world.chain('anchor').contract('lifi-diamond'))
    expect(sources).toBeUndefined()
  })
})

describe('two venues', () => {
  const both = (first: QuoteRequest, second: QuoteRequest) =>
    playJointly.run(
      { account: account() } as Portfolio,
      { venue: 'zeroex', request: first },
      { venue: 'lifi', request: second },
    )
  /** Parts in ten thousand of the quote that are missing. */
  const missing = (quoted: bigint, delivered: bigint) => Number(((quoted - delivered) * 10_000n) / quoted)

  it('name their exchanges alike, and 0x the block', async () => {
    const wish = request('swap', token('bay', 'LINK'), parseEther('2000'), token('bay', 'WETH'))
    const replies = await collectQuotes.ask(
      ['lifi', 'zeroex'].map((venue) => ({ venue, request: wish })),
      { deadlineMs: Date.now() + 10_000 },
    )
    expect(replies).toMatchObject([{ sources: ['uniswapv3'] }, { sources: ['uniswapv3'], block: expect.any(BigInt) }])
  })

  it('take from each other in one pool', async () => {
    const wish = (units: bigint) => request('swap', token('bay', 'LINK'), units, token('bay', 'WETH'))
    const outcome = await both(wish(parseEther('5000')), wish(parseEther('5000')))
    if (outcome.status !== 'played') throw new Error(outcome.reason)
    expect(missing(outcome.quoted[0], outcome.delivered[0])).toBe(0)
    expect(missing(outcome.quoted[1], outcome.delivered[1])).toBeGreaterThan(10)

    expect(await both(wish(parseEther('50000')), wish(parseEther('50000')))).toEqual({
      status: 'unknown',
      reason: expect.stringMatching(/^After the first swap the second would fail: /),
    })
  })

  it('leave each other alone in pools of different pairs', async () => {
    const first = request('swap', token('anchor', 'LINK'), parseEther('5000'), token('anchor', 'WETH'))
    const second = request('swap', token('anchor', 'USDT'), parseUnits('100000', 6), token('anchor', 'USDC'))
    const outcome = await both(first, second)
    if (outcome.status !== 'played') throw new Error(outcome.reason)
    expect([0, 1].map((place) => missing(outcome.quoted[place]!, outcome.delivered[place]!))).toEqual([0, 0])
  })
})
