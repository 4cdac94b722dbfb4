import { Controller, Get, Param, Query } from '@nestjs/common'
import type { z } from 'zod'
import { type Asset, type AssetKey, sameAddress, type Token } from '../../domain/assets.js'
import type { Portfolio } from '../../domain/policy/portfolio.js'
import type { BookedUnits } from '../../domain/portfolio/tradable.js'
import { Store } from '../../ports/store.js'
import { Route } from './access/route.js'
import { balanceWire, ledgerQuery, postingWire } from './execution-wire.js'
import { ledgerAnswer, portfolioParams } from './portfolio-schema.js'
import { oneOf } from './page.js'
import { Portfolios } from './portfolios.controller.js'
import { parseOrRefuse } from './wire.js'

type Filters = Omit<z.infer<typeof ledgerQuery>, 'before' | 'limit'>
type Asked = Pick<Parameters<Store['ledger']>[0], 'chain' | 'tokens'>

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
    const { before, limit, ...wanted } = parseOrRefuse(ledgerQuery, query)
    const { account } = portfolio
    const asked = askedOf(portfolio, wanted)
    const entries = await this.store.ledger({ account, limit, ...asked, ...(before !== undefined && { before }) })
    const balances = (await this.store.walletBalances(account)).filter((one) => isAsked(one, asked))
    return {
      portfolio: id,
      account,
      balances: balances.map((balance) => balanceWire(portfolio, balance)),
      postings: entries.map((entry) => postingWire(portfolio, entry)),
      ...(entries.length === limit && { next: entries.at(-1)?.place }),
    }
  }
}

/** Throws a Problem for what the portfolio does not have. */
function askedOf({ chains, assets }: Portfolio, { chain, asset }: Filters): Asked {
  const chainKeys = chains.map(({ key }) => key)
  const assetKeys = assets.map(({ key }) => key)
  return {
    ...(chain !== undefined && { chain: oneOf('chain', chainKeys, chain) }),
    ...(asset !== undefined && { tokens: tokensOf(assets, oneOf('asset', assetKeys, asset)) }),
  }
}

function tokensOf(assets: readonly Asset[], key: AssetKey): readonly Token[] {
  return assets.find((one) => one.key === key)?.tokens ?? []
}

function isAsked({ chain, token }: BookedUnits, asked: Asked): boolean {
  return (
    (asked.chain === undefined || chain === asked.chain) &&
    (asked.tokens?.some((one) => one.chain === chain && sameAddress(one.address, token)) ?? true)
  )
}
