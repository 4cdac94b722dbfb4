import { describe, expect, test } from '@jest/globals'
import { aMarket, aToken, OWNER, WETH } from '../../../test/support/builders.js'
import { InvariantError } from '../errors.js'
import { NATIVE } from '../assets.js'
import { amountOf } from '../units/amount.js'
import { ONE_USD } from '../units/usd.js'
import { addCosts, gasCost, lossOf, NO_COST, priceIn, quoteCost, totalOf, weiCost } from './cost.js'
import type { Quote, QuoteFee } from './quote.js'

const market = aMarket()
const usdc = aToken()
const quote = (changes: Partial<Quote> = {}): Quote => ({
  venue: 'v',
  tool: 't',
  request: { kind: 'swap', sell: amountOf(WETH, 10n ** 18n), buy: usdc, account: OWNER, maxSlippage: 0n },
  expectedOut: amountOf(usdc, 2_990n * 10n ** 6n),
  minimumOut: amountOf(usdc, 2_980n * 10n ** 6n),
  fees: [],
  gasUnits: 145_000n,
  durationSeconds: 0,
  obtainedAt: 0,
  ...changes,
})
const fee = (units: bigint, isIncluded: boolean): QuoteFee => ({ name: 'f', amount: amountOf(usdc, units), isIncluded })
/** 200,000 gas at 12.000000001 gwei and 3,000 USD. */
const GAS = (200_000n * 12_000_000_001n * 3_000n * ONE_USD) / 10n ** 18n

describe('quoteCost', () => {
  test('splits what a swap loses into slippage and the fees the venue names, and adds gas with an approval', () => {
    const cost = quoteCost(market, quote({ fees: [fee(4_000_000n, true)] }))
    expect(cost).toEqual({ slippage: 6n * ONE_USD, fees: 4n * ONE_USD, gas: GAS, bridge: 0n })
    expect(totalOf(cost)).toBe(10n * ONE_USD + GAS)
  })

  test('a fee on top of the quoted amounts costs on top', () => {
    const cost = quoteCost(market, quote({ fees: [fee(4_000_000n, false)] }))
    expect(cost).toMatchObject({ slippage: 10n * ONE_USD, fees: 4n * ONE_USD })
  })

  test('all that a bridge keeps is its cost', () => {
    const { request } = quote()
    const cost = quoteCost(
      market,
      quote({ request: { ...request, kind: 'bridge' }, fees: [fee(4_000_000n, true), fee(1_000_000n, false)] }),
    )
    expect(cost).toEqual({ slippage: 0n, fees: 0n, gas: GAS, bridge: 11n * ONE_USD })
  })

  test('native coin needs no approval', () => {
    const sell = amountOf({ ...WETH, address: NATIVE }, 10n ** 18n)
    const { gas } = quoteCost(market, quote({ request: { ...quote().request, sell } }))
    expect(gas).toBe(gasCost(market, 'alpha', 145_000n))
  })

  test('a better price than ours is a negative cost', () => {
    expect(quoteCost(market, quote({ expectedOut: amountOf(usdc, 3_001n * 10n ** 6n) })).slippage).toBe(-ONE_USD)
  })
})

describe('reckoning', () => {
  test('rounds gas and losses against us', () => {
    expect(weiCost(market, 'alpha', 1n)).toBe(3_000n)
    expect(lossOf(market, amountOf(WETH, 1n), amountOf(usdc, 0n))).toBe(3_000n)
    const odd = {
      ...market,
      prices: new Map([
        ['ETH', 1n],
        ['USD', 1n],
      ]),
    }
    expect(weiCost(odd, 'alpha', 1n)).toBe(1n)
    expect(lossOf(odd, amountOf(WETH, 1n), amountOf(usdc, 1n))).toBe(1n)
  })

  test('costs add up by component', () => {
    const cost = { slippage: 1n, fees: 2n, gas: 3n, bridge: 4n }
    expect(addCosts(cost, cost)).toEqual({ slippage: 2n, fees: 4n, gas: 6n, bridge: 8n })
    expect(addCosts(cost, NO_COST)).toEqual(cost)
    expect(totalOf(cost)).toBe(10n)
  })

  test('an unknown price or gas price is never taken for zero', () => {
    expect(() => priceIn(market, 'DOGE')).toThrow(InvariantError)
    expect(() => gasCost(market, 'beta', 1n)).toThrow(InvariantError)
  })
})
