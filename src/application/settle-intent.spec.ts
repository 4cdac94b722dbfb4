import { describe, expect, test } from '@jest/globals'
import { decodeTransaction, payloadOf } from '../../test/support/fake-contracts.js'
import { openCycle, plannedLeg, written } from '../../test/support/fake-legs.js'
import { ALPHA, aPortfolio, FakeWorld } from '../../test/support/fake-world.js'
import type { Intent } from '../domain/execution/intent.js'

const portfolio = aPortfolio()

/** A world with one reserved sale of native coin, and a process to settle it. */
async function reservedSale() {
  const world = FakeWorld.drifted()
  const cycle = await openCycle(world, [plannedLeg(world, 1, 'swap', ALPHA.eth, 10n ** 18n, ALPHA.usdc)])
  const process = world.start()
  await process.offerLeg.run(portfolio, cycle, cycle.legs[0]!, cycle.legs[0]!.leg.sell)
  const intent = (): Intent => written(world).intents[0]!
  const settle = () => process.settleIntent.run(portfolio, cycle, intent(), undefined)
  return { world, process, intent, settle }
}

describe('SettleIntent', () => {
  test('goes from reserved over signed and mined to final, one look at a time', async () => {
    const { world, intent, settle } = await reservedSale()
    const seen = [intent().state]
    for (let look = 0; look < 6; look++) {
      await settle()
      world.clock.pass(1_000)
      seen.push(intent().state)
    }
    expect(seen).toEqual(['reserved', 'signed', 'mined', 'mined', 'final_ok', 'final_ok', 'final_ok'])
    expect(world.chain.heard).toHaveLength(1)
    expect(world.signer.signed).toHaveLength(1)
  })

  test('signs the reserved call for the reserved nonce with a doubled base fee', async () => {
    const { world, intent, settle } = await reservedSale()
    await settle()
    const { call, nonce, gasLimit } = intent()
    expect(decodeTransaction(world.chain.heard[0]!.raw)).toMatchObject({
      chainId: 901,
      nonce,
      gasLimit,
      to: call.to,
      data: call.data,
      value: call.value,
      maxFeePerGas: 2_000_000_000n,
      maxPriorityFeePerGas: 0n,
    })
  })

  test('sends the same bytes again while unmined, not more often than told', async () => {
    const { world, settle } = await reservedSale()
    world.chain.hold('alpha', 100)
    await settle()
    for (let look = 0; look < 10; look++) {
      world.clock.pass(1_000)
      await settle()
    }
    expect(world.chain.heard).toHaveLength(4)
    expect(new Set(world.chain.heard.map(({ raw }) => raw)).size).toBe(1)
    expect(new Set(world.chain.heard.map(({ raw }) => payloadOf(raw))).size).toBe(1)
  })

  test('sends nothing any more once it is mined, however long it takes to be final', async () => {
    const { world, intent, settle } = await reservedSale()
    world.chain.finalizedBlock = () => Promise.resolve(0n)
    for (let look = 0; look < 20; look++) {
      await settle()
      world.clock.pass(1_000)
    }
    expect(intent().state).toBe('mined')
    expect(world.chain.heard).toHaveLength(1)
  })

  test('an intent nobody signed in time gives its nonce back, and the next one takes it', async () => {
    const { world, process, intent, settle } = await reservedSale()
    world.clock.pass(portfolio.maxQuoteAgeMs + 1)
    await settle()
    expect(intent().state).toBe('released')
    expect(world.signer.signed).toEqual([])
    const [run] = written(world).legs
    await process.offerLeg.run(portfolio, written(world), run!, run!.leg.sell)
    expect(written(world).intents.map(({ id, nonce, state }) => [id, nonce, state])).toEqual([
      ['plan-1.1.swap.0', 0, 'released'],
      ['plan-1.1.swap.1', 0, 'reserved'],
    ])
  })

  test('signs and sends nothing without the lease', async () => {
    const { world, process, intent, settle } = await reservedSale()
    process.lease.isTaken = true
    await settle()
    expect([intent().state, world.signer.signed.length]).toEqual(['reserved', 0])
    process.lease.isTaken = false
    await settle()
    world.chain.reorg('alpha', 1, 'forgotten')
    process.lease.isTaken = true
    world.clock.pass(60_000)
    await settle()
    expect(world.chain.heard).toHaveLength(1)
  })

  test('books nothing before the block is final, and gas and movements then (P-14)', async () => {
    const { world, intent, settle } = await reservedSale()
    while (intent().state !== 'final_ok') {
      expect(world.rows.postings).toEqual([])
      await settle()
      world.clock.pass(1_000)
    }
    const sums = new Map<string, bigint>()
    for (const { account, token, units } of world.rows.postings)
      sums.set(`${account} ${token}`, (sums.get(`${account} ${token}`) ?? 0n) + units)
    expect([...sums.values()].reduce((sum, units) => sum + units, 0n)).toBe(0n)
    expect(sums.get(`wallet ${ALPHA.eth.address}`)).toBe(-(10n ** 18n) - 100_000n * 10n ** 9n)
    expect(sums.get(`wallet ${ALPHA.usdc.address}`)).toBe(2_997n * 10n ** 6n)
  })

  test('an ended intent is not touched', async () => {
    const { world, intent, settle } = await reservedSale()
    while (intent().state !== 'final_ok') {
      await settle()
      world.clock.pass(1_000)
    }
    const before = intent()
    world.chain.silent.add('alpha')
    await settle()
    expect(intent()).toBe(before)
  })
})
