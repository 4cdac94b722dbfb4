import { Body, Controller, Param, Post } from '@nestjs/common'
import { z } from 'zod'
import { AnswerProposal } from '../../application/answer-proposal.js'
import { ClassifyInflow, type InflowAnswer } from '../../application/classify-inflow.js'
import type { Principal } from '../../domain/access/principal.js'
import type { Address } from '../../domain/assets.js'
import { Caller } from './access/caller.js'
import { Route } from './access/route.js'
import { balanceWire } from './execution-wire.js'
import { Approvals } from './operations.controller.js'
import { inflowAnswer, portfolioParams } from './portfolio-schema.js'
import { Portfolios } from './portfolios.controller.js'
import { Problem } from './problem.js'
import { parseOrRefuse, reason } from './wire.js'

export const inflowBody = z.strictObject({
  chain: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, 'expected the name of a chain'),
  token: z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'expected the address of a token: 0x and 40 hex digits'),
  units: z
    .string()
    .regex(/^[1-9]\d{0,77}$/, 'expected base units of the token, a whole number above zero as text')
    .describe('What was seen: `units` of the balance under `unattributed` of the portfolio.'),
  reason,
})

@Controller('v1/portfolios/:id/inflows')
export class InflowsController {
  constructor(
    private readonly portfolios: Portfolios,
    private readonly classifyInflow: ClassifyInflow,
    private readonly answerProposal: AnswerProposal,
    private readonly approvals: Approvals,
  ) {}

  @Post()
  @Route({
    scope: 'resume:propose',
    bucket: 'mutate',
    action: 'inflow.classify',
    resource: ({ params }) => `portfolio:${params['id']}`,
    summary: "Take everything unattributed of one token for the fund's own",
    description:
      'From then on it counts in NAV and weights, and is traded. Nothing is booked where another amount than was seen is unattributed. Where a resume takes two people this does, too: the answer names a proposal.',
    params: portfolioParams,
    body: inflowBody,
    answer: inflowAnswer,
    status: 202,
    refusals: [412],
  })
  async classify(@Param('id') id: string, @Body() body: unknown, @Caller() { subject: by }: Principal) {
    const portfolio = this.portfolios.named(id)
    const asked = parseOrRefuse(inflowBody, body)
    const order = { ...asked, token: asked.token.toLowerCase() as Address, units: BigInt(asked.units) }
    if (this.approvals.resume > 1) {
      const answer = await this.answerProposal.proposeInflow(portfolio, order, { by, needs: 1 })
      if (answer.status !== 'proposed') throw notClassified(answer)
      return { portfolio: id, deposit: null, proposal: answer.proposal.id }
    }
    const answer = await this.classifyInflow.run(portfolio, order)
    if (answer.status !== 'booked') throw notClassified(answer)
    return { portfolio: id, deposit: balanceWire(portfolio, order), proposal: null }
  }
}

/** Why an inflow is not taken for the fund's own. */
export function notClassified({ status, reason: why }: Exclude<InflowAnswer, { status: 'booked' }>): Problem {
  return status === 'nothing' ? new Problem(404, 'not-found', why) : new Problem(412, 'precondition-failed', why)
}
