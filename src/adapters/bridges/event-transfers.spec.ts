import { describe, expect, test } from '@jest/globals'
import { encodeAbiParameters, encodeEventTopics, parseAbiItem, toEventSelector } from 'viem'
import { aCycle, addressOf, aRun, aToken, aTransfer, hashOf, OWNER } from '../../../test/support/builders.js'
import { RecordingObserver } from '../../../test/support/fake-ports.js'
import { type Address, type Hex, NATIVE } from '../../domain/assets.js'
import type { Payout, Transfer } from '../../domain/execution/transfer.js'
import { amountOf } from '../../domain/units/amount.js'
import { NoTransfers, Transfers } from '../../ports/transfers.js'
import { BridgeEvents, type BridgeEventOptions, type ChainEvent } from './bridge-events.js'
import { type EventChain, type EventReceipt, EventTransfers } from './event-transfers.js'

const ESCROW: Record<string, Address> = { alpha: addressOf(0xe1), beta: addressOf(0xe2) }
const STRANGER = addressOf(0xbad)
const swift: BridgeEventOptions = {
  key: 'swift',
  contracts: ESCROW,
  deposit: 'event Sent(bytes32 indexed id, uint256 amount)',
  payout: 'event Paid(bytes32 indexed id, uint256 indexed from, address receiver, uint256 amount)',
  refund: 'event Returned(bytes32 indexed id, address receiver, uint256 amount)',
  id: 'id',
  origin: 'from',
}
const flight = aTransfer(aCycle(), aRun())
const { expected, sent, account } = flight
const coin = { ...aToken({ chain: 'beta', asset: 'ETH' }), address: NATIVE }
const tokens = [expected.token, sent.token, coin]
const START = flight.sentAt / 1_000

interface Mined extends EventReceipt {
  readonly hash: Hex
}

/** Chains of one block each second from genesis on; blocks without a transaction of ours are not kept. */
class Chains implements EventChain {
  readonly mined = new Map<string, Mined[]>([
    ['alpha', []],
    ['beta', []],
  ])
  head = 5_000n
  finalized = 4_990n
  gain = 0n
  readonly ranges: [string, bigint, bigint][] = []
  /** Time of genesis, such that the sending was in block 4000. */
  readonly genesis = Math.floor(START) - 4_000

  chainId(chain: string): number {
    return chain === 'alpha' ? 1 : 2
  }

  add(chain: string, number: bigint, hash: Hex, ...logs: (ChainEvent | EventReceipt['transfers'][number])[]): void {
    this.mined.get(chain)!.push({
      hash,
      block: { number, hash: hashOf(Number(number)), timestamp: this.genesis + Number(number) },
      isSuccess: true,
      events: logs.filter((one) => 'topics' in one),
      transfers: logs.filter((one) => 'units' in one),
    })
  }

  receipt(chain: string, hash: Hex): Promise<EventReceipt | undefined> {
    return Promise.resolve(this.mined.get(chain)!.find((one) => one.hash === hash))
  }

  transactionsWith(
    chain: string,
    { address, topics }: { address: Address; topics: readonly (Hex | null)[] },
    from: bigint,
    to: bigint,
  ): Promise<Hex[]> {
    this.ranges.push([chain, from, to])
    const has = (event: ChainEvent) =>
      event.address === address && topics.every((topic, index) => topic === null || topic === event.topics[index])
    return Promise.resolve(
      this.mined
        .get(chain)!
        .filter(({ block, events }) => block.number >= from && block.number <= to && events.some(has))
        .map(({ hash }) => hash),
    )
  }

  heights(): Promise<{ head: bigint; finalized: bigint }> {
    return Promise.resolve({ head: this.head, finalized: this.finalized })
  }

  timestamp(_chain: string, block: bigint): Promise<number> {
    return Promise.resolve(this.genesis + Number(block))
  }

  coinGain(): Promise<bigint> {
    return Promise.resolve(this.gain)
  }
}

/** What the status service names. */
class Hints extends Transfers {
  asked = 0
  payouts: readonly Payout[] = []
  /** Why it cannot be asked. */
  failure: Error | undefined
  override find(): Promise<readonly Payout[]> {
    this.asked += 1
    return this.failure ? Promise.reject(this.failure) : Promise.resolve(this.payouts)
  }
}

let place = 0
const event = (signature: string, address: Address, args: Record<string, unknown>): ChainEvent => {
  const abi = parseAbiItem(signature as 'event Any(uint256 a)')
  const inputs = abi.inputs as readonly { name: string; type: string; indexed?: boolean }[]
  const plain = inputs.filter(({ indexed }) => !indexed)
  return {
    address,
    topics: encodeEventTopics({ abi: [abi], args } as never) as Hex[],
    data: encodeAbiParameters(plain, plain.map(({ name }) => args[name]) as never),
    log: (place += 1),
  }
}
const deposit = (id: Hex, amount = sent.units) => event(swift.deposit, ESCROW['alpha']!, { id, amount })
const paid = (id: Hex, amount: bigint, { from = 1n, receiver = OWNER, address = ESCROW['beta']! } = {}) =>
  event(swift.payout, address, { id, from, receiver, amount })
const returned = (id: Hex, amount: bigint, chain: string) =>
  event(swift.refund!, ESCROW[chain]!, { id, receiver: OWNER, amount })
const moved = (units: bigint, token = expected.token.address, to: Address = account) => ({
  token,
  to,
  units,
  log: (place += 1),
})

const ID = hashOf(0x1d)
const OTHER = hashOf(0x2d)

const build = (changes: Partial<BridgeEventOptions> = {}, more: readonly BridgeEventOptions[] = []) => {
  const chain = new Chains()
  const hints = new Hints()
  const observer = new RecordingObserver()
  chain.add('alpha', 4_000n, flight.originHash, deposit(ID))
  const bridges = [{ ...swift, ...changes }, ...more]
  const transfers = new EventTransfers({ bridges, tokens, chain, maxBlocks: 300, hints, observer })
  const find = (transfer: Transfer = flight) => transfers.find(transfer, [])
  return { chain, hints, observer, transfers, find }
}

describe('a payout', () => {
  test('is what the pinned contract names by our id and the receipt pays to our account', async () => {
    const { chain, hints, find } = build()
    expect(await find()).toEqual([])
    const transfer = moved(expected.units)
    chain.add(
      'beta',
      4_995n,
      hashOf(1),
      transfer,
      moved(7n, expected.token.address, STRANGER),
      paid(ID, expected.units),
    )
    expect(await find()).toEqual([
      {
        chain: 'beta',
        hash: hashOf(1),
        log: transfer.log,
        block: { number: 4_995n, hash: hashOf(4_995), timestamp: chain.genesis + 4_995 },
        amount: expected,
        isRefund: false,
      },
    ])
    expect(hints.asked).toBe(0)
  })

  test.each([
    ['another id', paid(OTHER, expected.units)],
    ['the same id of another origin', paid(ID, expected.units, { from: 3n })],
    ['our id, by a contract that is not the bridge', paid(ID, expected.units, { address: STRANGER })],
  ])('F-62: is not one with %s, whatever comes with it', async (_name, told) => {
    const { chain, find } = build()
    chain.add('beta', 4_995n, hashOf(1), moved(expected.units), told)
    expect(await find()).toEqual([])
  })

  test('F-62: is not one that pays nobody, somebody else, or a token we do not know', async () => {
    const { chain, find } = build()
    chain.add('beta', 4_995n, hashOf(1), paid(ID, 1n))
    chain.add('beta', 4_101n, hashOf(2), moved(1n, expected.token.address, STRANGER), paid(ID, 1n))
    chain.add('beta', 4_102n, hashOf(3), moved(1n, STRANGER), paid(ID, 1n))
    expect(await find()).toEqual([])
  })

  test('F-65: that a reorg removed is gone, and found again where it is then', async () => {
    const { chain, find } = build()
    chain.add('beta', 4_995n, hashOf(1), moved(5n), paid(ID, 5n))
    expect(await find()).toHaveLength(1)
    chain.mined.set('beta', [])
    expect(await find()).toEqual([])
    chain.add('beta', 4_997n, hashOf(2), moved(5n), paid(ID, 5n))
    expect(await find()).toMatchObject([{ hash: hashOf(2) }])
  })

  test('F-60, F-61: may be a refund, on either chain, in any token, and beside a delivery', async () => {
    const { chain, find } = build()
    chain.add(
      'alpha',
      4_200n,
      hashOf(1),
      moved(sent.units - 5n, sent.token.address),
      returned(ID, sent.units - 5n, 'alpha'),
    )
    chain.add('beta', 4_201n, hashOf(2), moved(3n), returned(ID, 3n, 'beta'))
    chain.add('beta', 4_202n, hashOf(3), moved(4n), paid(ID, 4n))
    const found = await find()
    expect(found.map(({ chain: on, amount, isRefund }) => [on, amount.units, isRefund])).toEqual([
      ['beta', 4n, false],
      ['alpha', sent.units - 5n, true],
      ['beta', 3n, true],
    ])
  })

  test('in coin is what the balance grew by, where the event names just that', async () => {
    const foundWith = (gain: bigint) => {
      const { chain, find } = build()
      chain.add('beta', 4_100n, hashOf(1), paid(ID, 40n))
      chain.gain = gain
      return find()
    }
    expect(await foundWith(39n)).toEqual([])
    expect(await foundWith(40n)).toMatchObject([{ amount: amountOf(coin, 40n) }])
  })
})

test('P-17: of one transaction that pays several transfers, each gets what its own event names', async () => {
  const { chain, transfers } = build()
  const other: Transfer = { ...flight, id: 'plan-1.9', originHash: hashOf(8) }
  chain.add('alpha', 4_001n, other.originHash, deposit(OTHER))
  const logs = [moved(5n), moved(6n), moved(5n), moved(5n, expected.token.address, STRANGER)] as const
  chain.add(
    'beta',
    4_100n,
    hashOf(1),
    ...logs,
    paid(OTHER, 5n),
    paid(ID, 6n),
    paid(hashOf(3), 5n, { receiver: STRANGER }),
  )
  chain.add('beta', 4_101n, hashOf(2), paid(OTHER, 9n), paid(ID, 9n), moved(9n), moved(9n))
  const found = async (one: Transfer) =>
    (await transfers.find(one, [])).map(({ hash, amount, log }) => [hash, amount.units, log])
  const [ours, theirs] = [await found(flight), await found(other)]
  expect(ours.map(([hash, units]) => [hash, units])).toEqual([
    [hashOf(1), 6n],
    [hashOf(2), 9n],
  ])
  expect(theirs.map(([hash, units]) => [hash, units])).toEqual([
    [hashOf(1), 5n],
    [hashOf(2), 9n],
  ])
  expect(ours[1]).not.toEqual(theirs[1])
})

describe('P-17: of one transaction in which two bridges pay us, each transfer gets what its own bridge names', () => {
  const DOCK: Record<string, Address> = { alpha: addressOf(0xf1), beta: addressOf(0xf2) }
  const ferry: BridgeEventOptions = { ...swift, key: 'ferry', contracts: DOCK }
  const other: Transfer = { ...flight, id: 'plan-1.9', bridge: 'ferry', originHash: hashOf(8) }
  const world = () => {
    const parts = build({}, [ferry])
    parts.chain.add('alpha', 4_001n, other.originHash, event(ferry.deposit, DOCK['alpha']!, { id: OTHER, amount: 1n }))
    return parts
  }
  const byFerry = (amount: bigint) => paid(OTHER, amount, { address: DOCK['beta']! })
  const logsOf = (found: readonly Payout[]) => found.map(({ amount, log }) => [amount.units, log])

  test.each([
    ['different amounts', 5n, 6n],
    ['equal amounts', 5n, 5n],
  ])('in %s', async (_name, ours, theirs) => {
    const { chain, transfers, find } = world()
    const payments = [moved(ours), moved(theirs)] as const
    chain.add('beta', 4_100n, hashOf(1), ...payments, paid(ID, ours), byFerry(theirs))
    expect(logsOf(await find())).toEqual([[ours, payments[0].log]])
    expect(logsOf(await transfers.find(other, []))).toEqual([[theirs, payments[1].log]])
  })

  test('one of them giving back what the other one delivers', async () => {
    const { chain, transfers, find } = world()
    const payments = [moved(5n), moved(6n)] as const
    chain.add(
      'beta',
      4_100n,
      hashOf(1),
      ...payments,
      paid(ID, 5n),
      event(ferry.refund!, DOCK['beta']!, { id: OTHER, receiver: OWNER, amount: 6n }),
    )
    expect(logsOf(await find())).toEqual([[5n, payments[0].log]])
    expect(await transfers.find(other, [])).toMatchObject([{ log: payments[1].log, isRefund: true }])
  })

  test('and beside a payment that no bridge names', async () => {
    const { chain, find } = world()
    const payment = moved(5n)
    chain.add('beta', 4_100n, hashOf(1), moved(8n), payment, paid(ID, 5n))
    expect(logsOf(await find())).toEqual([[5n, payment.log]])
  })

  test('while the other one pays in coin', async () => {
    const { chain, transfers, find } = world()
    const payment = moved(5n)
    chain.add('beta', 4_100n, hashOf(1), payment, paid(ID, 5n), byFerry(40n))
    chain.gain = 40n
    expect(logsOf(await find())).toEqual([[5n, payment.log]])
    expect(await transfers.find(other, [])).toMatchObject([{ amount: amountOf(coin, 40n) }])
  })
})

describe('the search', () => {
  test('begins at the time of sending, in ranges that endpoints take, and goes on where it was final', async () => {
    const { chain, find } = build()
    await find()
    const onBeta = () => chain.ranges.filter(([name]) => name === 'beta')
    const first = onBeta()
    expect(first[0]![1]).toBeLessThanOrEqual(4_000n)
    expect(first[0]![1]).toBeGreaterThan(3_600n)
    expect(first.at(-1)![2]).toBe(5_000n)
    expect(first.every(([, from, to]) => to - from < 300n)).toBe(true)
    chain.ranges.length = 0
    chain.head = 5_010n
    await find()
    expect(onBeta()).toEqual([
      ['beta', 4_991n, 5_010n],
      ['beta', 4_991n, 5_010n],
    ])
  })

  test('begins anew once the transfer is late: an endpoint may have left something out', async () => {
    const { chain, find } = build()
    const ask = chain.transactionsWith.bind(chain)
    chain.transactionsWith = () => Promise.resolve([])
    chain.add('beta', 4_100n, hashOf(1), moved(5n), paid(ID, 5n))
    expect(await find()).toEqual([])
    chain.transactionsWith = ask
    expect(await find()).toEqual([])
    expect(await find({ ...flight, state: 'late' })).toHaveLength(1)
  })

  test('goes back to the first block of a young chain', async () => {
    const { chain, find } = build()
    chain.head = 3n
    chain.finalized = 0n
    Object.assign(chain, { genesis: START })
    await find()
    expect(chain.ranges.every(([, from, to]) => from === 0n && to === 3n)).toBe(true)
  })

  test('that fails half-way finds the rest the next time', async () => {
    const { chain, find } = build()
    chain.add('beta', 4_100n, hashOf(1), moved(5n), paid(ID, 5n))
    const ask = chain.transactionsWith.bind(chain)
    let calls = 0
    chain.transactionsWith = (...query) => {
      calls += 1
      return calls > 3 ? Promise.reject(new Error('beta does not answer')) : ask(...query)
    }
    await expect(find()).rejects.toThrow('beta does not answer')
    chain.transactionsWith = ask
    expect(await find()).toHaveLength(1)
  })
})

describe('the status service', () => {
  const hint: Payout = {
    chain: 'alpha',
    hash: hashOf(9),
    log: 0,
    block: { number: 1n, hash: hashOf(1), timestamp: 0 },
    amount: sent,
    isRefund: true,
  }

  test('is all there is for a bridge of which nothing is configured', async () => {
    const { hints, find } = build({ key: 'ferry' })
    hints.payouts = [hint]
    expect(await find()).toEqual([hint])
  })

  test('is followed to refunds alone where the bridge tells those without an id', async () => {
    const { chain, hints, find } = build({ refund: undefined })
    hints.payouts = [hint, { ...hint, chain: 'beta', isRefund: false }]
    expect(await find()).toEqual([hint])
    chain.add('beta', 4_995n, hashOf(1), moved(5n), paid(ID, 5n))
    expect((await find()).map(({ hash }) => hash)).toEqual([hashOf(1), hashOf(9)])
  })

  test('that cannot be asked hides no payout that events prove, and the failure is told', async () => {
    const { chain, hints, observer, find } = build({ refund: undefined })
    hints.failure = new Error('LI.FI answered 503')
    expect(await find()).toEqual([])
    chain.add('beta', 4_995n, hashOf(1), moved(5n), paid(ID, 5n))
    expect((await find()).map(({ hash }) => hash)).toEqual([hashOf(1)])
    const what = `asking the status service for a refund of transfer ${flight.id}`
    const failed = { type: 'failed', what, isRetried: true, error: hints.failure }
    expect(observer.events).toEqual([failed, failed])
  })

  test('that cannot be asked undoes no refund that it led to, as long as the chain shows it', async () => {
    const { chain, hints, find } = build({ refund: undefined })
    const payment = moved(sent.units, sent.token.address)
    const block = { number: 4_300n, hash: hashOf(4_300), timestamp: chain.genesis + 4_300 }
    const refund: Payout = { ...hint, log: payment.log, block }
    const seen: Transfer = { ...flight, state: 'seen', arrivals: [{ ...refund, finalAt: undefined }] }
    hints.failure = new Error('LI.FI answered 503')
    chain.add('beta', 4_995n, hashOf(1), moved(5n), paid(ID, 5n))
    expect((await find(seen)).map(({ hash }) => hash)).toEqual([hashOf(1)])
    chain.add('alpha', 4_300n, refund.hash, { ...payment, units: payment.units - 1n })
    expect((await find(seen)).map(({ hash }) => hash)).toEqual([hashOf(1)])
    chain.mined.set('alpha', chain.mined.get('alpha')!.slice(0, 1))
    chain.add('alpha', 4_300n, refund.hash, payment)
    expect(await find(seen)).toMatchObject([{ hash: hashOf(1) }, refund])
    expect((await find(flight)).map(({ hash }) => hash)).toEqual([hashOf(1)])
  })

  test('that cannot be asked leaves nothing known of a bridge without events', async () => {
    const { hints, find } = build({ key: 'ferry' })
    hints.failure = new Error('LI.FI answered 503')
    await expect(find()).rejects.toThrow('LI.FI answered 503')
  })

  test('need not exist where events tell the outcome', async () => {
    const { chain, observer } = build()
    chain.add('beta', 4_995n, hashOf(1), moved(5n), paid(ID, 5n))
    const alone = (bridge: Partial<BridgeEventOptions>) =>
      new EventTransfers({
        bridges: [{ ...swift, ...bridge }],
        tokens,
        chain,
        maxBlocks: 300,
        hints: new NoTransfers(),
        observer,
      }).find(flight, [])
    expect(await alone({})).toMatchObject([{ hash: hashOf(1) }])
    expect(await alone({ refund: undefined })).toMatchObject([{ hash: hashOf(1) }])
    expect(await alone({ key: 'ferry' })).toEqual([])
    expect(observer.events).toEqual([])
  })
})

describe('a sending that the configuration does not explain is an error', () => {
  test.each([
    ['no deposit', [], /Expected one Sent .* came 0/],
    ['two deposits', [deposit(ID), deposit(OTHER)], /Expected one Sent .* came 2/],
  ] as const)('with %s', async (_name, logs, message) => {
    const { chain, find } = build()
    chain.mined.set('alpha', [])
    chain.add('alpha', 4_000n, flight.originHash, ...logs)
    await expect(find()).rejects.toThrow(message)
  })

  test('in no canonical block, or over a chain without a contract', async () => {
    const { chain, find } = build({ contracts: { alpha: ESCROW['alpha']! } })
    await expect(find()).rejects.toThrow(/Expected a contract of swift on beta/)
    chain.mined.set('alpha', [])
    await expect(build().find({ ...flight, originHash: hashOf(77) })).rejects.toThrow(/in no canonical block/)
  })
})

describe('signatures', () => {
  test.each([
    ['is no event', { deposit: 'function pay(uint256 id)' }, /bridges\.swift\.events\.deposit: expected an event/],
    ['cannot be read', { payout: 'Paid!' }, /events\.payout: expected an event such as/],
    ['has no such argument', { id: 'depositId' }, /expected an argument depositId/],
    ['hides the id', { refund: 'event Returned(bytes32 id)' }, /id to be indexed/],
    ['hides the origin', { origin: 'amount' }, /amount to be indexed/],
  ])('of which one %s are refused', (_name, changes, message) => {
    expect(() => new BridgeEvents({ ...swift, ...changes })).toThrow(message)
  })

  test('hash to the topics of the real contracts', () => {
    const filled =
      'event FilledRelay(bytes32 inputToken, bytes32 outputToken, uint256 inputAmount, uint256 outputAmount, uint256 repaymentChainId, uint256 indexed originChainId, uint256 indexed depositId, uint32 fillDeadline, uint32 exclusivityDeadline, bytes32 exclusiveRelayer, bytes32 indexed relayer, bytes32 depositor, bytes32 recipient, bytes32 messageHash, (bytes32 updatedRecipient, bytes32 updatedMessageHash, uint256 updatedOutputAmount, uint8 fillType) relayExecutionInfo)'
    const topic = '0x44b559f101f8fbcc8a0ea43fa91a05a729a5ea6e14a7c75aa750374690137208'
    expect(toEventSelector(filled)).toBe(topic)
    const across = new BridgeEvents({
      ...swift,
      key: 'across',
      deposit: 'event FundsDeposited(uint256 indexed depositId)',
      payout: filled,
      refund: undefined,
      id: 'depositId',
      origin: 'originChainId',
    })
    const word = (number: number) => `0x${number.toString(16).padStart(64, '0')}`
    expect(across.payoutQuery('beta', 5_729_990n, 8_453)).toEqual({
      address: ESCROW['beta'],
      topics: [topic, word(8_453), word(5_729_990), null],
    })
  })
})
