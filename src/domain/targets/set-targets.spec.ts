import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  anyCovariance,
  aTargetInput,
  currentTargets,
  DAY_MS,
  inOrder,
  NOW,
  percentOf,
} from '../../../test/support/targets.js'
import { RATIO_ONE } from '../units/ratio.js'
import { TARGET_SETTERS } from './registry.js'
import { inputsText, setTargets, type TargetPolicy } from './set-targets.js'
import type { TargetInput } from './target-input.js'
import { TARGET_REFUSAL_CODES } from './target-refusal.js'
import { NO_LIMITS } from './weight-limits.js'

const KEYS = ['BTC', 'ETH', 'LINK', 'USDC']
/** What each setter must be given, for assets of any of these keys. */
const REQUIRED: Readonly<Record<string, (keys: readonly string[]) => Readonly<Record<string, unknown>>>> = {
  fixed: (keys) => ({ weights: evenly(keys) }),
  'risk-budgets': (keys) => ({ budgets: evenly(keys) }),
  'volatility-target': () => ({ volatility: 0.25 }),
  cppi: () => ({ floor: 0.8 }),
  tipp: () => ({ floor: 0.8 }),
}
const evenly = (keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, 1 / keys.length]))
const policyOf = (
  setter: string,
  keys: readonly string[] = KEYS,
  changes: Partial<TargetPolicy> = {},
): TargetPolicy => ({
  setter,
  parameters: REQUIRED[setter]?.(keys) ?? {},
  limits: NO_LIMITS,
  maxChangePerDay: undefined,
  ...changes,
})
const NAV = { value: 105, highWater: 110, startValue: 100, startedAt: NOW - 100 * DAY_MS }
const volatilities = [0.5, 0.7, 0.9, 0.01]
const COVARIANCE = volatilities.map((a, i) => volatilities.map((b, j) => a * b * (i === j ? 1 : i + j < 4 ? 0.6 : 0)))
const input = (changes: Partial<TargetInput> = {}) =>
  aTargetInput(KEYS, { covariance: COVARIANCE, nav: NAV, ...changes })
const NAMES = TARGET_SETTERS.map(({ name }) => name)
const BY_RISK = [
  'inverse-volatility',
  'equal-risk-contribution',
  'risk-budgets',
  'minimum-variance',
  'hierarchical-risk-parity',
]

describe('the registry', () => {
  test('has every setter under its own name, with a sentence about it and each parameter', () => {
    expect(NAMES).toEqual([
      'fixed',
      'equal',
      'inverse-volatility',
      'equal-risk-contribution',
      'risk-budgets',
      'minimum-variance',
      'hierarchical-risk-parity',
      'volatility-target',
      'cppi',
      'tipp',
    ])
    for (const { about, parameters } of TARGET_SETTERS)
      for (const sentence of [about, ...Object.values(parameters).map((term) => term.about)])
        expect(sentence).toMatch(/^[A-Z].*\.$/)
  })

  test('has defaults that are allowed themselves', () => {
    const numbers = TARGET_SETTERS.flatMap(({ parameters }) => Object.values(parameters)).filter(
      (term) => term.kind === 'number',
    )
    expect(numbers.length).toBeGreaterThan(5)
    for (const { minimum, maximum, fallback = minimum } of numbers)
      expect(minimum <= fallback && fallback <= maximum).toBe(true)
  })
})

describe('setTargets', () => {
  test.each([
    ['fixed', [25, 25, 25, 25], 'Weights are fixed: BTC 25.0 %, ETH 25.0 %, LINK 25.0 %, USDC 25.0 %.'],
    ['equal', [25, 25, 25, 25], 'Each of 4 assets has 25.0 %.'],
    // 2, 1.43, 1.11 and 100 of 104.54.
    [
      'inverse-volatility',
      [1.913149, 1.366535, 1.062861, 95.657455],
      'Weights are inverse to the volatilities of a year: BTC 50.0 %, ETH 70.0 %, LINK 90.0 %, USDC 1.0 %.',
    ],
  ])('%s', (setter, percents, reason) => {
    const result = setTargets(policyOf(setter), input())
    if (result.status === 'refused') throw new Error(result.detail)
    for (const [i, one] of percents.entries()) expect(Number(result.weights[i]) / 1e16).toBeCloseTo(one, 5)
    expect(result.reasons[0]).toBe(reason)
  })

  test('says what contributes how much to the risk of the whole', () => {
    const result = setTargets(policyOf('equal-risk-contribution', ['BTC', 'ETH']), {
      ...aTargetInput(['BTC', 'ETH'], { covariance: [[0.04, 0], [0, 0.36]] }), // prettier-ignore
    })
    expect(result).toMatchObject({
      wanted: [expect.closeTo(0.75, 10), expect.closeTo(0.25, 10)],
      reasons: [
        'Contributions to risk are BTC 50.0 %, ETH 50.0 %; the whole has a volatility of 21.2 % a year.',
        'That gives BTC 75.0 %, ETH 25.0 %.',
      ],
    })
  })

  test('brings what a setter wants within the limits, smooths it, and says so after its own reasons', () => {
    const policy = policyOf('fixed', ['BTC', 'USDC'], {
      limits: { ...NO_LIMITS, assets: { BTC: { maximum: percentOf(40) } } },
      maxChangePerDay: percentOf(2),
    })
    const current = currentTargets({ BTC: 30, USDC: 70 })
    const result = setTargets(policy, aTargetInput(['BTC', 'USDC'], { current }))
    expect(result).toMatchObject({ status: 'set', weights: [percentOf(32), percentOf(68)], wanted: [0.5, 0.5] })
    expect(result.status === 'set' && result.reasons.map((one) => one.split(' ')[0])).toEqual([
      'Weights',
      'Limits',
      'Targets',
    ])
  })

  test('does not smooth the way down to a floor', () => {
    const current = currentTargets({ BTC: 100 })
    const changes = { maxChangePerDay: percentOf(1) }
    const result = setTargets(policyOf('cppi', KEYS, changes), input({ current, nav: { ...NAV, value: 79 } }))
    expect(result).toMatchObject({ weights: [0n, 0n, 0n, RATIO_ONE], exposure: 0 })
  })

  test('remembers exposure for the next time', () => {
    const first = setTargets(policyOf('volatility-target'), input())
    const exposure = first.status === 'set' ? first.exposure! : Number.NaN
    expect(exposure).toBeGreaterThan(0)
    const calmer = COVARIANCE.map((row) => row.map((one) => one * 0.95 ** 2))
    const current = currentTargets({ USDC: 100 }, { exposure })
    expect(setTargets(policyOf('volatility-target'), input({ current, covariance: calmer }))).toMatchObject({
      exposure,
    })
    expect(setTargets(policyOf('equal'), input())).toMatchObject({ exposure: undefined })
  })

  test('names the setters there are where it is asked for another', () => {
    const result = setTargets(policyOf('momentum'), input())
    expect(result).toMatchObject({ status: 'refused', code: 'unknown-setter' })
    for (const name of NAMES) expect(result.status === 'refused' && result.detail).toContain(name)
  })

  test('refuses parameters that do not fit, inputs that cannot be and limits that cannot be kept', () => {
    const codeOf = (policy: TargetPolicy, one: TargetInput) => {
      const result = setTargets(policy, one)
      return result.status === 'refused' ? result.code : result.status
    }
    expect(codeOf(policyOf('equal', KEYS, { parameters: { power: 2 } }), input())).toBe('bad-parameter')
    expect(codeOf(policyOf('equal'), input({ assets: [] }))).toBe('bad-asset')
    const limits = { ...NO_LIMITS, perAsset: percentOf(10) }
    expect(codeOf(policyOf('equal', KEYS, { limits }), input())).toBe('limits-infeasible')
  })
})

describe('inputsText', () => {
  test('holds everything that targets are made of, and nothing else of what it is handed', () => {
    const policy = { ...policyOf('equal', ['BTC'], { maxChangePerDay: percentOf(1) }), note: 'unused' }
    expect(inputsText(policy, aTargetInput(['BTC']))).toBe(
      `{"input":{"assets":[{"chains":{"arbitrum":1},"class":"major","key":"BTC"}],"now":${NOW}},"limits":{"assets":{},"chains":{},"issuers":{}},"maxChangePerDay":"10000000000000000","parameters":{},"setter":"equal"}`,
    )
  })

  test('changes with any of it', () => {
    const texts = [
      inputsText(policyOf('equal'), input()),
      inputsText(policyOf('fixed'), input()),
      inputsText(policyOf('equal', KEYS, { parameters: { a: 1 } }), input()),
      inputsText(policyOf('equal', KEYS, { limits: { ...NO_LIMITS, perAsset: 1n } }), input()),
      inputsText(policyOf('equal', KEYS, { maxChangePerDay: 1n }), input()),
      inputsText(policyOf('equal'), input({ now: Number.NaN })),
      inputsText(policyOf('equal'), input({ nav: { ...NAV, value: 106 } })),
      inputsText(policyOf('equal'), input({ current: currentTargets({ BTC: 100 }) })),
      inputsText(policyOf('equal'), input({ covariance: [[1]] })),
    ]
    expect(new Set(texts).size).toBe(texts.length)
  })
})

const cases = fc.integer({ min: 1, max: 6 }).chain((size) =>
  fc.record({
    covariance: anyCovariance(size),
    order: fc.shuffledSubarray([...Array.from({ length: size }).keys()], { minLength: size }),
    maxChangePerDay: fc.constantFrom(undefined, percentOf(3)),
  }),
)
/** The first asset is stable, so that every setter has something to keep the rest in. */
const keysOf = (size: number) => ['USDC', 'BTC', 'ETH', 'LINK', 'SOL', 'XRP'].slice(0, size)

describe.each(NAMES)('%s', (setter) => {
  test('gives weights that sum to one, the same in whatever order the assets come', () => {
    fc.assert(
      fc.property(cases, ({ covariance, order, maxChangePerDay }) => {
        const keys = keysOf(order.length)
        const policy = policyOf(setter, keys, { maxChangePerDay, limits: { ...NO_LIMITS, perChain: percentOf(100) } })
        const current = currentTargets({ USDC: 100 })
        const one = setTargets(policy, aTargetInput(keys, { covariance, nav: NAV, current }))
        const other = setTargets(
          policy,
          aTargetInput(inOrder(order, keys), {
            covariance: order.map((i) => order.map((j) => covariance[i]![j]!)),
            nav: NAV,
            current,
          }),
        )
        if (one.status === 'refused' || other.status === 'refused') throw new Error(`${setter} refused.`)
        expect(one.weights.reduce((sum, weight) => sum + weight, 0n)).toBe(RATIO_ONE)
        expect(one.weights.every((weight) => weight >= 0n)).toBe(true)
        expect(other.weights).toEqual(inOrder(order, one.weights))
      }),
      { numRuns: 8 },
    )
  })

  test('puts the whole into a single asset', () => {
    const single = aTargetInput(['USDC'], { covariance: [[0.0001]], nav: NAV })
    expect(setTargets(policyOf(setter, ['USDC']), single)).toMatchObject({ status: 'set', weights: [RATIO_ONE] })
  })

  test('gives weights or a refusal that names what was expected, whatever it is handed', () => {
    const odd = fc.constantFrom(Number.NaN, Infinity, -Infinity, 0, -1, 1e-320, 1e308, 0.5)
    const anything = fc.record({
      covariance: fc.option(fc.array(fc.array(odd, { maxLength: 3 }), { maxLength: 3 }), { nil: undefined }),
      now: odd,
      nav: fc.option(fc.record({ value: odd, highWater: odd, startValue: odd, startedAt: odd }), { nil: undefined }),
      current: fc.option(
        fc.record({ weights: fc.constantFrom({}, { BTC: RATIO_ONE }, { DOGE: RATIO_ONE }), setAt: odd, exposure: odd }),
        { nil: undefined },
      ),
      maxChangePerDay: fc.constantFrom(undefined, 0n, RATIO_ONE / 100n),
    })
    fc.assert(
      fc.property(anything, ({ maxChangePerDay, ...changes }) => {
        const keys = ['BTC', 'ETH', 'USDC']
        const result = setTargets(policyOf(setter, keys, { maxChangePerDay }), aTargetInput(keys, changes))
        if (result.status === 'refused') {
          expect(TARGET_REFUSAL_CODES).toContain(result.code)
          return
        }
        expect(result.weights.reduce((sum, weight) => sum + weight, 0n)).toBe(RATIO_ONE)
        expect(result.wanted.every((weight) => weight >= 0 && weight <= 1)).toBe(true)
        expect(result.exposure ?? 0).toBeGreaterThanOrEqual(0)
        expect(result.reasons.join(' ')).not.toMatch(/NaN|Infinity/)
      }),
      { numRuns: 40 },
    )
  })
})

describe.each(BY_RISK)('%s', (setter) => {
  const codeOf = (covariance: TargetInput['covariance']) => {
    const result = setTargets(policyOf(setter, ['BTC', 'ETH']), aTargetInput(['BTC', 'ETH'], { covariance }))
    return result.status === 'refused' ? result.code : result.status
  }

  test('is set by perfectly correlated assets', () => {
    expect(codeOf([[0.36, 0.42], [0.42, 0.49]])).toBe('set') // prettier-ignore
  })

  test('is refused for a constant price, contradictory correlations, unknown ones and what is no number', () => {
    expect(codeOf([[0.36, 0], [0, 0]])).toBe('no-variance') // prettier-ignore
    expect(codeOf([[0.36, 0.5], [0.5, 0.49]])).toBe('covariance-contradictory') // prettier-ignore
    expect(codeOf(undefined)).toBe('covariance-unknown')
    expect(codeOf([[0.36, Number.NaN], [Number.NaN, 0.49]])).toBe('bad-number') // prettier-ignore
  })

  test('says so or is set where a mix without any risk exists', () => {
    const sharesRisk = setter === 'equal-risk-contribution' || setter === 'risk-budgets'
    expect(codeOf([[0.36, -0.42], [-0.42, 0.49]])).toBe(sharesRisk ? 'no-risk-to-share' : 'set') // prettier-ignore
  })
})
