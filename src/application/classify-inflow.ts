import type { Address, ChainKey } from '../domain/assets.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import type { Observer } from '../ports/observer.js'
import type { Store } from '../ports/store.js'

export interface InflowOrder {
  readonly chain: ChainKey
  readonly token: Address
  readonly reason: string
}

/** A person's word that money found on the account is the fund's own; from the next snapshot on it is traded (4.13). */
export class ClassifyInflow {
  constructor(private readonly deps: { store: Store; observer: Observer }) {}

  /** Everything of that token that was unattributed, in base units; 0n where there was nothing. */
  async run({ id: portfolio, account: owner }: Portfolio, { chain, token, reason }: InflowOrder): Promise<bigint> {
    const { store, observer } = this.deps
    const units = await store.classifyInflow({ owner, chain, token })
    if (units > 0n) observer.notify({ type: 'inflow-classified', portfolio, chain, token, units, reason })
    return units
  }
}
