import { Body, Controller, Get, Headers, Param, Post, Query } from '@nestjs/common'
import { AnswerProposal } from '../../application/answer-proposal.js'
import { InvestigateTransfer } from '../../application/investigate-transfer.js'
import type { Principal } from '../../domain/access/principal.js'
import { Clock } from '../../ports/clock.js'
import { Records } from '../../ports/records.js'
import { Store } from '../../ports/store.js'
import { Caller } from './access/caller.js'
import { requireMatch } from './access/match.js'
import { Route } from './access/route.js'
import { investigatedAnswer, investigatedBody } from './investigation-schema.js'
import { Approvals } from './operations.controller.js'
import { refuseBefore } from './page.js'
import { Portfolios } from './portfolios.controller.js'
import { Problem } from './problem.js'
import { transferAnswer, transferParams, transfersAnswer, transfersQuery } from './transfers-schema.js'
import { investigationWire, timelineOf, transferRecordWire } from './transfers-wire.js'
import { parseOrRefuse, transferId } from './wire.js'

/** More transactions than a leg ever makes. */
const MOST_INTENTS = 100

@Controller('v1/transfers')
export class TransfersController {
  constructor(
    private readonly records: Records,
    private readonly store: Store,
    private readonly portfolios: Portfolios,
    private readonly clock: Clock,
    private readonly investigateTransfer: InvestigateTransfer,
    private readonly answerProposal: AnswerProposal,
    private readonly approvals: Approvals,
  ) {}

  @Get()
  @Route({
    scope: 'status:read',
    bucket: 'read',
    summary: 'Bridge crossings, newest first',
    query: transfersQuery,
    answer: transfersAnswer,
  })
  async list(@Query() query: unknown) {
    const { portfolio, state, before, limit } = parseOrRefuse(transfersQuery, query)
    const found = await this.records.transfers({
      limit,
      ...(portfolio !== undefined && { portfolio: this.portfolios.asked(portfolio) }),
      ...(state !== undefined && { state }),
      ...(before !== undefined && { before }),
    })
    // Only an empty page leaves open whether there is such a transfer.
    if (before !== undefined && found.length === 0 && !(await this.records.transfer(before)))
      throw refuseBefore('the id of a transfer', before)
    const marks = await this.store.investigations(found.map(({ transfer }) => transfer.id))
    return {
      transfers: found.map((one) =>
        transferRecordWire(
          one,
          marks.find((mark) => mark.transferId === one.transfer.id),
        ),
      ),
      ...(found.length === limit && { next: found.at(-1)?.transfer.id }),
    }
  }

  @Get(':id')
  @Route({
    scope: 'status:read',
    bucket: 'read',
    summary: 'One crossing with its timeline: what is on record about it, and what would be due next',
    params: transferParams,
    answer: transferAnswer,
  })
  async one(@Param('id') id: string) {
    const found = transferId.safeParse(id).success ? await this.records.transfer(id) : undefined
    if (!found) throw new Problem(404, 'not-found', `No transfer ${JSON.stringify(id)}; GET /v1/transfers lists them.`)
    const { transfer } = found
    const [investigation] = await this.store.investigations([id])
    const intents = await this.records.intents({ leg: id, limit: MOST_INTENTS })
    const sending = intents.find((one) => one.attempts.some(({ hash }) => hash === transfer.originHash))
    return {
      ...transferRecordWire(found, investigation),
      intents: intents.map((one) => one.id).toReversed(),
      timeline: timelineOf({
        transfer,
        sending: sending ? await this.store.intentEvents(sending.id) : [],
        investigation,
        now: this.clock.now(),
      }),
    }
  }

  @Post(':id/investigated')
  @Route({
    // It takes a stop of the bridge away before it comes, as a resume takes away one that has: no key may do that.
    scope: 'resume:propose',
    bucket: 'mutate',
    action: 'transfer.investigated',
    resource: ({ params }) => params['id'] ?? '',
    summary: 'Say that a late transfer was looked into',
    description:
      'Its bridge is not stopped any more because this one has not come out. It stays in transit, is looked for as before, and nothing is written off. A stop that is there already is let go by a resume. Where a resume takes two people this does, too: the answer names a proposal.',
    params: transferParams,
    body: investigatedBody,
    answer: investigatedAnswer,
    status: 202,
    needsMatch: true,
    refusals: [404, 409],
  })
  async investigated(
    @Param('id') id: string,
    @Body() body: unknown,
    @Headers('if-match') match: string | undefined,
    @Caller() { subject: by }: Principal,
  ) {
    const { reason, note } = parseOrRefuse(investigatedBody, body)
    const seen = await this.one(id)
    requireMatch(match, seen)
    const { state, portfolio } = seen
    if (this.approvals.resume > 1) {
      const answer = await this.answerProposal.proposeInvestigation({ id, portfolio, reason, note }, { by, needs: 1 })
      if (answer.status === 'refused') throw new Problem(409, 'conflict', answer.reason)
      return { transfer: id, state, investigation: null, proposal: answer.proposal.id }
    }
    const answer = await this.investigateTransfer.run({ id, by, reason, note })
    if (answer.status === 'refused') throw new Problem(409, 'conflict', answer.reason)
    return { transfer: id, state, investigation: investigationWire(answer.mark), proposal: null }
  }
}
