import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import {
  LifiTransfers,
  type LifiTransfersOptions,
  type PayoutReceipt,
} from '../../src/adapters/aggregators/lifi-transfers.js'
import { RateLimiters } from '../../src/adapters/aggregators/rate-limiter.js'
import type { Address, Hex } from '../../src/domain/assets.js'
import type { Payout, Transfer } from '../../src/domain/execution/transfer.js'
import { amountOf } from '../../src/domain/units/amount.js'
import { ONE_USD } from '../../src/domain/units/usd.js'
import { FakeClock } from '../support/fake-clock.js'
import { ETH_ON, MAINNET_CHAINS, MAINNET_TOKENS, USDT_ON, WETH_ON } from '../support/mainnet-tokens.js'
import { answerNames, readAnswerFile } from '../support/recorded-answers.js'
import { type Reply, ReplayServer } from '../support/replay-server.js'

const ACCOUNT: Address = '0x204DeDCf79DbbB02359205f4f64ce2cBDd483906'
const STRANGER: Address = '0x00000000000000000000000000000000DeaDBeef'
const PAYOUT: Hex = '0xd3142ffb0abaefd030e9c108d6fedcd9b5bab9099346531b54f370762301bb4e'
const ORIGIN_HASH: Hex = '0xe1ffdcf09d5aa92a2d89b1b39db3f8cadf09428a296cce0d5e387595ac83d08f'
const BLOCK = { number: 480_000n, hash: PAYOUT, timestamp: 1_729_164_251 }

const transfer: Transfer = {
  id: 'leg-1',
  cycleId: 'cycle-1',
  account: ACCOUNT,
  bridge: 'stargateV2Bus with feeCollection',
  venue: 'lifi',
  origin: 'arbitrum',
  originHash: ORIGIN_HASH,
  destination: 'taiko',
  sent: amountOf(USDT_ON.arbitrum, 129_486_280n),
  charges: [],
  expected: amountOf(USDT_ON.taiko, 128_700_000n),
  minimum: amountOf(USDT_ON.taiko, 128_000_000n),
  value: 129n * ONE_USD,
  sentAt: 1_729_163_645_000,
  expectedSeconds: 600,
  lostAfterSeconds: 86_400,
  quietSeconds: 600,
  state: 'in_flight',
  arrivals: [],
}

const server = new ReplayServer()
beforeAll(() => server.start())
afterAll(() => server.stop())
beforeEach(() => {
  server.requests.length = 0
})

/** What the chains show: one receipt, whichever transaction is asked for, and a note of who asked. */
const shown: { receipt: PayoutReceipt | undefined; looks: [string, Hex][] } = { receipt: undefined, looks: [] }
const RELAYER = '0x00000000000000000000000000000000000000aa'
type Paid = Omit<PayoutReceipt['transfers'][number], 'log'>
const paid = (...transfers: readonly Paid[]): PayoutReceipt => ({
  block: BLOCK,
  isSuccess: true,
  sender: RELAYER,
  transfers: transfers.map((one, log) => ({ ...one, log })),
})
const amountsOf = (payouts: readonly Payout[]) => payouts.map(({ amount }) => amount)
beforeEach(() => {
  shown.receipt = paid({ token: USDT_ON.taiko.address, to: ACCOUNT, units: 128_671_479n })
  shown.looks = []
})

const build = (options: Partial<LifiTransfersOptions> = {}) =>
  new LifiTransfers({
    apiUrl: `${server.url}/v1`,
    integrator: 'evenkeel-test',
    timeoutMs: 2_000,
    limiters: new RateLimiters(new FakeClock()),
    chains: MAINNET_CHAINS,
    tokens: MAINNET_TOKENS,
    receipt: async (chain, hash) => {
      shown.looks.push([chain, hash])
      return shown.receipt
    },
    ...options,
  })

interface Status {
  status: string
  substatus?: string
  receiving: { chainId: number; txHash: string; amount?: string; token?: { address: string } }
}
const done = (changes: Partial<Status> = {}): Status => ({
  ...(readAnswerFile('lifi', 'status_done_example') as Status),
  ...changes,
})
const receiving = (chainId: number, txHash: string) => ({ receiving: { chainId, txHash } })

describe('every kept LI.FI answer, given as a status', () => {
  const seen = ['status_done_example']
  const unclear = [
    'chains_trimmed',
    'connections_example',
    'possibilities_example',
    'quote_bridge-native_gaszip',
    'routes_bridge-native_trimmed',
    'routes_example',
    'status_404_unknown-hash',
    'status_failed_reverted-origin',
    'status_pending',
    'token_example',
  ]
  const refused = ['error_404_no-quote_filtered']
  const statusOf = (name: string) => (/_404_/.test(name) ? 404 : 200)

  it('has an expectation here', () => {
    expect([...seen, ...unclear, ...refused].toSorted()).toEqual(answerNames('lifi'))
  })

  it.each(seen)('%s shows where the payout is', async (name) => {
    server.reply = { body: readAnswerFile('lifi', name) }
    const amount = amountOf(USDT_ON.taiko, 128_671_479n)
    expect(await build().find(transfer, [])).toEqual([
      { chain: 'taiko', hash: PAYOUT, log: 0, block: BLOCK, amount, isRefund: false },
    ])
    expect(shown.looks).toEqual([['taiko', PAYOUT]])
  })

  it.each(unclear)('%s shows nothing', async (name) => {
    server.reply = { status: statusOf(name), body: readAnswerFile('lifi', name) }
    expect(await build().find(transfer, [])).toEqual([])
    expect(shown.looks).toEqual([])
  })

  it.each(refused)('%s is a failure to ask', async (name) => {
    server.reply = { status: statusOf(name), body: readAnswerFile('lifi', name) }
    await expect(build().find(transfer, [])).rejects.toThrow(/answered 404/)
  })
})

it('asks through the SDK, with the key of the bridge and no empty parameter', async () => {
  server.reply = { body: done() }
  await build({ apiKey: 'test-key' }).find(transfer, [])
  expect(server.requests).toHaveLength(1)
  const [request] = server.requests
  expect([request?.method, request?.path]).toEqual(['GET', '/v1/status'])
  expect(request?.headers).toMatchObject({ 'x-lifi-sdk': '4.3.0', 'x-lifi-api-key': 'test-key' })
  expect(Object.fromEntries(request?.query ?? [])).toEqual({
    txHash: ORIGIN_HASH,
    bridge: 'stargateV2Bus',
    fromChain: '42161',
    toChain: '167000',
  })
})

describe('the receipt decides', () => {
  beforeEach(() => {
    server.reply = { body: done() }
  })

  it.each([
    ['of the expected token', 167000, USDT_ON.taiko.address],
    ['of the sent token, back home', 42161, USDT_ON.arbitrum.address],
  ])('that dust %s is no arrival, whatever points at it', async (_name, chainId, token) => {
    server.reply = { body: done(receiving(chainId, PAYOUT)) }
    shown.receipt = paid({ token, to: ACCOUNT, units: 1_000n })
    expect(await build().find(transfer, [])).toEqual([])
  })

  it('how much arrived, whatever the status claims', async () => {
    server.reply = { body: done({ receiving: { ...done().receiving, amount: '999999999999' } }) }
    shown.receipt = paid(
      { token: USDT_ON.taiko.address.toLowerCase() as Address, to: ACCOUNT, units: 100_000_000n },
      { token: USDT_ON.taiko.address, to: STRANGER, units: 5_000n },
      { token: STRANGER, to: ACCOUNT, units: 70_000n },
      { token: USDT_ON.taiko.address, to: ACCOUNT.toLowerCase() as Address, units: 28_000_000n },
    )
    expect(await build().find(transfer, [])).toMatchObject([
      { log: 0, amount: amountOf(USDT_ON.taiko, 100_000_000n) },
      { log: 3, amount: amountOf(USDT_ON.taiko, 28_000_000n) },
    ])
  })

  it.each<[string, PayoutReceipt | undefined]>([
    ['is in no canonical block', undefined],
    ['reverted', { ...paid({ token: USDT_ON.taiko.address, to: ACCOUNT, units: 1n }), isSuccess: false }],
    ['pays somebody else', paid({ token: USDT_ON.taiko.address, to: STRANGER, units: 1n })],
    ['pays a token we do not know', paid({ token: STRANGER, to: ACCOUNT, units: 1n })],
    ['pays a token of another chain', paid({ token: USDT_ON.arbitrum.address, to: ACCOUNT, units: 1n })],
    ['pays nothing', paid({ token: USDT_ON.taiko.address, to: ACCOUNT, units: 0n })],
    [
      'is older than the sending',
      {
        ...paid({ token: USDT_ON.taiko.address, to: ACCOUNT, units: 1n }),
        block: { ...BLOCK, timestamp: transfer.sentAt / 1_000 - 121 },
      },
    ],
  ])('that nothing arrived when the payout %s', async (_name, receipt) => {
    shown.receipt = receipt
    expect(await build().find(transfer, [])).toEqual([])
    expect(shown.looks).toHaveLength(1)
  })

  it('that a refund is one, by the chain it came out on', async () => {
    server.reply = { body: done({ status: 'DONE', substatus: 'REFUNDED', ...receiving(42161, PAYOUT) }) }
    shown.receipt = paid({ token: USDT_ON.arbitrum.address, to: ACCOUNT, units: 129_000_000n })
    expect(await build().find(transfer, [])).toMatchObject([
      { chain: 'arbitrum', amount: amountOf(USDT_ON.arbitrum, 129_000_000n), isRefund: true },
    ])
  })

  it('even after a failure, when one names a payout', async () => {
    server.reply = { body: done({ status: 'FAILED', ...receiving(42161, PAYOUT) }) }
    shown.receipt = paid({ token: USDT_ON.arbitrum.address, to: ACCOUNT, units: 100_000_000n })
    expect(amountsOf(await build().find(transfer, []))).toEqual([amountOf(USDT_ON.arbitrum, 100_000_000n)])
  })

  it('that every token we know arrived, the coin among them', async () => {
    const USDC_ON_TAIKO = { ...USDT_ON.taiko, symbol: 'USDC', address: STRANGER }
    const ETH_ON_TAIKO = { ...ETH_ON.base, chain: 'taiko' }
    server.reply = { body: done({ substatus: 'PARTIAL' }) }
    shown.receipt = paid(
      { token: ETH_ON_TAIKO.address, to: ACCOUNT, units: 1n },
      { token: USDC_ON_TAIKO.address, to: ACCOUNT, units: 2n },
      { token: RELAYER, to: ACCOUNT, units: 3n },
    )
    const tokens = [...MAINNET_TOKENS, ETH_ON_TAIKO, USDC_ON_TAIKO]
    expect(amountsOf(await build({ tokens }).find(transfer, []))).toEqual([
      amountOf(ETH_ON_TAIKO, 1n),
      amountOf(USDC_ON_TAIKO, 2n),
    ])
  })
})

describe('a status that names a transaction which cannot be the payout', () => {
  it.each<[string, Partial<Status>, readonly Hex[]]>([
    ['is not followed when it is booked already', {}, [PAYOUT.toUpperCase().replace('0X', '0x') as Hex]],
    ['is not followed to the sending itself', receiving(42161, ORIGIN_HASH), []],
    ['is not followed to a chain we do not know', receiving(1_000_001, PAYOUT), []],
    ['is not followed when the hash is none', receiving(167000, '0x624a…'), []],
    ['is not followed while it is pending', { status: 'PENDING' }, []],
    ['is not followed when its status is unknown', { status: 'INVALID' }, []],
  ])('%s', async (_name, changes, claimed) => {
    server.reply = { body: done(changes) }
    expect(await build().find(transfer, claimed)).toEqual([])
    expect(shown.looks).toEqual([])
  })
})

describe('a payout that we sent ourselves', () => {
  it('is no arrival, whatever it pays us', async () => {
    server.reply = { body: done() }
    shown.receipt = { ...paid({ token: USDT_ON.taiko.address, to: ACCOUNT, units: 1n }), sender: ACCOUNT }
    expect(await build().find(transfer, [])).toEqual([])
  })
})

describe('a service that cannot be asked', () => {
  it.each<[string, Reply, RegExp]>([
    ['is down', { status: 503, body: '<html></html>' }, /answered 503/],
    ['limits its rate', { status: 429, body: { message: 'slow down', code: 1005 } }, /answered 429/],
    ['answers HTML', { body: '<html></html>' }, /answered 200 with a body that is not JSON/],
    ['is silent', 'silence', /no answer within 150 ms/],
    ['redirects', { status: 307, headers: { location: 'http://127.0.0.1:9/' }, body: '' }, /a redirect/],
  ])('is an error when it %s', async (_name, reply, message) => {
    server.reply = reply
    await expect(build({ timeoutMs: reply === 'silence' ? 150 : 2_000 }).find(transfer, [])).rejects.toThrow(message)
    expect(shown.looks).toEqual([])
  })

  it('is an error when the chain cannot be asked', async () => {
    server.reply = { body: done() }
    const receipt = () => Promise.reject(new Error('taiko is not reachable'))
    await expect(build({ receipt }).find(transfer, [])).rejects.toThrow('taiko is not reachable')
  })

  it.each([
    ['has not indexed the transaction', 404, 1003],
    ['says it is no transfer', 400, 1011],
  ])('is none when it %s', async (_name, status, code) => {
    server.reply = { status, body: { message: 'told so', code } }
    expect(await build().find({ ...transfer, expected: amountOf(WETH_ON.base, 1n) }, [])).toEqual([])
  })
})
