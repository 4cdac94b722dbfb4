import { Controller, Get, Param, Query } from '@nestjs/common'
import { Store } from '../../ports/store.js'
import { Route } from './access/route.js'
import { balanceWire, ledgerQuery, postingWire } from './execution-wire.js'
import { ledgerAnswer, portfolioParams } from './portfolio-schema.js'
import { Portfolios } from './portfolios.controller.js'
import { parseOrRefuse } from './wire.js'

@Controller('v1/portfolios/:id/ledger')
export class LedgerController {
  constructor(
    private readonly portfolios: Portfolios,
    private readonly store: Store,
  ) {}

  @Get()
  @Route({
    scope: 'ledger:read',
    bucket: 'read',
    summary: 'What the final book says lies in the wallet, and the postings of both books, newest first',
    params: portfolioParams,
    query: ledgerQuery,
    answer: ledgerAnswer,
  })
  async read(@Param('id') id: string, @Query() query: unknown) {
    const portfolio = this.portfolios.named(id)
    const { before, limit } = parseOrRefuse(ledgerQuery, query)
    const account = portfolio.account
    const entries = await this.store.ledger({ account, limit, ...(before !== undefined && { before }) })
    const balances = await this.store.walletBalances(account)
    return {
      portfolio: id,
      account,
      balances: balances.map((balance) => balanceWire(portfolio, balance)),
      postings: entries.map((entry) => postingWire(portfolio, entry)),
      ...(entries.length === limit && { next: entries.at(-1)?.place }),
    }
  }
}
