import { Controller, Get, Param, Query } from '@nestjs/common'
import { z } from 'zod'
import { History, type RecordedTargets } from '../../ports/history.js'
import { Route } from './access/route.js'
import { ratioText, timeText } from './figures.js'
import { portfolioParams, targetsAnswer } from './portfolio-schema.js'
import { Portfolios } from './portfolios.controller.js'
import { parseOrRefuse } from './wire.js'

const targetsQuery = z.strictObject({
  before: z
    .string()
    .regex(/^\d{1,18}$/, 'expected the `next` of the page before')
    .optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

@Controller('v1/portfolios/:id/targets')
export class TargetsController {
  constructor(
    private readonly portfolios: Portfolios,
    private readonly history: History,
  ) {}

  @Get()
  @Route({
    scope: 'status:read',
    bucket: 'read',
    summary: 'Every set of targets that came into force, and every refusal, newest first',
    description: 'Each with what it was made of, and the hash of that.',
    params: portfolioParams,
    query: targetsQuery,
    answer: targetsAnswer,
  })
  async read(@Param('id') id: string, @Query() query: unknown) {
    const { id: portfolio } = this.portfolios.named(id)
    const { before, limit } = parseOrRefuse(targetsQuery, query)
    const sets = await this.history.targets({ portfolio, limit, ...(before !== undefined && { before }) })
    return { portfolio, targets: sets.map(setWire), ...(sets.length === limit && { next: sets.at(-1)?.place }) }
  }
}

function setWire(set: RecordedTargets) {
  const { status, setAt, setter, reasons, inputsHash, inputs } = set
  return {
    status,
    setAt: timeText(setAt),
    setter,
    ...(set.status === 'refused'
      ? { code: set.code }
      : {
          weights: Object.fromEntries(Object.entries(set.weights).map(([asset, one]) => [asset, ratioText(one)])),
          exposure: set.exposure ?? null,
        }),
    reasons,
    inputsHash,
    inputs,
  }
}
