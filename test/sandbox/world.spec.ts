import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { execFileSync, spawn } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeFunctionData, erc20Abi, parseAbi, parseEther, parseUnits, type Address } from 'viem'
import { move } from '../../sandbox/arbitrage.js'
import { chainKeys, chainTraits, type SandboxChain } from '../../sandbox/chains.js'
import { sandboxAudience } from '../../sandbox/identity-provider.js'
import { poolPlans } from '../../sandbox/pools.js'
import { PricePath } from '../../sandbox/price-path.js'
import { assets, startPrices } from '../../sandbox/prices.js'
import { startHoldings } from '../../sandbox/scenarios.js'
import { startWorld, type RunningWorld } from '../../sandbox/start-world.js'
import { fund } from '../../sandbox/tokens.js'
import { noDeadline, type SandboxPool } from '../../sandbox/uniswap.js'
import { v3PoolAbi, v3QuoterAbi, v3RouterAbi } from '../../sandbox/uniswap-abi.js'
import { baseUnitsWorth } from '../../sandbox/uniswap-math.js'
import type { World } from '../../sandbox/world.js'
import { loadConfig } from '../../src/config/load.js'

const feedAbi = parseAbi([
  'function decimals() view returns (uint8)',
  'function description() view returns (string)',
  'function latestRoundData() view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)',
])
const pairAbi = parseAbi([
  'function token0() view returns (address)',
  'function token1() view returns (address)',
  'function fee() view returns (uint24)',
])
const amountsOutAbi = parseAbi([
  'function getAmountsOut(uint256 amountIn, address[] path) view returns (uint256[] amounts)',
])

let dir: string
let running: RunningWorld
let world: World

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'evenkeel-world-'))
  running = await startWorld({ seed: 7, scenario: 'calm', portBase: 0, dir })
  world = JSON.parse(await readFile(join(dir, 'world.json'), 'utf8')) as World
}, 60_000)

afterAll(async () => {
  await running?.stop()
  await rm(dir, { recursive: true, force: true })
})

const chainOf = (key: string): SandboxChain => {
  const chain = running.chains.find((candidate) => candidate.key === key)
  if (!chain) throw new Error(`no chain ${key}`)
  return chain
}
const post = (path: string, body?: unknown) =>
  fetch(`${world.apis.control.url}${path}`, {
    method: 'POST',
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
const latestRound = async (key: string, feed: string) => {
  const chain = chainOf(key)
  const call = { address: chain.contract(feed), abi: feedAbi, functionName: 'latestRoundData' } as const
  const [, answer, startedAt, updatedAt] = await chain.publicClient.readContract(call)
  return { usd: Number(answer) / 1e8, answer, startedAt: Number(startedAt), updatedAt: Number(updatedAt) }
}
const eventually = async (within: number, holds: () => Promise<boolean>) => {
  const deadline = Date.now() + within
  while (!(await holds())) {
    if (Date.now() > deadline) return false
    await sleep(100)
  }
  return true
}

describe('world.json', () => {
  it('names contracts that have code', async () => {
    const addresses: { chain: string; address: Address }[] = [
      ...world.chains.map((chain) => ({ chain: chain.key, address: chain.multicall })),
      ...world.chains.flatMap((chain) =>
        chain.sequencerFeed ? [{ chain: chain.key, address: chain.sequencerFeed }] : [],
      ),
      ...world.tokens,
      ...world.feeds,
      ...world.pools,
      ...world.bridges,
      ...world.routers,
    ]
    expect(addresses.length).toBeGreaterThan(60)
    for (const { chain, address } of addresses) {
      expect({
        chain,
        address,
        code: (await chainOf(chain).publicClient.getCode({ address })) ?? 'none',
      }).toMatchObject({
        code: expect.stringMatching(/^0x.{100}/),
      })
    }
  })

  it('gives the chains their ids, tokens and feeds, read in one multicall per chain', async () => {
    expect(world.chains.map(({ key, chainId }) => [key, chainId])).toEqual(
      chainKeys.map((key) => [key, chainTraits[key].chainId]),
    )
    for (const { key, chainId, multicall } of world.chains) {
      const { publicClient } = chainOf(key)
      expect(await publicClient.getChainId()).toBe(chainId)
      const tokens = world.tokens.filter(({ chain }) => chain === key)
      const feeds = world.feeds.filter(({ chain }) => chain === key)
      const results = await publicClient.multicall({
        multicallAddress: multicall,
        allowFailure: false,
        contracts: [
          ...tokens.map(({ address }) => ({ address, abi: erc20Abi, functionName: 'decimals' }) as const),
          ...tokens.map(({ address }) => ({ address, abi: erc20Abi, functionName: 'symbol' }) as const),
          ...feeds.map(({ address }) => ({ address, abi: feedAbi, functionName: 'decimals' }) as const),
          ...feeds.map(({ address }) => ({ address, abi: feedAbi, functionName: 'description' }) as const),
        ],
      })
      expect(results).toEqual([
        ...tokens.map(({ decimals }) => decimals),
        ...tokens.map(({ symbol }) => symbol),
        ...feeds.map(({ decimals }) => decimals),
        ...feeds.map(({ asset }) => `${asset} / USD`),
      ])
    }
  })

  it('describes pools by their tokens and fee', async () => {
    expect(world.pools).toHaveLength(poolPlans.length)
    for (const { chain, address, kind, token0, token1, fee } of world.pools) {
      const read = (functionName: 'token0' | 'token1' | 'fee') =>
        chainOf(chain).publicClient.readContract({ address, abi: pairAbi, functionName })
      expect(await read('token0')).toBe(token0)
      expect(await read('token1')).toBe(token1)
      expect(kind === 'uniswap-v3' ? await read('fee') : 3000).toBe(fee)
    }
  })

  it('names APIs that answer', async () => {
    const answers = await Promise.all([
      fetch(`${world.apis.lifi.url}/chains`),
      fetch(`${world.apis.prices.url}/v1/prices?assets=ETH`),
      fetch(`${world.apis.control.url}/state`),
    ])
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect((await fetch(world.apis.zeroex.restUrl)).status).toBeLessThan(500)
  })
})

describe('the start', () => {
  it('gives the treasury exactly its holdings and no history', async () => {
    for (const key of chainKeys) {
      const chain = chainOf(key)
      const treasury = chain.addressOf('treasury')
      const { native, tokens } = startHoldings[key]
      expect(await chain.publicClient.getBalance({ address: treasury })).toBe(parseEther(String(native)))
      expect(await chain.publicClient.getTransactionCount({ address: treasury })).toBe(0)
      for (const [symbol, { address, decimals }] of Object.entries(chain.tokens)) {
        const call = { address, abi: erc20Abi, functionName: 'balanceOf', args: [treasury] } as const
        const expected = parseUnits(String((tokens as Record<string, number>)[symbol] ?? 0), decimals)
        expect(await chain.publicClient.readContract(call)).toBe(expected)
      }
    }
  })

  it('has feeds near the reference and sequencers that have been up for long', async () => {
    for (const { chain, asset } of world.feeds) {
      const { usd, updatedAt } = await latestRound(chain, `feed-${asset}`)
      expect(Math.abs(usd / running.prices.usd(asset) - 1)).toBeLessThan(0.002)
      expect(Math.abs(Date.now() / 1000 - updatedAt)).toBeLessThan(70)
    }
    for (const { key, sequencerFeed } of world.chains) {
      expect(sequencerFeed === undefined).toBe(key === 'anchor')
      if (!sequencerFeed) continue
      const { answer, startedAt } = await latestRound(key, 'sequencer-feed')
      expect(answer).toBe(0n)
      expect(Date.now() / 1000 - startedAt).toBeGreaterThan(3600)
    }
  })

  it('keeps the base fee of every chain in empty and full blocks', async () => {
    await sleep(2500)
    for (const key of chainKeys) {
      const { baseFeePerGas } = await chainOf(key).publicClient.getFeeHistory({ blockCount: 20, rewardPercentiles: [] })
      expect(new Set(baseFeePerGas)).toEqual(new Set([chainTraits[key].baseFeePerGas]))
    }
  })
})

/** The share of a trade that its price impact costs, by the real quoter or router, beside a thousandth of that trade. */
async function impactOf(pool: SandboxPool, usd: number): Promise<number> {
  const chain = chainOf(pool.chain)
  const [symbolIn, symbolOut] = pool.symbols
  const tokenIn = { ...chain.token(symbolIn), usd: startPrices[chain.token(symbolIn).asset as 'ETH'] }
  const tokenOut = { ...chain.token(symbolOut), usd: startPrices[chain.token(symbolOut).asset as 'ETH'] }
  const out = async (amountIn: bigint): Promise<number> => {
    if (pool.kind === 'uniswap-v2') {
      const amounts = await chain.publicClient.readContract({
        address: chain.contract('uniswap-v2-router'),
        abi: amountsOutAbi,
        functionName: 'getAmountsOut',
        args: [amountIn, [tokenIn.address, tokenOut.address]],
      })
      return Number(amounts[1])
    }
    const params = {
      tokenIn: tokenIn.address,
      tokenOut: tokenOut.address,
      amountIn,
      fee: pool.fee,
      sqrtPriceLimitX96: 0n,
    }
    const { result } = await chain.publicClient.simulateContract({
      address: chain.contract('uniswap-v3-quoter'),
      abi: v3QuoterAbi,
      functionName: 'quoteExactInputSingle',
      args: [params],
    })
    return Number(result[0])
  }
  const amountIn = baseUnitsWorth(usd, tokenIn)
  const small = amountIn / 1000n
  return 1 - (await out(amountIn)) / Number(amountIn) / ((await out(small)) / Number(small))
}

describe('pools', () => {
  it('have the depth the table states', async () => {
    for (const pool of running.pools) {
      const depth = pool.plan.depthMillionUsd * 1e6
      for (const share of [0.001, 0.01]) {
        const measured = (depth * share) / (await impactOf(pool, depth * share))
        expect(measured / depth).toBeGreaterThan(0.7)
        expect(measured / depth).toBeLessThan(1.3)
      }
    }
  })

  it('recover with time after a hit', async () => {
    const chain = chainOf('cove')
    const pool = running.pools.find(({ plan }) => plan.chain === 'cove' && plan.venue === 'v3-500')
    if (!pool) throw new Error('the table has no such pool')
    const weth = chain.token('WETH').address
    const owner = chain.addressOf('deployer')
    const logPrice = async () => {
      const call = { address: pool.address, abi: v3PoolAbi, functionName: 'slot0' } as const
      return 2 * Math.log(Number((await chain.publicClient.readContract(call))[0]))
    }
    const amountIn = parseEther('1500')
    const router = chain.contract('uniswap-v3-router')
    await fund(chain, 'WETH', owner, amountIn)
    const before = await logPrice()
    await chain.submit('deployer', {
      to: weth,
      data: encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [router, amountIn] }),
    })
    const params = {
      tokenIn: weth,
      tokenOut: chain.token('USDC').address,
      fee: pool.fee,
      recipient: owner,
      deadline: noDeadline,
      amountIn,
      amountOutMinimum: 0n,
      sqrtPriceLimitX96: 0n,
    }
    const receipt = await chain.send('deployer', {
      to: router,
      data: encodeFunctionData({ abi: v3RouterAbi, functionName: 'exactInputSingle', args: [params] }),
      gas: 500_000n,
    })
    const atHit = await chain.publicClient.readContract({
      address: pool.address,
      abi: v3PoolAbi,
      functionName: 'slot0',
      blockNumber: receipt.blockNumber,
    })
    expect(Math.abs(2 * Math.log(Number(atHit[0])) - before)).toBeGreaterThan(0.03)
    expect(await eventually(40_000, async () => Math.abs((await logPrice()) - before) < 0.003)).toBe(true)
  }, 60_000)
})

describe('arbitrage', () => {
  it('leaves a gap within the fee alone, closes a part of a wider one and most of a wide one', () => {
    expect(move(0.0004, 500)).toBe(0)
    expect(move(0.004, 500)).toBeCloseTo(0.0014)
    expect(move(-0.1, 3000)).toBeCloseTo(-0.095)
  })
})

describe('prices', () => {
  const walk = (seed: number, ticks: number) => {
    const path = new PricePath(seed, 'rally')
    const seen = []
    for (let tick = 0; tick < ticks; tick++) {
      if (tick === 5) path.startScenario()
      path.advance()
      seen.push(assets.map((asset) => path.usd(asset)))
    }
    return seen
  }

  it('are the same for the same seed and differ for another', () => {
    expect(walk(3, 50)).toEqual(walk(3, 50))
    expect(walk(3, 50)).not.toEqual(walk(4, 50))
  })

  it('rally as the scenario says, while stablecoins stay', () => {
    const [eth, btc, link, ...stables] = walk(3, 20).at(-1) as [number, number, number, ...number[]]
    expect(eth / startPrices.ETH).toBeCloseTo(1.18, 1)
    expect(btc / startPrices.BTC).toBeCloseTo(1.02, 1)
    expect(link / startPrices.LINK).toBeCloseTo(0.78, 1)
    for (const usd of stables) expect(Math.abs(usd - 1)).toBeLessThan(0.001)
  })
})

describe('the control API', () => {
  it('sets prices, which feeds and price service follow', async () => {
    await post('/path', { running: false })
    expect((await post('/prices', { BTC: '99000.5' })).status).toBe(200)
    expect(running.prices.usd('BTC')).toBeCloseTo(99_000.5, 6)
    for (const key of ['anchor', 'bay']) {
      const follows = async () => (await latestRound(key, 'feed-BTC')).answer === 9_900_050_000_000n
      expect(await eventually(20_000, follows)).toBe(true)
    }
    const answer = await fetch(`${world.apis.prices.url}/v1/prices?assets=BTC,ETH`)
    const { prices } = (await answer.json()) as { prices: Record<string, { usd: string; timestamp: number }> }
    expect(Object.keys(prices)).toEqual(['BTC', 'ETH'])
    expect(prices['BTC']?.usd).toMatch(/^\d+\.\d{8}$/)
    expect(Math.abs(Number(prices['BTC']?.usd) / 99_000.5 - 1)).toBeLessThanOrEqual(0.0003)
    expect(Math.abs((prices['BTC']?.timestamp ?? 0) - Date.now() / 1000)).toBeLessThan(5)
  }, 60_000)

  it('freezes a feed, makes it stale, and lets it follow again', async () => {
    const staleSince = Math.floor(Date.now() / 1000) - 5000
    await post('/feeds/bay/LINK', { answer: '12.5', updatedAt: staleSince })
    const isStale = async () => (await latestRound('bay', 'feed-LINK')).updatedAt === staleSince
    expect(await eventually(15_000, isStale)).toBe(true)
    await post('/prices', { LINK: '20' })
    await sleep(2500)
    expect((await latestRound('bay', 'feed-LINK')).usd).toBe(12.5)
    await post('/feeds/bay/LINK', { frozen: false })
    const follows = async () => (await latestRound('bay', 'feed-LINK')).usd === 20
    expect(await eventually(15_000, follows)).toBe(true)
  }, 60_000)

  it('takes a sequencer down and up', async () => {
    await post('/sequencer/cove', { up: false })
    expect(await eventually(15_000, async () => (await latestRound('cove', 'sequencer-feed')).answer === 1n)).toBe(true)
    await post('/sequencer/cove', { up: true, startedAt: 1_700_000_000 })
    const isUp = async () => (await latestRound('cove', 'sequencer-feed')).startedAt === 1_700_000_000
    expect(await eventually(15_000, isUp)).toBe(true)
    expect((await post('/sequencer/anchor', { up: false })).status).toBe(404)
  }, 60_000)

  it('stops mining, mines on command and resumes', async () => {
    const { publicClient } = chainOf('bay')
    await post('/chains/bay/mining', { running: false })
    const stopped = await publicClient.getBlockNumber()
    await sleep(2200)
    expect(await publicClient.getBlockNumber()).toBe(stopped)
    await post('/chains/bay/mine', { blocks: 3 })
    expect(await publicClient.getBlockNumber()).toBe(stopped + 3n)
    await post('/chains/bay/mining', { running: true })
    expect(await eventually(15_000, async () => (await publicClient.getBlockNumber()) > stopped + 3n)).toBe(true)
  }, 60_000)

  it('makes the price service slow, dead, failing, limited, garbled and wrong', async () => {
    const ask = () => fetch(`${world.apis.prices.url}/v1/prices?assets=ETH`)
    const withFault = (fault: unknown) => post('/apis/prices', { fault })
    await withFault({ kind: 'dead' })
    await expect(ask()).rejects.toThrow('fetch failed')
    await withFault({ kind: 'error', status: 503 })
    expect((await ask()).status).toBe(503)
    await withFault({ kind: 'rate-limited', retryAfterSeconds: 9 })
    expect((await ask()).headers.get('retry-after')).toBe('9')
    await withFault({ kind: 'garbage' })
    expect(await (await ask()).text()).toMatch(/^<html>/)
    await withFault({ kind: 'slow', ms: 400 })
    const askedAt = Date.now()
    await ask()
    expect(Date.now() - askedAt).toBeGreaterThanOrEqual(395)
    await withFault({ kind: 'wrong', what: 'amount' })
    const { prices } = (await (await ask()).json()) as { prices: { ETH: { usd: string } } }
    expect(Number(prices.ETH.usd) / running.prices.usd('ETH')).toBeCloseTo(1.08, 2)
    expect((await withFault({ kind: 'wrong', what: 'receiver' })).status).toBe(400)
    await withFault(null)
    expect((await ask()).status).toBe(200)
    const recorded = (await (await fetch(`${world.apis.control.url}/requests/prices`)).json()) as { url: string }[]
    expect(recorded.filter(({ url }) => url === '/v1/prices?assets=ETH').length).toBeGreaterThanOrEqual(7)
  })

  it('makes one provider of a chain lie and leaves the others and the node alone', async () => {
    const { rpcUrl, rpcUrls } = world.chains.find(({ key }) => key === 'bay')!
    const idAt = async (url: string) => {
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] })
      const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      return Number(((await answer.json()) as { result: string }).result)
    }
    const ids = () => Promise.all([rpcUrl, ...rpcUrls].map(idAt))
    const { chainId } = chainTraits.bay
    expect(await ids()).toEqual([chainId, chainId, chainId, chainId])
    const faults = [{ kind: 'lie', what: 'chain-id', requests: 1 }]
    expect((await post('/rpc/bay/birch', { faults })).status).toBe(200)
    expect(await ids()).toEqual([chainId, chainId, chainId + 1, chainId])
    expect(await ids()).toEqual([chainId, chainId, chainId, chainId])
    await post('/rpc/bay/birch', { faults: [{ kind: 'garbage' }] })
    const { rpc } = await running.control.state()
    expect(rpc).toEqual([{ chain: 'bay', provider: 'birch', faults: [{ kind: 'garbage' }] }])
    await post('/rpc/bay/birch', { faults: [] })
    expect((await post('/rpc/bay/dogwood', { faults: [] })).status).toBe(404)
    expect((await post('/rpc/bay/birch', { faults: [{ kind: 'lie', what: 'everything' }] })).status).toBe(400)
  })

  it('hands faults and outcomes to aggregators and bridges', async () => {
    await post('/apis/lifi', { fault: { kind: 'error', status: 502 } })
    expect((await fetch(`${world.apis.lifi.url}/chains`)).status).toBe(502)
    const bridge = world.bridges[0]?.key ?? ''
    await post(`/bridges/${bridge}`, { outcome: 'refund', delaySeconds: 1 })
    const state = await running.control.state()
    expect(state.faults.lifi).toEqual({ kind: 'error', status: 502 })
    expect(state.bridges[bridge]).toEqual({ outcome: 'refund', delaySeconds: 1 })
    await post('/apis/lifi', { fault: null })
    await post(`/bridges/${bridge}`, { outcome: 'deliver' })
  })

  it.each([
    ['/nowhere', {}, 404, 'POST /chains/:chain/mining'],
    ['/chains/moon/mining', { running: true }, 404, 'anchor, bay, cove'],
    ['/chains/bay/mining', { running: 'yes' }, 400, 'boolean'],
    ['/prices', { DOGE: '1' }, 400, 'DOGE'],
    ['/prices', { ETH: 'dear' }, 400, 'decimal number'],
    ['/prices', {}, 400, 'at least one price'],
    ['/feeds/cove/LINK', { frozen: true }, 404, 'ETH, USDC, DAI'],
    ['/apis/lifi', { fault: { kind: 'moody' } }, 400, 'fault'],
    ['/bridges/tunnel', { outcome: 'deliver' }, 404, 'tunnel'],
  ])('refuses %s %j with what it expects', async (path, body, status, mentions) => {
    const answer = await post(path, body)
    const document = (await answer.json()) as { status: number; detail: string }
    expect(answer.status).toBe(status)
    expect(document.status).toBe(status)
    expect(document.detail).toContain(mentions)
  })
})

const ownNodes = () =>
  execFileSync('ps', ['-A', '-o', 'ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.trim().startsWith(`${process.pid} `) && line.includes('sandbox-node'))

const listenOn = (port: number) =>
  new Promise<Server>((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
const close = (server: Server) => new Promise((resolve) => server.close(resolve))

/** The first of as many ports in a row as a world takes, all of them free; below the range that the system gives out. */
async function freeBase(): Promise<number> {
  for (let base = 21_000 + (process.pid % 8_000); ; base += 10) {
    const tried = await Promise.allSettled(Array.from({ length: 8 }, (_, offset) => listenOn(base + offset)))
    const open = tried.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    await Promise.all(open.map(close))
    if (open.length === tried.length) return base
  }
}

describe('a second world', () => {
  it.each([
    [1, 'chain bay'],
    [6, 'the control API'],
  ])(
    'says which port is in use, offset %i, and leaves nothing behind',
    async (offset, name) => {
      const nodesBefore = ownNodes().length
      const portBase = await freeBase()
      const port = portBase + offset
      const squatter = await listenOn(port)
      const other = await mkdtemp(join(tmpdir(), 'evenkeel-world-'))
      const start = startWorld({ seed: 1, scenario: 'calm', portBase, dir: other })
      await expect(start).rejects.toMatchObject({
        name: 'SandboxStartError',
        message: `Port ${port} for ${name} is in use. Stop what listens there or choose another --port-base.`,
      })
      expect(ownNodes()).toHaveLength(nodesBefore)
      expect(await readdir(other)).toEqual([])
      await close(squatter)
      await rm(other, { recursive: true })
    },
    30_000,
  )
})

/** Runs `npm run sandbox` without npm; `untilReady` resolves with everything printed so far. */
function runCommand(...flags: string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', 'sandbox/main.ts', ...flags], { stdio: 'pipe' })
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve))
  return { child, exit, printed: () => printed }
}

describe('the command', () => {
  it.each([
    [['--speed', '9'], "Unknown option '--speed'"],
    [['--scenario', 'storm'], 'Expected --scenario calm or rally, came "storm".'],
    [['--mode', 'paper'], 'Expected --mode live or dry-run, came "paper".'],
    [['--seed', 'seven'], 'Expected a whole number after --seed, came "seven".'],
    [['--port-base', '70000'], 'Expected a port base from 0 to 65519, came 70000.'],
  ])(
    'refuses %j with one line',
    async (flags, line) => {
      const { exit, printed } = runCommand('--dir', join(dir, 'refused'), ...flags)
      expect(await exit).toBe(1)
      expect(printed().trim().split('\n')).toEqual([expect.stringContaining(line)])
    },
    20_000,
  )

  it('gets ready, describes itself in its directory and ends at a signal', async () => {
    const home = join(dir, 'command')
    const { child, exit, printed } = runCommand('--dir', home, '--port-base', '0', '--identity-provider')
    expect(await eventually(60_000, async () => printed().includes('Ctrl-C'))).toBe(true)
    expect((await readdir(home)).toSorted()).toEqual(['evenkeel.yaml', 'world.json'])
    const { chains, scenario } = JSON.parse(await readFile(join(home, 'world.json'), 'utf8')) as World
    expect(scenario).toBe('rally')
    const { server } = loadConfig(join(home, 'evenkeel.yaml'), {}).file
    expect(server).toMatchObject({ auth: { oidc: { audience: sandboxAudience } }, approvals: { resume: 2 } })
    expect(printed()).toContain(`${server.auth.oidc!.issuer}/token`)
    child.kill('SIGTERM')
    expect(await exit).toBe(0)
    await sleep(200)
    for (const { rpcUrl } of chains) await close(await listenOn(Number(new URL(rpcUrl).port)))
  }, 90_000)
})

describe('stop', () => {
  it('ends within three seconds, a stopped chain included, and leaves no process and no port', async () => {
    expect(ownNodes()).toHaveLength(chainKeys.length)
    await running.control.setMining('anchor', false)
    const stoppedAt = Date.now()
    await running.stop()
    expect(Date.now() - stoppedAt).toBeLessThan(3000)
    expect(ownNodes()).toHaveLength(0)
    const { lifi, zeroex, prices, control } = world.apis
    const urls = [
      ...world.chains.flatMap(({ rpcUrl, rpcUrls }) => [rpcUrl, ...rpcUrls]),
      lifi.url,
      zeroex.restUrl,
      prices.url,
      control.url,
    ]
    for (const url of urls) await close(await listenOn(Number(new URL(url).port)))
  }, 10_000)
})
