import { Controller, Get, Param, Query } from '@nestjs/common'
import { Clock } from '../../ports/clock.js'
import { Records } from '../../ports/records.js'
import { Store } from '../../ports/store.js'
import { Route } from './access/route.js'
import { refuseBefore } from './page.js'
import { Portfolios } from './portfolios.controller.js'
import { Problem } from './problem.js'
import { transferAnswer, transferParams, transfersAnswer, transfersQuery } from './transfers-schema.js'
import { timelineOf, transferRecordWire } from './transfers-wire.js'
import { parseOrRefuse, transferId } from './wire.js'

/** More transactions than a leg ever makes. */
const MOST_INTENTS = 100

@Controller('v1/transfers')
export class TransfersController {
  constructor(
    private readonly records: Records,
    private readonly store: Store,
    private readonly portfolios: Portfolios,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Route({
    scope: 'status:read',
    bucket: 'read',
    summary: 'Bridge crossings, newest first',
    query: transfersQuery,
    answer: transfersAnswer,
  })
  async list(@Query() query: unknown) {
    const { portfolio, state, before, limit } = parseOrRefuse(transfersQuery, query)
    const found = await this.records.transfers({
      limit,
      ...(portfolio !== undefined && { portfolio: this.portfolios.asked(portfolio) }),
      ...(state !== undefined && { state }),
      ...(before !== undefined && { before }),
    })
    // Only an empty page leaves open whether there is such a transfer.
    if (before !== undefined && found.length === 0 && !(await this.records.transfer(before)))
      throw refuseBefore('the id of a transfer', before)
    const marks = await this.store.investigations(found.map(({ transfer }) => transfer.id))
    return {
      transfers: found.map((one) =>
        transferRecordWire(
          one,
          marks.find((mark) => mark.transferId === one.transfer.id),
        ),
      ),
      ...(found.length === limit && { next: found.at(-1)?.transfer.id }),
    }
  }

  @Get(':id')
  @Route({
    scope: 'status:read',
    bucket: 'read',
    summary: 'One crossing with its timeline: what is on record about it, and what would be due next',
    params: transferParams,
    answer: transferAnswer,
  })
  async one(@Param('id') id: string) {
    const found = transferId.safeParse(id).success ? await this.records.transfer(id) : undefined
    if (!found) throw new Problem(404, 'not-found', `No transfer ${JSON.stringify(id)}; GET /v1/transfers lists them.`)
    const { transfer } = found
    const [investigation] = await this.store.investigations([id])
    const intents = await this.records.intents({ leg: id, limit: MOST_INTENTS })
    const sending = intents.find((one) => one.attempts.some(({ hash }) => hash === transfer.originHash))
    return {
      ...transferRecordWire(found, investigation),
      intents: intents.map((one) => one.id).toReversed(),
      timeline: timelineOf({
        transfer,
        sending: sending ? await this.store.intentEvents(sending.id) : [],
        investigation,
        now: this.clock.now(),
      }),
    }
  }
}
