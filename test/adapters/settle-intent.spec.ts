import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { numberToHex } from 'viem'
import { accountAliases, accountOf } from '../../sandbox/accounts.js'
import { chainTraits, type SandboxChain, startChain } from '../../sandbox/chains.js'
import { deployTokens } from '../../sandbox/tokens.js'
import { QuorumReader } from '../../src/adapters/chains/quorum-reader.js'
import { ViemChain } from '../../src/adapters/chains/viem-chain.js'
import { DevelopmentSigner } from '../../src/adapters/signers/development-signer.js'
import { ReadPrices } from '../../src/application/read-prices.js'
import { SettleIntent } from '../../src/application/settle-intent.js'
import { TripBreaker } from '../../src/application/trip-breaker.js'
import { NATIVE, type Token } from '../../src/domain/assets.js'
import type { Intent, NewIntent } from '../../src/domain/execution/intent.js'
import { Stopping } from '../../src/ports/stopping.js'
import { PriceSources } from '../../src/ports/prices.js'
import { aCycle, addressOf, aMarket, FEE_RULES, newIntent } from '../support/builders.js'
import { chainOptions } from '../support/chain-options.js'
import { FakeClock } from '../support/fake-clock.js'
import { FakeLease, RecordingObserver } from '../support/fake-ports.js'
import { aPortfolio } from '../support/fake-world.js'
import { Life } from '../support/life.js'
import { MemoryRows, MemoryStore } from '../support/memory-store.js'
import { signerOn } from '../support/signer-contract.js'

jest.setTimeout(20_000)

const treasury = accountOf('treasury').address
const spender = addressOf(0xf1)
const portfolio = aPortfolio()
const gas = new Map([['bay', { gasPrice: 20_000_000n, nativeAsset: 'ETH', nativeDecimals: 18 }]])

let bay: SandboxChain
let tether: Token
beforeAll(async () => {
  bay = await startChain(chainTraits.bay, 0)
  await deployTokens(bay)
  await bay.settle()
  tether = { chain: 'bay', asset: 'USD', symbol: 'USDT', address: bay.token('USDT').address, decimals: 6 }
  await bay.setNativeBalance(treasury, 10n ** 18n)
  await request('evm_setAutomine', [false])
  await bay.blocks.mine(24)
}, 30_000)
afterAll(() => bay?.stop())

const request = (method: string, params: unknown[]) =>
  bay.publicClient.request<{ Method: string; Parameters: unknown[]; ReturnType: unknown }>({ method, params })
/** Blocks that have no room for any transaction. */
async function mineEmpty(blocks: number): Promise<void> {
  await request('evm_setBlockGasLimit', [numberToHex(20_000)])
  await bay.blocks.mine(blocks)
  await request('evm_setBlockGasLimit', [numberToHex(30_000_000)])
}

/** A process whose records begin empty, on the real chain, with one intent of its own reserved. */
async function reserved(changes: Partial<NewIntent>) {
  const chain = new ViemChain(
    new QuorumReader([chainOptions(chainTraits.bay, [bay.rpcUrl, bay.rpcUrl])], { maxAgeMs: 0 }),
  )
  const [rows, clock, observer, lease] = [
    new MemoryRows(),
    new FakeClock(),
    new RecordingObserver(),
    new FakeLease(),
  ] as const
  const store = new MemoryStore(rows, undefined, () => clock.now())
  const keys = new DevelopmentSigner(accountAliases.indexOf('treasury'), (chainId) => chainId === bay.chainId)
  const { signer } = signerOn(keys, { chainIds: [bay.chainId] })
  signer.admit(bay.chainId, treasury)
  await lease.acquire()
  const life = new Life()
  const settleIntent = new SettleIntent({
    chain,
    signer,
    store,
    clock,
    observer,
    lease,
    stopping: new Stopping(),
    failpoints: life.failpoints(),
    readPrices: new ReadPrices({ prices: new PriceSources([]) }),
    tripBreaker: new TripBreaker({ store, clock, observer }),
    feeRules: () => ({ ...FEE_RULES, waitBlocks: 2, waitMs: 0 }),
    resendMs: 0,
  })
  const cycle = aCycle({ market: { ...aMarket(), gas } })
  await store.openCycle(cycle)
  const { latest } = await chain.nonces('bay', treasury)
  const fresh = newIntent(cycle, cycle.legs[0]!, {
    chain: 'bay',
    account: treasury,
    reservedAt: clock.now(),
    ...changes,
  })
  const { id } = await store.reserveIntent(fresh, latest)
  const intent = async (): Promise<Intent> => (await store.intent(id))!
  const settle = async () => settleIntent.run(portfolio, cycle, await intent(), undefined)
  /** Looks as long as it takes to be final, a block apart. */
  const settleToTheEnd = async () => {
    for (let look = 0; look < 8; look++) {
      await settle()
      await bay.blocks.mine(1)
    }
    return intent()
  }
  const wallet = (token: string) =>
    rows.postings
      .filter((one) => one.account === 'wallet' && one.token === token && one.book === 'final')
      .reduce((sum, { units }) => sum + units, 0n)
  return { chain, clock, life, intent, settle, settleToTheEnd, wallet, store, nonce: latest }
}

test('an approval that no block takes is replaced, mined once under its nonce, and final', async () => {
  const before = await bay.publicClient.getBalance({ address: treasury })
  const chain = new ViemChain(new QuorumReader([chainOptions(chainTraits.bay, [bay.rpcUrl])]))
  const call = chain.approval(tether, spender, 1_000n)
  const work = await reserved({ kind: 'approve', call, gasLimit: 100_000n })
  expect(await work.settle()).toBe(true)
  await work.settle()
  await mineEmpty(3)
  expect(await work.settle()).toBe(true)
  const { attempts } = await work.intent()
  expect(attempts.map(({ payload }) => payload)).toEqual(['step', 'step'])
  const ended = await work.settleToTheEnd()
  expect(ended).toMatchObject({ state: 'final_ok', nonce: work.nonce, inclusion: { hash: attempts[1]!.hash } })
  expect(await bay.publicClient.getTransactionCount({ address: treasury })).toBe(work.nonce + 1)
  expect(await work.chain.finalizedAllowance(tether, treasury, spender)).toBe(1_000n)
  expect(before + work.wallet(NATIVE)).toBe(await bay.publicClient.getBalance({ address: treasury }))
  expect(work.life.points).toEqual(expect.arrayContaining(['K-08', 'K-10', 'K-11', 'K-12', 'K-13', 'K-17', 'K-18']))
  const told = await work.store.broadcasts(ended.id)
  expect(new Set(told.map(({ endpoint }) => endpoint))).toEqual(new Set(['amber', 'birch']))
})

test('a sale of coin whose deadline passes unmined is cancelled: nothing moves but gas', async () => {
  const before = await bay.publicClient.getBalance({ address: treasury })
  const receiver = addressOf(0xcafe)
  const work = await reserved({
    kind: 'swap',
    call: { chain: 'bay', to: receiver, data: '0x', value: 10n ** 17n },
    gasLimit: 30_000n,
    expiresAt: new FakeClock().now() + 5_000,
  })
  await work.settle()
  await work.settle()
  work.clock.pass(6_000)
  expect(await work.settle()).toBe(true)
  expect((await work.intent()).attempts.map(({ payload }) => payload)).toEqual(['step', 'cancel'])
  const ended = await work.settleToTheEnd()
  expect(ended).toMatchObject({ state: 'final_cancelled', inclusion: { movements: [] } })
  expect(await bay.publicClient.getBalance({ address: receiver })).toBe(0n)
  const after = await bay.publicClient.getBalance({ address: treasury })
  expect(after).toBeLessThan(before)
  expect(work.wallet(NATIVE)).toBe(after - before)
  const cancel = ended.attempts.at(-1)!
  expect(await work.chain.inclusion(ended, cancel.hash)).toMatchObject({ isSuccess: true, movements: [] })
})
