import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { encodeFunctionData, erc20Abi, keccak256, maxUint256, parseEther, parseUnits, toHex, type Hex } from 'viem'
import { escrowAbi } from '../../sandbox/bridges/escrow-abi.js'
import { chainKeys, type ChainKey } from '../../sandbox/chains.js'
import type { CheckedWorld } from '../checker/account-call.js'
import { checkChains, type ExpectedTurnover, type Verdict } from '../checker/check-chains.js'
import { takeBaseline } from '../checker/chain-record.js'
import { approveNow, type QuietWorld, sendNow, startQuietWorld } from '../sandbox/quiet-world.js'
import { until } from '../support/until.js'

jest.setTimeout(30_000)

let quiet: QuietWorld
let world: CheckedWorld
const account = () => quiet.chain('anchor').addressOf('treasury')

beforeAll(async () => {
  quiet = await startQuietWorld()
  const chains = chainKeys.map((key) => quiet.chain(key))
  world = {
    chains: chains.map((chain) => {
      const { key, chainId, rpcUrl, nativeSymbol, blockTimeSeconds } = chain
      return {
        key,
        chainId,
        rpcUrl,
        rpcUrls: [rpcUrl],
        nativeSymbol,
        blockTimeSeconds,
        multicall: chain.contract('multicall3'),
      }
    }),
    tokens: chains.flatMap((chain) =>
      Object.entries(chain.tokens).map(([symbol, token]) => ({ chain: chain.key, symbol, ...token })),
    ),
    bridges: quiet.bridges,
    routers: chains.flatMap((chain) =>
      (['lifi-diamond', 'allowance-holder'] as const).map((kind) => ({
        chain: chain.key,
        kind,
        address: chain.contract(kind),
      })),
    ),
  }
}, 60_000)

afterAll(() => quiet?.stop(), 30_000)

/** What the checker says of what is done between its two looks. */
async function verdictOn(act: () => Promise<unknown>, expected?: ExpectedTurnover): Promise<Verdict> {
  const baseline = await takeBaseline(world, account())
  await act()
  return checkChains(world, baseline, expected)
}

const kindsOf = ({ findings }: Verdict) => [...new Set(findings.map(({ kind }) => kind))]

interface Order {
  readonly spender: string
  readonly to: string
  readonly data: string
  readonly gas: bigint
}

const sale = { chain: 'anchor', sell: 'USDC', buy: 'WETH' } as const
const ofUsdc = (whole: number) => parseUnits(String(whole), 6)

const json = async (url: string, headers: Record<string, string> = {}): Promise<unknown> => {
  const answer = await fetch(url, { headers })
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`)
  return answer.json()
}

async function fromLifi(amount: bigint, to: ChainKey = 'anchor', more: Record<string, string> = {}): Promise<Order> {
  const origin = quiet.chain('anchor')
  const query = new URLSearchParams({
    fromChain: String(origin.chainId),
    toChain: String(quiet.chain(to).chainId),
    fromToken: origin.token('USDC').address,
    toToken: quiet.chain(to).token(to === 'anchor' ? sale.buy : 'USDC').address,
    fromAmount: String(amount),
    fromAddress: account(),
    slippage: '0.01',
    ...more,
  })
  const { estimate, transactionRequest } = (await json(`${quiet.lifi.url}/quote?${query}`)) as {
    estimate: { approvalAddress: string }
    transactionRequest: { to: string; data: string; gasLimit: string }
  }
  const { to: target, data, gasLimit } = transactionRequest
  return { spender: estimate.approvalAddress, to: target, data, gas: BigInt(gasLimit) }
}

async function fromZeroex(amount: bigint): Promise<Order> {
  const origin = quiet.chain('anchor')
  const query = new URLSearchParams({
    chainId: String(origin.chainId),
    sellToken: origin.token('USDC').address,
    buyToken: origin.token(sale.buy).address,
    sellAmount: String(amount),
    taker: account(),
    slippageBps: '100',
  })
  const { transaction } = (await json(`${quiet.zeroex.restUrl}/swap/allowance-holder/quote?${query}`, {
    '0x-api-key': 'key',
    '0x-version': 'v2',
  })) as { transaction: { to: string; data: string; gas: string } }
  return { spender: transaction.to, to: transaction.to, data: transaction.data, gas: BigInt(transaction.gas) }
}

const carryOut = async (amount: bigint, { spender, to, data, gas }: Order): Promise<void> => {
  await approveNow(quiet.chain('anchor'), 'USDC', spender, amount)
  const { status } = await sendNow(quiet.chain('anchor'), { to, data, gas: (gas * 5n) / 4n })
  if (status !== 'success') throw new Error('The order reverted.')
}

const allTransfersSettled = () =>
  until('every transfer to be paid out', 20_000, async () => {
    await quiet.chain('anchor').blocks.mine(2)
    const transfers = quiet.relayer.transfers()
    return transfers.length > 0 && transfers.every(({ settlement }) => settlement) ? true : undefined
  })

const byRelayer = (key: ChainKey, bridge: string, data: Hex) =>
  quiet.chain(key).send('relayer', { to: quiet.chain(key).contract(`bridge-${bridge}`), data })

const usdcIn = (key: ChainKey) => quiet.chain(key).token('USDC').address

describe('the checker finds nothing', () => {
  it('in two swaps and a crossing done as they should be', async () => {
    const verdict = await verdictOn(
      async () => {
        await carryOut(ofUsdc(30_000), await fromLifi(ofUsdc(30_000)))
        await carryOut(ofUsdc(31_000), await fromZeroex(ofUsdc(31_000)))
        await carryOut(ofUsdc(50_000), await fromLifi(ofUsdc(50_000), 'bay', { allowBridges: 'swift' }))
        await allTransfersSettled()
      },
      { pricesUsd: { USDC: 1 }, excessUsd: { USDC: 60_000 } },
    )
    expect(verdict).toEqual({ findings: [], counts: { transactions: 6, swaps: 2, deposits: 1 } })
  })
})

describe('the checker finds', () => {
  it('an order of LI.FI that is carried out twice', async () => {
    const verdict = await verdictOn(async () => {
      const order = await fromLifi(ofUsdc(10_000))
      await carryOut(ofUsdc(10_000), order)
      await carryOut(ofUsdc(10_000), order)
    })
    expect(kindsOf(verdict)).toEqual(['double-spend'])
    expect(verdict.findings[0]?.detail).toContain('both carry out quote 0x')
  })

  it('an order of 0x that is carried out twice', async () => {
    const verdict = await verdictOn(async () => {
      const order = await fromZeroex(ofUsdc(10_000))
      await carryOut(ofUsdc(10_000), order)
      await carryOut(ofUsdc(10_000), order)
    })
    expect(kindsOf(verdict)).toEqual(['double-spend'])
    expect(verdict.findings[0]?.detail).toContain('both carry out quote 0x')
  })

  it('a sale that is done again with another quote, even of another aggregator', async () => {
    const verdict = await verdictOn(async () => {
      await carryOut(ofUsdc(10_000), await fromLifi(ofUsdc(10_000)))
      await carryOut(ofUsdc(10_000), await fromZeroex(ofUsdc(10_000)))
    })
    expect(kindsOf(verdict)).toEqual(['double-spend'])
    expect(verdict.findings[0]?.detail).toContain('both carry out swap of 10000000000 units')
  })

  it('more sales than one rebalance explains', async () => {
    const act = async () => carryOut(ofUsdc(25_001), await fromLifi(ofUsdc(25_001)))
    const verdict = await verdictOn(act, { pricesUsd: { USDC: 1 }, excessUsd: { USDC: 20_000 } })
    expect(kindsOf(verdict)).toEqual(['too-much-sold'])
  })

  it('an allowance that is left, and one that was never needed', async () => {
    const anchor = quiet.chain('anchor')
    const holder = anchor.contract('allowance-holder')
    const left = await verdictOn(() => approveNow(anchor, 'USDC', holder, 5n))
    expect(left.findings).toMatchObject([{ kind: 'leftover-allowance', chain: 'anchor' }])
    const unlimited = await verdictOn(async () => {
      await approveNow(anchor, 'USDC', holder, maxUint256)
      await approveNow(anchor, 'USDC', holder, 0n)
    })
    expect(kindsOf(unlimited)).toEqual(['unlimited-approval'])
  })

  it('a transaction that reverted', async () => {
    const verdict = await verdictOn(async () => {
      const { to, data, gas } = await fromLifi(ofUsdc(9_000))
      await sendNow(quiet.chain('anchor'), { to, data, gas })
    })
    expect(kindsOf(verdict)).toEqual(['failed-transaction'])
  })

  it('a swap that pays somebody else', async () => {
    const order = await fromLifi(ofUsdc(8_000), 'anchor', { toAddress: quiet.chain('anchor').addressOf('arbitrageur') })
    const verdict = await verdictOn(() => carryOut(ofUsdc(8_000), order))
    expect(kindsOf(verdict)).toEqual(['foreign-receiver'])
  })

  it('calls the daemon has no reason to make', async () => {
    const anchor = quiet.chain('anchor')
    const args = [anchor.addressOf('arbitrageur'), 1n] as const
    const verdict = await verdictOn(async () => {
      const data = encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args })
      await sendNow(anchor, { to: usdcIn('anchor'), data, gas: 100_000n })
      await sendNow(anchor, { to: anchor.addressOf('arbitrageur'), data: '0x', value: 1n, gas: 30_000n })
    })
    expect(verdict.findings.map(({ kind }) => kind)).toEqual(['unknown-call', 'unknown-call'])
  })

  it('a transaction that waits for a block', async () => {
    const bay = quiet.chain('bay')
    bay.blocks.setRunning(false)
    await bay.blocks.idle()
    const approval = encodeFunctionData({
      abi: erc20Abi,
      functionName: 'approve',
      args: [bay.contract('lifi-diamond'), 0n],
    })
    const verdict = await verdictOn(() => bay.submit('treasury', { to: usdcIn('bay'), data: approval }))
    bay.blocks.setRunning(true)
    expect(kindsOf(verdict)).toEqual(['nonce-gap'])
    await until('the transaction to be mined', 10_000, async () => {
      const tag = (blockTag: 'latest' | 'pending') =>
        bay.publicClient.getTransactionCount({ address: account(), blockTag })
      return (await tag('latest')) === (await tag('pending')) ? true : undefined
    })
  })

  it('coins that no transaction explains', async () => {
    const cove = quiet.chain('cove')
    const held = await cove.publicClient.getBalance({ address: account() })
    const verdict = await verdictOn(async () => {
      await cove.setNativeBalance(account(), held - parseEther('1'))
      await cove.blocks.mine(1)
    })
    expect(verdict.findings).toMatchObject([{ kind: 'unexplained-balance', chain: 'cove' }])
  })

  it('a deposit that is never paid out, and one that is paid out on both sides', async () => {
    quiet.relayer.control.set('swift', { outcome: 'silent' })
    const amount = ofUsdc(7_000)
    const baseline = await takeBaseline(world, account())
    await carryOut(amount, await fromLifi(amount, 'bay', { allowBridges: 'swift' }))
    await quiet.chain('anchor').blocks.mine(3)
    expect(kindsOf(await checkChains(world, baseline))).toEqual(['unsettled-deposit'])

    const transfer = await until('the relayer to see the deposit', 10_000, () =>
      quiet.relayer.transfers().find(({ settlement }) => !settlement),
    )
    const { transferId } = transfer.deposit
    const pay = (functionName: 'deliver' | 'refund', token: Hex) =>
      encodeFunctionData({ abi: escrowAbi, functionName, args: [transferId, token, account(), amount - 1n] })
    await byRelayer('bay', 'swift', pay('deliver', usdcIn('bay')))
    expect(kindsOf(await checkChains(world, baseline))).toEqual([])
    await byRelayer('anchor', 'swift', pay('refund', usdcIn('anchor')))
    const verdict = await checkChains(world, baseline)
    expect(kindsOf(verdict)).toEqual(['paid-twice'])
    expect(verdict.findings[0]?.detail).toMatch(/Refunded on anchor.*Delivered on bay/)
    quiet.relayer.control.set('swift', { outcome: 'deliver' })
  })

  it('a payout without a deposit', async () => {
    const args = [keccak256(toHex('nobody paid this in')), usdcIn('bay'), account(), 1_000n] as const
    const verdict = await verdictOn(() =>
      byRelayer('bay', 'swift', encodeFunctionData({ abi: escrowAbi, functionName: 'deliver', args })),
    )
    expect(kindsOf(verdict)).toEqual(['unexplained-payout'])
  })
})
