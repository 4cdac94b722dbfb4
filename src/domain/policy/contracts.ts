import { isNative, sameAddress } from '../assets.js'
import type { Refusal } from '../errors.js'
import type { Quote } from '../planning/quote.js'
import type { AllowedContracts } from './limits.js'

type FirmQuote = Quote & { readonly order: NonNullable<Quote['order']> }

/** Whether a firm quote calls a contract of its venue's allow-list (C-04). */
export function checkTarget({ venue, order: { call } }: FirmQuote, allowed: AllowedContracts): Refusal | undefined {
  if (allowed.targets.some((target) => sameAddress(target, call.to))) return undefined
  return {
    code: 'TARGET_NOT_ALLOWED',
    detail: `${venue} wants a call to ${call.to} on ${call.chain}, which its allow-list does not name.`,
  }
}

/**
 * Whether a firm quote names a spender of its venue's allow-list for the sold token (C-06). Selling the native coin needs
 * no spender, selling anything else does.
 */
export function checkSpender(
  { venue, request, order: { call, spender } }: FirmQuote,
  allowed: AllowedContracts,
): Refusal | undefined {
  if (isNative(request.sell.token) !== (spender === undefined))
    return {
      code: 'SPENDER_NOT_ALLOWED',
      detail: `${venue} names ${spender ?? 'no spender'} for a sale of ${request.sell.token.symbol}.`,
    }
  if (spender !== undefined && !allowed.spenders.some((one) => sameAddress(one, spender)))
    return {
      code: 'SPENDER_NOT_ALLOWED',
      detail: `${venue} wants an allowance for ${spender} on ${call.chain}, which its allow-list does not name.`,
    }
  return undefined
}

/** Whether a firm quote names only contracts of its venue's allow-list. */
export function checkContracts(quote: FirmQuote, allowed: AllowedContracts): Refusal | undefined {
  return checkTarget(quote, allowed) ?? checkSpender(quote, allowed)
}
