import { describe, expect, test } from '@jest/globals'
import { aPolicy } from '../../../test/support/builders.js'
import { DAY_MS, NOW, percentOf } from '../../../test/support/targets.js'
import { bandOf } from '../policy/policy.js'
import { refuseTargets } from './target-refusal.js'
import { type ForcedTargets, isSameWeights, reweighted, weightsOf } from './target-set.js'
import { currentTargetsOf, targetsInForce } from './targets-in-force.js'

const policy = aPolicy({
  targets: [
    { asset: 'ETH', weight: percentOf(60), relativeBand: percentOf(10) },
    { asset: 'USD', weight: percentOf(40), absoluteBand: percentOf(2) },
  ],
})
const forced = (weights: ForcedTargets['weights']): ForcedTargets & { inputsHash: string } => ({
  portfolio: 'core',
  setAt: NOW,
  setter: 'equal',
  setting: '{}',
  inputs: '{}',
  inputsHash: 'ab',
  reasons: ['So.'],
  status: 'set',
  weights,
  exposure: 0.5,
  document: undefined,
})
const configured = {
  setter: undefined,
  weights: { ETH: percentOf(60), USD: percentOf(40) },
  setAt: undefined,
  exposure: undefined,
  reasons: ['Weights are those of the configuration: no others were set for these assets yet.'],
  inputsHash: undefined,
  refusal: undefined,
}

describe('in force', () => {
  test('are the targets set last, with who set them and why', () => {
    const latest = forced({ ETH: percentOf(30), USD: percentOf(70) })
    expect(targetsInForce(policy, latest, undefined)).toEqual({
      setter: 'equal',
      weights: { ETH: percentOf(30), USD: percentOf(70) },
      setAt: NOW,
      exposure: 0.5,
      reasons: ['So.'],
      inputsHash: 'ab',
      refusal: undefined,
    })
  })

  test('are the configured weights before any were set, or where all of their assets are gone', () => {
    expect(targetsInForce(policy, undefined, undefined)).toEqual(configured)
    expect(targetsInForce(policy, forced({ DOGE: percentOf(100) }), undefined)).toEqual(configured)
  })

  test('share out what an asset had that left, and give nothing to one that is new', () => {
    const left = forced({ ETH: percentOf(30), DOGE: percentOf(40), USD: percentOf(30) })
    expect(targetsInForce(policy, left, undefined).weights).toEqual({ ETH: percentOf(50), USD: percentOf(50) })
    const before = forced({ USD: percentOf(100) })
    expect(targetsInForce(policy, before, undefined).weights).toEqual({ ETH: 0n, USD: percentOf(100) })
  })

  test('say why there are no newer ones', () => {
    const refusal = refuseTargets('no-variance', 'Still.')
    expect(targetsInForce(policy, undefined, refusal)).toEqual({ ...configured, refusal })
  })
})

describe('as a setter is told of them', () => {
  const told = (latest: ForcedTargets | undefined, setter = 'equal') =>
    currentTargetsOf({ policy, targetSetting: { setter } }, latest, NOW + 7 * DAY_MS)

  test('are the targets set last as they were set, with the exposure for the setter that chose it alone', () => {
    const weights = { ETH: percentOf(30), DOGE: percentOf(40), USD: percentOf(30) }
    expect(told(forced(weights))).toEqual({ weights, setAt: NOW, exposure: 0.5 })
    expect(told(forced(weights), 'cppi')).toEqual({ weights, setAt: NOW, exposure: undefined })
  })

  test('are the configured weights before any were set, or where all of their assets are gone, as of a day ago', () => {
    const { weights } = configured
    const expected = { weights, setAt: NOW + 6 * DAY_MS, exposure: undefined }
    expect(told(undefined)).toEqual(expected)
    expect(told(forced({ DOGE: percentOf(100) }))).toEqual(expected)
  })
})

test('a policy of other weights keeps its bands, and relative ones follow the weights', () => {
  const other = reweighted(policy, { ETH: percentOf(30), DOGE: percentOf(1) })
  expect(other).toEqual({
    ...policy,
    targets: [
      { asset: 'ETH', weight: percentOf(30), relativeBand: percentOf(10) },
      { asset: 'USD', weight: 0n, absoluteBand: percentOf(2) },
    ],
  })
  expect(other.targets.map(bandOf)).toEqual([percentOf(3), percentOf(2)])
  expect(reweighted(policy, weightsOf(policy))).toEqual(policy)
})

test('weights are the same where every asset has the same, none being nothing', () => {
  expect(isSameWeights({ A: 1n, B: 0n }, { A: 1n })).toBe(true)
  expect(isSameWeights({ A: 1n }, { A: 1n, B: 2n })).toBe(false)
  expect(isSameWeights({ A: 1n }, { A: 2n })).toBe(false)
})
