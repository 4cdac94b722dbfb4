import { type Address, type ChainKey, sameAddress } from '../domain/assets.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import type { Observer } from '../ports/observer.js'
import type { Proposal } from '../domain/access/proposal.js'
import type { Store } from '../ports/store.js'

export interface InflowOrder {
  readonly chain: ChainKey
  readonly token: Address
  /** Base units that were seen to be unattributed, more than 0n. */
  readonly units: bigint
  readonly reason: string
}

export type InflowAnswer =
  | { readonly status: 'booked' }
  /** Nothing was booked: nothing of that token is unattributed, or another amount than was seen. */
  | { readonly status: 'nothing' | 'changed'; readonly reason: string }

/** A person's word that money found on the account is the fund's own; from the next snapshot on it is traded (4.13). */
export class ClassifyInflow {
  constructor(private readonly deps: { store: Store; observer: Observer }) {}

  async run(portfolio: Pick<Portfolio, 'id' | 'account'>, order: InflowOrder): Promise<InflowAnswer> {
    const { store, observer } = this.deps
    const { chain, token, units, reason } = order
    const found = await store.classifyInflow({ owner: portfolio.account, chain, token, units })
    if (found !== units) return refused(store, portfolio, order, found)
    observer.notify({ type: 'inflow-classified', portfolio: portfolio.id, chain, token, units, reason })
    return { status: 'booked' }
  }
}

/** Why it would not be booked now; undefined where it would be. */
export async function refusalToBook(
  store: Pick<Store, 'unattributed'>,
  portfolio: Pick<Portfolio, 'account'>,
  order: Omit<InflowOrder, 'reason'>,
): Promise<Exclude<InflowAnswer, { status: 'booked' }> | undefined> {
  const { chain, token, units } = order
  const all = await store.unattributed(portfolio.account)
  const found = all.find((one) => one.chain === chain && sameAddress(one.token, token))?.units ?? 0n
  return found === units ? undefined : refused(store, portfolio, order, found)
}

async function refused(
  store: Pick<Store, 'unattributed'>,
  { account }: Pick<Portfolio, 'account'>,
  { chain, token, units }: Omit<InflowOrder, 'reason'>,
  found: bigint,
): Promise<Exclude<InflowAnswer, { status: 'booked' }>> {
  if (found > 0n) {
    const reason = `${found} base units of ${token} on ${chain} are unattributed, not ${units}. Look at it again, then decide anew.`
    return { status: 'changed', reason }
  }
  const all = await store.unattributed(account)
  const there = all.map((one) => `${one.units} base units of ${one.token} on ${one.chain}`).join(', ') || 'nothing'
  return { status: 'nothing', reason: `Nothing of ${token} on ${chain} is unattributed; there is ${there}.` }
}

/** What a proposal to book an inflow is about. */
export function inflowIn(content: Proposal['content']): [Pick<Portfolio, 'id' | 'account'>, InflowOrder] {
  const { portfolio, account, chain, token, units, reason } = content as Readonly<Record<string, string>>
  const order = { chain: chain!, token: token as Address, units: BigInt(units!), reason: reason! }
  return [{ id: portfolio!, account: account as Address }, order]
}
