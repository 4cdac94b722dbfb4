import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  createPublicClient,
  custom,
  encodeFunctionData,
  erc20Abi,
  HttpRequestError,
  type PublicClient,
  parseAbi,
  RpcRequestError,
} from 'viem'
import { chainTraits, type SandboxChain, startChain } from '../../sandbox/chains.js'
import { contractNamed, loadContracts } from '../../sandbox/solidity.js'
import { deployTokens } from '../../sandbox/tokens.js'
import { ACCOUNT_PROBE_CODE } from '../../src/adapters/chains/account-probe-code.js'
import { type Endpoint, Rehearser } from '../../src/adapters/chains/rehearsal.js'
import { type Address, isNative, NATIVE, type Token } from '../../src/domain/assets.js'
import type { Call } from '../../src/domain/planning/quote.js'
import { Chain, ChainError, SimulationError } from '../../src/ports/chain.js'
import { addressOf } from '../support/builders.js'
import { describeSimulation } from '../support/simulation-contract.js'

const wrapperAbi = parseAbi(['function deposit() payable', 'function withdraw(uint256)'])

let bay: SandboxChain
let multicall: Address
let account: Address
beforeAll(async () => {
  bay = await startChain(chainTraits.bay, 0)
  multicall = await bay.deploy(contractNamed(await loadContracts(), 'CallBatcher'))
  await deployTokens(bay)
  await bay.settle()
  account = bay.addressOf('treasury')
  await bay.setNativeBalance(account, 1_000n)
}, 60_000)
afterAll(() => bay?.stop())

const token = (symbol: string): Token => ({
  chain: 'bay',
  asset: symbol,
  symbol,
  address: symbol === 'ETH' ? NATIVE : bay.token(symbol).address,
  decimals: 18,
})
const wrap = (units: bigint): Call => ({
  chain: 'bay',
  to: token('WETH').address,
  data: encodeFunctionData({ abi: wrapperAbi, functionName: 'deposit' }),
  value: units,
})
const unwrap = (units: bigint): Call => ({
  chain: 'bay',
  to: token('WETH').address,
  data: encodeFunctionData({ abi: wrapperAbi, functionName: 'withdraw', args: [units] }),
  value: 0n,
})
const approval = ({ chain, address }: Token, spender: Address, units: bigint): Call => ({
  chain,
  to: address,
  data: encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [spender, units] }),
  value: 0n,
})

const failureOf = (playing: Promise<unknown>) =>
  playing.then(
    () => undefined,
    (error: unknown) => error,
  )

type Request = { readonly method: string; readonly params: unknown }
type Answer = (request: Request) => Promise<unknown>

/** The node under another name. `act` stands before it. */
function endpoint(name: string, act: (request: Request, ask: Answer) => Promise<unknown> = (one, ask) => ask(one)) {
  const asked: string[] = []
  const ask: Answer = ({ method, params }) => bay.publicClient.request({ method, params } as never)
  const client = createPublicClient({
    transport: custom(
      {
        request: (request: Request) => {
          asked.push(request.method)
          return act(request, ask)
        },
      },
      { retryCount: 0 },
    ),
  }) as PublicClient
  return { name, client, asked }
}
const refusal = (code: number) =>
  new RpcRequestError({ body: {}, url: 'http://127.0.0.1', error: { code, message: `no, ${code}` } })
const older = (name: string, code = -32601) =>
  endpoint(name, (one, ask) => (one.method === 'eth_simulateV1' ? Promise.reject(refusal(code)) : ask(one)))
/** The node that refuses to simulate once, and then does. */
const moody = (name: string, code: number) => {
  let refusals = 1
  return endpoint(name, (one, ask) =>
    one.method === 'eth_simulateV1' && refusals-- > 0 ? Promise.reject(refusal(code)) : ask(one),
  )
}
const silent = (name: string) =>
  endpoint(name, () => Promise.reject(new HttpRequestError({ url: 'http://127.0.0.1', details: 'nobody' })))

const rehearser = (...endpoints: readonly Endpoint[]) =>
  new Rehearser({
    endpoints: () => endpoints,
    agreedBlock: async () => {
      const { number, hash, timestamp } = await bay.publicClient.getBlock()
      return { number, hash, timestamp: Number(timestamp) }
    },
    multicall: () => multicall,
  })

/** The part of the port that plays calls. */
function player(by: Rehearser) {
  const chain = Object.assign(Object.create(Chain.prototype) as Chain, { approval, rehearse: by.rehearse.bind(by) })
  return Promise.resolve({
    chain,
    account,
    coin: token('ETH'),
    wrapped: token('WETH'),
    tether: token('USDT'),
    wrap,
    unwrap,
    balance: (of: Token) =>
      isNative(of)
        ? bay.publicClient.getBalance({ address: account })
        : bay.publicClient.readContract({
            address: of.address,
            abi: erc20Abi,
            functionName: 'balanceOf',
            args: [account],
          }),
    close: () => Promise.resolve(),
  })
}

describeSimulation('a node with eth_simulateV1', () => player(rehearser(endpoint('one'))))
describeSimulation('a node without it, with code on the account', async () => ({
  ...(await player(rehearser(older('one')))),
  eventsAreHidden: true,
}))

test('the code that is put on the account is what the sandbox compiles', async () => {
  expect(ACCOUNT_PROBE_CODE).toBe(contractNamed(await loadContracts(), 'AccountProbe').runtime)
})

describe('C-09: several endpoints', () => {
  const calls = () => [wrap(5n), approval(token('USDT'), addressOf(0xdead), 7n), unwrap(2n)]
  const watch = () => ({
    tokens: [token('ETH'), token('WETH')],
    allowances: [{ token: token('USDT'), spender: addressOf(0xdead) }],
  })
  const play = (...endpoints: readonly Endpoint[]) => rehearser(...endpoints).rehearse(account, calls(), watch())

  test('one with and one without eth_simulateV1 agree, and the events of the first count', async () => {
    const played = await play(older('old'), endpoint('new'))
    expect(played).toMatchObject({ endpoints: ['old', 'new'], allowances: [7n] })
    expect(played.steps.map(({ changes }) => changes)).toEqual([
      [-5n, 5n],
      [0n, 0n],
      [2n, -2n],
    ])
    expect(played.approvals).toHaveLength(1)
  })

  test('two are asked, and one that lacks the method only once for it', async () => {
    const [one, two, three] = [older('one'), endpoint('two'), endpoint('three')]
    const by = rehearser(one, two, three)
    await by.rehearse(account, calls(), watch())
    await by.rehearse(account, calls(), watch())
    expect(one.asked.filter((method) => method === 'eth_simulateV1')).toHaveLength(1)
    expect(one.asked.filter((method) => method === 'eth_call')).toHaveLength(2)
    expect(three.asked).toEqual([])
  })

  test.each([-32601, -32004])('code %d says that it lacks the method, and is remembered', async (code) => {
    const one = older('one', code)
    const by = rehearser(one)
    for (let times = 0; times < 2; times++)
      expect((await by.rehearse(account, calls(), watch())).approvals).toBeUndefined()
    expect(one.asked.filter((method) => method === 'eth_simulateV1')).toHaveLength(1)
  })

  test('code -32600, by which some lack it and others refuse any request, counts for this once', async () => {
    const by = rehearser(moody('one', -32600))
    expect((await by.rehearse(account, calls(), watch())).approvals).toBeUndefined()
    expect((await by.rehearse(account, calls(), watch())).approvals).toHaveLength(1)
  })

  test.each([
    ['limits how often it is asked', -32005, ChainError],
    ['breaks inside', -32603, SimulationError],
    ['says that a call lacks funds', -38014, SimulationError],
  ])('one that %s has not played, and simulates again afterwards', async (_name, code, failure) => {
    const one = moody('one', code)
    const by = rehearser(one)
    expect(await failureOf(by.rehearse(account, calls(), watch()))).toBeInstanceOf(failure)
    expect(one.asked).not.toContain('eth_call')
    expect((await by.rehearse(account, calls(), watch())).approvals).toHaveLength(1)
  })

  test('a contract finds neither coinbase nor randomness at zero', async () => {
    let asked: Request | undefined
    await play(endpoint('one', (one, ask) => ((asked = one.method === 'eth_simulateV1' ? one : asked), ask(one))))
    const [{ blockStateCalls }] = asked!.params as [{ blockStateCalls: [{ blockOverrides: Record<string, string> }] }]
    const { prevRandao, time, baseFeePerGas } = blockStateCalls[0].blockOverrides
    expect(BigInt(prevRandao!)).not.toBe(0n)
    expect(BigInt(time!)).toBe((await bay.publicClient.getBlock()).timestamp + 1n)
    expect(BigInt(baseFeePerGas!)).toBeGreaterThan(0n)
  })

  const liar = () =>
    endpoint('liar', (one, ask) => {
      if (one.method !== 'eth_simulateV1') return ask(one)
      const [{ blockStateCalls, ...rest }, at] = one.params as [{ blockStateCalls: [{ calls: object[] }] }, unknown]
      const [
        {
          calls: [look, first, ...others],
          ...settings
        },
      ] = blockStateCalls
      const changed = [look, { ...first, value: '0x4' }, ...others]
      return ask({ ...one, params: [{ ...rest, blockStateCalls: [{ ...settings, calls: changed }] }, at] })
    })

  test('a result that differs is no result', async () => {
    const error = await failureOf(play(endpoint('honest'), liar()))
    expect(error).toBeInstanceOf(SimulationError)
    expect(error).toMatchObject({
      disagrees: true,
      index: undefined,
      message: expect.stringMatching(/honest and liar/),
    })
  })

  test('C-21: one that plays otherwise than two others keeps nothing from being signed', async () => {
    const others = () => [endpoint('two'), endpoint('three')]
    expect((await play(liar(), ...others())).endpoints).toEqual(['two', 'three'])
    const accuser = endpoint('accuser', (one, ask) =>
      one.method === 'eth_getCode' ? Promise.resolve('0xef01') : ask(one),
    )
    expect((await play(accuser, ...others())).endpoints).toEqual(['two', 'three'])
    const error = await failureOf(play(endpoint('two'), accuser, { ...accuser, name: 'another' }))
    expect(error).toMatchObject({ message: expect.stringMatching(/has code/) })
  })

  test('a silent one is replaced by the next; where none is left, nothing is known', async () => {
    expect((await play(silent('one'), endpoint('two'), endpoint('three'))).endpoints).toEqual(['two', 'three'])
    expect(await failureOf(play(silent('one'), endpoint('two')))).toBeInstanceOf(ChainError)
    expect(await failureOf(play())).toBeInstanceOf(ChainError)
  })

  test('a token that does not answer is no success', async () => {
    const stranger = { ...token('USDT'), address: addressOf(0xabc) }
    const watching = { tokens: [stranger], allowances: [] }
    for (const one of [endpoint('one'), older('one')])
      expect(await failureOf(rehearser(one).rehearse(account, calls(), watching))).toBeInstanceOf(SimulationError)
  })

  test('an account that has got code is not played', async () => {
    const error = await failureOf(rehearser(endpoint('one')).rehearse(multicall, calls(), watch()))
    expect(error).toBeInstanceOf(SimulationError)
    expect(error).toMatchObject({ index: undefined, message: expect.stringMatching(/has code/) })
  })
})
