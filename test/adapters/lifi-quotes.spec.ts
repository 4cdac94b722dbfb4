import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { encodeFunctionData, getAddress } from 'viem'
import { lifiAbi } from '../../sandbox/aggregators/lifi-abi.js'
import { LifiQuotes, type LifiQuotesOptions, slippageFraction } from '../../src/adapters/aggregators/lifi-quotes.js'
import { decimalUnits } from '../../src/adapters/aggregators/wire.js'
import { LifiTransfers } from '../../src/adapters/aggregators/lifi-transfers.js'
import { RateLimiters } from '../../src/adapters/aggregators/rate-limiter.js'
import { type Address, NATIVE } from '../../src/domain/assets.js'
import type { QuoteFailureKind, QuoteRequest } from '../../src/domain/planning/quote.js'
import { amountOf } from '../../src/domain/units/amount.js'
import { formatDecimal } from '../../src/domain/units/decimal.js'
import { RATIO_ONE, ratioOfBasisPoints } from '../../src/domain/units/ratio.js'
import { aCycle, addressOf, aRun, aTransfer, hashOf } from '../support/builders.js'
import { failureOf } from '../support/failure-of.js'
import { FakeClock } from '../support/fake-clock.js'
import { DAI_ON, ETH_ON, MAINNET_CHAINS, MAINNET_TOKENS, USDC_ON, USDT_ON, WETH_ON } from '../support/mainnet-tokens.js'
import { answerNames, readAnswerFile } from '../support/recorded-answers.js'
import { type Reply, ReplayServer } from '../support/replay-server.js'

const ACCOUNT: Address = '0x204DeDCf79DbbB02359205f4f64ce2cBDd483906'
const DIAMOND: Address = '0x1231DEB6f5749EF6cE6943a275A1D3E7486F4EaE'
const NOW = 1_790_000_000_000

const ethToBase: QuoteRequest = {
  kind: 'bridge',
  sell: amountOf(ETH_ON.arbitrum, 10_000_000_000_000_000n),
  buy: ETH_ON.base,
  account: ACCOUNT,
  maxSlippage: ratioOfBasisPoints(50),
}

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
  server.first.length = 0
  elsewhere.requests.length = 0
})

const build = (options: Partial<LifiQuotesOptions> = {}) =>
  new LifiQuotes({
    venue: 'lifi',
    apiUrl: `${server.url}/v1`,
    integrator: 'evenkeel-test',
    timeoutMs: 2_000,
    limiters: new RateLimiters(new FakeClock(NOW)),
    chains: MAINNET_CHAINS,
    tokens: MAINNET_TOKENS,
    allowed: { arbitrum: { targets: [DIAMOND], spenders: [DIAMOND] } },
    kinds: ['swap', 'bridge'],
    clock: () => NOW,
    ...options,
  })

/** A deep copy of the recorded bridge quote with some of its fields replaced, named by their path. */
function recordedQuote(changes: Readonly<Record<string, unknown>> = {}): unknown {
  const quote = readAnswerFile('lifi', 'quote_bridge-native_gaszip') as Record<string, unknown>
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split('.')
    const last = keys.pop() ?? ''
    const parent = keys.reduce((node, key) => node[key] as Record<string, unknown>, quote)
    parent[last] = value
  }
  return quote
}

describe('a recorded LI.FI quote', () => {
  it('becomes a quote of ours with every amount in base units', async () => {
    server.reply = { body: recordedQuote() }
    const { order, ...quote } = await build().order(ethToBase)
    expect(quote).toEqual({
      venue: 'lifi',
      tool: 'gasZipBridge with feeCollection',
      request: ethToBase,
      expectedOut: amountOf(ETH_ON.base, 9_973_849_077_309_328n),
      minimumOut: amountOf(ETH_ON.base, 9_923_979_831_922_781n),
      fees: [{ name: 'LIFI Fixed Fee', amount: amountOf(ETH_ON.arbitrum, 25_000_000_000_000n), isIncluded: true }],
      gasUnits: 129_519n,
      durationSeconds: 46,
      obtainedAt: NOW,
    })
    expect(order?.spender).toBeUndefined()
    expect(order?.call).toMatchObject({ chain: 'arbitrum', to: DIAMOND, value: 10_000_000_000_000_000n })
    expect(order?.call.data).toMatch(/^0x606326ff/)
  })

  it('is indicated without the call', async () => {
    server.reply = { body: recordedQuote() }
    expect(await build().indicate(ethToBase)).not.toHaveProperty('order')
  })

  it('names the spender when a contract token is sold', async () => {
    const fromToken = { address: USDT_ON.arbitrum.address.toLowerCase(), chainId: 42161, decimals: 6 }
    server.reply = { body: recordedQuote({ 'action.fromToken': fromToken, 'transactionRequest.value': '0x0' }) }
    const request = { ...ethToBase, sell: amountOf(USDT_ON.arbitrum, 10_000_000_000_000_000n) }
    const { order } = await build().order(request)
    expect(order).toMatchObject({ spender: DIAMOND, call: { value: 0n } })
  })

  it('is a call whose destination cannot be read from its calldata (F-04)', async () => {
    server.reply = { body: recordedQuote() }
    const venue = build()
    const { order } = await venue.order(ethToBase)
    expect(venue.decode(order!.call)).toEqual({
      code: 'SELECTOR_NOT_ALLOWED',
      detail: expect.stringMatching(
        /^LI\.FI wants the function 0x606326ff, whose receiver and destination cannot be read/,
      ),
    })
  })

  it('was asked for by the SDK, with our slippage and no call on the destination', async () => {
    server.reply = { body: recordedQuote() }
    await build({ apiKey: 'test-key', bridges: ['gasZipBridge', 'across'], exchanges: ['1inch'] }).indicate(ethToBase)
    expect(server.requests).toHaveLength(1)
    const [request] = server.requests
    expect(request?.method).toBe('GET')
    expect(request?.path).toBe('/v1/quote')
    expect(request?.headers).toMatchObject({
      'x-lifi-sdk': '4.3.0',
      'x-lifi-integrator': 'evenkeel-test',
      'x-lifi-api-key': 'test-key',
    })
    expect(Object.fromEntries(request?.query ?? [])).toEqual({
      fromChain: '42161',
      toChain: '8453',
      fromToken: ETH_ON.arbitrum.address,
      toToken: ETH_ON.base.address,
      fromAmount: '10000000000000000',
      fromAddress: ACCOUNT,
      toAddress: ACCOUNT,
      slippage: '0.005',
      order: 'CHEAPEST',
      integrator: 'evenkeel-test',
      allowDestinationCall: 'false',
      allowBridges: 'gasZipBridge,across',
      allowExchanges: '1inch',
    })
  })
})

describe('every kept LI.FI answer, given to a quote', () => {
  const quotes = ['quote_bridge-native_gaszip']
  const refused: Readonly<Record<string, { status?: number; is: readonly [QuoteFailureKind, RegExp] }>> = {
    chains_trimmed: { is: ['malformed', /^QUOTE_SCHEMA lifi: tool: .* got nothing/] },
    connections_example: { is: ['malformed', /^QUOTE_SCHEMA lifi: tool: /] },
    'error_404_no-quote_filtered': { status: 404, is: ['no-route', /No available quotes.*allbridge requires/] },
    possibilities_example: { is: ['malformed', /^QUOTE_SCHEMA lifi: tool: /] },
    'routes_bridge-native_trimmed': { is: ['malformed', /^QUOTE_SCHEMA lifi: tool: /] },
    routes_example: { is: ['malformed', /^QUOTE_SCHEMA lifi: tool: /] },
    'status_404_unknown-hash': { status: 404, is: ['rejected', /answered 404: Transaction hash is not found/] },
    status_done_example: { is: ['malformed', /^QUOTE_SCHEMA lifi: action: /] },
    'status_failed_reverted-origin': { is: ['malformed', /^QUOTE_SCHEMA lifi: tool: /] },
    status_pending: { is: ['malformed', /^QUOTE_SCHEMA lifi: action: /] },
    token_example: { is: ['malformed', /^QUOTE_SCHEMA lifi: tool: /] },
  }

  it('has an expectation here', () => {
    expect([...quotes, ...Object.keys(refused)].toSorted()).toEqual(answerNames('lifi'))
  })

  it.each(quotes)('%s is a quote', async (name) => {
    server.reply = { body: readAnswerFile('lifi', name) }
    expect(await build().order(ethToBase)).toHaveProperty('order')
  })

  it.each(Object.entries(refused))('%s is refused', async (name, { status = 200, is }) => {
    server.reply = { status, body: readAnswerFile('lifi', name) }
    const failure = await failureOf(build().order(ethToBase))
    expect([failure.venue, failure.kind]).toEqual(['lifi', is[0]])
    expect(failure.message).toMatch(is[1])
  })

  it('reads the step of a recorded route, which has no transaction, as an indication only', async () => {
    const { routes } = readAnswerFile('lifi', 'routes_bridge-native_trimmed') as { routes: { steps: unknown[] }[] }
    server.reply = { body: routes[0]?.steps[0] }
    expect(await build().indicate(ethToBase)).toMatchObject({ tool: 'layerswap with feeCollection' })
    const failure = await failureOf(build().order(ethToBase))
    expect(failure.message).toMatch(/^QUOTE_SCHEMA lifi: transactionRequest: expected a call to send/)
  })
})

describe('a LI.FI quote that answers another question', () => {
  const STRANGER = '0x00000000000000000000000000000000deadbeef'
  const feeOnTop = (token: unknown) => ({
    'estimate.feeCosts': [{ name: 'Relay fee', amount: '7', included: false, token }],
  })
  it.each([
    ['origin', { 'action.fromChainId': 1 }, /QUOTE_MISMATCH .*action\.fromChainId: expected 42161, got 1/],
    ['destination', { 'action.toChainId': 10 }, /QUOTE_MISMATCH .*action\.toChainId: expected 8453, got 10/],
    ['sold token', { 'action.fromToken.address': WETH_ON.base.address }, /QUOTE_MISMATCH .*fromToken\.address/],
    [
      'bought token of the same symbol',
      { 'action.toToken.address': WETH_ON.base.address },
      /QUOTE_MISMATCH .*toToken\.address/,
    ],
    ['chain of the token', { 'action.toToken.chainId': 1 }, /QUOTE_MISMATCH .*toToken\.chainId/],
    ['decimals', { 'action.toToken.decimals': 6 }, /QUOTE_MISMATCH .*toToken\.decimals: expected 18, got 6/],
    ['sold amount', { 'action.fromAmount': '10000000000000001' }, /QUOTE_MISMATCH .*action\.fromAmount/],
    ['estimated amount', { 'estimate.fromAmount': '1' }, /QUOTE_MISMATCH .*estimate\.fromAmount/],
    ['sender', { 'action.fromAddress': STRANGER }, /QUOTE_MISMATCH .*action\.fromAddress/],
    ['receiver', { 'action.toAddress': STRANGER }, /QUOTE_MISMATCH .*action\.toAddress: expected 0x204D/],
    ['chain of the call', { 'transactionRequest.chainId': 1 }, /QUOTE_MISMATCH .*transactionRequest\.chainId/],
    ['sender of the call', { 'transactionRequest.from': STRANGER }, /QUOTE_MISMATCH .*transactionRequest\.from/],
    ['minimum above expectation', { 'estimate.toAmountMin': '9973849077309329' }, /QUOTE_SCHEMA .*toAmountMin/],
    ['amount with exponent', { 'estimate.toAmount': '1e18' }, /QUOTE_SCHEMA .*toAmount: .*got "1e18"/],
    ['amount as number', { 'estimate.toAmount': 9973849077309328 }, /QUOTE_SCHEMA .*toAmount/],
    ['value in decimal', { 'transactionRequest.value': '10000000000000000' }, /QUOTE_SCHEMA .*value: .*hexadecimal/],
    ['duration without end', { 'estimate.executionDuration': 2_592_001 }, /QUOTE_SCHEMA .*executionDuration/],
    ['half a byte of calldata', { 'transactionRequest.data': '0x606326fff' }, /QUOTE_SCHEMA .*data/],
    ['address of 19 bytes', { 'transactionRequest.to': DIAMOND.slice(0, -2) }, /QUOTE_SCHEMA .*to: .*20 bytes/],
    ['receiver left out', { 'action.toAddress': undefined }, /QUOTE_SCHEMA .*action\.toAddress: .*got nothing/],
    [
      'fee on top in an unknown token',
      feeOnTop({ address: STRANGER, chainId: 42161, decimals: 18 }),
      /QUOTE_SCHEMA .*feeCosts: .*"Relay fee"/,
    ],
    [
      'fee on top in the coin of another chain',
      feeOnTop({ address: ETH_ON.base.address, chainId: 8453, decimals: 18 }),
      /QUOTE_SCHEMA .*feeCosts: expected fees on top in the coin of arbitrum/,
    ],
  ])('is refused: %s', async (_name, changes: Readonly<Record<string, unknown>>, message) => {
    server.reply = { body: recordedQuote(changes) }
    const failure = await failureOf(build().order(ethToBase))
    expect(failure.kind).toBe('malformed')
    expect(failure.message).toMatch(message)
  })

  it('is refused when it takes a bridge that is not allowed', async () => {
    server.reply = { body: recordedQuote() }
    const failure = await failureOf(build({ bridges: ['across'] }).order(ethToBase))
    expect(failure.message).toMatch(/^QUOTE_MISMATCH lifi: tool: expected one of across, got gasZipBridge/)
  })

  it('keeps fees on top in the coin of the origin, and leaves included ones in unknown tokens to the output', async () => {
    const fee = (name: string, included: boolean, address: string) => ({
      name,
      amount: '7',
      included,
      token: { address, chainId: 42161, decimals: 18 },
    })
    server.reply = {
      body: recordedQuote({
        'estimate.feeCosts': [fee('on top', false, ETH_ON.arbitrum.address), fee('inside', true, STRANGER)],
      }),
    }
    const { fees } = await build().indicate(ethToBase)
    expect(fees).toEqual([{ name: 'on top', amount: amountOf(ETH_ON.arbitrum, 7n), isIncluded: false }])
  })
})

describe('a failing LI.FI', () => {
  const error = (status: number, code: number, headers?: Record<string, string>): Reply => ({
    status,
    body: { message: 'told so', code },
    ...(headers && { headers }),
  })
  it.each<[string, Reply, QuoteFailureKind, RegExp]>([
    ['no quote', error(404, 1002), 'no-route', /told so/],
    ['a wrong path', { status: 404, body: { message: 'Not Found' } }, 'rejected', /answered 404/],
    ['validation', error(400, 1011), 'rejected', /answered 400: told so/],
    [
      'errors as a list',
      { status: 404, body: { message: 'none', code: 1002, errors: [{ message: 'AMOUNT_TOO_LOW' }] } },
      'no-route',
      /none; AMOUNT_TOO_LOW/,
    ],
    ['slippage', error(409, 1007), 'no-route', /told so/],
    ['unauthorized', error(401, 1010), 'rejected', /told so/],
    ['rate limit', error(429, 1005, { 'ratelimit-reset': '7200' }), 'rate-limited', /Ask again in 7200 s\./],
    ['rate limit without a time', { status: 429, body: 'slow down' }, 'rate-limited', /does not say for how long/],
    ['third party', error(424, 1008), 'unavailable', /told so/],
    ['server', error(500, 1006), 'unavailable', /answered 500: told so/],
    ['gateway in HTML', { status: 502, body: '<html>Bad gateway</html>' }, 'unavailable', /answered 502/],
    ['F-17: HTML as a success', { body: '<html>Welcome</html>' }, 'malformed', /^QUOTE_SCHEMA lifi: .*not JSON/],
    ['F-17: truncated JSON', { body: '{"tool": "across", ' }, 'malformed', /^QUOTE_SCHEMA lifi: .*not JSON/],
    ['an empty success', { body: '' }, 'malformed', /^QUOTE_SCHEMA lifi: /],
    ['null', { body: 'null' }, 'malformed', /^QUOTE_SCHEMA lifi: the body: .*got null/],
    [
      'F-17: a body of 50 MB',
      { body: JSON.stringify({ tool: 'x'.repeat(50_000_000) }) },
      'malformed',
      /^QUOTE_SCHEMA lifi: .*more than 1048576 bytes/,
    ],
    [
      'a small body that unpacks to a large one',
      { headers: { 'content-encoding': 'gzip' }, body: gzipSync(Buffer.alloc(5_000_000, ' ')) },
      'malformed',
      /^QUOTE_SCHEMA lifi: .*more than 1048576 bytes/,
    ],
    ['a broken connection', 'breaks-off', 'unavailable', /could not be asked/],
    ['silence', 'silence', 'unavailable', /no answer within 150 ms/],
  ])('is %s', async (_name, reply, kind, message) => {
    server.reply = reply
    const failure = await failureOf(build({ timeoutMs: reply === 'silence' ? 150 : 2_000 }).indicate(ethToBase))
    expect(failure.kind).toBe(kind)
    expect(failure.message).toMatch(message)
  })

  it('is nobody at the address', async () => {
    const gone = new ReplayServer()
    await gone.start()
    const apiUrl = `${gone.url}/v1`
    await gone.stop()
    const failure = await failureOf(build({ apiUrl }).indicate(ethToBase))
    expect(failure.kind).toBe('unavailable')
    expect(failure.message).toMatch(/could not be asked: .*ECONNREFUSED/)
  })

  it('cannot send us to another host (F-18)', async () => {
    elsewhere.reply = { body: recordedQuote() }
    server.reply = { status: 307, headers: { location: `${elsewhere.url}/v1/quote` }, body: '' }
    const failure = await failureOf(build({ apiKey: 'secret' }).indicate(ethToBase))
    expect(failure.kind).toBe('unavailable')
    expect(failure.message).toMatch(/answered 307, a redirect/)
    expect(elsewhere.requests).toHaveLength(0)
  })

  it('may fail once with a 500, which the SDK repeats within the same deadline', async () => {
    server.first.push({ status: 500, body: {} })
    server.reply = { body: recordedQuote() }
    await build().indicate(ethToBase)
    expect(server.requests).toHaveLength(2)
    server.first.push({ status: 500, body: {} })
    expect(await failureOf(build({ timeoutMs: 300 }).indicate(ethToBase))).toMatchObject({ kind: 'unavailable' })
  })

  it('is left alone after five failures in a row, and comes back by one request that succeeds (F-16)', async () => {
    const clock = new FakeClock(NOW)
    const venue = build({ limiters: new RateLimiters(clock), circuitMs: 10_000 })
    server.reply = { status: 503, body: 'down' }
    for (let count = 0; count < 5; count++)
      expect((await failureOf(venue.indicate(ethToBase))).message).toMatch(/answered 503/)
    const left = await failureOf(venue.indicate(ethToBase))
    expect([left.kind, left.message]).toEqual([
      'unavailable',
      expect.stringMatching(/is not asked: it failed 5 times in a row\. Ask again in 1\d s\.$/),
    ])
    expect(server.requests).toHaveLength(5)
    clock.pass(15_000)
    server.reply = { body: recordedQuote() }
    await venue.indicate(ethToBase)
    await venue.indicate(ethToBase)
    expect(server.requests).toHaveLength(7)
  })

  it('leaves requests of others as they are', async () => {
    elsewhere.reply = { body: recordedQuote() }
    server.reply = { status: 307, headers: { location: `${elsewhere.url}/` }, body: '' }
    const response = await fetch(server.url)
    expect([response.status, response.redirected]).toEqual([200, true])
  })
})

describe('where a LI.FI route fills', () => {
  const steps = (...kinds: [type: string | undefined, tool: string][]) => ({
    includedSteps: kinds.map(([type, tool]) => ({ type, tool })),
  })
  it.each([
    ['at the exchanges of its swaps', steps(['protocol', 'feeCollection'], ['swap', 'uniswapV3']), ['uniswapv3']],
    ['at none that is only a bridge', steps(['cross', 'gasZipBridge']), undefined],
    ['before the bridge, of a crossing', steps(['swap', 'curve'], ['cross', 'across']), ['curve']],
    ['nobody knows where, through an aggregator', steps(['swap', 'uniswapV3'], ['swap', '1inch']), undefined],
    ['nobody knows where, in a step of a kind of its own', steps(['swap', 'uniswapV3'], ['lifi', 'route']), undefined],
    ['nobody knows where, in a step without a kind', steps([undefined, 'uniswapV3']), undefined],
  ])('%s', async (_name, changes, sources) => {
    server.reply = { body: recordedQuote(changes) }
    expect((await build().indicate(ethToBase)).sources).toEqual(sources)
  })
})

describe('a crossing into another asset', () => {
  const [RELAYER, ROUTER] = [addressOf(0xb1), addressOf(0xb2)]
  const ethToUsdc: QuoteRequest = { ...ethToBase, buy: USDC_ON.base }
  const bridging = (changes: Readonly<Record<string, unknown>> = {}) => ({
    transactionId: hashOf(1),
    bridge: 'across',
    integrator: 'evenkeel-test',
    referrer: NATIVE,
    sendingAssetId: USDT_ON.arbitrum.address,
    receiver: getAddress(ACCOUNT.toLowerCase()),
    minAmount: 40_000_000n,
    destinationChainId: 8453n,
    hasSourceSwaps: true,
    hasDestinationCall: false,
    ...changes,
  })
  const acrossData = {
    receiverAddress: RELAYER,
    refundAddress: RELAYER,
    receivingAssetId: USDC_ON.base.address,
    outputAmount: 39_000_000n,
    outputAmountPercent: 10n ** 18n,
    exclusiveRelayer: RELAYER,
    quoteTimestamp: 0,
    fillDeadline: 1,
    exclusivityDeadline: 0,
    message: '0x',
  } as const
  const swapping = {
    callTo: ROUTER,
    approveTo: ROUTER,
    sendingAssetId: NATIVE,
    receivingAssetId: USDT_ON.arbitrum.address,
    fromAmount: ethToBase.sell.units,
    callData: '0x12345678',
    requiresDeposit: true,
  } as const
  const calldata = (changes: Readonly<Record<string, unknown>> = {}) =>
    encodeFunctionData({
      abi: lifiAbi,
      functionName: 'swapAndStartBridgeTokensViaAcrossV3',
      args: [bridging(changes), [swapping], acrossData],
    })
  const answer = (data: string) =>
    recordedQuote({
      'action.toToken': { address: USDC_ON.base.address, chainId: 8453, decimals: 6 },
      'transactionRequest.data': data,
      includedSteps: [
        { type: 'swap', tool: 'uniswapV3' },
        { type: 'cross', tool: 'across' },
      ],
    })

  it('is quoted and ordered as one call, where LI.FI is configured for it', async () => {
    server.reply = { body: answer(calldata()) }
    const quote = await build({ kinds: ['cross'] }).order(ethToUsdc)
    expect(quote).toMatchObject({ request: ethToUsdc, sources: ['uniswapv3'] })
    expect(quote.expectedOut).toEqual(amountOf(USDC_ON.base, 9_973_849_077_309_328n))
    expect(quote.order?.call).toMatchObject({ chain: 'arbitrum', to: DIAMOND, data: calldata() })
  })

  it('says in its calldata what it sells, whom it pays and what is to come out', () => {
    const call = { chain: 'arbitrum', to: DIAMOND, data: calldata(), value: ethToBase.sell.units }
    expect(build().decode(call)).toMatchObject({
      name: 'swapAndStartBridgeTokensViaAcrossV3',
      sells: { token: NATIVE, units: ethToBase.sell.units },
      buys: { token: USDC_ON.base.address, minimumUnits: 40_000_000n },
      receivers: [
        { role: 'receiver', address: getAddress(ACCOUNT.toLowerCase()) },
        { role: 'receiver on the destination', address: getAddress(RELAYER) },
        { role: 'refund address', address: getAddress(RELAYER) },
      ],
      bridge: { name: 'across', destinationChainId: 8453, minimumOut: 40_000_000n, fillDeadline: 1 },
      nested: [{ to: getAddress(ROUTER), selector: '0x12345678', allows: getAddress(ROUTER) }],
    })
  })

  it.each([
    ['bridges another token than its swaps end in', { sendingAssetId: NATIVE }],
    ['says that it does not swap', { hasSourceSwaps: false }],
  ])('is refused when it %s', (_name, changes) => {
    const call = { chain: 'arbitrum', to: DIAMOND, data: calldata(changes), value: 0n }
    expect(build().decode(call)).toMatchObject({ code: 'CALLDATA_MISMATCH' })
  })

  it('is refused when its parts lie in another order, although they say the same (F-06)', () => {
    const good = calldata()
    // The second argument is said to begin beyond the end of the calldata.
    const data = `${good.slice(0, 2 + 8 + 64)}${'f'.repeat(64)}${good.slice(2 + 8 + 128)}` as const
    const call = { chain: 'arbitrum', to: DIAMOND, data: data as `0x${string}`, value: 0n }
    expect(build().decode(call)).toMatchObject({ code: 'CALLDATA_NOT_CANONICAL' })
  })
})

describe('the rate limit of LI.FI', () => {
  it('is kept by quotes and status questions together', async () => {
    const clock = new FakeClock(NOW)
    const limiters = new RateLimiters(clock)
    const transfers = new LifiTransfers({
      apiUrl: `${server.url}/v1`,
      integrator: 'evenkeel-test',
      timeoutMs: 2_000,
      limiters,
      chains: MAINNET_CHAINS,
      tokens: MAINNET_TOKENS,
      receipt: () => Promise.resolve(undefined),
    })
    const transfer = aTransfer(aCycle(), aRun(), { origin: 'arbitrum', destination: 'base' })
    const last = { 'ratelimit-limit': '75', 'ratelimit-remaining': '0', 'ratelimit-reset': '5400' }
    server.reply = { headers: last, body: recordedQuote() }
    await build({ limiters }).indicate(ethToBase)

    const failure = await failureOf(build({ limiters }).indicate(ethToBase))
    expect(failure.kind).toBe('rate-limited')
    expect(failure.message).toMatch(/its rate limit of 75 requests is used up\. Ask again in 5400 s\./)
    await expect(transfers.find(transfer, [])).rejects.toThrow(/is not asked: its rate limit of 75 requests/)
    expect(server.requests).toHaveLength(1)

    clock.pass(5_400_000)
    server.reply = { status: 404, body: readAnswerFile('lifi', 'status_404_unknown-hash') }
    expect(await transfers.find(transfer, [])).toEqual([])
  })

  it("holds for the SDK's own repetition, too", async () => {
    server.first.push({ status: 500, headers: { 'ratelimit-remaining': '0', 'ratelimit-reset': '60' }, body: {} })
    const failure = await failureOf(build().indicate(ethToBase))
    expect(failure.kind).toBe('rate-limited')
    expect(server.requests).toHaveLength(1)
  })
})

describe('what LI.FI is asked for', () => {
  const ask = (changes: Partial<QuoteRequest>): QuoteRequest => ({ ...ethToBase, ...changes })
  const swap = ask({ kind: 'swap', sell: amountOf(USDC_ON.base, 1n), buy: WETH_ON.base })
  it.each([
    ['a bridge of one asset', true, ethToBase],
    ['a swap on one chain', true, swap],
    ['a bridge to the same chain', false, ask({ buy: ETH_ON.arbitrum })],
    ['a bridge into another asset, for which it is not configured', false, ask({ buy: USDC_ON.base })],
    ['a swap across chains', false, ask({ kind: 'swap' })],
    ['a swap into itself', false, ask({ kind: 'swap', buy: ETH_ON.arbitrum })],
    ['an unknown token', false, ask({ buy: { ...DAI_ON.ethereum, chain: 'base' } })],
    ['an unknown chain', false, ask({ buy: { ...ETH_ON.base, chain: 'celo' } })],
  ])('%s: %s', (_name, served, request) => {
    expect(build().serves(request)).toBe(served)
  })

  it('only kinds it is configured for', () => {
    expect(build({ kinds: ['swap'] }).serves(ethToBase)).toBe(false)
    expect(build({ kinds: ['bridge'] }).serves(swap)).toBe(false)
    const crossing = build({ kinds: ['cross'] })
    expect(crossing.serves(ask({ buy: USDC_ON.base }))).toBe(true)
    expect(crossing.serves(ethToBase)).toBe(false)
    expect(crossing.serves(ask({ sell: amountOf(ETH_ON.base, 1n), buy: USDC_ON.base }))).toBe(false)
  })

  it('touches nothing on a chain without an allow-list', () => {
    expect(build().allowed('arbitrum').targets).toEqual([DIAMOND])
    expect(build().allowed('base')).toEqual({ targets: [], spenders: [] })
  })
})

describe('numbers on the wire', () => {
  it('reads exactly the canonical decimals of up to 78 digits as amounts (C-02)', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 78n - 1n }), (units) => {
        expect(decimalUnits.parse(units.toString())).toBe(units)
      }),
    )
    const nearlyDecimal = fc.oneof(fc.string(), fc.stringMatching(/^[-+ 0]?[0-9]{1,80}(e[0-9]|\.[0-9]|n| )?$/))
    fc.assert(
      fc.property(nearlyDecimal, (text) => {
        const isCanonical = /^[0-9]{1,78}$/.test(text) && (text === '0' || !text.startsWith('0'))
        expect(decimalUnits.safeParse(text).success).toBe(isCanonical)
      }),
    )
  })

  it('never sends more slippage than asked for, never with an exponent, at most a millionth less', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: RATIO_ONE }), (slippage) => {
        const text = String(slippageFraction(slippage))
        expect(text).toMatch(/^(0|1|0\.[0-9]{1,6})$/)
        const exact = slippage - (slippage % 10n ** 12n)
        expect(text).toBe(formatDecimal(exact, 18))
      }),
    )
  })
})
