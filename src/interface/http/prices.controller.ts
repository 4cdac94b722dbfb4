import { Controller, Get } from '@nestjs/common'
import { PriceBoard, type PriceOnBoard } from '../../application/price-board.js'
import type { SourceReading } from '../../domain/portfolio/snapshot.js'
import { usdToText } from '../../domain/units/usd.js'
import { Clock } from '../../ports/clock.js'
import { Route } from './access/route.js'
import { ratioText, timeText } from './figures.js'
import { pricesAnswer } from './prices-schema.js'

@Controller('v1/prices')
export class PricesController {
  constructor(
    private readonly board: PriceBoard,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Route({
    scope: 'status:read',
    bucket: 'read',
    summary: 'What each price source said last, and what is used of it',
    description:
      'As the daemon read it last, which it does every `prices.guard.readSeconds`: asking this asks no source.',
    answer: pricesAnswer,
  })
  async list() {
    const { readAt, assets } = await this.board.read()
    const now = this.clock.now()
    return {
      readAt: readAt === undefined ? null : timeText(readAt),
      ageSeconds: readAt === undefined ? null : secondsSince(readAt, now),
      assets: assets.map((one) => assetWire(one, now)),
    }
  }
}

function assetWire({ rules, price, divergence, peg, hold }: PriceOnBoard, now: number) {
  const { asset, quorum, maxDivergence } = rules
  const isKnown = price?.status === 'known'
  return {
    asset,
    isUsed: isKnown,
    priceUsd: isKnown ? usdToText(price.price) : null,
    refusal: isKnown ? null : (price?.reason ?? 'Its sources were not asked yet.'),
    needs: quorum,
    divergence: divergence === undefined ? null : ratioText(divergence),
    maxDivergence: ratioText(maxDivergence),
    sources: (price?.sources ?? []).map((source) => sourceWire(source, now)),
    peg: peg
      ? {
          distance: peg.distance === undefined ? null : ratioText(peg.distance),
          warnsFrom: ratioText(peg.warnsFrom),
          stopsFrom: ratioText(peg.stopsFrom),
          isOff: peg.distance !== undefined && peg.distance > peg.warnsFrom,
        }
      : null,
    hold: hold ? { reason: hold.reason, since: timeText(hold.since) } : null,
  }
}

function sourceWire(reading: SourceReading, now: number) {
  if (reading.status === 'unusable')
    return {
      source: reading.source,
      isUsable: false,
      priceUsd: null,
      time: null,
      ageSeconds: null,
      error: reading.reason,
    }
  const at = reading.timestamp * 1000
  return {
    source: reading.source,
    isUsable: true,
    priceUsd: usdToText(reading.price),
    time: timeText(at),
    ageSeconds: secondsSince(at, now),
    error: null,
  }
}

/** Clocks of sources may be ahead of ours. */
function secondsSince(at: number, now: number): number {
  return Math.max(0, Math.round((now - at) / 1000))
}
