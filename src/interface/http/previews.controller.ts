import { Body, Controller, Param, Post } from '@nestjs/common'
import { type PreviewAnswer, PreviewPlan } from '../../application/preview-plan.js'
import { Route } from './access/route.js'
import { TookTooLong, within } from './access/within.js'
import { timeText } from './figures.js'
import { decisionWire, marketWire, planWire } from './plan-wire.js'
import { portfolioParams } from './portfolio-schema.js'
import { Portfolios } from './portfolios.controller.js'
import { previewAnswer, previewBody } from './preview-schema.js'
import { invalidRequest, Problem } from './problem.js'
import { driftWire, parseOrRefuse } from './wire.js'

/** Below the time after which anything that is read is given up. */
const LONGEST_MS = 8_000
const RETRY_SECONDS = 5

@Controller('v1/portfolios')
export class PreviewsController {
  constructor(
    private readonly portfolios: Portfolios,
    private readonly previewPlan: PreviewPlan,
  ) {}

  @Post(':id/preview')
  @Route({
    scope: 'plan:propose',
    bucket: 'preview',
    action: 'plan.preview',
    resource: ({ params }) => `portfolio:${params['id'] ?? ''}`,
    summary: 'What a cycle would do now, with other targets, bands, limits or another policy',
    description:
      'Nothing is saved and nothing is done. Limits are held against the ceilings of the build, as those of a configuration are. One preview is made at a time; it gives way to the daemon and asks fewer quotes than a cycle.',
    params: portfolioParams,
    body: previewBody,
    answer: previewAnswer,
    refusals: [404, 503],
  })
  async preview(@Param('id') id: string, @Body() body: unknown) {
    const portfolio = this.portfolios.named(id)
    const trial = parseOrRefuse(previewBody, body)
    const answer = await this.inTime((signal) => this.previewPlan.run(portfolio.id, trial, signal))
    if (answer.status === 'invalid') throw invalidRequest(answer.findings)
    if (answer.status === 'busy') throw unavailable('Another preview is being made.')
    const { at, proposal, differences, heldBack } = answer
    return {
      portfolio: portfolio.id,
      previewedAt: timeText(at),
      changes: differences.map(({ path, configured, tried }) => ({
        path,
        configured: configured ?? null,
        tried: tried ?? null,
      })),
      decision: decisionWire(proposal.decision),
      ...marketWire(proposal.market),
      ...driftWire(proposal.drift, proposal.valuation),
      plan: proposal.plan ? planWire(proposal.plan) : null,
      planReasons: [...proposal.planReasons],
      notes: [...(heldBack === undefined ? [] : [`No cycle would begin now: ${heldBack}`]), ...proposal.notes],
    }
  }

  private async inTime(preview: (signal: AbortSignal) => Promise<PreviewAnswer>): Promise<PreviewAnswer> {
    const end = new AbortController()
    try {
      return await within(LONGEST_MS, 'A preview', preview(end.signal))
    } catch (error) {
      if (!(error instanceof TookTooLong)) throw error
      throw unavailable(`It took longer than ${LONGEST_MS / 1000} s and was given up.`)
    } finally {
      end.abort()
    }
  }
}

function unavailable(why: string): Problem {
  return new Problem(503, 'unavailable', `${why} Try again in ${RETRY_SECONDS} s.`, [], { retryAfter: RETRY_SECONDS })
}
