import { Body, Controller, Param, Post } from '@nestjs/common'
import { InvestigateTransfer } from '../../application/investigate-transfer.js'
import type { Principal } from '../../domain/access/principal.js'
import { Records } from '../../ports/records.js'
import { Caller } from './access/caller.js'
import { Route } from './access/route.js'
import { timeText } from './figures.js'
import { investigatedAnswer, investigatedBody } from './investigation-schema.js'
import { Problem } from './problem.js'
import { transferParams } from './transfers-schema.js'
import { parseOrRefuse, transferId } from './wire.js'

@Controller('v1/transfers')
export class InvestigationsController {
  constructor(
    private readonly records: Records,
    private readonly investigateTransfer: InvestigateTransfer,
  ) {}

  @Post(':id/investigated')
  @Route({
    // It takes a stop of the bridge away before it comes, as a resume takes away one that has: no key may do that.
    scope: 'resume:propose',
    bucket: 'mutate',
    action: 'transfer.investigated',
    resource: ({ params }) => params['id'] ?? '',
    summary: 'Say that a late transfer was looked into',
    description:
      'Its bridge is not stopped any more because this one has not come out. It stays in transit, is looked for as before, and nothing is written off. A stop that is there already is let go by a resume.',
    params: transferParams,
    body: investigatedBody,
    answer: investigatedAnswer,
    refusals: [404, 409],
  })
  async investigated(@Param('id') id: string, @Body() body: unknown, @Caller() { subject: by }: Principal) {
    const { reason, note } = parseOrRefuse(investigatedBody, body)
    const found = transferId.safeParse(id).success ? await this.records.transfer(id) : undefined
    if (!found) throw new Problem(404, 'not-found', `No transfer ${JSON.stringify(id)}; GET /v1/transfers lists them.`)
    const answer = await this.investigateTransfer.run({ id, by, reason, note })
    if (answer.status === 'refused') throw new Problem(409, 'conflict', answer.reason)
    const { mark } = answer
    return {
      transfer: id,
      state: found.transfer.state,
      investigation: { by: mark.by, reason: mark.reason, note: mark.note ?? null, at: timeText(mark.at) },
    }
  }
}
