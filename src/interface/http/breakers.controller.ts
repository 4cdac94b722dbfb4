import { Controller, Get, Query } from '@nestjs/common'
import { Store } from '../../ports/store.js'
import { Route } from './access/route.js'
import { breakersAnswer } from './safety-schema.js'
import { breakersQuery, breakerWire } from './safety-wire.js'
import { parseOrRefuse } from './wire.js'

@Controller('v1/breakers')
export class BreakersController {
  constructor(private readonly store: Store) {}

  @Get()
  @Route({
    scope: 'status:read',
    bucket: 'read',
    summary: 'Breakers that hold, and the latest ones of all, newest first',
    query: breakersQuery,
    answer: breakersAnswer,
  })
  async list(@Query() query: unknown) {
    const { limit, before } = parseOrRefuse(breakersQuery, query)
    const open = await this.store.breakers({ isOpen: true, limit: 1_000 })
    const recent = await this.store.breakers({ isOpen: false, limit, ...(before !== undefined && { before }) })
    return {
      open: open.map(breakerWire),
      recent: recent.map(breakerWire),
      ...(recent.length === limit && { next: recent.at(-1)?.id }),
    }
  }
}
