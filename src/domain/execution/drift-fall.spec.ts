import { describe, expect, test } from '@jest/globals'
import { aCycle, aLeg, aPlan, aRun, aToken, WETH } from '../../../test/support/builders.js'
import { amountOf, type TokenAmount } from '../units/amount.js'
import { mulDiv, ratioOfBasisPoints as bps } from '../units/ratio.js'
import { amountWorth, ONE_USD } from '../units/usd.js'
import type { Cycle, LegRun } from './cycle.js'
import { reasonDriftStayed } from './drift-fall.js'

const NAV = 1_000_000n * ONE_USD
const LINK = aToken({ asset: 'LINK', symbol: 'LINK', decimals: 18 })
const USDC = aToken()
const prices = new Map([
  ['ETH', 3_000n * ONE_USD],
  ['USD', ONE_USD],
  ['LINK', 15n * ONE_USD],
])
const LEAST = bps(2_500)

const worth = (dollars: number, token: TokenAmount['token']) =>
  amountWorth(BigInt(dollars) * ONE_USD, token, prices.get(token.asset)!, 'down')
const purchase = [USDC, WETH] as const
const onward = [WETH, LINK] as const

/** Nothing is lost on the way. */
const legOf = ([from, to]: readonly [TokenAmount['token'], TokenAmount['token']], dollars = 10_000) =>
  aLeg({ sell: worth(dollars, from), expectedOut: worth(dollars, to) })
const done = (run: LegRun, share = 10_000n): LegRun => ({
  ...run,
  state: 'done',
  sold: run.leg.sell,
  received: amountOf(run.leg.expectedOut.token, mulDiv(run.leg.expectedOut.units, share, 10_000n, 'down')),
})
const failed = (run: LegRun): LegRun => ({ ...run, state: 'failed' })

/** LINK is 100 bps below its target, ETH 95 above and the dollar 5; the plan buys LINK, with dollars by way of ETH. */
function cycleOf(legs: readonly LegRun[], expectedDrift = 95): Cycle {
  const asset = (key: string, weight: number, target: number) => ({
    asset: key,
    value: mulDiv(NAV, BigInt(weight), 10_000n, 'down'),
    weight: bps(weight),
    target: bps(target),
    drift: bps(weight - target),
    band: bps(50),
    isInBand: key !== 'LINK',
  })
  const cycle = aCycle({ legs })
  return {
    ...cycle,
    market: { ...cycle.market, prices },
    plan: { ...aPlan(legs.map(({ leg }) => leg)), expectedDrift: bps(expectedDrift) },
    drift: {
      nav: NAV,
      assets: [asset('ETH', 4_095, 4_000), asset('USD', 4_005, 4_000), asset('LINK', 1_900, 2_000)],
      portfolio: bps(100),
      excluded: [],
    },
  }
}
const runs = () => [aRun({ leg: legOf(purchase) }), aRun({ leg: legOf(onward) })] as const

describe('what a cycle traded', () => {
  test('passes where the drift fell as planned', () => {
    const [first, second] = runs()
    expect(reasonDriftStayed(cycleOf([done(first), done(second)]), LEAST)).toBeUndefined()
  })

  test('is told when less than its share of what was promised went', () => {
    const [first, second] = runs()
    expect(reasonDriftStayed(cycleOf([done(first), done(second, 2_000n)], 0), LEAST)).toMatch(
      /^C-52: the drift went from 100 to \d+/,
    )
  })

  test('passes where only the half was done that adds to the drift until the other follows', () => {
    const [first, second] = runs()
    // ETH at +195, dollars at −95.
    expect(reasonDriftStayed(cycleOf([done(first), failed(second)]), LEAST)).toBeUndefined()
  })

  test('is told when that half adds more than it was to', () => {
    const [first, second] = runs()
    expect(reasonDriftStayed(cycleOf([done(first, 9_000n), failed(second)]), LEAST)).toBeUndefined()
    const more = { ...done(first), received: worth(14_000, WETH) }
    expect(reasonDriftStayed(cycleOf([more, failed(second)]), LEAST)).toMatch(/^C-52/)
  })

  test('is told when half of a plan adds to the drift that all of it adds to, whatever it said', () => {
    const away = aRun({ leg: legOf([LINK, USDC] as const) })
    const more = aRun({ leg: legOf([LINK, WETH] as const) })
    expect(reasonDriftStayed(cycleOf([done(away), failed(more)], 0), LEAST)).toMatch(/^C-52/)
  })

  test('is nothing to judge before anything traded', () => {
    const [first, second] = runs()
    expect(reasonDriftStayed(cycleOf([failed(first), failed(second)]), LEAST)).toBeUndefined()
  })
})
