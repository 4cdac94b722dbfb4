import { Controller, Get, Param } from '@nestjs/common'
import { ReadGreeks } from '../../application/read-greeks.js'
import { Route } from './access/route.js'
import { timeText } from './figures.js'
import { greeksWire } from './greeks-wire.js'
import { greeksAnswer, portfolioParams } from './portfolio-schema.js'
import { Portfolios } from './portfolios.controller.js'
import { Problem } from './problem.js'

@Controller('v1/portfolios/:id/greeks')
export class GreeksController {
  constructor(
    private readonly portfolios: Portfolios,
    private readonly readGreeks: ReadGreeks,
  ) {}

  @Get()
  @Route({
    scope: 'status:read',
    bucket: 'read',
    summary: 'Exposure to each asset, and what the policy would trade for a move of each price',
    description: 'As of the last cycle. 404 before the first one.',
    params: portfolioParams,
    answer: greeksAnswer,
  })
  async read(@Param('id') id: string) {
    const read = await this.readGreeks.run(this.portfolios.named(id))
    if (!read) throw new Problem(404, 'not-found', `Portfolio ${id} was not measured yet; its first cycle does that.`)
    return { portfolio: id, measuredAt: timeText(read.measuredAt), ...greeksWire(read.greeks) }
  }
}
