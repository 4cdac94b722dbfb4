import { describe, expect, test } from '@jest/globals'
import { aHistoryPortfolio } from '../../../test/support/backtest.js'
import { USUAL_PARAMETERS } from '../rebalancing/parameters.js'
import { kindOf, POLICIES, type PolicyName } from '../rebalancing/registry.js'
import { RATIO_ONE } from '../units/ratio.js'
import { dueEvery } from './due-every.js'
import { dialSettings } from './history-runs.js'
import { dialFactsOf, everyDaysOf, policyRequests, settingWords } from './policy-request.js'
import { DAY_MS } from '../portfolio/price-table.js'
import { dialValues } from './sweep.js'

const names = Object.keys(POLICIES) as PolicyName[]

describe('the policies that are run', () => {
  const portfolio = aHistoryPortfolio({
    parameters: { aversion: 9, reset: 'edge', cooldownMs: 60_000 },
    shadow: 'calendar',
  })

  test('are the own and the shadow without names', () => {
    expect(policyRequests(portfolio).map(({ label }) => label)).toEqual([
      'impulse-band (configured)',
      'calendar (shadow)',
    ])
    expect(policyRequests(aHistoryPortfolio())).toHaveLength(1)
  })

  test('by name: the own as it is configured, others by their defaults and what the portfolio shares, once each', () => {
    const requests = policyRequests(portfolio, ['impulse-band', 'hybrid', 'calendar', 'hybrid'])
    expect(requests.map(({ label }) => label)).toEqual(['impulse-band (configured)', 'hybrid', 'calendar (shadow)'])
    expect(requests[0]!.choice.parameters.reset).toBe('edge')
    expect(requests[1]!.choice.parameters).toEqual({ aversion: 9, cooldownMs: 60_000 })
  })

  test('in words', () => {
    const [own, shadow] = policyRequests(portfolio)
    expect(settingWords(own!)).toBe(
      'minimumBand 0.1 %, maximumBandShare 50 %, reset edge, aversion 9, cooldownSeconds 60',
    )
    expect(settingWords(shadow!)).toBe('every 30 days, graceSeconds 86400, reset target, aversion 5')
    const [monthly] = policyRequests(
      aHistoryPortfolio({ policy: 'hybrid', calendar: { schedule: '0 0 0 1 * *', timeZone: 'UTC' } }),
    )
    expect(settingWords(monthly!)).toBe(
      'at 0 0 0 1 * * (UTC), band as configured, graceSeconds 86400, reset half, aversion 5',
    )
    const choice = { name: 'impulse-band', parameters: { overrides: { ETH: { band: RATIO_ONE / 100n } } } } as const
    expect(settingWords({ choice, calendar: undefined })).toContain('own settings for ETH')
    const tight = { name: 'tracking-error', parameters: { trackingError: 0.005 } } as {
      name: 'tracking-error'
      parameters: object
    }
    expect(settingWords({ choice: tight, calendar: undefined })).toContain(
      'trackingError 0.005, innerTrackingError 0.0025',
    )
  })

  test('know where their dial stands, where that is one number', () => {
    const value = (name: PolicyName, parameters = {}) =>
      dialFactsOf({ choice: { name, parameters }, calendar: undefined }).value
    expect(value('impulse-band')).toBe(USUAL_PARAMETERS.aversion)
    expect(value('relative-threshold')).toBe(0.2)
    expect(value('absolute-threshold')).toBeUndefined()
    expect(value('absolute-threshold', { band: RATIO_ONE / 20n })).toBe(0.05)
    expect(value('tracking-error')).toBe(0.02)
    expect(value('calendar')).toBe(30)
    const calendar = { schedule: '0 0 0 1 * *', timeZone: 'UTC' }
    expect(dialFactsOf({ choice: { name: 'calendar', parameters: {} }, calendar }).value).toBeUndefined()
    expect(everyDaysOf({ choice: { name: 'hybrid', parameters: {} }, calendar })).toBeUndefined()
  })
})

describe('the settings of a dial', () => {
  test('go from tight to loose in equal proportions', () => {
    const values = dialValues({ tight: 0.001, loose: 1 }, 4)
    expect(values[0]).toBe(0.001)
    expect(values.at(-1)).toBe(1)
    expect(values[1]).toBeCloseTo(0.01, 12)
    expect(dialValues({ tight: 100, loose: 1 }, 1)[0]).toBeCloseTo(10, 12)
  })

  test.each(names)('every one of %s makes a policy', (name) => {
    const kind = kindOf(name)
    const services = { nextDue: dueEvery(1, 0), solve: () => undefined }
    const settings = dialSettings({ choice: { name, parameters: {} }, calendar: undefined }, 50)
    for (const setting of settings) kind.create(kind.dial.at(setting).parameters, services)
    expect(new Set(settings).size).toBe(settings.length)
  })

  test('days are whole, and none twice', () => {
    const settings = dialSettings({ choice: { name: 'calendar', parameters: {} }, calendar: undefined }, 30)
    expect(settings.slice(0, 3)).toEqual([1, 2, 3])
    expect(settings.every(Number.isInteger)).toBe(true)
    expect(settings.at(-1)).toBe(365)
  })
})

test('due every so many days, from the end of the first day on', () => {
  const next = dueEvery(7, 100)
  const start = 101 * DAY_MS
  expect(next(start)).toBe(start + 7 * DAY_MS)
  expect(next(start - 1)).toBe(start)
  expect(next(start + 7 * DAY_MS - 1)).toBe(start + 7 * DAY_MS)
})
