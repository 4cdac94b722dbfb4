import { describe, expect, test } from '@jest/globals'
import { aHistoryPortfolio, type HistoryPortfolioSpec, randomWalk } from '../../../test/support/backtest.js'
import { RATIO_ONE, ratioOfBasisPoints, ratioToNumber } from '../units/ratio.js'
import { readHistory } from './history.js'
import { bandsOf, historyTargets } from './history-targets.js'

const history = readHistory(randomWalk(['BTC', 'ETH'], 120, 5), [
  { key: 'BTC', class: 'major' },
  { key: 'ETH', class: 'major' },
  { key: 'USD', class: 'stable' },
])
const plan = (targetSetting: HistoryPortfolioSpec['targetSetting'], everyDays = 1) => ({
  history,
  portfolio: aHistoryPortfolio(targetSetting ? { targetSetting } : {}),
  startValue: 1_000,
  everyDays,
})
const days = history.table.days.map((_, at) => at)
const flat = (at: number) => ({ at, value: 1_000, highWater: 1_000 })

describe('targets over a history', () => {
  test('fixed ones are the configured weights, the same list every day', () => {
    const targetsAt = historyTargets(plan(undefined)).forRun()
    const first = targetsAt(flat(0))
    expect(first.map(ratioToNumber)).toEqual([0.4, 0.4, 0.2])
    for (const at of days) expect(targetsAt(flat(at))).toBe(first)
  })

  test('before prices are enough the configured ones count, which is said', () => {
    const targets = historyTargets(plan({ setter: 'inverse-volatility', parameters: {} }))
    const targetsAt = targets.forRun()
    expect(targetsAt(flat(59)).map(ratioToNumber)).toEqual([0.4, 0.4, 0.2])
    expect(targetsAt(flat(60)).map(ratioToNumber)).not.toEqual([0.4, 0.4, 0.2])
    for (const at of days) expect(targetsAt(flat(at)).reduce((sum, one) => sum + one, 0n)).toBe(RATIO_ONE)
    expect(targets.words).toBe('By inverse-volatility, set every day.')
    expect(targets.notes()).toEqual([
      expect.stringMatching(
        /^On 60 days inverse-volatility set no targets and those before stayed, first on 2017-11-30: Prices are too few/,
      ),
    ])
  })

  test('prices that do not move are told from prices that are too few', () => {
    const { days: every, prices } = randomWalk(['BTC', 'ETH'], 200, 5)
    const still = readHistory(
      { assets: ['BTC', 'ETH'], days: every, prices: prices.map(() => [100, 50]) },
      history.assets,
    )
    const targets = historyTargets({ ...plan({ setter: 'inverse-volatility', parameters: {} }), history: still })
    expect(targets.forRun()(flat(199)).map(ratioToNumber)).toEqual([0.4, 0.4, 0.2])
    const note = (count: number, day: string, detail: string) =>
      expect.stringMatching(
        new RegExp(
          `^On ${count} days inverse-volatility set no targets and those before stayed, first on ${day}: ${detail}`,
        ),
      )
    expect(targets.notes()).toEqual([
      note(60, '2017-11-30', 'Prices are too few'),
      note(140, '2018-01-29', 'The price of BTC, ETH does not move'),
    ])
  })

  test('are set no more often than they should be', () => {
    const targetsAt = historyTargets(plan({ setter: 'inverse-volatility', parameters: {} }, 30)).forRun()
    const lists = new Set(days.map((at) => targetsAt(flat(at))))
    // The configured ones, then those of the 60th and the 90th day.
    expect(lists.size).toBe(3)
  })

  test('are smoothed from the configured ones on, as the daemon does it', () => {
    const targets = historyTargets(plan({ setter: 'equal', parameters: {}, maxChangePerDay: ratioOfBasisPoints(400) }))
    const targetsAt = targets.forRun()
    const percents = (at: number) => targetsAt(flat(at)).map((one) => Number((ratioToNumber(one) * 100).toFixed(6)))
    expect([0, 1, 2, 3].map(percents)).toEqual([
      [38, 38, 24],
      [36, 36, 28],
      [34, 34, 32],
      [33.333333, 33.333333, 33.333333],
    ])
  })

  test('of a floor follow the NAV of each run, whatever other runs did', () => {
    const targets = historyTargets(plan({ setter: 'tipp', parameters: { floor: 0.8, multiplier: 2, stable: 'USD' } }))
    const [rich, poor] = [targets.forRun(), targets.forRun()]
    const high = { at: 0, value: 1_000, highWater: 1_000 }
    expect(ratioToNumber(rich(high)[2]!)).toBeCloseTo(0.6, 9)
    expect(ratioToNumber(poor(high)[2]!)).toBeCloseTo(0.6, 9)
    expect(ratioToNumber(rich({ at: 1, value: 2_000, highWater: 2_000 })[2]!)).toBeCloseTo(0.6, 9)
    expect(ratioToNumber(poor({ at: 1, value: 800, highWater: 1_000 })[2]!)).toBe(1)
  })

  test('of a source are not known: the configured ones count', () => {
    const targets = historyTargets(plan({ setter: 'source', parameters: {} }))
    expect(targets.forRun()(flat(50)).map(ratioToNumber)).toEqual([0.4, 0.4, 0.2])
    expect(targets.notes()[0]).toContain('not known for the past')
  })
})

test('bands are the configured ones, relative parts by the targets of the day', () => {
  const { policy } = aHistoryPortfolio()
  const [btc, ...others] = policy.targets
  const relative = { asset: btc!.asset, weight: btc!.weight, relativeBand: ratioOfBasisPoints(1_000) }
  const bandsFor = bandsOf({ policy: { ...policy, targets: [relative, ...others] } }, ['BTC', 'ETH', 'USD'])
  expect(bandsFor([2_000, 7_000, 1_000].map(ratioOfBasisPoints))).toEqual([200, 300, 300].map(ratioOfBasisPoints))
})
