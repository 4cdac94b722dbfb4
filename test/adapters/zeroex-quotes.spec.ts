import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { ZeroexQuotes, type ZeroexQuotesOptions } from '../../src/adapters/aggregators/zeroex-quotes.js'
import { RateLimiters } from '../../src/adapters/aggregators/rate-limiter.js'
import { type Address, NATIVE, type Token } from '../../src/domain/assets.js'
import type { QuoteFailureKind, QuoteRequest } from '../../src/domain/planning/quote.js'
import { amountOf } from '../../src/domain/units/amount.js'
import { ratioOfBasisPoints } from '../../src/domain/units/ratio.js'
import { failureOf } from '../support/failure-of.js'
import { FakeClock } from '../support/fake-clock.js'
import { DAI_ON, ETH_ON, MAINNET_CHAINS, MAINNET_TOKENS, USDC_ON, USDT_ON, WETH_ON } from '../support/mainnet-tokens.js'
import { answerNames, readAnswerFile } from '../support/recorded-answers.js'
import { type Reply, ReplayServer } from '../support/replay-server.js'

const ACCOUNT: Address = '0x4D2A422dB44144996E855ce15FB581a477dbB947'
const ALLOWANCE_HOLDER: Address = '0x0000000000001fF3684f28c67538d4D072C22734'
const NATIVE_AT_0X = '0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE'
const NOW = 1_790_000_000_000

const swap = (sell: Token, units: bigint, buy: Token): QuoteRequest => ({
  kind: 'swap',
  sell: amountOf(sell, units),
  buy,
  account: ACCOUNT,
  maxSlippage: ratioOfBasisPoints(100),
})
const usdcToWeth = swap(USDC_ON.base, 100_000n, WETH_ON.base)
const wethToDai = swap(WETH_ON.ethereum, 100n * 10n ** 18n, DAI_ON.ethereum)
const ethToUsdc = swap(ETH_ON.base, 10n ** 14n, USDC_ON.base)

const server = new ReplayServer()
const elsewhere = new ReplayServer()
beforeAll(async () => {
  await server.start()
  await elsewhere.start()
})
afterAll(async () => {
  await server.stop()
  await elsewhere.stop()
})
beforeEach(() => {
  server.requests.length = 0
  elsewhere.requests.length = 0
})

type Transport = ZeroexQuotesOptions['transport']
const TRANSPORTS: readonly Transport[] = ['sdk', 'rest']

const build = (transport: Transport, options: Partial<ZeroexQuotesOptions> = {}) =>
  new ZeroexQuotes({
    venue: '0x',
    url: transport === 'sdk' ? `${server.url}/trpc/swap` : server.url,
    apiKey: 'test-key',
    transport,
    timeoutMs: 2_000,
    limiters: new RateLimiters(new FakeClock(NOW)),
    chains: MAINNET_CHAINS,
    tokens: MAINNET_TOKENS,
    allowed: { base: { targets: [ALLOWANCE_HOLDER], spenders: [ALLOWANCE_HOLDER] } },
    clock: () => NOW,
    ...options,
  })

/** A body as the transport's server wraps it. */
const wrapped = (transport: Transport, body: unknown) => (transport === 'sdk' ? { result: { data: body } } : body)

/** The recorded allowance-holder quote with some of its fields replaced. */
function recordedQuote(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { ...(readAnswerFile('0x', 'quote_allowance-holder_run-l254') as Record<string, unknown>), ...changes }
}

interface Asked {
  readonly status?: number
  readonly call: 'indicate' | 'order'
  readonly request: QuoteRequest
}
interface Read extends Asked {
  readonly is: readonly [expectedOut: bigint, minimumOut: bigint, gasUnits: bigint]
  /** Who must be allowed to take the sold token, and whom to call; absent from an indication. */
  readonly order?: { readonly spender: Address | undefined; readonly to: Address }
}
interface Refused extends Asked {
  readonly is: readonly [QuoteFailureKind, RegExp]
}

const read: Readonly<Record<string, Read>> = {
  'price_allowance-holder_issues': {
    call: 'indicate',
    request: wethToDai,
    is: [458_050_129_388_884_000_000_000n, 453_462_747_021_444_000_000_000n, 1_116_817n],
  },
  'price_allowance-holder_run-l132': {
    call: 'indicate',
    request: usdcToWeth,
    is: [29_247_834_891_471n, 28_955_356_542_556n, 204_097n],
  },
  price_permit2_issues: {
    call: 'indicate',
    request: wethToDai,
    is: [457_361_651_612_757_197_478_240n, 452_781_164_365_759_128_399_840n, 1_276_189n],
  },
  'price_permit2_run-l159': { call: 'indicate', request: ethToUsdc, is: [271_195n, 268_488n, 276_281n] },
  'quote_allowance-holder_example': {
    call: 'order',
    request: swap(USDC_ON.ethereum, 100_000_000n, USDT_ON.ethereum),
    is: [100_037_537n, 99_037_162n, 288_079n],
    order: { spender: '0x0000000000001ff3684f28c67538d4d072c22734', to: '0x7f6cee965959295cc64d0e6c00d99d6532d8e86b' },
  },
  'quote_allowance-holder_run-l254': {
    call: 'order',
    request: usdcToWeth,
    is: [29_247_834_891_471n, 28_955_356_542_556n, 188_297n],
    order: { spender: '0x0000000000001ff3684f28c67538d4d072c22734', to: '0x0000000000001ff3684f28c67538d4d072c22734' },
  },
  'quote_permit2_run-l218': {
    call: 'order',
    request: ethToUsdc,
    is: [271_316n, 268_596n, 245_663n],
    order: { spender: undefined, to: '0x6a57a0579e91a5b7ce9c2d08b93e1a9b995f974f' },
  },
}

const refused: Readonly<Record<string, Refused>> = {
  chains: { call: 'order', request: usdcToWeth, is: ['malformed', /^QUOTE_SCHEMA 0x: the body: /] },
  'error_buyAmount-and-sellAmount': {
    status: 400,
    call: 'order',
    request: usdcToWeth,
    is: ['rejected', /400: INPUT_INVALID; The input is invalid; buyAmount: buyAmount and sellAmount are mutually/],
  },
  'error_input-invalid_sellToken': {
    status: 400,
    call: 'order',
    request: usdcToWeth,
    is: ['rejected', /sellToken: Invalid ethereum address/],
  },
  'error_no-api-key': { status: 401, call: 'indicate', request: usdcToWeth, is: ['rejected', /No API key provided/] },
  error_recipient_a: { status: 400, call: 'order', request: usdcToWeth, is: ['rejected', /recipient: Invalid/] },
  gasless_quote: {
    call: 'order',
    request: swap(USDC_ON.ethereum, 300_000_000n, USDT_ON.ethereum),
    is: ['malformed', /^QUOTE_SCHEMA 0x: transaction: .*got nothing/],
  },
  gasless_status: { call: 'order', request: usdcToWeth, is: ['malformed', /^QUOTE_SCHEMA 0x: liquidityAvailable: /] },
  gasless_submit: { call: 'order', request: usdcToWeth, is: ['malformed', /^QUOTE_SCHEMA 0x: liquidityAvailable: /] },
  'price_no-liquidity.CONSTRUCTED': {
    call: 'indicate',
    request: usdcToWeth,
    is: ['no-route', /no liquidity to sell USDC for WETH/],
  },
  'quote_allowance-holder_issues': {
    call: 'order',
    request: wethToDai,
    is: ['malformed', /^QUOTE_SCHEMA 0x: transaction\.data: .*calldata/],
  },
  'quote_permit2_run-l347': {
    call: 'order',
    request: swap(WETH_ON.base, 10n ** 14n, USDC_ON.base),
    is: ['malformed', /^QUOTE_SCHEMA 0x: permit2: nothing to sign/],
  },
  'quote_permit2_split-route': {
    call: 'order',
    request: swap(WETH_ON.ethereum, 10n ** 23n, DAI_ON.ethereum),
    is: ['malformed', /^QUOTE_SCHEMA 0x: permit2: nothing to sign.*transaction\.data: /],
  },
  sources: { call: 'order', request: usdcToWeth, is: ['malformed', /^QUOTE_SCHEMA 0x: liquidityAvailable: /] },
}

it('has an expectation for every kept answer of 0x', () => {
  expect(Object.keys({ ...read, ...refused }).toSorted()).toEqual(answerNames('0x'))
})

describe.each(TRANSPORTS)('through %s', (transport) => {
  describe('every kept answer of 0x', () => {
    const prepare = (name: string, { status = 200, call, request }: Asked) => {
      const body = readAnswerFile('0x', name)
      server.reply = { status, body: status === 200 ? wrapped(transport, body) : body }
      return build(transport)[call](request)
    }

    it.each(Object.entries(read))('%s is a quote', async (name, asked) => {
      const quote = await prepare(name, asked)
      expect([quote.expectedOut.units, quote.minimumOut.units, quote.gasUnits]).toEqual(asked.is)
      expect(quote.expectedOut.token).toBe(asked.request.buy)
      expect(quote.order && { spender: quote.order.spender, to: quote.order.call.to }).toEqual(asked.order)
    })

    it.each(Object.entries(refused))('%s is refused', async (name, asked) => {
      const [kind, message] = asked.is
      const failure = await failureOf(prepare(name, asked))
      expect([failure.venue, failure.kind]).toEqual(['0x', kind])
      expect(failure.message).toMatch(message)
    })
  })

  it('reads a recorded quote completely', async () => {
    server.reply = { body: wrapped(transport, recordedQuote()) }
    const { order, ...quote } = await build(transport).order(usdcToWeth)
    expect(quote).toEqual({
      venue: '0x',
      tool: 'PancakeSwap_V2 100%',
      request: usdcToWeth,
      expectedOut: amountOf(WETH_ON.base, 29_247_834_891_471n),
      minimumOut: amountOf(WETH_ON.base, 28_955_356_542_556n),
      fees: [{ name: '0x fee', amount: amountOf(USDC_ON.base, 150n), isIncluded: true }],
      gasUnits: 188_297n,
      durationSeconds: 0,
      obtainedAt: NOW,
      sources: ['pancakeswapv2'],
      block: 17_272_561n,
    })
    expect(order?.call).toMatchObject({ chain: 'base', value: 0n })
    expect(order?.call.data).toMatch(/^0x2213bc0b/)
  })

  it('reads what the calldata of a recorded quote does, which guarantees nothing by its Settler (F-02)', async () => {
    server.reply = { body: wrapped(transport, recordedQuote()) }
    const venue = build(transport)
    const { order } = await venue.order(usdcToWeth)
    const claim = venue.decode(order!.call)
    expect(claim).toMatchObject({
      selector: '0x2213bc0b',
      sells: { token: USDC_ON.base.address, units: 100_000n },
      buys: { minimumUnits: undefined },
      receivers: [{ role: 'recipient', address: NATIVE }],
      deadlines: [0x66997bf4],
      nested: [],
      delegates: [{ to: '0x55873e4b1Dd63ab3Fea3CA47c10277655Ac2DcE0', selector: '0x1fff991f' }],
    })
  })

  it('refuses a call of the Settler itself (F-04)', async () => {
    server.reply = { body: wrapped(transport, readAnswerFile('0x', 'quote_permit2_run-l218')) }
    const venue = build(transport)
    const { order } = await venue.order(ethToUsdc)
    expect(venue.decode(order!.call)).toMatchObject({ code: 'SELECTOR_NOT_ALLOWED' })
  })

  it('sums the shares of one source on one hop', async () => {
    server.reply = { body: wrapped(transport, readAnswerFile('0x', 'price_allowance-holder_issues')) }
    expect((await build(transport).indicate(wethToDai)).tool).toBe(
      'Uniswap_V3 37.51% + Uniswap_V4 17.5% + 0x_RFQ 3.33% → Uniswap_V3 12.48% + Uniswap_V4 7.49% + 0x_RFQ 21.69% → ' +
        'Ekubo 41.66% → Maker_PSM 100%',
    )
  })

  it('knows no sources where a private maker fills a part, and no block where 0x names none', async () => {
    const body = { ...(readAnswerFile('0x', 'price_allowance-holder_issues') as object), blockNumber: '0x1' }
    server.reply = { body: wrapped(transport, body) }
    const quote = await build(transport).indicate(wethToDai)
    expect([quote.sources, quote.block]).toEqual([undefined, undefined])
  })

  it('sends the coin as value and asks for no allowance for it', async () => {
    server.reply = { body: wrapped(transport, readAnswerFile('0x', 'quote_permit2_run-l218')) }
    const { order } = await build(transport).order(ethToUsdc)
    expect(order).toMatchObject({ spender: undefined, call: { value: 10n ** 14n } })
  })

  it('falls back to the network fee when 0x gives no gas', async () => {
    const transaction = { ...(recordedQuote()['transaction'] as object), gas: null }
    server.reply = { body: wrapped(transport, recordedQuote({ transaction })) }
    // 1206311137665 wei at 5890000 wei per gas
    expect((await build(transport).order(usdcToWeth)).gasUnits).toBe(204_807n)
    server.reply = { body: wrapped(transport, recordedQuote({ transaction, totalNetworkFee: null })) }
    expect((await failureOf(build(transport).order(usdcToWeth))).message).toMatch(/^QUOTE_SCHEMA 0x: gas: /)
  })

  it.each([
    [
      'the target of an allowance',
      { issues: { allowance: null }, allowanceTarget: ALLOWANCE_HOLDER },
      ALLOWANCE_HOLDER,
    ],
    [
      'the called contract, if it may spend',
      { issues: { allowance: null } },
      '0x0000000000001ff3684f28c67538d4d072c22734',
    ],
  ])('takes as spender %s', async (_name, changes, spender) => {
    server.reply = { body: wrapped(transport, recordedQuote(changes)) }
    expect((await build(transport).order(usdcToWeth)).order?.spender).toBe(spender)
  })

  it.each<[string, Readonly<Record<string, unknown>>, QuoteFailureKind, RegExp]>([
    [
      'another sold token',
      { sellToken: WETH_ON.base.address },
      'malformed',
      /^QUOTE_MISMATCH 0x: sellToken: expected 0x8335/,
    ],
    ['another bought token', { buyToken: DAI_ON.ethereum.address }, 'malformed', /^QUOTE_MISMATCH 0x: buyToken/],
    [
      'more sold than asked',
      { sellAmount: '99851' },
      'malformed',
      /^QUOTE_MISMATCH 0x: sellAmount: expected 100000, got 100001/,
    ],
    [
      'less sold than asked',
      { fees: { integratorFee: null, zeroExFee: null, gasFee: null } },
      'malformed',
      /sellAmount: expected 100000, got 99850/,
    ],
    [
      'a minimum above the expectation',
      { minBuyAmount: '29247834891472' },
      'malformed',
      /^QUOTE_SCHEMA 0x: minBuyAmount/,
    ],
    ['an amount with leading zero', { buyAmount: '029' }, 'malformed', /^QUOTE_SCHEMA 0x: buyAmount: .*got "029"/],
    [
      'a value in hexadecimal',
      { transaction: { to: ALLOWANCE_HOLDER, data: '0x2213bc0b', value: '0x0' } },
      'malformed',
      /^QUOTE_SCHEMA 0x: transaction\.value/,
    ],
    [
      'a tax',
      {
        tokenMetadata: {
          buyToken: { buyTaxBps: '0', sellTaxBps: '30' },
          sellToken: { buyTaxBps: null, sellTaxBps: null },
        },
      },
      'rejected',
      /sellTaxBps of 30 for the buyToken/,
    ],
    [
      'no spender and a call to one that may not spend',
      { issues: { allowance: null }, transaction: { to: ACCOUNT, data: '0x2213bc0b', value: '0', gas: '1' } },
      'malformed',
      /^QUOTE_SCHEMA 0x: issues\.allowance\.spender/,
    ],
  ])('refuses %s', async (_name, changes, kind, message) => {
    server.reply = { body: wrapped(transport, recordedQuote(changes)) }
    const failure = await failureOf(build(transport).order(usdcToWeth))
    expect(failure.kind).toBe(kind)
    expect(failure.message).toMatch(message)
  })

  it('accepts taxes that 0x cannot tell', async () => {
    const unknown = { buyTaxBps: null, sellTaxBps: null }
    server.reply = {
      body: wrapped(transport, recordedQuote({ tokenMetadata: { buyToken: unknown, sellToken: unknown } })),
    }
    expect(await build(transport).order(usdcToWeth)).toHaveProperty('order')
  })

  describe('a failing 0x', () => {
    const named = (status: number, name: string): Reply => ({ status, body: { name, message: 'told so', data: {} } })
    it.each<[string, Reply, QuoteFailureKind, RegExp]>([
      ['validation', named(400, 'SWAP_VALIDATION_FAILED'), 'rejected', /SWAP_VALIDATION_FAILED; told so/],
      ['an unwelcome taker', named(403, 'TAKER_NOT_AUTHORIZED_FOR_TRADE'), 'rejected', /TAKER_NOT/],
      ['an unwelcome token', named(422, 'BUY_TOKEN_NOT_AUTHORIZED_FOR_TRADE'), 'rejected', /BUY_TOKEN/],
      ['the server', named(500, 'INTERNAL_SERVER_ERROR'), 'unavailable', /answered 500: INTERNAL_SERVER_ERROR/],
      [
        'rate limit of the gateway',
        { status: 429, headers: { 'retry-after': '1' }, body: { message: 'too many', request_id: 'a' } },
        'rate-limited',
        /too many\. Ask again in 1 s\./,
      ],
      ['gateway in HTML', { status: 503, body: '<html></html>' }, 'unavailable', /answered 503/],
      ['an empty error', { status: 502, body: '' }, 'unavailable', /answered 502/],
      ['HTML as a success', { body: '<html>Welcome</html>' }, 'malformed', /^QUOTE_SCHEMA 0x: .*not JSON/],
      ['truncated JSON', { body: '{"result": {"data": {' }, 'malformed', /^QUOTE_SCHEMA 0x: .*not JSON/],
      ['null', { body: 'null' }, 'malformed', /^QUOTE_SCHEMA 0x: /],
      [
        'a body over 1 MiB',
        { body: JSON.stringify({ result: 'x'.repeat(1_100_000) }) },
        'malformed',
        /more than 1048576 bytes/,
      ],
      ['a broken connection', 'breaks-off', 'unavailable', /could not be asked/],
      ['silence', 'silence', 'unavailable', /no answer within 150 ms/],
    ])('is %s', async (_name, reply, kind, message) => {
      server.reply = reply
      const timeoutMs = reply === 'silence' ? 150 : 2_000
      const failure = await failureOf(build(transport, { timeoutMs }).order(usdcToWeth))
      expect(failure.kind).toBe(kind)
      expect(failure.message).toMatch(message)
    })

    it('is nobody at the address', async () => {
      const gone = new ReplayServer()
      await gone.start()
      const { url } = gone
      await gone.stop()
      const failure = await failureOf(build(transport, { url }).indicate(usdcToWeth))
      expect(failure.kind).toBe('unavailable')
      expect(failure.message).toMatch(/could not be asked: .*ECONNREFUSED/)
    })

    it('cannot send us, with our key, to another host', async () => {
      elsewhere.reply = { body: wrapped(transport, recordedQuote()) }
      server.reply = { status: 307, headers: { location: `${elsewhere.url}/` }, body: '' }
      const failure = await failureOf(build(transport).order(usdcToWeth))
      expect(failure.kind).toBe('unavailable')
      expect(failure.message).toMatch(/answered 307, a redirect/)
      expect(elsewhere.requests).toHaveLength(0)
    })
  })

  it('serves swaps between different known tokens of one chain', () => {
    const zeroex = build(transport)
    expect(zeroex.serves(usdcToWeth)).toBe(true)
    expect(zeroex.serves(ethToUsdc)).toBe(true)
    expect(zeroex.serves({ ...usdcToWeth, kind: 'bridge', buy: USDC_ON.ethereum })).toBe(false)
    expect(zeroex.serves({ ...usdcToWeth, buy: USDC_ON.base })).toBe(false)
    expect(zeroex.serves({ ...usdcToWeth, buy: WETH_ON.ethereum })).toBe(false)
    expect(zeroex.serves({ ...usdcToWeth, buy: { ...DAI_ON.ethereum, chain: 'base' } })).toBe(false)
    expect(zeroex.allowed('ethereum')).toEqual({ targets: [], spenders: [] })
  })
})

describe('what reaches the server', () => {
  const input = {
    sellToken: NATIVE_AT_0X,
    buyToken: USDC_ON.base.address,
    sellAmount: '100000000000000',
    taker: ACCOUNT,
    excludedSources: 'Curve,SushiSwap',
  }
  const ask = async (transport: Transport, call: 'indicate' | 'order') => {
    const file = call === 'order' ? 'quote_permit2_run-l218' : 'price_permit2_run-l159'
    server.reply = { body: wrapped(transport, readAnswerFile('0x', file)) }
    const request = { ...ethToUsdc, maxSlippage: ratioOfBasisPoints(50) + 99_999_999_999_999n }
    await build(transport, { excludedSources: ['Curve', 'SushiSwap'] })[call](request)
    expect(server.requests).toHaveLength(1)
    const [asked] = server.requests
    expect(asked?.method).toBe('GET')
    expect(asked?.headers).toMatchObject({ '0x-api-key': 'test-key', '0x-version': 'v2' })
    return asked
  }

  it.each([
    ['indicate', 'getPrice'],
    ['order', 'getQuote'],
  ] as const)('through the SDK is a tRPC query for %s', async (call, procedure) => {
    const asked = await ask('sdk', call)
    expect(asked?.path).toBe(`/trpc/swap/swap.allowanceHolder.${procedure}`)
    expect([...(asked?.query.keys() ?? [])]).toEqual(['input'])
    expect(JSON.parse(asked?.query.get('input') ?? '')).toEqual({ ...input, chainId: 8453, slippageBps: 50 })
  })

  it('leaves out what the planner says, under the names the answers taught', async () => {
    server.reply = { body: wrapped('rest', readAnswerFile('0x', 'price_permit2_run-l159')) }
    const zeroex = build('rest')
    const { tool } = await zeroex.indicate(ethToUsdc)
    const name = tool.split(' ')[0]!
    await zeroex.indicate({ ...ethToUsdc, without: [name.toLowerCase().replace(/[^a-z0-9]/g, ''), 'neverheardof'] })
    expect(server.requests.map(({ query }) => query.get('excludedSources'))).toEqual([null, name])
  })

  it.each([
    ['indicate', 'price'],
    ['order', 'quote'],
  ] as const)('through REST is a query string for %s', async (call, operation) => {
    const asked = await ask('rest', call)
    expect(asked?.path).toBe(`/swap/allowance-holder/${operation}`)
    expect(Object.fromEntries(asked?.query ?? [])).toEqual({ ...input, chainId: '8453', slippageBps: '50' })
  })
})

describe('the rate limit of 0x', () => {
  const full: Reply = { status: 429, headers: { 'retry-after': '30' }, body: { message: 'too many', request_id: 'a' } }

  it('is kept by everybody with the same key, on the way of either transport', async () => {
    const clock = new FakeClock(NOW)
    const limiters = new RateLimiters(clock)
    server.reply = full
    expect((await failureOf(build('rest', { limiters }).indicate(usdcToWeth))).kind).toBe('rate-limited')
    const failure = await failureOf(build('sdk', { limiters }).order(usdcToWeth))
    expect(failure.kind).toBe('rate-limited')
    expect(failure.message).toMatch(/is not asked: its rate limit is used up\. Ask again in 30 s\./)
    expect(server.requests).toHaveLength(1)

    server.reply = { body: wrapped('rest', recordedQuote()) }
    expect(await build('rest', { limiters, apiKey: 'another' }).order(usdcToWeth)).toHaveProperty('order')
    clock.pass(30_000)
    expect(await build('rest', { limiters }).order(usdcToWeth)).toHaveProperty('order')
  })

  it('is not reached at the configured pace: calls wait, and are turned down when they would wait too long', async () => {
    const limiters = new RateLimiters(new FakeClock(NOW))
    const zeroex = build('rest', { limiters, requestsPerSecond: 1, timeoutMs: 2_500 })
    server.reply = { body: wrapped('rest', recordedQuote()) }
    const replies = await Promise.allSettled(Array.from({ length: 4 }, () => zeroex.order(usdcToWeth)))
    expect(replies.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected'])
    expect(replies[3]).toMatchObject({ reason: { kind: 'rate-limited' } })
    expect(server.requests).toHaveLength(3)
  })
})

describe("errors in the SDK's envelope", () => {
  it.each<[string, number, number, QuoteFailureKind]>([
    ['bad request', 400, 400, 'rejected'],
    ['too many requests', 429, 429, 'rate-limited'],
    ['server', 500, 500, 'unavailable'],
    ['server, told with a success', 200, 500, 'unavailable'],
  ])('%s', async (_name, status, httpStatus, kind) => {
    server.reply = { status, body: { error: { message: 'told so', code: -32603, data: { code: 'X', httpStatus } } } }
    const failure = await failureOf(build('sdk').indicate(usdcToWeth))
    expect(failure.kind).toBe(kind)
    expect(failure.message).toMatch(new RegExp(`answered ${httpStatus}: told so`))
  })

  it('is malformed when a success carries a body without envelope', async () => {
    server.reply = { body: recordedQuote() }
    const failure = await failureOf(build('sdk').order(usdcToWeth))
    expect(failure.kind).toBe('malformed')
    expect(failure.message).toMatch(/^QUOTE_SCHEMA 0x: .*answered 200 with no usable result/)
  })
})
