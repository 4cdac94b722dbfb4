import { Body, Controller, Get, HttpCode, Post, UseGuards } from '@nestjs/common'
import { Operations } from '../../application/operations.js'
import { Store } from '../../ports/store.js'
import { AdminGuard } from './admin.guard.js'
import { Problem } from './problem.js'
import { breakerWire, haltBody, pauseBody, resumeBody, Scopes } from './safety-wire.js'
import { runningState, stateWire } from './state-wire.js'
import { parseOrRefuse } from './wire.js'

@Controller('v1')
export class OperationsController {
  constructor(
    private readonly operations: Operations,
    private readonly store: Store,
    private readonly scopes: Scopes,
  ) {}

  /** The state that holds for everything, and every scope that is not running. */
  @Get('state')
  async state() {
    const states = await this.store.operatingStates()
    const all = states.find(({ scope }) => scope === 'all') ?? runningState('all')
    return { ...stateWire(all), scopes: states.map(stateWire) }
  }

  @Post('pause')
  @HttpCode(200)
  @UseGuards(AdminGuard)
  async pause(@Body() body: unknown) {
    const { scope, level, reason } = parseOrRefuse(pauseBody, body)
    return stateWire(await this.operations.pause(this.scopes.named(scope), `paused_${level}`, reason))
  }

  @Post('halt')
  @HttpCode(200)
  @UseGuards(AdminGuard)
  async halt(@Body() body: unknown) {
    const { scope, reason } = parseOrRefuse(haltBody, body)
    return stateWire(await this.operations.halt(this.scopes.named(scope), reason))
  }

  @Post('resume')
  @HttpCode(200)
  @UseGuards(AdminGuard)
  async resume(@Body() body: unknown) {
    const { scope, reason, clear } = parseOrRefuse(resumeBody, body)
    const answer = await this.operations.resume({ scope: this.scopes.named(scope), reason, clear })
    if (answer.status === 'resumed')
      return { ...stateWire(answer.state), cleared: answer.cleared.map((one) => breakerWire(one)) }
    const holding = answer.holding.map(({ code, reason: why }) => `${code}: ${why}`).join(' ')
    const codes = answer.holding.map(({ code }) => `"${code}"`).join(', ')
    throw new Problem(409, 'conflict', `${holding} Put it right, then resume with "clear": [${codes}].`)
  }
}
