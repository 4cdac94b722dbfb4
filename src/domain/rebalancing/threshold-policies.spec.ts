import { describe, expect, test } from '@jest/globals'
import { anAssetState, aState } from '../../../test/support/rebalancing.js'
import { ratioOfBasisPoints } from '../units/ratio.js'
import { absoluteThresholdPolicy } from './absolute-threshold-policy.js'
import { relativeThresholdPolicy } from './relative-threshold-policy.js'

const bps = ratioOfBasisPoints

test('the absolute threshold is left beyond the band, not at it', () => {
  const policy = absoluteThresholdPolicy.create({})
  const at = (drift: number) =>
    aState([anAssetState('ETH', 5_000, drift), anAssetState('USD', 5_000, -drift, { band: 900 })])
  expect(policy.decide(at(200)).trade).toBe(false)
  expect(policy.decide(at(201))).toMatchObject({ trade: true, breached: ['ETH'] })
  expect(policy.decide(at(-201))).toMatchObject({ trade: true, breached: ['ETH'] })
})

describe('the relative threshold', () => {
  const policy = relativeThresholdPolicy.create({ threshold: bps(1_000) })

  test('is a share of the target: the smaller asset is the first reason', () => {
    const { trade, breached, figures, levels } = policy.decide(
      aState([anAssetState('ETH', 8_000, 201), anAssetState('BTC', 2_000, -201)]),
    )
    expect([trade, breached]).toEqual([true, ['BTC']])
    expect(figures.map(({ band, inner }) => [band, inner])).toEqual([
      [bps(800), bps(400)],
      [bps(200), bps(100)],
    ])
    expect(levels).toEqual([
      { asset: 'ETH', lower: bps(7_200), upper: bps(8_800) },
      { asset: 'BTC', lower: bps(1_900), upper: bps(2_100) },
    ])
  })

  test('an asset that is not wanted keeps its configured band, so that dust is no reason', () => {
    const state = (dust: number) =>
      aState([anAssetState('ETH', 10_000, -dust), anAssetState('OLD', 0, dust, { band: 20 })])
    expect(policy.decide(state(20))).toMatchObject({ trade: false, breached: [] })
    expect(policy.decide(state(20)).reasons).toContain('OLD keeps its configured band: its target is zero.')
    expect(policy.decide(state(21))).toMatchObject({ trade: true, breached: ['OLD'] })
  })

  test.each([0n, 2n * bps(10_000)])('of %s is refused', (threshold) => {
    expect(() => relativeThresholdPolicy.create({ threshold })).toThrow('threshold is above zero and at most one')
  })
})
