import { Controller, Get, Param, Query } from '@nestjs/common'
import { addSums, type CostSums, NO_SUMS, pointsOf } from '../../domain/execution/cost-report.js'
import { totalOf } from '../../domain/planning/cost.js'
import { formatDecimal } from '../../domain/units/decimal.js'
import { type Usd, usdToText } from '../../domain/units/usd.js'
import { Clock } from '../../ports/clock.js'
import { Records } from '../../ports/records.js'
import { Route } from './access/route.js'
import { costsAnswer, costsQuery, MOST_DAYS } from './costs-schema.js'
import { costWire, timeText } from './figures.js'
import { portfolioParams } from './portfolio-schema.js'
import { Portfolios } from './portfolios.controller.js'
import { Problem } from './problem.js'
import { parseOrRefuse } from './wire.js'

const DAY_MS = 86_400_000
const USUAL_DAYS = 30

@Controller('v1/portfolios/:id/costs')
export class CostsController {
  constructor(
    private readonly portfolios: Portfolios,
    private readonly records: Records,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Route({
    scope: 'ledger:read',
    bucket: 'read',
    summary: 'What trading cost against what it was expected to cost, by day, venue, chain, bridge or asset',
    description: `Of the legs of live cycles that ended within the period, which is ${MOST_DAYS} days at most. Sums are exact. By bridge, swaps are left out, of the total too.`,
    params: portfolioParams,
    query: costsQuery,
    answer: costsAnswer,
  })
  async read(@Param('id') id: string, @Query() query: unknown) {
    const { id: portfolio } = this.portfolios.named(id)
    const { from: first, to: last, by } = parseOrRefuse(costsQuery, query)
    const to = last === undefined ? this.clock.now() : Date.parse(last)
    const from = first === undefined ? to - USUAL_DAYS * DAY_MS : Date.parse(first)
    if (from >= to || to - from > MOST_DAYS * DAY_MS) throw refusePeriod(from, to)
    const groups = await this.records.costs({ portfolio, from, to, by })
    return {
      portfolio,
      from: timeText(from),
      to: timeText(to),
      by,
      groups: groups.map(({ key, ...sums }) => ({ key, ...figuresWire(sums) })),
      total: figuresWire(groups.reduce<CostSums>(addSums, NO_SUMS)),
    }
  }
}

function refusePeriod(from: number, to: number): Problem {
  const detail = `expected a time before ${timeText(to)} and at most ${MOST_DAYS} days earlier, got ${timeText(from)}`
  return new Problem(400, 'invalid-request', `/from: ${detail}`, [{ pointer: '/from', detail }])
}

function figuresWire({ legs, notional, swapNotional, expected, realised }: CostSums) {
  return {
    legs,
    notionalUsd: usdToText(notional),
    swapNotionalUsd: usdToText(swapNotional),
    expected: costWire(expected),
    realised: costWire(realised),
    slippage: comparedWire(expected.slippage, realised.slippage, swapNotional),
    total: comparedWire(totalOf(expected), totalOf(realised), notional),
  }
}

function comparedWire(expected: Usd, realised: Usd, of: Usd) {
  const points = (cost: Usd) => {
    const exact = pointsOf(cost, of)
    return exact === undefined ? null : formatDecimal(exact, 4)
  }
  return {
    expectedUsd: usdToText(expected),
    realisedUsd: usdToText(realised),
    differenceUsd: usdToText(realised - expected),
    expectedBps: points(expected),
    realisedBps: points(realised),
    differenceBps: points(realised - expected),
  }
}
