import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { createClient, getQuote, getRoutes, getStatus, type LiFiStep, type SDKClient } from '@lifi/sdk'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseAbi, parseEther, parseUnits, type Hex } from 'viem'
import { escrowAbi, escrowEvents } from '../../sandbox/bridges/escrow-abi.js'
import type { Transfer } from '../../sandbox/bridges/transfer.js'
import type { ChainKey } from '../../sandbox/chains.js'
import type { BridgeOutcome } from '../../sandbox/faults.js'
import { EventTransfers } from '../../src/adapters/bridges/event-transfers.js'
import { ChainEvents } from '../../src/adapters/chains/chain-events.js'
import { QuorumReader } from '../../src/adapters/chains/quorum-reader.js'
import type { Token } from '../../src/domain/assets.js'
import { judgeTransfer, type Transfer as Flight } from '../../src/domain/execution/transfer.js'
import { amountOf } from '../../src/domain/units/amount.js'
import type { Transfers } from '../../src/ports/transfers.js'
import { aCycle, aRun, aTransfer } from '../support/builders.js'
import { chainOptions } from '../support/chain-options.js'
import { RecordingObserver } from '../support/fake-ports.js'
import { approveNow, balanceOf, sendNow, startQuietWorld, tokenAddress, type QuietWorld } from './quiet-world.js'

// Crossings take their time, and so does the index behind the status.
jest.setTimeout(20_000)

let world: QuietWorld
let client: SDKClient

beforeAll(async () => {
  world = await startQuietWorld()
  client = createClient({ integrator: 'evenkeel', apiUrl: world.lifi.url, disableVersionCheck: true })
}, 60_000)

afterEach(() => {
  for (const bridge of world.relayer.control.keys()) world.relayer.control.set(bridge, { outcome: 'deliver' })
})

afterAll(async () => {
  await world?.stop()
})

interface Wish {
  from: ChainKey
  to: ChainKey
  sell: string
  buy: string
  amount: bigint
  bridge?: string
}

const pairOf = ({ from, to, sell, buy }: Wish) => ({
  fromChain: world.chain(from).chainId,
  toChain: world.chain(to).chainId,
  fromToken: tokenAddress(world.chain(from), sell),
  toToken: tokenAddress(world.chain(to), buy),
})

const quoteFor = (wish: Wish, more: object = {}): Promise<LiFiStep> =>
  getQuote(client, {
    ...pairOf(wish),
    fromAmount: String(wish.amount),
    fromAddress: world.chain(wish.from).addressOf('treasury'),
    slippage: 0.005,
    ...(wish.bridge && { allowBridges: [wish.bridge] }),
    ...more,
  })

/** Quotes and sends a crossing and makes the origin final. */
const depart = async (wish: Wish): Promise<{ step: LiFiStep; txHash: Hex }> => {
  const origin = world.chain(wish.from)
  const step = await quoteFor(wish)
  const { to, data, value, gasLimit } = step.transactionRequest ?? {}
  if (!to || !data || !value || !gasLimit) throw new Error('The step carries no transaction.')
  if (wish.sell !== 'ETH') await approveNow(origin, wish.sell, step.estimate.approvalAddress, wish.amount)
  const receipt = await sendNow(origin, { to, data, value: BigInt(value), gas: BigInt(gasLimit) })
  if (receipt.status !== 'success') throw new Error('The crossing reverted on its origin.')
  // The index behind the status begins to count when it is first asked.
  await getStatus(client, { txHash: receipt.transactionHash }).catch(() => undefined)
  await origin.blocks.mine(3)
  return { step, txHash: receipt.transactionHash }
}

const transferOf = (step: LiFiStep): Transfer | undefined =>
  world.relayer.transfers().find(({ deposit }) => deposit.transferId === step.transactionId)

const settlementOf = async (step: LiFiStep) => {
  const deadline = Date.now() + 15_000
  for (;;) {
    const settlement = transferOf(step)?.settlement
    if (settlement) return settlement
    if (Date.now() > deadline)
      throw new Error(`Not settled in time; relayer: ${world.relayer.problem() ?? 'no problem'}`)
    await sleep(50)
    await Promise.all((['anchor', 'bay', 'cove'] as const).map((key) => world.chain(key).blocks.mine(1)))
  }
}

/** Asks until the index knows the transaction. */
const statusOf = async (wish: Wish, txHash: Hex) => {
  const { fromChain, toChain } = pairOf(wish)
  for (;;) {
    const status = await getStatus(client, { txHash, fromChain, toChain, bridge: wish.bridge ?? '' }).catch(
      (error: { cause?: { status?: number } }) => {
        if (error.cause?.status !== 404) throw error
      },
    )
    if (status) return status
    await sleep(100)
  }
}

const holdings = (key: ChainKey, symbol: string) =>
  balanceOf(world.chain(key), symbol, world.chain(key).addressOf('treasury'))

const becomes = (bridge: string, outcome: BridgeOutcome, delaySeconds = 0) =>
  world.relayer.control.set(bridge, { outcome, delaySeconds })

const failureOf = async (call: Promise<unknown>) => {
  const failure = await call.then(
    () => undefined,
    (error: unknown) => error as { cause: { status: number; responseBody: { code: number } } },
  )
  if (!failure) throw new Error('The call was expected to fail.')
  return failure.cause
}

describe('a quote', () => {
  it('offers both bridges, the cheap one first or the fast one first', async () => {
    const wish: Wish = { from: 'cove', to: 'anchor', sell: 'USDC', buy: 'USDC', amount: parseUnits('100000', 6) }
    const { fromChain, toChain, fromToken, toToken } = pairOf(wish)
    const routesBy = async (order: 'CHEAPEST' | 'FASTEST') => {
      const { routes } = await getRoutes(client, {
        fromChainId: fromChain,
        toChainId: toChain,
        fromTokenAddress: fromToken,
        toTokenAddress: toToken,
        fromAmount: String(wish.amount),
        options: { order },
      })
      return routes.map(({ steps, toAmount }) => [steps[0]?.tool, toAmount])
    }
    // 3 bps and 1 USD, 12 bps and 3 USD.
    const ferry = ['ferry', String(parseUnits('99969', 6))]
    const swift = ['swift', String(parseUnits('99877', 6))]
    expect(await routesBy('CHEAPEST')).toEqual([ferry, swift])
    expect(await routesBy('FASTEST')).toEqual([swift, ferry])
  })

  it('prefers, denies and allows bridges', async () => {
    const wish: Wish = { from: 'cove', to: 'bay', sell: 'WETH', buy: 'WETH', amount: parseEther('10') }
    expect((await quoteFor(wish)).tool).toBe('ferry')
    expect((await quoteFor(wish, { preferBridges: ['swift'] })).tool).toBe('swift')
    expect((await quoteFor(wish, { denyBridges: ['ferry'] })).tool).toBe('swift')
    expect((await failureOf(quoteFor(wish, { denyBridges: ['all'] }))).responseBody).toMatchObject({
      code: 1002,
      errors: { filteredOut: [{}, {}] },
    })
  })

  it('is refused beyond the liquidity, and offered by the larger bridge up to its own', async () => {
    const wish: Wish = { from: 'cove', to: 'bay', sell: 'WETH', buy: 'WETH', amount: parseEther('1000') }
    expect((await quoteFor(wish)).tool).toBe('ferry')
    const { status, responseBody } = await failureOf(quoteFor({ ...wish, bridge: 'swift' }))
    expect(status).toBe(404)
    expect(JSON.stringify(responseBody)).toContain('INSUFFICIENT_LIQUIDITY')
  })

  it('is refused where the token does not exist on both chains, and for the native coin', async () => {
    const swapped: Wish = { from: 'cove', to: 'anchor', sell: 'WETH', buy: 'LINK', amount: parseEther('1') }
    expect((await failureOf(quoteFor(swapped))).responseBody.code).toBe(1002)
    expect((await failureOf(quoteFor({ ...swapped, buy: 'ETH' }))).responseBody.code).toBe(1002)
  })

  it('is refused when the fees exceed the amount', async () => {
    const wish: Wish = { from: 'cove', to: 'bay', sell: 'USDC', buy: 'USDC', amount: parseUnits('0.5', 6) }
    expect(JSON.stringify((await failureOf(quoteFor(wish))).responseBody)).toContain('FEES_HIGHER_THAN_AMOUNT')
  })
})

describe('a crossing', () => {
  const crossings: (Wish & { name: string })[] = [
    { name: 'of one token', from: 'cove', to: 'bay', sell: 'WETH', buy: 'WETH', amount: parseEther('100') },
    { name: 'of a token like USDT', from: 'bay', to: 'anchor', sell: 'USDT', buy: 'USDT', amount: 90_000_000_000n },
    { name: 'after a swap', from: 'cove', to: 'anchor', sell: 'WETH', buy: 'USDC', amount: parseEther('200') },
    { name: 'of the native coin', from: 'bay', to: 'cove', sell: 'ETH', buy: 'WETH', amount: parseEther('1') },
  ]

  it.each(crossings)('$name delivers to the base unit what was quoted', async (wish) => {
    becomes('swift', 'deliver')
    const crossing = { ...wish, bridge: 'swift' }
    const before = await holdings(wish.to, wish.buy)
    const sentBefore = await holdings(wish.from, wish.sell)
    const { step, txHash } = await depart(crossing)
    expect(sentBefore - (await holdings(wish.from, wish.sell))).toBeGreaterThanOrEqual(wish.amount)

    const settlement = await settlementOf(step)
    expect(settlement).toMatchObject({ outcome: 'delivered', chain: wish.to, amount: BigInt(step.estimate.toAmount) })
    expect((await holdings(wish.to, wish.buy)) - before).toBe(BigInt(step.estimate.toAmount))
    expect(await statusOf(crossing, txHash)).toMatchObject({
      transactionId: step.transactionId,
      tool: 'swift',
      status: 'DONE',
      substatus: 'COMPLETED',
      sending: { txHash, amount: String(wish.amount), token: { symbol: wish.sell } },
      receiving: {
        txHash: settlement.txHash,
        chainId: world.chain(wish.to).chainId,
        amount: step.estimate.toAmount,
        token: { symbol: wish.buy },
      },
    })
  })

  it('waits for the finality of its origin and for its delay', async () => {
    const wish: Wish = { from: 'cove', to: 'bay', sell: 'USDC', buy: 'USDC', amount: 10_000_000_000n, bridge: 'swift' }
    const cove = world.chain('cove')
    cove.blocks.setRunning(false)
    try {
      const step = await quoteFor(wish)
      const { to = '', data = '', gasLimit = '0' } = step.transactionRequest ?? {}
      await approveNow(cove, 'USDC', step.estimate.approvalAddress, wish.amount)
      const { transactionHash } = await sendNow(cove, { to, data, gas: BigInt(gasLimit) })
      expect(await statusOf(wish, transactionHash)).toMatchObject({
        status: 'PENDING',
        substatus: 'WAIT_SOURCE_CONFIRMATIONS',
      })
      expect(transferOf(step)).toBeUndefined()

      await cove.blocks.mine(3)
      const final = Date.now()
      await sleep(1_000)
      expect(await getStatus(client, { txHash: transactionHash })).toMatchObject({
        status: 'PENDING',
        substatus: 'WAIT_DESTINATION_TRANSACTION',
        receiving: { chainId: world.chain('bay').chainId },
      })
      await settlementOf(step)
      expect(Date.now() - final).toBeGreaterThan(2_500)
    } finally {
      cove.blocks.setRunning(true)
    }
  })

  const wish: Wish = { from: 'cove', to: 'bay', sell: 'USDC', buy: 'USDC', amount: 50_000_000_000n, bridge: 'ferry' }

  it('is refunded on its origin, less a fee, when told so', async () => {
    becomes('ferry', 'refund')
    const { step, txHash } = await depart(wish)
    const before = await holdings('cove', 'USDC')
    const { outcome, amount } = await settlementOf(step)
    expect([outcome, amount]).toEqual(['refunded', (wish.amount * 9_995n) / 10_000n])
    expect((await holdings('cove', 'USDC')) - before).toBe(amount)
    expect(await statusOf(wish, txHash)).toMatchObject({
      status: 'DONE',
      substatus: 'REFUNDED',
      receiving: { chainId: world.chain('cove').chainId, amount: String(amount) },
    })
  })

  it('delivers another token of the same worth when told so', async () => {
    becomes('ferry', 'other-token')
    const before = await holdings('bay', 'USDT')
    const { step, txHash } = await depart(wish)
    const { amount } = await settlementOf(step)
    // One USDC is 1.0000 USD, one USDT 0.9998.
    expect(amount).toBe((BigInt(step.estimate.toAmount) * 10_000n) / 9_998n)
    expect((await holdings('bay', 'USDT')) - before).toBe(amount)
    expect(await statusOf(wish, txHash)).toMatchObject({
      status: 'DONE',
      substatus: 'PARTIAL',
      receiving: { token: { symbol: 'USDT' }, amount: String(amount) },
    })
  })

  it('delivers 97 % when told so', async () => {
    becomes('ferry', 'short')
    const before = await holdings('bay', 'USDC')
    const { step } = await depart(wish)
    const { amount } = await settlementOf(step)
    expect(amount).toBe((BigInt(step.estimate.toAmount) * 97n) / 100n)
    expect((await holdings('bay', 'USDC')) - before).toBe(amount)
  })

  it('stays on its way while the bridge is silent, across a restart of the relayer, and is then delivered once', async () => {
    becomes('ferry', 'silent')
    const before = await holdings('bay', 'USDC')
    const { step, txHash } = await depart(wish)
    expect(await statusOf(wish, txHash)).toMatchObject({ status: 'PENDING' })
    expect(transferOf(step)?.settlement).toBeUndefined()
    expect(world.relayer.promised('ferry', 'bay', world.chain('bay').token('USDC').address)).toBe(
      BigInt(step.estimate.toAmount),
    )

    await world.restartRelayer()
    becomes('ferry', 'deliver')
    await settlementOf(step)
    await world.restartRelayer()
    becomes('ferry', 'deliver')
    await sleep(800)
    expect((await holdings('bay', 'USDC')) - before).toBe(BigInt(step.estimate.toAmount))
    expect(world.relayer.promised('ferry', 'bay', world.chain('bay').token('USDC').address)).toBe(0n)
  })
})

describe('evidence by id', () => {
  const tokens = (): Token[] =>
    (['anchor', 'bay', 'cove'] as const).flatMap((chain) =>
      Object.entries(world.chain(chain).tokens).map(([symbol, { asset, address, decimals }]) => ({
        chain,
        asset,
        symbol,
        address,
        decimals,
      })),
    )
  const chainEvents = () =>
    new ChainEvents(
      new QuorumReader(
        (['anchor', 'bay', 'cove'] as const).map((key) => {
          const chain = world.chain(key)
          return chainOptions(chain, [chain.rpcUrl], chain.contract('multicall3'))
        }),
      ),
    )
  /** A service that must not be asked. */
  const silence: Transfers = { find: () => Promise.reject(new Error('The status service was asked.')) }

  const crossing: Wish = {
    from: 'cove',
    to: 'bay',
    sell: 'USDC',
    buy: 'USDC',
    amount: 20_000_000_000n,
    bridge: 'swift',
  }
  const watch = () =>
    new EventTransfers({
      bridges: [
        {
          key: 'swift',
          contracts: Object.fromEntries(
            world.bridges.filter(({ key }) => key === 'swift').map(({ chain, address }) => [chain, address]),
          ),
          origin: undefined,
          ...escrowEvents,
        },
      ],
      tokens: tokens(),
      chain: chainEvents(),
      maxBlocks: 40,
      hints: silence,
      observer: new RecordingObserver(),
    })
  const flightOf = async ({ step, txHash }: Awaited<ReturnType<typeof depart>>): Promise<Flight> => {
    const { blockNumber } = await world.chain('cove').publicClient.getTransactionReceipt({ hash: txHash })
    const { timestamp } = await world.chain('cove').publicClient.getBlock({ blockNumber })
    const token = (chain: ChainKey) => tokens().find((one) => one.chain === chain && one.symbol === 'USDC')!
    return {
      ...aTransfer(aCycle(), aRun()),
      account: world.chain('bay').addressOf('treasury'),
      bridge: 'swift',
      origin: 'cove',
      originHash: txHash,
      destination: 'bay',
      sent: amountOf(token('cove'), crossing.amount),
      expected: amountOf(token('bay'), BigInt(step.estimate.toAmount)),
      minimum: amountOf(token('bay'), BigInt(step.estimate.toAmountMin)),
      sentAt: Number(timestamp) * 1_000,
    }
  }
  /** Looks until nothing more comes and all of it is final. */
  const outcomeOf = async (flight: Flight, transfers: EventTransfers): Promise<Flight> => {
    const payouts = (await transfers.find(flight, [])).map((one) => ({ ...one, isFinal: true }))
    const seen = judgeTransfer(flight, { payouts, now: flight.sentAt + 1 })
    return judgeTransfer(seen, { payouts, now: flight.sentAt + 1 + flight.quietSeconds * 1_000 })
  }

  it.each([
    ['deliver', 'full', ['bay USDC']],
    ['short', 'short', ['bay USDC']],
    ['other-token', 'other_token', ['bay USDT']],
    ['refund', 'refunded', ['cove USDC']],
    ['refund-on-destination', 'refunded', ['bay USDC']],
    ['refund-other-token', 'refunded', ['cove DAI']],
    ['partial', 'refunded', ['bay USDC', 'cove USDC']],
  ] as const)('F-58 to F-61: a bridge that does %s leaves a transfer %s', async (outcome, state, arrived) => {
    becomes('swift', outcome)
    const before = await Promise.all(arrived.map((one) => holdings(...(one.split(' ') as [ChainKey, string]))))
    const departure = await depart(crossing)
    const sentBack = arrived.includes('cove USDC' as never) ? crossing.amount : 0n
    const flight = await flightOf(departure)
    const transfers = watch()
    expect(await transfers.find(flight, [])).toEqual([])
    await settlementOf(departure.step)
    let over = await outcomeOf(flight, transfers)
    while (over.arrivals.length < arrived.length) {
      await sleep(50)
      over = await outcomeOf(flight, transfers)
    }
    expect([over.state, over.arrivals.map(({ amount: { token } }) => `${token.chain} ${token.symbol}`)]).toEqual([
      state,
      arrived,
    ])
    const after = await Promise.all(arrived.map((one) => holdings(...(one.split(' ') as [ChainKey, string]))))
    for (const [index, { amount }] of over.arrivals.entries())
      expect(amount.units).toBe(after[index]! - before[index]! + (arrived[index] === 'cove USDC' ? sentBack : 0n))
  })

  it('finds how much coin came in a block', async () => {
    const bay = world.chain('bay')
    const { blockNumber } = await bay.send('relayer', { to: bay.addressOf('treasury'), value: 7n, gas: 21_000n })
    expect(await chainEvents().coinGain('bay', bay.addressOf('treasury'), blockNumber)).toBe(7n)
    expect(await chainEvents().coinGain('bay', bay.addressOf('treasury'), blockNumber - 1n)).toBe(0n)
  })

  it('keeps transfers of equal amounts apart', async () => {
    becomes('swift', 'deliver')
    const transfers = watch()
    const flights: Flight[] = []
    for (let count = 0; count < 2; count += 1) {
      const departure = await depart(crossing)
      flights.push(await flightOf(departure))
      await settlementOf(departure.step)
    }
    const found = await Promise.all(flights.map((flight) => transfers.find(flight, [])))
    expect(found.map((payouts) => payouts.length)).toEqual([1, 1])
    expect(found[0]![0]!.hash).not.toBe(found[1]![0]!.hash)
  })
})

describe('an escrow', () => {
  const errors = parseAbi(['error OnlyRelayer(address caller)', 'error AlreadySettled(bytes32 transferId)'])

  it('pays nobody but on the word of the relayer, and no transfer twice', async () => {
    becomes('swift', 'deliver')
    const wish: Wish = { from: 'cove', to: 'bay', sell: 'USDC', buy: 'USDC', amount: 5_000_000_000n, bridge: 'swift' }
    const { step } = await depart(wish)
    const { token, receiver, amount } = await settlementOf(step)
    const bay = world.chain('bay')
    const again = (account: 'relayer' | 'treasury') =>
      bay.publicClient.simulateContract({
        address: bay.contract('bridge-swift'),
        abi: [...escrowAbi, ...errors],
        functionName: 'deliver',
        args: [step.transactionId as Hex, token, receiver, amount],
        account: bay.addressOf(account),
      })
    await expect(again('relayer')).rejects.toThrow('AlreadySettled')
    await expect(again('treasury')).rejects.toThrow('OnlyRelayer')
  })
})
