import { Controller, Get, Param, Query } from '@nestjs/common'
import { type DriftRecord, Records } from '../../ports/records.js'
import { Store } from '../../ports/store.js'
import { Route } from './access/route.js'
import { driftAnswer, driftQuery } from './drift-schema.js'
import { ratioText, timeText } from './figures.js'
import { usdToText } from '../../domain/units/usd.js'
import { portfolioParams } from './portfolio-schema.js'
import { Portfolios } from './portfolios.controller.js'
import { refuseBefore } from './page.js'
import { parseOrRefuse } from './wire.js'

@Controller('v1/portfolios/:id/drift')
export class DriftController {
  constructor(
    private readonly portfolios: Portfolios,
    private readonly records: Records,
    private readonly store: Store,
  ) {}

  @Get()
  @Route({
    scope: 'status:read',
    bucket: 'read',
    summary: 'NAV, drift and weights of each cycle of a portfolio, newest first: a series for a plot',
    params: portfolioParams,
    query: driftQuery,
    answer: driftAnswer,
  })
  async read(@Param('id') id: string, @Query() query: unknown) {
    const { id: portfolio } = this.portfolios.named(id)
    const { before, limit } = parseOrRefuse(driftQuery, query)
    const points = await this.records.drifts({ portfolio, limit, ...(before !== undefined && { before }) })
    // Only an empty page leaves open whether there is such a cycle.
    if (before !== undefined && points.length === 0 && (await this.store.cycle(before))?.portfolio !== portfolio)
      throw refuseBefore(`the id of a cycle of ${portfolio}`, before)
    return {
      portfolio,
      points: points.map(pointWire),
      ...(points.length === limit && { next: points.at(-1)?.cycleId }),
    }
  }
}

function pointWire({ cycleId, measuredAt, drift }: DriftRecord) {
  return {
    at: timeText(measuredAt),
    cycleId,
    navUsd: usdToText(drift.nav),
    isComplete: drift.excluded.length === 0,
    drift: ratioText(drift.portfolio),
    assets: drift.assets.map(({ asset, weight, target, band }) => ({
      asset,
      weight: ratioText(weight),
      target: ratioText(target),
      band: ratioText(band),
    })),
  }
}
