import { Controller, Get, Param } from '@nestjs/common'
import { Store } from '../../ports/store.js'
import { Route } from './access/route.js'
import { intentAnswer } from './cycle-schema.js'
import { broadcastsWire, intentId, intentParams, timelineWire } from './execution-wire.js'
import { Problem } from './problem.js'
import { intentWire } from './wire.js'

@Controller('v1/intents')
export class IntentsController {
  constructor(private readonly store: Store) {}

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
    return {
      ...intentWire(intent),
      cycleId: intent.cycleId ?? null,
      data: intent.call.data,
      expiresAt: intent.expiresAt === undefined ? null : new Date(intent.expiresAt).toISOString(),
      timeline: timelineWire(await this.store.intentEvents(id)),
      broadcasts: broadcastsWire(await this.store.broadcasts(id)),
    }
  }
}
