import { Body, Controller, HttpCode, Param, Post, UseGuards } from '@nestjs/common'
import { z } from 'zod'
import { ClassifyInflow } from '../../application/classify-inflow.js'
import type { Address } from '../../domain/assets.js'
import { Store } from '../../ports/store.js'
import { AdminGuard } from './admin.guard.js'
import { balanceWire } from './execution-wire.js'
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

  /** Takes everything unattributed of one token for the fund's own. */
  @Post()
  @HttpCode(200)
  @UseGuards(AdminGuard)
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
