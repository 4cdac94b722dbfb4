import { Controller, Get, Res } from '@nestjs/common'
import type { Response } from 'express'
import { Registry } from 'prom-client'

@Controller()
export class MetricsController {
  constructor(private readonly registry: Registry) {}

  @Get('metrics')
  async metrics(@Res() response: Response): Promise<void> {
    response.type(this.registry.contentType).send(await this.registry.metrics())
  }
}
