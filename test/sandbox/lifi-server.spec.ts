import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import {
  createClient,
  getChains,
  getConnections,
  getGasRecommendation,
  getQuote,
  getRoutes,
  getStatus,
  getStepTransaction,
  getToken,
  getTokens,
  getTools,
  type LiFiStep,
  type SDKClient,
} from '@lifi/sdk'
import { setTimeout as sleep } from 'node:timers/promises'
import { decodeFunctionData, parseAbi, parseEther, parseUnits, zeroAddress, type Hex } from 'viem'
import { lifiAbi } from '../../sandbox/aggregators/lifi-abi.js'
import { createPoolReader } from '../../sandbox/aggregators/pool-reader.js'
import { poolAmountOut } from '../../sandbox/aggregators/pool.js'
import { chainKeys, type ChainKey } from '../../sandbox/chains.js'
import type { WrongKind } from '../../sandbox/faults.js'
import { v3QuoterAbi } from '../../sandbox/uniswap-abi.js'
import {
  allowanceOf,
  approveNow,
  balanceOf,
  sendNow,
  startQuietWorld,
  tokenAddress,
  type QuietWorld,
} from './quiet-world.js'

let world: QuietWorld
let client: SDKClient

beforeAll(async () => {
  world = await startQuietWorld()
  client = createClient({ integrator: 'evenkeel', apiUrl: world.lifi.url, disableVersionCheck: true })
}, 60_000)

afterEach(() => world.lifi.faults.set(null))

afterAll(async () => {
  await world?.stop()
})

interface Wish {
  chain: ChainKey
  sell: string
  buy: string
  amount: bigint
}

const quoteFor = ({ chain: key, sell, buy, amount }: Wish, more: object = {}): Promise<LiFiStep> => {
  const chain = world.chain(key)
  return getQuote(client, {
    fromChain: chain.chainId,
    toChain: chain.chainId,
    fromToken: tokenAddress(chain, sell),
    toToken: tokenAddress(chain, buy),
    fromAmount: String(amount),
    fromAddress: chain.addressOf('treasury'),
    slippage: 0.003,
    ...more,
  })
}

const transactionOf = (step: LiFiStep) => {
  const { to, data, value, gasLimit } = step.transactionRequest ?? {}
  if (!to || !data || !value || !gasLimit) throw new Error('The step carries no transaction.')
  return { to, data, value: BigInt(value), gas: BigInt(gasLimit) }
}

/** Approves and sends a step; answers what it sold and bought, gas left aside. */
const execute = async (step: LiFiStep, { chain: key, sell, buy, amount }: Wish) => {
  const chain = world.chain(key)
  const owner = chain.addressOf('treasury')
  if (sell !== 'ETH') await approveNow(chain, sell, step.estimate.approvalAddress, amount)
  const before = { sold: await balanceOf(chain, sell, owner), bought: await balanceOf(chain, buy, owner) }
  const receipt = await sendNow(chain, transactionOf(step))
  const gasCost = receipt.gasUsed * receipt.effectiveGasPrice
  const gasOf = (symbol: string) => (symbol === 'ETH' ? gasCost : 0n)
  return {
    receipt,
    sold: before.sold - (await balanceOf(chain, sell, owner)) - gasOf(sell),
    bought: (await balanceOf(chain, buy, owner)) - before.bought + gasOf(buy),
  }
}

const failureOf = async (call: Promise<unknown>) => {
  const failure = await call.then(
    () => undefined,
    (error: unknown) =>
      error as {
        cause: { status: number; responseBody: { code: number; message: string; errors?: unknown }; response: Response }
      },
  )
  if (!failure) throw new Error('The call was expected to fail.')
  return failure.cause
}

describe('lists', () => {
  it('names chains, tokens, tools, connections and gas', async () => {
    const anchor = world.chain('anchor')
    const cove = world.chain('cove')
    const chains = await getChains(client)
    expect(chains.map(({ id, key }) => [id, key])).toEqual([
      [9710001, 'anchor'],
      [9710002, 'bay'],
      [9710003, 'cove'],
    ])
    expect(chains[0]).toMatchObject({ chainType: 'EVM', diamondAddress: anchor.contract('lifi-diamond') })

    const { tokens } = await getTokens(client, { chains: [cove.chainId] })
    expect(Object.keys(tokens)).toEqual([String(cove.chainId)])
    expect(tokens[cove.chainId]?.map(({ symbol }) => symbol)).toEqual(['ETH', 'WETH', 'USDC', 'DAI'])
    expect(await getToken(client, anchor.chainId, 'WBTC')).toMatchObject({ decimals: 8, priceUSD: '90000' })

    const tools = await getTools(client)
    expect(tools.exchanges.map(({ key }) => key)).toEqual(['uniswapV2', 'uniswapV3'])
    expect(tools.bridges.map(({ key, supportedChains }) => [key, supportedChains.length])).toEqual([
      ['swift', 6],
      ['ferry', 6],
    ])

    const { connections } = await getConnections(client, { fromChain: anchor.chainId, toChain: cove.chainId })
    expect(connections).toHaveLength(1)
    expect(connections[0]?.toTokens.map(({ address }) => address)).toEqual(
      ['WETH', 'USDC', 'DAI'].map((symbol) => cove.token(symbol).address),
    )

    const gas = await getGasRecommendation(client, { chainId: anchor.chainId })
    expect(gas.available).toBe(true)
    expect(BigInt(gas.recommended?.amount ?? 0)).toBeGreaterThan(0n)
  })
})

describe('a swap', () => {
  const swaps: (Wish & { name: string })[] = [
    { name: 'over several pools', chain: 'anchor', sell: 'WETH', buy: 'USDC', amount: parseEther('400') },
    { name: 'of a token like USDT', chain: 'anchor', sell: 'USDT', buy: 'WETH', amount: parseUnits('300000', 6) },
    { name: 'for a token like USDT', chain: 'bay', sell: 'USDC', buy: 'USDT', amount: parseUnits('500000', 6) },
    { name: 'with three pools in a row', chain: 'anchor', sell: 'DAI', buy: 'WBTC', amount: parseEther('200000') },
    { name: 'over both kinds of pools', chain: 'anchor', sell: 'LINK', buy: 'USDC', amount: parseEther('20000') },
    { name: 'of the native coin', chain: 'anchor', sell: 'ETH', buy: 'USDC', amount: parseEther('5') },
    { name: 'for the native coin', chain: 'anchor', sell: 'USDC', buy: 'ETH', amount: parseUnits('900000', 6) },
    { name: 'that wraps', chain: 'bay', sell: 'ETH', buy: 'WETH', amount: parseEther('1') },
    { name: 'that unwraps', chain: 'bay', sell: 'WETH', buy: 'ETH', amount: parseEther('2') },
    { name: 'of eight decimals', chain: 'bay', sell: 'WBTC', buy: 'USDC', amount: parseUnits('20', 8) },
  ]

  it.each(swaps)('$name pays to the base unit what was quoted', async (wish) => {
    const chain = world.chain(wish.chain)
    const diamond = chain.contract('lifi-diamond')
    const step = await quoteFor(wish)
    expect(step.estimate.approvalAddress).toBe(diamond)
    expect(step.estimate.approvalReset ?? false).toBe(wish.sell === 'USDT')
    const floor = (BigInt(step.estimate.toAmount) * 9_970n) / 10_000n
    expect(BigInt(step.estimate.toAmountMin)).toBe(floor)

    const { receipt, sold, bought } = await execute(step, wish)
    expect(receipt.status).toBe('success')
    expect(sold).toBe(wish.amount)
    expect(bought).toBe(BigInt(step.estimate.toAmount))
    expect(await balanceOf(chain, wish.buy, diamond)).toBe(0n)
    expect(await balanceOf(chain, wish.sell, diamond)).toBe(0n)
    expect(await allowanceOf(chain, wish.sell, chain.addressOf('treasury'), diamond)).toBe(0n)
  })

  it('over several pools beats each of them alone', async () => {
    const cove = world.chain('cove')
    const amount = parseEther('1000')
    const step = await quoteFor({ chain: 'cove', sell: 'WETH', buy: 'USDC', amount })
    expect(step.includedSteps.length).toBeGreaterThan(1)
    expect(step.includedSteps.reduce((sum, part) => sum + BigInt(part.action.fromAmount), 0n)).toBe(amount)
    for (const fee of [500, 3000]) {
      const { result } = await cove.publicClient.simulateContract({
        address: cove.contract('uniswap-v3-quoter'),
        abi: v3QuoterAbi,
        functionName: 'quoteExactInputSingle',
        args: [
          {
            tokenIn: cove.token('WETH').address,
            tokenOut: cove.token('USDC').address,
            amountIn: amount,
            fee,
            sqrtPriceLimitX96: 0n,
          },
        ],
      })
      expect(BigInt(step.estimate.toAmount)).toBeGreaterThan(result[0])
    }
  })

  it('reverts rather than pay less than the minimum', async () => {
    const wish: Wish = { chain: 'cove', sell: 'WETH', buy: 'USDC', amount: parseEther('50') }
    const stale = await quoteFor(wish, { slippage: 0.0001 })
    const larger = { ...wish, amount: parseEther('200') }
    await execute(await quoteFor(larger), larger)
    const { receipt, sold, bought } = await execute(stale, wish)
    expect(receipt.status).toBe('reverted')
    expect([sold, bought]).toEqual([0n, 0n])
  })

  it('keeps to the exchanges that are allowed', async () => {
    const wish: Wish = { chain: 'anchor', sell: 'WETH', buy: 'USDC', amount: parseEther('10') }
    const step = await quoteFor(wish, { allowExchanges: ['uniswapV2'] })
    expect(step.includedSteps.map(({ tool }) => tool)).toEqual(['uniswapV2'])
    expect(step.tool).toBe('uniswapV2')
    const other = await quoteFor(wish, { denyExchanges: ['uniswapV2'] })
    expect(other.includedSteps.map(({ tool }) => tool)).not.toContain('uniswapV2')
  })

  it('comes as a route whose step is made ready later', async () => {
    const bay = world.chain('bay')
    const { routes, unavailableRoutes } = await getRoutes(client, {
      fromChainId: bay.chainId,
      fromTokenAddress: bay.token('USDC').address,
      fromAmount: '250000000000',
      fromAddress: bay.addressOf('treasury'),
      toChainId: bay.chainId,
      toTokenAddress: bay.token('WETH').address,
      options: { slippage: 0.003 },
    })
    expect(unavailableRoutes).toEqual({ filteredOut: [], failed: [] })
    const [route] = routes
    const [step] = route?.steps ?? []
    if (!step) throw new Error('There is no step.')
    expect(step.transactionRequest).toBeUndefined()
    const ready = await getStepTransaction(client, step)
    expect(ready.id).toBe(step.id)
    expect(ready.estimate).toEqual(step.estimate)
    const { bought } = await execute(ready, { chain: 'bay', sell: 'USDC', buy: 'WETH', amount: 250_000_000_000n })
    expect(bought).toBe(BigInt(step.estimate.toAmount))
  })
})

/** Where a swap in a Uniswap V3 pool ends at the latest, just inside the range of its prices. */
const outermostPrices = [4_295_128_740n, 1_461_446_703_485_210_103_287_273_052_203_988_822_378_723_970_341n]

describe('the arithmetic of pools', () => {
  it('equals the quoter of Uniswap V3 in every pool and direction, over all its ticks', async () => {
    for (const key of chainKeys) {
      const chain = world.chain(key)
      const pools = world.pools.filter((pool) => pool.chain === key && pool.kind === 'uniswap-v3')
      const snapshot = await createPoolReader(chain, pools).read()
      expect(snapshot.pools).toHaveLength(pools.length)
      for (const pool of snapshot.pools) {
        for (const [tokenIn, tokenOut] of [
          [pool.token0, pool.token1],
          [pool.token1, pool.token0],
        ] as const) {
          const { decimals } = Object.values(chain.tokens).find(({ address }) => address === tokenIn) ?? { decimals: 0 }
          for (const amountIn of ['0.000001', '0.0371', '12.345678', '4321', '98765', '3000000', '40000000']) {
            const amount = parseUnits(amountIn, decimals)
            const quoted = await chain.publicClient
              .simulateContract({
                address: chain.contract('uniswap-v3-quoter'),
                abi: v3QuoterAbi,
                functionName: 'quoteExactInputSingle',
                args: [{ tokenIn, tokenOut, amountIn: amount, fee: pool.fee, sqrtPriceLimitX96: 0n }],
                blockNumber: snapshot.blockNumber,
              })
              .catch(() => undefined)
            // Where its liquidity ends, the pool takes only a part of the input, and the router offers nothing. The
            // quoter runs out of gas on the way there in pools of narrow ticks.
            const [amountOut, priceAfter] = quoted?.result ?? [0n, 0n]
            const isExhausted = !quoted || outermostPrices.includes(priceAfter)
            expect(poolAmountOut(pool, tokenIn, amount)).toBe(isExhausted ? undefined : amountOut)
          }
        }
      }
    }
  })
})

describe('a look back', () => {
  it('finds the pools as they were at that block, whatever was traded since', async () => {
    const chain = world.chain('bay')
    const reader = createPoolReader(
      chain,
      world.pools.filter((pool) => pool.chain === 'bay'),
    )
    const before = await reader.read()
    const wish: Wish = { chain: 'bay', sell: 'USDC', buy: 'WETH', amount: 250_000_000_000n }
    await execute(await quoteFor(wish), wish)
    expect((await reader.read()).pools).not.toEqual(before.pools)
    expect(await reader.read(before.blockNumber)).toEqual(before)
  })
})

describe('a refusal', () => {
  const wish: Wish = { chain: 'anchor', sell: 'WETH', buy: 'USDC', amount: parseEther('1') }

  it('is 404 with code 1002 and the failed paths when there is no route', async () => {
    const { status, responseBody } = await failureOf(quoteFor(wish, { denyExchanges: ['all'] }))
    expect([status, responseBody.code]).toEqual([404, 1002])
    expect(responseBody.errors).toMatchObject({ filteredOut: [], failed: [{ subpaths: {} }] })
  })

  it('is 404 with code 1002 when the price impact is too high', async () => {
    const huge = { ...wish, amount: parseEther('60000') }
    const { status, responseBody } = await failureOf(quoteFor(huge))
    expect([status, responseBody.code]).toEqual([404, 1002])
    expect(responseBody.errors).toMatchObject({ filteredOut: [{ reason: expect.stringContaining('Price impact') }] })
  })

  it('is 404 with code 1002 for an exact output', async () => {
    const anchor = world.chain('anchor')
    const { status, responseBody } = await failureOf(
      getQuote(client, {
        fromChain: anchor.chainId,
        toChain: anchor.chainId,
        fromToken: anchor.token('WETH').address,
        toToken: anchor.token('USDC').address,
        fromAddress: anchor.addressOf('treasury'),
        toAmount: '1000000',
      }),
    )
    expect([status, responseBody.code]).toEqual([404, 1002])
  })

  it.each([
    ['slippage', { slippage: 2 }],
    ['fromAmount', { fromAmount: '1.5' }],
    ['fromAddress', { fromAddress: '0x12' }],
    ['fromChain', { fromChain: 1 }],
    ['toToken', { toToken: 'NOPE' }],
  ])('is 400 with code 1011 for a bad %s', async (field, change) => {
    const { status, responseBody } = await failureOf(quoteFor(wish, change))
    expect([status, responseBody.code]).toEqual([400, 1011])
    expect(responseBody.message).toContain(field)
  })

  it('is 429 with code 1005 and the limit in headers when told so', async () => {
    world.lifi.faults.set({ kind: 'rate-limited', retryAfterSeconds: 7200 })
    const { status, responseBody, response } = await failureOf(quoteFor(wish))
    expect([status, responseBody.code]).toEqual([429, 1005])
    expect(response.headers.get('ratelimit-remaining')).toBe('0')
    expect(response.headers.get('ratelimit-reset')).toBe('7200')
  })

  it('is another status, a broken connection, HTML or a late answer when told so', async () => {
    world.lifi.faults.set({ kind: 'error', status: 503 })
    expect((await failureOf(quoteFor(wish))).status).toBe(503)
    world.lifi.faults.set({ kind: 'dead' })
    expect(await failureOf(quoteFor(wish))).toHaveProperty('name', 'TypeError')
    world.lifi.faults.set({ kind: 'garbage' })
    expect(await failureOf(quoteFor(wish))).toHaveProperty('name', 'SyntaxError')
    world.lifi.faults.set({ kind: 'slow', ms: 300 })
    const began = Date.now()
    await quoteFor(wish)
    expect(Date.now() - began).toBeGreaterThanOrEqual(300)
  })
})

describe('a lie', () => {
  /** Those about one field of the answer; what the others do is told by what is refused of them. */
  const lies: WrongKind[] = ['receiver', 'min-out', 'spender', 'target', 'value-on-erc20', 'better-than-real', 'amount']

  const wish: Wish = { chain: 'anchor', sell: 'USDC', buy: 'WETH', amount: parseUnits('100000', 6) }

  const callOf = (step: LiFiStep) => {
    const { functionName, args } = decodeFunctionData({ abi: lifiAbi, data: transactionOf(step).data as Hex })
    if (!functionName.startsWith('swapTokens')) throw new Error(`Not a swap: ${functionName}`)
    const [, , , receiver, minAmountOut, swapData] = args as readonly [Hex, string, string, Hex, bigint, unknown]
    const parts = (Array.isArray(swapData) ? swapData : [swapData]) as { fromAmount: bigint }[]
    return { receiver, minAmountOut, sold: parts.reduce((sum, part) => sum + part.fromAmount, 0n) }
  }

  it.each(lies)('about the %s changes that and nothing else', async (what) => {
    const anchor = world.chain('anchor')
    const me = anchor.addressOf('treasury')
    const diamond = anchor.contract('lifi-diamond')
    const honest = await quoteFor(wish)
    world.lifi.faults.set({ kind: 'wrong', what })
    const lying = await quoteFor(wish)
    const call = callOf(lying)
    const truths = {
      receiver: call.receiver === me,
      'min-out': call.minAmountOut === BigInt(honest.estimate.toAmountMin),
      spender: lying.estimate.approvalAddress === diamond,
      target: lying.transactionRequest?.to === diamond,
      'value-on-erc20': lying.transactionRequest?.value === '0x0',
      'better-than-real': lying.estimate.toAmount === honest.estimate.toAmount,
      amount: call.sold === wish.amount,
    }
    expect(Object.entries(truths).filter(([, isTrue]) => !isTrue)).toEqual([[what, false]])
  })
})

describe('status', () => {
  const wish: Wish = { chain: 'bay', sell: 'USDC', buy: 'WETH', amount: parseUnits('1000', 6) }
  const statusOf = (txHash: string) => {
    const { chainId } = world.chain('bay')
    return getStatus(client, { txHash, fromChain: chainId, toChain: chainId })
  }

  it('is 404 with code 1003 for an unknown hash', async () => {
    const { status, responseBody } = await failureOf(statusOf(`0x${'ab'.repeat(32)}`))
    expect([status, responseBody.code]).toEqual([404, 1003])
  })

  it('is 400 with code 1011 for a malformed hash', async () => {
    const { status, responseBody } = await failureOf(statusOf('0x1234'))
    expect([status, responseBody.code]).toEqual([400, 1011])
  })

  it('of a swap is unknown at first, then DONE with what was received', async () => {
    const step = await quoteFor(wish)
    const { receipt, bought } = await execute(step, wish)
    expect((await failureOf(statusOf(receipt.transactionHash))).responseBody.code).toBe(1003)
    await sleep(2_200)
    expect(await statusOf(receipt.transactionHash)).toMatchObject({
      transactionId: step.transactionId,
      status: 'DONE',
      substatus: 'COMPLETED',
      sending: { txHash: receipt.transactionHash, amount: String(wish.amount), token: { symbol: 'USDC' } },
      receiving: { txHash: receipt.transactionHash, amount: String(bought), token: { symbol: 'WETH' } },
    })
  })

  it('of a reverted transaction is FAILED, and another contract is 400 with code 1011', async () => {
    const bay = world.chain('bay')
    const step = await quoteFor(wish)
    const { transactionHash: reverted } = await sendNow(bay, transactionOf(step))
    const { transactionHash: foreign } = await sendNow(bay, { to: zeroAddress, data: '0x', gas: 21_000n })
    await failureOf(statusOf(reverted))
    await failureOf(statusOf(foreign))
    await sleep(2_200)
    const status = await statusOf(reverted)
    expect(status).toMatchObject({ status: 'FAILED', sending: { txHash: reverted, chainId: bay.chainId } })
    expect(status).not.toHaveProperty('receiving')
    const { status: httpStatus, responseBody } = await failureOf(statusOf(foreign))
    expect([httpStatus, responseBody.code]).toEqual([400, 1011])
  })
})

describe('the diamond', () => {
  it('calls nothing but routers, wrap and unwrap', async () => {
    const anchor = world.chain('anchor')
    const weth = anchor.token('WETH').address
    const theft = {
      callTo: weth,
      approveTo: weth,
      sendingAssetId: anchor.token('USDC').address,
      receivingAssetId: weth,
      fromAmount: 0n,
      callData: '0x23b872dd' as const,
      requiresDeposit: true,
    }
    const attempt = anchor.publicClient.simulateContract({
      address: anchor.contract('lifi-diamond'),
      abi: [...lifiAbi, ...parseAbi(['error ContractCallNotAllowed()'])],
      functionName: 'swapTokensSingleV3ERC20ToERC20',
      args: [`0x${'00'.repeat(32)}`, '', '', anchor.addressOf('treasury'), 0n, theft],
      account: anchor.addressOf('treasury'),
    })
    await expect(attempt).rejects.toThrow('ContractCallNotAllowed')
  })
})

describe('the recorder', () => {
  it('keeps what the unmodified SDK sent', async () => {
    world.lifi.requests.clear()
    await quoteFor({ chain: 'anchor', sell: 'WETH', buy: 'USDC', amount: parseEther('1') })
    const [request] = world.lifi.requests.all()
    expect(request?.method).toBe('GET')
    expect(request?.url).toContain('/v1/quote?')
    expect(request?.headers).toMatchObject({ 'x-lifi-integrator': 'evenkeel', 'x-lifi-sdk': expect.any(String) })
  })
})
