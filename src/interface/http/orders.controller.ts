import { Body, Controller, Param, Post } from '@nestjs/common'
import { z } from 'zod'
import { RunCycle } from '../../application/run-cycle.js'
import type { Principal } from '../../domain/access/principal.js'
import { Stopping } from '../../ports/stopping.js'
import { Caller } from './access/caller.js'
import { Route } from './access/route.js'
import { Portfolios } from './portfolios.controller.js'
import { Problem } from './problem.js'
import { parseOrRefuse } from './wire.js'

const orderBody = z.strictObject({
  mode: z
    .enum(['live', 'dry-run'])
    .describe('`dry-run` ends with its plan. `live` trades, unless the portfolio is configured as dry-run.'),
})
const orderParams = z.strictObject({ id: z.string().describe('Id of the portfolio.') })
const orderAnswer = z
  .strictObject({ cycle: z.string().describe('It goes on by itself: GET /v1/cycles/<id> follows it.') })
  .meta({ id: 'CycleBegun' })

@Controller('v1/portfolios')
export class OrdersController {
  constructor(
    private readonly portfolios: Portfolios,
    private readonly runCycle: RunCycle,
    private readonly stopping: Stopping,
  ) {}

  @Post(':id/cycles')
  @Route({
    scope: 'plan:propose',
    bucket: 'mutate',
    action: 'cycle.run',
    resource: ({ params }) => `portfolio:${params['id'] ?? ''}`,
    summary: 'Run a cycle now, whatever bands and times say',
    params: orderParams,
    body: orderBody,
    answer: orderAnswer,
    status: 202,
    refusals: [404, 409],
  })
  async run(@Param('id') id: string, @Body() body: unknown, @Caller() { subject, kind }: Principal) {
    const portfolio = this.portfolios.named(id)
    const { mode } = parseOrRefuse(orderBody, body)
    const order = { by: subject, byKind: kind, isDry: mode === 'dry-run' }
    const answer = await this.runCycle.ask(portfolio, this.stopping.signal, order)
    if (answer.status === 'refused') throw new Problem(409, 'conflict', answer.reason)
    return { cycle: answer.cycleId }
  }
}
