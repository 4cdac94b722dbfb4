import { z } from 'zod'

export const decimal = z.string().describe('Decimal text, exact.')
export const usd = z.string().describe('USD, decimal text.')
export const share = z.string().describe('Share of the whole, decimal text: 1 is all of it.')
export const units = z.string().describe('Base units of the token, decimal text.')
export const time = z.string().describe('Time in UTC, ISO 8601.')
/** Of a query. */
export const moment = z.iso.datetime({ offset: true, error: 'expected a time such as 2026-01-31T00:00:00Z' })
export const address = z.string().describe('Address of an account or a contract.')
export const hash = z.string().describe('Hash in hexadecimal.')
export const count = z.int()
export const next = z.string().optional().describe('The `before` of the following page; absent on the last one.')

export const amountSchema = z
  .strictObject({
    chain: z.string(),
    symbol: z.string(),
    address,
    amount: decimal,
    units,
  })
  .meta({ id: 'Amount' })

export const costSchema = z
  .strictObject({
    slippageUsd: usd,
    feesUsd: usd,
    gasUsd: usd,
    bridgeUsd: usd,
    totalUsd: usd,
  })
  .meta({ id: 'Cost' })

/** A token that need not be configured: then it has neither name nor readable amount. */
export const balanceSchema = z
  .strictObject({
    chain: z.string(),
    token: address,
    symbol: z.string().nullable(),
    amount: decimal.nullable(),
    units,
  })
  .meta({ id: 'Balance' })
