import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { type Hex, keccak256 } from 'viem'
import { accountOf } from '../../sandbox/accounts.js'
import { chainTraits, type SandboxChain, startChain } from '../../sandbox/chains.js'
import { type Providers, startProviders } from '../../sandbox/providers.js'
import { providerNames, type ProviderName, type RpcFault } from '../../sandbox/rpc-faults.js'
import { contractNamed, loadContracts } from '../../sandbox/solidity.js'
import { deployTokens } from '../../sandbox/tokens.js'
import { BlockReader } from '../../src/adapters/chains/block-reader.js'
import { QuorumReader, type QuorumReaderOptions } from '../../src/adapters/chains/quorum-reader.js'
import { QuorumStandings } from '../../src/adapters/chains/quorum-standings.js'
import { ViemBalances } from '../../src/adapters/chains/viem-balances.js'
import { ViemChain } from '../../src/adapters/chains/viem-chain.js'
import { NATIVE } from '../../src/domain/assets.js'
import type { Event } from '../../src/domain/events.js'
import { ChainError } from '../../src/ports/chain.js'
import { anIntent } from '../support/builders.js'
import { chainOptions } from '../support/chain-options.js'

jest.setTimeout(20_000)

let bay: SandboxChain
let providers: Providers
let multicall: Hex
const treasury = accountOf('treasury')

beforeAll(async () => {
  bay = await startChain(chainTraits.bay, 0)
  multicall = await bay.deploy(contractNamed(await loadContracts(), 'CallBatcher'))
  await deployTokens(bay)
  await bay.settle()
  await bay.setNativeBalance(treasury.address, 10n ** 18n)
  await bay.blocks.mine(70)
  providers = await startProviders([bay], 3, () => 0)
}, 60_000)

afterEach(() => {
  for (const name of providerNames) providers.set('bay', name, [])
})

afterAll(async () => {
  await providers?.stop()
  await bay?.stop()
})

/** A daemon's eyes that open now: nothing is remembered, nothing is cached. */
function lookAnew(options: QuorumReaderOptions = {}, urls = providers.urlsOf('bay')) {
  const events: Event[] = []
  const quorum = new QuorumReader([chainOptions(bay, urls, multicall)], {
    maxAgeMs: 0,
    graceMs: 150,
    lateMs: 150,
    timeoutMs: 400,
    notify: (event) => events.push(event),
    ...options,
  })
  const judged = () =>
    events.flatMap((event) =>
      event.type === 'endpoint-judged'
        ? [{ endpoint: event.endpoint, isHealthy: event.isHealthy, reason: event.reason }]
        : [],
    )
  return { quorum, chain: new ViemChain(quorum), events, judged }
}

const play = (faults: Partial<Record<ProviderName, readonly RpcFault[]>>) => {
  for (const name of providerNames) providers.set('bay', name, faults[name] ?? [])
}
const playAll = (faults: readonly RpcFault[]) => play({ amber: faults, birch: faults, cedar: faults })
const caught = (endpoint: ProviderName, reason: string) => ({
  endpoint,
  isHealthy: false,
  reason: expect.stringContaining(reason),
})
/** Everyone is asked first once. */
const thrice = async <T>(ask: () => Promise<T>) => [await ask(), await ask(), await ask()]

async function signed(nonce: number): Promise<{ raw: Hex; hash: Hex }> {
  const raw = await treasury.signTransaction({
    type: 'eip1559',
    chainId: bay.chainId,
    nonce,
    to: treasury.address,
    gas: 21_000n,
    maxFeePerGas: 10n ** 10n,
    maxPriorityFeePerGas: 10n ** 6n,
  })
  return { raw, hash: keccak256(raw) }
}
const countOnNode = () => bay.publicClient.getTransactionCount({ address: treasury.address })
const intent = (nonce: number) => anIntent({ chain: 'bay', account: treasury.address, nonce })

describe('honest endpoints', () => {
  test('C-20: agree on head and finalised block, and state is read at that block', async () => {
    const { chain, judged, events } = lookAnew()
    const view = await chain.view('bay')
    const block = await bay.publicClient.getBlock()
    expect(view).toMatchObject({ head: { number: block.number, hash: block.hash }, quarantined: [] })
    expect([...view.agreeing].toSorted()).toEqual(['amber', 'birch', 'cedar'])
    expect(view.finalized.number).toBe(block.number - 2n)
    expect(await chain.coinBalance('bay', treasury.address)).toBe(10n ** 18n)
    expect(judged()).toEqual([])
    expect(events.filter(({ type }) => type === 'chain-viewed')).toMatchObject([{ isQuorum: true }, { isQuorum: true }])
    // Names stand for addresses everywhere.
    expect(
      JSON.stringify(events, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
    ).not.toContain('127.0.0.1')
  })

  test('C-20: a view is shared for a moment, and whoever asks meanwhile waits for the same one', async () => {
    const { chain, events } = lookAnew({ maxAgeMs: 60_000 })
    await Promise.all([chain.view('bay'), chain.view('bay')])
    await chain.view('bay')
    expect(events.filter(({ type }) => type === 'chain-viewed')).toHaveLength(1)
  })

  test('C-22: show chain id and first block once, and again after their connection was lost', async () => {
    const { chain, events } = lookAnew()
    const asked = () => events.filter((event) => event.type === 'rpc-answered' && event.method === 'eth_chainId').length
    await thrice(() => chain.view('bay'))
    expect(asked()).toBe(3)
    playAll([{ kind: 'drop-request', requests: 1 }])
    await chain.view('bay').catch(() => undefined)
    await chain.view('bay')
    expect(asked()).toBeGreaterThan(3)
  })
})

describe('F-21: one of three that inflates balances', () => {
  test.each(providerNames)('is outvoted, caught and told of: %s', async (liar) => {
    play({ [liar]: [{ kind: 'lie', what: 'balances' }] })
    const { chain, judged } = lookAnew()
    expect(await thrice(() => chain.coinBalance('bay', treasury.address))).toEqual([10n ** 18n, 10n ** 18n, 10n ** 18n])
    expect(judged()).toEqual([caught(liar, 'the coin of')])
    const view = await chain.view('bay')
    expect(view.quarantined).toEqual([{ endpoint: liar, reason: expect.stringContaining('something else') }])
    expect(view.agreeing).not.toContain(liar)
  })

  test('is outvoted in the multicall of a snapshot as well', async () => {
    play({ amber: [{ kind: 'lie', what: 'balances' }] })
    const { quorum, judged } = lookAnew()
    const balances = new ViemBalances(quorum, new BlockReader(quorum))
    const coin = { chain: 'bay', asset: 'ETH', symbol: 'ETH', address: NATIVE, decimals: 18 }
    const held = [{ token: coin, units: 10n ** 18n }]
    for (const reading of await thrice(() => balances.read('bay', treasury.address, [coin])))
      expect(reading).toMatchObject({ status: 'known', holdings: held, problems: [] })
    expect(judged()).toEqual([caught('amber', 'values of contracts')])
  })

  test('is listened to again after the quarantine, once it has shown its chain anew', async () => {
    play({ amber: [{ kind: 'lie', what: 'balances' }] })
    let now = Date.now()
    const { chain, judged } = lookAnew({ now: () => now })
    await thrice(() => chain.coinBalance('bay', treasury.address))
    play({})
    expect((await chain.view('bay')).quarantined).toHaveLength(1)
    now += 600_001
    await thrice(() => chain.view('bay'))
    expect((await chain.view('bay')).quarantined).toEqual([])
    expect(judged().map(({ isHealthy }) => isHealthy)).toEqual([false, true])
  })

  test('leaves the answer unknown when another one is silent', async () => {
    play({ amber: [{ kind: 'lie', what: 'balances' }], birch: [{ kind: 'drop-answer', methods: ['eth_getBalance'] }] })
    const { chain, judged } = lookAnew()
    await expect(chain.coinBalance('bay', treasury.address)).rejects.toThrow(ChainError)
    expect(judged()).toEqual([])
  })
})

test('F-22: two of three that lie together are believed; caps and reconciliation bound what that costs', async () => {
  const lie = [{ kind: 'lie', what: 'balances' } as const]
  play({ amber: lie, birch: lie })
  const { chain, judged } = lookAnew()
  expect(await thrice(() => chain.coinBalance('bay', treasury.address))).toContain(2n * 10n ** 18n)
  expect(judged()).toEqual([caught('cedar', 'the coin of')])
})

test('F-23: one that is 50 blocks behind does not disagree; it is left out for the age of its head', async () => {
  play({ cedar: [{ kind: 'stale', blocks: 50 }] })
  const { chain, judged } = lookAnew()
  const view = await chain.view('bay')
  expect(view).toMatchObject({ head: { number: await bay.publicClient.getBlockNumber() }, quarantined: [] })
  expect([...view.agreeing].toSorted()).toEqual(['amber', 'birch'])
  expect(await thrice(() => chain.coinBalance('bay', treasury.address))).toEqual([10n ** 18n, 10n ** 18n, 10n ** 18n])
  expect(judged()).toEqual([caught('cedar', 'behind')])
  play({})
  await chain.view('bay')
  expect(judged()).toHaveLength(2)
})

test('F-23: one that falls behind later has not gone back on its word', async () => {
  const { chain } = lookAnew()
  await chain.view('bay')
  play({ cedar: [{ kind: 'stale', blocks: 50 }] })
  for (let look = 0; look < 3; look++) expect((await chain.view('bay')).quarantined).toEqual([])
})

describe('F-24: a transaction count', () => {
  test('that is lower at one endpoint is outvoted', async () => {
    await bay.send('treasury', { to: treasury.address, value: 0n })
    await bay.blocks.mine(3)
    const count = await countOnNode()
    play({ birch: [{ kind: 'lie', what: 'nonce' }] })
    const { chain, judged } = lookAnew()
    const expected = { latest: count, finalized: count }
    expect(await thrice(() => chain.nonces('bay', treasury.address))).toEqual([expected, expected, expected])
    expect(judged()).toEqual([caught('birch', 'the transaction count')])
  })

  test('that is lower than before everywhere is not believed', async () => {
    const { chain } = lookAnew()
    await chain.nonces('bay', treasury.address)
    playAll([{ kind: 'lie', what: 'nonce' }])
    await expect(chain.nonces('bay', treasury.address)).rejects.toThrow(/went back/)
  })
})

describe('a broadcast', () => {
  const onSend = { methods: ['eth_sendRawTransaction'] }

  test.each<[string, readonly RpcFault[], RegExp]>([
    ['F-25: is cut off after it was accepted', [{ kind: 'drop-answer', ...onSend }], /./],
    ['F-26: is answered with HTTP 500 after it was accepted', [{ kind: 'error-after', ...onSend }], /500/],
    ['F-26: is answered in unknown words', [{ kind: 'error-after', message: 'no idea', ...onSend }], /no idea/],
    ['F-26: arrives twice', [{ kind: 'duplicate', ...onSend }], /./],
  ])('%s: the transaction is live and found by its hash', async (_name, faults, said) => {
    playAll(faults)
    const { chain } = lookAnew()
    const nonce = await countOnNode()
    const { raw, hash } = await signed(nonce)
    const answers = await chain.broadcast('bay', raw)
    expect(answers.map(({ endpoint }) => endpoint)).toEqual([...providerNames])
    for (const { answer } of answers) expect(answer).toMatch(said)
    playAll([])
    expect(await chain.inclusion(intent(nonce), hash)).toMatchObject({ hash, isSuccess: true })
    expect(await countOnNode()).toBe(nonce + 1)
  })

  test('C-23: goes to every endpoint at once, one that accepts is enough, and it never rejects', async () => {
    play({ amber: [{ kind: 'freeze', ...onSend }], birch: [{ kind: 'garbage', ...onSend }] })
    const { chain } = lookAnew()
    const nonce = await countOnNode()
    const { raw, hash } = await signed(nonce)
    const answers = await chain.broadcast('bay', raw)
    expect(answers).toEqual([
      { endpoint: 'amber', answer: expect.stringContaining('timed out') },
      { endpoint: 'birch', answer: expect.stringContaining('not JSON') },
      { endpoint: 'cedar', answer: 'accepted' },
    ])
    expect(await chain.inclusion(intent(nonce), hash)).toBeDefined()
  })

  test('F-27: is answered with "nonce too low" because it is mined: it is found by its hash all the same', async () => {
    const { chain } = lookAnew()
    const nonce = await countOnNode()
    const { raw, hash } = await signed(nonce)
    await chain.broadcast('bay', raw)
    for (const { answer } of await chain.broadcast('bay', raw)) expect(answer).not.toBe('accepted')
    expect(await chain.inclusion(intent(nonce), hash)).toMatchObject({ hash, isSuccess: true })
    expect(await chain.consumer('bay', treasury.address, nonce)).toBe(hash)
    expect(await chain.consumer('bay', treasury.address, nonce + 1)).toBeUndefined()
  })
})

describe('a receipt', () => {
  let nonce: number
  let hash: Hex
  beforeAll(async () => {
    nonce = await countOnNode()
    const sent = await signed(nonce)
    hash = sent.hash
    await lookAnew().chain.broadcast('bay', sent.raw)
  })
  const none = [{ kind: 'no-receipts' } as const]

  test('F-31: that one endpoint alone shows is waited for', async () => {
    play({ birch: none, cedar: none })
    const { chain, judged } = lookAnew()
    expect(await thrice(() => chain.inclusion(intent(nonce), hash))).toEqual([undefined, undefined, undefined])
    play({ cedar: none })
    expect(await chain.inclusion(intent(nonce), hash)).toMatchObject({ hash })
    expect(judged()).toEqual([])
  })

  test('C-21: that one endpoint shows with another outcome is outvoted', async () => {
    play({ cedar: [{ kind: 'lie', what: 'receipt' }] })
    const { chain, judged } = lookAnew()
    for (const one of await thrice(() => chain.inclusion(intent(nonce), hash)))
      expect(one).toMatchObject({ isSuccess: true })
    expect(judged()).toEqual([caught('cedar', 'its receipt of')])
  })

  test('C-21: about which too few answer is unknown, not absent', async () => {
    const silent: readonly RpcFault[] = [{ kind: 'drop-request', methods: ['eth_getTransactionReceipt'] }]
    play({ birch: silent, cedar: silent })
    await expect(lookAnew().chain.inclusion(intent(nonce), hash)).rejects.toThrow(ChainError)
  })
})

describe('F-32: an endpoint of another chain', () => {
  test('is named at the start', async () => {
    play({ birch: [{ kind: 'lie', what: 'chain-id' }] })
    const { quorum } = lookAnew()
    expect(await quorum.endpoints.misplaced()).toEqual([
      expect.stringMatching(/^chains\.bay\.rpc: birch: expected chain id 9710002, the endpoint serves 9710003;/),
    ])
  })

  test('is named at the start when only its first block is another one', async () => {
    play({ birch: [{ kind: 'lie', what: 'hash' }] })
    expect(await lookAnew().quorum.endpoints.misplaced()).toEqual([expect.stringContaining('expected first block')])
  })

  test('is caught when it becomes one behind the same address', async () => {
    const { chain, judged } = lookAnew()
    await chain.view('bay')
    const isOther = { kind: 'lie', what: 'chain-id' } as const
    play({ birch: [{ kind: 'drop-request', requests: 1 }, isOther] })
    // The others suffice, so that it is asked again only after a rest; with one less it is needed at once.
    play({ amber: [{ kind: 'drop-request' }], birch: [{ kind: 'drop-request', requests: 1 }, isOther] })
    for (let look = 0; look < 3; look++) await chain.view('bay').catch(() => undefined)
    expect(judged()).toContainEqual(caught('birch', 'expected chain id'))
  })
})

test('F-33: one whose connection stands still is not waited for', async () => {
  const { chain, events } = lookAnew()
  await chain.view('bay')
  play({ amber: [{ kind: 'freeze' }] })
  for (let look = 0; look < 3; look++) {
    await bay.blocks.mine(1)
    const view = await chain.view('bay')
    expect(view.head.number).toBe(await bay.publicClient.getBlockNumber())
    expect(view.agreeing).not.toContain('amber')
  }
  expect(events.at(-1)).toMatchObject({ type: 'chain-viewed', isQuorum: true })
})

describe('F-34: a finalised block', () => {
  test('above the latest one puts the endpoint in quarantine', async () => {
    play({ amber: [{ kind: 'lie', what: 'finalized-above' }] })
    const { chain, judged } = lookAnew()
    expect((await chain.view('bay')).agreeing).not.toContain('amber')
    expect(judged()).toEqual([caught('amber', 'above its latest')])
  })

  test('that moves back puts the endpoint in quarantine', async () => {
    const { chain, judged } = lookAnew()
    const { finalized } = await chain.view('bay')
    play({ amber: [{ kind: 'lie', what: 'finalized-back' }] })
    expect(await chain.view('bay')).toMatchObject({ finalized: { number: finalized.number } })
    expect(judged()).toEqual([caught('amber', 'moved back')])
  })

  test('that moves back at a quorum contradicts what was final (B-08)', async () => {
    const { chain } = lookAnew()
    const { finalized } = await chain.view('bay')
    playAll([{ kind: 'lie', what: 'finalized-back' }])
    const view = await chain.view('bay')
    expect(view).toMatchObject({ finalized: { number: finalized.number } })
    expect(view.contradiction).toContain('moved their finalised block back')
  })

  test('F-37: with another hash at a quorum contradicts what was final (B-08)', async () => {
    const { chain } = lookAnew()
    const { finalized } = await chain.view('bay')
    playAll([{ kind: 'lie', what: 'hash', methods: ['eth_getBlockByNumber'] }])
    await bay.blocks.mine(1)
    const view = await chain.view('bay')
    expect(view).toMatchObject({ finalized, contradiction: expect.stringContaining(finalized.hash) })
  })

  test('with another hash at one endpoint puts it in quarantine', async () => {
    const { chain, judged } = lookAnew()
    await chain.view('bay')
    play({ birch: [{ kind: 'lie', what: 'hash' }] })
    expect((await chain.view('bay')).contradiction).toBeUndefined()
    expect(judged()).toEqual([caught('birch', 'not the one others agree on')])
  })
})

describe('an endpoint that answers with nonsense', () => {
  test.each<RpcFault>([
    { kind: 'wrong-id' },
    { kind: 'garbage' },
    { kind: 'rate-limit' },
    { kind: 'drop-request' },
    { kind: 'drop-answer' },
    { kind: 'error-after' },
    { kind: 'error-after', message: 'busy' },
  ])('says nothing: $kind', async (fault) => {
    const { chain } = lookAnew()
    await chain.view('bay')
    play({ amber: [fault] })
    for (const balance of await thrice(() => chain.coinBalance('bay', treasury.address)))
      expect(balance).toBeGreaterThan(0n)
    expect((await chain.view('bay')).quarantined).toEqual([])
  })

  test('leaves the chain unknown when it is one of two', async () => {
    play({ amber: [{ kind: 'garbage' }] })
    const { chain } = lookAnew({}, providers.urlsOf('bay').slice(0, 2))
    await expect(chain.view('bay')).rejects.toThrow(/^Chain bay: .*check chains\.bay\.rpc and the network\.$/)
  })
})

test('a tip is what has been usual lately, at least the configured one, and no endpoint alone raises it', async () => {
  const { quorum } = lookAnew()
  const configured = new QuorumReader([{ ...quorum.chain('bay'), priorityFee: 7n }])
  expect(await new ViemChain(configured).fees('bay')).toEqual({
    baseFee: (await bay.publicClient.getBlock()).baseFeePerGas,
    priorityFee: expect.any(BigInt),
  })
  playAll([{ kind: 'error-after', message: 'no such method', methods: ['eth_feeHistory'] }])
  expect(await new ViemChain(configured).fees('bay')).toMatchObject({ priorityFee: 7n })
})

describe('what is told of endpoints', () => {
  const secret = 'v2-secret-key-0123'
  const withKeys = () => providers.urlsOf('bay').map((url) => `${url}/${secret}?token=${secret}`)
  const standing = (eyes: ReturnType<typeof lookAnew>) => new QuorumStandings(eyes.quorum).all()

  test('before they were asked nothing is known', () => {
    expect(standing(lookAnew())).toMatchObject([
      { chain: 'bay', chainId: bay.chainId, quorum: 2, lookedAt: undefined, isAgreed: false, head: undefined },
    ])
  })

  test('is who agrees and why one is left out; the host is all that is told of an address', async () => {
    const eyes = lookAnew({ now: () => 1_000 }, withKeys())
    playAll([{ kind: 'garbage' }])
    await eyes.chain.view('bay').catch(() => undefined)
    const [failed] = standing(eyes)
    expect(failed).toMatchObject({ lookedAt: 1_000, isAgreed: false, reason: expect.any(String), head: undefined })
    play({ cedar: [{ kind: 'lie', what: 'chain-id' }] })
    const { head } = await eyes.chain.view('bay')
    const [bayNow] = standing(eyes)
    expect(bayNow).toMatchObject({ isAgreed: true, reason: undefined, head: { number: head.number } })
    const hosts = providers.urlsOf('bay').map((url) => new URL(url).host)
    expect(bayNow?.endpoints).toMatchObject([
      { name: 'amber', host: hosts[0], isHealthy: true, isAgreeing: true, quarantinedUntil: undefined },
      { name: 'birch', host: hosts[1], isHealthy: true, isAgreeing: true, head: { number: head.number } },
      {
        name: 'cedar',
        host: hosts[2],
        isHealthy: false,
        isAgreeing: false,
        reason: expect.stringContaining('chain id'),
      },
    ])
    expect(bayNow?.endpoints[2]?.quarantinedUntil).toBe(601_000)
  })

  test('holds no key, also where an endpoint repeats it in its answer', async () => {
    const eyes = lookAnew({}, withKeys())
    playAll([{ kind: 'error-after', message: `the key ${secret} has expired` }])
    const error = await eyes.chain.view('bay').catch((one: unknown) => one)
    expect(error).toBeInstanceOf(ChainError)
    const told = JSON.stringify([standing(eyes), eyes.judged(), (error as ChainError).message])
    expect(told.match(/the key … has expired/g)?.length).toBeGreaterThan(6)
    expect(told).not.toContain(secret)
  })
})
