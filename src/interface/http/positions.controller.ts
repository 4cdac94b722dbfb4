import { Controller, Get, Param } from '@nestjs/common'
import { usdToText } from '../../domain/units/usd.js'
import { DerivativePositions } from '../../ports/positions.js'
import { Store } from '../../ports/store.js'
import { Route } from './access/route.js'
import { balanceWire } from './execution-wire.js'
import { timeText } from './figures.js'
import { LastCycles } from './last-cycles.js'
import { portfolioParams } from './portfolio-schema.js'
import { Portfolios } from './portfolios.controller.js'
import { positionsAnswer } from './positions-schema.js'
import { derivativesWire, inTransitWire, positionsWire } from './positions-wire.js'

@Controller('v1/portfolios/:id/positions')
export class PositionsController {
  constructor(
    private readonly portfolios: Portfolios,
    private readonly store: Store,
    private readonly lastCycles: LastCycles,
    private readonly derivatives: DerivativePositions,
  ) {}

  @Get()
  @Route({
    scope: 'status:read',
    bucket: 'read',
    summary: 'Where the money is: by asset, chain and token, what is under way, and what is not known',
    description: 'Positions are as of the last cycle; what is in transit or unattributed is as of now.',
    params: portfolioParams,
    answer: positionsAnswer,
  })
  async read(@Param('id') id: string) {
    const portfolio = this.portfolios.named(id)
    const { account } = portfolio
    const [last, transfers, unattributed, derivatives] = await Promise.all([
      this.lastCycles.of(id),
      this.store.openTransfers(id),
      this.store.unattributed(account),
      this.derivatives.read(id),
    ])
    const valuation = last?.valuation
    return {
      portfolio: id,
      account,
      cycleId: last?.id ?? null,
      measuredAt: last ? timeText(last.startedAt) : null,
      navUsd: valuation ? usdToText(valuation.nav) : null,
      isComplete: valuation?.isComplete ?? false,
      positions: valuation ? positionsWire(portfolio, valuation) : [],
      derivatives: derivativesWire(derivatives),
      ...inTransitWire(transfers, valuation, last?.startedAt ?? 0),
      unattributed: unattributed.map((one) => balanceWire(portfolio, one)),
      unknown: {
        assets: (valuation?.assets ?? []).flatMap((one) =>
          one.status === 'unknown' ? [{ asset: one.asset, reason: one.reason }] : [],
        ),
        chains: valuation?.unread ?? [],
        derivatives: derivatives.status === 'unknown' ? derivatives.reason : null,
      },
    }
  }
}
