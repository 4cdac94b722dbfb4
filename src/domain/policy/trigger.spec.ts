import { describe, expect, test } from '@jest/globals'
import { aPolicy } from '../../../test/support/builders.js'
import { RATIO_ONE, ratioOfBasisPoints } from '../units/ratio.js'
import { ONE_USD } from '../units/usd.js'
import type { Drift } from '../portfolio/drift.js'
import { evaluateTriggers, type TriggerContext } from './trigger.js'

const bps = ratioOfBasisPoints
const policy = aPolicy({ cooldownMs: 300_000 })
const asset = (key: string, distance: number, band = 200) => ({
  asset: key,
  value: ONE_USD,
  weight: bps(5_000 + distance),
  target: bps(5_000),
  drift: bps(distance),
  band: bps(band),
  isInBand: Math.abs(distance) <= band,
})
const drift = (eth: number, changes: Partial<Drift> = {}): Drift => ({
  nav: 1_000_000n * ONE_USD,
  assets: [asset('ETH', eth), asset('USD', -eth)],
  portfolio: bps(Math.abs(eth)),
  excluded: [],
  ...changes,
})
const idle: TriggerContext = { now: 1_000_000, lastTradedAt: undefined, isManual: false, continues: undefined }

describe('evaluateTriggers', () => {
  test('acts when a band is breached, and says which, by how much, and what must trade', () => {
    expect(evaluateTriggers(drift(450), policy, idle)).toEqual({
      act: true,
      code: 'band-breached',
      breached: ['ETH', 'USD'],
      levels: [
        { asset: 'ETH', lower: bps(5_000), upper: bps(5_000) },
        { asset: 'USD', lower: bps(5_000), upper: bps(5_000) },
      ],
      reasons: [
        'ETH is 450 bps from its target of 5000 bps; its band is ±200 bps.',
        'USD is -450 bps from its target of 5000 bps; its band is ±200 bps.',
        'To reach every target 45000 USD must trade.',
      ],
    })
  })

  test('does nothing inside the bands, and names the asset closest to its edge', () => {
    const assets = [asset('ETH', 100, 400), asset('USD', -90, 100), asset('BTC', -10, 100)]
    expect(evaluateTriggers(drift(0, { assets }), policy, idle)).toEqual({
      act: false,
      code: 'within-band',
      breached: [],
      levels: [],
      reasons: ['Every asset is inside its band; USD is closest to its edge with -90 of ±100 bps.'],
    })
  })

  test('waits for the cooldown, to the millisecond, and says how long', () => {
    const at = (ago: number) => evaluateTriggers(drift(450), policy, { ...idle, lastTradedAt: idle.now - ago })
    expect(at(299_999)).toMatchObject({ act: false, code: 'cooldown', breached: ['ETH', 'USD'] })
    expect(at(120_000).levels).toEqual([])
    expect(at(120_000).reasons[0]).toBe('The last trade ended 120 s ago, policy waits 300 s.')
    expect(at(300_000).code).toBe('band-breached')
  })

  test('a person is obeyed inside the bands and during the cooldown, with the facts', () => {
    const manual = { ...idle, isManual: true, lastTradedAt: idle.now }
    expect(evaluateTriggers(drift(0), policy, manual)).toMatchObject({
      act: true,
      code: 'manual',
      breached: [],
      levels: [{ asset: 'ETH' }, { asset: 'USD' }],
      reasons: ['A person asked for this cycle.'],
    })
    expect(evaluateTriggers(drift(450), policy, manual).reasons).toHaveLength(3)
  })

  test('a cycle that goes on where another stopped acts inside the bands and during the cooldown, and says why', () => {
    const continues = { cycleId: 'core-1', reason: 'Leg core-1.1 failed: no route.' }
    const going = { ...idle, continues, lastTradedAt: idle.now }
    expect(evaluateTriggers(drift(0), policy, going)).toMatchObject({
      act: true,
      code: 'replanned',
      breached: [],
      levels: [{ asset: 'ETH' }, { asset: 'USD' }],
      reasons: ['What remained of cycle core-1 is planned anew. Leg core-1.1 failed: no route.'],
    })
    expect(evaluateTriggers(drift(450), policy, going).reasons).toHaveLength(3)
    expect(evaluateTriggers(drift(0), policy, { ...going, isManual: true }).code).toBe('manual')
    expect(evaluateTriggers(drift(0, { nav: 0n }), policy, going)).toMatchObject({ act: false, code: 'no-money' })
    expect(evaluateTriggers(drift(0, { assets: [] }), policy, going)).toMatchObject({
      act: false,
      code: 'nothing-known',
    })
  })

  test('the levels are how far the policy brings an asset back', () => {
    const { levels } = evaluateTriggers(drift(450), aPolicy({ reset: RATIO_ONE / 2n }), idle)
    expect(levels).toEqual([
      { asset: 'ETH', lower: bps(4_900), upper: bps(5_100) },
      { asset: 'USD', lower: bps(4_900), upper: bps(5_100) },
    ])
  })

  test('nothing is decided on fewer than two known assets, not even for a person', () => {
    const excluded = [{ asset: 'USD', reason: 'no price' }]
    for (const isManual of [false, true])
      expect(
        evaluateTriggers(drift(0, { assets: [asset('ETH', 450)], excluded }), policy, { ...idle, isManual }),
      ).toEqual({
        act: false,
        code: 'nothing-known',
        breached: [],
        levels: [],
        reasons: ['Fewer than two assets have a known value.', 'USD is left out: no price'],
      })
  })

  test('an empty account is told from a balanced one', () => {
    expect(evaluateTriggers(drift(450, { nav: 0n }), policy, { ...idle, isManual: true })).toMatchObject({
      act: false,
      code: 'no-money',
    })
  })

  test('what is left out is said with every answer', () => {
    const excluded = [{ asset: 'LINK', reason: 'stale' }]
    for (const decision of [
      evaluateTriggers(drift(450, { excluded }), policy, idle),
      evaluateTriggers(drift(0, { excluded }), policy, idle),
      evaluateTriggers(drift(450, { excluded }), policy, { ...idle, lastTradedAt: idle.now }),
      evaluateTriggers(drift(0, { excluded, nav: 0n }), policy, idle),
    ])
      expect(decision.reasons.at(-1)).toBe('LINK is left out: stale')
  })
})
