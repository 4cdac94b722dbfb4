import { Controller, Get, Query } from '@nestjs/common'
import { Store } from '../../ports/store.js'
import { Route } from './access/route.js'
import { breakersAnswer } from './safety-schema.js'
import { breakersQuery, breakerWire, Scopes } from './safety-wire.js'
import { parseOrRefuse } from './wire.js'

@Controller('v1/breakers')
export class BreakersController {
  constructor(
    private readonly store: Store,
    private readonly scopes: Scopes,
  ) {}

  @Get()
  @Route({
    scope: 'status:read',
    bucket: 'read',
    summary: 'Breakers that hold, and the latest ones of all, newest first',
    query: breakersQuery,
    answer: breakersAnswer,
  })
  async list(@Query() query: unknown) {
    const { code, scope, limit, before } = parseOrRefuse(breakersQuery, query)
    const asked = {
      ...(code !== undefined && { code }),
      ...(scope !== undefined && { scope: this.scopes.named(scope) }),
    }
    const open = await this.store.breakers({ ...asked, isOpen: true, limit: 1_000 })
    const recent = await this.store.breakers({
      ...asked,
      isOpen: false,
      limit,
      ...(before !== undefined && { before }),
    })
    return {
      open: open.map(breakerWire),
      recent: recent.map(breakerWire),
      ...(recent.length === limit && { next: recent.at(-1)?.id }),
    }
  }
}
