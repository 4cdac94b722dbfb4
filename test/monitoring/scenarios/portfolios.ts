import { setTimeout as sleep } from 'node:timers/promises'
import type { Scenario } from '../scenario.js'

export const portfolios: readonly Scenario[] = [
  {
    name: 'the database goes away',
    alerts: [{ alert: 'EvenkeelCycleStalled', labels: { portfolio: 'treasury' } }],
    async play(stage) {
      await stage.start()
      await sleep(8_000)
      stage.cause()
      await stage.closeDatabase()
    },
    cure: (stage) => stage.openDatabase(),
  },
  {
    name: 'the price service is dead, so that no asset has two prices',
    alerts: [{ alert: 'EvenkeelValuationStale', labels: { portfolio: 'treasury' } }],
    async play(stage) {
      await stage.start()
      await sleep(8_000)
      stage.cause()
      stage.world.control.setFault('prices', { kind: 'dead' })
    },
    cure: (stage) => Promise.resolve(stage.world.control.setFault('prices', null)),
  },
  {
    name: 'an asset is far from its target, and no venue answers',
    alerts: [
      { alert: 'EvenkeelDriftOutsideBand', labels: { portfolio: 'treasury' } },
      { alert: 'EvenkeelDriftFarOutsideBand', labels: { portfolio: 'treasury' } },
    ],
    async play(stage) {
      for (const api of ['lifi', 'zeroex'] as const) stage.world.control.setFault(api, { kind: 'error', status: 500 })
      stage.cause()
      await stage.startTrading()
    },
    // The same money, and targets that it meets.
    async cure(stage) {
      await stage.kill()
      await stage.start()
    },
  },
  {
    name: 'every swap brings the minimum and not a unit more',
    alerts: [{ alert: 'EvenkeelSlippageHigh', labels: { portfolio: 'treasury' } }],
    spends: true,
    async play(stage) {
      for (const api of ['lifi', 'zeroex'] as const)
        stage.world.control.setFault(api, { kind: 'wrong', what: 'sandwiched' })
      stage.cause()
      await stage.startTrading((file) => (file.portfolios['treasury']!.slippageBps = 30))
    },
    // Nothing is traded any more, and the hour of it passes.
    async cure(stage) {
      await stage.kill()
      await stage.start()
    },
  },
  {
    name: 'a plan takes most of what may be turned over in a day',
    alerts: [{ alert: 'EvenkeelBudgetNearlyUsed', labels: { portfolio: 'treasury', budget: 'turnover_day' } }],
    spends: true,
    async play(stage) {
      stage.cause()
      await stage.startTrading((file) => {
        const { limits, rebalancing } = file.portfolios['treasury']!
        rebalancing.reset = 'target'
        limits.turnoverPerDay = '0.04'
        limits.turnoverPerHour = '0.04'
      })
    },
    // The same turnover under the limits of the sandbox.
    async cure(stage) {
      await stage.kill()
      await stage.start()
    },
  },
  {
    name: 'one of two price sources is eight hundredths off',
    alerts: [{ alert: 'EvenkeelPriceDeviation', labels: { asset: 'ETH' } }],
    async play(stage) {
      await stage.start()
      await sleep(5_000)
      stage.cause()
      stage.world.control.setFault('prices', { kind: 'wrong', what: 'amount' })
    },
    cure: (stage) => Promise.resolve(stage.world.control.setFault('prices', null)),
  },
]
