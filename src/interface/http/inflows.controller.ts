import { Body, Controller, Param, Post } from '@nestjs/common'
import { z } from 'zod'
import { ClassifyInflow } from '../../application/classify-inflow.js'
import type { Address } from '../../domain/assets.js'
import { Store } from '../../ports/store.js'
import { Route } from './access/route.js'
import { balanceWire } from './execution-wire.js'
import { inflowAnswer, portfolioParams } from './portfolio-schema.js'
import { Portfolios } from './portfolios.controller.js'
import { Problem } from './problem.js'
import { parseOrRefuse, reason } from './wire.js'

export const inflowBody = z.strictObject({
  chain: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, 'expected the name of a chain'),
  token: z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'expected the address of a token: 0x and 40 hex digits'),
  reason,
})

@Controller('v1/portfolios/:id/inflows')
export class InflowsController {
  constructor(
    private readonly portfolios: Portfolios,
    private readonly classifyInflow: ClassifyInflow,
    private readonly store: Store,
  ) {}

  @Post()
  @Route({
    scope: 'resume:propose',
    bucket: 'mutate',
    action: 'inflow.classify',
    resource: ({ params }) => `portfolio:${params['id']}`,
    summary: "Take everything unattributed of one token for the fund's own",
    description: 'From then on it counts in NAV and weights, and is traded.',
    params: portfolioParams,
    body: inflowBody,
    answer: inflowAnswer,
  })
  async classify(@Param('id') id: string, @Body() body: unknown) {
    const portfolio = this.portfolios.named(id)
    const order = parseOrRefuse(inflowBody, body)
    const token = order.token.toLowerCase() as Address
    const units = await this.classifyInflow.run(portfolio, { ...order, token })
    if (units > 0n) return { portfolio: id, deposit: balanceWire(portfolio, { ...order, token, units }) }
    const found = await this.store.unattributed(portfolio.account)
    const there = found.map((one) => `${one.units} base units of ${one.token} on ${one.chain}`).join(', ') || 'nothing'
    throw new Problem(404, 'not-found', `Nothing of ${token} on ${order.chain} is unattributed; there is ${there}.`)
  }
}
