import { describe, expect, test } from '@jest/globals'
import { aCovariance } from '../../../test/support/rebalancing.js'
import { InvariantError } from '../errors.js'
import type { Drift } from '../portfolio/drift.js'
import type { SharedParameters } from '../rebalancing/parameters.js'
import { createPolicy, type PolicyName } from '../rebalancing/registry.js'
import { ratioOfBasisPoints } from '../units/ratio.js'
import { ONE_USD } from '../units/usd.js'
import { type Circumstances, evaluateTriggers, type NamedPolicy, type TriggerContext } from './trigger.js'

const bps = ratioOfBasisPoints
const named = (name: PolicyName, parameters: Partial<SharedParameters> = {}): NamedPolicy => ({
  name,
  policy: createPolicy({ name, parameters: { reset: 'target', cooldownMs: 300_000, ...parameters } }),
})
const threshold = named('absolute-threshold')
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
const idle: TriggerContext = {
  now: 1_000_000,
  lastTradedAt: undefined,
  servedAt: undefined,
  askedBy: undefined,
  continues: undefined,
}
const calm: Circumstances = {
  covariance: undefined,
  costs: new Map([
    ['ETH', 0.003],
    ['USD', 0],
  ]),
  fixedCost: 0,
  settlesAt: new Map(),
  notes: [],
}
const judge = (one: Drift, context: TriggerContext = idle, live = threshold, circumstances = calm) =>
  evaluateTriggers(one, { live, shadow: undefined }, context, circumstances).decision

describe('evaluateTriggers', () => {
  test('acts when a band is breached, and says which, by how much, and what must trade', () => {
    const decision = judge(drift(450))
    expect(decision).toMatchObject({
      act: true,
      code: 'band-breached',
      policy: 'absolute-threshold',
      breached: ['ETH', 'USD'],
      levels: [
        { asset: 'ETH', lower: bps(5_000), upper: bps(5_000) },
        { asset: 'USD', lower: bps(5_000), upper: bps(5_000) },
      ],
      shadow: undefined,
    })
    expect(decision.reasons).toEqual([
      expect.stringContaining('ETH is 450 bps from its target of 5000 bps; its band is ±200 bps.'),
      expect.stringContaining('USD is -450 bps from its target of 5000 bps; its band is ±200 bps.'),
      'To reach every target 450 bps of NAV must trade.',
    ])
    expect(decision.figures).toMatchObject([
      { asset: 'ETH', drift: bps(450), band: bps(200), inner: 0n, costNow: 0.003 * 0.045 },
      { asset: 'USD', drift: bps(-450) },
    ])
  })

  test('what is not traded is explained in numbers: drift, band, benefit, cost and cost of waiting', () => {
    const covariance = { assets: ['USD', 'ETH'], matrix: aCovariance([0.01, 0.8]) }
    const { act, code, figures, reasons } = judge(drift(100), idle, threshold, { ...calm, covariance })
    expect([act, code]).toEqual([false, 'within-band'])
    const [eth] = figures
    // ½κσ²d² with κ = 5 and the variance of ETH against USD.
    const penalty = (5 / 2) * (0.8 ** 2 + 0.01 ** 2) * 0.01 ** 2
    expect(eth!.benefitPerYear).toBeCloseTo(penalty, 9)
    expect(eth!.costOfWaiting).toBeCloseTo(penalty / 365, 12)
    expect(eth!.costNow).toBeCloseTo(0.003 * 0.01, 12)
    expect(reasons[0]).toMatch(
      /^Every asset is inside its band; ETH is closest to its edge with 100 of ±200 bps\. Back to/,
    )
  })

  test('the drift comes back with the bands that were gone by', () => {
    const covariance = { assets: ['ETH', 'USD'], matrix: aCovariance([0.8, 0.01]) }
    const live = named('impulse-band', { reset: 'inner' })
    const judged = evaluateTriggers(drift(250), { live, shadow: undefined }, idle, { ...calm, covariance })
    const [eth] = judged.drift.assets
    expect(eth!.band).toBe(judged.decision.figures[0]!.band)
    expect(eth!.band > bps(250)).toBe(true)
    expect(eth!.isInBand).toBe(true)
  })

  test('a covariance that lacks an asset is none, and the configured bands are gone by', () => {
    const covariance = { assets: ['ETH'], matrix: [[0.64]] }
    const live = named('impulse-band')
    const { figures, reasons } = judge(drift(100), idle, live, { ...calm, covariance })
    expect(figures[0]!.band).toBe(bps(200))
    expect(reasons.join()).toContain('prices are too few to tell volatilities')
  })

  test('waits for the cooldown, to the millisecond, and says how long', () => {
    const at = (ago: number) => judge(drift(450), { ...idle, lastTradedAt: idle.now - ago })
    expect(at(299_999)).toMatchObject({ act: false, code: 'cooldown', breached: ['ETH', 'USD'] })
    expect(at(120_000).levels).toEqual([])
    expect(at(120_000).reasons[0]).toBe('The last trade ended 120 s ago, policy waits 300 s.')
    expect(at(300_000).code).toBe('band-breached')
  })

  test('waits for a calendar, and says until when', () => {
    const due = createPolicy({ name: 'calendar', parameters: {} }, { nextDue: (after) => after + 60_000 })
    const late = { ...idle, now: 100_000_000, lastTradedAt: 100_000_000, servedAt: 100_000_000 }
    expect(judge(drift(450), late, { name: 'calendar', policy: due })).toMatchObject({
      act: false,
      code: 'not-due',
      reasons: [
        expect.stringMatching(/^The calendar is not due before 1970-01-02T03:47:40/),
        ...Array(2).fill(expect.anything()),
      ],
    })
  })

  test('an asset of which something is under way is no reason to trade', () => {
    const settlesAt = new Map([
      ['ETH', idle.now + 60_000],
      ['USD', idle.now + 60_000],
    ])
    expect(judge(drift(450), idle, threshold, { ...calm, settlesAt })).toMatchObject({ act: false, breached: [] })
  })

  test('a person is obeyed inside the bands and during the cooldown, with the facts', () => {
    const manual = { ...idle, askedBy: 'ops', lastTradedAt: idle.now }
    expect(judge(drift(100), manual)).toMatchObject({
      act: true,
      code: 'manual',
      breached: [],
      levels: [{ asset: 'ETH' }, { asset: 'USD' }],
    })
    expect(judge(drift(100), manual).reasons[0]).toBe('ops asked for this cycle.')
    expect(judge(drift(0), manual)).toMatchObject({ act: false, code: 'within-band' })
  })

  test('a cycle that goes on where another stopped acts inside the bands and during the cooldown, and says why', () => {
    const continues = { cycleId: 'core-1', reason: 'Leg core-1.1 failed: no route.' }
    const going = { ...idle, continues, lastTradedAt: idle.now }
    const decision = judge(drift(100), going)
    expect(decision).toMatchObject({ act: true, code: 'replanned', levels: [{ asset: 'ETH' }, { asset: 'USD' }] })
    expect(decision.reasons[0]).toBe('What remained of cycle core-1 is planned anew. Leg core-1.1 failed: no route.')
    expect(judge(drift(100), { ...going, askedBy: 'ops' }).code).toBe('manual')
    expect(judge(drift(0, { nav: 0n }), going)).toMatchObject({ act: false, code: 'no-money' })
    expect(judge(drift(0, { assets: [] }), going)).toMatchObject({ act: false, code: 'nothing-known' })
  })

  test('a calendar is due until its levels are reached', () => {
    const nextDue = (after: number) => (after < 900_000 ? 900_000 : undefined)
    const live = {
      name: 'calendar' as const,
      policy: createPolicy({ name: 'calendar', parameters: { cooldownMs: 300_000 } }, { nextDue }),
    }
    const traded = { ...idle, lastTradedAt: 950_000 }
    expect(judge(drift(450), { ...traded, servedAt: 950_000 }, live)).toMatchObject({ act: false, code: 'not-due' })
    expect(judge(drift(450), traded, live).code).toBe('cooldown')
    expect(judge(drift(450), { ...traded, now: 2_000_000 }, live).act).toBe(true)
  })

  test('the shadow policy is asked as the schedule asks, and its answer stands beside the live one', () => {
    const shadow = named('relative-threshold')
    const live = named('absolute-threshold')
    const manual = { ...idle, askedBy: 'ops' }
    const { decision } = evaluateTriggers(drift(450), { live, shadow }, manual, calm)
    expect(decision).toMatchObject({ act: true, code: 'manual', policy: 'absolute-threshold' })
    // A fifth of the target is more than 450 bps.
    expect(decision.shadow).toMatchObject({ act: false, code: 'within-band', policy: 'relative-threshold', levels: [] })
  })

  test('a shadow policy that fails is said, and changes nothing of the live decision', () => {
    const failing: NamedPolicy = {
      name: 'hybrid',
      policy: {
        decide: () => {
          throw new Error('No calendar.')
        },
      },
    }
    const alone = evaluateTriggers(drift(450), { live: threshold, shadow: undefined }, idle, calm).decision
    const { decision } = evaluateTriggers(drift(450), { live: threshold, shadow: failing }, idle, calm)
    expect({ ...decision, shadow: undefined }).toEqual(alone)
    expect(decision.shadow).toMatchObject({ act: false, policy: 'hybrid', reasons: ['It failed: No calendar.'] })
  })

  test('where nothing known has a target, nothing is decided, whoever asks', () => {
    const assets = [asset('ETH', 0), asset('USD', 0)].map((one) => ({ ...one, target: 0n }))
    for (const askedBy of [undefined, 'ops'])
      expect(judge(drift(0, { assets }), { ...idle, askedBy })).toMatchObject({ act: false, code: 'nothing-known' })
  })

  test('the levels are how far the policy brings an asset back', () => {
    expect(judge(drift(450), idle, named('absolute-threshold', { reset: 'half' })).levels).toEqual([
      { asset: 'ETH', lower: bps(4_900), upper: bps(5_100) },
      { asset: 'USD', lower: bps(4_900), upper: bps(5_100) },
    ])
  })

  test('nothing is decided on fewer than two known assets, not even for a person', () => {
    const excluded = [{ asset: 'USD', reason: 'no price' }]
    for (const askedBy of [undefined, 'ops'])
      expect(judge(drift(0, { assets: [asset('ETH', 450)], excluded }), { ...idle, askedBy })).toEqual({
        act: false,
        code: 'nothing-known',
        breached: [],
        levels: [],
        reasons: ['Fewer than two assets have a known value.', 'USD is left out: no price'],
        policy: undefined,
        figures: [],
        shadow: undefined,
      })
  })

  test('an empty account is told from a balanced one', () => {
    expect(judge(drift(450, { nav: 0n }), { ...idle, askedBy: 'ops' })).toMatchObject({ act: false, code: 'no-money' })
  })

  test('what is left out is said with every answer, and so is what is not known of the market', () => {
    const excluded = [{ asset: 'LINK', reason: 'stale' }]
    const told = { ...calm, notes: ['Costs are assumed.'] }
    for (const decision of [
      judge(drift(450, { excluded }), idle, threshold, told),
      judge(drift(0, { excluded }), idle, threshold, told),
      judge(drift(450, { excluded }), { ...idle, lastTradedAt: idle.now }, threshold, told),
    ])
      expect(decision.reasons.slice(-2)).toEqual(['Costs are assumed.', 'LINK is left out: stale'])
    expect(judge(drift(0, { excluded, nav: 0n })).reasons.at(-1)).toBe('LINK is left out: stale')
  })

  test('weights that do not sum to one are a fault of ours', () => {
    const assets = [asset('ETH', 450), asset('USD', 450)]
    expect(() => judge(drift(0, { assets }))).toThrow(InvariantError)
  })
})
