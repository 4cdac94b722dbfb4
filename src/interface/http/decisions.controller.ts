import { Controller, Get, Param, Query } from '@nestjs/common'
import { z } from 'zod'
import { type DecisionRecord, Store } from '../../ports/store.js'
import { Route } from './access/route.js'
import { decisionsAnswer } from './cycle-schema.js'
import { ratioText, timeText } from './figures.js'
import { decisionWire } from './plan-wire.js'
import { portfolioParams } from './portfolio-schema.js'
import { Portfolios } from './portfolios.controller.js'
import { Problem } from './problem.js'
import { cycleId, parseOrRefuse } from './wire.js'

const decisionsQuery = z.strictObject({
  before: cycleId.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

@Controller('v1/portfolios/:id/decisions')
export class DecisionsController {
  constructor(
    private readonly portfolios: Portfolios,
    private readonly store: Store,
  ) {}

  @Get()
  @Route({
    scope: 'status:read',
    bucket: 'read',
    summary: 'Whether each cycle of a portfolio acted and why, newest first',
    description:
      'Of every asset its drift and band, what a trade would have cost and ended, and what the shadow policy would have done.',
    params: portfolioParams,
    query: decisionsQuery,
    answer: decisionsAnswer,
  })
  async read(@Param('id') id: string, @Query() query: unknown) {
    const { id: portfolio } = this.portfolios.named(id)
    const { before, limit } = parseOrRefuse(decisionsQuery, query)
    if (before !== undefined && (await this.store.cycle(before))?.portfolio !== portfolio) {
      const detail = `expected the id of a cycle of ${portfolio}, got ${before}; take the \`next\` of the page before`
      throw new Problem(400, 'invalid-request', `/before: ${detail}`, [{ pointer: '/before', detail }])
    }
    const decisions = await this.store.decisions({ portfolio, limit, ...(before !== undefined && { before }) })
    return {
      portfolio,
      decisions: decisions.map(recordWire),
      ...(decisions.length === limit && { next: decisions.at(-1)?.cycleId }),
    }
  }
}

function recordWire({ cycleId: cycle, decidedAt, outcome, decision, drift }: DecisionRecord) {
  return {
    cycleId: cycle,
    decidedAt: timeText(decidedAt),
    outcome: outcome ?? null,
    portfolioDrift: ratioText(drift.portfolio),
    ...decisionWire(decision),
  }
}
