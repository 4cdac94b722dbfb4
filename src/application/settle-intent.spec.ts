import { describe, expect, test } from '@jest/globals'
import { FEE_RULES, OWNER, sendingRun } from '../../test/support/builders.js'
import { decodeTransaction, payloadOf } from '../../test/support/fake-contracts.js'
import { openCycle, plannedLeg, reservedSale, saleOf, written } from '../../test/support/fake-legs.js'
import { ALPHA, aPortfolio, FakeWorld } from '../../test/support/fake-world.js'
import { Life } from '../../test/support/life.js'
import { StaleLeaseError } from '../ports/lease.js'
import { SignerError } from '../ports/signer.js'
import type { Intent } from '../domain/execution/intent.js'
import type { OperatingLevel } from '../domain/policy/operating.js'

const portfolio = aPortfolio()
const pause = (world: FakeWorld, level: OperatingLevel) =>
  world.rows.scopes.set('all', { scope: 'all', level, reason: 'Lunch.', since: 0, by: 'operator' })
const sums = (world: FakeWorld, book: 'provisional' | 'final') => {
  const totals = new Map<string, bigint>()
  for (const one of world.rows.postings.filter((posting) => posting.book === book))
    totals.set(`${one.account} ${one.token}`, (totals.get(`${one.account} ${one.token}`) ?? 0n) + one.units)
  return totals
}

describe('SettleIntent', () => {
  test('goes from reserved over signed and mined to final, one look at a time', async () => {
    const { world, intent, looks } = await reservedSale()
    const seen = [intent().state]
    for (let look = 0; look < 6; look++) {
      await looks(1)
      seen.push(intent().state)
    }
    expect(seen).toEqual(['reserved', 'signed', 'mined', 'mined', 'final_ok', 'final_ok', 'final_ok'])
    expect(world.chain.heard).toHaveLength(1)
    expect(world.signer.signed).toHaveLength(1)
    const events = world.rows.events.map(({ state, evidence }) => [state, evidence.split(' ').length])
    expect(events.map(([state]) => state)).toEqual(['reserved', 'signed', 'mined', 'final_ok'])
  })

  test('signs the reserved call for the reserved nonce with a doubled base fee, under the epoch of the lease', async () => {
    const { world, intent, settle } = await reservedSale()
    await settle()
    const { call, nonce, gasLimit, id } = intent()
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
    expect(world.signer.requests).toMatchObject([{ intentId: id, epoch: 1, account: OWNER, payload: 'step' }])
  })

  test('R-01: the bytes are written down before anyone sees them, and the answers after', async () => {
    const { world, intent } = await reservedSale()
    const life = new Life()
    const process = world.start(life)
    await process.settleIntent.run(portfolio, written(world), intent(), undefined)
    const effects = [
      'store.operatingStates',
      'signer.sign',
      'store.recordAttempt',
      'chain.broadcast',
      'store.recordBroadcast',
    ]
    expect(life.calls.filter((call) => effects.includes(call)).slice(-6)).toEqual([
      'store.operatingStates',
      'signer.sign',
      'store.recordAttempt',
      'store.operatingStates',
      'chain.broadcast',
      'store.recordBroadcast',
    ])
    expect(life.points).toEqual(['K-08', 'K-10', 'K-11', 'K-12', 'K-13'])
    expect(world.rows.broadcasts.map(({ endpoint, answer }) => [endpoint, answer])).toEqual([
      ['one', 'accepted'],
      ['two', 'accepted'],
      ['three', 'accepted'],
    ])
  })

  test('sends the same bytes again while unmined, not more often than told', async () => {
    const { world, settle, looks } = await reservedSale()
    world.chain.hold('alpha', 100)
    await settle()
    world.clock.pass(1_000)
    await looks(9)
    expect(world.chain.heard).toHaveLength(4)
    expect(new Set(world.chain.heard.map(({ raw }) => raw)).size).toBe(1)
    expect(new Set(world.chain.heard.map(({ raw }) => payloadOf(raw))).size).toBe(1)
  })

  test('sends nothing any more once it is mined, however long it takes to be final', async () => {
    const { world, intent, looks } = await reservedSale()
    const view = world.chain.view.bind(world.chain)
    world.chain.view = async (chain) => {
      const seen = await view(chain)
      return { ...seen, finalized: { ...seen.finalized, number: 0n } }
    }
    await looks(20)
    expect(intent().state).toBe('mined')
    expect(world.chain.heard).toHaveLength(1)
  })

  test('an offer nobody signed in time gives its nonce back, and the next one takes it', async () => {
    const { world, process, intent, settle } = await reservedSale()
    world.clock.pass(portfolio.maxQuoteAgeMs + 1)
    await settle()
    expect(intent().state).toBe('released')
    expect(world.signer.signed).toEqual([])
    const run = written(world).legs[0]!
    const again = saleOf(world, written(world), run, { ordinal: 1 })
    const second = await process.store.reserveIntent({ ...again, id: 'plan-1.1.swap.1' }, 0, {
      before: run,
      after: run,
    })
    expect([second.nonce, second.state]).toEqual([0, 'reserved'])
    expect(world.rows.events.at(-2)?.evidence).toMatch(/^The offer is 15001 ms old/)
  })

  test('a slot with another one behind it is burned by a cancel instead, and books its gas alone (P-10)', async () => {
    const { world, process, intent, settle, looks } = await reservedSale()
    const { cycleId: _cycle, legId: _leg, ...sweep } = saleOf(world, written(world), written(world).legs[0]!)
    const behind = { ...sweep, id: 'sweep.0', kind: 'revoke' as const, cycleId: undefined, legId: undefined }
    await process.store.reserveIntent(behind, 0)
    const loose = () => world.rows.looseIntents[0]!
    expect(await process.settleIntent.run(portfolio, undefined, loose(), undefined)).toBe(false)
    world.clock.pass(portfolio.maxQuoteAgeMs + 1)
    await settle()
    expect(world.signer.requests).toMatchObject([
      { payload: 'cancel', transaction: { to: OWNER, value: 0n, data: '0x' } },
    ])
    await looks(5)
    expect(intent().state).toBe('final_cancelled')
    expect([...sums(world, 'final').keys()].toSorted()).toEqual([
      `gas ${ALPHA.eth.address}`,
      `wallet ${ALPHA.eth.address}`,
    ])
    for (let look = 0; look < 6; look++) {
      await process.settleIntent.run(portfolio, undefined, loose(), undefined)
      world.clock.pass(1_000)
    }
    expect(loose()).toMatchObject({ state: 'final_ok', nonce: 1 })
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

  test('books provisionally what is mined, and for good what is final (R-14, P-14)', async () => {
    const { world, intent, looks } = await reservedSale()
    const wallet = [-(10n ** 18n) - 100_000n * 10n ** 9n, 2_997n * 10n ** 6n]
    const inWallet = (book: 'provisional' | 'final') =>
      [ALPHA.eth, ALPHA.usdc].map(({ address }) => sums(world, book).get(`wallet ${address}`) ?? 0n)
    await looks(1)
    expect(world.rows.postings).toEqual([])
    await looks(1)
    expect([intent().state, inWallet('provisional'), inWallet('final')]).toEqual(['mined', wallet, [0n, 0n]])
    await looks(2)
    expect([intent().state, inWallet('provisional'), inWallet('final')]).toEqual(['final_ok', [0n, 0n], wallet])
    for (const book of ['provisional', 'final'] as const)
      expect([...sums(world, book).values()].reduce((sum, units) => sum + units, 0n)).toBe(0n)
  })

  test('an ended intent is not touched', async () => {
    const { world, intent, settle, looks } = await reservedSale()
    await looks(5)
    const before = intent()
    world.chain.silent.add('alpha')
    expect(await settle()).toBe(false)
    expect(intent()).toBe(before)
  })
})

describe('the signer', () => {
  test('that refuses gets a few new offers and no more; each nonce is given back', async () => {
    const { world, intent, settle } = await reservedSale()
    world.signer.failures.push('refused')
    await settle()
    expect(intent().state).toBe('released')
    expect(written(world).legs[0]).toMatchObject({ refusals: 1, state: 'sending' })
    expect(world.rows.events.at(-1)?.evidence).toContain('told: refused')
  })

  test('F-53: that is unavailable leaves everything as it is, and is asked again', async () => {
    const { world, intent, settle, looks } = await reservedSale()
    world.signer.failures.push('unavailable')
    await expect(settle()).rejects.toThrow(SignerError)
    expect(intent().state).toBe('reserved')
    await looks(5)
    expect(intent().state).toBe('final_ok')
  })

  test('that serves a later leader ends this process', async () => {
    const { world, intent, settle } = await reservedSale()
    world.signer.failures.push('fenced')
    await expect(settle()).rejects.toThrow(StaleLeaseError)
    expect(intent().state).toBe('reserved')
  })

  test('K-07: whose answer was lost is asked again for the same, with fees no lower', async () => {
    const { world, intent, settle, looks } = await reservedSale()
    world.signer.failures.push('lost')
    await expect(settle()).rejects.toThrow(SignerError)
    world.chain.setBaseFee('alpha', 10n ** 8n)
    await looks(5)
    expect(intent().state).toBe('final_ok')
    const digests = new Set(world.signer.journal.map(({ digest }) => digest))
    expect([digests.size, world.signer.journal.length]).toEqual([1, 2])
    expect(intent().attempts[0]?.maxFeePerGas).toBe(2_000_000_000n)
  })

  test('K-08: a journaled nonce whose offer has become stale is burned, never given back', async () => {
    const { world, intent, settle, looks } = await reservedSale()
    world.signer.failures.push('lost')
    await expect(settle()).rejects.toThrow(SignerError)
    world.clock.pass(portfolio.maxQuoteAgeMs + 1)
    await looks(5)
    expect(intent()).toMatchObject({ state: 'final_cancelled', nonce: 0 })
    expect(world.chain.heard.map(({ raw }) => decodeTransaction(raw).data)).toEqual(['0x'])
    expect(world.effects()).toEqual([])
  })

  test('F-41: a nonce is burned with twice the cap at most, and not while no block would take that', async () => {
    const { world, intent, settle, looks } = await reservedSale()
    world.signer.failures.push('lost')
    await expect(settle()).rejects.toThrow(SignerError)
    const gwei = 10n ** 9n
    world.feeRules.set('alpha', { ...FEE_RULES, cap: 500n * gwei })
    world.chain.setBaseFee('alpha', 1_100n * gwei)
    await looks(3)
    expect([intent().state, world.chain.heard]).toEqual(['reserved', []])
    world.chain.setBaseFee('alpha', 800n * gwei)
    await looks(5)
    expect(intent()).toMatchObject({
      state: 'final_cancelled',
      attempts: [{ payload: 'cancel', maxFeePerGas: 1_000n * gwei }],
    })
  })
})

describe('operating states', () => {
  test.each(['paused_new', 'paused_hard'] as const)('%s gives an unsigned step back', async (level) => {
    const { world, intent, settle } = await reservedSale()
    pause(world, level)
    await settle()
    expect([intent().state, world.signer.requests.length]).toEqual(['released', 0])
  })

  test.each(['chain:alpha', 'asset:USD', 'venue:swaps', 'portfolio:core'] as const)('of %s count', async (scope) => {
    const { world, intent, settle } = await reservedSale()
    world.rows.scopes.set(scope, { scope, level: 'paused_new', reason: 'Lunch.', since: 0, by: 'operator' })
    await settle()
    expect(intent().state).toBe('released')
  })

  test('F-78: a pause between signature and broadcast: paused_new sends, paused_hard cancels, halted does nothing', async () => {
    for (const [level, heard, state] of [
      ['paused_new', ['step'], 'final_ok'],
      ['paused_hard', ['cancel'], 'final_cancelled'],
      ['halted', [], 'signed'],
    ] as const) {
      const { world, intent, looks } = await reservedSale()
      const sign = world.signer.sign.bind(world.signer)
      world.signer.sign = async (request) => {
        const signed = await sign(request)
        pause(world, level)
        return signed
      }
      await looks(8)
      const payloads = world.chain.heard.map(({ raw }) => (decodeTransaction(raw).data === '0x' ? 'cancel' : 'step'))
      expect([level, payloads, intent().state]).toEqual([level, heard, state])
      expect(world.signer.requests.filter(({ payload }) => payload === 'step')).toHaveLength(1)
    }
  })

  test('K-28: nothing is signed any more once the process is asked to end, and what is signed is still written and sent', async () => {
    const idle = await reservedSale()
    idle.process.stopping.begin()
    await idle.looks(3)
    expect([idle.intent().state, idle.world.signer.signed]).toEqual(['reserved', []])

    const { world, intent, looks, process } = await reservedSale()
    const sign = world.signer.sign.bind(world.signer)
    world.signer.sign = (request) => {
      process.stopping.begin()
      return sign(request)
    }
    await looks(1)
    expect([intent().state, world.chain.heard.length]).toEqual(['signed', 1])
  })

  test('what is signed under a pause of new work is replaced and followed to its end', async () => {
    const { world, intent, looks } = await reservedSale()
    await looks(1)
    expect(intent().state).toBe('signed')
    world.chain.reorg('alpha', 1, 'forgotten')
    pause(world, 'paused_new')
    world.chain.hold('alpha', 25)
    await looks(30)
    expect(intent()).toMatchObject({ state: 'final_ok', attempts: [{ payload: 'step' }, { payload: 'step' }] })
  })

  test('a dry run gives back what is not signed and ends what is', async () => {
    const { world, process, intent, settle } = await reservedSale()
    const dry = aPortfolio({ mode: 'dry-run' })
    await process.settleIntent.run(dry, written(world), intent(), undefined)
    expect(intent().state).toBe('released')
    const other = await reservedSale()
    await other.settle()
    const look = () => other.process.settleIntent.run(dry, written(other.world), other.intent(), undefined)
    for (let count = 0; count < 5; count++) {
      other.world.clock.pass(1_000)
      await look()
    }
    expect(other.intent().state).toBe('final_ok')
    expect(await settle()).toBe(false)
  })

  test.each(['paused_new', 'paused_hard'] as const)('%s lets an allowance be taken back', async (level) => {
    const world = FakeWorld.drifted()
    const cycle = await openCycle(world, [plannedLeg(world, 1, 'swap', ALPHA.weth, 10n ** 18n, ALPHA.usdc)])
    const process = world.start()
    world.chain.allow(ALPHA.weth, OWNER, world.swaps.contract, 5n)
    const run = cycle.legs[0]!
    const call = world.chain.approval(ALPHA.weth, world.swaps.contract, 0n)
    const revoke = saleOf(world, cycle, run, { kind: 'revoke', id: 'plan-1.1.revoke.0', call })
    await process.store.reserveIntent(revoke, 0, { before: run, after: sendingRun(run) })
    pause(world, level)
    const intent = (): Intent => written(world).intents[0]!
    for (let look = 0; look < 6; look++) {
      await process.settleIntent.run(portfolio, written(world), intent(), undefined)
      world.clock.pass(1_000)
    }
    expect(intent().state).toBe('final_ok')
    expect(world.chain.standingAllowances()).toEqual([])
  })
})
