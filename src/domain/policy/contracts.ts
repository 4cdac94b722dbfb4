import { isNative, sameAddress } from '../assets.js'
import type { Refusal } from '../errors.js'
import type { Quote } from '../planning/quote.js'
import type { AllowedContracts } from './limits.js'

/**
 * Whether a firm quote names only contracts of its venue's allow-list (C-04, C-06): the one that is called, and the one
 * that may take the sold token. Selling the native coin needs no spender, selling anything else does.
 */
export function checkContracts(
  { venue, request, order }: Quote & { readonly order: NonNullable<Quote['order']> },
  allowed: AllowedContracts,
): Refusal | undefined {
  const { call, spender } = order
  if (!allowed.targets.some((target) => sameAddress(target, call.to)))
    return {
      code: 'TARGET_NOT_ALLOWED',
      detail: `${venue} wants a call to ${call.to} on ${call.chain}, which its allow-list does not name.`,
    }
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
