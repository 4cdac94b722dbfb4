import { Controller, Get } from '@nestjs/common'
import type { BlockRef } from '../../domain/portfolio/snapshot.js'
import { type ChainStanding, ChainStandings } from '../../ports/chain-standings.js'
import { Clock } from '../../ports/clock.js'
import { Route } from './access/route.js'
import { chainsAnswer } from './chains-schema.js'
import { timeText } from './figures.js'

@Controller('v1/chains')
export class ChainsController {
  constructor(
    private readonly standings: ChainStandings,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Route({
    scope: 'status:read',
    bucket: 'read',
    summary: 'Each chain with its endpoints: whether a quorum agrees, on what, and who is left out for what',
    description:
      'As of when the endpoints were asked last, which `lookedAt` says: every few seconds by the process that leads, only for cycles by one that stands by. Asking this asks no endpoint.',
    answer: chainsAnswer,
  })
  list() {
    const now = this.clock.now()
    return { chains: this.standings.all().map((standing) => chainWire(standing, now)) }
  }
}

function chainWire(
  { chain, chainId, quorum, lookedAt, isAgreed, reason, head, finalized, endpoints }: ChainStanding,
  now: number,
) {
  return {
    chain,
    chainId,
    quorum,
    isAgreed: lookedAt === undefined ? null : isAgreed,
    reason: reason ?? null,
    lookedAt: lookedAt === undefined ? null : timeText(lookedAt),
    head: head ? blockWire(head, now) : null,
    finalized: finalized ? blockWire(finalized, now) : null,
    endpoints: endpoints.map((one) => ({
      name: one.name,
      host: one.host,
      isHealthy: one.isHealthy,
      reason: one.reason ?? null,
      isAgreeing: one.isAgreeing,
      head: one.head ? one.head.number.toString() : null,
      lagSeconds: one.head && head ? Math.max(0, head.timestamp - one.head.timestamp) : null,
      quarantinedUntil: one.quarantinedUntil === undefined ? null : timeText(one.quarantinedUntil),
    })),
  }
}

function blockWire({ number, hash, timestamp }: BlockRef, now: number) {
  return {
    number: number.toString(),
    hash,
    time: timeText(timestamp * 1000),
    ageSeconds: Math.max(0, Math.round(now / 1000 - timestamp)),
  }
}
