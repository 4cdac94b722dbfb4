import { type CancelOrder, reasonNotToCancel } from '../domain/execution/cancel-order.js'
import type { Intent } from '../domain/execution/intent.js'
import type { Clock } from '../ports/clock.js'
import type { Store } from '../ports/store.js'

export type CancelAnswer =
  /** `order` is the first one that was given. */
  | { readonly status: 'ordered'; readonly intent: Intent; readonly order: CancelOrder }
  | { readonly status: 'refused'; readonly reason: string }
  | { readonly status: 'unknown' }

/**
 * Takes a person's word that an intent is not to be carried out. It is written down, and whoever signs reads it right
 * before: a nonce that nothing is signed for is given back, a signed step is replaced by a cancel where it still can be. A
 * step that is in a block by then stands, with everything it did.
 */
export class CancelIntent {
  constructor(private readonly deps: { store: Store; clock: Clock }) {}

  async run({
    id,
    by,
    reason,
  }: {
    readonly id: string
    readonly by: string
    readonly reason: string
  }): Promise<CancelAnswer> {
    const { store, clock } = this.deps
    const refused = await refusalToCancel(store, id)
    if (refused) return refused
    const order = await store.orderCancel({ intentId: id, by, reason, at: clock.now() })
    const intent = await store.intent(id)
    // It moved on between the two.
    if (!order || !intent) return (await refusalToCancel(store, id)) ?? { status: 'unknown' }
    return { status: 'ordered', intent, order }
  }
}

/** Why there is nothing to cancel; undefined where there is. */
export async function refusalToCancel(
  store: Pick<Store, 'intent'>,
  id: string,
): Promise<Exclude<CancelAnswer, { status: 'ordered' }> | undefined> {
  const intent = await store.intent(id)
  if (!intent) return { status: 'unknown' }
  const reason = reasonNotToCancel(intent)
  return reason === undefined ? undefined : { status: 'refused', reason }
}
