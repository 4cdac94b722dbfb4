import type { z } from 'zod'
import type { auditAnswer } from '../../../interface/http/audit.controller.js'
import type { chainsAnswer } from '../../../interface/http/chains-schema.js'
import type { inflowAnswer, ledgerAnswer } from '../../../interface/http/portfolio-schema.js'
import type { pricesAnswer } from '../../../interface/http/prices-schema.js'
import type { breakersAnswer, limitsAnswer } from '../../../interface/http/safety-schema.js'

/** What the API answers, by the names that these pages use. */
export type Breakers = z.output<typeof breakersAnswer>
export type Breaker = Breakers['open'][number]
export type BreakerCode = Breaker['code']
export type Limits = z.output<typeof limitsAnswer>
export type PortfolioLimits = Limits['portfolios'][number]
export type UseOfCap = PortfolioLimits['gasPerDay']
export type CountOfCap = PortfolioLimits['cyclesPerDay']
export type Chains = z.output<typeof chainsAnswer>
export type Chain = Chains['chains'][number]
export type Endpoint = Chain['endpoints'][number]
export type Prices = z.output<typeof pricesAnswer>
export type AssetPrice = Prices['assets'][number]
export type Ledger = z.output<typeof ledgerAnswer>
export type Posting = Ledger['postings'][number]
export type Balance = Ledger['balances'][number]
export type Inflow = z.output<typeof inflowAnswer>
export type AuditPage = z.output<typeof auditAnswer>
export type AuditRecord = AuditPage['records'][number]
export type AuditResult = AuditRecord['result']
