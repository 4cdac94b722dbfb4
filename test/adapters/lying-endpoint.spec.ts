import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { encodeAbiParameters, encodeEventTopics, erc20Abi, type Hex, keccak256, numberToHex } from 'viem'
import { ChainEvents } from '../../src/adapters/chains/chain-events.js'
import { QuorumReader } from '../../src/adapters/chains/quorum-reader.js'
import { ViemChain } from '../../src/adapters/chains/viem-chain.js'
import type { Event } from '../../src/domain/events.js'
import { judgeGas } from '../../src/domain/policy/gas.js'
import { ONE_USD } from '../../src/domain/units/usd.js'
import { SimulationError } from '../../src/ports/chain.js'
import { addressOf, aMarket, OWNER } from '../support/builders.js'
import { chainOptions } from '../support/chain-options.js'

/** What an endpoint says in place of what is true; undefined says the truth. */
type Lie = (method: string, params: readonly unknown[], truth: unknown) => unknown

const HEAD = 100
const TOKEN = addressOf(0x70)
const HASH = keccak256('0x01')
const hashOf = (number: number): Hex => keccak256(numberToHex(number + 1_000))

const blockOf = (number: number) => ({
  number: numberToHex(number),
  hash: hashOf(number),
  parentHash: hashOf(number - 1),
  timestamp: numberToHex(1_700_000_000 + number),
  baseFeePerGas: numberToHex(7),
})

const transfer = {
  address: TOKEN,
  topics: encodeEventTopics({ abi: erc20Abi, eventName: 'Transfer', args: { from: TOKEN, to: OWNER } }),
  data: encodeAbiParameters([{ type: 'uint256' }], [5n]),
  logIndex: '0x3',
  transactionHash: HASH,
}
const receipt = {
  blockHash: hashOf(90),
  blockNumber: numberToHex(90),
  status: '0x1',
  from: OWNER,
  gasUsed: '0x5208',
  effectiveGasPrice: '0x9',
  logs: [transfer],
}

function truthOf(method: string, [first]: readonly unknown[]): unknown {
  switch (method) {
    case 'eth_chainId':
      return numberToHex(1)
    case 'eth_getBlockByNumber':
      return blockOf(first === 'latest' ? HEAD : first === 'finalized' ? HEAD - 10 : Number(first))
    case 'eth_getTransactionReceipt':
      return first === HASH ? receipt : null
    case 'eth_getLogs':
      return [transfer]
    case 'eth_call':
      return numberToHex(12, { size: 32 })
    case 'eth_estimateGas':
      return numberToHex(30_000)
    default:
      throw new Error(`No truth is known about ${method}.`)
  }
}

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

async function startEndpoint(lie: Lie = () => undefined): Promise<string> {
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        const { id, method, params } = JSON.parse(Buffer.concat(chunks).toString()) as {
          id: number
          method: string
          params: unknown[]
        }
        const truth = truthOf(method, params)
        const said = lie(method, params, truth)
        const body = said instanceof Error ? { error: { code: 3, message: said.message } } : { result: said ?? truth }
        outgoing.end(JSON.stringify({ jsonrpc: '2.0', id, ...body }))
      })
  })
  servers.push(server)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Three endpoints of which one lies, each of them in front in turn. */
async function withLiar(lie: Lie) {
  const urls = [await startEndpoint(lie), await startEndpoint(), await startEndpoint()]
  const events: Event[] = []
  const reader = new QuorumReader(
    [{ ...chainOptions({ key: 'bay', chainId: 1, blockTimeSeconds: 12 }, urls), quorum: 2 }],
    { maxAgeMs: 0, lateMs: 300, graceMs: 100, timeoutMs: 2_000, notify: (event) => events.push(event) },
  )
  const judged = () => events.flatMap((event) => (event.type === 'endpoint-judged' ? [event.reason] : []))
  return { reader, chain: new ViemChain(reader), logs: new ChainEvents(reader), judged }
}
const thrice = async <T>(ask: () => Promise<T>) => [await ask(), await ask(), await ask()]
const token = { chain: 'bay', asset: 'USD', symbol: 'USD', address: TOKEN, decimals: 6 }
const call = { chain: 'bay', to: TOKEN, data: '0x12345678', value: 0n } as const

describe('C-21: one endpoint of three', () => {
  test.each<[string, Partial<typeof receipt> | { logs: unknown }]>([
    ['no events', { logs: undefined }],
    ['an event that is none', { logs: [null] }],
    ['another place of an event', { logs: [{ ...transfer, logIndex: '0x9' }] }],
    ['nonsense beside what is read', { logs: [{ ...transfer, blockNumber: 'x', blockTimestamp: 'x' }] }],
  ])('shows a receipt with %s: the others are believed', async (_name, change) => {
    const { chain } = await withLiar((method, _params, truth) =>
      method === 'eth_getTransactionReceipt' && truth ? { ...receipt, ...change } : undefined,
    )
    for (const found of await thrice(() => chain.receipt('bay', HASH)))
      expect(found).toMatchObject({ isSuccess: true, transfers: [{ units: 5n, log: 3 }] })
  })

  test('says a thing that is no text: it has no vote and nothing breaks', async () => {
    const { chain } = await withLiar((method) => (method === 'eth_call' ? { toString: 1, valueOf: 1 } : undefined))
    expect(await thrice(() => chain.allowance(token, OWNER, TOKEN))).toEqual([12n, 12n, 12n])
  })

  test.each<[string, Record<string, unknown>]>([
    ['time', { timestamp: numberToHex(1_800_000_000) }],
    ['base fee', { baseFeePerGas: numberToHex(10n ** 12n) }],
    ['time that is no number', { timestamp: 'later' }],
  ])('tells a block with the right hash and another %s: the others are believed', async (_name, change) => {
    const { reader } = await withLiar((method, _params, truth) =>
      method === 'eth_getBlockByNumber' ? { ...(truth as object), ...change } : undefined,
    )
    for (const { head, finalized } of await thrice(() => reader.view('bay'))) {
      expect(head).toMatchObject({ number: 100n, baseFee: 7n, timestamp: 1_700_000_100 })
      expect(finalized).toMatchObject({ number: 90n, baseFee: 7n, timestamp: 1_700_000_090 })
    }
    for (const block of await thrice(() => reader.blockAt('bay', 95n)))
      expect(block).toMatchObject({ baseFee: 7n, timestamp: 1_700_000_095 })
  })

  test('is caught when it tells a block with the right hash and another base fee', async () => {
    const { reader, judged } = await withLiar((method, _params, truth) =>
      method === 'eth_getBlockByNumber' ? { ...(truth as object), baseFeePerGas: '0x9' } : undefined,
    )
    await thrice(() => reader.view('bay'))
    expect(judged()).toContainEqual(expect.stringContaining('tells block 100 otherwise'))
  })

  test.each<[string, unknown]>([
    ['much more gas', numberToHex(10n ** 9n)],
    ['hardly any gas', '0x1'],
    ['that the call would fail', new Error('execution reverted')],
  ])('estimates %s: the others are believed', async (_name, said) => {
    const { chain } = await withLiar((method) => (method === 'eth_estimateGas' ? said : undefined))
    expect(await thrice(() => chain.estimateGas(OWNER, call))).toEqual([30_000n, 30_000n, 30_000n])
  })

  test('names transactions without end for one event: it is not listened to', async () => {
    const flood = Array.from({ length: 10_000 }, (_, index) => ({
      ...transfer,
      transactionHash: keccak256(numberToHex(index)),
    }))
    const { logs } = await withLiar((method) => (method === 'eth_getLogs' ? flood : undefined))
    const query = { address: TOKEN, topics: transfer.topics as Hex[] }
    for (const hashes of await thrice(() => logs.transactionsWith('bay', query, 80n, 95n)))
      expect(hashes).toEqual([HASH])
  })

  test('names transactions by events that were not asked for: they are left out', async () => {
    const other = { ...transfer, address: OWNER, transactionHash: keccak256('0x02') }
    const { logs } = await withLiar((method) => (method === 'eth_getLogs' ? [other, transfer] : undefined))
    const query = { address: TOKEN, topics: transfer.topics as Hex[] }
    for (const hashes of await thrice(() => logs.transactionsWith('bay', query, 80n, 95n)))
      expect(hashes).toEqual([HASH])
  })
})

describe('C-10: one endpoint of two', () => {
  const estimatesOf = async (...said: readonly (string | undefined)[]) => {
    const urls = await Promise.all(
      said.map((one) => startEndpoint((method) => (method === 'eth_estimateGas' ? one : undefined))),
    )
    const chain = new ViemChain(
      new QuorumReader([chainOptions({ key: 'bay', chainId: 1, blockTimeSeconds: 12 }, urls)]),
    )
    return chain.estimateGas(OWNER, call)
  }

  test('estimates hardly any gas: the other is believed, wherever it stands', async () => {
    expect(await estimatesOf('0x1', undefined)).toBe(30_000n)
    expect(await estimatesOf(undefined, '0x1')).toBe(30_000n)
  })

  test('never is it less than a transaction with the same data costs before it does anything', async () => {
    expect(await estimatesOf('0x1', '0x2')).toBe(21_160n)
    expect(await estimatesOf('0x0')).toBe(21_160n)
  })

  test('estimates absurdly much: a trade that would be given so much gas is refused', async () => {
    const estimate = await estimatesOf(numberToHex(10n ** 12n), undefined)
    expect(estimate).toBe(10n ** 12n)
    const verdict = judgeGas({
      market: aMarket(),
      chain: 'bay',
      calls: [call],
      steps: [{ changes: [], gasUsed: 30_000n }],
      estimate,
      fee: { maxFeePerGas: 1n, maxPriorityFeePerGas: 0n },
      held: 10n ** 18n,
      gasLimitCap: 2n ** 24n,
      maxGas: 50n * ONE_USD,
    })
    expect(verdict).toMatchObject({ refusal: { code: 'GAS_CAP', detail: expect.stringContaining('at most 16777216') } })
  })
})

test('a call that two of three endpoints see fail would fail', async () => {
  const fails = (method: string) => (method === 'eth_estimateGas' ? new Error('execution reverted') : undefined)
  const urls = [await startEndpoint(fails), await startEndpoint(fails), await startEndpoint()]
  const chain = new ViemChain(
    new QuorumReader([{ ...chainOptions({ key: 'bay', chainId: 1, blockTimeSeconds: 12 }, urls), quorum: 2 }]),
  )
  await expect(chain.estimateGas(OWNER, call)).rejects.toThrow(SimulationError)
})
