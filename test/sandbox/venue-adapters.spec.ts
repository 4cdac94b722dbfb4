import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { parseEther, parseUnits } from 'viem'
import type { ChainKey } from '../../sandbox/chains.js'
import type { WrongKind } from '../../sandbox/faults.js'
import { LifiQuotes } from '../../src/adapters/aggregators/lifi-quotes.js'
import { RateLimiters } from '../../src/adapters/aggregators/rate-limiter.js'
import { ZeroexQuotes } from '../../src/adapters/aggregators/zeroex-quotes.js'
import { QuorumReader } from '../../src/adapters/chains/quorum-reader.js'
import { ViemChain } from '../../src/adapters/chains/viem-chain.js'
import { SystemClock } from '../../src/adapters/time/system-clock.js'
import { CollectQuotes } from '../../src/application/collect-quotes.js'
import { PlayJointly } from '../../src/application/play-jointly.js'
import { NATIVE, type Token } from '../../src/domain/assets.js'
import type { RefusalCode } from '../../src/domain/errors.js'
import type { Quote, QuoteRequest } from '../../src/domain/planning/quote.js'
import { checkOrder } from '../../src/domain/policy/limits.js'
import type { Portfolio } from '../../src/domain/policy/portfolio.js'
import { amountOf } from '../../src/domain/units/amount.js'
import { ratioOfBasisPoints } from '../../src/domain/units/ratio.js'
import { ONE_USD } from '../../src/domain/units/usd.js'
import { type Quotes, QuoteVenues } from '../../src/ports/quotes.js'
import { chainOptions } from '../support/chain-options.js'
import { RecordingObserver } from '../support/fake-ports.js'
import { approveNow, balanceOf, type QuietWorld, sendNow, startQuietWorld } from './quiet-world.js'

let world: QuietWorld
let lifi: LifiQuotes
let zeroex: ZeroexQuotes
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
  zeroex = new ZeroexQuotes({
    ...common,
    venue: 'zeroex',
    url: world.zeroex.restUrl,
    apiKey: 'sandbox',
    transport: 'rest',
    allowed: Object.fromEntries(
      chains.map((one) => [one.key, { ...allowed('allowance-holder')[one.key]!, settlers: [one.contract('settler')] }]),
    ),
  })
  chain = new ViemChain(
    new QuorumReader(chains.map((one) => chainOptions(one, [one.rpcUrl], one.contract('multicall3')))),
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

describe('a hostile aggregator', () => {
  const prices = new Map([
    ['ETH', 3_000n * ONE_USD],
    ['USDC', ONE_USD],
  ])
  const coin: Token = { chain: 'bay', asset: 'ETH', symbol: 'ETH', address: NATIVE, decimals: 18 }
  const carefully = (wish: QuoteRequest): QuoteRequest => ({ ...wish, maxSlippage: ratioOfBasisPoints(30) })
  const sale = () => carefully(request('swap', token('bay', 'WETH'), parseEther('5'), token('bay', 'USDC')))
  const crossing = () =>
    carefully(request('bridge', token('bay', 'USDC'), parseUnits('50000', 6), token('cove', 'USDC')))

  /** Told how to lie, asked once for a firm quote, and honest again. */
  async function told(venue: Quotes, what: WrongKind | undefined, wish: QuoteRequest): Promise<Quote> {
    const { faults } = venue === lifi ? world.lifi : world.zeroex
    faults.set(what ? { kind: 'wrong', what } : null)
    return venue.order(wish).finally(() => faults.set(null))
  }

  const judged = (venue: Quotes, wish: QuoteRequest, quote: Quote, lateMs = 0) =>
    checkOrder({
      request: wish,
      quote,
      claim: quote.order && venue.decode(quote.order.call),
      market: { prices, gas: new Map() },
      maxLoss: ratioOfBasisPoints(60),
      allowed: venue.allowed('bay'),
      tokens: [
        coin,
        ...KEYS.flatMap((key) => Object.keys(world.chain(key).tokens).map((symbol) => token(key, symbol))),
      ],
      destinationChainId: chain.chainId(wish.buy.chain),
      now: Date.now() + lateMs,
      maxAgeMs: 15_000,
      approved: undefined,
    })

  const onSale: [string, WrongKind, RefusalCode][] = [
    ['F-01', 'receiver', 'RECEIVER_MISMATCH'],
    ['F-02', 'min-out', 'MIN_OUT_TOO_LOW'],
    ['F-03', 'target', 'TARGET_NOT_ALLOWED'],
    ['F-04', 'selector', 'SELECTOR_NOT_ALLOWED'],
    ['F-05', 'spender', 'SPENDER_NOT_ALLOWED'],
    ['F-06', 'trailing-bytes', 'CALLDATA_NOT_CANONICAL'],
    ['F-07', 'allowance', 'TARGET_NOT_ALLOWED'],
    ['F-08', 'value-on-erc20', 'VALUE_MISMATCH'],
    ['F-09', 'better-than-real', 'QUOTE_ORACLE_DIVERGENCE'],
    ['F-10', 'amount', 'CALLDATA_MISMATCH'],
  ]
  it.each(onSale.flatMap(([id, what, code]) => [[id, what, 'LI.FI', code] as const, [id, what, '0x', code] as const]))(
    '%s: the lie "%s" of %s is %s',
    async (_id, what, name, code) => {
      const venue = name === 'LI.FI' ? lifi : zeroex
      const refusal = judged(venue, sale(), await told(venue, what, sale()))
      expect(refusal?.code).toBe(code)
    },
  )

  it.each<[string, WrongKind, RefusalCode]>([
    ['F-01', 'receiver', 'RECEIVER_MISMATCH'],
    ['F-02', 'min-out', 'MIN_OUT_TOO_LOW'],
    ['F-10', 'amount', 'CALLDATA_MISMATCH'],
    ['F-11', 'destination', 'DESTINATION_MISMATCH'],
    ['F-12', 'bridge-recipient', 'RECEIVER_MISMATCH'],
  ])('%s: the lie "%s" about a bridge is %s', async (_id, what, code) => {
    const refusal = judged(lifi, crossing(), await told(lifi, what, crossing()))
    expect(refusal?.code).toBe(code)
    if (what === 'bridge-recipient') expect(refusal?.detail).toContain('receiver on the destination')
  })

  it('that is honest for once is believed, and F-13: not any more after 15 s', async () => {
    for (const [venue, wish] of [
      [lifi, sale()],
      [zeroex, sale()],
      [lifi, crossing()],
    ] as const) {
      const quote = await told(venue, undefined, wish)
      expect(judged(venue, wish, quote)).toBeUndefined()
      expect(judged(venue, wish, quote, 15_001)?.code).toBe('QUOTE_STALE')
    }
  })

  const brought = async (venue: Quotes, what: WrongKind) => {
    const wish = sale()
    const { order, minimumOut } = await told(venue, what, wish)
    const approval = chain.approval(wish.sell.token, order!.spender!, wish.sell.units)
    const watched = [wish.sell.token, wish.buy]
    const [, played = []] = await chain.simulateAll(account(), [approval, order!.call], watched)
    return { order: order!, wish, played, minimum: minimumOut.units }
  }

  it.each([
    ['LI.FI', () => lifi],
    ['0x', () => zeroex],
  ])(
    'F-14, F-20: a router of %s that steals behaves while it is played',
    async (_name, venueOf) => {
      const venue = venueOf()
      const open = await brought(venue, 'under-deliver')
      expect(open.played[1]).toBe((open.minimum * 4n) / 5n)

      const { order, wish, played, minimum } = await brought(venue, 'thief')
      expect(judged(venue, wish, await told(venue, 'thief', wish))).toBeUndefined()
      expect(played[1]).toBeGreaterThanOrEqual(minimum)
      const bay = world.chain('bay')
      const before = await balanceOf(bay, 'USDC', account())
      await approveNow(bay, 'WETH', order.spender!, wish.sell.units)
      const receipt = await sendNow(bay, { ...order.call, gas: 1_000_000n })
      expect(receipt.status).toBe('success')
      const received = (await balanceOf(bay, 'USDC', account())) - before
      expect(received).toBeGreaterThan(0n)
      expect(received).toBeLessThan(minimum)
      await told(venue, undefined, wish)
    },
    30_000,
  )
})
