import { Body, Controller, Get, Post } from '@nestjs/common'
import { Operations } from '../../application/operations.js'
import { Clock } from '../../ports/clock.js'
import { Store } from '../../ports/store.js'
import { type AskedFor, Route } from './access/route.js'
import { heldBack } from './held-back.js'
import { Problem } from './problem.js'
import { resumeAnswer, stateSchema, statesAnswer } from './safety-schema.js'
import { breakerWire, endOf, haltBody, pauseBody, resumeBody, Scopes } from './safety-wire.js'
import { runningState, stateWire } from './state-wire.js'
import { parseOrRefuse } from './wire.js'

/** The scope a body asks for, unchecked; `all` without one. */
function scopeAsked({ body }: AskedFor): string {
  const scope = typeof body === 'object' && body !== null && 'scope' in body ? body.scope : undefined
  return typeof scope === 'string' ? scope : 'all'
}

/** How many people it takes to let a scope go, as an injection token. */
export class Approvals {
  constructor(readonly resume: 1 | 2) {}
}

@Controller('v1')
export class OperationsController {
  constructor(
    private readonly operations: Operations,
    private readonly store: Store,
    private readonly scopes: Scopes,
    private readonly approvals: Approvals,
    private readonly clock: Clock,
  ) {}

  @Get('state')
  @Route({
    scope: 'status:read',
    bucket: 'read',
    summary: 'The state that holds for everything, and every scope that is not running',
    answer: statesAnswer,
  })
  async state() {
    const states = await this.store.operatingStates()
    const all = states.find(({ scope }) => scope === 'all') ?? runningState('all')
    return { ...stateWire(all), scopes: states.map(stateWire) }
  }

  @Post('pause')
  @Route({
    scope: 'pause',
    bucket: 'pause',
    action: 'pause',
    resource: scopeAsked,
    summary: 'Pause a scope',
    description:
      '`new`: no leg begins, what is signed is finished. `hard`: what is signed is cancelled where it still can be. A scope that is held harder already stays so, and one that is held for good or for longer is given no end by `expiresAt`: the answer says what holds.',
    body: pauseBody,
    answer: stateSchema,
  })
  async pause(@Body() body: unknown) {
    const { scope, level, reason, expiresAt } = parseOrRefuse(pauseBody, body)
    const end = endOf(expiresAt, this.clock.now())
    return stateWire(await this.operations.pause(this.scopes.named(scope), `paused_${level}`, reason, end))
  }

  @Post('halt')
  @Route({
    scope: 'pause',
    bucket: 'pause',
    action: 'halt',
    resource: scopeAsked,
    summary: 'Halt a scope: nothing is signed any more, whatever it is for',
    body: haltBody,
    answer: stateSchema,
  })
  async halt(@Body() body: unknown) {
    const { scope, reason, expiresAt } = parseOrRefuse(haltBody, body)
    const end = endOf(expiresAt, this.clock.now())
    return stateWire(await this.operations.halt(this.scopes.named(scope), reason, end))
  }

  @Post('resume')
  @Route({
    scope: 'resume:propose',
    bucket: 'mutate',
    action: 'resume',
    resource: scopeAsked,
    summary: 'Let a scope go and clear its breakers',
    description:
      'Refused by 409 while a grave breaker of the scope is open that `clear` does not name: naming it says that its cause was looked at.',
    body: resumeBody,
    answer: resumeAnswer,
  })
  async resume(@Body() body: unknown) {
    const { scope, reason, clear } = parseOrRefuse(resumeBody, body)
    if (this.approvals.resume > 1)
      throw new Problem(
        403,
        'forbidden',
        'A resume takes two people here: propose it by POST /v1/proposals/resume, for another one to approve.',
      )
    const answer = await this.operations.resume({ scope: this.scopes.named(scope), reason, clear })
    if (answer.status === 'resumed')
      return { ...stateWire(answer.state), cleared: answer.cleared.map((one) => breakerWire(one)) }
    throw heldBack(answer.holding)
  }
}
