import { Controller, Get, Param } from '@nestjs/common'
import { LookAhead } from '../../application/look-ahead.js'
import type { Portfolio } from '../../domain/policy/portfolio.js'
import { Store } from '../../ports/store.js'
import { Route } from './access/route.js'
import { balanceWire } from './execution-wire.js'
import { LastCycles } from './last-cycles.js'
import { outlookWire } from './outlook-wire.js'
import { portfolioAnswer, portfolioParams, portfoliosAnswer } from './portfolio-schema.js'
import { Problem } from './problem.js'
import { portfolioWire } from './wire.js'

/** The configured portfolios, as an injection token. */
export class Portfolios {
  constructor(readonly all: readonly Portfolio[]) {}

  /** Throws a Problem that names those there are. */
  named(id: string): Portfolio {
    const portfolio = this.all.find((one) => one.id === id)
    if (portfolio) return portfolio
    const names = this.all.map((one) => one.id).join(', ')
    throw new Problem(404, 'not-found', `No portfolio ${JSON.stringify(id)}; there are ${names}.`)
  }

  /** The same name, of a filter: throws a Problem that points at it. */
  asked(id: string): string {
    if (this.all.some((one) => one.id === id)) return id
    const detail = `expected one of ${this.all.map((one) => one.id).join(', ')}, got ${JSON.stringify(id)}`
    throw new Problem(400, 'invalid-request', `/portfolio: ${detail}`, [{ pointer: '/portfolio', detail }])
  }
}

@Controller('v1/portfolios')
export class PortfoliosController {
  constructor(
    private readonly portfolios: Portfolios,
    private readonly store: Store,
    private readonly lookAhead: LookAhead,
    private readonly lastCycles: LastCycles,
  ) {}

  @Get()
  @Route({
    scope: 'status:read',
    bucket: 'read',
    summary: 'Every portfolio: weights, targets, bands and drift, positions and value by chain, what holds it',
    answer: portfoliosAnswer,
  })
  async list() {
    return { portfolios: await Promise.all(this.portfolios.all.map((portfolio) => this.describe(portfolio))) }
  }

  @Get(':id')
  @Route({
    scope: 'status:read',
    bucket: 'read',
    summary: 'One portfolio, as of its last cycle',
    params: portfolioParams,
    answer: portfolioAnswer,
  })
  async one(@Param('id') id: string) {
    return this.describe(this.portfolios.named(id))
  }

  /** As of the last cycle: every cycle records what it measured. What is unattributed is as of now, and in no figure. */
  private async describe(portfolio: Portfolio) {
    const last = await this.lastCycles.of(portfolio.id)
    const found = await this.store.unattributed(portfolio.account)
    return {
      ...portfolioWire(portfolio, await this.store.operatingStates(), last),
      ...outlookWire(await this.lookAhead.inForce(portfolio)),
      unattributed: found.map((one) => balanceWire(portfolio, one)),
    }
  }
}
