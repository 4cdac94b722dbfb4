import { Body, Controller, Get, Headers, Param, Post, Query } from '@nestjs/common'
import { AnswerProposal } from '../../application/answer-proposal.js'
import { CancelIntent } from '../../application/cancel-intent.js'
import type { Principal } from '../../domain/access/principal.js'
import { Calls } from '../../ports/calls.js'
import { Records } from '../../ports/records.js'
import { Store } from '../../ports/store.js'
import { Caller } from './access/caller.js'
import { requireMatch } from './access/match.js'
import { Route } from './access/route.js'
import { callWire } from './call-wire.js'
import { cancelAnswer, cancelBody } from './cancel-schema.js'
import { cancelOrderWire, notCancelled } from './cancel-wire.js'
import { intentAnswer, intentsAnswer, intentsQuery } from './cycle-schema.js'
import { broadcastsWire, intentId, intentParams, timelineWire } from './execution-wire.js'
import { timeText } from './figures.js'
import { Approvals } from './operations.controller.js'
import { refuseBefore } from './page.js'
import { Portfolios } from './portfolios.controller.js'
import { Problem } from './problem.js'
import { intentWire, parseOrRefuse } from './wire.js'

@Controller('v1/intents')
export class IntentsController {
  constructor(
    private readonly store: Store,
    private readonly records: Records,
    private readonly calls: Calls,
    private readonly portfolios: Portfolios,
    private readonly cancelIntent: CancelIntent,
    private readonly answerProposal: AnswerProposal,
    private readonly approvals: Approvals,
  ) {}

  @Get()
  @Route({
    scope: 'status:read',
    bucket: 'read',
    summary: 'Intents, newest first: each owns one nonce of the account on a chain',
    description: 'Those that no cycle asked for, such as taking back a forgotten allowance, belong to no portfolio.',
    query: intentsQuery,
    answer: intentsAnswer,
  })
  async list(@Query() query: unknown) {
    const { portfolio, state, leg, before, limit } = parseOrRefuse(intentsQuery, query)
    const intents = await this.records.intents({
      limit,
      ...(portfolio !== undefined && { portfolio: this.portfolios.asked(portfolio) }),
      ...(state !== undefined && { state }),
      ...(leg !== undefined && { leg }),
      ...(before !== undefined && { before }),
    })
    // Only an empty page leaves open whether there is such an intent.
    if (before !== undefined && intents.length === 0 && !(await this.store.intent(before)))
      throw refuseBefore('the id of an intent', before)
    return {
      intents: intents.map((one) => ({ ...intentWire(one), cycleId: one.cycleId ?? null })),
      ...(intents.length === limit && { next: intents.at(-1)?.id }),
    }
  }

  @Get(':id')
  @Route({
    scope: 'status:read',
    bucket: 'read',
    summary: 'One chain, account and nonce, with everything that was written about it',
    params: intentParams,
    answer: intentAnswer,
  })
  async one(@Param('id') id: string) {
    const intent = intentId.safeParse(id).success ? await this.store.intent(id) : undefined
    if (!intent)
      throw new Problem(
        404,
        'not-found',
        `No intent ${JSON.stringify(id)}; GET /v1/cycles/<id> lists those of a cycle.`,
      )
    const [order] = await this.store.cancelOrders([id])
    return {
      ...intentWire(intent),
      cycleId: intent.cycleId ?? null,
      data: intent.call.data,
      call: callWire(this.calls, intent, this.portfolios.all[0]),
      expiresAt: intent.expiresAt === undefined ? null : timeText(intent.expiresAt),
      cancelOrder: order ? cancelOrderWire(order) : null,
      timeline: timelineWire(await this.store.intentEvents(id)),
      broadcasts: broadcastsWire(await this.store.broadcasts(id)),
    }
  }

  @Post(':id/cancel')
  @Route({
    scope: 'tx:cancel',
    bucket: 'mutate',
    action: 'tx.cancel',
    resource: ({ params }) => params['id'] ?? '',
    summary: 'Order that an intent is not carried out',
    description:
      'An intent that nothing is signed for gives its nonce back; one that is signed is replaced by a cancel where it still can be. Its leg ends with CANCELLED_BY_PERSON. Where a resume takes two people this does, too: the answer names a proposal.',
    params: intentParams,
    body: cancelBody,
    answer: cancelAnswer,
    status: 202,
    needsMatch: true,
    refusals: [404, 409],
  })
  async cancel(
    @Param('id') id: string,
    @Body() body: unknown,
    @Headers('if-match') match: string | undefined,
    @Caller() { subject: by, kind }: Principal,
  ) {
    const { reason } = parseOrRefuse(cancelBody, body)
    const seen = await this.one(id)
    requireMatch(match, seen)
    if (this.approvals.resume > 1) {
      // A key may be one of theirs who approve: it is none of the two.
      const needs = kind === 'person' ? 1 : 2
      const answer = await this.answerProposal.proposeCancel({ intentId: id, reason }, { by, needs })
      if (answer.status !== 'proposed') throw notCancelled(id, answer)
      return { intent: id, state: seen.state, cancelOrder: null, proposal: answer.proposal.id }
    }
    const answer = await this.cancelIntent.run({ id, by, reason })
    if (answer.status !== 'ordered') throw notCancelled(id, answer)
    return { intent: id, state: answer.intent.state, cancelOrder: cancelOrderWire(answer.order), proposal: null }
  }
}
