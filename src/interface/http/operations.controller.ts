import { Body, Controller, Get, Post } from '@nestjs/common'
import { HeldHereError, Operations } from '../../application/operations.js'
import type { Principal } from '../../domain/access/principal.js'
import { Clock } from '../../ports/clock.js'
import { Lease } from '../../ports/lease.js'
import { Store } from '../../ports/store.js'
import { Caller } from './access/caller.js'
import { Route } from './access/route.js'
import { heldBack } from './held-back.js'
import { Problem } from './problem.js'
import { resumeAnswer, stateSchema, statesAnswer } from './safety-schema.js'
import { breakerWire, endOf, haltBody, pauseBody, resumeBody, scopeAsked, Scopes } from './safety-wire.js'
import { runningState, stateWire } from './state-wire.js'
import { parseOrRefuse } from './wire.js'

/** Until a stop that could not be written down was tried again. */
const RETRY_HELD_SECONDS = 2

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
    private readonly lease: Lease,
  ) {}

  @Get('state')
  @Route({
    scope: 'status:read',
    bucket: 'read',
    summary: 'The state that holds for everything, every scope that is not running, and which replica leads',
    answer: statesAnswer,
  })
  async state() {
    const [states, leader] = await Promise.all([this.store.operatingStates(), this.lease.leader()])
    const all = states.find(({ scope }) => scope === 'all') ?? runningState('all')
    return { ...stateWire(all), scopes: states.map(stateWire), leader: leader ?? null }
  }

  @Post('pause')
  @Route({
    scope: 'pause',
    bucket: 'pause',
    action: 'pause',
    resource: scopeAsked,
    summary: 'Pause a scope',
    description:
      '`new`: no leg begins, what is signed is finished. `hard`: what is signed is cancelled where it still can be. A scope that is held harder already stays so, and one that is held for good or for longer is given no end by `expiresAt`: the answer says what holds. It holds in this process before it is written; where it cannot be written the answer is 503, and it holds all the same.',
    body: pauseBody,
    answer: stateSchema,
  })
  async pause(@Body() body: unknown, @Caller() { kind, subject }: Principal) {
    const { scope, level, reason, expiresAt } = parseOrRefuse(pauseBody, body)
    const end = endOf(expiresAt, this.clock.now())
    const author = { kind, subject }
    const pause = () => this.operations.pause(this.scopes.named(scope), `paused_${level}`, reason, end, author)
    return stateWire(await this.held(pause))
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
  async halt(@Body() body: unknown, @Caller() { kind, subject }: Principal) {
    const { scope, reason, expiresAt } = parseOrRefuse(haltBody, body)
    const end = endOf(expiresAt, this.clock.now())
    const halt = () => this.operations.halt(this.scopes.named(scope), reason, end, { kind, subject })
    return stateWire(await this.held(halt))
  }

  @Post('resume')
  @Route({
    scope: 'resume:propose',
    bucket: 'mutate',
    action: 'resume',
    resource: scopeAsked,
    summary: 'Let a scope go and clear its breakers',
    description:
      'Refused by 409 while a grave breaker of the scope is open that `clear` does not name: naming it says that its cause was looked at; for B-03 while the books are short, unless `acceptLoss` gives up what is missing; and, with `Retry-After`, until ten minutes after a breaker of the scope tripped.',
    body: resumeBody,
    answer: resumeAnswer,
  })
  async resume(@Body() body: unknown, @Caller() { kind, subject }: Principal) {
    const { scope, ...word } = parseOrRefuse(resumeBody, body)
    if (this.approvals.resume > 1)
      throw new Problem(
        403,
        'forbidden',
        'A resume takes two people here: propose it by POST /v1/proposals/resume, for another one to approve.',
      )
    const author = { kind, subject }
    const answer = await this.operations.resume({ scope: this.scopes.named(scope), ...word, author })
    if (answer.status === 'resumed')
      return { ...stateWire(answer.state), cleared: answer.cleared.map((one) => breakerWire(one)) }
    throw heldBack(answer.obstacle, this.clock.now())
  }

  /** A stop that holds here and could not be written down is no success: other replicas have not heard of it. */
  private async held<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act()
    } catch (error) {
      if (!(error instanceof HeldHereError)) throw error
      const { scope, level } = error.state
      const here = this.lease.isHeld()
        ? 'This replica leads, so that nothing is signed against it.'
        : 'This replica does not lead: the one that does has not heard of it.'
      const detail = `${scope} is ${level} in this process only; the record could not be written, the log says why. ${here} It is written as soon as the database takes it, and lost if this process ends before. Put the database right, or send it again.`
      throw new Problem(503, 'unavailable', detail, [], { retryAfter: RETRY_HELD_SECONDS })
    }
  }
}
