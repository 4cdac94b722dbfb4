import { describe, expect, test } from '@jest/globals'
import { FEE_RULES, OWNER } from '../../test/support/builders.js'
import { decodeTransaction, payloadOf } from '../../test/support/fake-contracts.js'
import { reservedSale, written } from '../../test/support/fake-legs.js'
import { ALPHA, aPortfolio, type FakeWorld } from '../../test/support/fake-world.js'
import { bestAttempt } from '../domain/execution/intent.js'
import { ONE_USD } from '../domain/units/usd.js'

const SALE = `trade ${10n ** 18n} ${ALPHA.eth.address} on alpha`
const heard = (world: FakeWorld) => world.chain.heard.map(({ raw }) => decodeTransaction(raw))
const bids = (world: FakeWorld) => [...new Set(heard(world).map(({ maxFeePerGas }) => maxFeePerGas))]
/** Every nonce that ever reached an endpoint, and the payloads it was used for. */
const slots = (world: FakeWorld) => [...world.chain.payloads()].map(([key, payloads]) => [key, payloads.size])
const booked = (world: FakeWorld, book: 'provisional' | 'final', token = ALPHA.usdc.address) =>
  world.rows.postings
    .filter((one) => one.book === book && one.account === 'wallet' && one.token === token)
    .reduce((sum, { units }) => sum + units, 0n)

describe('answers of endpoints decide nothing', () => {
  test.each([
    ['F-25: the answer is lost although it was accepted', 'taken-with-an-error'],
    ['F-26: one endpoint takes it, the others fail', 'accepted-by-one'],
    ['nobody takes it and nobody says so', 'lost-in-silence'],
    ['nobody takes it', 'lost-with-an-error'],
  ] as const)('%s: one transaction on chain', async (_name, fate) => {
    const { world, intent, looks } = await reservedSale()
    world.chain.fates.push(fate)
    await looks(9)
    expect(intent().state).toBe('final_ok')
    expect(world.effects()).toEqual([SALE])
    expect(slots(world)).toEqual([[`alpha ${OWNER} 0`, 1]])
    expect(world.signer.journal).toHaveLength(1)
  })

  test('F-27: "nonce too low", because our own is mined already: adopted by its hash', async () => {
    const { world, intent, looks } = await reservedSale()
    await looks(1)
    const nonces = world.chain.nonces.bind(world.chain)
    world.chain.receiptless.add('alpha')
    world.chain.nonces = () => Promise.resolve({ latest: 0, finalized: 0 })
    await looks(5)
    expect(world.rows.broadcasts.map(({ answer }) => answer)).toContain('nonce too low')
    expect(intent().state).toBe('signed')
    world.chain.nonces = nonces
    world.chain.receiptless.clear()
    await looks(2)
    expect(intent().state).toBe('final_ok')
    expect(world.effects()).toEqual([SALE])
  })

  test('F-29: without funds it stays signed, whatever they say, and goes after a top-up, with the same nonce', async () => {
    const { world, intent, looks } = await reservedSale()
    const balance = world.chain.balance(ALPHA.eth, OWNER)
    world.chain.give(ALPHA.eth, OWNER, -balance)
    await looks(30)
    expect(world.rows.broadcasts.at(-1)?.answer).toMatch(/^insufficient funds/)
    expect(intent()).toMatchObject({ state: 'signed', nonce: 0 })
    expect(world.effects()).toEqual([])
    world.chain.give(ALPHA.eth, OWNER, balance)
    await looks(8)
    expect(intent()).toMatchObject({ state: 'final_ok', nonce: 0 })
    expect(world.effects()).toEqual([SALE])
    expect(slots(world)).toEqual([[`alpha ${OWNER} 0`, 1]])
  })
})

describe('receipts that are missing', () => {
  test('F-30: for ten minutes after the nonce is consumed: no verdict, nothing signed, then final', async () => {
    const { world, intent, looks, process } = await reservedSale()
    world.chain.receiptless.add('alpha')
    world.chain.forgetful.add('alpha')
    await looks(600)
    expect(intent()).toMatchObject({ state: 'signed', attempts: [{ payload: 'step' }] })
    expect(world.rows.breakers).toEqual([])
    expect(world.rows.events.filter(({ evidence }) => evidence.includes('no receipt of ours'))).toHaveLength(1)
    world.chain.receiptless.clear()
    await looks(3)
    expect(intent().state).toBe('final_ok')
    expect(process.observer.of('breaker-tripped')).toEqual([])
    expect(world.signer.journal).toHaveLength(1)
  })

  test('for longer than the grace, over a restart: the nonce is foreign and everything halts (R-08, R-17)', async () => {
    const { world, intent, looks } = await reservedSale()
    world.chain.receiptless.add('alpha')
    world.chain.forgetful.add('alpha')
    await looks(10)
    world.clock.pass(19 * 60_000)
    await looks(1, world.start())
    expect(intent().state).toBe('signed')
    world.clock.pass(60_000)
    await looks(1, world.start())
    expect(intent().state).toBe('foreign')
    expect(world.rows.breakers).toMatchObject([{ code: 'B-04', scope: 'all', level: 'halted' }])
  })

  test('F-31: a receipt that only one endpoint shows is waited for', async () => {
    const { world, intent, looks } = await reservedSale()
    world.chain.receiptless.add('alpha')
    await looks(3)
    expect(intent().state).toBe('signed')
    world.chain.receiptless.clear()
    await looks(1)
    expect(intent().state).toBe('mined')
  })

  test('F-44: a nonce that somebody else consumed halts everything once that is final, whatever state it is in', async () => {
    for (const before of ['signed', 'reserved'] as const) {
      const { world, intent, looks } = await reservedSale()
      if (before === 'signed') {
        world.chain.hold('alpha', 1)
        await looks(1)
      }
      world.chain.spendElsewhere('alpha', OWNER)
      world.clock.pass(1_000)
      expect(intent().state).toBe(before)
      await looks(1)
      expect([intent().state, world.rows.breakers.length]).toEqual([before, 0])
      await looks(2)
      expect(intent().state).toBe('foreign')
      expect(world.rows.scopes.get('all')).toMatchObject({ level: 'halted', by: 'breaker' })
      expect(world.rows.breakers).toMatchObject([{ code: 'B-04' }])
      const signatures = world.signer.journal.length
      await looks(20)
      expect(world.signer.journal).toHaveLength(signatures)
    }
  })
})

describe('forks', () => {
  test('F-35: a reorg of two blocks removes it: opposite entries, the same bytes again, one effect', async () => {
    const { world, intent, process, looks } = await reservedSale()
    await looks(2)
    expect([intent().state, booked(world, 'provisional')]).toEqual(['mined', 2_997n * 10n ** 6n])
    world.chain.reorg('alpha', 2, 'forgotten')
    world.chain.hold('alpha', 1)
    await looks(1)
    expect([intent().state, booked(world, 'provisional')]).toEqual(['signed', 0n])
    expect(process.observer.of('reorged')).toHaveLength(1)
    await looks(9)
    expect([intent().state, booked(world, 'provisional'), booked(world, 'final')]).toEqual([
      'final_ok',
      0n,
      2_997n * 10n ** 6n,
    ])
    expect(new Set(world.chain.heard.map(({ raw }) => raw)).size).toBe(1)
    expect(world.effects()).toEqual([SALE])
  })

  test('F-36: the replacement is mined on one fork, the original on the one that wins: what is final is booked', async () => {
    const { world, intent, looks } = await reservedSale()
    world.chain.stalls = ({ maxFeePerGas }) => maxFeePerGas < 2_300_000_000n
    for (let look = 0; intent().state !== 'mined'; look++) {
      expect(look).toBeLessThan(60)
      await looks(1)
    }
    const [original, replacement] = intent().attempts
    expect(intent()).toMatchObject({ inclusion: { hash: replacement!.hash } })
    world.chain.reorg('alpha', 2, 'forgotten')
    world.chain.stalls = () => false
    await world.chain.broadcast('alpha', original!.raw)
    world.clock.pass(1_000)
    await looks(6)
    expect(intent()).toMatchObject({ state: 'final_ok', inclusion: { hash: original!.hash } })
    expect(booked(world, 'final')).toBe(2_997n * 10n ** 6n)
    expect(booked(world, 'provisional')).toBe(0n)
    expect(world.effects()).toEqual([SALE])
  })
})

describe('fees', () => {
  test('an unmined transaction is replaced by the same with both fees raised, after three blocks and twenty seconds', async () => {
    const { world, intent, process, looks } = await reservedSale()
    world.chain.hold('alpha', 40)
    await looks(20)
    expect(intent().attempts).toHaveLength(1)
    await looks(2)
    const [first, second] = intent().attempts
    expect(second!.maxFeePerGas * 100n >= first!.maxFeePerGas * 115n).toBe(true)
    expect(second!.maxPriorityFeePerGas).toBe(1n)
    expect(process.observer.of('replaced')).toMatchObject([{ reason: 'fee_bump', hash: second!.hash }])
    expect(new Set(world.chain.heard.map(({ raw }) => payloadOf(raw))).size).toBe(1)
    await looks(30)
    expect(intent()).toMatchObject({ state: 'final_ok', inclusion: { hash: bestAttempt(intent())!.hash } })
    expect(world.effects()).toEqual([SALE])
  })

  test('what is sent again is the best-paying one', async () => {
    const { world, intent, looks } = await reservedSale()
    world.chain.hold('alpha', 100)
    await looks(23)
    world.chain.heard.length = 0
    await looks(8)
    expect(new Set(world.chain.heard.map(({ raw }) => raw))).toEqual(new Set([intent().attempts[1]!.raw]))
  })

  test('F-28: after a restart the next bid is reckoned from the last one written down, and one of them wins', async () => {
    const { world, intent, looks } = await reservedSale()
    world.chain.stalls = ({ maxFeePerGas }) => maxFeePerGas < 2_500_000_000n
    await looks(22)
    expect(intent().attempts).toHaveLength(2)
    await looks(23, world.start())
    expect(intent().attempts).toHaveLength(3)
    const raised = bids(world)
    for (const [index, bid] of raised.slice(1).entries()) expect(bid * 100n >= raised[index]! * 110n).toBe(true)
    expect(world.rows.broadcasts.map(({ answer }) => answer)).not.toContain('replacement transaction underpriced')
    await looks(4)
    expect(intent().state).toBe('final_ok')
    expect(world.effects()).toEqual([SALE])
  })

  test('F-38: while no block comes nothing is outbid', async () => {
    const { world, intent, settle } = await reservedSale()
    world.chain.hold('alpha', 1_000)
    await settle()
    world.clock.pass(1_000)
    world.chain.mineAll = () => undefined
    for (let look = 0; look < 100; look++) {
      await settle()
      world.clock.pass(60_000)
    }
    expect(intent().attempts).toHaveLength(1)
    expect(world.signer.journal).toHaveLength(1)
  })

  test('there are at most eight replacements; after them the last one is held and sent again', async () => {
    const { world, intent, looks } = await reservedSale()
    world.feeRules.set('alpha', { ...FEE_RULES, ceiling: 100n * FEE_RULES.ceiling })
    world.chain.hold('alpha', 1_000)
    await looks(300)
    expect(intent().attempts).toHaveLength(9)
    expect(bids(world)).toHaveLength(9)
    expect(heard(world).at(-1)?.maxFeePerGas).toBe(bids(world).at(-1))
  })

  test('F-41: the base fee jumps twentyfold: the ceiling holds, the deadline cancels, and gas stays small', async () => {
    const { world, intent, process, looks } = await reservedSale({ expiresAt: Date.UTC(2026, 10, 20, 12, 5) })
    world.feeRules.set('alpha', { ...FEE_RULES, cap: 30_000_000_000n })
    world.chain.stalls = ({ data }) => data !== '0x'
    await looks(1)
    world.chain.setBaseFee('alpha', 20_000_000_000n)
    await looks(120)
    expect(intent()).toMatchObject({ state: 'signed', attempts: [{ payload: 'step' }] })
    await looks(190)
    expect(intent()).toMatchObject({ state: 'final_cancelled', attempts: [{ payload: 'step' }, { payload: 'cancel' }] })
    expect(process.observer.of('replaced')).toMatchObject([{ reason: 'cancel' }])
    const gas = -booked(world, 'final', ALPHA.eth.address)
    expect(gas).toBe(21_000n * 20_000_000_000n)
    expect(world.effects()).toEqual([])
  })

  test('a replacement never costs more than the portfolio allows for one transaction', async () => {
    const { world, intent, process } = await reservedSale()
    const poor = aPortfolio({ policy: { ...aPortfolio().policy, maxGas: (8n * ONE_USD) / 10n } })
    world.chain.hold('alpha', 1_000)
    for (let look = 0; look < 80; look++) {
      await process.settleIntent.run(poor, written(world), intent(), undefined)
      world.clock.pass(1_000)
    }
    expect(intent().attempts.map(({ maxFeePerGas }) => maxFeePerGas)).toEqual([2_000_000_000n])
  })

  test('on a chain without replacements the same bytes are sent for ever, even past a deadline', async () => {
    const { world, intent, looks } = await reservedSale({ expiresAt: Date.UTC(2026, 10, 20, 12, 0, 30) })
    world.feeRules.set('alpha', { ...FEE_RULES, isReplaceable: false })
    world.chain.hold('alpha', 100)
    await looks(90)
    expect(intent().attempts).toHaveLength(1)
    expect(new Set(world.chain.heard.map(({ raw }) => raw)).size).toBe(1)
    await looks(20)
    expect(intent().state).toBe('final_ok')
  })
})

describe('a cancel', () => {
  test('C-10: gets at most twice the gas of the step, or of the chain, and what it needs when it is replaced', async () => {
    for (const [portfolio, most] of [
      [aPortfolio(), 250_000n],
      [aPortfolio({ chains: aPortfolio().chains.map((one) => ({ ...one, gasLimitCap: 130_000n })) }), 130_000n],
    ] as const) {
      const { world, process, intent } = await reservedSale()
      const look = async (count: number) => {
        for (let times = 0; times < count; times++) {
          await process.settleIntent.run(portfolio, written(world), intent(), undefined)
          world.clock.pass(1_000)
        }
      }
      world.chain.hold('alpha', 40)
      await look(2)
      world.hold('Stop.', 'paused_hard')
      const honest = world.chain.estimateGas.bind(world.chain)
      world.chain.estimateGas = () => Promise.resolve(10n ** 12n)
      await look(2)
      world.chain.estimateGas = honest
      await look(45)
      expect(intent()).toMatchObject({
        state: 'final_cancelled',
        attempts: [{ payload: 'step' }, { payload: 'cancel', gasLimit: most }, { gasLimit: 26_250n }],
      })
    }
  })

  test.each([
    ['a passed deadline', 'deadline'],
    ['prices that left the guaranteed minimum behind', 'price'],
  ] as const)('follows %s, outbids the step and ends the leg', async (_name, cause) => {
    const { world, intent, looks, process } = await reservedSale(
      cause === 'deadline' ? { expiresAt: Date.UTC(2026, 10, 20, 12, 0, 5) } : {},
    )
    world.chain.stalls = ({ data }) => data !== '0x'
    await looks(3)
    if (cause === 'price') world.prices.set('ETH', 3_060n * ONE_USD)
    await looks(40)
    expect(intent().state).toBe('final_cancelled')
    const [step, cancel] = intent().attempts
    expect(cancel!.maxFeePerGas * 100n >= step!.maxFeePerGas * 110n).toBe(true)
    expect(booked(world, 'final')).toBe(0n)
    expect(world.effects()).toEqual([])
    expect(process.observer.of('replaced').map(({ reason }) => reason)).toEqual(['cancel'])
    await process.drive(aPortfolio(), 'cycle-1')
    expect(written(world).legs[0]).toMatchObject({ state: 'failed', failure: { code: 'CANCELLED' } })
  })

  test('F-43: may lose to the step it was to overtake: then the leg is done, and not made again', async () => {
    const { world, intent, looks, process } = await reservedSale({ expiresAt: Date.UTC(2026, 10, 20, 12, 0, 5) })
    world.chain.hold('alpha', 1_000)
    await looks(10)
    const [step, cancel] = intent().attempts
    expect(cancel).toMatchObject({ payload: 'cancel' })
    world.chain.hold('alpha', 0)
    world.chain.mineOnly('alpha', step!.raw)
    await looks(8)
    expect(intent()).toMatchObject({ state: 'final_ok', inclusion: { hash: step!.hash } })
    await process.drive(aPortfolio(), 'cycle-1')
    expect(written(world).legs[0]).toMatchObject({ state: 'done' })
    expect(world.effects()).toEqual([SALE])
  })

  test('that does not land is raised in its turn, and never becomes the step again', async () => {
    const { world, intent, looks } = await reservedSale({ expiresAt: Date.UTC(2026, 10, 20, 12, 0, 5) })
    world.chain.stalls = ({ data, maxFeePerGas }) => data !== '0x' || maxFeePerGas < 3_000_000_000n
    await looks(80)
    expect(intent().state).toBe('final_cancelled')
    expect(intent().attempts.map(({ payload }) => payload)).toEqual(['step', 'cancel', 'cancel', 'cancel'])
  })

  test('or a bid that the signer refuses leaves what is out as it is, and is asked for again later', async () => {
    const { world, intent, process, looks } = await reservedSale()
    world.chain.hold('alpha', 60)
    await looks(20)
    world.signer.failures.push('refused')
    await looks(3)
    expect(intent().attempts).toHaveLength(1)
    expect(process.observer.of('failed')).toMatchObject([{ what: 'outbidding plan-1.1.swap.0', isRetried: true }])
    await looks(10)
    expect(intent().attempts).toHaveLength(2)
    expect(process.observer.of('failed')).toHaveLength(1)
  })
})
