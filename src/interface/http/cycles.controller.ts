import { Controller, Get, Param, Query } from '@nestjs/common'
import { Calls } from '../../ports/calls.js'
import { Store } from '../../ports/store.js'
import { Route } from './access/route.js'
import { callWire } from './call-wire.js'
import { cycleAnswer, cyclesAnswer } from './cycle-schema.js'
import { Portfolios } from './portfolios.controller.js'
import { Problem } from './problem.js'
import {
  cycleId,
  cycleParams,
  cyclesQuery,
  cycleSummaryWire,
  cycleWire,
  intentWire,
  outcomeAsked,
  parseOrRefuse,
} from './wire.js'

@Controller('v1/cycles')
export class CyclesController {
  constructor(
    private readonly store: Store,
    private readonly calls: Calls,
    private readonly portfolios: Portfolios,
  ) {}

  @Get()
  @Route({
    scope: 'status:read',
    bucket: 'read',
    summary: 'Cycles, newest first',
    query: cyclesQuery,
    answer: cyclesAnswer,
  })
  async list(@Query() query: unknown) {
    const { portfolio, outcome, mode, before, limit } = parseOrRefuse(cyclesQuery, query)
    if (before !== undefined && !(await this.store.cycle(before))) {
      const detail = `expected the id of a cycle, got ${before}; take the \`next\` of the page before`
      throw new Problem(400, 'invalid-request', `/before: ${detail}`, [{ pointer: '/before', detail }])
    }
    const cycles = await this.store.cycles({
      limit,
      ...(portfolio !== undefined && { portfolio: this.portfolios.asked(portfolio) }),
      ...(outcome !== undefined && { outcome: outcomeAsked(outcome) }),
      ...(mode !== undefined && { mode }),
      ...(before !== undefined && { before }),
    })
    return { cycles: cycles.map(cycleSummaryWire), ...(cycles.length === limit && { next: cycles.at(-1)?.id }) }
  }

  @Get(':id')
  @Route({
    scope: 'status:read',
    bucket: 'read',
    summary: 'Everything of one cycle: what was measured, decided, planned and done, and what it cost',
    params: cycleParams,
    answer: cycleAnswer,
  })
  async one(@Param('id') id: string) {
    const cycle = cycleId.safeParse(id).success ? await this.store.cycle(id) : undefined
    if (!cycle) throw new Problem(404, 'not-found', `No cycle ${JSON.stringify(id)}; GET /v1/cycles lists them.`)
    return {
      ...cycleWire(cycle, await this.store.realisedCosts(id)),
      intents: cycle.intents.map((intent) => ({
        ...intentWire(intent),
        call: callWire(this.calls, intent, this.portfolios.all[0]),
      })),
    }
  }
}
