import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { addressOf, aMarket, aToken, hashOf, NOW, OWNER, WETH } from '../../../test/support/builders.js'
import { NATIVE } from '../assets.js'
import { amountOf, scaleAmount } from '../units/amount.js'
import { RATIO_ONE, ratioOfBasisPoints } from '../units/ratio.js'
import { ownMinimumOut } from './limits.js'
import {
  checkRehearsal,
  checkTogether,
  type PlayedSwap,
  type Rehearsal,
  type RehearsedTrade,
  type Watch,
} from './rehearsal.js'

const ETHER = 10n ** 18n
const USDC = aToken()
const COIN = aToken({ asset: 'ETH', symbol: 'ETH', address: NATIVE, decimals: 18 })
const WBTC = aToken({ asset: 'BTC', symbol: 'WBTC', address: addressOf(0xb), decimals: 8 })
const ROUTER = addressOf(0xf001)
const OTHER = addressOf(0xf002)

const market = aMarket()
const many = { numRuns: 5_000 }
const bps = ratioOfBasisPoints
const maxLoss = bps(50)
const sell = amountOf(WETH, 2n * ETHER)
const least = ownMinimumOut(aMarket(), sell, USDC, maxLoss).units
const tokens = [WETH, USDC, COIN, WBTC]
const watch: Watch = {
  tokens,
  allowances: tokens
    .filter(({ address }) => address !== NATIVE)
    .flatMap((token) => [ROUTER, OTHER].map((spender) => ({ token, spender }))),
}
const none = watch.allowances.map(() => 0n)

/** An approval and a sale of two WETH that does what was ordered. */
function good(changes: Partial<RehearsedTrade> = {}, played: Partial<Rehearsal> = {}): RehearsedTrade {
  return {
    market: aMarket(),
    request: { kind: 'swap', sell, buy: USDC, account: OWNER, maxSlippage: 0n },
    call: { chain: 'alpha', to: ROUTER, data: '0x12', value: 0n },
    spender: ROUTER,
    maxLoss,
    watch,
    rehearsal: {
      block: { number: 1n, hash: hashOf(1), timestamp: 1 },
      steps: [
        { changes: [0n, 0n, 0n, 0n], gasUsed: 50_000n },
        { changes: [-2n * ETHER, least, 0n, 0n], gasUsed: 150_000n },
      ],
      allowancesBefore: none,
      allowances: none,
      approvals: [{ token: WETH.address, spender: ROUTER, units: 2n * ETHER }],
      endpoints: ['one', 'two'],
      ...played,
    },
    ...changes,
  }
}
/** The same with other changes of balances by the trade, or by the approval before it. */
const moving = (trade: readonly bigint[], approval: readonly bigint[] = [0n, 0n, 0n, 0n]) =>
  good(
    {},
    {
      steps: [
        { changes: approval, gasUsed: 1n },
        { changes: trade, gasUsed: 1n },
      ],
    },
  )
const allowing = (at: number, units: bigint, before = 0n) =>
  good(
    {},
    {
      allowancesBefore: none.map((zero, index) => (index === at ? before : zero)),
      allowances: none.map((zero, index) => (index === at ? units : zero)),
    },
  )
const approving = (...approvals: NonNullable<Rehearsal['approvals']>) => good({}, { approvals })

describe('C-09: checkRehearsal', () => {
  test('a trade that sells what was ordered for the least that our prices demand is accepted', () => {
    expect(checkRehearsal(good())).toBeUndefined()
  })

  test('so is one that brings more, leaves some of the sale, or has something come in beside it', () => {
    expect(checkRehearsal(moving([-2n * ETHER + 1n, least + 1n, 5n, 7n]))).toBeUndefined()
  })

  test.each<[string, RehearsedTrade]>([
    ['one unit more than the sale is taken', moving([-2n * ETHER - 1n, least, 0n, 0n])],
    ['one unit less than our own minimum comes back', moving([-2n * ETHER, least - 1n, 0n, 0n])],
    ['a unit of another token goes', moving([-2n * ETHER, least, 0n, -1n])],
    ['a wei of coin goes that is no value of the call', moving([-2n * ETHER, least, -1n, 0n])],
    ['the approval takes something', moving([-2n * ETHER, least, 0n, 0n], [-1n, 0n, 0n, 0n])],
    ['the approval takes coin', moving([-2n * ETHER, least, 0n, 0n], [0n, 0n, -1n, 0n])],
  ])('SIMULATION_DELTA where %s', (_what, trade) => {
    expect(checkRehearsal(trade)?.code).toBe('SIMULATION_DELTA')
  })

  test('coin up to the value of the call may go: a fee on top, or the sale itself', () => {
    const call = { ...good().call, value: 9n }
    const { rehearsal } = moving([-2n * ETHER, least, -9n, 0n])
    expect(checkRehearsal(good({ call, rehearsal }))).toBeUndefined()
    expect(checkRehearsal(good({ call, rehearsal: moving([-2n * ETHER, least, -10n, 0n]).rehearsal }))?.code).toBe(
      'SIMULATION_DELTA',
    )
    const native = {
      request: { ...good().request, sell: amountOf(COIN, 2n * ETHER) },
      call: { ...call, value: 2n * ETHER },
      spender: undefined,
    }
    const sold = (units: bigint): Partial<Rehearsal> => ({
      steps: [{ changes: [0n, least, -units, 0n], gasUsed: 1n }],
      approvals: [],
    })
    expect(checkRehearsal({ ...good(native, sold(2n * ETHER)) })).toBeUndefined()
    expect(checkRehearsal({ ...good(native, sold(2n * ETHER + 1n)) })?.code).toBe('SIMULATION_DELTA')
  })

  test('what a bridge brings comes out elsewhere; what it takes is judged the same', () => {
    const buy = { ...USDC, chain: 'beta' }
    const request = { ...good().request, kind: 'bridge' as const, buy }
    expect(checkRehearsal({ ...moving([-2n * ETHER, 0n, 0n, 0n]), request })).toBeUndefined()
    expect(checkRehearsal({ ...moving([-2n * ETHER - 1n, 0n, 0n, 0n]), request })?.code).toBe('SIMULATION_DELTA')
  })

  test.each<[string, RehearsedTrade]>([
    ['the spender keeps some of it', allowing(0, 1n)],
    ['the spender could take another token', allowing(2, 1n)],
    ['somebody else on the list could take the sold token', allowing(1, 1n)],
    ['an allowance of somebody else grew', allowing(1, 6n, 5n)],
    ['an event shows an approval for a stranger', approving({ token: WETH.address, spender: OTHER, units: 1n })],
    ['an event shows an approval of another token', approving({ token: USDC.address, spender: ROUTER, units: 1n })],
    ['more is approved than is sold', approving({ token: WETH.address, spender: ROUTER, units: 2n * ETHER + 1n })],
    ['all of a token is given to an operator', approving({ token: WETH.address, spender: ROUTER, units: 'all' })],
  ])('SIMULATION_ALLOWANCE where %s', (_what, trade) => {
    expect(checkRehearsal(trade)?.code).toBe('SIMULATION_ALLOWANCE')
  })

  test('an allowance of another leg that stands before and after is none of this trade, and taking one back is allowed', () => {
    expect(checkRehearsal(allowing(1, 5n, 5n))).toBeUndefined()
    expect(checkRehearsal(allowing(1, 0n, 5n))).toBeUndefined()
    expect(checkRehearsal(approving({ token: USDC.address, spender: OTHER, units: 0n }))).toBeUndefined()
  })

  test('where no endpoint shows events the allowances count alone', () => {
    expect(checkRehearsal(good({}, { approvals: undefined }))).toBeUndefined()
    const kept = allowing(0, 1n).rehearsal
    expect(checkRehearsal(good({ rehearsal: { ...kept, approvals: undefined } }))?.code).toBe('SIMULATION_ALLOWANCE')
  })
})

describe('checkTogether', () => {
  /** A sale of so many ETH that was quoted 10 bps under our price and brought so much less when played. */
  const played = (legId: string, whole: bigint, lessBps: number, sold = whole * 10n ** 18n): PlayedSwap => {
    const { request: one, call } = good()
    const request = { ...one, sell: amountOf(WETH, whole * ETHER) }
    const expectedOut = amountOf(USDC, whole * 2_997n * 10n ** 6n)
    const bought = scaleAmount(expectedOut, RATIO_ONE - bps(lessBps), 'down').units
    return {
      legId,
      request,
      call,
      quote: {
        venue: 'swaps',
        tool: 'pool',
        request,
        expectedOut,
        minimumOut: expectedOut,
        fees: [],
        gasUnits: 1n,
        durationSeconds: 0,
        obtainedAt: NOW,
      },
      movement: { sold: -sold, bought },
      maxLoss,
    }
  }

  test('swaps that bring what they were quoted stand together, and so do those within the tolerance', () => {
    expect(checkTogether(market, [played('1', 1n, 0), played('2', 10n, 0)], 0n)).toBeUndefined()
    expect(checkTogether(market, [played('1', 10n, 0), played('2', 10n, 38)], bps(19))).toBeUndefined()
    expect(checkTogether(market, [played('1', 1n, -20), played('2', 1n, 20)], 0n)).toBeUndefined()
  })

  test('one that brings less than our own minimum is refused, whatever the others bring', () => {
    const refusal = checkTogether(market, [played('1', 100n, 0), played('2', 1n, 60)], bps(30))
    expect(refusal?.code).toBe('SIMULATION_DELTA')
    expect(refusal?.detail).toMatch(
      /^The 2 swaps of alpha do not stand together: played in turn, 2 would not do what was ordered\. Simulated, the call/,
    )
  })

  test('one that takes a unit more than its sale is refused', () => {
    expect(checkTogether(market, [played('1', 1n, 0, 10n ** 18n + 1n), played('2', 1n, 0)], bps(30))?.code).toBe(
      'SIMULATION_DELTA',
    )
  })

  test('all that keep their minimum are refused where they bring too little together, with the numbers', () => {
    expect(checkTogether(market, [played('1', 1n, 0), played('2', 10n, 38)], bps(30))).toEqual({
      code: 'SIMULATION_DELTA',
      detail:
        'The 2 swaps of alpha do not stand together: played in turn they bring 32853.11 USD, 34 bps less than the 32967.00 USD they were quoted alone; policy allows 30 bps.',
    })
  })

  test('what is accepted brings at least what was quoted less the tolerance, in value', () => {
    const losses = fc.array(fc.integer({ min: -100, max: 60 }), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(losses, fc.integer({ min: 0, max: 100 }), (less, tolerance) => {
        const swaps = less.map((one, index) => played(`${index}`, BigInt(index + 1), one))
        if (checkTogether(market, swaps, bps(tolerance))) return
        const quoted = swaps.reduce((sum, { quote }) => sum + quote.expectedOut.units, 0n)
        const brought = swaps.reduce((sum, { movement }) => sum + movement.bought, 0n)
        expect(brought * RATIO_ONE >= quoted * (RATIO_ONE - bps(tolerance))).toBe(true)
        for (const { request, movement, maxLoss } of swaps)
          expect(movement.bought >= ownMinimumOut(market, request.sell, USDC, maxLoss).units).toBe(true)
      }),
      many,
    )
  })
})
