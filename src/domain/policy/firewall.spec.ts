import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { addressOf, aToken, NOW, OWNER, WETH } from '../../../test/support/builders.js'
import { type Address, type Hex, NATIVE } from '../assets.js'
import type { RefusalCode } from '../errors.js'
import type { Call } from '../planning/quote.js'
import { amountOf } from '../units/amount.js'
import {
  type CallClaim,
  checkApproval,
  checkClaim,
  type ClaimCheck,
  expiryOf,
  MAX_DEADLINE_SECONDS,
  MAX_FILL_SECONDS,
  readApproval,
} from './firewall.js'

const usdc = aToken()
const usdcThere = aToken({ chain: 'beta', address: addressOf(0xcc) })
const usdt = aToken({ symbol: 'USDT', address: addressOf(0xd), asset: 'USDT' })
const coin = { ...WETH, address: NATIVE, symbol: 'ETH' }
const coinThere = { ...coin, chain: 'beta' }
const wethThere = { ...WETH, chain: 'beta', address: addressOf(0xee) }
const [router, settler, pool, stranger] = [addressOf(0x11), addressOf(0x12), addressOf(0x13), addressOf(0xbad)]
const SECONDS = NOW / 1_000

const sale = amountOf(WETH, 10n ** 18n)
const call: Call = { chain: 'alpha', to: router, data: '0x12345678', value: 0n }

/** A swap of one WETH for at least 2,985 USDC, through an exchange and a Settler, with everything as it must be. */
function goodSwap(): ClaimCheck {
  return {
    claim: {
      selector: '0x12345678',
      name: 'trade',
      sells: { token: WETH.address, units: sale.units },
      buys: { token: usdc.address, minimumUnits: 2_990n * 10n ** 6n },
      receivers: [
        { role: 'receiver', address: OWNER },
        { role: 'refund address', address: OWNER },
      ],
      bridge: undefined,
      deadlines: [SECONDS + 600, SECONDS + MAX_DEADLINE_SECONDS],
      nested: [{ to: pool, selector: '0xaaaaaaaa', allows: pool }],
      delegates: [{ to: settler, selector: '0xbbbbbbbb' }],
    },
    call,
    request: { kind: 'swap', sell: sale, buy: usdc, account: OWNER, maxSlippage: 0n },
    bridge: undefined,
    destinationChainId: 901,
    least: amountOf(usdc, 2_985n * 10n ** 6n),
    leastBy: 'our own prices demand',
    tokens: [usdc, usdt, WETH, coin, usdcThere, coinThere, wethThere],
    allowed: { targets: [router], spenders: [router], settlers: [settler] },
    now: NOW,
  }
}

/** 1,000 USDC to another chain for at least 997. */
function goodBridge(): ClaimCheck {
  const sold = amountOf(usdc, 1_000n * 10n ** 6n)
  const swap = goodSwap()
  return {
    ...swap,
    claim: {
      ...swap.claim,
      sells: { token: usdc.address, units: sold.units },
      buys: { token: usdcThere.address, minimumUnits: sold.units },
      bridge: {
        name: 'across',
        destinationChainId: 902,
        hasDestinationCall: false,
        carries: usdc.address,
        minimumOut: 998n * 10n ** 6n,
        fillDeadline: SECONDS + MAX_FILL_SECONDS,
      },
      nested: [],
      delegates: [],
    },
    request: { kind: 'bridge', sell: sold, buy: usdcThere, account: OWNER, maxSlippage: 0n },
    bridge: 'across',
    destinationChainId: 902,
    least: amountOf(usdcThere, 997n * 10n ** 6n),
    leastBy: 'our own prices demand',
  }
}

const withClaim = (check: ClaimCheck, changes: Partial<CallClaim>): ClaimCheck => ({
  ...check,
  claim: { ...check.claim, ...changes },
})
const inBridge = (changes: Partial<NonNullable<CallClaim['bridge']>>) => (): ClaimCheck => {
  const good = goodBridge()
  return withClaim(good, { bridge: { ...good.claim.bridge!, ...changes } })
}
const inSwap = (changes: Partial<CallClaim>) => () => withClaim(goodSwap(), changes)
const nested = (to: Address, selector: Hex = '0xaaaaaaaa', allows?: Address) =>
  inSwap({ nested: [{ to, selector, allows }] })

describe('checkClaim (C-05)', () => {
  test('accepts a swap and a bridge that do what was asked', () => {
    expect(checkClaim(goodSwap())).toBeUndefined()
    expect(checkClaim(goodBridge())).toBeUndefined()
  })

  const refusals: [string, string, () => ClaimCheck, RefusalCode][] = [
    [
      'C-04',
      'lends the token to an unknown contract',
      inSwap({ delegates: [{ to: stranger, selector: '0xbbbbbbbb' }] }),
      'TARGET_NOT_ALLOWED',
    ],
    [
      'F-10',
      'sells a unit more',
      inSwap({ sells: { token: WETH.address, units: sale.units + 1n } }),
      'CALLDATA_MISMATCH',
    ],
    [
      'F-10',
      'sells a unit less',
      inSwap({ sells: { token: WETH.address, units: sale.units - 1n } }),
      'CALLDATA_MISMATCH',
    ],
    ['C-05', 'sells another token', inSwap({ sells: { token: usdt.address, units: sale.units } }), 'CALLDATA_MISMATCH'],
    [
      'F-01',
      'pays somebody else',
      inSwap({ receivers: [{ role: 'receiver', address: stranger }] }),
      'RECEIVER_MISMATCH',
    ],
    [
      'F-12',
      'pays us, and somebody else in the part for the bridge',
      () =>
        withClaim(goodBridge(), {
          receivers: [
            { role: 'receiver', address: OWNER },
            { role: 'receiver on the destination', address: stranger },
          ],
        }),
      'RECEIVER_MISMATCH',
    ],
    [
      'C-05',
      'refunds somebody else',
      inSwap({
        receivers: [
          { role: 'receiver', address: OWNER },
          { role: 'refund address', address: stranger },
        ],
      }),
      'RECEIVER_MISMATCH',
    ],
    [
      'C-05',
      'bridges although a swap was asked for',
      inSwap({ bridge: goodBridge().claim.bridge }),
      'CALLDATA_MISMATCH',
    ],
    [
      'C-05',
      'swaps although a bridge was asked for',
      () => withClaim(goodBridge(), { bridge: undefined }),
      'CALLDATA_MISMATCH',
    ],
    ['F-11', 'bridges to another chain', inBridge({ destinationChainId: 903 }), 'DESTINATION_MISMATCH'],
    ['F-11', 'calls something on the destination', inBridge({ hasDestinationCall: true }), 'DESTINATION_MISMATCH'],
    ['C-05', 'takes another bridge than the quote', inBridge({ name: 'ferry' }), 'CALLDATA_MISMATCH'],
    ['C-05', 'carries another asset', inBridge({ carries: usdt.address }), 'CALLDATA_MISMATCH'],
    ['C-05', 'carries a token nobody knows', inBridge({ carries: stranger }), 'CALLDATA_MISMATCH'],
    [
      'C-05',
      'buys another token',
      inSwap({ buys: { token: usdt.address, minimumUnits: 2_990n * 10n ** 6n } }),
      'CALLDATA_MISMATCH',
    ],
    [
      'C-05',
      'buys a token it does not name',
      inSwap({ buys: { token: undefined, minimumUnits: 2_990n * 10n ** 6n } }),
      'CALLDATA_MISMATCH',
    ],
    [
      'C-05',
      'brings another token over the bridge',
      () => withClaim(goodBridge(), { buys: { token: usdc.address, minimumUnits: 0n } }),
      'CALLDATA_MISMATCH',
    ],
    ['F-02', 'accepts any output', inSwap({ buys: { token: usdc.address, minimumUnits: 1n } }), 'MIN_OUT_TOO_LOW'],
    [
      'F-02',
      'guarantees a unit less than our own minimum',
      inSwap({ buys: { token: usdc.address, minimumUnits: 2_985n * 10n ** 6n - 1n } }),
      'MIN_OUT_TOO_LOW',
    ],
    [
      'F-02',
      'guarantees nothing',
      inSwap({ buys: { token: usdc.address, minimumUnits: undefined } }),
      'MIN_OUT_TOO_LOW',
    ],
    [
      'F-02',
      'lets the bridge bring a unit less than our own minimum',
      inBridge({ minimumOut: 997n * 10n ** 6n - 1n }),
      'MIN_OUT_TOO_LOW',
    ],
    [
      'C-05',
      'may be mined a second later than in 20 minutes',
      inSwap({ deadlines: [SECONDS + 1, SECONDS + MAX_DEADLINE_SECONDS + 1] }),
      'DEADLINE_TOO_FAR',
    ],
    ['C-05', 'may be mined for ever', inSwap({ deadlines: [Number(2n ** 256n - 1n)] }), 'DEADLINE_TOO_FAR'],
    ['C-05', 'could not be mined any more', inSwap({ deadlines: [SECONDS] }), 'QUOTE_STALE'],
    [
      'C-05',
      'keeps us waiting for more than a day',
      inBridge({ fillDeadline: SECONDS + MAX_FILL_SECONDS + 1 }),
      'DEADLINE_TOO_FAR',
    ],
    ['C-05', 'could not arrive any more', inBridge({ fillDeadline: SECONDS - 1 }), 'QUOTE_STALE'],
    ['F-07', 'makes the contract call a token of ours', nested(usdc.address, '0x23b872dd'), 'TARGET_NOT_ALLOWED'],
    ['F-07', 'makes the contract call the sold token', nested(WETH.address, '0x095ea7b3'), 'TARGET_NOT_ALLOWED'],
    ['F-07', 'makes a token wrap that is no coin', nested(usdt.address, '0xd0e30db0'), 'TARGET_NOT_ALLOWED'],
    ['C-05', 'lets a token of ours spend', nested(pool, '0xaaaaaaaa', usdc.address), 'TARGET_NOT_ALLOWED'],
    ['C-05', 'makes the contract call itself', nested(router), 'TARGET_NOT_ALLOWED'],
    ['C-05', 'makes the contract call us', nested(OWNER), 'TARGET_NOT_ALLOWED'],
  ]
  test.each(refusals)('%s: calldata that %s is refused', (_id, _what, build, code) => {
    const refusal = checkClaim(build())
    expect(refusal?.code).toBe(code)
    expect(refusal?.detail).toContain('trade')
  })

  test.each([
    ['wraps coin', nested(WETH.address, '0xd0e30db0', WETH.address)],
    ['unwraps coin', nested(WETH.address, '0x2e1a7d4d', WETH.address)],
    ['has no deadline', inSwap({ deadlines: [] })],
    [
      'goes over a bridge that does not name what comes out',
      () => withClaim(goodBridge(), { buys: { token: undefined, minimumUnits: 0n } }),
    ],
  ])('calldata that %s is fine', (_what, build) => {
    expect(checkClaim(build())).toBeUndefined()
  })

  test('F-02: where what comes out is not named, the minimum counts in units of what is carried', () => {
    const fine = aToken({ symbol: 'USDC18', address: addressOf(0x18), decimals: 18 })
    const good = goodBridge()
    const sold = amountOf(fine, 1_000n * 10n ** 18n)
    const withMinimum = (minimumOut: bigint) =>
      checkClaim({
        ...withClaim(good, {
          sells: { token: fine.address, units: sold.units },
          buys: { token: undefined, minimumUnits: sold.units },
          bridge: { ...good.claim.bridge!, carries: fine.address, minimumOut },
        }),
        request: { ...good.request, sell: sold },
        tokens: [...good.tokens, fine],
      })
    expect(withMinimum(997n * 10n ** 18n)).toBeUndefined()
    expect(withMinimum(997n * 10n ** 18n - 1n)).toMatchObject({ code: 'MIN_OUT_TOO_LOW' })
    expect(withMinimum(997n * 10n ** 6n)).toMatchObject({ code: 'MIN_OUT_TOO_LOW' })
  })

  test('coin comes out of a bridge under the name of its wrapper, and only of its own', () => {
    const good = goodBridge()
    const sold = amountOf(coin, 10n ** 18n)
    const crossing: ClaimCheck = {
      ...withClaim(good, {
        sells: { token: NATIVE, units: sold.units },
        buys: { token: wethThere.address, minimumUnits: 0n },
        bridge: { ...good.claim.bridge!, carries: NATIVE, minimumOut: 10n ** 18n },
      }),
      request: { ...good.request, sell: sold, buy: coinThere },
      least: amountOf(coinThere, 10n ** 18n),
      leastBy: 'our own prices demand',
    }
    expect(checkClaim(crossing)).toBeUndefined()
    expect(checkClaim(withClaim(crossing, { buys: { token: usdcThere.address, minimumUnits: 0n } }))?.code).toBe(
      'CALLDATA_MISMATCH',
    )
  })

  test('with a registry it is the registry that knows the Settlers, not the list', () => {
    const good = goodSwap()
    const check = { ...good, allowed: { targets: [], spenders: [], settlerRegistry: addressOf(0x99) } }
    expect(checkClaim(check)).toBeUndefined()
  })

  test('the letter case of an address is no difference, and every other byte is one (P-06)', () => {
    const place = fc.integer({ min: 2, max: 41 })
    fc.assert(
      fc.property(place, fc.integer({ min: 1, max: 15 }), (index, change) => {
        const digit = (Number.parseInt(OWNER[index]!, 16) ^ change).toString(16)
        const other = `${OWNER.slice(0, index)}${digit}${OWNER.slice(index + 1)}` as Address
        const paying = (address: Address) => checkClaim(inSwap({ receivers: [{ role: 'receiver', address }] })())
        expect(paying(OWNER.toLowerCase() as Address)).toBeUndefined()
        expect(paying(other)?.code).toBe('RECEIVER_MISMATCH')
      }),
      { numRuns: 500 },
    )
  })

  test('a stricter own minimum or an earlier moment never turns a refusal into an acceptance (P-05)', () => {
    const units = fc.bigInt({ min: 0n, max: 4_000n * 10n ** 6n })
    fc.assert(
      fc.property(units, units, units, fc.integer({ min: 1, max: 3_000 }), (a, b, minimum, ahead) => {
        const check = inSwap({ buys: { token: usdc.address, minimumUnits: minimum }, deadlines: [SECONDS + ahead] })()
        const [loose, tight] = a < b ? [a, b] : [b, a]
        const judged = (least: bigint) => checkClaim({ ...check, least: amountOf(usdc, least) })
        expect(judged(loose) !== undefined && judged(tight) === undefined).toBe(false)
      }),
      { numRuns: 1_000 },
    )
  })

  test('the first of several deadlines is when the call expires', () => {
    expect(expiryOf(goodSwap().claim)).toBe(NOW + 600_000)
    expect(expiryOf({ ...goodSwap().claim, deadlines: [] })).toBeUndefined()
  })
})

describe('checkApproval (C-06)', () => {
  const approval = (spender: Address, units: bigint): Call => ({
    chain: 'alpha',
    to: WETH.address,
    data: `0x095ea7b3${spender.slice(2).padStart(64, '0')}${units.toString(16).padStart(64, '0')}`,
    value: 0n,
  })
  const terms = { sale, current: 0n, spenders: [router] }
  const good = approval(router, sale.units)

  test('exactly the sale, from zero, for a spender on the list', () => {
    expect(checkApproval(good, terms)).toBeUndefined()
    expect(readApproval(good)).toEqual({ spender: router, units: sale.units })
  })

  test('an allowance may always be set to zero, whoever holds it', () => {
    expect(checkApproval(approval(stranger, 0n), { ...terms, current: 5n })).toBeUndefined()
  })

  test.each<[string, Call, Partial<typeof terms>, RefusalCode]>([
    ['F-05: a stranger', approval(stranger, sale.units), {}, 'SPENDER_NOT_ALLOWED'],
    ['F-05: the Settler', approval(settler, sale.units), {}, 'SPENDER_NOT_ALLOWED'],
    ['C-06: a unit more', approval(router, sale.units + 1n), {}, 'ALLOWANCE_NOT_EXACT'],
    ['C-06: a unit less', approval(router, sale.units - 1n), {}, 'ALLOWANCE_NOT_EXACT'],
    ['C-06: without end', approval(router, 2n ** 256n - 1n), {}, 'ALLOWANCE_NOT_EXACT'],
    [
      'C-06: without end, for a sale of just that',
      approval(router, 2n ** 256n - 1n),
      { sale: amountOf(WETH, 2n ** 256n - 1n) },
      'ALLOWANCE_NOT_EXACT',
    ],
    ['C-06: on top of one that stands', good, { current: 1n }, 'ALLOWANCE_NOT_EXACT'],
    ['C-06: of another token', { ...good, to: usdc.address }, {}, 'ALLOWANCE_NOT_EXACT'],
    ['C-06: on another chain', { ...good, chain: 'beta' }, {}, 'ALLOWANCE_NOT_EXACT'],
    ['C-06: with coin', { ...good, value: 1n }, {}, 'ALLOWANCE_NOT_EXACT'],
    ['C-06: by increaseAllowance', { ...good, data: `0x39509351${good.data.slice(10)}` }, {}, 'ALLOWANCE_NOT_EXACT'],
    ['C-06: with more bytes', { ...good, data: `${good.data}00` }, {}, 'ALLOWANCE_NOT_EXACT'],
    [
      'C-06: with dirt before the address',
      { ...good, data: good.data.replace('095ea7b30', '095ea7b31') as Hex },
      {},
      'ALLOWANCE_NOT_EXACT',
    ],
  ])('%s is refused', (_what, approve, changes, code) => {
    expect(checkApproval(approve, { ...terms, ...changes })?.code).toBe(code)
  })
})
