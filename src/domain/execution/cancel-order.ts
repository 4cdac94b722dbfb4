import type { LegFailure } from './cycle.js'
import type { Intent } from './intent.js'

/** A person's word that an intent is not to be carried out. It holds everything else that its leg would sign, too. */
export interface CancelOrder {
  readonly intentId: string
  /** A subject, or those of everybody whose word it took. */
  readonly by: string
  readonly reason: string
  /** Milliseconds since 1970. */
  readonly at: number
}

/** Why a cancel cannot be ordered for an intent; undefined where it can. */
export function reasonNotToCancel({ id, kind, state }: Pick<Intent, 'id' | 'kind' | 'state'>): string | undefined {
  if (state !== 'reserved' && state !== 'signed')
    return `${id} is ${state}: only an intent that is reserved or signed can be cancelled.`
  if (kind === 'revoke') return `${id} takes an allowance back, which is never cancelled.`
  return undefined
}

/** Evidence under which an intent is given up, and the reason for which nothing else of its leg begins. */
export function orderText({ intentId, by, reason }: CancelOrder): string {
  return `${by} cancelled ${intentId}: ${reason}`
}

/** How a leg ends that a person's order has stopped. */
export function orderedFailure(order: CancelOrder): LegFailure {
  return { code: 'CANCELLED_BY_PERSON', detail: orderText(order) }
}
