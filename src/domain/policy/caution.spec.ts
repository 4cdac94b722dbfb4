import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { aPortfolio } from '../../../test/support/fake-world.js'
import type { Regime, RegimeName } from '../statistics/regime.js'
import { RATIO_ONE, ratioOfBasisPoints } from '../units/ratio.js'
import { cautious } from './caution.js'

const regime = (name: RegimeName): Regime => ({
  name,
  volatility: 0.9,
  median: 0.5,
  periods: 365,
  ratio: 1.8,
  stressedFrom: 1.5,
  calmBelow: 1.2,
  age: 3,
  reason: 'Volatility is high.',
})
const caution = { leg: ratioOfBasisPoints(5_000), slippage: ratioOfBasisPoints(3_333) }
const portfolio = aPortfolio({ caution })

test('stress leaves the configured shares of legs and slippage, and nothing else changes', () => {
  const careful = cautious(portfolio, regime('stressed'))
  expect(careful).toEqual({
    ...portfolio,
    maxSlippage: (portfolio.maxSlippage * 3_333n) / 10_000n,
    policy: { ...portfolio.policy, maxLeg: portfolio.policy.maxLeg / 2n },
  })
})

test('calm and not knowing change nothing', () => {
  expect(cautious(portfolio, regime('calm'))).toBe(portfolio)
  expect(cautious(portfolio, undefined)).toBe(portfolio)
})

test('limits never grow, whatever share is configured, and are rounded down', () => {
  const share = fc.bigInt({ min: 0n, max: RATIO_ONE })
  fc.assert(
    fc.property(share, share, fc.bigInt({ min: 0n, max: 10n ** 27n }), (leg, slippage, maxLeg) => {
      const before = aPortfolio({ caution: { leg, slippage }, policy: { ...portfolio.policy, maxLeg } })
      const { policy, maxSlippage } = cautious(before, regime('stressed'))
      expect(policy.maxLeg).toBe((maxLeg * leg) / RATIO_ONE)
      expect(policy.maxLeg <= maxLeg && maxSlippage <= before.maxSlippage).toBe(true)
    }),
  )
})
