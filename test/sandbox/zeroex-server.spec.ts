import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { createClientV2 } from '@0x/swap-ts-sdk'
import { decodeFunctionData, encodeFunctionData, parseAbi, parseEther, parseUnits, type Hex } from 'viem'
import { settlerAbi } from '../../sandbox/aggregators/settler-abi.js'
import { zeroexNative } from '../../sandbox/aggregators/zeroex-request.js'
import type { ChainKey } from '../../sandbox/chains.js'
import type { WrongKind } from '../../sandbox/faults.js'
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
let client: ReturnType<typeof createClientV2>

beforeAll(async () => {
  world = await startQuietWorld()
  client = createClientV2({ apiKey: 'key', url: world.zeroex.trpcUrl })
}, 60_000)

afterEach(() => world.zeroex.faults.set(null))

afterAll(async () => {
  await world?.stop()
})

interface Wish {
  chain: ChainKey
  sell: string
  buy: string
  amount: bigint
}

/** What the SDK hands on: its declared types promise more than the wire holds. */
interface Quote {
  allowanceTarget: string | null
  buyAmount: string
  minBuyAmount: string
  sellAmount: string
  liquidityAvailable: boolean
  gas?: string
  issues: {
    allowance: { actual: string; spender: string } | null
    balance: { actual: string; expected: string } | null
  }
  route: { fills: { source: string; proportionBps: string }[]; tokens: { symbol: string }[] }
  fees: Record<string, unknown>
  transaction: { to: string; data: Hex; value: string; gas: string }
  zid: string
}

const inputOf = ({ chain: key, sell, buy, amount }: Wish, more: object = {}) => {
  const chain = world.chain(key)
  const address = (symbol: string) => (symbol === chain.nativeSymbol ? zeroexNative : tokenAddress(chain, symbol))
  return {
    chainId: chain.chainId,
    sellToken: address(sell),
    buyToken: address(buy),
    sellAmount: String(amount),
    taker: chain.addressOf('treasury'),
    slippageBps: 30,
    ...more,
  }
}

const quoteFor = async (wish: Wish, more: object = {}): Promise<Quote> =>
  (await client.swap.allowanceHolder.getQuote.query(inputOf(wish, more))) as unknown as Quote

const execute = async (quote: Quote, { chain: key, sell, buy, amount }: Wish) => {
  const chain = world.chain(key)
  const owner = chain.addressOf('treasury')
  if (quote.issues.allowance) await approveNow(chain, sell, quote.issues.allowance.spender, amount)
  const before = { sold: await balanceOf(chain, sell, owner), bought: await balanceOf(chain, buy, owner) }
  const { to, data, value, gas } = quote.transaction
  const receipt = await sendNow(chain, { to, data, value: BigInt(value), gas: BigInt(gas) })
  const gasCost = receipt.gasUsed * receipt.effectiveGasPrice
  const gasOf = (symbol: string) => (symbol === 'ETH' ? gasCost : 0n)
  return {
    receipt,
    sold: before.sold - (await balanceOf(chain, sell, owner)) - gasOf(sell),
    bought: (await balanceOf(chain, buy, owner)) - before.bought + gasOf(buy),
  }
}

interface TrpcFailure {
  message: string
  data?: { name: string; httpStatus: number; details?: { field: string; reason: string }[] }
  meta?: { response?: Response; responseJSON?: unknown }
}

const failureOf = async (call: Promise<unknown>): Promise<TrpcFailure> => {
  const failure = await call.then(
    () => undefined,
    (error: unknown) => error as TrpcFailure,
  )
  if (!failure) throw new Error('The call was expected to fail.')
  return failure
}

const rest = async (path: string, headers: Record<string, string> = { '0x-api-key': 'key', '0x-version': 'v2' }) => {
  const response = await fetch(`${world.zeroex.restUrl}${path}`, { headers })
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  }
}

const restPath = (kind: 'price' | 'quote', wish: Wish, more: object = {}) => {
  const input = Object.entries(inputOf(wish, more)).map(([key, value]) => [key, String(value)])
  return `/swap/allowance-holder/${kind}?${new URLSearchParams(Object.fromEntries(input) as Record<string, string>)}`
}

const ordinary: Wish = { chain: 'anchor', sell: 'USDC', buy: 'WETH', amount: parseUnits('100000', 6) }

describe('a quote', () => {
  const swaps: (Wish & { name: string })[] = [
    { name: 'over several pools', chain: 'anchor', sell: 'WETH', buy: 'USDC', amount: parseEther('400') },
    { name: 'over both kinds of pools', chain: 'cove', sell: 'WETH', buy: 'USDC', amount: parseEther('777') },
    { name: 'of a token like USDT', chain: 'bay', sell: 'USDT', buy: 'USDC', amount: parseUnits('500000', 6) },
    { name: 'for a token like USDT', chain: 'anchor', sell: 'USDC', buy: 'USDT', amount: parseUnits('500000', 6) },
    { name: 'with three pools in a row', chain: 'anchor', sell: 'DAI', buy: 'WBTC', amount: parseEther('200000') },
    { name: 'of the native coin', chain: 'anchor', sell: 'ETH', buy: 'USDC', amount: parseEther('5') },
    { name: 'for the native coin', chain: 'anchor', sell: 'USDC', buy: 'ETH', amount: parseUnits('900000', 6) },
    { name: 'that wraps', chain: 'bay', sell: 'ETH', buy: 'WETH', amount: parseEther('1') },
    { name: 'that unwraps', chain: 'bay', sell: 'WETH', buy: 'ETH', amount: parseEther('2') },
  ]

  it.each(swaps)('$name pays to the base unit what was quoted', async (wish) => {
    const chain = world.chain(wish.chain)
    const quote = await quoteFor(wish)
    expect(quote.transaction.to).toBe(chain.contract('allowance-holder').toLowerCase())
    expect(BigInt(quote.minBuyAmount)).toBe((BigInt(quote.buyAmount) * 9_970n) / 10_000n)
    expect(quote.issues.balance).toBeNull()
    expect(quote.issues.allowance).toEqual(
      wish.sell === 'ETH' ? null : { actual: '0', spender: chain.contract('allowance-holder').toLowerCase() },
    )

    const { receipt, sold, bought } = await execute(quote, wish)
    expect(receipt.status).toBe('success')
    expect(sold).toBe(wish.amount)
    expect(bought).toBe(BigInt(quote.buyAmount))
    for (const spender of ['allowance-holder', 'settler']) {
      expect(await balanceOf(chain, wish.sell, chain.contract(spender))).toBe(0n)
      expect(await balanceOf(chain, wish.buy, chain.contract(spender))).toBe(0n)
      expect(await allowanceOf(chain, wish.sell, chain.addressOf('treasury'), chain.contract(spender))).toBe(0n)
    }
  })

  it('over several pools beats each kind of them alone', async () => {
    const wish: Wish = { chain: 'cove', sell: 'USDC', buy: 'WETH', amount: parseUnits('2000000', 6) }
    const split = await quoteFor(wish)
    expect(new Set(split.route.fills.map(({ source }) => source))).toEqual(new Set(['Uniswap_V2', 'Uniswap_V3']))
    for (const excludedSources of ['Uniswap_V2', 'Uniswap_V3']) {
      const alone = await quoteFor(wish, { excludedSources })
      expect(alone.route.fills).toHaveLength(1)
      expect(BigInt(split.buyAmount)).toBeGreaterThan(BigInt(alone.buyAmount))
    }
  })

  it('reverts rather than pay less than the minimum', async () => {
    const wish: Wish = { chain: 'cove', sell: 'WETH', buy: 'USDC', amount: parseEther('50') }
    const stale = await quoteFor(wish, { slippageBps: 1 })
    const larger = { ...wish, amount: parseEther('200') }
    await execute(await quoteFor(larger), larger)
    const { receipt, sold, bought } = await execute(stale, wish)
    expect(receipt.status).toBe('reverted')
    expect([sold, bought]).toEqual([0n, 0n])
  })

  it('names what the taker lacks', async () => {
    const quote = await quoteFor({ ...ordinary, chain: 'cove', amount: parseUnits('50000000', 6) })
    const held = await balanceOf(world.chain('cove'), 'USDC', world.chain('cove').addressOf('treasury'))
    expect(quote.issues.balance).toMatchObject({ actual: String(held), expected: '50000000000000' })
  })

  it('is the same over REST, a price being the same without a transaction', async () => {
    const quote = await quoteFor(ordinary)
    const overRest = await rest(restPath('quote', ordinary))
    expect(overRest.status).toBe(200)
    expect(Object.keys(overRest.body).toSorted()).toEqual(Object.keys(quote).toSorted())
    expect(overRest.body).toMatchObject({ buyAmount: quote.buyAmount, minBuyAmount: quote.minBuyAmount })
    const price = (await client.swap.allowanceHolder.getPrice.query(inputOf(ordinary))) as unknown as Quote
    expect(price).toMatchObject({ buyAmount: quote.buyAmount, gas: quote.transaction.gas })
    expect(price).not.toHaveProperty('transaction')
    expect((await rest(restPath('price', ordinary))).body).toMatchObject({ buyAmount: quote.buyAmount })
  })

  it('takes no fee', async () => {
    expect((await quoteFor(ordinary)).fees).toEqual({ integratorFee: null, zeroExFee: null, gasFee: null })
  })
})

describe('lists', () => {
  it('names sources and chains', async () => {
    const { chainId } = world.chain('bay')
    const { sources } = await client.sources.getSources.query({ chainId })
    expect(sources).toEqual(['Uniswap_V2', 'Uniswap_V3'])
    expect((await rest(`/sources?chainId=${chainId}`)).body).toMatchObject({ sources })
    expect((await rest('/swap/chains')).body).toContainEqual({ chainName: 'Sandbox bay', chainId: String(chainId) })
  })
})

describe('a refusal', () => {
  it('is 200 without liquidity where nothing is to be had', async () => {
    const none = { liquidityAvailable: false, zid: expect.stringMatching(/^0x[0-9a-f]{24}$/) }
    const unlisted = await quoteFor(ordinary, { buyToken: '0x00000000000000000000000000000000000F00d5' })
    expect(unlisted).toEqual(none)
    const { status, body } = await rest(restPath('quote', ordinary, { excludedSources: 'Uniswap_V2,Uniswap_V3' }))
    expect([status, body]).toEqual([200, none])
  })

  it.each([
    ['sellToken', { sellToken: '0x12' }, 'Invalid ethereum address'],
    ['buyAmount', { buyAmount: '1' }, 'buyAmount and sellAmount are mutually exclusive'],
    ['taker', { taker: '0x000000000000000000000000000000000000fFfF' }, 'Invalid taker address'],
    ['sellAmount', { sellAmount: '-1' }, 'Invalid amount'],
    ['slippageBps', { slippageBps: 20_000 }, 'Must be an integer between 0 and 10000'],
  ])('is INPUT_INVALID for a bad %s, over tRPC and REST', async (field, change, reason) => {
    const { data } = await failureOf(quoteFor(ordinary, change))
    expect(data).toMatchObject({ name: 'INPUT_INVALID', httpStatus: 400, details: [{ field, reason }] })
    const { status, body } = await rest(restPath('quote', ordinary, change))
    expect(status).toBe(400)
    expect(body).toMatchObject({ name: 'INPUT_INVALID', data: { details: [{ field, reason }] } })
  })

  it("is the gateway's without a key or a version", async () => {
    const path = restPath('price', ordinary)
    const unkeyed = await rest(path, { '0x-version': 'v2' })
    expect([unkeyed.status, Object.keys(unkeyed.body)]).toEqual([401, ['message', 'request_id']])
    const unversioned = await rest(path, { '0x-api-key': 'key' })
    expect([unversioned.status, Object.keys(unversioned.body)]).toEqual([400, ['message', 'request_id']])
    const keyless = createClientV2({ apiKey: '', url: world.zeroex.trpcUrl })
    const failure = await failureOf(keyless.swap.allowanceHolder.getPrice.query(inputOf(ordinary)))
    expect(failure.data).toBeUndefined()
    expect(failure.meta?.response?.status).toBe(401)
  })

  it("is 429 in the gateway's shape when told so", async () => {
    world.zeroex.faults.set({ kind: 'rate-limited', retryAfterSeconds: 1 })
    const failure = await failureOf(quoteFor(ordinary))
    expect(failure.meta?.response?.status).toBe(429)
    expect(failure.meta?.responseJSON).toMatchObject({ request_id: expect.any(String) })
    expect((await rest(restPath('price', ordinary))).headers.get('ratelimit-reset')).toBe('1')
  })

  it('is another status, a broken connection or HTML when told so', async () => {
    world.zeroex.faults.set({ kind: 'error', status: 500 })
    expect((await failureOf(quoteFor(ordinary))).meta?.responseJSON).toMatchObject({ name: 'INTERNAL_SERVER_ERROR' })
    world.zeroex.faults.set({ kind: 'dead' })
    expect((await failureOf(quoteFor(ordinary))).meta?.response).toBeUndefined()
    world.zeroex.faults.set({ kind: 'garbage' })
    expect((await failureOf(quoteFor(ordinary))).meta?.response?.status).toBe(200)
  })
})

describe('a lie', () => {
  /** Those about one field of the answer; what the others do is told by what is refused of them. */
  const lies: WrongKind[] = ['receiver', 'min-out', 'spender', 'target', 'value-on-erc20', 'better-than-real', 'amount']

  const callOf = ({ transaction }: Quote) => {
    const exec = decodeFunctionData({ abi: settlerAbi, data: transaction.data })
    if (exec.functionName !== 'exec') throw new Error(`Not an exec: ${exec.functionName}`)
    const [, , amount, , data] = exec.args
    const execution = decodeFunctionData({ abi: settlerAbi, data })
    if (execution.functionName !== 'execute') throw new Error(`Not an execute: ${execution.functionName}`)
    return { amount, ...execution.args[0] }
  }

  it.each(lies)('about the %s changes that and nothing else', async (what) => {
    const anchor = world.chain('anchor')
    const holder = anchor.contract('allowance-holder').toLowerCase()
    const honest = await quoteFor(ordinary)
    world.zeroex.faults.set({ kind: 'wrong', what })
    const lying = await quoteFor(ordinary)
    const call = callOf(lying)
    const truths = {
      receiver: call.recipient === anchor.addressOf('treasury'),
      'min-out': call.minAmountOut === BigInt(honest.minBuyAmount),
      spender: lying.issues.allowance?.spender === holder,
      target: lying.transaction.to === holder,
      'value-on-erc20': lying.transaction.value === '0',
      'better-than-real': lying.buyAmount === honest.buyAmount,
      amount: call.amount === ordinary.amount,
    }
    expect(Object.entries(truths).filter(([, isTrue]) => !isTrue)).toEqual([[what, false]])
  })
})

describe('the contracts', () => {
  const errors = parseAbi([
    'error ConfusedDeputy(address target)',
    'error AllowanceExceeded(uint256 allowed, uint256 asked)',
    'error OnlyThroughAllowanceHolder(address caller)',
  ])

  it('refuse a token as the target of an exec', async () => {
    const anchor = world.chain('anchor')
    const usdc = anchor.token('USDC').address
    const attempt = anchor.publicClient.simulateContract({
      address: anchor.contract('allowance-holder'),
      abi: [...settlerAbi, ...errors],
      functionName: 'exec',
      args: [anchor.addressOf('arbitrageur'), usdc, 1n, usdc, '0x'],
      account: anchor.addressOf('arbitrageur'),
    })
    await expect(attempt).rejects.toThrow('ConfusedDeputy')
  })

  it('lend nothing outside of an exec', async () => {
    const anchor = world.chain('anchor')
    const usdc = anchor.token('USDC').address
    const attempt = anchor.publicClient.simulateContract({
      address: anchor.contract('allowance-holder'),
      abi: [
        ...parseAbi([
          'function transferFrom(address token, address owner, address recipient, uint256 amount) returns (bool)',
        ]),
        ...errors,
      ],
      functionName: 'transferFrom',
      args: [usdc, anchor.addressOf('treasury'), anchor.addressOf('arbitrageur'), 1n],
      account: anchor.contract('settler'),
    })
    await expect(attempt).rejects.toThrow('AllowanceExceeded')
  })

  it('draw on nobody when the Settler is called directly', async () => {
    const anchor = world.chain('anchor')
    const usdc = anchor.token('USDC').address
    const draw = encodeFunctionData({
      abi: settlerAbi,
      functionName: 'TRANSFER_FROM',
      args: [
        anchor.contract('settler'),
        { permitted: { token: usdc, amount: 1n }, nonce: 0n, deadline: 2n ** 40n },
        '0x',
      ],
    })
    const attempt = anchor.publicClient.simulateContract({
      address: anchor.contract('settler'),
      abi: [...settlerAbi, ...errors],
      functionName: 'execute',
      args: [
        { recipient: anchor.addressOf('arbitrageur'), buyToken: usdc, minAmountOut: 0n },
        [draw],
        `0x${'00'.repeat(32)}`,
      ],
      account: anchor.addressOf('arbitrageur'),
    })
    await expect(attempt).rejects.toThrow('OnlyThroughAllowanceHolder')
  })
})

describe('the recorder', () => {
  it('keeps what the unmodified SDK sent', async () => {
    world.zeroex.requests.clear()
    await client.swap.allowanceHolder.getPrice.query(inputOf(ordinary))
    const [request] = world.zeroex.requests.all()
    expect(request?.method).toBe('GET')
    expect(request?.url).toContain('/trpc/swap/swap.allowanceHolder.getPrice?input=')
    expect(request?.headers).toMatchObject({ '0x-api-key': 'key', '0x-version': 'v2' })
  })
})
