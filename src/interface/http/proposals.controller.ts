import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common'
import { AnswerProposal, type Answered } from '../../application/answer-proposal.js'
import type { Principal } from '../../domain/access/principal.js'
import { isExpired, type Proposal } from '../../domain/access/proposal.js'
import { Clock } from '../../ports/clock.js'
import { Proposals } from '../../ports/proposals.js'
import { Caller } from './access/caller.js'
import { Route } from './access/route.js'
import { cancelOrderWire, notCancelled } from './cancel-wire.js'
import { heldBack } from './held-back.js'
import { notClassified } from './inflows.controller.js'
import { refuseBefore } from './page.js'
import { Problem } from './problem.js'
import {
  approveBody,
  approvedAnswer,
  proposalParams,
  proposalsAnswer,
  proposalSchema,
  proposalsQuery,
  proposalWire,
  rejectBody,
} from './proposals-wire.js'
import { resumeBody, scopeAsked, Scopes } from './safety-wire.js'
import { stateWire } from './state-wire.js'
import { parseOrRefuse } from './wire.js'

const idOf = ({ params }: { readonly params: Readonly<Record<string, string | undefined>> }) => params['id'] ?? ''

/** How a word on a proposal is refused over HTTP. */
const REFUSALS = {
  busy: [409, 'conflict'],
  ended: [409, 'conflict'],
  expired: [409, 'conflict'],
  'other-digest': [412, 'precondition-failed'],
  own: [403, 'forbidden'],
  twice: [403, 'forbidden'],
} as const

@Controller('v1/proposals')
export class ProposalsController {
  constructor(
    private readonly proposals: Proposals,
    private readonly answerProposal: AnswerProposal,
    private readonly scopes: Scopes,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Route({
    scope: 'status:read',
    bucket: 'read',
    summary: 'What waits, or waited, for the word of others, newest first',
    query: proposalsQuery,
    answer: proposalsAnswer,
  })
  async list(@Query() query: unknown) {
    const { state, kind, before, limit } = parseOrRefuse(proposalsQuery, query)
    if (before !== undefined && !(isId(before) && (await this.proposals.byId(before))))
      throw refuseBefore('the id of a proposal', before)
    const found = await this.proposals.list({
      limit,
      ...(state !== undefined && { state }),
      ...(kind !== undefined && { kind }),
      ...(before !== undefined && { before }),
    })
    return {
      proposals: found.map((one) => this.wire(one)),
      ...(found.length === limit && { next: found.at(-1)?.id }),
    }
  }

  @Get(':id')
  @Route({
    scope: 'status:read',
    bucket: 'read',
    summary: 'One proposal with everything that would be done',
    params: proposalParams,
    answer: proposalSchema,
    refusals: [404],
  })
  async one(@Param('id') id: string) {
    const proposal = isId(id) ? await this.proposals.byId(id) : undefined
    if (!proposal) throw unknown(id)
    return this.wire(proposal)
  }

  @Post('resume')
  @Route({
    scope: 'resume:propose',
    bucket: 'mutate',
    action: 'resume.propose',
    resource: scopeAsked,
    summary: 'Propose that a scope goes on, for another person to approve',
    body: resumeBody,
    answer: proposalSchema,
    status: 201,
    refusals: [409],
  })
  async proposeResume(@Body() body: unknown, @Caller() caller: Principal) {
    const { scope, ...word } = parseOrRefuse(resumeBody, body)
    const order = { scope: this.scopes.named(scope), ...word }
    const answer = await this.answerProposal.proposeResume(order, { by: caller.subject, needs: 1 })
    if (answer.status === 'refused') throw heldBack(answer.obstacle, this.clock.now())
    return this.wire(answer.proposal)
  }

  @Post('plan/:id/approve')
  @Route({
    scope: 'plan:approve',
    bucket: 'approve',
    action: 'plan.approve',
    resource: idOf,
    summary: 'Approve a plan by its digest',
    description:
      'Legs begin once as many different people as `needs` says have approved. Nothing is accepted that brings less than the plan names.',
    params: proposalParams,
    body: approveBody,
    answer: approvedAnswer,
    refusals: [404, 409, 412],
  })
  approvePlan(@Param('id') id: string, @Body() body: unknown, @Caller() caller: Principal) {
    return this.approve('plan', id, body, caller)
  }

  @Post('resume/:id/approve')
  @Route({
    scope: 'resume:approve',
    bucket: 'approve',
    action: 'resume.approve',
    resource: idOf,
    summary: 'Approve a resume by its digest; it is done at once',
    params: proposalParams,
    body: approveBody,
    answer: approvedAnswer,
    refusals: [404, 409, 412],
  })
  approveResume(@Param('id') id: string, @Body() body: unknown, @Caller() caller: Principal) {
    return this.approve('resume', id, body, caller)
  }

  @Post('cancel/:id/approve')
  @Route({
    scope: 'plan:approve',
    bucket: 'approve',
    action: 'tx.cancel.approve',
    resource: idOf,
    summary: 'Approve the cancel of an intent by its digest; it is ordered at once',
    params: proposalParams,
    body: approveBody,
    answer: approvedAnswer,
    refusals: [404, 409, 412],
  })
  approveCancel(@Param('id') id: string, @Body() body: unknown, @Caller() caller: Principal) {
    return this.approve('cancel', id, body, caller)
  }

  @Post('investigation/:id/approve')
  @Route({
    scope: 'resume:approve',
    bucket: 'approve',
    action: 'transfer.investigated.approve',
    resource: idOf,
    summary: 'Approve by its digest that a late transfer was looked into; it is marked at once',
    params: proposalParams,
    body: approveBody,
    answer: approvedAnswer,
    refusals: [404, 409, 412],
  })
  approveInvestigation(@Param('id') id: string, @Body() body: unknown, @Caller() caller: Principal) {
    return this.approve('investigation', id, body, caller)
  }

  @Post('inflow/:id/approve')
  @Route({
    scope: 'resume:approve',
    bucket: 'approve',
    action: 'inflow.classify.approve',
    resource: idOf,
    summary: "Approve by its digest that money is the fund's own; it is booked at once",
    params: proposalParams,
    body: approveBody,
    answer: approvedAnswer,
    refusals: [404, 409, 412],
  })
  approveInflow(@Param('id') id: string, @Body() body: unknown, @Caller() caller: Principal) {
    return this.approve('inflow', id, body, caller)
  }

  @Post('plan/:id/reject')
  @Route({
    scope: 'pause',
    bucket: 'approve',
    action: 'plan.reject',
    resource: idOf,
    summary: 'Turn a plan down by its digest: none of its legs begins',
    params: proposalParams,
    body: rejectBody,
    answer: proposalSchema,
    refusals: [404, 409, 412],
  })
  rejectPlan(@Param('id') id: string, @Body() body: unknown, @Caller() caller: Principal) {
    return this.reject('plan', id, body, caller)
  }

  @Post('resume/:id/reject')
  @Route({
    scope: 'pause',
    bucket: 'approve',
    action: 'resume.reject',
    resource: idOf,
    summary: 'Turn a resume down by its digest',
    params: proposalParams,
    body: rejectBody,
    answer: proposalSchema,
    refusals: [404, 409, 412],
  })
  rejectResume(@Param('id') id: string, @Body() body: unknown, @Caller() caller: Principal) {
    return this.reject('resume', id, body, caller)
  }

  @Post('cancel/:id/reject')
  @Route({
    scope: 'plan:approve',
    bucket: 'approve',
    action: 'tx.cancel.reject',
    resource: idOf,
    summary: 'Turn the cancel of an intent down by its digest: it goes on',
    params: proposalParams,
    body: rejectBody,
    answer: proposalSchema,
    refusals: [404, 409, 412],
  })
  rejectCancel(@Param('id') id: string, @Body() body: unknown, @Caller() caller: Principal) {
    return this.reject('cancel', id, body, caller)
  }

  @Post('investigation/:id/reject')
  @Route({
    scope: 'pause',
    bucket: 'approve',
    action: 'transfer.investigated.reject',
    resource: idOf,
    summary: 'Turn down by its digest that a late transfer was looked into',
    params: proposalParams,
    body: rejectBody,
    answer: proposalSchema,
    refusals: [404, 409, 412],
  })
  rejectInvestigation(@Param('id') id: string, @Body() body: unknown, @Caller() caller: Principal) {
    return this.reject('investigation', id, body, caller)
  }

  @Post('inflow/:id/reject')
  @Route({
    scope: 'pause',
    bucket: 'approve',
    action: 'inflow.classify.reject',
    resource: idOf,
    summary: "Turn down by its digest that money is the fund's own: it stays unattributed",
    params: proposalParams,
    body: rejectBody,
    answer: proposalSchema,
    refusals: [404, 409, 412],
  })
  rejectInflow(@Param('id') id: string, @Body() body: unknown, @Caller() caller: Principal) {
    return this.reject('inflow', id, body, caller)
  }

  private async approve(kind: Proposal['kind'], id: string, body: unknown, { subject, kind: credential }: Principal) {
    const { digest } = parseOrRefuse(approveBody, body)
    const answer = isId(id)
      ? await this.answerProposal.approve({ kind, id, digest, subject, credential })
      : ({ status: 'unknown' } as const)
    const { proposal, resumed, cancelled, investigated, classified } = taken(id, answer)
    if (resumed?.status === 'refused') throw heldBack(resumed.obstacle, this.clock.now())
    if (cancelled && cancelled.status !== 'ordered') throw notCancelled(proposal.id, cancelled)
    if (investigated?.status === 'refused') throw new Problem(409, 'conflict', investigated.reason)
    if (classified && classified.status !== 'booked') throw notClassified(classified)
    return {
      proposal: this.wire(proposal),
      resumed: resumed ? stateWire(resumed.state) : null,
      cancelOrder: cancelled ? cancelOrderWire(cancelled.order) : null,
    }
  }

  private async reject(kind: Proposal['kind'], id: string, body: unknown, { subject }: Principal) {
    const { digest, reason } = parseOrRefuse(rejectBody, body)
    const answer = isId(id)
      ? await this.answerProposal.reject({ kind, id, digest, subject, reason })
      : ({ status: 'unknown' } as const)
    return this.wire(taken(id, answer).proposal)
  }

  private wire(proposal: Proposal) {
    return proposalWire(proposal, isExpired(proposal, this.clock.now()))
  }
}

function taken(id: string, answer: Answered): Extract<Answered, { status: 'taken' }> {
  if (answer.status === 'taken') return answer
  if (answer.status === 'unknown') throw unknown(id)
  const [status, code] = REFUSALS[answer.code]
  throw new Problem(status, code, answer.detail)
}

function isId(id: string): boolean {
  return /^[\w.-]{1,200}$/.test(id)
}

function unknown(id: string): Problem {
  return new Problem(404, 'not-found', `No such proposal ${JSON.stringify(id)}; GET /v1/proposals lists them.`)
}
