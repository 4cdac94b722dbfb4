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

/** How long an answer is given again. */
const KEPT_MS = 1_000

@Controller('v1/limits')
export class LimitsController {
  private readonly told = new Map<
    string,
    { readonly at: number; readonly use: ReturnType<LimitsController['describe']> }
  >()

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
    description: 'As of at most a second ago. Caps are shares of NAV as of the last cycle.',
    answer: limitsAnswer,
  })
  async list() {
    return { portfolios: await Promise.all(this.portfolios.all.map((portfolio) => this.recently(portfolio))) }
  }

  /** It takes many sums over the records: however many people look, they are made once a second. */
  private recently(portfolio: Portfolio) {
    const now = this.clock.now()
    const known = this.told.get(portfolio.id)
    if (known && now - known.at < KEPT_MS) return known.use
    const use = this.describe(portfolio)
    this.told.set(portfolio.id, { at: now, use })
    use.catch(() => this.told.delete(portfolio.id))
    return use
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
