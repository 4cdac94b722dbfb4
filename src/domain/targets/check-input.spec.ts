import { describe, expect, test } from '@jest/globals'
import { aTargetAsset, aTargetInput, currentTargets } from '../../../test/support/targets.js'
import type { Matrix } from '../statistics/matrix.js'
import { checkInput, covarianceOf } from './check-input.js'

const input = aTargetInput(['BTC', 'ETH'], { current: currentTargets({ BTC: 50, ETH: 50 }) })
const fine: Matrix = [
  [0.36, 0.3],
  [0.3, 0.49],
]

describe('checkInput', () => {
  test('lets pass what targets can be made of', () => {
    expect(checkInput(input)).toBeUndefined()
    expect(checkInput({ ...input, current: undefined })).toBeUndefined()
    const chains = { arbitrum: 0.5, base: 0.25 }
    expect(checkInput({ ...input, assets: [aTargetAsset('BTC', { chains })] })).toBeUndefined()
  })

  test.each([
    [{ assets: [] }, 'bad-asset', 'Targets need at least one asset, got none. Configure one.'],
    [
      { assets: [aTargetAsset('BTC'), aTargetAsset('BTC')] },
      'bad-asset',
      'Asset BTC is there twice; every asset has one target.',
    ],
    [
      { assets: [aTargetAsset('BTC', { chains: { arbitrum: 0.8, base: 0.4 } })] },
      'bad-asset',
      'Shares of BTC on its chains should not be negative and at most one together, got 0.8, 0.4.',
    ],
    [
      { assets: [aTargetAsset('BTC', { chains: { arbitrum: Number.NaN } })] },
      'bad-asset',
      'Shares of BTC on its chains should not be negative and at most one together, got NaN.',
    ],
    [{ now: Number.NaN }, 'bad-number', 'Time should be in milliseconds since 1970, got NaN.'],
    [
      { current: currentTargets({ BTC: 50, ETH: 49 }) },
      'bad-number',
      'Targets in force should sum to 1000000000000000000, got 990000000000000000. Hand in all of them.',
    ],
    [
      { current: currentTargets({ BTC: 150, ETH: -50 }) },
      'bad-number',
      'Target in force of ETH should not be negative, got -500000000000000000.',
    ],
    [
      { current: currentTargets({ BTC: 100 }, { setAt: Infinity }) },
      'bad-number',
      'Targets in force should have a time and no negative exposure, got Infinity and undefined.',
    ],
    [
      { current: currentTargets({ BTC: 100 }, { exposure: Number.NaN }) },
      'bad-number',
      `Targets in force should have a time and no negative exposure, got ${currentTargets({}).setAt} and NaN.`,
    ],
  ])('refuses %j', (changes, code, detail) => {
    expect(checkInput({ ...input, ...changes })).toEqual({ status: 'refused', code, detail })
  })
})

describe('covarianceOf', () => {
  const read = (covariance: Matrix | undefined) => covarianceOf({ ...input, covariance })

  test('gives one that is fine as it is, perfect correlations included', () => {
    expect(read(fine)).toEqual({ status: 'known', covariance: fine })
    for (const sign of [1, -1]) expect(read([[1, sign], [sign, 1]])).toMatchObject({ status: 'known' }) // prettier-ignore
  })

  test.each([
    [undefined, 'covariance-unknown', /^Prices are too few/],
    [[[1]], 'bad-number', /^Covariance of 2 assets should have as many rows, got 1\./],
    [[[1], [1, 1]], 'bad-number', /^Row 0 of a covariance of 2 assets has 1 entries/],
    [[[1, Number.NaN], [Number.NaN, 1]], 'bad-number', /row 0, column 1/], // prettier-ignore
    [[[1, 0.2], [0.3, 1]], 'bad-number', /the same the other way round/], // prettier-ignore
    [[[-1, 0], [0, 1]], 'bad-number', /not negative on the diagonal/], // prettier-ignore
    [[[1, 1.2], [1.2, 1]], 'covariance-contradictory', /^Correlations contradict each other/], // prettier-ignore
    [[[1, 0], [0, 0]], 'no-variance', /^The price of ETH does not move/], // prettier-ignore
    [[[0, 0], [0, 1e-13]], 'no-variance', /^The price of BTC, ETH does not move/], // prettier-ignore
  ])('refuses %j as %s', (covariance, code, detail) => {
    expect(read(covariance)).toMatchObject({ status: 'refused', code, detail: expect.stringMatching(detail) })
  })

  test('does not mind a constant price of an asset that does not count', () => {
    const covariance = [[1, 0], [0, 0]] // prettier-ignore
    expect(covarianceOf({ ...input, covariance }, (index) => index === 0)).toMatchObject({ status: 'known' })
  })
})
