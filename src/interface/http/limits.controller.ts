import { Controller, Get } from '@nestjs/common'
import { spendOfNothing } from '../../domain/execution/budget-claim.js'
import { bridgeLimits, bridgeTermsOf } from '../../domain/policy/bridges.js'
import type { Portfolio } from '../../domain/policy/portfolio.js'
import { usdToText } from '../../domain/units/usd.js'
import { Clock } from '../../ports/clock.js'
import { Store } from '../../ports/store.js'
import { Route } from './access/route.js'
import { ratioText } from './figures.js'
import { LastCycles } from './last-cycles.js'
import { Portfolios } from './portfolios.controller.js'
import { limitsAnswer } from './safety-schema.js'
import { Scopes, shareOfCap, standingCaps } from './safety-wire.js'

@Controller('v1/limits')
export class LimitsController {
  constructor(
    private readonly portfolios: Portfolios,
    private readonly scopes: Scopes,
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly lastCycles: LastCycles,
  ) {}

  @Get()
  @Route({
    scope: 'status:read',
    bucket: 'read',
    summary: 'What each portfolio has used of its caps',
    description: 'Caps are shares of NAV as of the last cycle.',
    answer: limitsAnswer,
  })
  async list() {
    return { portfolios: await Promise.all(this.portfolios.all.map((portfolio) => this.describe(portfolio))) }
  }

  private async describe(portfolio: Portfolio) {
    const { store } = this
    const { limits, policy } = portfolio
    const now = this.clock.now()
    const nav = (await this.lastCycles.of(portfolio.id))?.valuation.nav ?? 0n
    const use = await store.budgetUse(spendOfNothing(portfolio, now))
    // One sum after another: they take one connection of those that trading and pausing need, too.
    const chains = []
    for (const { key: chain } of portfolio.chains) {
      const { hourTransactions } = await store.budgetUse(spendOfNothing(portfolio, now, { chain }))
      chains.push({ chain, transactionsPerHour: { used: hourTransactions, cap: limits.hourTransactions } })
    }
    const bridges = []
    for (const bridge of this.bridges()) {
      const own = await store.budgetUse(spendOfNothing(portfolio, now, { bridge }))
      const caps = bridgeLimits(limits, bridgeTermsOf(portfolio.bridges, bridge))
      bridges.push({
        bridge,
        inFlight: shareOfCap(own.bridgeInFlight, caps.bridgeInFlight, nav),
        perDay: shareOfCap(own.bridgeDayTurnover, caps.bridgeDay, nav),
        late: own.bridgeLate,
      })
    }
    return {
      portfolio: portfolio.id,
      navUsd: usdToText(nav),
      maxLegUsd: usdToText(policy.maxLeg),
      maxBridgeShare: ratioText(policy.maxBridgeShare),
      turnoverPerHour: shareOfCap(use.hourTurnover, limits.hourTurnover, nav),
      turnoverPerDay: shareOfCap(use.dayTurnover, limits.dayTurnover, nav),
      lossPerDay: shareOfCap(use.dayLoss, limits.dayLoss, nav),
      gasPerDay: shareOfCap(use.dayGas, limits.dayGas, nav),
      inFlight: shareOfCap(use.allBridgesInFlight, limits.allBridgesInFlight, nav),
      cyclesPerDay: { used: use.dayCycles, cap: limits.dayCycles },
      failuresInRow: { used: use.failedInRow, cap: limits.failedInRow },
      failuresPerHour: { used: use.hourFailures, cap: limits.hourFailures },
      ...standingCaps(limits),
      chains,
      bridges,
    }
  }

  private bridges(): string[] {
    return this.scopes.all.flatMap((scope) => (scope.startsWith('bridge:') ? [scope.slice('bridge:'.length)] : []))
  }
}
