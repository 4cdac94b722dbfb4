import { Body, Controller, Get, HttpCode, Post, UseGuards } from '@nestjs/common'
import { Operations } from '../../application/operations.js'
import { Store } from '../../ports/store.js'
import { AdminGuard } from './admin.guard.js'
import { parseOrRefuse, reasonBody, stateWire } from './wire.js'

@Controller('v1')
export class OperationsController {
  constructor(
    private readonly operations: Operations,
    private readonly store: Store,
  ) {}

  @Get('state')
  async state() {
    return stateWire(await this.store.operatingState())
  }

  @Post('pause')
  @HttpCode(200)
  @UseGuards(AdminGuard)
  async pause(@Body() body: unknown) {
    return stateWire(await this.operations.pause(parseOrRefuse(reasonBody, body).reason))
  }

  @Post('resume')
  @HttpCode(200)
  @UseGuards(AdminGuard)
  async resume(@Body() body: unknown) {
    return stateWire(await this.operations.resume(parseOrRefuse(reasonBody, body).reason))
  }
}
