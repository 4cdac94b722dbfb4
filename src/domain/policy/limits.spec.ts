import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { addressOf, aToken, NOW, OWNER, WETH } from '../../../test/support/builders.js'
import { type Asset, NATIVE } from '../assets.js'
import type { RefusalCode } from '../errors.js'
import type { Market } from '../planning/cost.js'
import type { Quote } from '../planning/quote.js'
import { amountOf, scaleAmount } from '../units/amount.js'
import { mulDiv, RATIO_ONE, ratioOfBasisPoints } from '../units/ratio.js'
import { ONE_USD } from '../units/usd.js'
import type { CallClaim } from './firewall.js'
import {
  checkLeg,
  checkOrder,
  checkPrice,
  guaranteedOut,
  maxLossOf,
  type OrderCheck,
  ownMinimumOut,
  toleranceFor,
} from './limits.js'
import type { Policy } from './policy.js'

const bps = ratioOfBasisPoints
const many = { numRuns: 5_000 }
const usdc = aToken()
const eth = { ...WETH, address: NATIVE, symbol: 'ETH' }
const router = addressOf(0x1111)
const marketOf = (ethPrice: bigint, usdPrice: bigint = ONE_USD): Market => ({
  prices: new Map([
    ['ETH', ethPrice],
    ['USD', usdPrice],
  ]),
  gas: new Map(),
})
const market = marketOf(3_000n * ONE_USD)

/** Sells one ETH for 2,997 dollars, 10 bps under our price, with everything as it must be. */
function goodOrder(
  sell = WETH,
): OrderCheck & { quote: Quote & { order: NonNullable<Quote['order']> }; claim: CallClaim } {
  const request = {
    kind: 'swap' as const,
    sell: amountOf(sell, 10n ** 18n),
    buy: usdc,
    account: OWNER,
    maxSlippage: bps(30),
  }
  return {
    request,
    quote: {
      venue: 'swaps',
      tool: 'pool',
      request,
      expectedOut: amountOf(usdc, 2_997n * 10n ** 6n),
      minimumOut: amountOf(usdc, 2_990n * 10n ** 6n),
      fees: [],
      gasUnits: 1n,
      durationSeconds: 0,
      obtainedAt: NOW - 5_000,
      order: {
        call: { chain: 'alpha', to: router, data: '0x12', value: sell.address === NATIVE ? 10n ** 18n : 0n },
        spender: sell.address === NATIVE ? undefined : router,
      },
    },
    claim: {
      selector: '0x12345678',
      name: 'swap',
      sells: { token: sell.address, units: 10n ** 18n },
      buys: { token: usdc.address, minimumUnits: 2_990n * 10n ** 6n },
      receivers: [{ role: 'receiver', address: OWNER }],
      bridge: undefined,
      deadlines: [],
      nested: [],
      delegates: [],
    },
    market,
    maxLoss: bps(50),
    allowed: { targets: [router], spenders: [router] },
    tokens: [usdc, WETH, eth],
    destinationChainId: 901,
    now: NOW,
    maxAgeMs: 15_000,
    approved: undefined,
  }
}

describe('guaranteedOut (C-13)', () => {
  const own = 2_985n * 10n ** 6n
  const owed = (buys: CallClaim['buys'], bridgeMinimum?: bigint) => {
    const order = goodOrder()
    const bridge = bridgeMinimum !== undefined && {
      name: 'swift',
      destinationChainId: 901,
      hasDestinationCall: false,
      carries: usdc.address,
      minimumOut: bridgeMinimum,
      fillDeadline: undefined,
    }
    return guaranteedOut({ ...order, claim: { ...order.claim, buys, bridge: bridge || undefined } }).units
  }
  const token = usdc.address

  test('is what the calldata says, whatever the venue names beside it', () => {
    expect(owed({ token, minimumUnits: own + 7n })).toBe(own + 7n)
    expect(owed({ token, minimumUnits: 1n }, own + 7n)).toBe(own + 7n)
  })

  test('is our own minimum where the calldata says less, nothing, or counts in units of the other side', () => {
    expect(owed({ token, minimumUnits: own - 1n })).toBe(own)
    expect(owed({ token, minimumUnits: undefined })).toBe(own)
    expect(owed({ token: undefined, minimumUnits: undefined }, 0n)).toBe(own)
    expect(owed({ token: undefined, minimumUnits: undefined }, 10n ** 18n)).toBe(own)
  })
})

describe('ownMinimumOut (P-01)', () => {
  test('is what our prices give less the allowed loss', () => {
    expect(ownMinimumOut(market, amountOf(WETH, 10n ** 18n), usdc, bps(50)).units).toBe(2_985n * 10n ** 6n)
    expect(ownMinimumOut(market, amountOf(usdc, 3_000n * 10n ** 6n), WETH, 0n).units).toBe(10n ** 18n)
  })

  test('is rounded up', () => {
    expect(ownMinimumOut(market, amountOf(WETH, 1n), usdc, bps(50)).units).toBe(1n)
  })

  test('never lies under the exact bound and less than two units and the rounding of one value above it, for all decimals', () => {
    const price = fc.bigInt({ min: 10n ** 9n, max: 10n ** 27n })
    const decimals = fc.integer({ min: 0, max: 36 })
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 2n ** 128n }),
        decimals,
        decimals,
        price,
        price,
        fc.integer({ min: 0, max: 200 }),
        (units, from, to, sold, bought, loss) => {
          const sell = amountOf({ ...WETH, decimals: from }, units)
          const least = ownMinimumOut(marketOf(sold, bought), sell, { ...usdc, decimals: to }, bps(loss)).units
          // exact = units × sold × (1 − loss) × 10^to ÷ (10^from × bought)
          const top = units * sold * (RATIO_ONE - bps(loss)) * 10n ** BigInt(to)
          const bottom = 10n ** BigInt(from) * bought * RATIO_ONE
          expect(least * bottom >= top).toBe(true)
          const slack = mulDiv(3n, 10n ** BigInt(to), bought, 'up') + 1n
          expect((least - slack) * bottom <= top).toBe(true)
        },
      ),
      many,
    )
  })
})

describe('checkPrice (C-08)', () => {
  const quoteOf = (units: bigint): Quote => ({ ...goodOrder().quote, expectedOut: amountOf(usdc, units) })

  test.each([
    [2_985_000_000n, undefined],
    [2_984_999_999n, 'MIN_OUT_TOO_LOW'],
    [3_000_000_000n, undefined],
    [3_045_000_000n, undefined],
    [3_045_000_001n, 'QUOTE_ORACLE_DIVERGENCE'],
    [3_000_000_000_000n, 'QUOTE_ORACLE_DIVERGENCE'],
    [0n, 'MIN_OUT_TOO_LOW'],
  ] as const)('with 50 bps allowed, %s units for 3,000 USD: %s', (units, code) => {
    expect(checkPrice(market, quoteOf(units), bps(50))?.code).toBe(code)
  })

  test('believes a gain of 100 bps even where nearly no loss is allowed', () => {
    expect(checkPrice(market, quoteOf(3_030_000_000n), bps(1))).toBeUndefined()
    expect(checkPrice(market, quoteOf(3_030_000_001n), bps(1))?.code).toBe('QUOTE_ORACLE_DIVERGENCE')
  })

  test('says what was offered, by how much it is off, and what is allowed', () => {
    expect(checkPrice(market, quoteOf(2_970_000_000n), bps(50))?.detail).toBe(
      'swaps gives 2970 USDC for 1 WETH: 100 bps under our price, policy allows 50 bps.',
    )
    expect(checkPrice(market, quoteOf(3_060_000_000n), bps(50))?.detail).toBe(
      'swaps gives 3060 USDC for 1 WETH: 200 bps over our price, more than 150 bps is not believed.',
    )
  })

  test('accepts nothing that pays less than our own minimum (P-02)', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 4n * 10n ** 9n }), fc.integer({ min: 0, max: 200 }), (units, loss) => {
        const least = ownMinimumOut(market, amountOf(WETH, 10n ** 18n), usdc, bps(loss)).units
        if (checkPrice(market, quoteOf(units), bps(loss)) === undefined) expect(units >= least).toBe(true)
      }),
      many,
    )
  })
})

describe('checkOrder', () => {
  test('accepts a good order for a token, and one for native coin', () => {
    expect(checkOrder(goodOrder())).toBeUndefined()
    expect(checkOrder(goodOrder(eth))).toBeUndefined()
  })

  type Good = ReturnType<typeof goodOrder>
  const inQuote =
    (changes: Partial<Quote>) =>
    (good: Good): OrderCheck => ({ ...good, quote: { ...good.quote, ...changes } })
  const inOrder =
    (changes: Partial<NonNullable<Quote['order']>>) =>
    (good: Good): OrderCheck => ({
      ...good,
      quote: { ...good.quote, order: { ...good.quote.order, ...changes } },
    })
  const inCall =
    (changes: Partial<NonNullable<Quote['order']>['call']>) =>
    (good: Good): OrderCheck =>
      inOrder({ call: { ...good.quote.order.call, ...changes } })(good)
  const inRequest =
    (changes: Partial<Quote['request']>) =>
    (good: Good): OrderCheck =>
      inQuote({ request: { ...good.request, ...changes } })(good)
  const otherUsdc = { ...usdc, address: addressOf(0xbad) }

  const refusals: [string, string, (good: Good) => OrderCheck, RefusalCode, typeof WETH?][] = [
    [
      'C-02',
      'no transaction',
      ({ quote: { order: _order, ...quote }, ...good }) => ({ ...good, quote, claim: undefined }),
      'QUOTE_SCHEMA',
    ],
    [
      'C-05',
      'calldata that nobody can read',
      (good) => ({ ...good, claim: { code: 'SELECTOR_NOT_ALLOWED', detail: 'swaps wants 0xdeadbeef.' } }),
      'SELECTOR_NOT_ALLOWED',
    ],
    ['C-03', 'another kind of leg', inRequest({ kind: 'bridge' }), 'QUOTE_MISMATCH'],
    [
      'C-03',
      'another sold token',
      inRequest({ sell: amountOf({ ...WETH, address: addressOf(0xbad) }, 10n ** 18n) }),
      'QUOTE_MISMATCH',
    ],
    ['C-03', 'one unit more sold', inRequest({ sell: amountOf(WETH, 10n ** 18n + 1n) }), 'QUOTE_MISMATCH'],
    ['C-03', 'one unit less sold', inRequest({ sell: amountOf(WETH, 10n ** 18n - 1n) }), 'QUOTE_MISMATCH'],
    [
      'C-03',
      'another bought token',
      inQuote({ expectedOut: amountOf(otherUsdc, 2_997n * 10n ** 6n) }),
      'QUOTE_MISMATCH',
    ],
    [
      'C-03',
      'a minimum in another token',
      inQuote({ minimumOut: amountOf(otherUsdc, 2_990n * 10n ** 6n) }),
      'QUOTE_MISMATCH',
    ],
    [
      'C-03',
      'the bought token on another chain',
      inQuote({ expectedOut: amountOf({ ...usdc, chain: 'beta' }, 2_997n * 10n ** 6n) }),
      'QUOTE_MISMATCH',
    ],
    ['C-03', 'a call on another chain', inCall({ chain: 'beta' }), 'QUOTE_MISMATCH'],
    ['C-03', 'an answer one millisecond too old', inQuote({ obtainedAt: NOW - 15_001 }), 'QUOTE_STALE'],
    ['C-04', 'a call to a stranger', inCall({ to: addressOf(0xbad) }), 'TARGET_NOT_ALLOWED'],
    [
      'C-04',
      'no allowed target at all',
      (good) => ({ ...good, allowed: { targets: [], spenders: [router] } }),
      'TARGET_NOT_ALLOWED',
    ],
    ['C-06', 'an allowance for a stranger', inOrder({ spender: addressOf(0xbad) }), 'SPENDER_NOT_ALLOWED'],
    ['C-06', 'a token sold without a spender', inOrder({ spender: undefined }), 'SPENDER_NOT_ALLOWED'],
    ['C-06', 'native coin sold with a spender', inOrder({ spender: router }), 'SPENDER_NOT_ALLOWED', eth],
    ['C-07', 'coin with the sale of a token', inCall({ value: 1n }), 'VALUE_MISMATCH'],
    ['C-07', 'too much coin', inCall({ value: 10n ** 18n + 1n }), 'VALUE_MISMATCH', eth],
    ['C-07', 'too little coin', inCall({ value: 10n ** 18n - 1n }), 'VALUE_MISMATCH', eth],
    [
      'C-07',
      'a fee on top that is not in the value',
      inQuote({ fees: [{ name: 'relay', amount: amountOf(eth, 5n), isIncluded: false }] }),
      'VALUE_MISMATCH',
    ],
    ['C-08', 'a bad price', inQuote({ expectedOut: amountOf(usdc, 2_984n * 10n ** 6n) }), 'MIN_OUT_TOO_LOW'],
    [
      'C-08',
      'a price that is too good',
      inQuote({ expectedOut: amountOf(usdc, 3_046n * 10n ** 6n) }),
      'QUOTE_ORACLE_DIVERGENCE',
    ],
    [
      'C-08',
      'a guarantee one unit under our own minimum',
      inQuote({ minimumOut: amountOf(usdc, 2_985n * 10n ** 6n - 1n) }),
      'MIN_OUT_TOO_LOW',
    ],
  ]
  test.each(refusals)('%s: refuses %s (P-03)', (_id, _what, mutate, code, sold = WETH) => {
    const refusal = checkOrder(mutate(goodOrder(sold)))
    expect(refusal?.code).toBe(code)
    expect(refusal?.detail).toContain('swaps')
  })

  test.each([
    ['another tool', inQuote({ tool: 'x' })],
    ['more gas', inQuote({ gasUnits: 10n ** 6n })],
    ['other calldata', inCall({ data: '0xff' })],
    ['an included fee', inQuote({ fees: [{ name: 'f', amount: amountOf(usdc, 1n), isIncluded: true }] })],
    ['the target in capital letters', inCall({ to: `0x${router.slice(2).toUpperCase()}` })],
    ['the last millisecond', inQuote({ obtainedAt: NOW - 15_000 })],
  ])('%s changes nothing (P-03, P-06)', (_what, mutate) => {
    expect(checkOrder(mutate(goodOrder()))).toBeUndefined()
  })

  test('a declared fee on top is due with the value (C-07)', () => {
    const good = goodOrder()
    const fees = [{ name: 'relay', amount: amountOf(eth, 5n), isIncluded: false }]
    const { call } = good.quote.order
    expect(
      checkOrder({
        ...good,
        quote: { ...good.quote, fees, order: { ...good.quote.order, call: { ...call, value: 5n } } },
      }),
    ).toBeUndefined()
  })

  test('tightening a limit never turns a refusal into an acceptance (P-05)', () => {
    const points = fc.integer({ min: 0, max: 300 })
    const ms = fc.integer({ min: 0, max: 30_000 })
    fc.assert(
      fc.property(
        points,
        points,
        ms,
        ms,
        ms,
        fc.bigInt({ min: 2_900n * 10n ** 6n, max: 3_100n * 10n ** 6n }),
        (a, b, x, y, age, units) => {
          const good = goodOrder()
          const quote = {
            ...good.quote,
            obtainedAt: NOW - age,
            expectedOut: amountOf(usdc, units),
            minimumOut: amountOf(usdc, units),
          }
          const loose = checkOrder({ ...good, quote, maxLoss: bps(Math.max(a, b)), maxAgeMs: Math.max(x, y) })
          const tight = checkOrder({ ...good, quote, maxLoss: bps(Math.min(a, b)), maxAgeMs: Math.min(x, y) })
          expect(loose !== undefined && tight === undefined).toBe(false)
        },
      ),
      many,
    )
  })
})

describe('checkLeg (C-01)', () => {
  const portfolio = {
    id: 'core',
    assets: [
      { key: 'ETH', class: 'major' as const, tokens: [WETH] },
      { key: 'USD', class: 'stable' as const, tokens: [usdc] },
    ],
    policy: { maxLeg: 3_000n * ONE_USD } as Policy,
  }
  const { request } = goodOrder()

  test('a sale up to the cap, between tokens of the portfolio, lies inside the policy', () => {
    expect(checkLeg(portfolio, market, request)).toBeUndefined()
  })

  test.each([
    ['a base unit more than the cap', { ...request, sell: amountOf(WETH, 10n ** 18n + 10n ** 3n) }],
    ['a token that is none of ours', { ...request, buy: { ...usdc, address: addressOf(0xbad) } }],
    ['a token of another chain', { ...request, buy: { ...usdc, chain: 'beta' } }],
  ])('%s is POLICY_DENIED', (_what, outside) => {
    expect(checkLeg(portfolio, market, outside)?.code).toBe('POLICY_DENIED')
  })
})

describe('toleranceFor', () => {
  const leg = (expected: bigint, loss: number) => ({
    sell: amountOf(WETH, 10n ** 18n),
    expectedOut: amountOf(usdc, expected),
    maxLoss: bps(loss),
  })

  test('is four fifths of what the planned loss leaves of the limit, and at most what is configured', () => {
    expect(toleranceFor(market, leg(2_997n * 10n ** 6n, 50), bps(100))).toBe(bps(32))
    expect(toleranceFor(market, leg(2_997n * 10n ** 6n, 50), bps(30))).toBe(bps(30))
    expect(toleranceFor(market, leg(2_985n * 10n ** 6n, 50), bps(30))).toBe(0n)
    expect(toleranceFor(market, leg(2_900n * 10n ** 6n, 50), bps(30))).toBe(0n)
  })

  test('at unchanged prices the guaranteed minimum never falls under our own (P-01)', () => {
    const price = fc.bigInt({ min: ONE_USD / 10_000n, max: 100_000n * ONE_USD })
    fc.assert(
      fc.property(
        price,
        fc.bigInt({ min: 10n ** 15n, max: 10n ** 24n }),
        fc.integer({ min: -200, max: 250 }),
        fc.integer({ min: 0, max: 200 }),
        fc.integer({ min: 0, max: 200 }),
        (ethPrice, units, planned, limit, most) => {
          const prices = marketOf(ethPrice)
          const sell = amountOf(WETH, units)
          const bought = { ...usdc, decimals: 18 }
          const expectedOut = scaleAmount(ownMinimumOut(prices, sell, bought, 0n), RATIO_ONE - bps(planned), 'down')
          const maxLoss = bps(limit)
          if (
            checkPrice(
              prices,
              { ...goodOrder().quote, request: { ...goodOrder().request, sell }, expectedOut },
              maxLoss,
            )
          )
            return
          const tolerance = toleranceFor(prices, { sell, expectedOut, maxLoss }, bps(most))
          const guaranteed = scaleAmount(expectedOut, RATIO_ONE - tolerance, 'up')
          expect(guaranteed.units >= ownMinimumOut(prices, sell, bought, maxLoss).units).toBe(true)
          expect(tolerance >= 0n && tolerance <= bps(most)).toBe(true)
        },
      ),
      many,
    )
  })
})

test('maxLossOf: bridges have their own limit, swaps that of the worse class of the two, a bridge into another asset both', () => {
  const policy = { maxBridgeLoss: 1n, maxLoss: { stable: 2n, major: 3n, other: 4n } } as Policy
  const asset = (key: string, kind: Asset['class']): Asset => ({ key, class: kind, tokens: [] })
  const [stable, major, other] = [asset('USD', 'stable'), asset('ETH', 'major'), asset('LINK', 'other')]
  expect(maxLossOf(policy, 'bridge', other, other)).toBe(1n)
  expect(maxLossOf(policy, 'swap', stable, stable)).toBe(2n)
  expect([maxLossOf(policy, 'swap', stable, major), maxLossOf(policy, 'swap', major, stable)]).toEqual([3n, 3n])
  expect([maxLossOf(policy, 'swap', other, major), maxLossOf(policy, 'swap', stable, other)]).toEqual([4n, 4n])
  expect([maxLossOf(policy, 'bridge', major, stable), maxLossOf(policy, 'bridge', stable, other)]).toEqual([4n, 5n])
})
